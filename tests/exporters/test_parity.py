"""Laws of the parity report: every evaluator keeps its promise, and no fault escapes."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import builders, needs
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from rich.console import Console

from wann_rt.core.controller import Controller, Vector
from wann_rt.core.errors import ExportError, FileError
from wann_rt.core.reference import evaluate
from wann_rt.exporters.parity import verify as parity
from wann_rt.exporters.parity.distance import distance
from wann_rt.exporters.parity.error_bound import error_bound
from wann_rt.exporters.parity.report import Promise, Report, hexadecimal
from wann_rt.exporters.parity.table import report_table
from wann_rt.exporters.parity.vectors import SPECIAL, observations
from wann_rt.exporters.parity.verify import EVALUATORS, Evaluator, EvaluatorRow, verify

Floats = NDArray[np.float32]
Fault = Callable[[Floats, Floats], Floats]
seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
floats = st.floats(width=32, allow_nan=True, allow_infinity=True)
KINDS = pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])


def subject(seed: int = 0, kind: Any = "shared") -> Controller:
    """Returns a controller whose recorded vectors are right, unlike a builder's."""
    made = builders.controller(np.random.default_rng(seed), kind)
    batch = np.random.default_rng(seed).normal(size=(8, made.network.n_inputs)).astype(np.float32)
    pairs = zip(batch, evaluate(made, batch), strict=True)
    return replace(made, vectors=tuple(Vector(tuple(o.tolist()), tuple(a.tolist())) for o, a in pairs))


def with_fault(fault: Fault, promise: Promise = "0 ulp") -> EvaluatorRow:
    """Returns an evaluator that is the oracle but for a fault: (observations, right actions) -> actions."""

    class Faulty:
        def __init__(self, controller: Controller) -> None:
            self.controller = controller

        def run(self, observations: Floats) -> Floats:
            return fault(observations, evaluate(self.controller, observations))

    def make(controller: Controller) -> Evaluator:
        return Faulty(controller)

    return EvaluatorRow("faulty", "faulty", promise, make)


def report_of(fault: Fault, promise: Promise = "0 ulp", seed: int = 0) -> Report:
    return verify(subject(seed), n_random=50, evaluators=[with_fault(fault, promise)])


@KINDS
@pytest.mark.parametrize("seed", range(3))
@needs.c_compiler
def test_every_back_end_keeps_its_promise(seed: int, kind: str) -> None:
    report = verify(subject(seed, kind), n_random=200)
    assert report.ok, [str(result) for result in report.results if not result.kept]
    keys = ["recorded", "oracle", "kernels", "c", "blob", "c_q12", "onnx_exact", "onnx"]
    keys += ["c_spread", "blob_spread", "onnx_exact_spread"] if kind == "ensemble" else []
    assert [r.key for r in report.results] == keys
    for result in report.results:
        assert result.skipped is None
        assert result.promise == "bound" or (result.bit_equal, result.max_ulp, result.max_abs) == (True, 0, 0.0)


def test_one_flipped_bit_in_one_action_of_one_vector_is_found_and_shown() -> None:
    def flip(obs: Floats, actions: Floats) -> Floats:
        actions = actions.copy()
        if len(actions) > 20:
            actions.view(np.uint32)[20, -1] ^= 1
        return actions

    report = report_of(flip)
    recorded, faulty = report.results
    assert not report.ok
    assert recorded.kept
    assert (faulty.bit_equal, faulty.kept, faulty.max_ulp) == (False, False, 1)
    assert faulty.worst is not None
    controller = subject()
    row = observations(controller, 50)[20:21]
    assert faulty.worst.vector == 20
    assert faulty.worst.action == controller.actions[-1].name
    assert faulty.worst.observation == tuple(map(hexadecimal, row[0]))
    assert faulty.worst.expected == hexadecimal(evaluate(controller, row)[0, -1])
    assert faulty.worst.got in str(faulty.worst)


def test_the_sign_of_a_zero_is_a_difference() -> None:
    network = builders.network(np.random.default_rng(0))
    silent = replace(subject(), network=network)
    controller = replace(silent, vectors=()).with_weight(0.0)
    row = with_fault(lambda obs, actions: np.where(actions == 0, -actions, actions))
    zeros = np.any(evaluate(controller, observations(controller, 50)) == 0)
    report = verify(controller, n_random=50, evaluators=[row])
    assert zeros
    assert not report.ok
    assert (report.results[0].max_ulp, report.results[0].max_abs) == (1, 0.0)


def test_one_nan_is_as_good_as_another() -> None:
    def other_nan(obs: Floats, actions: Floats) -> Floats:
        payload = np.array([0xFFC12345], np.uint32).view(np.float32)
        return np.where(np.isnan(actions), payload, actions)

    plain = [replace(channel, clip=False) for channel in subject(3).observations]
    controller = replace(subject(3), observations=tuple(plain), vectors=())
    controller = replace(controller, actions=tuple(replace(c, clip=False) for c in controller.actions))
    assert np.isnan(evaluate(controller, observations(controller, 10))).any()
    assert verify(controller, n_random=10, evaluators=[with_fault(other_nan)]).ok


@pytest.mark.parametrize("promise", ["0 ulp", "bound"])
def test_a_nan_where_a_number_belongs_breaks_every_promise(promise: Promise) -> None:
    report = report_of(lambda obs, actions: np.where(obs[:, :1] == obs[0, 0], np.float32(np.nan), actions), promise)
    assert not report.ok
    assert report.results[1].max_abs == np.inf
    assert report.to_dict()["faulty"]["max_abs"] is None


def test_a_fault_of_single_steps_only_is_found() -> None:
    assert not report_of(lambda obs, actions: actions + np.float32(len(actions) == 1)).ok


@pytest.mark.slow
def test_a_bound_is_kept_up_to_it_and_not_beyond() -> None:
    controller = subject()

    def off_by(share: float) -> Fault:
        def fault(obs: Floats, actions: Floats) -> Floats:
            bound, is_promised = error_bound(controller, obs)
            with np.errstate(all="ignore"):
                wrong = (actions + share * bound).astype(np.float32)
            return np.where(is_promised[:, np.newaxis], wrong, np.float32(np.nan))  # outside, anything goes

        return fault

    within, beyond = (report_of(off_by(share), "bound").results[1] for share in (0.5, 4.0))
    assert (within.kept, within.bit_equal) == (True, False)
    assert not beyond.kept
    assert beyond.max_ratio is not None
    assert beyond.max_ratio > 1
    assert within.outside == beyond.outside > 0


def test_recorded_vectors_that_the_oracle_denies_are_found() -> None:
    right = subject()
    action = (np.nextafter(np.float32(right.vectors[2].action[0]), np.float32(9e9)), *right.vectors[2].action[1:])
    vectors = list(right.vectors)
    vectors[2] = Vector(vectors[2].observation, tuple(map(float, action)))
    report = verify(replace(right, vectors=tuple(vectors)), n_random=10, evaluators=[])
    assert not report.ok
    assert report.results[0].worst is not None
    assert (report.results[0].max_ulp, report.results[0].worst.vector) == (1, 2)


def test_a_back_end_that_cannot_run_here_is_skipped_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CC", raising=False)
    report = verify(subject(), n_random=5, evaluators=[row for row in EVALUATORS if row.key == "c"])
    assert report.ok  # by the recorded vectors
    assert "no C compiler" in str(report.results[1].skipped)
    assert report.results[1].kept is None


def test_a_back_end_that_has_no_room_for_its_files_was_not_tested() -> None:
    def no_room(controller: Controller) -> Evaluator:
        raise FileError("a temporary folder is needed, and none can be made")

    report = verify(subject(), n_random=5, evaluators=[EVALUATORS[0], replace(EVALUATORS[0], make=no_room)])
    assert report.ok  # on a read-only machine nothing is broken
    assert (report.results[2].kept, report.results[2].failed) == (None, None)
    assert "temporary folder" in str(report.results[2].skipped)


def test_a_back_end_that_cannot_be_prepared_fails_without_hiding_the_others() -> None:
    def refuse(controller: Controller) -> Evaluator:
        raise ExportError("the compiler said no")

    report = verify(subject(), n_random=5, evaluators=[replace(EVALUATORS[0], make=refuse), EVALUATORS[0]])
    assert [result.kept for result in report.results] == [True, False, True]
    assert report.results[1].failed == "the compiler said no"


def test_the_report_is_json_and_a_table_with_every_back_end() -> None:
    report = verify(subject(), n_random=20)
    figures = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert {"bit_equal", "max_ulp", "max_abs", "vectors", "kept", "microseconds"} <= set(figures["onnx"])
    console = Console(width=120)
    with console.capture() as capture:
        console.print(report_table(report, detail=True))
    for result in report.results:
        assert result.title in capture.get()


def test_the_table_shows_what_differs_and_what_was_skipped() -> None:
    rows = [with_fault(lambda obs, actions: -actions), replace(EVALUATORS[0], missing=lambda: "no such thing")]
    report = verify(subject(), n_random=20, evaluators=rows)
    console = Console(width=200)
    with console.capture() as capture:
        console.print(report_table(report))
    assert str(report.results[1].worst) in capture.get().replace("\n", "")
    assert "no such thing" in capture.get()


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_vectors_are_the_same_each_time_and_hold_every_special_value_in_every_channel(rng: np.random.Generator) -> None:
    controller = builders.controller(rng)
    vectors = observations(controller, 30)
    assert builders.same_bits(vectors, observations(controller, 30))
    assert builders.same_bits(
        vectors[: len(controller.vectors)], [v.observation for v in controller.vectors] or vectors[:0]
    )
    for column in vectors.T:
        assert set(SPECIAL.view(np.uint32)) <= set(column.view(np.uint32))


def test_further_observations_are_run_too() -> None:
    controller = subject()
    extra = np.full((3, controller.network.n_inputs), 0.125, np.float32)
    vectors = observations(controller, 0, extra)
    assert builders.same_bits(vectors[8:11], extra)
    assert verify(controller, n_random=0, recorded=extra, evaluators=[EVALUATORS[0]]).results[1].vectors == len(vectors)


@given(floats, floats)
def test_distance_counts_the_floats_in_between(a: float, b: float) -> None:
    x, y = np.array([a], np.float32), np.array([b], np.float32)
    assert distance(x, y) == distance(y, x)
    assert (distance(x, y)[0] == 0) == builders.same_bits(x, y)
    if np.isfinite(x[0]) and x[0] != 0 and not np.isnan(b):
        with np.errstate(over="ignore"):
            beyond = np.nextafter(x, np.float32(np.inf) * np.sign(x))
        assert distance(x, beyond)[0] == 1


def test_distance_of_zeros_and_nan_from_their_neighbours() -> None:
    a = np.array([0.0, 1e-45, np.inf, -1e-45], np.float32)
    b = np.array([-0.0, 0.0, np.nan, 1e-45], np.float32)
    assert distance(a, b).tolist() == [1, 1, 1, 3]


def test_a_new_back_end_is_one_row() -> None:
    assert len({row.key for row in parity.EVALUATORS}) == len(parity.EVALUATORS)
