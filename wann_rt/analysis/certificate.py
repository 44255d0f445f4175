"""Certificates: how sharply a controller may react, proven over all observations in a box, by bisection.

Interval arithmetic bounds slopes on a whole box at once, the more tightly the smaller it is. Boxes whose bound is well
above the greatest slope found so far are halved until the two nearly meet, or the time is up; the bound holds whenever
one stops (branch and bound; E. Hansen, G. W. Walster, *Global Optimization Using Interval Analysis*, 2004).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.analysis.interval import Floats, Interval, point
from wann_rt.analysis.jumps import Jump, jumps
from wann_rt.analysis.network import bounded
from wann_rt.analysis.nodes import NodeRange, node_ranges
from wann_rt.analysis.rounding import rounding
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ControllerError
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.shown import Shown
from wann_rt.core.stateful import only_without_state

RATIO = 1.05  # of bound to found at which a slope is known well enough
SECONDS = 10.0
FIRST_CUTS = 8  # halvings of the whole box
CUT_AT_ONCE = 512  # boxes
MOST_BOXES = 400_000
POINTS = 4096  # drawn to begin with
SEED = 20_251  # of these; whatever it is, the bound holds


@dataclass(frozen=True)
class Slope:
    """How much an action changes per unit of an observation, between the jumps of ``step`` nodes.

    Attributes:
        action: its name.
        observation: its name.
        bound: no slope in the box is greater; proven.
        found: the greatest that was met.
        where: the observation at which it was met.
    """

    action: str
    observation: str
    bound: float
    found: float
    where: tuple[float, ...]


@dataclass(frozen=True)
class Certificate(Shown):
    """What holds for every observation in a box.

    For any two of its observations a and b with no jump between them, nor so near that rounding decides on which side
    of it they are, an action differs by at most the sum of ``slope.bound * abs(a[k] - b[k])`` over the observations,
    and twice its ``rounding``.

    Attributes:
        controller: what it is about.
        box: name of an observation -> lowest and highest value.
        slopes: for each action and each observation.
        jumps: of each ``step`` node and each action that it reaches.
        rounding: name of an action -> by how much the float32 arithmetic may differ from the formulas.
        nodes: ranges of all nodes; of the first member where there are several.
        limits: name of a clipped action -> whether its lower and its upper limit can be met.
        boxes: how many were bounded.
    """

    controller: Controller
    box: Mapping[str, tuple[float, float]]
    slopes: tuple[Slope, ...]
    jumps: tuple[Jump, ...]
    rounding: Mapping[str, float]
    nodes: tuple[NodeRange, ...]
    limits: Mapping[str, tuple[bool, bool]]
    boxes: int

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON values."""
        return {
            "box": {name: list(ends) for name, ends in self.box.items()},
            "slopes": [dict(vars(slope), where=list(slope.where)) for slope in self.slopes],
            "jumps": [dict(vars(jump)) for jump in self.jumps],
            "rounding": dict(self.rounding),
            "nodes": [dict(vars(node)) for node in self.nodes],
            "limits": {name: list(met) for name, met in self.limits.items()},
            "boxes": self.boxes,
        }


def certify(
    controller: Controller,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    *,
    seconds: float = SECONDS,
    ratio: float = RATIO,
    boxes: int = MOST_BOXES,
) -> Certificate:
    """Bounds how sharply a controller reacts.

    The bounds hold whatever ``seconds`` and ``ratio`` are; these say how hard it tries to make them tight. As time
    decides when it stops, bounds that have not met the ratio may differ a little from run to run.

    Args:
        controller: the controller.
        ranges: name of an observation -> lowest and highest value, in its unit; by default those of its channel.
            ``"*"`` stands for all that have no finite range of their own.
        seconds: after which no box is cut any more.
        ratio: of bound to found, at which a slope is known well enough.
        boxes: after so many none is cut any more; with infinite ``seconds`` the same bounds come each time.

    Raises:
        ControllerError: something else came than a controller, an observation has no finite range, a range is none,
            or a name is unknown.
    """
    only_a_controller(controller)
    only_without_state(controller, "a certificate")
    box = _box(controller, ranges or {})
    root = Interval(*(np.array([[ends[side] for ends in box.values()]]) for side in (0, 1)))
    whole = bounded(controller, root)
    wrong = rounding(controller, root, whole)
    search = _Bisection(controller, root, ratio, boxes)
    search.run(time.monotonic() + seconds)
    actions = list(zip(controller.actions, whole.actions, wrong.actions, strict=True))
    return Certificate(
        controller,
        box,
        tuple(search.slopes()),
        tuple(jumps(controller, whole)),
        {channel.name: error for channel, _, error in actions},
        tuple(node_ranges(controller, whole, wrong)),
        {channel.name: _limits(channel, spread.value, error) for channel, spread, error in actions if channel.clip},
        search.boxes,
    )


def _limits(channel: Channel, value: Interval, error: float) -> tuple[bool, bool]:
    return bool(value.low[0] - error <= channel.low), bool(value.high[0] + error >= channel.high)


def _box(controller: Controller, ranges: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Returns the range of each observation, rounded to float32."""
    names = [channel.name for channel in controller.observations]
    unknown = [name for name in ranges if name not in (*names, "*")]
    if unknown:
        guess = near(unknown[0], names) or f"; expected {', '.join(names)}, or *"
        raise ControllerError(f"there is no observation {unknown[0]!r}{guess}")
    box = {}
    for channel in controller.observations:
        own = (channel.low, channel.high)
        given = ranges.get(channel.name, own if np.isfinite(own).all() else ranges.get("*", own))
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinity
            low, high = (float(np.float32(end)) for end in given)
        if not np.isfinite([low, high]).all():
            raise ControllerError(
                f"observation {channel.name!r} has no finite range: say one, such as "
                f"--range '{channel.name}=-10:10', or --range '*=-10:10' for all that have none"
            )
        if not low < high:
            raise ControllerError(f"observation {channel.name!r}: {low:g} is not below {high:g}")
        box[channel.name] = low, high
    return box


class _Bisection:
    """Boxes that cover the root, with bounds of all slopes at once; ``boxes``: how many were bounded."""

    def __init__(self, controller: Controller, root: Interval, ratio: float, most: int) -> None:
        self._controller, self._ratio, self._most = controller, ratio, most
        shape = len(controller.actions), len(controller.observations)
        self._found, self._where = np.zeros(shape), np.tile(root.low[0], (*shape, 1))
        self._settled = np.zeros(shape)  # the greatest bound of the boxes that are not cut any more
        self.boxes = 0
        self._open = root
        self._bounds, self._bends = self._measure(root)
        drawn = np.random.default_rng(SEED).uniform(root.low[0], root.high[0], (min(POINTS, most), shape[1]))
        self._sample(drawn)

    def run(self, end: float) -> None:
        """Halves boxes until all bounds are near what was found, or until a time of ``time.monotonic``."""
        self._settle()
        if len(self._bounds) and self.boxes < self._most and time.monotonic() < end:
            self._split(min(FIRST_CUTS, int(np.log2(self._most))))
        while time.monotonic() < end and self.boxes < self._most:
            self._settle()
            if not len(self._bounds):
                return
            self._halve()

    def slopes(self) -> list[Slope]:
        """Returns what is known."""
        bounds = np.maximum(self._settled, self._bounds.max(axis=0, initial=0.0))
        names = [
            [channel.name for channel in side] for side in (self._controller.actions, self._controller.observations)
        ]
        return [
            Slope(action, observation, float(bounds[a, o]), float(self._found[a, o]), tuple(self._where[a, o].tolist()))
            for a, action in enumerate(names[0])
            for o, observation in enumerate(names[1])
        ]

    def _measure(self, boxes: Interval) -> tuple[Floats, Floats]:
        """Returns bounds of all slopes [boxes, actions, observations], and where a cut is worth most."""
        self.boxes += len(boxes.low)
        found = bounded(self._controller, boxes)
        return np.stack([spread.slopes.size for spread in found.actions], axis=1), found.bends

    def _sample(self, observations: Floats) -> None:
        """Looks at slopes at single observations; at a kink the interval holds both, and proves neither: the lesser."""
        found = bounded(self._controller, point(observations)).actions
        for a, spread in enumerate(found):
            low, high = spread.slopes
            steep = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
            best = steep.argmax(axis=0)
            for o, row in enumerate(best):
                if steep[row, o] > self._found[a, o]:
                    self._found[a, o], self._where[a, o] = steep[row, o], observations[row]

    def _settle(self) -> None:
        """Puts aside the boxes in which every slope is known well enough."""
        is_open: NDArray[Any] = np.any(self._bounds > self._enough(), axis=(1, 2))
        self._settled = np.maximum(self._settled, self._bounds[~is_open].max(axis=0, initial=0.0))
        self._keep(is_open)

    def _enough(self) -> NDArray[np.float64]:
        return np.maximum(self._found * self._ratio, self._settled)

    def _keep(self, chosen: NDArray[Any]) -> None:
        self._open = Interval(self._open.low[chosen], self._open.high[chosen])
        self._bounds, self._bends = self._bounds[chosen], self._bends[chosen]

    def _split(self, cuts: int) -> None:
        """Halves the whole box so many times at once, where its slopes bend most: one by one, that would be slower."""
        low, high, bends = self._open.low, self._open.high, _coarse(self._bends[0])
        for _ in range(cuts):
            axis = int(bends.argmax())
            bends[axis] /= 2
            middle = low[:, axis] + (high[:, axis] - low[:, axis]) / 2
            left, right = high.copy(), low.copy()
            left[:, axis] = right[:, axis] = middle
            low, high = np.concatenate([low, right]), np.concatenate([left, high])
        self._open = Interval(low, high)
        self._bounds, self._bends = self._measure(self._open)

    def _halve(self) -> None:
        """Cuts the boxes that are furthest from being known, each where its slopes bend most."""
        enough = np.maximum(self._enough(), np.finfo(np.float64).tiny)
        with np.errstate(over="ignore"):
            urgency = (np.nan_to_num(self._bounds, posinf=1e300) / enough).max(axis=(1, 2))
        order = np.argsort(-_coarse(urgency), kind="stable")
        count = min(CUT_AT_ONCE, max(1, (self._most - self.boxes) // 2))
        cut, rest = order[:count], order[count:]
        low, high = self._open.low[cut], self._open.high[cut]
        axis, rows = _coarse(self._bends[cut]).argmax(axis=1), np.arange(len(cut))
        middle = low + (high - low) / 2
        self._sample(middle)
        left, right = high.copy(), low.copy()
        left[rows, axis] = right[rows, axis] = middle[rows, axis]
        halves = Interval(np.concatenate([low, right]), np.concatenate([left, high]))
        bounds, bends = self._measure(halves)
        self._keep(rest)
        self._open = Interval(*(np.concatenate([old, new]) for old, new in zip(self._open, halves, strict=True)))
        self._bounds, self._bends = np.concatenate([self._bounds, bounds]), np.concatenate([self._bends, bends])


def _coarse(x: Floats) -> NDArray[np.float32]:
    """Returns float32, so that what libms differ in does not decide between boxes that mirror one another."""
    return np.clip(np.nan_to_num(x, posinf=1e30), 0.0, 1e30).astype(np.float32)
