"""Mutants of a generated header: each operator, constant, limit and comparison changed, killed by its own self-test.

``python -m evidence mutants`` makes all of them for a few controllers and writes what survived to docs/evidence.md;
``tests/exporters/test_mutants.py`` runs a seeded sample.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from helpers import builders
from helpers.c_library import Library, swing_up
from numpy.typing import NDArray

from evidence.rung import ROOT, Result, tool
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.reference import evaluate
from wann_rt.exporters import drawn
from wann_rt.exporters.to_c.header import to_c

BATCH = 25  # mutants compiled together
DOCUMENT = ROOT / "docs" / "mutants.md"
TEMPLATE = """\
# What the self-test of a header finds

Written by `make mutants`. Each mutant is a generated header of the swing-up controller of `tests/golden` with one
change in what a step computes: an operator exchanged, a constant made a thousandth greater, doubled or negated, a
comparison negated or made to hold for equal numbers, a choice with its sides exchanged. A mutant is killed if its own
`<p>_selftest()` returns anything but 0. One that is not killed is equivalent if its actions are those of the oracle,
to the bit, for more than 40,000 other observations of all kinds; else it survives. `make test` runs a seeded sample.

| weight | mutants | equivalent | survive | killed of those that differ |
|---|---|---|---|---|
<rows>

## Not killed

<listed>
"""
_NUMBER = r"(?<![\w.])\d+\.\d+(?:e[+-]\d+)?f|(?<![\w.])\d+e[+-]\d+f"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<compare> (?:<=|>=|<|>) )|(?P<binary> [-+*/] )|(?P<minus>(?<=[ (])-(?=[a-z\d(]))"
)
_SWAPPED = {" + ": [" - "], " - ": [" + "], " * ": [" / "], " / ": [" * "]}
_COMPARED = {" < ": [" >= ", " <= "], " > ": [" <= ", " >= "], " <= ": [" > ", " < "], " >= ": [" < ", " > "]}
_CHOICE = re.compile(r" \? ([^?:;]+) : ([^?:;]+);")
# `x > 7.25f ? 7.25f : x` is the same with >=: where both are equal, both choices have the same bits.
_SAME_AT_EQUALITY = re.compile(rf"(\w+) [<>] (-?(?:{_NUMBER})) \? \2 : \1;")


class Mutant(NamedTuple):
    """One change: the line that it stands in, before and after, and the header's whole text."""

    line: str
    changed: str
    text: str


class Survey(NamedTuple):
    """What a self-test found.

    Attributes:
        made: how many mutants ran.
        survivors: what passed the self-test although it computes other actions somewhere.
        equivalent: what passed it and computed the same actions for every vector tried.
    """

    made: int
    survivors: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...]

    @property
    def rate(self) -> float:
        """The share that was killed of those that differ."""
        return 1 - len(self.survivors) / max(self.made - len(self.equivalent), 1)


def mutants(text: str) -> list[Mutant]:
    """Returns every mutant of a header's functions, the self-test's own left out."""
    begin, end = text.index('extern "C" {'), text.index("/* Tables stay in flash")
    else_branch = re.compile(r"#else.*?#endif", re.S)  # of what no compiler here reads
    hidden = [match.span() for match in else_branch.finditer(text, begin, end)]
    spans = [(begin, end), *(match.span(1) for match in re.finditer(r"_WEIGHT (\(?-?[\d.e+-]+f\)?)$", text, re.M))]
    found = []
    for first, last in spans:
        for start, stop, new in _changes(text[first:last]):
            a, b = first + start, first + stop
            if any(low <= a < high for low, high in hidden):
                continue
            line = (text.rfind("\n", 0, a) + 1, text.find("\n", b))
            before, after = text[line[0] : line[1]], text[line[0] : a] + new + text[b : line[1]]
            if not before.lstrip().startswith(("/*", "*", "//", "#")) or first != begin:
                found.append(Mutant(before.strip(), after.strip(), text[:a] + new + text[b:]))
    return found


def _changes(code: str) -> Iterator[tuple[int, int, str]]:
    """Yields where to put what instead."""
    same = {match.start() for match in _SAME_AT_EQUALITY.finditer(code)}
    for match in _TOKEN.finditer(code):
        old = match.group()
        if match["number"]:
            news = _numbers(old)
        elif match["compare"]:
            is_same = any(match.start() - 12 < start <= match.start() for start in same)
            news = [new for new in _COMPARED[old] if not (is_same and "=" in new)]
        else:
            news = [""] if match["minus"] else _SWAPPED[old]
        yield from ((match.start(), match.end(), new) for new in news)
    for match in _CHOICE.finditer(code):
        yield match.start(), match.end(), f" ? {match[2]} : {match[1]};"


def _numbers(old: str) -> list[str]:
    """Returns a number a thousandth greater, the double and the negative; for 0 the two ones and -0."""
    value = np.float32(old[:-1])
    news = [np.float32(1.0), np.float32(-1.0)] if value == 0 else [value * np.float32(1.001), value * np.float32(2)]
    return [*(f"({float(new):.9g}f)".replace("f)", ".0f)" if new == int(new) else "f)") for new in news), f"(-{old})"]


def survey(controller: Controller, chosen: Sequence[Mutant], compiler: str, flags: Sequence[str]) -> Survey:
    """Compiles mutants of a controller's header (prefix ``p``) and runs each one's self-test.

    Args:
        controller: what the header was written from.
        chosen: what to run.
        compiler: command.
        flags: for the compiler.
    """
    survivors: list[Mutant] = []
    equivalent: list[Mutant] = []
    observations = tried(controller)
    expected = evaluate(controller, observations)
    for start in range(0, len(chosen), BATCH):
        batch = {f"m{start + k}x": mutant for k, mutant in enumerate(chosen[start : start + BATCH])}
        texts = {name: _renamed(mutant.text, name) for name, mutant in batch.items()}
        library = Library(texts, compiler, [*flags, "-w"])
        for name, mutant in batch.items():
            if library.selftest(name) == 0:
                got = library.run(name, observations, len(controller.actions))
                (equivalent if builders.same_bits(got, expected) else survivors).append(mutant)
    return Survey(len(chosen), tuple(survivors), tuple(equivalent))


def tried(controller: Controller) -> NDArray[np.float32]:
    """Returns the observations by which a mutant counts as equivalent: none that the self-test draws."""
    drawn_ones = [drawn.observations(controller.observations, 1_000_000 * seed) for seed in range(1, 400)]
    rng = np.random.default_rng(9)
    return np.concatenate([*drawn_ones, builders.inputs(rng, len(controller.observations), 20_000).T]).astype(
        np.float32
    )


def _renamed(text: str, name: str) -> str:
    return re.sub(r"\bp_", f"{name}_", re.sub(r"\bP_", f"{name.upper()}_", text))


SUBJECTS = {
    "shared weight": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "weight per connection": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}
LEAST = 0.98


def run() -> Result:
    """Runs every mutant of the golden headers; writes docs/mutants.md."""
    surveys = {}
    for name, controller in SUBJECTS.items():
        surveys[name] = survey(controller, mutants(to_c(controller, prefix="p")), tool("gcc"), ["-std=gnu99", "-O0"])
    text = to_c(swing_up(), prefix="p")
    blind = re.sub(r"hash != 0x\w+u", "hash == 0u", re.sub(r"p_functions\(\) != 0x\w+u", "p_functions() == 0u", text))
    seen = survey(swing_up(), mutants(blind)[::4], tool("gcc"), ["-std=gnu99", "-O0"])
    figures: dict[str, int | float | str] = {
        name: f"{found.made - len(found.survivors) - len(found.equivalent)} of {found.made} mutants killed, "
        f"{len(found.equivalent)} equivalent, {len(found.survivors)} survive"
        for name, found in surveys.items()
    }
    DOCUMENT.write_text(document(surveys), encoding="utf-8")
    noticed = f"only {100 * seen.rate:.1f} % killed" if seen.rate < LEAST else None
    problems = tuple(f"{name}: only {100 * found.rate:.1f} %" for name, found in surveys.items() if found.rate < LEAST)
    return Result("mutants", figures, {"a self-test without drawn vectors": noticed}, problems)


def document(surveys: Mapping[str, Survey]) -> str:
    """Returns the document: rates, and what survived."""
    rows = [
        f"| {name} | {found.made} | {len(found.equivalent)} | {len(found.survivors)} | {100 * found.rate:.2f} % |"
        for name, found in surveys.items()
    ]
    listed: list[str] = []
    for name, found in surveys.items():
        for title, chosen in (("survive", found.survivors), ("are equivalent", found.equivalent)):
            listed += ["", f"**{name}**: {len(chosen)} {title}", ""]
            listed += [f"- `{mutant.line}` became `{mutant.changed}`" for mutant in chosen]
    return TEMPLATE.replace("<rows>", "\n".join(rows)).replace("<listed>", "\n".join(listed).strip())
