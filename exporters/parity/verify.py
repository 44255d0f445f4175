"""Proves that evaluators compute the same: runs them on the same vectors and counts the bits that differ.

The oracle is ``reference.evaluate``, for fixed point ``core.fixed.reference.FixedController``. A new evaluator is one
more row of ``EVALUATORS``.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError, FileError, TableError, WannError
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.reference import evaluate, evaluate_sequence
from wann_rt.core.stages import stage
from wann_rt.exporters import EXPORTERS
from wann_rt.exporters.parity.distance import difference, distance, ratio
from wann_rt.exporters.parity.report import Mismatch, Promise, Report, Result, hexadecimal
from wann_rt.exporters.parity.vectors import Floats, observations, resets

SINGLES = 64  # vectors that also run one at a time: onnxruntime's Sin gives other bits in a batch
CANNOT = "it cannot keep the state of a controller with derived channels yet"
TIMED_CALLS = 200
TIMED_SECONDS = 0.2


class Evaluator(Protocol):
    """Anything that runs a controller."""

    def run(self, observations: Floats, /) -> Floats:
        """Returns the actions [batch, actions] for observations [batch, observations]."""


class SequenceEvaluator(Protocol):
    """Anything that runs a controller with a state."""

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_], /) -> Floats:
        """Returns the actions [steps, actions] for observations [steps, observations]; some steps begin anew."""


@dataclass(frozen=True)
class EvaluatorRow:
    """A way to run controllers.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        promise: "0 ulp": equal to the oracle bit for bit on every vector; "bound": within ``error_bound`` of it on
            every vector whose intermediate values stay finite.
        make: prepares it for a controller.
        missing: why it cannot run here, or None.
        timed_rows: how many rows of one call it steps through one by one; more than 1 where the call itself would cost
            more than the steps; 0 where what a call takes says nothing of a step.
        unfit: why it cannot run a controller, or None.
        oracle: what it is compared with: controller, observations -> actions.
        keeps_state: whether it runs controllers with a state: what it makes is a ``SequenceEvaluator`` then.
    """

    key: str
    title: str
    promise: Promise
    make: Callable[[Controller], Evaluator]
    missing: Callable[[], str | None] = lambda: None
    timed_rows: int = 1
    unfit: Callable[[Controller], str | None] = lambda _: None
    oracle: Callable[[Controller, Floats], Floats] = evaluate
    keeps_state: bool = False


def verify(
    controller: Controller,
    *,
    n_random: int = 1000,
    recorded: ArrayLike | None = None,
    evaluators: Sequence[EvaluatorRow] | None = None,
) -> Report:
    """Runs every evaluator on the same vectors and compares with the oracle, bit for bit.

    Args:
        controller: what to verify.
        n_random: number of random vectors beside the recorded and the special ones.
        recorded: further observations [batch, observations], e.g. of an episode.
        evaluators: rows to run; all by default.
    """
    plain = replace(controller, monitor=None)  # which changes no action
    trial = Trial(plain, observations(plain, n_random, recorded))
    rows = EVALUATORS if evaluators is None else evaluators
    found = [*_recorded(trial), *(_run(trial, row) for row in rows)]
    return Report(controller.name, (*found, *_monitored(controller, trial)))


def _monitored(controller: Controller, trial: "Trial") -> list[Result]:
    """Compares what a monitor remembers in a sequence of the trial's vectors and actions, if there is one."""
    if controller.monitor is None:
        return []
    from wann_rt.exporters.parity.run_monitor import Sequence, held, results

    stage("comparing monitors")
    done = np.roll(trial.expected, 1, axis=0)  # what was done since the reading before
    given = Sequence(trial.observations, done, trial.resets)
    return results(controller, held(controller.monitor, given))


@dataclass(frozen=True)
class Trial:
    """The vectors of one verification, with what the oracle says."""

    controller: Controller
    observations: Floats

    @cached_property
    def expected(self) -> Floats:
        """The oracle's actions."""
        if self.controller.derived:
            return evaluate_sequence(self.controller, self.observations, self.resets)
        return evaluate(self.controller, self.observations)

    @cached_property
    def resets(self) -> NDArray[np.bool_]:
        """Before which observations the state is reset: of a controller with a state these are sequences."""
        return resets(self.controller, len(self.observations))

    @cached_property
    def bound(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """The bound for each action, and which vectors it is promised for."""
        from wann_rt.exporters.parity.error_bound import error_bound

        return error_bound(self.controller, self.observations)


def _recorded(trial: Trial) -> list[Result]:
    """Compares the actions in the controller's file, if it has any; its vectors are the first of the trial."""
    actions = np.array([v.action for v in trial.controller.vectors], np.float32)
    if not len(actions):
        return []
    row = EvaluatorRow("recorded", "file's vectors", "0 ulp", _Oracle)
    return [_compare(trial, row, actions, np.arange(len(actions)))]


def _run(trial: Trial, row: EvaluatorRow) -> Result:
    """Runs one evaluator: all vectors at once, then some one by one."""
    stage(f"comparing {row.title}")
    has_state = bool(trial.controller.derived)
    reason = CANNOT if has_state and not row.keeps_state else row.missing() or row.unfit(trial.controller)
    if reason is not None:
        return Result(row.key, row.title, row.promise, skipped=reason)
    try:
        evaluator = row.make(trial.controller)
    except FileError as error:  # no room for what it has to write: nothing was compared
        return Result(row.key, row.title, row.promise, skipped=str(error))
    except WannError as error:  # e.g. a header that the compiler refuses; this is a result to report, not a crash
        return Result(row.key, row.title, row.promise, kept=False, failed=str(error))
    count = len(trial.observations)
    if has_state:
        sequence: Any = evaluator
        return _compare(trial, row, sequence.run_sequence(trial.observations, trial.resets), np.arange(count))
    singles = np.unique(np.linspace(0, count - 1, min(SINGLES, count)).astype(int))
    alone = [evaluator.run(trial.observations[k : k + 1]) for k in singles]
    actions = np.concatenate([evaluator.run(trial.observations), *alone])
    numbers = np.concatenate([np.arange(count), singles])
    return _compare(trial, row, actions, numbers, _microseconds(evaluator, trial.observations[:1], row.timed_rows))


def _compare(
    trial: Trial, row: EvaluatorRow, actions: Floats, numbers: NDArray[np.intp], microseconds: float | None = None
) -> Result:
    """Compares actions with the oracle's; row k of the actions belongs to vector ``numbers[k]``."""
    expected = (trial.expected if row.oracle is evaluate else row.oracle(trial.controller, trial.observations))[numbers]
    ulp, apart = distance(expected, actions), difference(expected, actions)
    promised, excess = np.ones(len(actions), np.bool_), ulp.astype(np.float64)
    if row.promise == "bound":
        promised = trial.bound[1][numbers]
        excess = ratio(apart, trial.bound[0][numbers])
    excess[~promised] = 0
    worst = None
    if excess.any():
        k, action = np.unravel_index(np.argmax(excess), excess.shape)
        worst = _mismatch(trial, int(numbers[k]), int(action), expected[k, action], actions[k, action])
    result = Result(
        row.key,
        row.title,
        row.promise,
        vectors=len(np.unique(numbers)),
        outside=len(np.unique(numbers[~promised])),
        microseconds=microseconds,
    )
    if not promised.any():
        return result
    return replace(
        result,
        bit_equal=not ulp[promised].any(),
        max_ulp=int(ulp[promised].max(initial=0)),
        max_abs=float(apart[promised].max(initial=0.0)),
        median_abs=float(np.median(apart[promised].max(axis=1))),
        max_ratio=float(excess.max()) if row.promise == "bound" else None,
        worst=worst,
        kept=bool(excess.max() <= (1 if row.promise == "bound" else 0)),
    )


def _mismatch(trial: Trial, vector: int, action: int, expected: np.float32, got: np.float32) -> Mismatch:
    return Mismatch(
        vector,
        tuple(map(hexadecimal, trial.observations[vector])),
        trial.controller.actions[action].name,
        hexadecimal(expected),
        hexadecimal(got),
    )


def _microseconds(evaluator: Evaluator, observation: Floats, rows: int) -> float | None:
    """Returns the median time of a single step; an evaluator slower than usual gets fewer calls."""
    if not rows:
        return None
    observation = np.repeat(observation, rows, axis=0)
    times: list[int] = []
    begin = time.perf_counter()
    while len(times) < TIMED_CALLS and (len(times) < 3 or time.perf_counter() - begin < TIMED_SECONDS):
        start = time.perf_counter_ns()
        evaluator.run(observation)
        times.append(time.perf_counter_ns() - start)
    return float(np.median(times)) / 1000 / rows


@dataclass(frozen=True)
class _Oracle:
    """The reference as an evaluator: equal to itself, and timed."""

    controller: Controller

    def run(self, observations: Floats) -> Floats:
        return evaluate(self.controller, observations)

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        return evaluate_sequence(self.controller, observations, resets)


@dataclass(frozen=True)
class _Kernels:
    """The compiled evaluator of the search."""

    controller: Controller

    def run(self, observations: Floats) -> Floats:
        from wann_rt.kernels.forward import forward_batch

        return self.controller.run(forward_batch, observations)

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        from wann_rt.kernels.forward import forward_batch

        return evaluate_sequence(self.controller, observations, resets, forward_batch)


def _onnx(exact: bool) -> Callable[[Controller], Evaluator]:
    def make(controller: Controller) -> Evaluator:
        from wann_rt.exporters.parity.run_onnx import OnnxEvaluator

        return OnnxEvaluator(controller, exact)

    return make


def _c(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_c import CEvaluator

    return CEvaluator(controller)


def _blob(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_blob import BlobEvaluator

    return BlobEvaluator(controller)


def _c_fixed(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_fixed import FixedEvaluator

    return FixedEvaluator(controller)


def _unfit_for_fixed(controller: Controller) -> str | None:
    try:
        FixedController.of(controller)
    except ExportError as error:
        return str(error)
    return None


def _fixed(controller: Controller, observations: Floats) -> Floats:
    return FixedController.of(controller)(observations)


def _no_compiler() -> str | None:
    from wann_rt.exporters.parity.compiler import find_compiler

    return None if find_compiler() else "no C compiler was found: install gcc or clang, or name one in CC"


# What a package holds is one of these, but for its Rust, which no format writes: tests/exporters/test_packages_code.py
# compares that.
EVALUATORS: tuple[EvaluatorRow, ...] = (
    EvaluatorRow("oracle", "oracle", "0 ulp", _Oracle, keeps_state=True),
    EvaluatorRow("kernels", "kernels", "0 ulp", _Kernels, keeps_state=True),
    EvaluatorRow("c", "C header", "0 ulp", _c, _no_compiler, timed_rows=1000, keeps_state=True),
    EvaluatorRow("blob", "blob, C runtime", "0 ulp", _blob, _no_compiler, timed_rows=1000, keeps_state=True),
    EvaluatorRow("c_q12", "C header, q12", "0 ulp", _c_fixed, _no_compiler, 1000, _unfit_for_fixed, _fixed),
    EvaluatorRow("onnx_exact", "ONNX exact", "0 ulp", _onnx(exact=True), keeps_state=True),
    EvaluatorRow("onnx", "ONNX standard", "bound", _onnx(exact=False)),
)


def _check_tables(formats: Iterable[str], keys: Collection[str]) -> None:
    """Refuses a format that no evaluator runs: nothing is exported that is not verified.

    Raises:
        TableError: naming the format and the table that lacks it.
    """
    for name in formats:
        if name.replace("-", "_") not in keys:
            raise TableError(
                f"table EVALUATORS in exporters/parity/verify.py has no row {name.replace('-', '_')!r} for the format "
                f"{name} of EXPORTERS in exporters/__init__.py: add one, or its bits are never compared"
            )


_check_tables(EXPORTERS, [row.key for row in EVALUATORS])
