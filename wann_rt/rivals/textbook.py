"""Textbook controllers: random actions, PID loops, linear state feedback, and swinging up by energy.

Each is made for a task from what a textbook knows of it (``Known``); a task of a user's own has only the random rival
and linear feedback of all that it observes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wann_rt.core.arithmetic import ONE, clip, select
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.rivals.cascade import HOVERING, hover
from wann_rt.rivals.drive import drive
from wann_rt.rivals.law import Law, asked
from wann_rt.rivals.lqr import feedback, feedbacks
from wann_rt.rivals.two_links import swing_links
from wann_rt.tasks import conditions
from wann_rt.tasks.composed.sensing import MODULUS, following
from wann_rt.tasks.task import Task

f32 = np.float32
MOST_INTEGRAL = f32(2.0)  # seconds times the size of the error: an integral without a limit winds up


@dataclass(frozen=True)
class Known:
    """What a textbook knows of a task.

    Attributes:
        rest: the state in which it shall be held, where it is one in which the plant can stay.
        loops: for PID: which observation is an error, and which its rate.
        own: makes the law that a textbook has for just this plant: swinging up by energy, a cascade.
        trim: the actions that keep it at rest, where none does not.
    """

    rest: tuple[float, ...] = ()
    loops: tuple[tuple[int, int], ...] = ()
    own: Callable[[Task, tuple[float, ...]], Law] | None = None
    trim: tuple[float, ...] = ()


def laws(task: Task) -> list[Law]:
    """Returns the rivals of a plain task, simplest first."""
    known = KNOWN.get(task.name, Known())
    made = [random_actions(task)]
    if known.loops:
        made.append(pid(task, known))
    made.append(linear_of_each(task, known) if _each(task) else linear(task, known))
    if known.own is not None:
        made.append(known.own(task, known.rest))
    return made


def _each(task: Task) -> bool:
    """Returns whether a task has several actions, each of which is a number of its own."""
    return task.decision == "values" and len(task.actions) > 1


def _strength(task: Task) -> float:
    """Returns the greatest action; 1 where only the greatest output counts."""
    return conditions.strengths(task)[0] if task.decision == "values" else 1.0


def random_actions(task: Task) -> Law:
    """Returns a law without gains: an action drawn uniformly in each step."""
    most = [f32(2.0 * strength) for strength in (conditions.strengths(task) if _each(task) else (_strength(task),))]

    def act(g: Any, memory: Any, o: Any) -> Any:
        noise, drawn = memory[0], []
        for greatest in most:
            noise = following(noise)
            drawn.append(noise / MODULUS * greatest)
        return tuple(drawn) if _each(task) else asked(drawn[0], task), (noise,)

    def first(seed: int) -> tuple[float, ...]:
        drawn = float(uniforms(stream(seed, Purpose.DISTURBANCE, 1), 1)[0])
        return (1.0 + np.floor(0.5 * drawn * (float(MODULUS) - 1.0)),)

    return Law("random", (), (), (), act, first)


def linear(task: Task, known: Known) -> Law:
    """Returns linear feedback: that of the regulator where there is a point of rest, else of all observations."""
    names = ["bias", *(channel.name for channel in task.observations)]
    if known.rest:
        gains = _of_nodes(task, np.append(0.0, feedback(task, known.rest)))
        used = tuple(np.flatnonzero(gains).tolist())
        start = tuple(gains[list(used)].tolist())
        scale = tuple(map(abs, start))
    else:
        used, start = tuple(range(len(names))), (0.0,) * len(names)
        scale = tuple((_strength(task) / _sizes(task)).tolist())
    name = "LQR" if known.rest else "linear"
    return Law(name, tuple(names[k] for k in used), start, scale, _weighted(task, used), sources=used)


def _weighted(task: Task, used: tuple[int, ...]) -> Callable[[Any, Any, Any], Any]:
    """Returns the sum of gains times nodes as what the task is asked for."""
    terms = list(enumerate(used))

    def act(g: Any, memory: Any, o: Any) -> Any:
        return asked(_sum(g, _nodes(task, o), terms), task), ()

    return act


def linear_of_each(task: Task, known: Known) -> Law:
    """Returns linear feedback for several actions, each with gains of its own; see ``linear``."""
    n, strengths = len(task.observations), np.array(conditions.strengths(task))[:, np.newaxis]
    if known.rest:
        fed = feedbacks(task, known.rest, known.trim)
        seen = np.array(task.observe(*np.array(known.rest, np.float32)), np.float64)
        start = np.hstack([np.array(known.trim)[:, np.newaxis] - (fed @ seen)[:, np.newaxis], fed])
        start = _of_nodes(task, start)
        scale = np.abs(start)
    else:
        start = np.zeros((len(strengths), 1 + n))
        scale = strengths / _sizes(task)
    targets, sources = np.nonzero(scale)
    terms = [[(int(j), int(sources[j])) for j in np.flatnonzero(targets == k)] for k in range(len(strengths))]
    nodes = ["bias", *(channel.name for channel in task.observations)]
    names = tuple(f"{task.actions[k].name}_{nodes[i]}" for k, i in zip(targets, sources, strict=True))

    def act(g: Any, memory: Any, o: Any) -> Any:
        nodes = _nodes(task, o)
        return tuple(_sum(g, nodes, terms_of) for terms_of in terms), ()

    return Law(
        "LQR" if known.rest else "linear", names, tuple(start[scale != 0].tolist()), tuple(scale[scale != 0].tolist()),
        act, sources=tuple(sources.tolist()), targets=tuple(targets.tolist()),
    )  # fmt: skip


def _nodes(task: Task, o: Any) -> tuple[Any, ...]:
    """Returns what enters a network for observations, by their channels' offsets, scales and limits."""
    return tuple(channel.condition_observation(value) for channel, value in zip(task.observations, o, strict=True))


def _of_nodes(task: Task, gains: Any) -> Any:
    """Returns gains of a bias and of all observations as those of a bias and of what enters a network for them."""
    offsets = np.array([channel.offset for channel in task.observations], np.float64)
    bias = gains[..., :1] + np.sum(gains[..., 1:] * offsets, axis=-1, keepdims=True)
    return np.concatenate([bias, gains[..., 1:] / _scales(task)], axis=-1)


def _sizes(task: Task) -> Any:
    """Returns typical sizes of the bias and of what enters a network for each observation."""
    return np.array([1.0, *(np.array(conditions.sizes(task)) * np.abs(_scales(task)))])


def _scales(task: Task) -> Any:
    """Returns the scale of each observation; 1 for one of 0, of which nothing enters a network."""
    return np.array([float(channel.scale) or 1.0 for channel in task.observations])


def _sum(g: Any, o: Any, terms: list[tuple[int, int]]) -> Any:
    """Returns the sum of gains times nodes, added in the order in which a network adds; none is 0."""
    total: Any = f32(0.0)
    for k, (gain, node) in enumerate(terms):
        term = g[gain] * o[node - 1] if node else g[gain]
        total = total + term if k else term
    return total


def pid(task: Task, known: Known) -> Law:
    """Returns PID loops whose outputs are added: a gain each for the error, its rate and its integral."""
    at_rest = feedback(task, known.rest) if known.rest else np.zeros(len(task.observations))
    sizes, dt = conditions.sizes(task), f32(1.0 / task.rate_hz)
    loops = known.loops
    names, start, scale = [], [], []
    for error, rate in loops:
        name = task.observations[error].name
        names += [f"{name}_p", f"{name}_d", f"{name}_i"]
        start += [at_rest[error], at_rest[rate], 0.0]
        usual = [_strength(task) / sizes[error], _strength(task) / sizes[rate]]
        by_theory = [abs(at_rest[k]) or usual[j] for j, k in enumerate((error, rate))]
        scale += [*by_theory, by_theory[0]]
    limits = [f32(sizes[error]) * MOST_INTEGRAL for error, _ in loops]

    def act(g: Any, memory: Any, o: Any) -> Any:
        total, after = f32(0.0), []
        for k, (error, rate) in enumerate(loops):
            sum_ = clip(memory[k] + o[error] * dt, -limits[k], limits[k], f32(0.0))
            total = total + (g[3 * k] * o[error] + g[3 * k + 1] * o[rate] + g[3 * k + 2] * sum_)
            after.append(sum_)
        return asked(total, task), tuple(after)

    return Law("PID", tuple(names), tuple(start), tuple(scale), act, lambda seed: (0.0,) * len(loops))


def swing_cart(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns energy shaping and linear feedback for a pole on a cart; see ``_swing_from_below``."""
    gains = {"near": 0.85, "pump": 4.0, "kinetic": _kinetic(task, "pole_length"), "spring": 0.4, "damper": 0.2}
    return _swing_from_below(task, rest, ("x", "x_dot", "sin", "theta_dot"), gains)


def swing_arm(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns energy shaping and linear feedback for a rod on a turning arm; see ``_swing_from_below``.

    Its arm has to move against the way in which a cart would.
    """
    gains = {"near": 0.9, "pump": -0.3, "kinetic": _kinetic(task, "rod_length"), "spring": 0.3, "damper": 0.02}
    return _swing_from_below(task, rest, ("arm", "arm_dot", "sin", "rod_dot"), gains)


def _swing_from_below(task: Task, rest: tuple[float, ...], names: tuple[str, ...], gains: Mapping[str, float]) -> Law:
    """Returns energy shaping and linear feedback for a rod whose lower end is moved.

    Away from the top that end is pushed so that the rod's energy grows to that of the rod at rest upright (K. Åström
    and K. Furuta, "Swinging up a pendulum by energy control", Automatica 36, 2000), with a spring and a damper that
    keep it in the middle; near the top, linear feedback holds it.

    Args:
        task: observes the place of that end, its rate, the rod's cosine and sine, and its rate.
        rest: the state in which it shall be held.
        names: of the four observations that are fed back.
        gains: near, pump, kinetic, spring and damper, to start with.
    """
    hold = feedback(task, rest)
    held_by = {f"hold_{name}": hold[k] for name, k in zip(names, (0, 1, 3, 4), strict=True)}

    def act(g: Any, memory: Any, o: Any) -> Any:
        place, place_dot, c, s, rate = o
        held = g[0] * place + g[1] * place_dot + g[2] * s + g[3] * rate
        lacking = ONE - c - g[6] * rate * rate
        swung = g[5] * lacking * rate * c - g[7] * place - g[8] * place_dot
        return asked(select(c > g[4], held, swung), task), ()

    start = {name: float(value) for name, value in (held_by | dict(gains)).items()}
    values = tuple(start.values())
    return Law("energy shaping + LQR", tuple(start), values, tuple(map(abs, values)), act)


def _kinetic(task: Task, length: str) -> float:
    """Returns a rod's kinetic energy at a rate of 1, in units of the height of its middle."""
    values = task.params._asdict()
    return float(values[length]) / (3.0 * float(values["gravity"]))


def swing_pendulum(task: Task, rest: tuple[float, ...]) -> Law:
    """Returns energy shaping and linear feedback for a pendulum with a motor at its pivot; see ``swing_cart``."""
    hold = feedback(task, rest)
    kinetic = _kinetic(task, "length")
    gains = {"hold_sin": hold[1], "hold_theta_dot": hold[2], "near": 0.85, "pump": 2.0, "kinetic": kinetic}

    def act(g: Any, memory: Any, o: Any) -> Any:
        c, s, theta_dot = o
        lacking = ONE - c - g[4] * theta_dot * theta_dot
        return asked(select(c > g[2], g[0] * s + g[1] * theta_dot, g[3] * lacking * theta_dot), task), ()

    start = tuple(float(value) for value in gains.values())
    return Law("energy shaping + LQR", tuple(gains), start, tuple(map(abs, start)), act)


KNOWN: Mapping[str, Known] = {
    "cartpole-swingup": Known((0.0, 0.0, 0.0, 0.0), ((3, 4), (0, 1)), swing_cart),
    "pendulum": Known((0.0, 0.0), ((1, 2),), swing_pendulum),
    "mountain-car-continuous": Known((), ((0, 1),)),
    "cartpole": Known((0.0, 0.0, 0.0, 0.0), ((2, 3), (0, 1))),
    "acrobot": Known((float(np.pi), 0.0, 0.0, 0.0), ((1, 4), (3, 5))),
    "furuta": Known((0.0, 0.0, 0.0, 0.0), ((3, 4), (0, 1)), swing_arm),
    "double-pole": Known((0.0,) * 6, ((2, 3), (4, 5), (0, 1))),
    "quadrotor": Known(HOVERING.state, (), hover, HOVERING.actions),
    "balancing-robot": Known((0.0, 0.0, 0.0, 0.0), ((2, 3), (0, 1))),
    "dc-motor": Known((), ((3, 0),), drive),
    "pendubot": Known((0.0, 0.0, 0.0, 0.0), ((1, 4), (3, 5)), swing_links),
    "acrobot-torque": Known((0.0, 0.0, 0.0, 0.0), ((3, 5), (1, 4)), swing_links),
}
