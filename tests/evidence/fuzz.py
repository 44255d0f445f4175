"""libFuzzer on the C runtime, and on generated headers beside it, under AddressSanitizer and UBSan."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from helpers import builders
from helpers.c_library import swing_up
from helpers.strategies import KINDS

from evidence import seeds
from evidence.rung import BUILD, HARNESSES, Result, must, runtime_copy, tool
from wann_rt.core.controller import Weight
from wann_rt.core.errors import ExportError
from wann_rt.exporters.to_blob import to_blob
from wann_rt.exporters.to_c.header import to_c
from wann_rt.runtime_c import include_dir

PROCESSES = 2
CONTROL_RUNS = 2_000_000
SECONDS = 1800
KEPT = HARNESSES / "corpus.txt"
SANITIZERS = "-fsanitize=fuzzer,address,undefined,float-cast-overflow"
_CRASH = re.compile(r"(AddressSanitizer: [\w-]+|runtime error: .*|broken promise: .*)")


@dataclass(frozen=True)
class Target:
    """A fuzz target: its harness, how often it runs, on how long inputs, and the faults that it must find."""

    harness: str
    runs: int
    longest: int
    faults: tuple[str, ...]


TARGETS = (
    Target("fuzz_load", 10_000_000, 192, ("an unchecked source", "an unchecked end")),
    Target("fuzz_step", 2_000_000, 64, ("a wrong constant",)),
)


def sample(_turn: int) -> Result:
    """Does what ``run`` does with a twentieth of the executions, whose turn ever it is."""
    return run(20)


def run(part: int = 1) -> Result:
    """Fuzzes every target, with one in ``part`` of its executions, and its copies with a seeded fault."""
    figures: dict[str, int | float | str] = {}
    controls: dict[str, str | None] = {}
    problems = []
    with tempfile.TemporaryDirectory() as name:
        for target in (replace(target, runs=target.runs // part) for target in TARGETS):
            corpus = corpus_of(target)
            program = built(target, Path(name, target.harness))
            executions, crash = fuzzed(target, program, target.runs, [corpus])
            figures |= {f"{target.harness} executions": executions}
            figures[f"{target.harness} inputs kept"] = len(list(corpus.iterdir()))
            if crash or executions < target.runs:
                problems.append(f"{target.harness} after {executions:,} executions: {crash or 'it stopped'}")
            for fault in target.faults:
                program = built(target, Path(name, fault.replace(" ", "_")), fault)
                executions, crash = fuzzed(target, program, CONTROL_RUNS, [program.parent / "new", corpus])
                controls[f"{target.harness}: {fault}"] = crash and f"after {executions:,} executions: {crash}"
    return Result("fuzz", figures, controls, tuple(problems))


def built(target: Target, folder: Path, fault: str | None = None) -> Path:
    """Compiles a target, with a seeded fault in the runtime if one is named."""
    runtime = runtime_copy(folder, fault)
    (folder / "fuzz_subjects.h").write_text(subjects(), encoding="utf-8")
    # Each iteration of these loops would count as something new that an input does.
    (folder / "not_counted").write_text("fun:crc32\nfun:seal\n", encoding="utf-8")
    program = folder / target.harness
    flags = ["-std=c99", "-g", "-O1", SANITIZERS, "-fno-sanitize-recover=all"]
    flags += [f"-fsanitize-coverage-ignorelist={folder / 'not_counted'}", f"-I{include_dir()}", f"-I{folder}"]
    must([tool("clang"), *flags, HARNESSES / f"{target.harness}.c", runtime, "-o", program])
    return program


def subjects() -> str:
    """Returns the C of headers and blobs of the same controllers: of all kinds of weight, and random ones."""
    kinds = (Weight.shared(-1.5), Weight("ensemble", (-2.0, 0.75)), Weight("connections", tuple(np.arange(14) / 4 - 2)))
    chosen = [swing_up(weight) for weight in kinds]
    chosen += [replace(builders.controller(np.random.default_rng(k), KINDS[k % 3]), vectors=()) for k in range(9)]
    text, rows = [], []
    for k, controller in enumerate(chosen):
        blob = to_blob(controller, vectors=0)
        text.append(to_c(controller, prefix=f"s{k}"))
        text.append(f"static const uint8_t s{k}_blob[] = {{{', '.join(map(str, blob))}}};")
        rows.append(f"    {{s{k}_step, s{k}_blob, sizeof s{k}_blob}},")
    entry = "typedef struct {\n    void (*step)(const float *, float *);\n    const uint8_t *blob;\n    size_t size;\n}"
    return "\n".join([*text, f"{entry} subject;", "static const subject subjects[] = {", *rows, "};", ""])


def corpus_of(target: Target) -> Path:
    """Returns the folder of a target's corpus: what earlier runs left there, the kept inputs and the seeds."""
    folder = BUILD / "corpus" / target.harness
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {"zero": bytes(target.longest)}
    if target.harness == "fuzz_load":
        kept = KEPT.read_text(encoding="ascii").split()
        inputs |= seeds.seeds() | {f"kept{k}": bytes.fromhex(line) for k, line in enumerate(kept)}
    for name, data in inputs.items():
        (folder / name).write_bytes(data)
    return folder


def fuzzed(target: Target, program: Path, runs: int, corpus: list[Path]) -> tuple[int, str | None]:
    """Runs a target in several processes; returns the number of executions, and what it found.

    Args:
        target: what the program is.
        program: the target, or a faulty copy.
        runs: how often, all processes together.
        corpus: folders of inputs; the first one also receives the new ones.
    """
    corpus[0].mkdir(exist_ok=True)
    options = [f"-runs={-(-runs // PROCESSES)}", f"-max_len={target.longest}", "-len_control=0", "-print_final_stats=1"]
    environment = os.environ | {"ASAN_OPTIONS": "malloc_context_size=0:quarantine_size_mb=4"}
    pending = []
    for k in range(PROCESSES):
        where = BUILD / f"{program.parent.name}_{k}_"  # a crashing input stays here
        command = [str(program), *options, f"-seed={k + 1}", f"-artifact_prefix={where}", *map(str, corpus)]
        with (program.parent / f"{k}.log").open("w") as log:
            pending.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
    try:
        for process in pending:
            process.wait(SECONDS)
    finally:
        for process in pending:
            process.kill()
    logs = [(program.parent / f"{k}.log").read_text(errors="replace") for k in range(PROCESSES)]
    executed = sum(int(count) for log in logs for count in re.findall(r"number_of_executed_units: (\d+)", log))
    crashes = [found[1] for log in logs if (found := _CRASH.search(log))]
    failed = [log[-500:] for log, process in zip(logs, pending, strict=True) if process.returncode != 0]
    return executed, next(iter(crashes + failed), None)


def keep() -> None:
    """Merges what the last run found into the inputs that are kept: the fewest that reach the same."""
    target = TARGETS[0]
    with tempfile.TemporaryDirectory() as name:
        program, least = built(target, Path(name, "build")), Path(name, "least")
        least.mkdir()
        if not (BUILD / "corpus" / target.harness).is_dir():
            raise ExportError("there is no corpus to keep: run `make fuzz` first")
        must([program, "-merge=1", f"-max_len={target.longest}", least, corpus_of(target)])
        lines = sorted({path.read_bytes().hex() for path in least.iterdir()} - {""}, key=lambda line: (len(line), line))
    KEPT.write_text("\n".join(lines) + "\n", encoding="ascii")
    shutil.rmtree(BUILD / "corpus")
