"""Machines that a monitor is calibrated on, played in numpy: what is recorded is what their controller does."""

from dataclasses import replace

import numpy as np
import pytest

from wann_rt import tasks, zoo
from wann_rt.monitoring.machines import machines, record
from wann_rt.tasks.any_task import seen_as_by


@pytest.mark.parametrize("name", ["dc-motor-robust", "acrobot-torque"])
def test_a_record_has_the_actions_of_a_controller_with_a_state(name: str) -> None:
    controller = zoo.load(name)
    task = machines(tasks.get(controller.provenance["task"]))
    played = record(controller, replace(seen_as_by(task, controller), max_steps=20), range(3))
    state = controller.start(3)
    for seen, done in zip(played.seen, played.done, strict=True):
        actions, state = controller.step(state, seen.T)
        np.testing.assert_array_equal(actions.T, done)
    assert played.done.shape == (20, 1, 3)
    assert played.done.std() > 0
