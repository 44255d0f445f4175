"""Writes acrobot.json, the champion ``acrobot-torque``, and acrobot-rates.json, from which it was tuned.

    python tests/zoo/acrobot_start.py FOLDER

Weights by a reverse curriculum. The machines differ from the first generation on: masses, lengths, damping of either
sign, delay, noise. Episodes begin near the top; the box of their beginnings grows until it holds every state, and then
ever more of them hang. Whoever begins hanging learns one path to the top, which other machines miss; whoever begins at
the top learns first to hold, then to come back from further and further away. The last stages square the reward, which
a motion about the top then earns less of than rest, and put a price on changes of the torque. The network is that of
two_links_start.py: linear feedback and six hidden nodes, 55 connections. That is acrobot-rates.json.

Then foresight.py gives it rates that are derived from the angles for the measured ones, which are noisy, and lets its
feedback look ahead: 56 connections. The stage LATER tunes that further, with longer delays, masses further apart, and
hardly any noise, of which a derived rate makes a hundred times as much. That is acrobot.json. A minute and a half of
processor time.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import foresight
import numpy as np
import two_links_start
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.arithmetic import Number
from wann_rt.core.controller import Controller
from wann_rt.core.network import Network
from wann_rt.core.version import __version__
from wann_rt.core.weight import Weight
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.any_task import origin
from wann_rt.tasks.compiled import two_links
from wann_rt.tasks.compiled.classic_control import first_state
from wann_rt.tasks.composed.task import under
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import Arena
from wann_rt.tuning.strategies import Pepg, Vectors

f32 = np.float32
NAME, SEED = "acrobot-torque", 1
UNDAMPED = f32(0.05)  # N m s/rad, which stands for none, so that a spread has both signs
SIZES = (0.02, 0.02, 0.02, 0.02, 1.0, 1.0)  # of the observations: it is the rates that are noisy
UNSURE = ("centre_1", "centre_2", "mass_2", "inertia_1", "inertia_2")


class Varied(NamedTuple):
    """Params of ``two_links.ElbowParams`` in their order, but for the damping."""

    gravity: np.float32
    mass_1: np.float32
    mass_2: np.float32
    length_1: np.float32
    length_2: np.float32
    centre_1: np.float32
    centre_2: np.float32
    inertia_1: np.float32
    inertia_2: np.float32
    damping_1: np.float32
    damping_2: np.float32
    shoulder_torque: np.float32
    elbow_torque: np.float32
    max_rate: np.float32
    dt: np.float32


class Stage(NamedTuple):
    """A stage of the curriculum: where its episodes begin, how its machines differ, how long it takes.

    Attributes:
        scale: half the width of the box of beginnings about the top, as a share of that of all states.
        hanging: the share of episodes that begin hanging instead.
        seconds: an episode's length.
        damping: its spread.
        steps: of the task, in millions.
        sigma: the first step of the strategy, in sizes of the weights.
        episodes: of each candidate and generation.
        seed: of the stage's random numbers.
        calm: whether the reward is squared, and changes of the torque have a price.
        masses: the spread of masses, lengths and inertias.
        noise: of the readings, in ``SIZES``.
        delay: the longest, in steps.
        derived: whether rates are derived from the angles.
    """

    scale: float
    hanging: float
    seconds: int
    damping: float
    steps: float
    sigma: float
    episodes: int = 24
    seed: int = SEED
    calm: bool = False
    masses: float = 0.05
    noise: float = 0.02
    delay: float = 1.0
    derived: bool = False


STAGES = (
    *(Stage(scale, 0.0, 4, 0.3, 80.0, 0.2) for scale in (0.04, 0.1, 0.2, 0.3, 0.45)),
    *(Stage(scale, 0.25, 4, 0.3, 80.0, 0.2) for scale in (0.6, 0.8, 1.0)),
    Stage(1.0, 0.5, 9, 0.5, 250.0, 0.12),
    *(Stage(1.0, 0.6, 10, 0.3, 120.0, 0.03, 32, seed, True) for seed in (11, 12)),
)
AHEAD = 1.5  # steps that the feedback looks ahead
LATER = (Stage(1.0, 0.6, 10, 0.3, 100.0, 0.02, 32, 11, True, 0.1, 0.001, 3.0, True),)
POPULATION, PRICE = 48, 0.03


def step(p: Any, shoulder: Number, elbow: Number, shoulder_dot: Number, elbow_dot: Number, torque: Number) -> Any:
    """Advances by dt."""
    damped = p._replace(damping_1=p.damping_1 - UNDAMPED, damping_2=p.damping_2 - UNDAMPED)
    return two_links.step(damped, shoulder, elbow, shoulder_dot, elbow_dot, torque)


def calm_step(p: Any, shoulder: Number, elbow: Number, shoulder_dot: Number, elbow_dot: Number, torque: Number) -> Any:
    """Advances by dt; the reward is squared."""
    *state, reward, failed = step(p, shoulder, elbow, shoulder_dot, elbow_dot, torque)
    return (*state, reward * reward, failed)


def beginning(stage: Stage) -> Callable[[int], NDArray[np.float32]]:
    """Returns the state in which the episode of a seed begins."""
    box = two_links_start.ANYWHERE * stage.scale

    def start(seed: int) -> NDArray[np.float32]:
        if ((seed * 2654435761) >> 7) % 1000 / 1000.0 < stage.hanging:
            return first_state(seed, two_links.HANGING - two_links.START, two_links.HANGING + two_links.START)
        return first_state(seed, -box, box)

    return start


def task_of(stage: Stage) -> Task:
    """Returns the task that a stage plays."""
    task = tasks.get(NAME)
    params = Varied(**{**task.params._asdict(), "damping_1": UNDAMPED, "damping_2": UNDAMPED})
    length = int(stage.seconds * task.rate_hz)
    task = replace(
        task, env_id="", params=params, start=beginning(stage), step=calm_step if stage.calm else step,
        max_steps=length, sizes=SIZES,
    )  # fmt: skip
    values = dict.fromkeys((f"{name}_spread" for name in UNSURE), stage.masses)
    values |= {"damping_1_spread": stage.damping, "damping_2_spread": stage.damping}
    values |= {"observation_noise": stage.noise, "delay": stage.delay, "smoothness_penalty": PRICE * stage.calm}
    made = under(task, {name: f32(value) for name, value in values.items()})
    return foresight.seen(made) if stage.derived else made


def learned(stage: Stage, network: Network, weights: Vectors) -> tuple[Vectors, int]:
    """Returns the weights after a stage, the middle of the strategy's distribution, and how many steps it took."""
    arena = Arena(task_of(stage), stage.seed)
    strategy = Pepg(weights, stage.sigma * float(np.sqrt(np.mean(weights**2))), POPULATION, stage.seed)
    generation = 0
    while arena.env_steps < stage.steps * 1e6:
        fresh = arena.fresh(stage.episodes, stage.seed, generation)
        strategy.tell(arena.returns(network, strategy.ask(), fresh).mean(axis=1))
        generation += 1
    return strategy.center, arena.env_steps


def through(stages: tuple[Stage, ...], begun: Controller) -> Controller:
    """Returns a controller after some stages; its provenance counts the steps of the task."""
    weights, steps = begun.weight.array.astype(np.float64), begun.provenance.get("env_steps", 0)
    for stage in stages:
        weights, taken = learned(stage, begun.network, weights)
        steps += taken
        print(f"{stage}: {steps / 1e6:.0f} M steps", flush=True)
    task = tasks.get(NAME)
    seen = foresight.seen(task) if begun.derived else task
    provenance = {"created_by": f"wann_rt {__version__}", "env_steps": steps, **origin(seen)}
    values = tuple(weights.astype(np.float32).tolist())
    return with_vectors(seen, replace(begun, weight=Weight("connections", values), provenance=provenance), 0)


def made(stages: tuple[Stage, ...] = STAGES, later: tuple[Stage, ...] = LATER) -> tuple[Controller, Controller]:
    """Returns the controller with measured rates, and that with derived ones which becomes of it."""
    task = tasks.get(NAME)
    measured = through(stages, two_links_start.made(task, SEED))
    return measured, through(later, foresight.foresighted(task, measured, AHEAD))


def main() -> None:
    """Makes both and writes them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, one in zip(("acrobot-rates.json", "acrobot.json"), made(), strict=True):
        files.save(one, folder / name)


if __name__ == "__main__":
    main()
