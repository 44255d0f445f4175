"""Polishing: individual weights of a fixed network, tuned by a strategy, judged on episodes it never trained on.

A generation is one lockstep call: lanes are candidates x episodes, and all candidates of a generation play the same
fresh episodes (common random numbers). What looks best enters a contest on other, held-out episodes: a few for all
entrants, many for those that keep up with the leader, and at the end more still, new ones, among the best few, so
that luck in one stage does not decide.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.evaluation.risk import valued
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.any_task import AnyTask, held_out
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tuning.strategies import STRATEGIES, StrategyName, Vectors

CHECK_EVERY = 8  # generations between two entries into the held-out race
SCREEN, FULL, FINAL = 16, 128, 512  # held-out episodes at each stage of the race
DEAR_FULL, DEAR_FINAL = 64, 128  # for environments, which are about 1000 times slower
FINALISTS = 6
SMALL = 0.01  # of the median weight: the least unit of a weight where each counts in its own size
MOST_CANDIDATES = 256  # largest population after restarts


class TuningReport(NamedTuple):
    """How far tuning has come: held-out score of the leader, its connections, task steps taken and allowed."""

    stage: str
    score: float
    connections: int
    env_steps: int
    budget: int


OnProgress = Callable[[TuningReport], None]


@dataclass(frozen=True)
class PolishSettings:
    """How individual weights are tuned.

    Attributes:
        method: "cma" or "pepg".
        population: candidates in a generation.
        episodes: fresh episodes that each of them plays.
        sigma: first standard deviation of a weight, as a multiple of the root mean square of the weights.
        steps: budget of task steps; ends after the generation that exceeds it.
        seed: all random numbers follow from it.
        threads: see ``rollouts.play``.
        final: episodes of the last stage of the contest.
        relative: whether sigma counts in each weight's own size instead, for weights of very different sizes.
    """

    method: StrategyName = "cma"
    population: int = 32
    episodes: int = 4
    sigma: float = 0.5
    steps: int = 50_000_000
    seed: int = 0
    threads: int | None = None
    final: int | None = None
    relative: bool = False


@dataclass
class Arena:
    """Plays candidates on the task and counts the steps.

    Attributes:
        task: the task.
        seed: all episodes follow from it.
        threads: see ``rollouts.play``.
        env_steps: task steps taken so far.
        interrupted: whether Ctrl-C has ended tuning.
        cvar_weight, cvar_share: how much the worst episodes count, see ``risk.valued``.
    """

    task: AnyTask
    seed: int
    threads: int | None = None
    env_steps: int = 0
    interrupted: bool = False
    cvar_weight: float = 0.0
    cvar_share: float = 0.25
    _starts: dict[tuple[int, ...], NDArray[Any]] = field(default_factory=dict)

    @property
    def full(self) -> int:
        """Held-out episodes for an entrant of a contest."""
        return DEAR_FULL if isinstance(self.task, EnvironmentTask) else FULL

    @property
    def final(self) -> int:
        """Held-out episodes that decide among the best."""
        return DEAR_FINAL if isinstance(self.task, EnvironmentTask) else FINAL

    def value(self, returns: Vectors) -> Vectors:
        """Returns what the episodes of each candidate are worth."""
        return valued(returns, self.cvar_weight, self.cvar_share)

    def returns(self, network: Network, candidates: Vectors, starts: NDArray[Any]) -> Vectors:
        """Returns the return of each candidate in each episode, [candidates, episodes]."""
        episodes = starts.shape[1]
        weights = np.repeat(candidates.astype(np.float32).T, episodes, axis=1)
        played = play(self.task, network, weights, np.tile(starts, (1, len(candidates))), self.threads)
        self.env_steps += int(played.lengths.sum())
        return played.returns.reshape(len(candidates), episodes)

    def fresh(self, episodes: int, *parts: int) -> NDArray[Any]:
        """Returns training episodes that nothing else plays."""
        return starts_of(self.task, episode_seeds(Purpose.TUNE_EPISODE, self.seed, episodes, *parts))

    def held_out(self, purpose: Purpose, episodes: int) -> NDArray[Any]:
        """Returns the first held-out episodes of a stage, the same for every entrant."""
        known = self._starts.get((purpose,))
        if known is None or known.shape[1] < episodes:
            known = starts_of(held_out(self.task), episode_seeds(purpose, self.seed, episodes))
            self._starts[purpose,] = known
        return known[:, :episodes]


class Entrant(NamedTuple):
    """Weights and their mean return over held-out episodes."""

    weights: Vectors
    score: float


class Contest:
    """Keeps the best weights of one network by held-out episodes."""

    def __init__(self, arena: Arena, network: Network, start: Vectors, episodes: int = 0) -> None:
        """Enters the weights to start from, which therefore are the worst that can win.

        Args:
            arena: where to play.
            network: whose weights.
            start: these weights.
            episodes: that a candidate trained on; an entrant plays no fewer, so that luck hides no small advance.
        """
        self.arena = arena
        self.network = network
        self.episodes = max(arena.full, episodes)
        self.ranked: list[Entrant] = []
        self._enter(start[np.newaxis])
        self.start = self.ranked[0]

    @property
    def leader(self) -> Entrant:
        """The best so far."""
        return self.ranked[0]

    def screen(self, candidates: Vectors) -> None:
        """Enters the candidates that a few episodes show to keep up with the leader."""
        few = self.arena.held_out(Purpose.TUNE_SCREEN, SCREEN)
        together = np.vstack([candidates, self.leader.weights])
        returns = self.arena.returns(self.network, together, few)
        behind = returns[-1] - returns[:-1]  # the same episodes: differences are less noisy than scores
        error = behind.std(axis=1) / SCREEN**0.5
        lost = behind.mean(axis=1)
        if self.arena.cvar_weight > 0:
            lost = self.arena.value(returns[-1:]) - self.arena.value(returns[:-1])
        near = lost <= 2 * error + 1e-9
        if near.any():
            self._enter(candidates[near])

    def final(self, episodes: int) -> Entrant:
        """Returns the best of the finalists and the start on new episodes, with its mean over them."""
        finalists = [e for e in self.ranked if e is not self.start] + [self.start]
        starts = self.arena.held_out(Purpose.TUNE_FINAL, episodes)
        scores = self.arena.value(self.arena.returns(self.network, np.array([e.weights for e in finalists]), starts))
        best = int(np.argmax(scores))
        return Entrant(finalists[best].weights, float(scores[best]))

    def _enter(self, candidates: Vectors) -> None:
        starts = self.arena.held_out(Purpose.TUNE_SCREEN, self.episodes)
        scores = self.arena.value(self.arena.returns(self.network, candidates, starts))
        self.ranked += [Entrant(w, float(s)) for w, s in zip(candidates, scores, strict=True)]
        self.ranked.sort(key=lambda entrant: -entrant.score)
        del self.ranked[FINALISTS:]


def polish(
    arena: Arena,
    network: Network,
    start: Vectors,
    settings: PolishSettings,
    on_progress: OnProgress | None = None,
    stage: str = "weights",
) -> Entrant:
    """Tunes the weights of a network; Ctrl-C ends it early and keeps the best so far.

    When a strategy has collapsed it begins again around the leader with twice the population, up to a limit (as in
    A. Auger and N. Hansen, "A restart CMA evolution strategy with increasing population size", 2005).

    Args:
        arena: where to play; counts the steps.
        network: without signs; see ``Network.is_signed``.
        start: one weight per connection, in canonical order.
        settings: how.
        on_progress: called after each contest.
        stage: what progress calls this.

    Returns:
        The best weights, never worse than ``start`` on the held-out episodes that decide.
    """
    contest = Contest(arena, network, start, settings.episodes)
    try:
        _run(arena, contest, settings, on_progress, stage)
    except KeyboardInterrupt:
        arena.interrupted = True
    return contest.final(settings.final or max(arena.final, settings.episodes))


def _run(arena: Arena, contest: Contest, settings: PolishSettings, on_progress: OnProgress | None, stage: str) -> None:
    """Spends the budget; what looks good enters the contest."""
    network, population = contest.network, settings.population
    units, sigma = _units(contest.start.weights, settings)
    strategy = STRATEGIES[settings.method](contest.start.weights / units, sigma, population, settings.seed)
    end, generation = arena.env_steps + settings.steps, 0
    while arena.env_steps < end:
        candidates = strategy.ask() * units
        returns = arena.returns(network, candidates, arena.fresh(settings.episodes, settings.seed, generation))
        scores = arena.value(returns)
        strategy.tell(scores)
        generation += 1
        if generation % CHECK_EVERY == 0:
            contest.screen(np.vstack([strategy.center * units, candidates[np.argmax(scores)]]))
            if on_progress is not None:
                leader = contest.leader.score
                on_progress(TuningReport(stage, leader, network.n_connections, arena.env_steps, end))
        if strategy.exhausted:
            population = min(2 * population, max(settings.population, MOST_CANDIDATES))
            again = settings.seed + generation
            strategy = STRATEGIES[settings.method](contest.leader.weights / units, sigma, population, again)
    contest.screen((strategy.center * units)[np.newaxis])


def _units(start: Vectors, settings: PolishSettings) -> tuple[Vectors, float]:
    """Returns what a strategy counts each weight in, and its first standard deviation in that.

    A weight of hardly any size counts in a hundredth of the median size: in its own it would never move.
    """
    if settings.relative:
        least = max(SMALL * float(np.median(np.abs(start))), 1e-3)
        return np.maximum(np.abs(start), least), settings.sigma
    return np.ones_like(start), settings.sigma * max(float(np.sqrt(np.mean(start**2))), 0.1)
