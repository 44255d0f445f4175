"""Laws of looking ahead: feedback of derived rates and the torque before is that of the state, there and then."""

import foresight
import numpy as np
import pytest
import two_links_start

from wann_rt import tasks
from wann_rt.rivals.lqr import linearised

TASK = tasks.get("acrobot-torque")
FEEDBACK = np.array([40.0, 20.0, 7.0, 3.0])


@pytest.mark.parametrize("steps", [0.0, 1.0])
def test_ahead_is_the_feedback_of_the_state_so_many_steps_later(steps: float) -> None:
    plant, rng = linearised(TASK, (0.0,) * 4), np.random.default_rng(1)
    before, torque = rng.normal(size=4), rng.normal()
    now = plant.a @ before + plant.b[:, 0] * torque
    later = plant.a @ now + plant.b[:, 0] * torque if steps else now
    rates = (now[:2] - before[:2]) * TASK.rate_hz
    gains = foresight.ahead(TASK, FEEDBACK, steps)
    assert gains @ [*now[:2], *rates, torque] == pytest.approx(FEEDBACK @ later)


def test_slopes_are_those_of_the_controller_at_the_top() -> None:
    controller, tiny = two_links_start.made(TASK, 2), 1e-3
    at = np.array([[np.cos(a), np.sin(a), np.cos(b), np.sin(b), u, v] for a, b, u, v in (*tiny * np.eye(4), [0.0] * 4)])
    torque = controller(at.astype(np.float32))[:, 0].astype(float)
    assert foresight.slopes(controller) == pytest.approx((torque[:4] - torque[4]) / tiny, rel=0.02)


def test_the_controller_that_looks_ahead_has_one_connection_more_and_reads_no_rates() -> None:
    before = two_links_start.made(TASK, 2)
    after = foresight.foresighted(TASK, before, 1.5)
    assert after.network.n_connections == before.network.n_connections + 1
    assert [channel.name for channel in after.observations] == [c.name for c in TASK.observations[:4]]
    assert foresight.slopes(after) == pytest.approx(foresight.ahead(TASK, foresight.slopes(before), 1.5)[:4], abs=1e-3)
