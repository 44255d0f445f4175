"""Mutants of a generated header: each operator, constant, limit and comparison changed, killed by its own self-test.

``python -m evidence mutants`` makes all of them for a few controllers in each form of the header and writes what
survived to docs/mutants.md; ``tests/exporters/test_mutants.py`` runs a seeded sample.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from helpers import builders
from helpers.c_library import Library, swing_up
from numpy.typing import NDArray

from evidence.mutations import Mutant, mutants
from evidence.rung import ROOT, Result, tool
from wann_rt.core.controller import Controller, Weight
from wann_rt.exporters import drawn
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

BATCH = 25  # mutants compiled together
DOCUMENT = ROOT / "docs" / "mutants.md"
TEMPLATE = """\
# What the self-test of a header finds

Written by `make mutants`. Each mutant is a generated header of the swing-up controller of `tests/golden` with one
change in what a step computes: an operator exchanged, a constant made a thousandth greater (an integer by one at
least), doubled or negated, a shift one more or less, a table's entry one more, a comparison negated or made to hold for
equal numbers, a choice with its sides exchanged. A mutant is killed if its own `<p>_selftest()` returns anything but 0,
or crashes. One that is not killed is equivalent if the original's results, to the bit, are its results for more than
40,000 other observations of all kinds; else it survives. `make test-long` runs a seeded sample.

| form | weight | mutants | equivalent | survive | killed of those that differ |
|---|---|---|---|---|---|
<rows>

## Not killed

<listed>
"""
# A mutant may read far outside of a table, or never end.
_GUARDED = """
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
int killed_<p>(void);
int killed_<p>(void) {
    int status = 1;
    const pid_t child = fork();
    if (child == 0) {
        int number;
        for (number = 1; number < 32; number++) {
            (void)signal(number, SIG_DFL); /* none of Python's */
        }
        (void)alarm(10);
        _exit(<p>_selftest() != 0);
    }
    return waitpid(child, &status, 0) != child || status != 0;
}
void run_<p>(const float *obs, float *actions, int *status, int rows);
void run_<p>(const float *obs, float *actions, int *status, int rows) {
    int i;
    for (i = 0; i < rows; i++) {
        status[i] = (<call>(obs + i * <P>_N_OBSERVATIONS, actions + i * <P>_N_ACTIONS)<and>);
    }
}
"""


class Form(NamedTuple):
    """One form of the header: what writes it, and the step that is compared; another one than the self-test's."""

    write: Callable[..., str]
    step: str = "step"
    status: str = ", 0"


FORMS: Mapping[str, Form] = {
    "float32": Form(to_c),
    "float32, checked": Form(partial(to_c, is_checked=True), "step_checked", ""),
    "q12": Form(to_c_fixed, "step_float"),
}


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


def survey(form: str, controller: Controller, chosen: Sequence[Mutant], compiler: str, flags: Sequence[str]) -> Survey:
    """Compiles mutants of a controller's header (prefix ``p``) and runs each one's self-test.

    Args:
        form: key of ``FORMS``.
        controller: what the header was written from.
        chosen: what to run.
        compiler: command.
        flags: for the compiler.
    """
    survivors: list[Mutant] = []
    equivalent: list[Mutant] = []
    observations = tried(controller)
    whole = header(form, controller)
    for start in range(0, len(chosen), BATCH):
        batch = {f"m{start + k}x": mutant for k, mutant in enumerate(chosen[start : start + BATCH])}
        texts = {name: _renamed(mutant.text, name) for name, mutant in batch.items()}
        library = Library({"m": _renamed(whole, "m"), **texts}, compiler, [*flags, "-w"], _entry(FORMS[form]))
        alive = [name for name in batch if not library.number(f"killed_{name}")]
        expected = _run(library, "m", observations, controller) if alive else None
        for name in alive:
            got = _run(library, name, observations, controller)
            (equivalent if got == expected else survivors).append(batch[name])
    return Survey(len(chosen), tuple(survivors), tuple(equivalent))


def header(form: str, controller: Controller) -> str:
    """Returns a form of the header, with prefix ``p``."""
    return FORMS[form].write(controller, prefix="p")


def _entry(form: Form) -> str:
    return _GUARDED.replace("<call>", f"<p>_{form.step}").replace("<and>", form.status)


def _run(library: Library, name: str, observations: NDArray[np.float32], controller: Controller) -> bytes:
    """Returns every bit that a header computes; any NaN counts as the same."""
    actions = np.empty((len(observations), len(controller.actions)), np.float32)
    status = np.empty(len(observations), np.int32)
    library.call(f"run_{name}", (observations, actions, status), len(observations))
    actions[np.isnan(actions)] = np.nan
    return actions.tobytes() + status.tobytes()


def tried(controller: Controller) -> NDArray[np.float32]:
    """Returns the observations by which a mutant counts as equivalent: none that the self-test draws."""
    channels = controller.observations
    drawn_ones = [drawn.observations(channels, 1_000_000 * seed) for seed in range(1, 400)]
    rng = np.random.default_rng(9)
    inputs = builders.inputs(rng, len(channels), 20_000).T
    whole = rng.integers(-(2**15), 2**15, (20_000, len(channels)))  # of 16 bits, in the formats that q12 may choose
    scaled = (whole * 2.0 ** -rng.integers(0, 16, len(channels))).astype(np.float32)
    return np.ascontiguousarray(np.concatenate([*drawn_ones, inputs.astype(np.float32), scaled]))


def _renamed(text: str, name: str) -> str:
    named = re.sub(r"\bp_", f"{name}_", re.sub(r"\bP_", f"{name.upper()}_", text))
    return f"#define {name.upper()}_FLOAT\n{named}"


SUBJECTS = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}
FLAGS = ("-std=gnu99", "-O0")
LEAST = 0.98


def run() -> Result:
    """Runs every mutant of the golden headers; writes docs/mutants.md."""
    surveys = {
        (form, name): survey(form, controller, mutants(header(form, controller)), tool("gcc"), FLAGS)
        for form in FORMS
        for name, controller in SUBJECTS.items()
    }
    noticed = {f"a self-test of {form} without drawn vectors": _noticed(form) for form in FORMS}
    figures: dict[str, int | float | str] = {
        ", ".join(key): f"{found.made - len(found.survivors) - len(found.equivalent)} of {found.made} mutants killed, "
        f"{len(found.equivalent)} equivalent, {len(found.survivors)} survive"
        for key, found in surveys.items()
    }
    DOCUMENT.write_text(document(surveys), encoding="utf-8")
    low = [(key, found.rate) for key, found in surveys.items() if found.rate < LEAST]
    return Result("mutants", figures, noticed, tuple(f"{', '.join(key)}: only {100 * rate:.1f} %" for key, rate in low))


def _noticed(form: str) -> str | None:
    every = mutants(blind(header(form, swing_up())))
    rate = survey(form, swing_up(), every[::4], tool("gcc"), FLAGS).rate
    return f"only {100 * rate:.1f} % killed" if rate < LEAST else None


def blind(text: str) -> str:
    """Returns a header whose self-test compares recorded vectors alone."""
    found = re.sub(r"hash != 0x\w+u", "hash == 0u", re.sub(r"(p_\w+\(\)) != 0x\w+u", r"\1 == 0u", text))
    assert found != text
    return found


def document(surveys: Mapping[tuple[str, str], Survey]) -> str:
    """Returns the document: rates, and what survived."""
    rows = [
        f"| {form} | {name} | {found.made} | {len(found.equivalent)} | {len(found.survivors)} | "
        f"{100 * found.rate:.2f} % |"
        for (form, name), found in surveys.items()
    ]
    listed: list[str] = []
    for key, found in surveys.items():
        for title, chosen in (("survive", found.survivors), ("are equivalent", found.equivalent)):
            listed += ["", f"**{', '.join(key)}**: {len(chosen)} {title}", ""]
            listed += [f"- `{mutant.line}` became `{mutant.changed}`" for mutant in chosen]
    return TEMPLATE.replace("<rows>", "\n".join(rows)).replace("<listed>", "\n".join(listed).strip())
