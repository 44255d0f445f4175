"""The table of the compiled tasks: a row each."""

from types import ModuleType
from typing import Any

from wann_rt.core.errors import TableError
from wann_rt.tasks import conditions, scenes, two_links_scene
from wann_rt.tasks.compiled import (
    acrobot,
    balancing_robot,
    cartpole,
    cartpole_swingup,
    dc_motor,
    double_pole,
    furuta,
    mountain_car,
    pendulum,
    quadrotor,
    two_links,
)
from wann_rt.tasks.task import Task


def row_of(module: ModuleType, **row: Any) -> Task:
    """Returns the task that a module defines; ``row`` says what the module does not."""
    wanted = ("OBSERVATIONS", "ACTIONS", "MAX_STEPS", "Params", "start", "observe", "step")
    missing = [name for name in wanted if not hasattr(module, name)]
    if missing:
        raise TableError(f"{module.__file__} defines no {', '.join(missing)}, which every compiled task has: add it")
    return Task(
        observations=module.OBSERVATIONS,
        actions=module.ACTIONS,
        max_steps=module.MAX_STEPS,
        params=row.pop("params", module.Params()),
        start=module.start,
        observe=module.observe,
        step=module.step,
        **row,
    )


UPRIGHT: dict[str, Any] = {  # of both tasks with two links
    "version": 1,
    "rate_hz": 100.0,
    "step_clips": True,
    "scene": two_links_scene.two_links,
    "sizes": (0.5, 0.5, 0.5, 0.5, 10.0, 10.0),
    "tested": (
        ("observation_gain", 0.02),
        ("observation_offset", 0.01),
        ("observation_noise", 0.02),
        ("delay", 2.0),
        ("actuator_gain", 0.1),
        ("centre_1_spread", 0.1),
        ("centre_2_spread", 0.1),
        ("mass_2_spread", 0.1),
        ("inertia_1_spread", 0.1),
        ("inertia_2_spread", 0.1),
    ),
}
SENSING = tuple(conditions.USUAL.items())  # and acting: the last one is the actuator's gain

TASKS: tuple[Task, ...] = (
    row_of(
        cartpole_swingup,
        name="cartpole-swingup",
        aliases=("swingup", "swing"),
        title="swing a hanging pole up by moving its cart, and balance it",
        version=1,
        env_id="wann_rt/CartPoleSwingUp-v0",
        rate_hz=100.0,
        step_clips=True,
        motor="max_force",
        scene=scenes.cartpole_swingup,
        sizes=(1.0, 2.0, 1.0, 1.0, 5.0),
        tested=(
            *SENSING,
            ("pole_length_spread", 0.2),
            ("pole_mass_spread", 0.2),
            ("cart_mass_spread", 0.2),
            ("friction_spread", 1.0),
        ),
    ),
    row_of(
        pendulum,
        name="pendulum",
        aliases=(),
        title="swing a pendulum up with a weak motor, and hold it (Gymnasium's Pendulum-v1)",
        version=1,
        env_id="wann_rt/Pendulum-v0",
        rate_hz=20.0,
        sizes=(1.0, 1.0, 4.0),
        tested=(*SENSING, ("mass_spread", 0.2), ("length_spread", 0.2)),
    ),
    row_of(
        mountain_car,
        name="mountain-car-continuous",
        aliases=("mountain-car",),
        title="rock a weak car out of a valley (Gymnasium's MountainCarContinuous-v0)",
        version=1,
        env_id="wann_rt/MountainCarContinuous-v0",
        rate_hz=30.0,  # Gymnasium's drawing rate; the plant's own unit of time is the step
        step_clips=True,
        motor="power",
        sizes=(0.5, 0.04),
        tested=(*SENSING, ("gravity_spread", 0.2)),
    ),
    row_of(
        cartpole,
        name="cartpole",
        aliases=("cart-pole",),
        title="balance a pole by pushing its cart left or right (Gymnasium's CartPole-v1)",
        version=1,
        env_id="wann_rt/CartPole-v0",
        rate_hz=50.0,
        decision="argmax",
        sizes=(1.0, 1.0, 0.1, 1.0),
        tested=(
            *SENSING[:-1],
            ("cart_mass_spread", 0.2),
            ("pole_mass_spread", 0.2),
            ("half_length_spread", 0.2),
            ("force_spread", 0.2),
        ),
    ),
    row_of(
        acrobot,
        name="acrobot",
        aliases=(),
        title="swing the tip of a two-link arm up by a motor at its elbow (Gymnasium's Acrobot-v1)",
        version=1,
        env_id="wann_rt/Acrobot-v0",
        rate_hz=5.0,
        decision="argmax",
        sizes=(1.0, 1.0, 1.0, 1.0, 4.0, 9.0),
        tested=(
            *SENSING[:-1],
            ("mass_1_spread", 0.2),
            ("mass_2_spread", 0.2),
            ("length_1_spread", 0.2),
            ("torque_spread", 0.2),
        ),
    ),
    row_of(
        furuta,
        name="furuta",
        aliases=("rotary-pendulum",),
        title="swing a hanging rod up by turning the arm that carries it (QUBE-Servo 2), and balance it",
        version=1,
        env_id="wann_rt/Furuta-v0",
        rate_hz=200.0,
        step_clips=True,
        motor="max_voltage",
        scene=scenes.furuta,
        sizes=(1.0, 5.0, 1.0, 1.0, 10.0),
        tested=(
            *SENSING,
            ("rod_length_spread", 0.2),
            ("rod_mass_spread", 0.2),
            ("arm_mass_spread", 0.2),
            ("resistance_spread", 0.2),
        ),
    ),
    row_of(
        double_pole,
        name="double-pole",
        aliases=("double-cartpole",),
        title="balance two poles of unequal length on one cart (Wieland 1991)",
        version=1,
        env_id="wann_rt/DoublePole-v0",
        rate_hz=50.0,
        step_clips=True,
        motor="max_force",
        scene=scenes.double_pole,
        sizes=(1.0, 1.0, 0.1, 1.0, 0.1, 1.0),
        tested=(
            *SENSING,
            ("cart_mass_spread", 0.2),
            ("long_mass_spread", 0.2),
            ("long_half_spread", 0.1),
            ("short_half_spread", 0.1),
        ),
    ),
    row_of(
        quadrotor,
        name="quadrotor",
        aliases=("crazyflie",),
        title="catch a thrown quadrotor (Crazyflie 2.x) by its four rotors, and hover",
        version=1,
        env_id="wann_rt/Quadrotor-v0",
        rate_hz=100.0,
        step_clips=True,
        motor="max_thrust",
        scene=scenes.quadrotor,
        sizes=(0.5,) * 3 + (1.0, 0.5, 0.5, 0.5) + (1.0,) * 3 + (3.0,) * 3 + (1.0,) * 4,
        tested=(
            *SENSING,
            ("mass_spread", 0.2),
            ("inertia_spread", 0.2),
            ("inertia_z_spread", 0.2),
            ("lag_spread", 0.2),
        ),
    ),
    row_of(
        balancing_robot,
        name="balancing-robot",
        aliases=("two-wheels",),
        title="balance a robot on two wheels (NXTway-GS), and bring it back to its place",
        version=1,
        env_id="wann_rt/BalancingRobot-v0",
        rate_hz=250.0,
        step_clips=True,
        motor="max_voltage",
        scene=scenes.balancing_robot,
        sizes=(0.5, 0.5, 0.2, 1.0),
        tested=(
            *SENSING,
            ("body_mass_spread", 0.2),
            ("body_centre_spread", 0.2),
            ("resistance_spread", 0.2),
            ("friction_spread", 1.0),
        ),
    ),
    row_of(
        dc_motor,
        name="dc-motor",
        aliases=(),
        title="bring a DC motor (gym-electric-motor's) to a speed under an unknown load, without too much current",
        version=1,
        env_id="wann_rt/DcMotor-v0",
        rate_hz=10_000.0,
        step_clips=True,
        motor="max_voltage",
        scene=scenes.dc_motor,
        sizes=(100.0, 100.0, 100.0, 100.0),
        tested=(
            ("observation_gain", 0.02),
            ("observation_offset", 0.01),
            ("observation_noise", 0.01),
            ("delay", 1.0),
            ("actuator_gain", 0.05),
            ("resistance_spread", 0.2),
            ("inductance_spread", 0.2),
            ("flux_spread", 0.05),
            ("inertia_spread", 0.2),
        ),
    ),
    row_of(
        two_links,
        name="pendubot",
        title="swing two links up by the motor of the shoulder (RealAIGym's double pendulum), and balance them",
        env_id="wann_rt/Pendubot-v0",
        motor="shoulder_torque",
        **UPRIGHT,
    ),
    row_of(
        two_links,
        name="acrobot-torque",
        aliases=("torque-acrobot",),
        title="swing two links up by the motor of the elbow (RealAIGym's double pendulum), and balance them",
        env_id="wann_rt/AcrobotTorque-v0",
        motor="elbow_torque",
        params=two_links.ELBOW,
        **UPRIGHT,
    ),
)


def check_names(tasks: tuple[Task, ...]) -> None:
    """Refuses two tasks of one name or alias."""
    names = [name for task in tasks for name in (task.name, *task.aliases)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"table TASKS in wann_rt/tasks/rows.py gives {', '.join(twice)} to two tasks: rename one")


check_names(TASKS)
