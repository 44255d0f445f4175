"""Where the time of a step goes, against what the processor could do at most; part of `make bench`.

The same networks are played as they are, with every activation linear, and a network of one connection: differences
are what activations and sums take, the rest is the plant. Operations are the + - * / of the traced expressions, in
every lane of the block; comparisons, choices and signs come on top. The peak is measured: as many independent
additions as multiplications of registers, which nothing but a loop surrounds. So is the length of a cycle: each step
of a chain of shift and addition takes two.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from work import NETWORKS, PAPER_LANES, SWING, alternating, endless, lockstep, population

from wann_rt.core.activations import BY_ID
from wann_rt.core.symbols import Symbol, schedule
from wann_rt.kernels.block import Width
from wann_rt.kernels.jit import jit
from wann_rt.kernels.programs import Programs
from wann_rt.kernels.rollout import HAS_AVX512, width_for
from wann_rt.kernels.rows import load_rows, store_rows
from wann_rt.kernels.traced import compiled
from wann_rt.tasks.traced import traced

CONNECTIONS = 52
REGISTER = Width(16 if HAS_AVX512 else 8)  # numbers in a vector register
CHAINS = 12  # of operations, half of them additions: as many as hide how long each takes
TURNS = 1_000_000  # of the loops that measure peak and cycle
REPEATS = 15  # the best counts: another process can only slow them down


class Part(NamedTuple):
    """What a part of a step takes.

    Attributes:
        name: of it.
        cycles: that a step of a block takes.
        operations: of a step, in every lane of the block.
    """

    name: str
    cycles: float
    operations: int


class Roofline(NamedTuple):
    """What ``measured`` returns.

    Attributes:
        lanes: of a block.
        peak: operations a cycle.
        gigahertz: cycles a nanosecond.
        parts: of a step.
        connections: computed in a cycle, by the sums.
        activations: computed in a cycle, by the activations.
    """

    lanes: int
    peak: float
    gigahertz: float
    parts: list[Part]
    connections: float
    activations: float


def measured() -> Roofline:
    """Measures; takes a minute."""
    whole, one = population(NETWORKS, CONNECTIONS), alone(NETWORKS)
    sums = whole._replace(activations=np.ones_like(whole.activations))
    jobs = {"whole": whole, "sums": sums, "plant": one}
    rates = alternating({name: lockstep(endless(), played, PAPER_LANES) for name, played in jobs.items()})
    hertz, operations = cycles_per_second(), peak_operations()
    cycles = {name: hertz * PAPER_LANES / statistics.median(found) for name, found in rates.items()}
    width = width_for(PAPER_LANES).lanes
    hidden = [BY_ID[int(i)].function for i in whole.activations[:, :-1].ravel()]
    in_activations = round(sum(counted([function(Symbol("input", name="x"))]) for function in hidden) / NETWORKS)
    plant = traced(SWING)
    n_nodes = whole.activations.shape[1]
    parts = [
        Part("plant", cycles["plant"], width * counted([*plant.observations, *plant.results])),
        Part("sums", cycles["sums"] - cycles["plant"], width * (CONNECTIONS + n_nodes)),
        Part("activations", cycles["whole"] - cycles["sums"], width * in_activations),
    ]
    per_cycle = CONNECTIONS * width / parts[1].cycles, (n_nodes - 1) * width / parts[2].cycles
    return Roofline(width, operations / hertz, hertz / 1e9, parts, *per_cycle)


def alone(count: int) -> Programs:
    """Returns networks of one connection, from the third observation to the action."""
    zeros, ones = np.zeros((count, 1), np.int32), np.ones((count, 1), np.int32)
    return Programs(5, 1, ones[:, 0], ones, np.hstack([zeros, ones]), 3 * ones, ones.astype(np.int8))


def counted(results: list[Symbol]) -> int:
    """Returns how many + - * / expressions have."""
    return sum(symbol.op in ("add", "sub", "mul", "div") for symbol in schedule(results))


def peak_operations() -> float:
    """Returns how many additions and multiplications a second one processor does at most."""
    names = [f"x{k}" for k in range(CHAINS)]
    inputs = [Symbol("input", name=name) for name in names]
    results = [x * np.float32(1 + 2.0**-23) if k % 2 else x + np.float32(1.0) for k, x in enumerate(inputs)]
    once, like = compiled(results, names), (np.float32(0.0),) * CHAINS

    @jit
    def work(width: Width, values: NDArray[np.float32], turns: int) -> None:
        state = load_rows(width, values, 0, like)
        for _ in range(turns):
            state = once(width, (), state)
        store_rows(width, values, 0, state)

    values = np.ones((CHAINS, REGISTER.lanes), np.float32)
    return CHAINS * REGISTER.lanes * TURNS / best(lambda: work(REGISTER, values, TURNS))


def cycles_per_second() -> float:
    """Returns how many cycles a second the processor runs through."""

    @jit
    def work(x: int, turns: int) -> int:
        for _ in range(turns):
            x += x >> 1
        return x

    return 2 * TURNS / best(lambda: work(1, TURNS))


def best(work: Callable[[], Any]) -> float:
    """Returns the least seconds of CPU time of a piece of work."""
    work()
    seconds = []
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        seconds.append(time.process_time() - before)
    return min(seconds)


if __name__ == "__main__":
    print(measured())
