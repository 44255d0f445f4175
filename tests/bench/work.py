"""What `make bench` measures with: random networks of one size and the swing-up's episodes; and how it takes turns."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.network import Connection, Network
from wann_rt.kernels.programs import Programs, single
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task

TRACK = 1e5  # m, half its length: nobody reaches it in 10 s
HIDDEN = {9: 3, 25: 10, 52: 20, 200: 80, 1000: 400}  # connections: hidden nodes
ACTIVATIONS = (1, 3, 4, 5, 6, 8, 9)  # linear, sin, gauss, tanh, sigmoid, abs, relu
NETWORKS, PAPER_LANES = 20, 18
ROUNDS = 7

Job = Callable[[], int]  # plays, returns the steps taken
SWING = tasks.get("cartpole-swingup")


def endless() -> Task:
    """Returns the swing-up on a track so long that no episode ends early."""
    params: Any = SWING.params
    return replace(SWING, params=params._replace(track=np.float32(TRACK)))


def network(rng: np.random.Generator, connections: int) -> Network:
    """Returns a random network without idle nodes: each hidden one has a source and a target, the rest is chance."""
    hidden = HIDDEN[connections]
    first, output = 6, 6 + hidden
    pairs = {(int(rng.integers(k)), k) for k in range(first, output)}
    pairs |= {(k, int(rng.integers(k + 1, output + 1))) for k in range(first, output)}
    while len(pairs) < connections:
        target = int(rng.integers(first, output + 1))
        pairs.add((int(rng.integers(min(target, output))), target))
    signed = [Connection(*pair, int(rng.choice([-1, 1]))) for pair in sorted(pairs)]
    ids = {k: ACTIVATIONS[int(rng.integers(len(ACTIVATIONS)))] for k in range(first, output)}
    built = Network.build(5, ids, {output: 5}, signed)[0]
    assert built.n_connections == connections
    return built


def population(count: int, connections: int) -> Programs:
    """Returns random networks of one size."""
    rng = np.random.default_rng(connections)
    singles = [single(network(rng, connections)) for _ in range(count)]
    rows: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*(p[2:] for p in singles), strict=True)]
    return Programs(5, 1, *rows)


def episodes(task: Task, lanes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns shared weights [lanes] and starts [state, lanes]: the paper's six weights in turn."""
    weights = np.resize(np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], np.float32), lanes)
    return weights, starts_of(task, range(lanes))


def lockstep(task: Task, programs: Programs, lanes: int) -> Job:
    """Returns a job of the kernel, on one thread, long enough to be timed."""
    given = episodes(task, lanes)
    repeats = max(1, 512 // lanes)

    def job() -> int:
        return sum(int(play(task, programs, *given, threads=1).lengths.sum()) for _ in range(repeats))

    return job


def alternating(jobs: Mapping[Any, Job]) -> dict[Any, list[float]]:
    """Returns steps per CPU-second of each job and round; the jobs take turns, after one round unmeasured."""
    rates: dict[Any, list[float]] = {name: [] for name in jobs}
    for turn in range(ROUNDS + 1):
        for name, job in jobs.items():
            before = time.process_time()
            steps = job()
            if turn > 0:
                rates[name].append(steps / (time.process_time() - before))
    return rates


def ratio(these: list[float], those: list[float]) -> float:
    """Returns the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(these, those, strict=True))
