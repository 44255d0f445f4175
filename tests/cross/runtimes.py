"""Runs both ONNX forms in every installed runtime; run by ``make runtimes``, which writes what was found.

Controllers: the example, all champions of the zoo that have up to 200 connections, and random ones of all kinds.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from helpers import builders

import wann_rt as wr
from cross.matrix import ROOT
from wann_rt import zoo
from wann_rt.core.controller import Controller
from wann_rt.exporters.parity.report import Result
from wann_rt.exporters.parity.runtimes import RUNTIMES, Runtime
from wann_rt.exporters.parity.verify import verify

DOCUMENT = ROOT / "docs" / "runtimes.md"
TRIED = ROOT / "exporters" / "to_onnx" / "tried.json"
VECTORS = 200
RANDOM = 6
LARGEST = 16  # connections: compilers take long for a graph of hundreds of operators
FORMS = ("exact", "standard")


@dataclass
class Tally:
    """What one form did in one runtime, over all controllers.

    Attributes:
        controllers: how many.
        vectors: how many of them lie inside the promise.
        differing: controllers with an action that differs in any bit.
        max_ulp: greatest distance in float32 steps.
        max_ratio: greatest difference over its bound; 0 where the same bits are promised.
        broken: controllers whose promise was broken.
    """

    controllers: int = 0
    vectors: int = 0
    differing: int = 0
    max_ulp: int = 0
    max_ratio: float = 0.0
    broken: list[str] = field(default_factory=list)

    def add(self, name: str, result: Result) -> None:
        """Counts one controller."""
        self.controllers += 1
        if result.kept is False:
            self.broken.append(f"{name}: {result.failed or result.worst}")
        if result.kept is None or result.max_ulp is None:
            return
        self.vectors += result.vectors - result.outside
        self.differing += not result.bit_equal
        self.max_ulp = max(self.max_ulp, result.max_ulp)
        self.max_ratio = max(self.max_ratio, result.max_ratio or 0.0)


def controllers() -> Iterator[tuple[str, Controller]]:
    """Yields what is run, with a name for each."""
    yield "example", wr.load(ROOT / "examples" / "swingup.json")
    for name in zoo.names():
        champion = zoo.load(name)
        if champion.network.n_connections <= LARGEST and not champion.derived:
            yield name, champion
    for seed in range(RANDOM):
        yield f"random {seed}", builders.controller(np.random.default_rng(seed))


def tallies(runtime: Runtime) -> dict[str, Tally]:
    """Runs everything in one runtime."""
    found = {form: Tally() for form in FORMS}
    for name, controller in controllers():
        results = verify(controller, n_random=VECTORS, evaluators=runtime.rows()).results[-len(FORMS) :]
        for form, result in zip(FORMS, results, strict=True):
            found[form].add(name, result)
    return found


def verdict(tally: Tally) -> str:
    """Returns in words what a form kept."""
    if tally.broken:
        return f"promise broken by {len(tally.broken)} of {tally.controllers} controllers"
    if not tally.vectors:
        return "not tested"
    return "same bits" if not tally.differing else "within the bound"


def document(found: dict[str, dict[str, Tally]]) -> str:
    """Returns the document; the keys are titles with versions."""
    lines = [
        "| runtime | form | controllers | vectors | controllers with other bits | ulp | of the bound | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for title, forms in found.items():
        for form, tally in forms.items():
            cells = (title, form, tally.controllers, f"{tally.vectors:,}", tally.differing, f"{tally.max_ulp:,}")
            lines.append(f"| {' | '.join(map(str, cells))} | {tally.max_ratio:.0%} | {verdict(tally)} |")
    text = Path(__file__).with_name("runtimes.md.in").read_text(encoding="utf-8")
    return text.replace("<table>", "\n".join(lines)).replace("<largest>", str(LARGEST)).replace("<random>", str(RANDOM))


def main() -> int:
    """Runs what is installed; if nothing is missing, writes the document and what models say of themselves.

    A broken promise is an error here and stands in both: a user shall know.
    """
    found: dict[str, dict[str, Tally]] = {}
    missing = [reason for runtime in RUNTIMES if (reason := runtime.missing())]
    for runtime in RUNTIMES:
        if runtime.missing() is None:
            title = f"{runtime.title} {runtime.version()}"
            found[title] = tallies(runtime)
            print(title, {form: verdict(tally) for form, tally in found[title].items()}, flush=True)
    broken = [line for forms in found.values() for tally in forms.values() for line in tally.broken]
    print("\n".join([*missing, *broken]))
    if not missing:
        DOCUMENT.write_text(document(found), encoding="utf-8")
        tried = {form: [f"{title}: {verdict(forms[form])}" for title, forms in found.items()] for form in FORMS}
        TRIED.write_text(json.dumps(tried, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {DOCUMENT.relative_to(ROOT)} and {TRIED.relative_to(ROOT)}")
    return 1 if broken or not found else 0


if __name__ == "__main__":
    sys.exit(main())
