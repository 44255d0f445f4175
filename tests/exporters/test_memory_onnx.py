"""ONNX carries the state from ``h_in`` to ``h_out``, bit for bit, for batches too.

In the standard form only the actions may differ, within its bound.
"""

from dataclasses import replace

import numpy as np
import pytest
from helpers import builders, small_controllers

from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.exporters.parity.run_onnx import ModelEvaluator, session
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.to_onnx.model import to_onnx

SUBJECTS = small_controllers.with_states()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_graph_with_a_state_gives_the_same_bits_over_a_thousand_steps_with_resets(subject: str) -> None:
    rows = [row for row in EVALUATORS if row.key in ("onnx_exact", "onnx")]
    exact, standard = verify(SUBJECTS[subject], evaluators=rows).results
    assert (exact.max_ulp, exact.kept) == (0, True)
    assert exact.vectors > 1000
    assert "remembers its own outputs" in str(standard.skipped)


def positions(weight: Weight | None = None) -> Controller:
    """Returns a controller whose state depends on readings alone: what it did is no part of it."""
    made = small_controllers.remembering(weight)
    swung = Derived(Channel("last force"), "sine", (), hz=1.5)
    return replace(made, derived=tuple(swung if one.name == "last force" else one for one in made.derived))


@pytest.mark.parametrize("weight", [small_controllers.ENSEMBLE, small_controllers.EACH])
def test_the_standard_form_keeps_its_bound_over_a_thousand_steps_with_resets(weight: Weight | None) -> None:
    controller = positions(weight)
    standard, exact = verify(controller, evaluators=[row for row in EVALUATORS if "onnx" in row.key]).results[::-1]
    assert (standard.promise, standard.kept, exact.max_ulp) == ("bound", True, 0)
    assert standard.vectors - standard.outside > 500
    ran, rng = session(to_onnx(controller)), np.random.default_rng(3)
    state = expected = controller.start(4)
    for k in range(250):
        readings = np.ascontiguousarray(builders.inputs(rng, 4, 3) if k % 9 else rng.normal(0, 1, (4, 3)), np.float32)
        begins = rng.random((4, 1)) < 0.01
        state, expected = (np.where(begins, np.float32(0), one) for one in (state, expected))
        _, state = ran.run(["actions", "h_out"], {"obs": readings, "h_in": state})
        _, expected = controller.step(expected, readings)
        assert builders.same_bits(state, expected), "what is remembered has no error"


def test_verify_notices_a_standard_form_that_is_not_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, right = [row for row in EVALUATORS if row.key == "onnx"], ModelEvaluator.run_sequence
    never = np.zeros(100_000, np.bool_)
    monkeypatch.setattr(ModelEvaluator, "run_sequence", lambda self, o, resets: right(self, o, never[: len(o)]))
    assert verify(positions(), n_random=200, evaluators=rows).results[0].kept is False


def test_a_batch_of_states_advances_row_by_row_from_zeros() -> None:
    controller = small_controllers.remembering()
    ran = session(to_onnx(controller, exact=True))
    assert [value.name for value in (*ran.get_inputs(), *ran.get_outputs())] == ["obs", "h_in", "actions", "h_out"]
    state, expected = np.zeros((3, controller.memory.size), np.float32), controller.start(3)
    for k in range(30):
        observations = np.ascontiguousarray(builders.inputs(np.random.default_rng(k), 3, 3))
        actions, state = ran.run(["actions", "h_out"], {"obs": observations, "h_in": state})
        right, expected = controller.step(expected, observations)
        assert builders.same_bits(actions, right)
        assert builders.same_bits(state, expected)
