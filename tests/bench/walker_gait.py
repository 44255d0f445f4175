"""The walker's gait as a network with a memory: six states in a ring, and what hips and knees do in each.

The idea is that of the heuristic which Gymnasium has beside its walker: one leg stands and the other is taken forward,
is put down, and pushes off, then the legs change places. Here the ring is five recurrent nodes of which at most one is
1 (none: the first state), ``step`` nodes say when a state ends, and the legs are mirror images: 22 numbers are all the
weights. The heuristic's are the start; it also lets the standing knee follow a ramp, which is left out. No lidar.
"""

from collections.abc import Mapping

import numpy as np
from draft import Draft
from numpy.typing import NDArray

from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection, Network

MEMORY = {f"q{k}": "recurrent" for k in range(1, 6)}
OBSERVED, ACTIONS, STATES = 24, 4, 6
INPUTS = OBSERVED + len(MEMORY)
LEG = 5  # observations of a leg: hip and its speed, knee and its speed, contact
HULL, HULL_DOT, SPEED, RISE = 1, 2, 3, 4  # nodes of the hull's observations
HIP, HIP_DOT, KNEE, KNEE_DOT, CONTACT = range(5, 10)  # of the first leg's
SURE = 2.0  # more than a hip's angle, a knee's or the speed can be: opens and shuts nodes
# The numbers: in each of the three phases what the moving leg's hip and the standing one's are given, the same of the
# knees, springs and dampers of hip and knee, the hull's angle and its rate at the hips, rise at the knees, and the
# three thresholds: the standing hip's, and of the pushing knee and the speed.
HIPS, KNEES = slice(0, 6), slice(6, 12)
HIP_SPRING, HIP_DAMPER, KNEE_SPRING, KNEE_DAMPER, UPRIGHT, UPRIGHT_DOT, CALM, BEHIND, PUSHED, FAST = range(12, 22)
NUMBERS = 22
START = np.array(
    [
        0.495,
        0,
        0.045,
        0,
        0,
        0,
        -1.2,
        0.2,
        0.2,
        0.2,
        0.2,
        2.0,
        0.45,
        0.125,
        2.0,
        0.125,
        0.45,
        0.75,
        7.5,
        0.1,
        0.88,
        0.348,
    ]
)
SCALE = np.maximum(np.abs(START), 0.3)  # of what is tried
SCALE[[HIP_SPRING, HIP_DAMPER, KNEE_SPRING, KNEE_DAMPER]] = START[12:16]
SCALE[[BEHIND, PUSHED, FAST]] = 0.2, 0.3, 0.15
Vector = NDArray[np.float64]
Affine = NDArray[np.float64]  # a constant, and what each number counts


def number(k: int, factor: float = 1.0, constant: float = 0.0) -> Affine:
    """Returns a number of the gait, times something and plus something."""
    row = np.zeros(1 + NUMBERS)
    row[0], row[1 + k] = constant, factor
    return row


def fixed(value: float) -> Affine:
    """Returns what is no number of the gait."""
    return np.append(value, np.zeros(NUMBERS))


class Rows(Draft[Affine]):
    """A network that grows, and what its weights are made of; a connection whose weight is always 0 is none."""

    def __init__(self) -> None:
        super().__init__(1 + INPUTS + ACTIONS + len(MEMORY))

    def feed(self, target: int, sources: Mapping[int, Affine]) -> None:
        """Adds what a node reads."""
        super().feed(target, {source: row for source, row in sources.items() if row.any()})


def memory(state: int) -> int:
    """Returns the node that is 1 in a state, of the second to the sixth."""
    return OBSERVED + state


def leg_node(leg: int, what: int) -> int:
    """Returns the node of a leg's observation."""
    return what + LEG * leg


def ends_of(draft: Rows, moving: int) -> list[int]:
    """Adds the nodes that say when the three states with a moving leg end; returns them."""
    standing, first = 1 - moving, 3 * moving
    on, off = fixed(SURE), fixed(-SURE)
    if first:
        behind = {0: number(BEHIND, constant=-SURE), memory(first): on}
    else:
        behind = {0: number(BEHIND), **{memory(state): off for state in range(1, STATES)}}
    taken = draft.node("step", behind | {leg_node(standing, HIP): fixed(-1)})
    touches = {0: fixed(-1.5), memory(first + 1): fixed(1), leg_node(moving, CONTACT): fixed(1)}
    put = draft.node("step", touches)
    pushes = {
        what: draft.node("step", {0: number(k, -1, -SURE), memory(first + 2): on, node: fixed(1)})
        for what, k, node in (("knee", PUSHED, leg_node(standing, KNEE)), ("speed", FAST, SPEED))
    }
    return [taken, put, draft.node("step", {node: fixed(1) for node in pushes.values()})]


def joints_of(draft: Rows, leg: int, now: list[int]) -> None:
    """Adds what a leg's hip and knee are given, by the nodes that say which state it is now."""
    hip, knee = (1 + INPUTS + 2 * leg + joint for joint in (0, 1))
    for output, numbers in ((hip, HIPS), (knee, KNEES)):
        each = [number(numbers.start + 2 * (state % 3) + int(state // 3 != leg)) for state in range(STATES)]
        draft.feed(output, {0: each[0]} | {now[k]: each[k] - each[0] for k in range(1, STATES)})
    springs = {leg_node(leg, HIP): number(HIP_SPRING, -1), leg_node(leg, HIP_DOT): number(HIP_DAMPER, -1)}
    moves = {3 * leg, 3 * leg + 1}  # the states in which the hip has a spring
    gate = {0: fixed(-SURE)} if 0 not in moves else {}
    gate |= {now[k]: fixed(SURE) for k in moves if 0 not in moves}
    gate |= {now[k]: fixed(-SURE) for k in range(1, STATES) if 0 in moves and k not in moves}
    for sign in (1.0, -1.0):
        gated = draft.node("relu", {source: sign * row for source, row in springs.items()} | gate)
        draft.feed(hip, {gated: fixed(sign)})
    draft.feed(hip, {HULL: number(UPRIGHT), HULL_DOT: number(UPRIGHT_DOT)})
    draft.feed(knee, {leg_node(leg, KNEE): number(KNEE_SPRING, -1), leg_node(leg, KNEE_DOT): number(KNEE_DAMPER, -1)})
    draft.feed(knee, {RISE: number(CALM, -1)})


def gait() -> tuple[Network, NDArray[np.float64]]:
    """Returns the network, and what its weights are made of, [connections, 1 + numbers]."""
    draft = Rows()
    ends = ends_of(draft, 0) + ends_of(draft, 1)
    now = [0]  # of the first state there is no node
    for state in range(1, STATES):
        first, last = state % 3 == 0, state % 3 == 2
        begins = {} if first else {ends[state - 1]: fixed(1)}
        now.append(draft.node("step", {memory(state): fixed(1)} | begins | ({} if last else {ends[state]: fixed(-1)})))
    for state in range(1, STATES):  # the legs change places after the step in which the push ends
        changes = {ends[state - 1]: fixed(1)} if state % 3 == 0 else {ends[state]: fixed(-1)} if state % 3 == 2 else {}
        draft.feed(1 + INPUTS + ACTIONS + state - 1, {now[state]: fixed(1)} | changes)
    for leg in (0, 1):
        joints_of(draft, leg, now)
    outputs = {1 + INPUTS + k: BY_NAME["linear"].id for k in range(ACTIONS + len(MEMORY))}
    pairs = list(draft.said)
    network, order = Network.build(INPUTS, draft.hidden, outputs, [Connection(*pair) for pair in pairs])
    return network, np.array([draft.said[pairs[k]] for k in order])


def weights_of(rows: NDArray[np.float64], vectors: Vector) -> NDArray[np.float32]:
    """Returns the weights of vectors of numbers, as far as they are from the start, [connections, vectors]."""
    numbers = START + SCALE * vectors
    return np.asarray(rows[:, :1] + rows[:, 1:] @ numbers.T, np.float32)
