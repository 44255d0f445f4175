"""What a step of a champion costs on a Cortex-M4F: its generated C header, measured as `make size` measures."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from size import inputs
from size.measure import SHOWN, MeasureError, measure
from size.processors import BY_KEY, compiler_version
from size.subjects import header

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.reference import evaluate

PROCESSOR = BY_KEY["m4f"]
LEVEL = "-Os"
ROWS = 1000
FIGURES = ("instructions", "flash", "stack")


def missing() -> str | None:
    """Returns why nothing can be measured here, or None."""
    return PROCESSOR.missing()


def cost(name: str) -> dict[str, Any]:
    """Returns instructions of the dearest of many steps, bytes of flash and of stack, and what they hold for.

    Raises:
        MeasureError: the header does not compile or run there, or computes other bits than the oracle.
    """
    champion = zoo.load(name)
    figures = measure(header(champion, PROCESSOR), PROCESSOR, LEVEL, ROWS)
    if not np.array_equal(np.array(figures.actions, np.uint32), shown(champion).view(np.uint32).ravel()):
        raise MeasureError(f"{name} computes other bits on a {PROCESSOR.title} than the oracle")
    return {
        "instructions": figures.most,
        "flash": figures.flash,
        "stack": figures.stack,
        "controller": files.digest(champion),
        "compiler": compiler_version(PROCESSOR),
    }


def shown(champion: Controller) -> NDArray[np.float32]:
    """Returns the actions of the rows that the harness shows, by the oracle."""
    count = len(champion.observations)
    if not champion.derived:
        return evaluate(champion, inputs.floats(count, SHOWN))
    state, actions = champion.start(), []
    for row in inputs.sequence(count, SHOWN):
        action, state = champion.step(state, row)
        actions.append(action)
    return np.array(actions[1:], np.float32)


def known(name: str, record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the cost that the record has, if it is that of the champion as it is now."""
    found: dict[str, Any] | None = record.get(name, {}).get("m4f")
    return found if found and found["controller"] == files.digest(zoo.load(name)) else None


def differences(name: str, found: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """Yields what costs something else than the record says; another compiler makes other code."""
    if found["compiler"] == before["compiler"]:
        for figure in FIGURES:
            if found[figure] != before[figure]:
                yield f"{name}: {figure} on a Cortex-M4F: {found[figure]}, and {before[figure]} in the record"


def text(found: Mapping[str, Any] | None) -> str:
    """Returns a cost for people."""
    return f"{found['instructions']:,} instructions, {found['flash']:,} bytes" if found else "-"
