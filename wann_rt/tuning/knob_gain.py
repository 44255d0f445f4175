"""What the knob buys: the plant changes, and the shared weight is searched anew, as it would be on the robot."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.core.stages import stage
from wann_rt.evaluation.sweep import evenly, grid, sweep
from wann_rt.play.episodes import HIGH, episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import with_params
from wann_rt.tasks.any_task import AnyTask, check_fits
from wann_rt.tasks.conditions import CERTAIN
from wann_rt.tasks.task import Task
from wann_rt.tuning.knob import BUDGET, WORST, Knob

FACTORS = (0.6, 2.0)  # times its usual value, for each param
DOWNWARD = 8.0  # the scan's lower bound: so many times nearer to 0 than the own weight
SWEPT = 64  # episodes with each weight of the sweep


@dataclass(frozen=True)
class KnobSettings:
    """How the knob is turned, and how often it is tried.

    Attributes:
        budget: episodes of a search on the robot.
        trials: such searches, each with other episodes.
        episodes: held-out ones, from which each weight is judged.
        low, high: bounds; by default from an eighth of the own weight to 2, on its side of 0.
        floor: the least return that can be borne.
        sweep_weights: shared weights of the sweep that finds the best; 0: 401.
        seed: of all episodes.
        threads: see ``rollouts.play``.
    """

    budget: int = BUDGET
    trials: int = 64
    episodes: int = 256
    low: float | None = None
    high: float | None = None
    floor: float = float(WORST)
    sweep_weights: int = 0
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True)
class Gain:
    """Mean returns over held-out episodes of a changed plant.

    Attributes:
        changed: what is changed, e.g. {"max_force": 6.0}; empty: nothing.
        own: with the controller's own weight.
        best: with the best weight of the fine sweep.
        best_weight: that weight.
        knob: with the weights that the knob has found, in the mean over the trials.
        knob_low: with the worst of these weights but a tenth of them.
        knob_weight: the middle one of them.
        worst: the mean return with the worst weight of the sweep.
        least: the return of the worst episode of all searches.
    """

    changed: Mapping[str, float]
    own: float
    best: float
    best_weight: float
    knob: float
    knob_low: float
    knob_weight: float
    worst: float
    least: float

    @property
    def reached(self) -> float:
        """How far the knob comes on the way from the worst weight to the best: 1 is all of it."""
        way = self.best - self.worst
        return (self.knob - self.worst) / way if way > 0 else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Returns the gain as JSON values."""
        return {**asdict(self), "reached": self.reached}


def changes(task: Task, factors: tuple[float, ...] = FACTORS) -> list[dict[str, float]]:
    """Returns what a plant may be changed to: nothing, and each uncertain param alone, by each factor."""
    plain = task.base or task
    usual = {name: float(value) for name, value in plain.params._asdict().items() if name not in CERTAIN}
    return [{}, *({name: float(np.float32(f * value))} for name, value in usual.items() for f in factors if value)]


def gains(
    task: AnyTask, controller: Controller, changed: list[dict[str, float]], settings: KnobSettings
) -> Iterator[Gain]:
    """Yields what the knob buys on each changed plant.

    Raises:
        ControllerError: the controller has no shared weight that could be turned.
        TaskError: the task is played by an environment, does not fit the controller, or has no such param.
        ConfigError: the bounds do not enclose the controller's weight, or enclose 0.
    """
    own = knob_weight(controller)
    if not isinstance(task, Task):
        raise TaskError(f"task {task.name} is played by an environment, whose plant cannot be changed by its params")
    check_fits(task, controller)
    low, high = bounds(own, settings)
    start = Knob.start(own, low, high, floor=settings.floor, budget=settings.budget)
    plants = [with_params(task, **change) if change else task for change in changed]  # a wrong one is told at once
    for change, plant in zip(changed, plants, strict=True):
        stage(f"turning the knob on {_named(change)}")
        yield _gain(plant, controller.network, change, start, settings)


def knob_weight(controller: Controller) -> float:
    """Returns the shared weight that can be turned.

    Raises:
        ControllerError: there is none.
    """
    if controller.weight.kind != "shared":
        kind = "an ensemble of weights" if controller.weight.kind == "ensemble" else "a weight for each connection"
        raise ControllerError(
            f"controller {controller.name} has {kind}, so there is no knob; expected one shared weight: "
            "`wann-rt search TASK --preset minimal` finds such controllers, and the zoo has zoo:NAME.shared"
        )
    return controller.weight.values[0]


def bounds(own: float, settings: KnobSettings) -> tuple[float, float]:
    """Returns the bounds of the weight: those of the settings, else an eighth of the own weight, and 2 or more."""
    near, far = own / DOWNWARD, float(np.copysign(max(HIGH, abs(own)), own))
    low, high = min(near, far), max(near, far)
    return low if settings.low is None else settings.low, high if settings.high is None else settings.high


def _named(change: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in change.items()) or "the plant as it is"


def _gain(plant: Task, network: Network, change: dict[str, float], start: Knob, settings: KnobSettings) -> Gain:
    tried = evenly(settings.sweep_weights)
    weights = grid() if tried is None else tried
    swept = sweep(plant, network, episodes=SWEPT, seed=settings.seed, threads=settings.threads, weights=weights)
    found, lowest = _searched(plant, network, start, settings)
    every = np.array([float(start.weight), swept.greatest, *found], np.float32)
    means = _judged(plant, network, every, settings)
    own, best, reached = means[0], means[1], means[2:]
    middle = float(np.sort(found)[len(found) // 2])
    tenth = float(np.sort(reached)[len(reached) // 10])
    worst = float(swept.means.min())
    return Gain(change, float(own), float(best), swept.greatest, float(reached.mean()), tenth, middle, worst, lowest)


def _searched(plant: Task, network: Network, start: Knob, settings: KnobSettings) -> tuple[NDArray[np.float32], float]:
    """Returns the weight that each trial ends with, and the least return that a robot had on the way."""
    knobs, lowest = [Knob.restored(start.state()) for _ in range(settings.trials)], np.inf
    for episode in range(settings.budget):
        weights = np.array([knob.weight for knob in knobs], np.float32)
        seeds = episode_seeds(Purpose.TUNE_EPISODE, settings.seed, settings.trials, episode)
        returns = play(plant, network, weights, starts_of(plant, seeds), settings.threads).returns[0]
        lowest = min(lowest, float(returns.min()))
        for knob, value in zip(knobs, returns, strict=True):
            knob.tell(float(value))
    return np.array([knob.weight for knob in knobs], np.float32), float(lowest)


def _judged(plant: Task, network: Network, weights: NDArray[np.float32], settings: KnobSettings) -> NDArray[np.float64]:
    """Returns the mean return with each weight, over the same held-out episodes."""
    starts = starts_of(plant, episode_seeds(Purpose.TEST, settings.seed, settings.episodes))
    lanes = np.repeat(weights, settings.episodes), np.tile(starts, len(weights))
    played = play(plant, network, *lanes, settings.threads)
    means: NDArray[np.float64] = played.returns.reshape(len(weights), settings.episodes).mean(axis=1)
    return means
