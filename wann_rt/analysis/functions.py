"""The palette over intervals: between which values an activation lies on an interval, and between which slopes.

The values are those of the formula; how far the arithmetic's own definition may be from it says ``max_error`` of the
palette. A ``step`` has the slope 0 everywhere but at its jump, which is judged on its own.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wann_rt.analysis.interval import LIBM, Floats, Interval, limited, outward, point, scaled, times
from wann_rt.core.activations import BY_ID, BY_NAME
from wann_rt.core.errors import ControllerError

PI = float(np.pi)
FAR = 2.0**22  # beyond it float32 holds integers and halves only, and a wave's phase is no longer worth following


class Extension(NamedTuple):
    """A row: an activation over intervals.

    Attributes:
        values: the values of the formula on an interval.
        slopes: those of its derivative; at a kink, all between both sides.
        is_curved: whether a smaller interval gives a narrower range of slopes.
    """

    values: Callable[[Interval], Interval]
    slopes: Callable[[Interval], Interval]
    is_curved: bool = True


def _ends(function: Callable[[Floats], Floats], x: Interval, turns: tuple[float, ...] = ()) -> Interval:
    """Returns the range of a function of libm that is monotone between its turns; the turns are given exactly."""
    found = [function(x.low), function(x.high)]
    for turn in turns:
        inside = (x.low < turn) & (turn < x.high)
        found.append(np.where(inside, function(np.asarray(turn)), found[0]))
    low, high = np.minimum.reduce(found), np.maximum.reduce(found)
    return outward(low - LIBM * np.abs(low), high + LIBM * np.abs(high))


def _wave(function: Callable[[Floats], Floats], x: Interval, crest: float) -> Interval:
    """Returns the range of a wave of period 2 between -1 and 1, with its crest at ``crest`` and its valley 1 later."""
    ends = function(PI * x.low), function(PI * x.high)
    slack = LIBM * (1 + PI * x.size)  # pi times x is rounded, too
    with np.errstate(invalid="ignore"):
        has_crest = np.floor((x.high - crest) / 2 + slack) >= np.ceil((x.low - crest) / 2 - slack)
        has_valley = np.floor((x.high - crest - 1) / 2 + slack) >= np.ceil((x.low - crest - 1) / 2 - slack)
    is_far = ~(x.size < FAR)
    low = np.where(has_valley | is_far, -1.0, np.minimum(*ends) - slack)
    high = np.where(has_crest | is_far, 1.0, np.maximum(*ends) + slack)
    return limited(Interval(np.nan_to_num(low, nan=-1.0), np.nan_to_num(high, nan=1.0)), -1.0, 1.0)


def _sin(x: Interval) -> Interval:
    return _wave(np.sin, x, 0.5)


def _cos(x: Interval) -> Interval:
    return _wave(np.cos, x, 0.0)


def _minus_sin(x: Interval) -> Interval:
    return _wave(lambda phase: -np.sin(phase), x, -0.5)


def _bell(x: Floats) -> Floats:
    made: Floats = np.exp(-0.5 * x * x)
    return made


def _bell_slope(x: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        made: Floats = np.nan_to_num(-x * _bell(x))  # at infinity 0
    return made


def _logistic(x: Floats) -> Floats:
    made: Floats = 0.5 * np.tanh(0.5 * x) + 0.5
    return made


def _tanh_slope(x: Floats) -> Floats:
    made: Floats = 1.0 - np.tanh(x) ** 2
    return made


def _tanh_slopes(x: Interval) -> Interval:
    found = _ends(_tanh_slope, x, turns=(0.0,))
    return limited(outward(found.low - LIBM, found.high + LIBM), 0.0, 1.0)  # 1 - 1 loses what is relative


def _abs(x: Interval) -> Interval:
    nearest = np.where((x.low < 0) & (x.high > 0), 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
    return Interval(nearest, x.size)


def _constant(value: float) -> Callable[[Interval], Interval]:
    return lambda x: point(np.full(np.shape(x.low), value))


def _signs(low: float, x: Interval) -> Interval:
    """Returns the slope of a bend at 0: ``low`` below, 1 above."""
    return Interval(np.where(x.low > 0, 1.0, low), np.where(x.high < 0, low, 1.0))


def _truth(x: Interval) -> Interval:
    return Interval((x.low > 0).astype(np.float64), (x.high > 0).astype(np.float64))


_ROWS = {
    "linear": Extension(lambda x: x, _constant(1.0), is_curved=False),
    "step": Extension(_truth, _constant(0.0)),
    "sin": Extension(_sin, lambda x: scaled(_cos(x), PI)),
    "gauss": Extension(
        lambda x: limited(_ends(_bell, x, turns=(0.0,)), 0.0, 1.0), lambda x: _ends(_bell_slope, x, turns=(-1.0, 1.0))
    ),
    "tanh": Extension(lambda x: limited(_ends(np.tanh, x), -1.0, 1.0), _tanh_slopes),
    "sigmoid": Extension(
        lambda x: limited(_ends(_logistic, x), 0.0, 1.0), lambda x: scaled(_tanh_slopes(scaled(x, 0.5)), 0.25)
    ),
    "inverse": Extension(lambda x: Interval(-x.high, -x.low), _constant(-1.0), is_curved=False),
    "abs": Extension(_abs, lambda x: _signs(-1.0, x)),
    "relu": Extension(lambda x: Interval(np.maximum(x.low, 0.0), np.maximum(x.high, 0.0)), lambda x: _signs(0.0, x)),
    "cos": Extension(_cos, lambda x: scaled(_minus_sin(x), PI)),
    "square": Extension(lambda x: times(_abs(x), _abs(x)), lambda x: scaled(x, 2.0)),
}
EXTENSIONS = {BY_NAME[name].id: row for name, row in _ROWS.items()}  # need not be complete, see ``extension_of``


def extension_of(activation: int) -> Extension:
    """Returns the row of an activation.

    Raises:
        ControllerError: there is none. Everything else works without: only certificates need it.
    """
    if activation not in EXTENSIONS:
        raise ControllerError(
            f"activation {BY_ID[activation].name} has no row in table _ROWS of wann_rt/analysis/functions.py: add its "
            "values and slopes over intervals, and controllers that use it can be certified"
        )
    return EXTENSIONS[activation]
