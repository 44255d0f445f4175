"""What a parity check found, as data."""

import math
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from wann_rt.core.shown import Shown

Promise = Literal["0 ulp", "bound"]


@dataclass(frozen=True)
class Mismatch:
    """The worst vector of an evaluator: exact numbers in hexadecimal.

    Attributes:
        vector: its number among the vectors.
        observation: all its values.
        action: name of the action that differs most.
        expected: the oracle's value.
        got: the evaluator's value.
    """

    vector: int
    observation: tuple[str, ...]
    action: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Returns one short line."""
        shown = ", ".join(self.observation[:6]) + ", ..." * (len(self.observation) > 6)
        return f"{self.action} is {self.got} instead of {self.expected} at [{shown}] (vector {self.vector})"


@dataclass(frozen=True)
class Result:
    """How one evaluator compares with the oracle.

    Attributes:
        key: of the evaluator.
        title: of the evaluator.
        promise: what it promises.
        vectors: number of vectors it ran.
        outside: how many of them are outside its promise, and so not counted in what follows.
        bit_equal: whether all bits were equal; one NaN equals another. This and the next four are None where no vector
            was inside the promise: nothing follows from no vectors.
        max_ulp: greatest distance in float32 steps; from -0.0 to 0.0 it is 1.
        max_abs: greatest absolute difference; inf where one side is NaN or infinite and the other is not.
        median_abs: half of the vectors differ by at most this.
        max_ratio: greatest difference over bound; None where 0 ulp is promised.
        worst: where it differs most; None where it does not.
        kept: whether the promise was kept; None where it was not tested: no vector inside it, or not run.
        microseconds: median time of a single step.
        skipped: why it was not run, or None.
        failed: why it could not be prepared, or None; then no promise was kept.
    """

    key: str
    title: str
    promise: Promise
    vectors: int = 0
    outside: int = 0
    bit_equal: bool | None = None
    max_ulp: int | None = None
    max_abs: float | None = None
    median_abs: float | None = None
    max_ratio: float | None = None
    worst: Mismatch | None = None
    kept: bool | None = None
    microseconds: float | None = None
    skipped: str | None = None
    failed: str | None = None


@dataclass(frozen=True)
class Report(Shown):
    """What ``verify`` found.

    Attributes:
        controller: name of the controller.
        results: one for each evaluator, and one for the vectors in the controller's file.
    """

    controller: str
    results: tuple[Result, ...]

    @property
    def broken(self) -> bool:
        """Whether some evaluator broke its promise."""
        return any(result.kept is False for result in self.results)

    @property
    def untested(self) -> list[Result]:
        """The evaluators that ran without a verdict: every vector was outside their promise."""
        return [result for result in self.results if result.kept is None and result.skipped is None]

    @property
    def ok(self) -> bool:
        """Whether some evaluator kept its promise, none broke it, and none ran without a verdict."""
        return any(result.kept for result in self.results) and not self.broken and not self.untested

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as JSON values, evaluator -> figures; what is not finite, or not known, becomes null."""
        return {r.key: {k: _json(v) for k, v in asdict(r).items() if k != "key"} for r in self.results}


def hexadecimal(value: float | np.float32) -> str:
    """Returns a number exactly, as C's %a prints it: 0x1.8p+1."""
    return re.sub(r"\.?0+p", "p", float(value).hex())


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
