"""What a monitor adds to a step on a Cortex-M4F, estimated without a compiler.

The operations of its step are counted as the header has them, and weighed. The weights are a fit to what GCC makes of
monitors at -Os, counted in a simulator, and 2.5 % more, so that what is estimated is seldom exceeded:
``python tests/bench/monitor_cost.py`` measures and fits them again.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from wann_rt.core.activations import PALETTE
from wann_rt.core.monitor import Monitor
from wann_rt.core.symbols import Op, Symbol, schedule, trace

ARITHMETIC: tuple[Op, ...] = ("add", "sub", "mul", "div", "neg", "abs")


class Cost(NamedTuple):
    """What a monitor costs.

    Attributes:
        instructions: of its dearest step.
        bytes: of flash: code and constants.
    """

    instructions: float
    bytes: float

    def __str__(self) -> str:
        """Returns it in words, without what has no limit."""
        named = zip(("instruction", "byte"), self, strict=True)
        parts = [f"{number:.0f} {name}{'' if number == 1 else 's'}" for name, number in named if number < float("inf")]
        return " and ".join(parts)

    def share(self, budget: "Cost") -> float:
        """Returns which part of a budget it takes; above 1 is too much."""
        return max(self.instructions / budget.instructions, self.bytes / budget.bytes)


class Counts(NamedTuple):
    """What is counted in a step, or the weight of each."""

    base: float
    arithmetic: float
    choices: float
    comparisons: float  # of a feature's score with the worst before it
    inputs: float
    state: float
    constants: float


INSTRUCTIONS = Counts(11.3, 0.87, 4.66, 5.75, 1.65, 0.4, 0.5)
BYTES = Counts(26.6, 3.9, 12.7, 23.9, -2.9, 15.7, 6.7)


def cost(monitor: Monitor) -> Cost:
    """Returns an estimate of what a monitor costs."""
    counts = counted(monitor)
    return Cost(_weighed(counts, INSTRUCTIONS), _weighed(counts, BYTES) - _shared_bytes(monitor))


def counted(monitor: Monitor) -> Counts:
    """Returns the counts of a step."""
    symbols = schedule(monitor.traced[1])
    others = len(monitor.features) - 1
    ops = Counter(symbol.op for symbol in symbols)
    constants = {symbol.value.tobytes() for symbol in symbols if symbol.op == "constant"}
    return Counts(
        1.0,
        sum(ops[op] for op in ARITHMETIC),
        ops["select"] - 2 * others,  # the header finds the worst score and its bits by one comparison
        others,
        ops["input"],
        monitor.size,
        len(constants),
    )


def _weighed(counts: Iterable[float], weights: Iterable[float]) -> float:
    return sum(count * weight for count, weight in zip(counts, weights, strict=True))


def _shared_bytes(monitor: Monitor) -> float:
    """Returns the bytes of activations that are counted for each call, but compiled once."""
    calls = Counter(line.op for line in monitor.program)
    return sum((calls[a.name] - 1) * _bytes_of(trace(a.function, "x")) for a in PALETTE if calls[a.name] > 1)


def _bytes_of(root: Symbol) -> float:
    ops = Counter(symbol.op for symbol in schedule([root]))
    return sum(ops[op] for op in ARITHMETIC) * BYTES.arithmetic + ops["select"] * BYTES.choices
