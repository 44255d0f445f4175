"""RealAIGym's robustness leaderboard for pendubot and acrobot; writes docs/two_links.md (`make two-links`).

    python tests/bench/two_links.py [CONTROLLER ...]

Their simulator in float64, all of its simulations in lockstep: 10 s of Runge and Kutta's steps of 2 ms, the controller
asked in each; one with a state at its own rate, its torque held in between. Random numbers are numpy's, of a seed of
ours. A perturbation of the free joint does nothing, as in theirs, whose plant multiplies all torques by the matrix of
its actuators.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.random import Purpose
from wann_rt.evaluation.score import Score
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.textbook import laws
from wann_rt.tasks import get
from wann_rt.tasks.any_task import seen_as_by
from wann_rt.tasks.compiled.two_links import OBSERVATIONS, Params

Array = NDArray[np.float64]
Act = Callable[[Array], Array]  # of states from hanging, [lanes, 4], to shares of the greatest torque
GRAVITY, GEAR, DT, STEPS, LIMIT = 9.81, 6.0, 0.002, 5000, 6.0
NEAR = np.array([0.35, 0.35, 1.0, 1.0])  # of the goal, at the end
VALUES, REPEATED, PERTURBED = 21, 10, 50  # values of each kind, simulations of a noise, perturbed simulations
SEED = 20261129
EPISODES = 400  # in which sign changes are counted
KINDS = ("model", "velocity noise", "torque noise", "torque response", "delay", "perturbation")
TASKS = {"pendubot": 0, "acrobot-torque": 1}  # and which joint is driven
NAMES = tuple(channel.name for channel in OBSERVATIONS)
HARD = Path(__file__).with_name("pendubot.json")


@dataclass
class Lanes:
    """Simulations, one a lane: what each is of, and what is different in it."""

    kinds: list[tuple[str, int]] = field(default_factory=list)
    changed: list[dict[str, float]] = field(default_factory=list)

    def add(self, kind: str, group: int, **changed: float) -> None:
        """Adds a simulation of a group, which succeeds where more than half of its simulations do."""
        self.kinds.append((kind, group))
        self.changed.append(changed)

    def of(self, name: str, usual: float) -> Array:
        """Returns a value of all simulations."""
        return np.array([changed.get(name, usual) for changed in self.changed], np.float64)


def protocol() -> Lanes:
    """Returns the simulations of the leaderboard's second version."""
    lanes, p = Lanes(), {name: float(value) for name, value in Params()._asdict().items()}
    shares = np.linspace(0.75, 1.25, VALUES)
    models = {name: shares * p[name] for name in ("centre_1", "inertia_1", "centre_2", "mass_2", "inertia_2")}
    models |= {name: np.linspace(-0.1, 0.1, VALUES) for name in ("damping_1", "damping_2")}
    models |= {name: np.linspace(-0.2, 0.2, VALUES) for name in ("friction_1", "friction_2")}
    models["motor_inertia"] = np.linspace(0.0, 1e-4, VALUES)
    for number, (name, values) in enumerate(models.items()):
        for k, value in enumerate(values):
            lanes.add("model", VALUES * number + k, **{name: float(value)})
    for kind, name, most in (("velocity noise", "velocity_noise", 0.5), ("torque noise", "torque_noise", 1.1)):
        for k in range(VALUES * REPEATED):
            lanes.add(kind, k // REPEATED, **{name: most * (k // REPEATED) / (VALUES - 1)})
    for k, value in enumerate(np.linspace(0.1, 2.0, VALUES)):
        lanes.add("torque response", k, response=float(value))
    for k, value in enumerate(np.linspace(0.0, 0.04, VALUES)):
        lanes.add("delay", k, delay=int(value / DT))
    for k in range(PERTURBED):
        lanes.add("perturbation", k, perturbed=1)
    return lanes


def pulses(rng: np.random.Generator, lanes: int) -> Array:
    """Returns torques that perturb the driven joint: of six Gaussian pulses, a second or more apart, three."""
    time, torques = np.arange(STEPS) * DT, np.zeros((lanes, STEPS))
    for torque in torques:
        middles = rng.permutation(np.cumsum(1.0 + rng.random(6) * (STEPS * DT - 7.0) / 6))[:3]
        widths, sizes = 0.05 + 0.05 * rng.random(3), rng.uniform(-4.5, 4.5, 3)
        for middle, width, size in zip(middles, widths, sizes + 0.5 * np.sign(sizes), strict=True):
            torque += size * np.exp(-((time - middle) ** 2) / (2 * width**2))
    return torques


def plant(lanes: Lanes, driven: int) -> Callable[[Array, Array], Array]:
    """Returns the derivative of their state: angles from hanging, and rates."""
    p = {name: lanes.of(name, float(value)) for name, value in Params()._asdict().items()}
    friction = [lanes.of(name, 0.0) for name in ("friction_1", "friction_2")]
    motor = lanes.of("motor_inertia", 0.0)
    whirl = p["mass_2"] * p["length_1"] * p["centre_2"]
    weight_1 = (p["mass_1"] * p["centre_1"] + p["mass_2"] * p["length_1"]) * GRAVITY
    weight_2 = p["mass_2"] * p["centre_2"] * GRAVITY
    both = p["inertia_1"] + p["inertia_2"] + p["mass_2"] * p["length_1"] ** 2 + (GEAR**2 + 1) * motor
    mixed, second = p["inertia_2"] - GEAR * motor, p["inertia_2"] + GEAR**2 * motor

    def changes(x: Array, torque: Array) -> Array:
        a, b, u, v = x.T
        c, s = np.cos(b), np.sin(b)
        down_2 = -weight_2 * np.sin(a + b)
        f = down_2 - weight_1 * np.sin(a) + whirl * s * v * (2 * u + v)
        f = f - p["damping_1"] * u - friction[0] * np.arctan(100 * u)
        g = down_2 - whirl * s * u * u - p["damping_2"] * v - friction[1] * np.arctan(100 * v)
        f, g = (f, g + torque) if driven else (f + torque, g)
        m11, m12 = both + 2 * whirl * c, mixed + whirl * c
        det = m11 * second - m12 * m12
        return np.stack([u, v, (second * f - m12 * g) / det, (m11 * g - m12 * f) / det], axis=1)

    return changes


def succeeded(act: Act, driven: int, lanes: Lanes, seed: int = SEED) -> NDArray[np.bool_]:
    """Returns whether each simulation ends near both links upright at rest."""
    rng, n = np.random.default_rng(seed), len(lanes.kinds)
    names = ("velocity_noise", "torque_noise", "delay", "perturbed")
    velocity_noise, torque_noise, late, perturbed = (lanes.of(name, 0.0) for name in names)
    response, delay, rows = lanes.of("response", 1.0), late.astype(int), np.arange(n)
    pushed, changes = np.zeros((n, STEPS)), plant(lanes, driven)
    pushed[perturbed > 0] = pulses(rng, int(perturbed.sum()))
    x, torque, kept = np.zeros((n, 4)), np.zeros(n), np.zeros((1 + delay.max(), n, 4))
    for k in range(STEPS):
        kept[k % len(kept)] = x
        seen = kept[np.maximum(k - delay, 0) % len(kept), rows].copy()
        seen[:, 2:] += rng.normal(size=(n, 2)) * velocity_noise[:, None]
        asked = torque + response * (LIMIT * act(seen) - torque) + rng.normal(size=n) * torque_noise
        torque = np.clip(asked, -LIMIT, LIMIT) + pushed[:, k]
        one = changes(x, torque)
        two = changes(x + DT / 2 * one, torque)
        three = changes(x + DT / 2 * two, torque)
        x = x + DT / 6 * (one + 2 * (two + three) + changes(x + DT * three, torque))
    end = x.copy()
    end[:, 0] = x[:, 0] % (2 * np.pi) - np.pi
    end[:, 1] = (x[:, 1] + np.pi) % (2 * np.pi) - np.pi
    return np.asarray((np.abs(end) < NEAR).all(axis=1))


def scores(act: Act, driven: int, lanes: Lanes, seed: int = SEED) -> dict[str, float]:
    """Returns the share of successes of each kind, and their mean, which is the leaderboard's score."""
    with np.errstate(all="ignore"):  # of links that turn ever faster
        good = succeeded(act, driven, lanes, seed)
    groups: dict[tuple[str, int], list[bool]] = {}
    for kind, one in zip(lanes.kinds, good, strict=True):
        groups.setdefault(kind, []).append(bool(one))
    found = {kind: float(np.mean([np.mean(g) > 0.5 for (k, _), g in groups.items() if k == kind])) for kind in KINDS}
    return found | {"score": float(np.mean(list(found.values())))}


def observed(x: Array) -> NDArray[np.float32]:
    """Returns what our tasks observe of their states."""
    a, b, u, v = x.T
    return np.stack([-np.cos(a), -np.sin(a), np.cos(b), np.sin(b), u, v], axis=1).astype(np.float32)


def acting(controller: Controller) -> Act:
    """Returns what a controller does, from its beginning on: one with a state is to be asked for 10 s alone."""
    places = [NAMES.index(channel.name) for channel in controller.observations]
    if controller.derived:
        return Stepping(controller, places)
    return lambda x: np.asarray(controller(observed(x)[:, places]), np.float64)[:, 0]


@dataclass
class Stepping:
    """A controller with a state, one for each lane, asked as often as its file says; zeros are the beginning."""

    controller: Controller
    places: list[int]
    asked: int = 0
    state: NDArray[np.float32] | None = None
    torque: Array = field(default_factory=lambda: np.zeros(0))

    def __call__(self, x: Array) -> Array:
        """Returns the torques at this time step; what the controller is fed with in between is dropped."""
        every = round(1.0 / (DT * (self.controller.rate_hz or 1.0 / DT)))
        if self.asked % every == 0:
            before = self.controller.start(len(x)) if self.state is None else self.state
            actions, self.state = self.controller.step(before, np.ascontiguousarray(observed(x)[:, self.places]))
            self.torque = actions[:, 0].astype(np.float64)
        self.asked += 1
        return self.torque


def asking(name: str, rival: str) -> Act:
    """Returns what a rival does, with gains by theory."""
    law = next(law for law in laws(get(name)) if law.name == rival)
    gains = tuple(np.float32(gain) for gain in law.start)

    def act(x: Array) -> Array:
        asked: Any = law.act(gains, (), tuple(observed(x).T))[0][0]
        return np.asarray(np.clip(np.nan_to_num(asked), -1.0, 1.0), np.float64)

    return act


def chatter(controller: Controller) -> float:
    """Returns how often a second it changes the sign of its torque, in plain episodes of the task."""
    task = seen_as_by(get(controller.name), controller)
    played = play_controller(task, controller, starts_of(task, episode_seeds(Purpose.TEST, 0, EPISODES)))
    changes = Score.of_episodes(task, played).chatter
    assert changes is not None
    return changes


def main() -> None:
    """Simulates, counts and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("controllers", nargs="*", type=Path, help="print these, write nothing")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random numbers; choose by another than this")
    parser.add_argument("--out", type=Path, default=Path("docs/two_links.md"))
    given, lanes = parser.parse_args(), protocol()
    for path in given.controllers:
        controller = files.load(path)
        print(
            path,
            controller.network.n_connections,
            scores(acting(controller), TASKS[controller.name], lanes, given.seed),
        )
    if given.controllers:
        return
    lines = [f"| task | controller | {' | '.join(KINDS)} | score | sign changes / s |", f"|---|---|{'---:|' * 8}"]
    textbook, hard = "energy shaping + LQR", files.load(HARD)
    rows: list[tuple[str, str, Act, Controller | None]] = [
        (one.name, f"{name}, {one.network.n_connections} connections", acting(one), one)
        for name, one in (
            ("zoo:pendubot", zoo.load("pendubot")),
            ("tests/bench/pendubot.json", hard),
            ("zoo:acrobot-torque", zoo.load("acrobot-torque")),
        )
    ]
    rows += [(name, f"{textbook}, by theory", asking(name, textbook), None) for name in TASKS]
    for name, row, act, made in rows:
        found = scores(act, TASKS[name], lanes)
        figures = " | ".join(f"{found[kind]:.3f}" for kind in (*KINDS, "score"))
        lines.append(f"| {name} | {row} | {figures} | {'' if made is None else f'{chatter(made):.1f}'} |")
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8")
    given.out.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
