"""A stated certificate in words, for the head of a generated header and for ``wann-rt show``."""

from typing import Any

from wann_rt.analysis.stated import ALL, stated
from wann_rt.core.controller import Controller

MOST_NODES = 128  # whose ranges are written out; ``show --json`` has those of any network
_OF_ALL = (
    "How sharply it reacts, proven for every observation with {}. Between jumps, an action changes by at most so much "
    "per unit of an observation:"
)
_OF_NETWORK = (
    "How sharply its network reacts to what it sees in one step, proven wherever the network sees {}; derived channels "
    "may leave these ranges, and how they come from the readings is not part of it. Between jumps, an output changes "
    "by at most so much per unit of an input:"
)


def certificate_words(controller: Controller) -> list[str]:
    """Returns paragraphs; those that begin with a blank are rows of the one before."""
    said, names = stated(controller), _names(controller.inner)
    ranges = ", ".join(f"{name} {_number(low)} to {_number(high)}" for name, (low, high) in said["box"].items())
    return [
        (_OF_NETWORK if controller.derived else _OF_ALL).format(ranges),
        *(f"  {action}: {_slopes(known)}" for action, known in said["slopes"].items()),
        *_jumps(said["jumps"], names),
        *_nodes(said["nodes"], names),
        f"Rounding: float32 differs from the formulas by at most {_listed(said['rounding'])}.",
    ]


def _names(controller: Controller) -> dict[int, str]:
    """Returns the nodes' names as ``wann-rt show`` gives them: hidden ones by number, outputs as their actions."""
    network = controller.network
    hidden = {network.first + k: f"n{network.first + k}" for k in range(network.n_hidden)}
    last = network.first + network.n_hidden
    return hidden | {last + k: channel.name for k, channel in enumerate(controller.actions)}


def _slopes(known: dict[str, float | None]) -> str:
    if ALL in known:
        return f"{_number(known[ALL])} (the greatest)"
    steep = {name: bound for name, bound in known.items() if bound != 0}
    return _listed(steep) + ("; 0 on all others" if len(steep) < len(known) else "")


def _jumps(found: list[list[Any]], names: dict[int, str]) -> list[str]:
    if not found:
        return []
    told = ", ".join(f"{action} by {_number(bound)} ({names[node]})" for node, action, bound in found)
    return [f"Jumps where a step node switches, at most: {told}."]


def _nodes(found: list[list[Any]], names: dict[int, str]) -> list[str]:
    if len(found) > MOST_NODES:
        return []
    told = ", ".join(
        f"{names[node]} {activation} {_number(low)} to {_number(high)}{f' ({note})' if note else ''}"
        for node, activation, low, high, note in found
    )
    return [f"Nodes: {told}."]


def _listed(values: dict[str, float | None]) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in values.items()) or "none"


def _number(value: float | None) -> str:
    return "unbounded" if value is None else f"{value + 0.0:.8g}"  # no -0
