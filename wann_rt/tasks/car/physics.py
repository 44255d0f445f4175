"""Gymnasium's car, step by step the same numbers, without numpy's scalars, which take most of the time of a step."""

import math
from typing import Any

from gymnasium.envs.box2d import car_dynamics

original: Any = car_dynamics  # it has no types

_POWER = original.ENGINE_POWER
_INERTIA = original.WHEEL_MOMENT_OF_INERTIA
_GRIP = original.FRICTION_LIMIT
_STIFFNESS = 205000 * original.SIZE * original.SIZE


class Car(original.Car):  # type: ignore[misc]  # of an Any
    """Gymnasium's car without skid marks, which are not in its frames either."""

    def gas(self, gas: float) -> None:
        """Opens the throttle of the rear wheels, by a tenth a step at most, and shuts it at once."""
        gas = min(max(float(gas), 0.0), 1.0)
        for wheel in self.wheels[2:4]:
            wheel.gas += min(gas - wheel.gas, 0.1)

    def brake(self, b: float) -> None:
        """Brakes all wheels; more than 0.9 blocks them."""
        super().brake(float(b))

    def steer(self, s: float) -> None:
        """Turns the front wheels towards an angle."""
        super().steer(float(s))

    def step(self, dt: float) -> None:
        """Moves the wheels, and applies their forces."""
        for wheel in self.wheels:
            _steered(wheel)
            _driven(wheel, dt)
            _pushed(wheel, dt)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _steered(wheel: Any) -> None:
    lacking = wheel.steer - wheel.joint.angle
    wheel.joint.motorSpeed = _sign(lacking) * min(50.0 * abs(lacking), 3.0)


def _driven(wheel: Any, dt: float) -> None:
    """Turns a wheel by the engine and the brake."""
    omega, brake = wheel.omega, wheel.brake
    omega += dt * _POWER * wheel.gas / _INERTIA / (abs(omega) + 5.0)
    if brake >= 0.9:
        omega = 0
    elif brake > 0:
        omega += -_sign(omega) * min(15 * brake, abs(omega))
    wheel.phase += omega * dt
    wheel.omega = omega


def _pushed(wheel: Any, dt: float) -> None:
    """Lets the ground push a wheel, as far as its grip goes."""
    limit = _GRIP * 0.6  # on grass
    for tile in wheel.tiles:
        limit = max(limit, _GRIP * tile.road_friction)
    forward_x, forward_y = wheel.GetWorldVector((0, 1))
    side_x, side_y = forward_y, -forward_x
    vx, vy = wheel.linearVelocity
    along = (-(forward_x * vx + forward_y * vy) + wheel.omega * wheel.wheel_rad) * _STIFFNESS
    across = -(side_x * vx + side_y * vy) * _STIFFNESS
    force = math.sqrt(along * along + across * across)
    if force > limit:
        along, across = along / force * limit, across / force * limit
    wheel.omega -= dt * along * wheel.wheel_rad / _INERTIA
    push = (across * side_x + along * forward_x, across * side_y + along * forward_y)
    wheel.ApplyForceToCenter(push, True)
