"""How far the members of an ensemble are apart: of each action the greatest of the members' less the least.

The actions are those that the mean sees: after each member's own limits, before those of the mean. Written over the
primitives of the one arithmetic, so that numpy computes it and exporters trace it. A member's NaN stays: what may be
anything is nowhere near the others. Otherwise the result is never -0, because of two equal numbers the first is kept on
both sides, and infinite members of one sign alone give NaN, as infinity less infinity is.
"""

from collections.abc import Sequence

from wann_rt.core.arithmetic import Number, is_number, maximum, minimum, select


def widened(least: Number, greatest: Number, member: Number) -> tuple[Number, Number]:
    """Returns the least and the greatest action of the members so far and of one more; NaN stays the least."""
    return select(is_number(member), minimum(member, least), member), maximum(member, greatest)


def spread_of(members: Sequence[Number]) -> Number:
    """Returns how far the actions of some members are apart."""
    least = greatest = members[0]
    for member in members[1:]:
        least, greatest = widened(least, greatest, member)
    return greatest - least
