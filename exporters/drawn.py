"""The drawn vectors of a self-test: a generated header draws them on the target, this module at export.

A number depends on nothing but its index, by a mixer of 32-bit integers; so a table of hundreds of vectors costs one
number: the hash of what the oracle computes for them. Vectors are of eight kinds, so that each choice in the generated
code takes both of its sides: any bits at all, subnormal numbers, both sides of each limit, NaN or infinity in one
channel among ordinary numbers, whole numbers (which meet comparisons for equality), ordinary numbers.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.reference import evaluate, forward
from wann_rt.core.stateful import step

Bits = NDArray[np.uint32]
KINDS = 8
MOST_ROUNDS = 32  # of vectors of each kind; wider controllers get several NaN at a time
FUNCTION_INPUTS = 252
SEQUENCE = 11  # steps of a controller with a state between two resets: no multiple of the kinds
INTEGER_VECTORS = 160
OPERANDS = 264  # in fixed point; a quarter of them are the steps of a table, which has 66 entries
TABLE_STEP = 256
FLOAT_STEPS, STEP_ROUNDS = 64, 16
EDGES = np.array([5.656854, 7.25, 14.5], np.float32).view(np.uint32)  # of gauss, tanh, sigmoid
FIRST, STEP = 0x811C9DC5, 0x9E3779B9  # of the hash
NAN, INFINITY = 0x7FC00000, 0x7F800000


def mixed(x: Bits) -> Bits:
    """Returns well mixed bits of each number (the finaliser of MurmurHash3)."""
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def hashed(values: NDArray[np.float32] | NDArray[np.int64], found: int = FIRST) -> int:
    """Returns the hash of numbers in order, after what was ``found``; every NaN counts as the same."""
    if values.dtype == np.float32:
        words = np.where(np.isnan(values), np.uint32(NAN), np.ascontiguousarray(values).view(np.uint32))
    else:
        words = values.astype(np.int32).view(np.uint32)
    for word in words.ravel().tolist():
        found = (_mixed(found ^ word) + STEP) & 0xFFFFFFFF
    return found


def _mixed(x: int) -> int:
    """The same as ``mixed`` of one number."""
    x = (x ^ (x >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    x = (x ^ (x >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF
    return x ^ (x >> 16)


def rounds(n_observations: int) -> int:
    """Returns how many vectors of each kind a controller gets: enough for NaN in each channel."""
    return min(max(n_observations, 8), MOST_ROUNDS)


def observations(channels: tuple[Channel, ...], seed: int) -> NDArray[np.float32]:
    """Returns the drawn observations, float32 [vectors, observations]; ``<p>_drawn`` in C is the twin."""
    n = len(channels)
    n_rounds = rounds(n)
    vector, channel = np.meshgrid(np.arange(KINDS * n_rounds), np.arange(n), indexing="ij")
    bits = mixed((np.uint32(seed) + vector * n + channel).astype(np.uint32))
    edges = np.array([[c.low, c.high] for c in channels], np.float32).view(np.uint32)
    edge = np.where(bits & np.uint32(64), edges[channel, 1], edges[channel, 0])
    sign, subnormal = bits & np.uint32(0x80000000), bits & np.uint32(0x807FFFFF)
    ordinary = subnormal | (((bits >> np.uint32(23)) & np.uint32(15)) + np.uint32(117) << np.uint32(23))
    is_odd = channel % MOST_ROUNDS == vector // KINDS % n_rounds
    whole = ((bits & np.uint32(7)).astype(np.float32) - np.float32(3)).view(np.uint32)
    kinds = (
        bits,
        subnormal,
        edge + (bits & np.uint32(3)) - np.uint32(1),
        np.where(is_odd, np.uint32(NAN), ordinary),
        np.where(is_odd, sign | np.uint32(INFINITY), ordinary),
        whole,
        ordinary,
        np.where(bits & np.uint32(64), whole, ordinary),
    )
    return np.choose(vector % KINDS, kinds).astype(np.uint32).view(np.float32)


def answers(controller: Controller, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the actions for drawn observations; of a controller with a state for sequences, and the states too."""
    if not controller.derived:
        return evaluate(controller, observations)
    rows, state = [], controller.start()
    for k, observation in enumerate(observations):
        before = state if k % SEQUENCE else controller.start()
        actions, state = step(controller, before, observation, forward)
        rows.append(np.concatenate([actions, state]))
    return np.array(rows, np.float32)


def inputs() -> NDArray[np.float32]:
    """Returns the drawn arguments of functions; ``<p>_argument`` in C is the twin."""
    index = np.arange(FUNCTION_INPUTS, dtype=np.uint32)
    bits = mixed(index)
    subnormal, exponent = bits & np.uint32(0x807FFFFF), bits >> np.uint32(23)
    edge = np.where(bits & np.uint32(64), EDGES[1], np.where(bits & np.uint32(128), EDGES[2], EDGES[0]))
    kinds = (
        np.where(index % 24 == 0, bits | np.uint32(INFINITY), bits),  # NaN among them
        subnormal | ((exponent & np.uint32(15)) + np.uint32(117) << np.uint32(23)),  # 2^-10 to 2^6
        subnormal | ((exponent & np.uint32(3)) + np.uint32(149) << np.uint32(23)),  # 2^22 to 2^26: the last fractions
        ((index // 6).astype(np.float32) - np.float32(20)) * np.float32(-0.25),  # 5 to -5.25, -0 among them
        subnormal | ((exponent & np.uint32(3)) + np.uint32(125) << np.uint32(23)),  # 1/4 to 4
        (bits & np.uint32(0x80000000)) | (edge + (bits >> np.uint32(8) & np.uint32(0xFFFF)) - np.uint32(0x8000)),
    )
    words = [kind.view(np.uint32) for kind in kinds]
    return np.choose(index % len(kinds), words).astype(np.uint32).view(np.float32)


def integers(limits: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Returns drawn observations in fixed point, [vectors, observations]; ``<p>_drawn`` of such a header is the twin.

    Args:
        limits: of each observation, [observations, 2].
        seed: where the drawn numbers begin.
    """
    n = len(limits)
    vector, channel = np.meshgrid(np.arange(INTEGER_VECTORS), np.arange(n), indexing="ij")
    bits = mixed((np.uint32(seed) + vector * n + channel).astype(np.uint32))
    edge = np.where(bits & np.uint32(64), limits[channel, 1], limits[channel, 0])
    kinds = (
        (bits & np.uint32(0xFFFF)).astype(np.int64) - 0x8000,
        edge + (bits & np.uint32(3)).astype(np.int64) - 1,
        (bits & np.uint32(0x3FFF)).astype(np.int64) - 0x2000,
        (bits & np.uint32(15)).astype(np.int64) - 8,
    )
    return np.asarray(np.clip(np.choose(vector % len(kinds), kinds), -0x8000, 0x7FFF))


def operands(limits: tuple[int, int], ends: tuple[int, int]) -> NDArray[np.int64]:
    """Returns drawn arguments of a function in fixed point; ``<p>_operand`` in C is the twin.

    Args:
        limits: two numbers near which something may change; every second quarter is drawn around these.
        ends: least and greatest argument that the function is made for.
    """
    index = np.arange(OPERANDS, dtype=np.uint32)
    bits = mixed(index)
    shift = np.uint32(operand_shift(ends))
    step = (index >> np.uint32(2)).astype(np.int64) * TABLE_STEP
    kinds = (
        (bits >> shift).astype(np.int64) - (0x80000000 >> int(shift)),
        np.where(bits & np.uint32(64), limits[1], limits[0]) + (bits & np.uint32(3)).astype(np.int64) - 1,
        np.where(bits & np.uint32(64), step, -step),
        (bits & np.uint32(15)).astype(np.int64) - 8,
    )
    return np.asarray(np.clip(np.choose(index % len(kinds), kinds), *ends))


def operand_shift(ends: tuple[int, int]) -> int:
    """Returns by how much 32 drawn bits are too many for a range."""
    return 32 - min(max(abs(end) for end in ends).bit_length() + 1, 31)


def steps_of_floats(steps: int, n: int) -> NDArray[np.float32]:
    """Returns drawn observations in their units, [steps, n]; in every second, all but some NaN are of middle size."""
    vector, channel = np.meshgrid(np.arange(steps, dtype=np.uint32), np.arange(n, dtype=np.uint32), indexing="ij")
    number = vector * np.uint32(n) + channel
    is_odd = channel % STEP_ROUNDS == vector // 2 % STEP_ROUNDS
    index = np.where(vector % 2 == 0, number, np.where(is_odd, 16 * number, 4 * number + 3))
    return convertible(index.ravel().astype(np.uint32)).reshape(steps, n)


def convertible(index: Bits) -> NDArray[np.float32]:
    """Returns drawn floats to convert to fixed point; ``<p>_argument`` of such a header is the twin.

    With a factor of 2 they meet NaN, infinities, both sides of halves between two integers and both ends of 16 bits.
    """
    bits = mixed(index)
    sign = bits & np.uint32(0x80000000)
    nan = np.where(index % 32 == 0, bits, sign | np.uint32(1)) | np.uint32(INFINITY)
    any_bits = np.where(index % 16 == 0, nan, bits)
    kinds = (
        np.where(index % 16 == 8, sign | np.uint32(INFINITY), any_bits),
        (((index // 4 % 64).astype(np.float32) - np.float32(32)) * np.float32(-0.25)).view(np.uint32)
        + (bits & np.uint32(3))
        - np.uint32(1),
        sign | (np.uint32(0x467FFE00) + (bits >> np.uint32(8) & np.uint32(0xFFF)) - np.uint32(0x800)),
        (bits & np.uint32(0x807FFFFF)) | ((bits >> np.uint32(23) & np.uint32(15)) + np.uint32(117) << np.uint32(23)),
    )
    words = [kind.view(np.uint32) for kind in kinds]
    return np.choose(index % len(kinds), words).astype(np.uint32).view(np.float32)
