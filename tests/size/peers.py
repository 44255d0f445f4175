"""Other people's generators as subjects. None is needed; one that is absent is skipped with the reason.

Each gets its best: the form of the graph and the options that were the fastest of those tried. Who knows no sparse
network gets a dense one with as many inputs, hidden nodes and outputs.
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import onnx

from size.measure import Subject
from size.networks import AbsentError, controller
from size.processors import Processor
from size.scalar_graph import dense_graph, dense_weights, scalar_graph

SECONDS = 300
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
        generate: name of a network, processor -> what it generates, and the call of it.
        version: says which one it is; raises AbsentError where it is not installed.
    """

    key: str
    title: str
    is_dense: bool
    generate: Callable[[str, Processor], tuple[str, str]]
    version: Callable[[], str]

    def subject(self, network: str, processor: Processor) -> Subject:
        """Returns its code as a subject.

        Raises:
            AbsentError: it is not installed, or refuses this network.
        """
        self.version()
        code, call = self.generate(network, processor)
        shape = controller(network).network
        flags = (f"-I{_folder_of('emlearn')}",) if self.key.startswith("emlearn") else ()
        files = {"peer.c": code}
        source = _CALL.replace("<call>", call)
        return Subject(self.key, source, shape.n_inputs, shape.n_outputs, files, flags=flags, libraries=("-lm",))


def _emx(graph: Callable[[str], onnx.ModelProto], network: str, processor: Processor) -> tuple[str, str]:
    code = _emx_code(network, graph is _sparse)
    shape = controller(network).network
    call = f"model((const float(*)[{shape.n_inputs}])observation, (float(*)[{shape.n_outputs}])actions)"
    return code, call


@cache
def _emx_code(network: str, is_sparse: bool) -> str:
    """Returns its code; large temporaries on the stack, for its other choice is the heap."""
    with tempfile.TemporaryDirectory() as name:
        given, made = Path(name, "model.onnx"), Path(name, "peer.c")
        given.write_bytes((_sparse if is_sparse else _dense)(network).SerializeToString())
        command = [sys.executable, "-m", "emx_onnx_cgen", "compile", "--large-temp-threshold", "0"]
        _tool([*command, "--large-weight-threshold", "1000000000", str(given), str(made)])
        return made.read_text(encoding="utf-8")


def _onnx2c(graph: Callable[[str], onnx.ModelProto], network: str, processor: Processor) -> tuple[str, str]:
    shape = controller(network).network
    options = ["-a"] if processor.key == "avr" else []
    with tempfile.TemporaryDirectory() as name:
        given = Path(name, "model.onnx")
        given.write_bytes(graph(network).SerializeToString())
        code = _tool([_onnx2c_command(), *options, str(given)])
    call = f"entry((const float(*)[{shape.n_inputs}])observation, (float(*)[{shape.n_outputs}])actions)"
    return code, call


def _emlearn(network: str, processor: Processor) -> tuple[str, str]:
    shape = controller(network).network
    weights = dense_weights(controller(network))
    wrapper = importlib.import_module("emlearn.net").Wrapper
    activations = ["tanh", "tanh"]
    layers = (weights[::2], weights[1::2])
    code = wrapper(activations, *layers, "loadable", return_type="regressor").save(name="net")
    return code, f"net_regress(observation, {shape.n_inputs}, actions, {shape.n_outputs})"


def _sparse(network: str) -> onnx.ModelProto:
    return scalar_graph(controller(network))


def _dense(network: str) -> onnx.ModelProto:
    return dense_graph(controller(network))


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
    return _tool([_onnx2c_command(), "-v"]).split("Commit:")[-1].split("\n")[0].strip()


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


def _with(
    generate: Callable[[Callable[[str], onnx.ModelProto], str, Processor], tuple[str, str]],
    graph: Callable[[str], onnx.ModelProto],
) -> Callable[[str, Processor], tuple[str, str]]:
    return lambda network, processor: generate(graph, network, processor)


PEERS: tuple[Peer, ...] = (
    Peer("emx", "emx-onnx-cgen", False, _with(_emx, _sparse), _package("emx-onnx-cgen")),
    Peer("onnx2c", "onnx2c", False, _with(_onnx2c, _sparse), _onnx2c_version),
    Peer("emx_dense", "emx-onnx-cgen, dense", True, _with(_emx, _dense), _package("emx-onnx-cgen")),
    Peer("onnx2c_dense", "onnx2c, dense", True, _with(_onnx2c, _dense), _onnx2c_version),
    Peer("emlearn_dense", "emlearn, dense", True, _emlearn, _package("emlearn")),
)
