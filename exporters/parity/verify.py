"""Proves that evaluators compute the same: runs them on the same vectors and counts the bits that differ.

A new evaluator is one more row of ``EVALUATORS``.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError, WannError
from wann_rt.core.given import only_a_controller
from wann_rt.core.reference import evaluate, evaluate_sequence, seen_sequence
from wann_rt.core.stages import stage
from wann_rt.exporters.parity.distance import difference, distance, ratio
from wann_rt.exporters.parity.evaluators import EVALUATORS, Evaluator, EvaluatorRow, Oracle, rows_of
from wann_rt.exporters.parity.report import Mismatch, Report, Result, hexadecimal
from wann_rt.exporters.parity.vectors import Floats, observations, resets

__all__ = ["EVALUATORS", "Evaluator", "EvaluatorRow", "Trial", "rows_of", "verify"]

SINGLES = 64  # vectors that also run one at a time: onnxruntime's Sin gives other bits in a batch
CANNOT = "it cannot keep the state of a controller with derived channels yet"
TIMED_CALLS = 200
TIMED_SECONDS = 0.2


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
        evaluators: rows to run; all by default, see ``rows_of``.

    Raises:
        ControllerError: something else came than a controller, such as its name.
    """
    only_a_controller(controller)
    plain = replace(controller, monitor=None)  # which changes no action
    trial = Trial(plain, observations(plain, n_random, recorded))
    rows = rows_of(controller) if evaluators is None else evaluators
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

        seen = seen_sequence(self.controller, self.observations, self.resets)
        return error_bound(self.controller.inner, seen)


def _recorded(trial: Trial) -> list[Result]:
    """Compares the actions in the controller's file, if it has any; its vectors are the first of the trial."""
    actions = np.array([v.action for v in trial.controller.vectors], np.float32)
    if not len(actions):
        return []
    row = EvaluatorRow("recorded", "file's vectors", "0 ulp", Oracle)
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
    begins = (trial.resets,) if trial.controller.derived else ()
    found = trial.expected if row.oracle is evaluate else row.oracle(trial.controller, trial.observations, *begins)
    expected = found[numbers]
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
