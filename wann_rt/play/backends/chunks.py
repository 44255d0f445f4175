"""Chunks: the episodes of one call, cut into pieces that anybody may play in any order.

A chunk says all that its episodes depend on - networks, weights, seeds - so who plays it, and how often, changes
nothing. This is the seam between a search and whatever computes its episodes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.conditioning import Conditioning
from wann_rt.core.controller import Channel, Controller, WeightKind
from wann_rt.kernels.decide import Books, Policy, Rules
from wann_rt.kernels.programs import Programs, some_of
from wann_rt.play.episodes import Episodes
from wann_rt.tasks.environment.task import FALL_REWARD, EnvironmentTask


class Work(NamedTuple):
    """What is to be played: every network in every lane.

    Attributes:
        programs: the networks.
        weights: [1, lanes], or [connections, lanes] or [members, lanes].
        kind: of the weights.
        seeds: of each lane's episode, [lanes].
    """

    programs: Programs
    weights: NDArray[np.float32]
    kind: WeightKind
    seeds: NDArray[np.int64]

    @property
    def episodes(self) -> int:
        """How many there are: networks times lanes."""
        return len(self.programs.n_nodes) * len(self.seeds)


class Chunk(NamedTuple):
    """Some episodes of the work.

    Attributes:
        programs: the networks that occur.
        weights: as in ``Work``, [.., lanes].
        kind: of the weights.
        networks: each episode's network, [episodes].
        lanes: each episode's lane, [episodes].
        seeds: each episode's seed, [episodes].
        rules: when episodes end.
        generation: of the search, where the environment is told; see ``Options.curriculum``.
    """

    programs: Programs
    weights: NDArray[np.float32]
    kind: WeightKind
    networks: NDArray[np.int64]
    lanes: NDArray[np.int64]
    seeds: NDArray[np.int64]
    rules: Rules
    generation: int | None = None


class Played(NamedTuple):
    """What came of a chunk, [episodes]; see ``episodes.Episodes``."""

    returns: NDArray[np.float64]
    lengths: NDArray[np.int64]
    efforts: NDArray[np.float64]
    changes: NDArray[np.int64]
    failed: NDArray[np.bool_]

    @classmethod
    def of(cls, books: Books, failed: NDArray[np.bool_] | None = None) -> "Played":
        """Returns what the books say; ``failed`` where failures of the environment end episodes."""
        none = np.zeros(len(books.returns), np.bool_)
        return cls(books.returns, books.lengths, books.efforts, books.changes, none if failed is None else failed)


def cut(work: Work, most: int, rules: Rules, generation: int | None = None) -> list[Chunk]:
    """Returns the work in chunks of at most ``most`` episodes, network by network."""
    n_lanes, chunks = len(work.seeds), []
    for begin in range(0, work.episodes, most):
        episodes = np.arange(begin, min(begin + most, work.episodes))
        networks, lanes = episodes // n_lanes, episodes % n_lanes
        some = np.arange(networks[0], networks[-1] + 1)
        programs = some_of(work.programs, some)
        rows = networks - some[0], lanes, work.seeds[lanes]
        chunks.append(Chunk(programs, work.weights, work.kind, *rows, rules, generation))
    return chunks


def joined(work: Work, played: list[Played], watched: bool) -> Episodes:
    """Returns the results of all chunks, in their order, as [networks, lanes]."""
    shape = len(work.programs.n_nodes), len(work.seeds)
    columns = [np.concatenate(column).reshape(shape) for column in zip(*played, strict=True)]
    returns, lengths, efforts, changes, failed = columns
    return Episodes(returns, lengths, efforts if watched else None, changes if watched else None, failed)


def policy_of(interface: EnvironmentTask | Controller, chunk: Chunk) -> Policy:
    """Returns the chunk's networks as the kernel reads them, with the channels of the interface."""
    weights = np.ascontiguousarray(chunk.weights.T, np.float32)[:, :, np.newaxis]
    sides = conditioning(interface.observations), conditioning(interface.actions)
    return Policy(chunk.programs, weights, chunk.kind == "connections", *sides)


def conditioning(channels: tuple[Channel, ...]) -> Conditioning:
    """Returns channels as the kernel reads them."""
    numbers = {name: np.array([getattr(c, name) for c in channels], np.float32) for name in Conditioning._fields[:-1]}
    return Conditioning(**numbers, clip=np.array([c.clip for c in channels]))


def rules_of(task: EnvironmentTask) -> Rules:
    """Returns when the task's episodes end."""
    options = task.params
    waived = np.nan if options.fall_penalty else FALL_REWARD
    return Rules(task.max_steps, options.stall_steps, float(options.stall_reward), waived)
