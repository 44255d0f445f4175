"""Evolution: ask for a generation, tell its scores, repeat; the champion becomes a controller."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import random
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ConfigError, TaskError, WannError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.evolution import fitness as scoring
from wann_rt.evolution import proposals
from wann_rt.evolution.conditions import searched
from wann_rt.evolution.config import Config
from wann_rt.kernels import genome
from wann_rt.kernels.express import express
from wann_rt.kernels.mutation import Allowed
from wann_rt.kernels.operators import MOST_GENES, MOST_NODES
from wann_rt.kernels.programs import Programs, is_row, single, some_of
from wann_rt.kernels.ranking import rank
from wann_rt.kernels.variation import breed, rates_of
from wann_rt.play.repeats import check
from wann_rt.play.rollouts import default_threads
from wann_rt.tasks.any_task import AnyTask, held_out, more_of, origin, sides_of
from wann_rt.tasks.environment.task import EnvironmentTask

CHECKED = 4  # the first generation after 0 in which it is checked whether episodes repeat


class Generation(NamedTuple):
    """What is known of a generation once it is scored; one line of the journal.

    Attributes:
        generation: its number, from 0.
        best: fitness of its best genome: the mean over shared weights and episodes, unless ``Config.best_share`` or
            ``Config.random_weights`` say otherwise.
        mean: mean fitness of all genomes.
        best_connections: connections of its best genome.
        mean_connections: mean over all genomes.
        champion: retested fitness of the champion so far.
        champion_connections: its connections.
        env_steps: task steps taken so far, retests included.
        failed: episodes of this generation that a failure of the environment ended, where that may be.
        seconds: wall time so far.
    """

    generation: int
    best: float
    mean: float
    best_connections: int
    mean_connections: float
    champion: float
    champion_connections: int
    env_steps: int
    failed: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Champion:
    """The best network so far, by its retest on held-out episodes."""

    network: Network
    fitness: float
    generation: int


class Search:
    """A search in progress; everything random in it follows from ``config.seed``.

    Attributes:
        task: what is searched for.
        played: the same under the conditions that the settings ask for.
        config: the settings.
        generation: its number.
        champion: the best network so far; None before the first generation is told.
        best: the best network of the generation told last; None before the first.
        env_steps: task steps taken so far.
        seconds: wall time so far.
    """

    def __init__(self, task: AnyTask, config: Config, threads: int | None = None, start: Network | None = None) -> None:
        """Draws the first generation, or copies ``start``; ``threads`` changes the speed, never the result."""
        if (start is None) != (config.start_digest == ""):
            raise ConfigError("setting start_digest names a controller: pass its network too, see evolution.warm_start")
        self.task, self.played = task, searched(task, config)
        if config.proposal != "none":
            proposals.checked(task, config)
        self.config = config
        self.threads = threads or default_threads()
        self.generation = 0
        self.champion: Champion | None = None
        self.best: Network | None = None
        self.env_steps = 0
        self._steps_of_score = self._failed = 0
        self._population = None if config.proposal != "none" else self._first_population(start)
        self._retest_trials = scoring.trials(held_out(self.played), config, Purpose.RETEST, config.retest_episodes)
        self.seconds = 0.0
        self._clock = time.monotonic()

    @property
    def population(self) -> genome.Population:
        """The genomes of the generation to be scored next."""
        if self._population is None:  # a proposal takes a while, which a search that is resumed does without
            self._population = self._copies(proposals.proposed(self.task, self.config))
        return self._population

    @population.setter
    def population(self, population: genome.Population) -> None:
        self._population = population

    def ask(self) -> Programs:
        """Returns the networks of the generation to be scored."""
        return express(self.population, self.config.reference_quirks)

    def score(self, programs: Programs) -> NDArray[np.float64]:
        """Plays this generation's episodes; returns the mean return per network and shared weight."""
        config = self.config
        played = scoring.trials(self.played, config, Purpose.EPISODE, config.episodes, self.generation)
        scored = scoring.scores(self._told(), programs, played, self.threads)
        self._steps_of_score, self._failed = scored.steps, scored.failed
        return scored.by_weight

    def _told(self) -> AnyTask:
        """Returns the task as this generation plays it: with a curriculum, the environment is told which one it is."""
        if isinstance(self.played, EnvironmentTask) and self.played.params.curriculum:
            return replace(self.played, generation=self.generation)
        return self.played

    def tell(self, programs: Programs, by_weight: NDArray[np.float64]) -> Generation:
        """Takes the scores [networks, weights] of ``ask``'s networks, retests the best, breeds the next generation."""
        config = self.config
        fitness, connections = scoring.fitness(by_weight, config), scoring.connections(programs)
        champion, steps = self.champion, self._steps_of_score
        if self.generation % config.retest_every == 0 or self.generation == config.generations - 1:
            best = np.argsort(-scoring.merit(fitness, connections, config), kind="stable")[: config.retest_top]
            champion, retest_steps = self._retested(programs, best)
            steps += retest_steps
        best_network = genome.express(self.population, int(np.argmax(fitness)), keep_split=config.reference_quirks)
        children = self._following(champion, lambda: self._ranking(by_weight, fitness, connections))
        # Up to here no state has changed, so an interrupted generation is simply played again from its beginning.
        self.champion, self.population, self.env_steps = champion, children, self.env_steps + steps
        self.best = best_network
        self.generation += 1
        return self._report(fitness, connections)

    def controller(self) -> Controller:
        """Returns the champion so far as a controller with a shared weight of 1, not tuned and not scored.

        Raises:
            ConfigError: there is none yet.
        """
        if self.champion is None:
            raise ConfigError("the search has no champion yet: run at least one generation")
        return self.controller_of(self.champion.network, {"generation": self.champion.generation})

    def controller_of(self, network: Network, provenance: dict[str, Any]) -> Controller:
        """Returns a network of this search as a controller with a shared weight of 1."""
        task = self.task
        known = origin(task) | {"seed": self.config.seed, "config_digest": self.config.digest, **provenance}
        sides, more = sides_of(task), more_of(task)
        return Controller(task.name, network, Weight.shared(1), *sides, task.rate_hz, provenance=known, **more)

    def run(self) -> Iterator[Generation]:
        """Runs the generations that are left, yielding a report after each."""
        while self.generation < self.config.generations:
            programs = self.ask()
            yield self.tell(programs, self.score(programs))

    def _following(self, champion: Champion | None, ranking: Callable[[], NDArray[np.int64]]) -> genome.Population:
        """Returns the next generation: children, or where the search begins anew, other genomes."""
        config, following = self.config, self.generation + 1
        begun, generations = divmod(following, config.restart_every)
        over = not config.restarts or begun > config.restarts + 1 or following == config.generations
        if generations > 0 or over:
            return self._children(ranking())
        if begun <= config.restarts or champion is None:
            start = None if config.proposal == "none" else proposals.proposed(self.task, config, following)
            return self._first_population(start, following)
        return self._copies(champion.network)

    def _first_population(self, start: Network | None, *again: int) -> genome.Population:
        """Returns copies of ``start``, or drawn genomes: other ones for each generation in which it begins again."""
        if start is not None:
            return self._copies(start)
        config, n_in, n_out = self.config, len(self.task.observations), len(self.task.actions)
        shape = config.population, (n_in + 1) * n_out
        keys = [random.stream(config.seed, Purpose.INITIAL, *p) for p in (again, (*again, 1))]
        draws = [random.uniforms(key, math.prod(shape)) for key in keys]
        enabled, sign = (draw.reshape(shape) for draw in draws)
        population = genome.initial(config.population, n_in, n_out, enabled < config.initial_enabled)
        if config.flip_sign > 0:
            population.signs[:, : shape[1]] = np.where(sign < 0.5, -1, 1)
        return population

    def _copies(self, start: Network) -> genome.Population:
        has, needs = (start.n_inputs, start.n_outputs), (len(self.task.observations), len(self.task.actions))
        if has != needs:
            raise TaskError(
                f"task {self.task.name} has {needs[0]} observations and {needs[1]} actions; the controller to start "
                f"from has {has[0]} and {has[1]}"
            )
        return genome.copies(start, self.config.population)

    def _retested(self, programs: Programs, candidates: NDArray[np.int64]) -> tuple[Champion | None, int]:
        """Returns the best candidate, or the champion if that is better on the held-out episodes; and steps taken."""
        config, some = self.config, some_of(programs, candidates)
        if self._is_checked():
            trials = self._retest_trials
            check(self.played, some, 0, trials.weights, trials.starts, self.threads)
        by_weight, steps, _ = scoring.scores(self.played, some, self._retest_trials, self.threads)
        fitness = scoring.fitness(by_weight, config)
        merit = scoring.merit(fitness, scoring.connections(some), config)
        best = int(np.argmax(merit))
        if self.champion is not None and merit[best] <= self._merit(self.champion):
            return self.champion, steps
        network = genome.express(self.population, int(candidates[best]), keep_split=config.reference_quirks)
        if not is_row(some, best, network.program):
            raise WannError(
                f"internal error: in generation {self.generation}, the champion's network is not what the kernels "
                "played; please report this with the run's config.json"
            )
        return Champion(network, float(fitness[best]), self.generation), steps

    def _is_checked(self) -> bool:
        """Returns whether some episodes are played again now: in generations 0, 4, 16, 64, ... and at the end."""
        at, last = self.generation, self.config.generations - 1
        return at == 0 or (at >= CHECKED and (at == last or (at.bit_count() == 1 and at.bit_length() % 2 == 1)))

    def _merit(self, champion: Champion) -> float:
        fitness, connections = np.array([champion.fitness]), np.array([champion.network.n_connections], np.int32)
        return float(scoring.merit(fitness, connections, self.config)[0])

    def retest_champion(self) -> None:
        """Finds the champion's fitness anew, where other code than that which gave it plays the episodes now."""
        if self.champion is not None:
            some = single(self.champion.network)
            by_weight, steps, _ = scoring.scores(self.played, some, self._retest_trials, self.threads)
            self.champion = replace(self.champion, fitness=float(scoring.fitness(by_weight, self.config)[0]))
            self.env_steps += steps

    def _ranking(
        self, by_weight: NDArray[np.float64], fitness: NDArray[np.float64], connections: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """Returns the genomes from best to worst."""
        config = self.config
        if config.ranking == "scalar":
            order = np.argsort(-scoring.merit(fitness, connections, config), kind="stable")
        else:
            draw = random.uniforms(random.stream(config.seed, Purpose.RANKING, self.generation), 1)[0]
            by_size = draw < config.complexity_share
            second = 1.0 / np.maximum(connections, 1) if by_size else by_weight.max(axis=1)
            order = np.asarray(rank(fitness, second, config.reference_quirks))
        if config.distinct:
            order = order[np.argsort(scoring.copies(by_weight, order), kind="stable")]
        return order

    def _children(self, order: NDArray[np.int64]) -> genome.Population:
        """Returns the next generation."""
        config = self.config
        parents = genome.roomy(self.population, MOST_NODES, MOST_GENES)
        capacities = parents.activations.shape[1], parents.sources.shape[1]
        children = genome.allocate(config.population, parents.n_inputs, parents.n_outputs, *capacities)
        rates = rates_of(config.shares, config.again)
        activations = np.array([BY_NAME[name].id for name in config.activations], np.int8)
        allowed = Allowed(activations, config.flip_sign > 0)
        key = random.stream(config.seed, Purpose.VARIATION, self.generation)
        breed(parents, order, config.n_elites, config.n_pool, 2 * config.tournament, rates, allowed, key, children)
        return children

    def _report(self, fitness: NDArray[np.float64], connections: NDArray[np.int32]) -> Generation:
        best = int(np.argmax(fitness))
        assert self.champion is not None  # generation 0 is always retested
        before, self._clock = self._clock, time.monotonic()
        self.seconds += self._clock - before
        return Generation(
            self.generation - 1,
            float(fitness[best]),
            float(fitness.mean()),
            int(connections[best]),
            float(connections.mean()),
            self.champion.fitness,
            self.champion.network.n_connections,
            self.env_steps,
            self._failed,
            self.seconds,
        )
