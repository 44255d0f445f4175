"""Evaluation: a controller's score in the paper's conditions, over fresh episodes, with confidence intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.core.shown import Shown
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import COARSE_EPISODES, COARSE_STEP, Sweep, check_size, evenly, grid, tuned_weight
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import HIGH, LOW, episode_seeds, weights_per_connection
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import AnyTask, available, check_fits, judged

SIX_WEIGHTS = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)  # the shared weights with which the paper evaluates


@dataclass(frozen=True)
class Evaluation(Shown):
    """Scores by condition.

    Attributes:
        task: name of the task.
        seed: of the test episodes.
        connections: of the network.
        tuned_weight: the best shared weight of the sweep; it does not depend on ``seed``, see ``evaluation.sweep``.
        scores: condition -> score. ``random_weights``: every connection drawn from U(-2, 2), anew each episode;
            ``random_shared``: the shared weight drawn from U(-2, 2); ``six_weights``: the paper's six shared weights;
            ``tuned_shared``: the sweep's best shared weight; ``own_weight``: the controller as it is.
        sweep: the sweep behind ``tuned_weight``.
    """

    task: str
    seed: int
    connections: int
    tuned_weight: float
    scores: Mapping[str, Score]
    sweep: Sweep

    def to_dict(self) -> dict[str, Any]:
        """Returns the evaluation as JSON values."""
        return {
            "task": self.task,
            "seed": self.seed,
            "connections": self.connections,
            "tuned_weight": float(str(np.float32(self.tuned_weight))),
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
        }


def environment_episodes(episodes: int, sweep_weights: int = 0, sweep_episodes: int = 0) -> int:
    """Returns how many episodes of an environment ``evaluate`` plays with such arguments."""
    swept = (sweep_weights or len(grid(step=COARSE_STEP))) * (sweep_episodes or COARSE_EPISODES)
    return swept + (4 + len(SIX_WEIGHTS)) * episodes


@session()
def evaluate(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    episodes: int = 100,
    seed: int = 0,
    threads: int | None = None,
    sweep_weights: int = 0,
    sweep_episodes: int = 0,
) -> Evaluation:
    """Scores a controller in the paper's conditions.

    Args:
        controller: what to score.
        task: ``wr.task(...)``, ``wr.environment(...)``, a ``wr.Task`` of your own, or the name of a compiled task; by
            default the task that the controller was searched for, see ``wr.task_of``. An environment is then played by
            Gymnasium, also where it was searched in EnvPool.
        episodes: fresh episodes per condition (per weight, for the six).
        seed: of the episodes.
        threads: how many to use, or processes, all processors by default; the result does not depend on it.
        sweep_weights: shared weights that the sweep for the tuned one tries; 0: as many as a sweep has by itself, 401,
            or 41 for an environment.
        sweep_episodes: episodes with each of them; 0: as many as a sweep has by itself, 32, or 8 for an environment.

    Raises:
        TaskError: the task is unknown, or does not have the controller's channels.
        ConfigError: a sweep of that size is none.
    """
    check_size(sweep_weights, sweep_episodes)
    task = judged(task_of(controller, task))
    check_fits(task, controller)
    network, episodes = controller.network, available(task, episodes)
    starts = starts_of(task, episode_seeds(Purpose.TEST, seed, episodes))
    tried = evenly(sweep_weights)
    swept = tuned_weight(task, network, episodes=sweep_episodes or None, threads=threads, weights=tried)

    def shared(weights: NDArray[np.float64]) -> Score:
        repeats = len(weights) // episodes if len(weights) > episodes else 1
        return scored(play(task, network, weights.astype(np.float32), np.tile(starts, repeats), threads, watched=True))

    scored = partial(Score.of_episodes, task)
    stage(f"scoring in the paper's conditions, {episodes} episodes each")
    any_weights = weights_per_connection(stream(seed, Purpose.WEIGHTS, 2), network.n_connections, episodes)
    scores = {
        "random_weights": scored(play(task, network, any_weights, starts, threads, watched=True)),
        "random_shared": shared(uniforms(stream(seed, Purpose.WEIGHTS, 1), episodes, LOW, HIGH)),
        "six_weights": shared(np.repeat(SIX_WEIGHTS, episodes)),
        "tuned_shared": shared(np.full(episodes, swept.best)),
        "own_weight": scored(play_controller(task, controller, starts, threads)),
    }
    return Evaluation(task.name, seed, network.n_connections, swept.best, scores, swept)
