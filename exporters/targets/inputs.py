"""The inputs that every target makes for itself, and the hash by which its results come back: the numpy side.

``boards/harness.h`` is the C side. A small target has no room for recorded vectors, so both sides make
the same ones from a counter, with nothing but 32-bit integers: no float is computed on the way in.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller

Words = NDArray[np.uint32]

# Zeros and subnormals of both signs, the limits of the normal numbers and of every activation, infinity, NaN.
SPECIAL = np.array(
    [
        *(0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF, 0x00800000),
        *(0x80800000, 0x00800001, 0x01000000, 0x34000000, 0xB3800000, 0x3F000000, 0xBF000000),
        *(0x3F800000, 0xBF800000, 0x3FC00000, 0x40B504F3, 0x40E80000, 0xC0E80001, 0x42B00000),
        *(0xC2D00000, 0x4A800000, 0x4AFFFFFF, 0x4B000000, 0xCB000000, 0x4B800001, 0x501502F9),
        *(0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0x7FC00000),
    ],
    np.uint32,
)
STRATIFIED = 2**17  # how many inputs ``stratified`` has
_GOLDEN = np.uint32(0x9E3779B9)
_FNV_BASIS, _FNV_PRIME = 2166136261, 16777619


def mix(x: Words) -> Words:
    """Returns 32-bit numbers that look random for consecutive ones: a bijection, by multiplying and shifting."""
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97), (15, 1)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x


def observations(n_observations: int, rows: int, seed: int) -> NDArray[np.float32]:
    """Returns observations [rows, n_observations].

    Even rows are ordinary, of sizes from 2^-6 to 2^4. In odd ones an eighth of the values is special and an eighth
    any bit pattern at all: not more, or NaN and infinity would hide what the network does with the rest.
    """
    index = np.arange(rows * n_observations, dtype=np.uint32).reshape(rows, n_observations)
    bits = mix(np.uint32(seed) + np.uint32(2) * index * _GOLDEN)
    choice = mix(np.uint32(seed) + (np.uint32(2) * index + np.uint32(1)) * _GOLDEN)
    ordinary = (bits & np.uint32(0x807FFFFF)) | ((121 + (choice >> 8) % 10).astype(np.uint32) << 23)
    odd = (np.arange(rows) % 2 == 1)[:, np.newaxis]
    special = np.where(odd & (choice & 7 == 0), SPECIAL[(choice >> 3) & 31], ordinary)
    return np.where(odd & (choice & 7 == 1), bits, special).view(np.float32)


def stratified(seed: int) -> NDArray[np.float32]:
    """Returns 2^17 observations of one value.

    Half of them are one from each 2^16 neighbouring bit patterns, so all signs and exponents. The others lie where
    activations bend, from 2^-12 to 2^4: one from each 2^12 neighbours there.
    """
    index = np.arange(STRATIFIED, dtype=np.uint32)
    noise = mix(np.uint32(seed) + index * _GOLDEN)
    within = index & np.uint32(0xFFFF)
    anywhere = (within << 16) | (noise & np.uint32(0xFFFF))
    exponent = np.uint32(115) + ((within >> 11) & np.uint32(15))
    near = ((within >> 15) << 31) | (exponent << 23) | ((within & np.uint32(0x7FF)) << 12) | (noise & np.uint32(0xFFF))
    return np.where(index < 2**16, anywhere, near).astype(np.uint32).view(np.float32)[:, np.newaxis]


def canonical(values: NDArray[np.float32]) -> Words:
    """Returns the bits of values, those of any NaN replaced by the usual ones."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return np.where(np.isnan(values), np.uint32(0x7FC00000), bits).astype(np.uint32)


def fnv(values: NDArray[np.float32]) -> int:
    """Returns the FNV-1a hash, 32 bits, of the canonical bits of values, low bytes first."""
    state = _FNV_BASIS
    for byte in canonical(values).astype("<u4").tobytes():
        state = ((state ^ byte) * _FNV_PRIME) & 0xFFFFFFFF
    return state


def seed_of(controller: Controller) -> int:
    """Returns what the observations of a controller are made from: controllers of one shape share them."""
    return len(controller.observations) * 64 + len(controller.actions)
