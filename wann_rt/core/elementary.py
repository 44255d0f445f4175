"""sqrt, exp, log and arctan2 of a plant, from the primitives: numpy, kernels, C and JavaScript compute the same bits.

The functions of a libm differ between machines by their last bits. These are of + - * / and selects alone, off by at
most 1 unit in the last place (sqrt), 2 (exp, log) or 4 (arctan2). Numbers below the smallest normal one, 1.2e-38, count
as 0.

``exponential.py`` has coarser ones, by which data sets are scored, and ``exact.py`` those of doubles, for CMA-ES.
"""

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, both, is_number, maximum, minimum, select

f32 = np.float32
PER_PI = f32(1.0 / np.pi)  # of an angle in radians: sin and cos of the palette take half-turns
HUGE = f32(3.0e38)  # its square is infinite
LARGEST, SMALLEST = f32(np.finfo(np.float32).max), f32(np.finfo(np.float32).tiny)
HALVINGS = (64, 32, 16, 8, 4, 2, 1)  # exponents of two, by which a number is brought into a small range
# ln 2 in two parts (Cody and Waite, "Software Manual for the Elementary Functions", 1980): the first has 15 bits, so
# that up to 128 of it are exact.
LN2_HIGH, LN2_LOW = f32(22713.0 / 32768.0), f32(np.log(2.0) - 22713.0 / 32768.0)
SQRT2 = f32(2.0**0.5)
EXP = tuple(f32(1.0 / n) for n in (40320, 5040, 720, 120, 24, 6, 2))  # Taylor's series
LOG = tuple(f32(2.0 / n) for n in (9, 7, 5, 3))  # of 2 artanh
ARCTAN = tuple(map(f32, (8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1)))  # Cephes, atanf.c
TAN_PI_8, PI_4, PI_2, PI = (f32(x) for x in (np.tan(np.pi / 8), np.pi / 4, np.pi / 2, np.pi))


def sqrt(x: Number) -> Number:
    """Returns the square root of x; of a negative number NaN."""
    scaled, root = minimum(maximum(x, SMALLEST), LARGEST), ONE
    for n in HALVINGS[:-1]:  # in the end it is from 1 up to 4
        large, small = scaled >= f32(2.0**n), scaled < f32(2.0 ** (2 - n))
        scaled = scaled * _power(large, small, -n)
        root = root * _power(large, small, n // 2)
    guess = scaled * f32(1.0 / 3.0) + f32(17.0 / 24.0)
    for _ in range(3):  # Heron's method: each time with twice as many digits
        guess = HALF * (guess + scaled / guess)
    found = select(x > LARGEST, x, guess * root)
    return select(x >= SMALLEST, found, x * ZERO + _undefined(x < ZERO))


def exp(x: Number) -> Number:
    """Returns e to the x: infinite above 88.7, 0 below -87.3."""
    limited = minimum(maximum(x, f32(-87.3)), f32(89.0))
    rest, times, power = limited, ZERO, ONE
    for n in HALVINGS:  # in the end it is at most half of ln 2, of either sign
        bound = f32((n - 0.5) * np.log(2.0))
        large, small = rest > bound, rest < -bound
        some = select(large, f32(n), select(small, f32(-n), ZERO))
        rest, times = rest - some * f32(np.log(2.0)), times + some
        power = power * _power(large, small, n)
    rest = (limited - times * LN2_HIGH) - times * LN2_LOW
    series = _polynomial(rest, (*EXP, ONE, ONE))
    return select(is_number(x), select(x < f32(-87.3), ZERO, series * power), x)


def log(x: Number) -> Number:
    """Returns the natural logarithm of x; of 0 minus infinity, of a negative number NaN."""
    scaled, times = minimum(maximum(x, SMALLEST), LARGEST), ZERO
    for n in HALVINGS:  # in the end it is from 1 up to 2
        large, small = scaled >= f32(2.0**n), scaled < f32(2.0 ** (1 - n))
        scaled = scaled * _power(large, small, -n)
        times = times + select(large, f32(n), select(small, f32(-n), ZERO))
    above = scaled > SQRT2
    scaled, times = select(above, scaled * HALF, scaled), select(above, times + ONE, times)
    part = (scaled - ONE) / (scaled + ONE)
    square = part * part
    found = times * LN2_HIGH + ((part + part) + (part * square * _polynomial(square, LOG) + times * LN2_LOW))
    found = select(x > LARGEST, x, found - _infinite(x < SMALLEST))
    return select(x < ZERO, _undefined(x < ZERO), select(is_number(x), found, x))


def arctan2(y: Number, x: Number) -> Number:
    """Returns the angle of the point (x, y), from -pi to pi: 0 at the origin, NaN where both are infinite."""
    across, along = absolute(y), absolute(x)
    most = maximum(across, along)
    ratio = minimum(across, along) / select(most > ZERO, most, ONE)
    steep = ratio > TAN_PI_8
    part = select(steep, (ratio - ONE) / (ratio + ONE), ratio)
    square = part * part
    angle = part + part * square * _polynomial(square, ARCTAN)
    angle = select(steep, PI_4 + angle, angle)
    angle = select(across > along, PI_2 - angle, angle)
    angle = select(x < ZERO, PI - angle, angle)
    return select(both(is_number(y), is_number(x)), select(y < ZERO, -angle, angle), y + x)


def _power(large: Number, small: Number, n: int) -> Number:
    """Returns 2^n of a large number, 2^-n of a small one, 1 of another."""
    return select(large, f32(2.0**n), select(small, f32(2.0**-n), ONE))


def _polynomial(x: Number, factors: tuple[np.float32, ...]) -> Number:
    """Returns a polynomial by Horner's scheme; the factor of the highest power comes first."""
    found: Number = factors[0]
    for factor in factors[1:]:
        found = found * x + factor
    return found


def _infinite(condition: Number) -> Number:
    """Returns infinity where a condition holds, else 0; of finite constants, for every language can write those."""
    large = select(condition, HUGE, ZERO)
    return large * large


def _undefined(condition: Number) -> Number:
    """Returns NaN where a condition holds, else 0."""
    infinite = _infinite(condition)
    return infinite - infinite
