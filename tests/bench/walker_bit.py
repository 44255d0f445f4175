"""The walker's smaller gait, with a memory of one bit: which leg is taken forward. No lidar.

A leg that is taken forward ``swings`` until the other one, on which the walker stands, is no longer in front of the
hull; then it comes down, and when it touches the ground, the legs change places. What hips and knees are given is a
linear law of what is seen and of these states, the same for both legs, which are mirror images.

The states are the same for every shared weight w but 0: each sum that a ``step`` node decides by passes two
connections, so it is w^2 times what it would be with w = 1, and what is remembered, w or 0, passes the second one when
it is read. But for what is seen, these sums are of small whole numbers, so what is 0 with w = 1 is 0 in float32.
"""

from collections.abc import Mapping
from typing import NamedTuple

from draft import Signed

MEMORY = {"moving": "recurrent"}  # of the legs, 1: the second
OBSERVED, ACTIONS, LEG = 24, 4, 5  # a leg has five observations, one after the other, the last whether it touches
INPUTS, OUTPUTS = OBSERVED + len(MEMORY), ACTIONS + len(MEMORY)
BIAS, HULL, HULL_DOT, SPEED, RISE = range(5)
HIP, HIP_DOT, KNEE, KNEE_DOT, CONTACT = range(5, 10)  # of the first leg
MOVING, REMEMBERS = INPUTS, INPUTS + 1 + ACTIONS  # the node that remembers, and the output that feeds it
JOINTS = ("hip", "knee")
FRONT = "front"  # the node by which is decided if the leg on which the walker stands is still in front of the hull
# What a leg's law reads: a constant, observations of the hull and of the leg, and whether it swings or pushes off.
SOURCES = ("constant", "hull", "hull_dot", "rise", "hip", "hip_dot", "knee", "knee_dot", "swings", "pushes")


class Term(NamedTuple):
    """What a source gives to a joint of either leg, or to what is decided about the leg."""

    target: str
    source: str


def states_of(draft: Signed, hip: int = 1, speed: int = 0) -> list[dict[str, int]]:
    """Adds the states; returns the nodes that a leg's law has to do with, by leg: its sources, and ``FRONT``.

    The other leg is in front where its hip's angle, so many times, and the speed, so many times, are above 0 together.
    """
    hips, touches = ((what, what + LEG) for what in (HIP, CONTACT))
    fronts, swings, pushes = [], [], []
    for leg in (0, 1):
        # The second leg moves where 1 is remembered, the first where it is not.
        other, sign, last = 1 - leg, 2 * leg - 1, {BIAS: -1} if leg else {}
        summed = draft.sums({hips[other]: hip, SPEED: speed})
        fronts.append(summed[0])
        front = draft.node("linear", {draft.node("step", dict.fromkeys(summed, 1)): 1} | last)
        swings.append(draft.node("step", {front: 1, MOVING: sign}))
        down = draft.node("linear", {touches[leg]: 1, swings[leg]: -1} | last)
        pushes.append(draft.node("step", {down: 1, MOVING: sign}))  # what moved is down, so the other one pushes
    changes = draft.node("linear", {pushes[0]: 1, pushes[1]: -1})
    draft.feed(REMEMBERS, {draft.node("step", {MOVING: 1, changes: 1}): 1})
    return [_nodes(leg, swings[leg], pushes[1 - leg]) | {FRONT: fronts[leg]} for leg in (0, 1)]


def _nodes(leg: int, swings: int, pushes: int) -> dict[str, int]:
    own = (node + LEG * leg for node in (HIP, HIP_DOT, KNEE, KNEE_DOT))
    return dict(zip(SOURCES, (BIAS, HULL, HULL_DOT, RISE, *own, swings, pushes), strict=True))


def target_of(leg: int, nodes: Mapping[str, int], target: str) -> int:
    """Returns the node that a term of a leg's law goes to."""
    return nodes[FRONT] if target == FRONT else 1 + INPUTS + 2 * leg + JOINTS.index(target)


# A law that walks, its numbers to one decimal.
LAW: Mapping[Term, float] = {
    Term("hip", "constant"): 0.1,
    Term("hip", "hull"): 1.8,
    Term("hip", "hull_dot"): 1.1,
    Term("hip", "hip"): -1.0,
    Term("hip", "hip_dot"): -0.8,
    Term("hip", "swings"): 1.7,
    Term("knee", "constant"): 0.1,
    Term("knee", "rise"): -5.9,
    Term("knee", "knee"): -2.9,
    Term("knee", "swings"): -1.8,
    Term("knee", "pushes"): 2.9,
    Term(FRONT, "constant"): 0.1,
}
