"""The commands behind `make fuzz`, `make prove`, ... and `make evidence`: python -m evidence [rung ...]."""

import importlib
import sys
import time

from evidence.document import DOCUMENT, document
from evidence.rung import ROOT, Result
from wann_rt.core.errors import ExportError

# What CI runs: of the fuzzing a twentieth, of every other proof a seeded fault; a sample of the mutants is among the
# tests.
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
    if names == ["sample"]:
        problems = [problem for name in SAMPLE for problem in _run(name, "sample")]
        return _told(problems)
    unknown = [name for name in names if name not in (*RUNGS, *LONG)]
    if unknown:
        known = ", ".join((*RUNGS, *LONG))
        print(f"no rung {unknown[0]!r}; there are: {known}; sample; page; and keep: keep the corpus", file=sys.stderr)
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


def _run(name: str, how: str = "run") -> list[str]:
    begin = time.monotonic()
    module = importlib.import_module(f"evidence.{name}")
    try:
        result: Result = getattr(module, how, module.run)()
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
