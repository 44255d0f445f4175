"""Other people's generators as subjects. None is needed; one that is absent is skipped with the reason.

Each gets its best: the form of the graph and the options that were the fastest of those tried. Who knows no sparse
network gets a dense one with as many inputs, hidden nodes and outputs.
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock

import onnx

from size.measure import Subject
from size.networks import AbsentError, controller
from size.processors import Processor
from size.scalar_graph import dense_graph, dense_weights, scalar_graph
from wann_rt.core.controller import Controller

SECONDS = 300

Graph = Callable[[Controller], onnx.ModelProto]
_CALL = """\
#include "subject.h"
#include "peer.c"
int size_setup(void) { return 0; }
void size_step(const size_value *observation, size_action *actions) { <call>; }
"""


@dataclass(frozen=True)
class Peer:
    """A generator.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        is_dense: whether it gets the dense network instead.
        generate: name of a network, whether for an AVR -> what it generates, and the call of it.
        version: says which one it is; raises AbsentError where it is not installed.
    """

    key: str
    title: str
    is_dense: bool
    generate: Callable[[str, bool], tuple[str, str]]
    version: Callable[[], str]

    def subject(self, network: str, processor: Processor) -> Subject:
        """Returns its code as a subject.

        Raises:
            AbsentError: it is not installed, or refuses this network.
        """
        self.version()
        with _ONE_AT_A_TIME:
            made = _generated(self, network, processor.key == "avr")
        if isinstance(made, AbsentError):
            raise made
        code, call = made
        shape = controller(network).network
        flags = (f"-I{_folder_of('emlearn')}",) if self.key.startswith("emlearn") else ()
        files = {"peer.c": code}
        source = _CALL.replace("<call>", call)
        return Subject(self.key, source, shape.n_inputs, shape.n_outputs, files, flags=flags, libraries=("-lm",))


_ONE_AT_A_TIME = Lock()  # some take a minute and a core


@cache
def _generated(peer: Peer, network: str, for_avr: bool) -> tuple[str, str] | AbsentError:
    """Returns what a peer generates, or why it does not: once for all processors and levels."""
    try:
        return peer.generate(network, for_avr)
    except AbsentError as error:
        return error


def _emx(graph: Graph, network: str, for_avr: bool) -> tuple[str, str]:
    """Large temporaries go on the stack: its other choice is the heap."""
    shape = controller(network).network
    with tempfile.TemporaryDirectory() as name:
        given, made = Path(name, "model.onnx"), Path(name, "peer.c")
        given.write_bytes(graph(controller(network)).SerializeToString())
        command = [sys.executable, "-m", "emx_onnx_cgen", "compile", "--large-temp-threshold", "0"]
        _tool([*command, "--large-weight-threshold", "1000000000", str(given), str(made)])
        code = made.read_text(encoding="utf-8")
    call = f"model((const float(*)[{shape.n_inputs}])observation, (float(*)[{shape.n_outputs}])actions)"
    return code, call


def _onnx2c(graph: Graph, network: str, for_avr: bool) -> tuple[str, str]:
    shape = controller(network).network
    # Not its other pass: folding casts away frees something twice (biped, n1849). Its option for AVR keeps constants
    # out of the RAM; dense networks do not fit otherwise, the others compute something else with it.
    options = ["-p", "unionize", *(["-a"] if for_avr and graph is dense_graph else [])]
    with tempfile.TemporaryDirectory() as name:
        given = Path(name, "model.onnx")
        given.write_bytes(graph(controller(network)).SerializeToString())
        code = _tool([_onnx2c_command(), *options, str(given)])
    call = f"entry((const float(*)[{shape.n_inputs}])observation, (float(*)[{shape.n_outputs}])actions)"
    return code, call


def _emlearn(network: str, for_avr: bool) -> tuple[str, str]:
    shape = controller(network).network
    weights = dense_weights(controller(network))
    wrapper = importlib.import_module("emlearn.net").Wrapper
    activations = ["tanh", "tanh"]
    layers = (weights[::2], weights[1::2])
    code = wrapper(activations, *layers, "loadable", return_type="regressor").save(name="net")
    return code, f"net_regress(observation, {shape.n_inputs}, actions, {shape.n_outputs})"


def _package(name: str) -> Callable[[], str]:
    def found() -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            raise AbsentError(f"{name} is not installed (pip install {name})") from None

    return found


def _onnx2c_command() -> str:
    """Returns the path of onnx2c, which has no package: it is built from its sources."""
    found = os.environ.get("ONNX2C") or shutil.which("onnx2c")
    if found is None or shutil.which(found) is None:
        raise AbsentError("onnx2c is not installed: build it from its sources and name it in ONNX2C")
    return found


def _onnx2c_version() -> str:
    found = re.search(r"Commit: *(\w+)", _tool([_onnx2c_command(), "-v"]))
    return f"commit {found[1]}" if found and found[1] != "Build" else "of unknown commit"


def _folder_of(package: str) -> Path:
    return Path(str(importlib.import_module(package).__file__)).parent


def _tool(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise AbsentError(f"{Path(command[0]).name} did not end within {SECONDS} s") from None
    if done.returncode != 0:
        reason = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        raise AbsentError(f"{Path(command[0]).name} refuses it: {reason[:200]}")
    return done.stdout


PEERS: tuple[Peer, ...] = (
    Peer("emx", "emx-onnx-cgen", False, partial(_emx, scalar_graph), _package("emx-onnx-cgen")),
    Peer("onnx2c", "onnx2c", False, partial(_onnx2c, scalar_graph), _onnx2c_version),
    Peer("emx_dense", "emx-onnx-cgen, dense", True, partial(_emx, dense_graph), _package("emx-onnx-cgen")),
    Peer("onnx2c_dense", "onnx2c, dense", True, partial(_onnx2c, dense_graph), _onnx2c_version),
    Peer("emlearn_dense", "emlearn, dense", True, _emlearn, _package("emlearn")),
)
