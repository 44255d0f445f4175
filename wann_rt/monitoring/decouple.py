"""Residuals that a motor does not move: what one channel lacks, less what another one says it should.

A motor that is a little stronger moves several channels together, in a proportion that the plant has. So the residual
of one channel, less that of another one in this proportion, is blind to motors: what else is wrong stands out of it,
and the other residual still tells of motors. Here the proportion is a constant, or one times a reading, and it is
fitted on machines whose motors differ much. In fault detection such a residual is called decoupled from a disturbance.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.program import computed, program_of
from wann_rt.core.symbols import Symbol, lift
from wann_rt.monitoring.machines import Record

INF = float("inf")
MOST_LEFT = 0.5  # of a residual's mean square: more is not worth the instructions


class Coupling(NamedTuple):
    """A residual that another one explains.

    Attributes:
        left: the part of the mean square that is left.
        of: number of the residual.
        by: number of the one that explains it.
        times: number of the reading with which that is multiplied; None: of none.
        factor: the constant.
    """

    left: float
    of: int
    by: int
    times: int | None
    factor: float


def decoupled(residuals: Sequence[Symbol], record: Record) -> list[Symbol]:
    """Returns residuals of which some are less what others explain.

    Args:
        residuals: expressions of ``o0``, ..., ``b0``, ..., ``a0``, ...
        record: machines whose motors differ much.
    """
    found, changed, used = list(residuals), set[int](), set[int]()
    for one in sorted(couplings(residuals, record)):
        if one.left < MOST_LEFT and not {one.of, one.by} & changed and one.of not in used:
            by = residuals[one.by]
            if one.times is not None:
                by = Symbol("mul", (by, Symbol("input", name=f"o{one.times}")))
            found[one.of] = Symbol("sub", (residuals[one.of], Symbol("mul", (lift(np.float32(one.factor)), by))))
            changed.add(one.of)
            used.add(one.by)
    return found


def couplings(residuals: Sequence[Symbol], record: Record) -> list[Coupling]:
    """Returns, of each pair of residuals, how one explains the other best."""
    values, readings = _values(residuals, record)
    found = []
    for of, by in permutations(range(len(residuals)), 2):
        each = []
        for times, reading in ((None, 1.0), *enumerate(readings)):
            with np.errstate(all="ignore"):  # a residual may overflow
                other = values[by] * reading
                square = float(other @ other)
                factor = float(values[of] @ other) / square if square > 0 else 0.0
                rest = values[of] - factor * other
                left = float(rest @ rest) / max(float(values[of] @ values[of]), 1e-30)
            each.append(Coupling(INF if np.isnan(left) else left, of, by, times, factor))  # min would keep a NaN
        found.append(min(each, key=lambda one: one.left))
    return found


def _values(residuals: Sequence[Symbol], record: Record) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the residuals and the readings of a record, [residuals, steps] and [readings, steps]."""
    seen, done, alive = record
    letters = (("o", seen[1:]), ("b", seen[:-1]), ("a", done[:-1]))
    inputs = {f"{letter}{k}": side[:, k][alive[1:]] for letter, side in letters for k in range(side.shape[1])}
    program, numbers = program_of(residuals, list(inputs))
    with np.errstate(all="ignore"):
        values = computed(program, list(inputs.values()))
    count = int(alive[1:].sum())
    rows = np.array([np.broadcast_to(values[number], count) for number in numbers], np.float64)
    return np.nan_to_num(rows), np.array([inputs[f"o{k}"] for k in range(seen.shape[1])], np.float64)
