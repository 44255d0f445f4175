"""Evolution: ask for a generation, tell its scores, repeat; the champion becomes a controller."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt import genome, random
from wann_rt.activations import BY_NAME
from wann_rt.config import Config
from wann_rt.kernels.express import express
from wann_rt.kernels.ranking import rank
from wann_rt.kernels.rollout import Programs, select
from wann_rt.kernels.variation import Rates, breed
from wann_rt.network import Network
from wann_rt.random import Purpose
from wann_rt.rollouts import Episodes, default_threads, play, starts_of
from wann_rt.tasks import Task

EPISODE_SEEDS = 2**53  # episode seeds are drawn below this bound: exact in every language that reads our files


class Generation(NamedTuple):
    """What is known of a generation once it is scored; one line of the journal.

    Attributes:
        generation: its number, from 0.
        best: fitness (mean over shared weights and episodes) of its best genome.
        mean: mean fitness of all genomes.
        best_connections: connections of its best genome.
        mean_connections: mean over all genomes.
        champion: retested fitness of the champion so far.
        champion_connections: its connections.
        env_steps: task steps taken so far, retests included.
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
    seconds: float


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
        config: the settings.
        population: the genomes of the generation to be scored next.
        generation: its number.
        champion: the best network so far; None before the first generation is told.
        env_steps: task steps taken so far.
    """

    def __init__(self, task: Task, config: Config, threads: int | None = None) -> None:
        """Draws the first generation; ``threads`` changes the speed, never the result."""
        self.task = task
        self.config = config
        self.threads = threads or default_threads()
        self.generation = 0
        self.champion: Champion | None = None
        self.env_steps = 0
        self.population = self._first_population()
        self._retest_starts = self._starts(Purpose.RETEST, config.retest_episodes)
        self._began = time.monotonic()

    def ask(self) -> Programs:
        """Returns the networks of the generation to be scored."""
        return express(self.population, self.config.reference_quirks)

    def score(self, programs: Programs) -> NDArray[np.float64]:
        """Plays this generation's episodes; returns the mean return per network and shared weight."""
        starts = self._starts(Purpose.EPISODE, self.config.episodes, self.generation)
        return self._fitness(programs, starts)

    def tell(self, programs: Programs, fitness: NDArray[np.float64]) -> Generation:
        """Takes the scores [networks, weights] of ``ask``'s networks, retests the best, breeds the next generation."""
        config = self.config
        mean = fitness.mean(axis=1)
        connections = programs.offsets[np.arange(config.population), programs.n_nodes]
        if self.generation % config.retest_every == 0 or self.generation == config.generations - 1:
            self._retest(programs, np.argsort(-mean, kind="stable")[: config.retest_top])
        self._breed(self._ranking(mean, fitness.max(axis=1), connections))
        report = self._report(mean, connections)
        self.generation += 1
        return report

    def run(self) -> Iterator[Generation]:
        """Runs the generations that are left, yielding a report after each."""
        while self.generation < self.config.generations:
            programs = self.ask()
            yield self.tell(programs, self.score(programs))

    def _first_population(self) -> genome.Population:
        config, n_in, n_out = self.config, len(self.task.observations), len(self.task.actions)
        key = random.stream(config.seed, Purpose.INITIAL)
        n_genes = (n_in + 1) * n_out
        enabled = random.uniforms(key, config.population * n_genes) < config.initial_enabled
        return genome.initial(config.population, n_in, n_out, enabled.reshape(config.population, n_genes))

    def _starts(self, purpose: Purpose, episodes: int, *parts: int) -> NDArray[np.float32]:
        """Returns the first states of episodes that depend on the seed, the purpose and the parts only."""
        key = random.stream(self.config.seed, purpose, *parts)
        return starts_of(self.task, (random.uniforms(key, episodes) * EPISODE_SEEDS).astype(np.int64))

    def _fitness(self, programs: Programs, starts: NDArray[np.float32]) -> NDArray[np.float64]:
        """Returns the mean return of each network with each shared weight over all starts."""
        n_weights, n_starts = len(self.config.weights), starts.shape[1]
        weights = np.repeat(np.array(self.config.weights, np.float32), n_starts)
        episodes: Episodes = play(self.task, programs, weights, np.tile(starts, n_weights), self.threads)
        self.env_steps += int(episodes.lengths.sum())
        returns = episodes.returns.reshape(-1, n_weights, n_starts).mean(axis=2)
        return np.where(np.isfinite(returns), returns, -np.inf)

    def _retest(self, programs: Programs, candidates: NDArray[np.int64]) -> None:
        """Makes the best candidate champion if it beats the present one on the held-out episodes."""
        some = select(programs, candidates)
        fitness = self._fitness(some, self._retest_starts).mean(axis=1)
        best = int(np.argmax(fitness))
        if self.champion is None or fitness[best] > self.champion.fitness:
            keep_split = self.config.reference_quirks
            network = genome.express(self.population, int(candidates[best]), keep_split=keep_split)
            self.champion = Champion(network, float(fitness[best]), self.generation)

    def _ranking(
        self, mean: NDArray[np.float64], peak: NDArray[np.float64], connections: NDArray[np.int32]
    ) -> NDArray[np.int64]:
        """Returns the genomes from best to worst, by one of the two pairs of objectives."""
        draw = random.uniforms(random.stream(self.config.seed, Purpose.RANKING, self.generation), 1)[0]
        second = 1.0 / np.maximum(connections, 1) if draw < self.config.complexity_share else peak
        return np.asarray(rank(mean, second, self.config.reference_quirks))

    def _breed(self, order: NDArray[np.int64]) -> None:
        config = self.config
        parents = genome.roomy(self.population)
        capacities = parents.activations.shape[1], parents.sources.shape[1]
        children = genome.allocate(config.population, parents.n_inputs, parents.n_outputs, *capacities)
        rates = Rates(config.add_connection, config.add_node, config.enable, config.change_activation)
        allowed = np.array([BY_NAME[name].id for name in config.activations], np.int8)
        key = random.stream(config.seed, Purpose.VARIATION, self.generation)
        breed(parents, order, config.n_elites, config.n_pool, 2 * config.tournament, rates, allowed, key, children)
        self.population = children

    def _report(self, mean: NDArray[np.float64], connections: NDArray[np.int32]) -> Generation:
        best = int(np.argmax(mean))
        assert self.champion is not None  # generation 0 is always retested
        return Generation(
            self.generation,
            float(mean[best]),
            float(mean.mean()),
            int(connections[best]),
            float(connections.mean()),
            self.champion.fitness,
            self.champion.network.n_connections,
            self.env_steps,
            time.monotonic() - self._began,
        )
