"""How fast data sets are scored: samples times networks a CPU-second, by connections; 256 inputs, 10 classes."""

import statistics
import time

import numpy as np

from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.kernels.programs import single, some_of
from wann_rt.play.rollouts import play
from wann_rt.tasks.dataset.task import DataTask, dataset_task

SIZES = (500, 1000, 1849)
INPUTS, HIDDEN, CLASSES = 256, 64, 10
COPIES = 32  # of the network, as a population would be: they share the blocks
SAMPLES = 19_200
ROUNDS = 5


def sample_rates() -> dict[int, float]:
    """Returns samples times networks a CPU-second, one thread, the softmax included, medians of some rounds."""
    task = drawn_task()
    return {size: rate(task, random_network(size)) for size in SIZES}


def rate(task: DataTask, network: Network) -> float:
    """Returns the rate of a population of copies of a network."""
    programs = some_of(single(network), np.zeros(COPIES, np.int64))
    starts = np.resize(np.arange(len(task.data.inputs), dtype=np.float32), (1, SAMPLES))
    weights, taken = np.ones(SAMPLES, np.float32), []
    for _ in range(1 + ROUNDS):  # the first compiles
        begun = time.process_time()
        play(task, programs, weights, starts, 1)
        taken.append(time.process_time() - begun)
    return SAMPLES * COPIES / statistics.median(taken[1:])


def drawn_task() -> DataTask:
    """Returns a data set of the size of mnist's images, of noise."""
    x = uniforms(stream(0, Purpose.TEST), 2000 * INPUTS).reshape(2000, INPUTS)
    return dataset_task(x, np.arange(2000) % CLASSES)


def random_network(connections: int) -> Network:
    """Returns a network of so many connections: hidden abs nodes, an output for each class."""
    per_node = 2 if connections < 700 else CLASSES
    possible = (INPUTS + 1) * HIDDEN
    first = INPUTS + 1, INPUTS + 1 + HIDDEN
    chosen = np.argsort(uniforms(stream(1, Purpose.INITIAL), possible), kind="stable")[
        : connections - HIDDEN * per_node
    ]
    lower = [Connection(int(n % first[0]), first[0] + int(n // first[0]), 1 if n % 2 else -1) for n in chosen]
    upper = [Connection(first[0] + j, first[1] + (j + c) % CLASSES) for j in range(HIDDEN) for c in range(per_node)]
    hidden = {first[0] + j: BY_NAME["abs"].id for j in range(HIDDEN)}
    outputs = {first[1] + c: BY_NAME["linear"].id for c in range(CLASSES)}
    return Network.build(INPUTS, hidden, outputs, lower + upper, prune=True)[0]


if __name__ == "__main__":
    for connections, found in sample_rates().items():
        print(f"{connections} connections: {found / 1e6:.1f} M samples x networks a CPU-second")
