"""The certificate that artefacts carry: short, computed each time alike, never a matter of how fast a machine is.

What ``certify`` tightens for seconds is cut short here after a number of boxes that depends on the controller alone.
The bounds hold all the same. They are written with four digits, always rounded outward, so that neither the last bits
of a libm nor a reader who copies the figure makes them less than proven.
"""

from collections import OrderedDict
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from math import inf, isfinite
from typing import Any

import numpy as np

from wann_rt.analysis.certificate import Certificate, certify
from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller
from wann_rt.core.files import digest, shortest

WORK = 250_000  # boxes x members x connections x what a slope is taken towards
MOST = 256  # boxes
UNBOUNDED = 10.0  # a channel without a finite end is taken as far as this, in its unit
MOST_SLOPES = 256  # beyond it, only the greatest of each action is stated
KEPT = 64  # certificates; a package states one in each of its files
GREATEST = float(np.finfo(np.float32).max)
ALL = "*"  # the place of a name, where one slope stands for those towards all observations

_made: OrderedDict[str, dict[str, Any]] = OrderedDict()


def stated(controller: Controller) -> dict[str, Any]:
    """Returns what is proven of a controller, as JSON values; None stands for what no number bounds.

    Of a controller with memory it is what its network does with what the network sees.

    Returns:
        ``box``: name -> ends; ``slopes``: action -> observation -> bound; ``jumps``: [node, action, bound] of each
        ``step``; ``nodes``: [node, activation, low, high, note]; ``rounding``: action -> bound.
    """
    key = digest(controller)
    if key not in _made:
        _made[key] = _document(_short(controller.inner))
        while len(_made) > KEPT:
            _made.popitem(last=False)
    return _made[key]


def _short(controller: Controller) -> Certificate:
    network, members = controller.network, len(controller.lowered.multipliers)
    work = max(1, members * network.n_connections * (1 + network.n_inputs))
    ranges = {channel.name: _range(channel) for channel in controller.observations}
    return certify(controller, ranges, seconds=inf, boxes=min(MOST, max(1, WORK // work)))


def _range(channel: Channel) -> tuple[float, float]:
    """Returns a channel's range; where an end is infinite, as far as ``UNBOUNDED`` or that much beyond the other."""
    low = channel.low if isfinite(channel.low) else min(-UNBOUNDED, channel.high - UNBOUNDED)
    high = channel.high if isfinite(channel.high) else max(UNBOUNDED, channel.low + UNBOUNDED)
    if low == high:
        high = float(np.nextafter(np.float32(low), np.float32(np.inf)))
    return low, high


def _document(found: Certificate) -> dict[str, Any]:
    box = {name: [shortest(low), shortest(high)] for name, (low, high) in found.box.items()}
    slopes: dict[str, dict[str, float | None]] = {channel.name: {} for channel in found.controller.actions}
    is_short = len(found.slopes) > MOST_SLOPES
    for slope in found.slopes:
        known, towards = slopes[slope.action], ALL if is_short else slope.observation
        known[towards] = upward(max(slope.bound, _or_infinite(known.get(towards, 0.0))))
    return {
        "box": box,
        "slopes": slopes,
        "jumps": [[jump.node, jump.action, upward(jump.bound)] for jump in found.jumps],
        "nodes": [[n.node, n.activation, downward(n.low), upward(n.high), n.note] for n in found.nodes],
        "rounding": {name: upward(error) for name, error in found.rounding.items()},
    }


def _or_infinite(value: float | None) -> float:
    return inf if value is None else value


def upward(value: float) -> float | None:
    """Returns a number of four digits that is not less; None where float32 has none."""
    return _rounded(value, ROUND_CEILING)


def downward(value: float) -> float | None:
    """Returns a number of four digits that is not greater; None where float32 has none."""
    return _rounded(value, ROUND_FLOOR)


def _rounded(value: float, rounding: str) -> float | None:
    if not abs(value) <= GREATEST:
        return None
    return float(Context(prec=4, rounding=rounding).create_decimal_from_float(value))
