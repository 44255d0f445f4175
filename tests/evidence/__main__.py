"""The commands behind `make fuzz`, `make prove`, ... and `make evidence`: python -m evidence [rung ...]."""

import importlib
import sys
import time

from evidence.document import DOCUMENT, document
from evidence.rung import ROOT, Result
from wann_rt.core.errors import ExportError

# What CI runs: of the fuzzing a twentieth, every third proof; a sample of the mutants is among the tests.
SAMPLE = ("warnings", "misra", "coverage", "prove", "fuzz")
RUNGS = ("warnings", "misra", "coverage", "prove", "fuzz", "mutants")
LONG = ("prove_elsewhere", "translation", "translation_fixed")  # run by their own commands only: they take many minutes


def main(names: list[str]) -> int:
    """Runs rungs, or all; writes the document. Returns the exit code."""
    if names == ["keep"]:
        importlib.import_module("evidence.fuzz").keep()
        return 0
    if names == ["page"]:  # of what the rungs found last, where they ran one by one
        return _written()
    if names[:1] == ["sample"] and len(names) < 3 and all(turn.isdecimal() for turn in names[1:]):
        turn = int((names[1:] or ["0"])[0])
        return _told([problem for name in SAMPLE for problem in _run(name, turn)])
    unknown = [name for name in names if name not in (*RUNGS, *LONG)]
    if unknown:
        known = ", ".join((*RUNGS, *LONG, "sample [TURN]", "page"))
        print(f"no rung {unknown[0]!r}; there are: {known}; and keep: keep the corpus", file=sys.stderr)
        return 2
    problems = [problem for name in names or RUNGS for problem in _run(name)]
    if not problems and not names:
        return _written()
    return _told(problems)


def _written() -> int:
    DOCUMENT.write_text(document(RUNGS), encoding="utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return 0


def _told(problems: list[str]) -> int:
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def _run(name: str, turn: int | None = None) -> list[str]:
    """Runs a rung, or the sample of it, if it has one, whose turn it is; returns what is wrong."""
    begin = time.monotonic()
    module = importlib.import_module(f"evidence.{name}")
    try:
        is_whole = turn is None or not hasattr(module, "sample")
        result: Result = module.run() if is_whole else module.sample(turn)
    except ExportError as error:
        return [f"{name}: {error}"]
    result.save()
    figures = ", ".join(
        f"{value:,} {key}" if isinstance(value, int) else f"{key} {value}" for key, value in result.figures.items()
    )
    print(f"{name}: {figures}; {time.monotonic() - begin:.0f} s", flush=True)
    for fault, seen in result.controls.items():
        print(f"    seeded fault, {fault}: {seen or 'NOT NOTICED'}", flush=True)
    return [f"{name}: {problem}" for problem in result.all_problems()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
