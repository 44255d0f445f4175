"""The swing-up with what hardware adds: wrong sensors, a slow and wrong motor, a plant unlike its model.

Every disturbance is drawn per episode (the noise per step) from the episode's seed, so episodes differ as machines
differ. It is a task of its own, so that the plain one keeps its bits, its state and its speed.

| param | disturbs |
|---|---|
| observation_gain | each channel reads 1 + U(-g, g) times its value |
| observation_offset | each channel reads U(-o, o) times its typical size too much |
| observation_noise | each reading of each channel errs by uniform noise of this standard deviation, in typical sizes |
| delay | an action takes effect 0 to ``delay`` steps late, at most 3 |
| actuator_gain | the motor gives 1 + U(-a, a) times the force |
| pole_length_spread, pole_mass_spread, cart_mass_spread, friction_spread | the plant has 1 + U(-s, s) times each |

The typical sizes of the channels are 1 m, 2 m/s, 1, 1 and 5 rad/s. The first reading of an episode is exact. To a
controller without memory, late actions are the same as late observations.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.arithmetic import ONE, ZERO, Number, clip, select
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.tasks.compiled import cartpole_swingup as plain

f32 = np.float32
MOST_DELAY = 3  # steps: the delay line is part of the state

# Noise is a multiplicative congruential generator, exact in float32: MODULUS is prime, FACTOR a primitive root with
# good figures in the spectral test in 2 and 3 dimensions (D. Knuth, The Art of Computer Programming, 3.3.4), and
# FACTOR * MODULUS / 2 < 2^24. Residues lie around 0.
MODULUS, FACTOR = f32(16381), f32(1543)
ROUND = f32(1.5 * 2**23)  # adding and subtracting it rounds to the nearest integer
SQRT_12 = f32(12.0**0.5)  # U(-1/2, 1/2) has a standard deviation of 1 / sqrt(12)
SPEED, SPIN = f32(2.0), f32(5.0)  # typical size of observations whose size is not about 1


class Params(NamedTuple):
    """Those of the plain task, then the penalties of ``penalised_swingup``, then the disturbances."""

    gravity: np.float32 = f32(9.82)
    pole_mass: np.float32 = f32(0.5)
    cart_mass: np.float32 = f32(0.5)
    pole_length: np.float32 = f32(0.6)
    max_force: np.float32 = f32(10.0)
    friction: np.float32 = f32(0.1)
    track: np.float32 = f32(2.4)
    dt: np.float32 = f32(0.01)
    effort_penalty: np.float32 = f32(0.0)
    smoothness_penalty: np.float32 = f32(0.0)
    observation_gain: np.float32 = f32(0.0)
    observation_offset: np.float32 = f32(0.0)
    observation_noise: np.float32 = f32(0.0)
    delay: np.float32 = f32(0.0)
    actuator_gain: np.float32 = f32(0.0)
    pole_length_spread: np.float32 = f32(0.0)
    pole_mass_spread: np.float32 = f32(0.0)
    cart_mass_spread: np.float32 = f32(0.0)
    friction_spread: np.float32 = f32(0.0)


LIMITS = {
    "observation_gain": 1.0,
    "delay": MOST_DELAY,
    "actuator_gain": 1.0,
    "pole_length_spread": 0.95,  # below 1: a pole of length 0 has no dynamics
    "pole_mass_spread": 0.95,
    "cart_mass_spread": 0.95,
    "friction_spread": 1.0,
}  # the greatest value that makes sense, where there is one

TESTED = {
    "observation_gain": 0.1,
    "observation_offset": 0.05,
    "observation_noise": 0.02,
    "delay": 2.0,
    "actuator_gain": 0.2,
    "pole_length_spread": 0.2,
    "pole_mass_spread": 0.2,
    "cart_mass_spread": 0.2,
    "friction_spread": 1.0,
}  # what a controller's robustness is judged by: what one would expect of cheap sensors and a rough model


def start(seed: int) -> NDArray[np.float32]:
    """Returns the plain task's first state, exact readings of it, and what distinguishes this episode's machine.

    The last 20 variables are 15 draws from U(-1, 1) - gain and offset of each channel, motor, plant - then one from
    [0, 1) for the delay, three earlier actions and the state of the noise.
    """
    first = plain.start(seed)
    drawn = uniforms(stream(seed, Purpose.DISTURBANCE), 17, -1.0, 1.0)
    delay = 0.5 * (drawn[15] + 1.0)
    noise = np.floor(0.5 * (drawn[16] + 1.0) * (float(MODULUS) - 1.0)) + 1.0  # the generator would stay at 0 for ever
    tail = [*drawn[:15], delay, 0.0, 0.0, 0.0, noise if 2 * noise < MODULUS else noise - float(MODULUS)]
    return np.concatenate([first, plain.observe(*first), tail]).astype(f32)


def observe(
    x: Number, x_dot: Number, theta: Number, theta_dot: Number,
    read_x: Number, read_x_dot: Number, read_cos: Number, read_sin: Number, read_theta_dot: Number,
    gain_x: Number, gain_x_dot: Number, gain_cos: Number, gain_sin: Number, gain_theta_dot: Number,
    off_x: Number, off_x_dot: Number, off_cos: Number, off_sin: Number, off_theta_dot: Number,
    motor: Number, length: Number, pole: Number, cart: Number, friction: Number,
    delay: Number, action_1: Number, action_2: Number, action_3: Number, noise: Number,
) -> tuple[Number, ...]:  # fmt: skip
    """Returns the five readings."""
    return read_x, read_x_dot, read_cos, read_sin, read_theta_dot


def step(
    p: Params,
    x: Number, x_dot: Number, theta: Number, theta_dot: Number,
    read_x: Number, read_x_dot: Number, read_cos: Number, read_sin: Number, read_theta_dot: Number,
    gain_x: Number, gain_x_dot: Number, gain_cos: Number, gain_sin: Number, gain_theta_dot: Number,
    off_x: Number, off_x_dot: Number, off_cos: Number, off_sin: Number, off_theta_dot: Number,
    motor: Number, length: Number, pole: Number, cart: Number, friction: Number,
    delay: Number, action_1: Number, action_2: Number, action_3: Number, noise: Number,
    force: Number,
) -> tuple[Number, ...]:  # fmt: skip
    """Advances this episode's plant with the delayed action, reads its sensors, charges for the action."""
    action = clip(force, -ONE, ONE, ZERO)
    late = delayed(delay * (p.delay + ONE), action, action_1, action_2, action_3)
    machine: Any = plain.Params(
        p.gravity,
        p.pole_mass * (ONE + p.pole_mass_spread * pole),
        p.cart_mass * (ONE + p.cart_mass_spread * cart),
        p.pole_length * (ONE + p.pole_length_spread * length),
        p.max_force * (ONE + p.actuator_gain * motor),
        p.friction * (ONE + p.friction_spread * friction),
        p.track,
        p.dt,
    )
    x, x_dot, theta, theta_dot, reward, failed = plain.step(machine, x, x_dot, theta, theta_dot, late)
    o_x, o_x_dot, o_cos, o_sin, o_theta_dot = plain.observe(x, x_dot, theta, theta_dot)
    noise = following(noise)
    read_x = reading(p, o_x, ONE, gain_x, off_x, noise)
    noise = following(noise)
    read_x_dot = reading(p, o_x_dot, SPEED, gain_x_dot, off_x_dot, noise)
    noise = following(noise)
    read_cos = reading(p, o_cos, ONE, gain_cos, off_cos, noise)
    noise = following(noise)
    read_sin = reading(p, o_sin, ONE, gain_sin, off_sin, noise)
    noise = following(noise)
    read_theta_dot = reading(p, o_theta_dot, SPIN, gain_theta_dot, off_theta_dot, noise)
    change = action - action_1
    charged = reward - p.effort_penalty * action * action - p.smoothness_penalty * change * change
    return (
        x, x_dot, theta, theta_dot,
        read_x, read_x_dot, read_cos, read_sin, read_theta_dot,
        gain_x, gain_x_dot, gain_cos, gain_sin, gain_theta_dot,
        off_x, off_x_dot, off_cos, off_sin, off_theta_dot,
        motor, length, pole, cart, friction,
        delay, action, action_1, action_2, noise,
        charged, failed,
    )  # fmt: skip


def delayed(steps: Number, action: Number, action_1: Number, action_2: Number, action_3: Number) -> Number:
    """Returns the action of floor(steps) steps ago."""
    late = select(steps >= ONE, action_1, action)
    late = select(steps >= f32(2.0), action_2, late)
    return select(steps >= f32(3.0), action_3, late)


def reading(p: Params, value: Number, size: Number, gain: Number, offset: Number, noise: Number) -> Number:
    """Returns what the sensor of a channel of that typical size reads for a value."""
    shift = p.observation_offset * offset + p.observation_noise * SQRT_12 * (noise / MODULUS)
    return value * (ONE + p.observation_gain * gain) + size * shift


def following(noise: Number) -> Number:
    """Returns the generator's next state, a whole number within half the modulus of 0."""
    product = noise * FACTOR
    return product - MODULUS * ((product / MODULUS + ROUND) - ROUND)
