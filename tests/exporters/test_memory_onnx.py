"""Exact ONNX carries the state from ``h_in`` to ``h_out``, bit for bit, for batches too."""

import numpy as np
import pytest
from helpers import builders, small_controllers

from wann_rt.core.controller import Weight
from wann_rt.exporters.parity.run_onnx import session
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.to_onnx.model import to_onnx

ENSEMBLE, EACH = Weight("ensemble", (-0.5, 0.75)), Weight("connections", tuple(np.linspace(-2, 2, 13)))
SUBJECTS = {
    "derived, shared": small_controllers.remembering(),
    "derived, each": small_controllers.remembering(EACH),
    "recurrent, ensemble": small_controllers.recurrent(ENSEMBLE),
    "recurrent, each": small_controllers.recurrent(EACH),
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_graph_with_a_state_gives_the_same_bits_over_a_thousand_steps_with_resets(subject: str) -> None:
    rows = [row for row in EVALUATORS if row.key in ("onnx_exact", "onnx")]
    exact, standard = verify(SUBJECTS[subject], evaluators=rows).results
    assert (exact.max_ulp, exact.kept) == (0, True)
    assert exact.vectors > 1000
    assert "cannot keep the state" in str(standard.skipped)


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
