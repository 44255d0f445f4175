"""Nodes in fixed point: interval analysis gives each its weights, its shift, and a limit only where it needs one.

Ranges follow the values from the observations on. They prove that every sum and product stays within 32 bits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wann_rt.core import terms
from wann_rt.core.activations import BY_ID
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.activations import FIXED, FRACTION, ONE, FixedActivation, Range
from wann_rt.core.fixed.symbols import INT32, traced
from wann_rt.core.network import BIAS
from wann_rt.core.terms import Lowered

MOST_SHIFT = 16  # shift after a product with a weight: taking the upper half costs an 8-bit processor nothing
LEAST_BITS = 8  # refuse a node if its greatest weight would keep fewer significant bits than this


@dataclass(frozen=True)
class Node:
    """How a node is computed.

    With a shared weight: ``activation(limited(constant + sum of factors * sources) * weight >> shift)``; with a weight
    per connection, the factors are the weights: ``activation(limited(constant + sum of factors * sources) >> shift)``.

    Attributes:
        activation: its id.
        sources: nodes; the bias is not among them but in ``constant``.
        factors: of the sources: 1 or -1, or weights that count 2^-shift.
        constant: what the bias contributes.
        weight: the shared one, counts 2^-shift; None with a weight per connection.
        limit: the sum is limited to [-limit, limit]; None: it never leaves that.
        shift: brings the product back to the network's format.
        magnitude: greatest absolute value of the sum, and of any part of it, before it is limited.
        argument: range of the activation's argument.
        range: of the node's value.
    """

    activation: int
    sources: tuple[int, ...]
    factors: tuple[int, ...]
    constant: int
    weight: int | None
    limit: int | None
    shift: int
    magnitude: int
    argument: Range
    range: Range


def nodes_of(lowered: Lowered, multiplier: float | None, inputs: Sequence[Range]) -> tuple[Node, ...]:
    """Returns the computed nodes under one of the lowered multipliers.

    Args:
        lowered: what is computed.
        multiplier: of the sums: a shared weight, or None with a weight per connection.
        inputs: range of each conditioned observation.

    Raises:
        ExportError: a weight or a sum leaves 32 bits.
    """
    if multiplier is not None and abs(multiplier) * 2**MOST_SHIFT > INT32[1]:
        raise ExportError(f"a weight of {multiplier:g} does not fit: in fixed point weights end at 32767")
    values = [(ONE, ONE), *inputs]
    nodes = []
    for node in lowered.nodes:
        nodes.append(_weighted(node, values) if multiplier is None else _shared(node, values, multiplier))
        values.append(nodes[-1].range)
    return tuple(nodes)


def _shared(node: terms.Node, values: Sequence[Range], weight: float) -> Node:
    """Returns a node whose sum is multiplied by a shared weight."""
    pairs = [(term.source, int(term.factor)) for term in node.terms]
    magnitude = _magnitude(values, pairs)
    if magnitude > INT32[1]:
        raise _too_wide(node, magnitude)
    limit, shift = _room(FIXED[node.activation], magnitude, weight)
    return _node(node.activation, pairs, values, round(weight * 2**shift), limit, shift)


def _weighted(node: terms.Node, values: Sequence[Range]) -> Node:
    """Returns a node whose terms have weights of their own."""
    shift = _shift(values, node.terms)
    pairs = [(term.source, round(term.factor * 2.0**shift)) for term in node.terms]
    if shift < 0 or (shift < MOST_SHIFT and max(abs(factor) for _, factor in pairs).bit_length() < LEAST_BITS):
        raise _too_wide(node, sum(term.size * _most(values[term.source]) for term in node.terms))
    limit = ((FIXED[node.activation].limit + 1) << shift) - 1
    return _node(node.activation, pairs, values, None, limit if _magnitude(values, pairs) > limit else None, shift)


def _room(activation: FixedActivation, magnitude: int, weight: float) -> tuple[int | None, int]:
    """Returns the limit of a sum before it meets the shared weight, if it needs one, and the weight's shift.

    One limit does three things: the product fits 32 bits, the argument is one that the activation is defined for,
    and a bounded activation is constant beyond.
    """
    most_shift = min(MOST_SHIFT, 31 - activation.limit.bit_length())
    for shift in range(MOST_SHIFT, most_shift - 1, -1):
        factor, most = abs(round(weight * 2**shift)), min(((activation.limit + 1) << shift) - 1, INT32[1])
        if magnitude * factor <= most:
            return None, shift
    return most // factor, most_shift


def _shift(values: Sequence[Range], own: Iterable[terms.Term]) -> int:
    """Returns the greatest shift with which a sum of products fits 32 bits; -1 if there is none."""
    pairs = [(term.factor, max(_most(values[term.source]), 1)) for term in own]
    for shift in range(MOST_SHIFT, -1, -1):
        if sum(abs(round(factor * 2**shift)) * most for factor, most in pairs) <= INT32[1]:
            return shift
    return -1


def _node(
    activation: int,
    pairs: Sequence[tuple[int, int]],
    values: Sequence[Range],
    weight: int | None,
    limit: int | None,
    shift: int,
) -> Node:
    """Returns a node with its ranges; the pairs are sources with their factors."""
    ends = [sorted((f * values[s][0], f * values[s][1])) for s, f in pairs]
    total = sum(low for low, _ in ends), sum(high for _, high in ends)
    if limit is not None:
        total = clipped(total, (-limit, limit))
    ends_of_product = sorted(end * (1 if weight is None else weight) >> shift for end in total)
    argument = ends_of_product[0], ends_of_product[1]
    inner = [(s, f) for s, f in pairs if s != BIAS]
    return Node(
        activation,
        tuple(s for s, _ in inner),
        tuple(f for _, f in inner),
        sum(f * ONE for s, f in pairs if s == BIAS),
        weight,
        limit,
        shift,
        _magnitude(values, pairs),
        argument,
        value_range(activation, argument),
    )


def totals(nodes: Sequence[Node], inputs: Sequence[Range]) -> list[Range]:
    """Returns the least and the greatest sum of each of a member's nodes, before it is limited."""
    values = [(ONE, ONE), *inputs]
    found = []
    for node in nodes:
        ends = [sorted((f * values[s][0], f * values[s][1])) for s, f in zip(node.sources, node.factors, strict=True)]
        found.append((node.constant + sum(low for low, _ in ends), node.constant + sum(high for _, high in ends)))
        values.append(node.range)
    return found


def value_range(activation: int, argument: Range) -> Range:
    """Returns the least and the greatest value that an activation takes in a range of arguments."""
    found = traced(FIXED[activation].function, *argument)
    return found.ranges[found.root]


def clipped(x: Range, limits: Range) -> Range:
    """Returns the range of what is limited."""
    low, high = (min(max(end, limits[0]), limits[1]) for end in x)
    return low, high


def _most(limits: Range) -> int:
    return max(abs(limits[0]), abs(limits[1]))


def _magnitude(values: Sequence[Range], pairs: Iterable[tuple[int, int]]) -> int:
    return sum(abs(factor) * _most(values[source]) for source, factor in pairs)


def _too_wide(node: terms.Node, reach: float) -> ExportError:
    return ExportError(
        f"the sum of node {node.number} ({BY_ID[node.activation].name}) can reach {reach / ONE:.3g}, too much "
        f"for 32 bits of which {FRACTION} are a fraction: state narrower ranges, or scale the observations"
    )
