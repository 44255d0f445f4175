"""The curriculum of which the champion acrobot-torque comes."""

import acrobot_start
import foresight
import numpy as np
import pytest
import two_links_start
from acrobot_start import LATER, STAGES, UNDAMPED, Stage

from wann_rt import tasks, zoo
from wann_rt.tasks.compiled import two_links

HANGS = np.abs(two_links.HANGING) - two_links.START - 1e-6


def begun(stage: Stage) -> np.ndarray:
    start = acrobot_start.beginning(stage)
    return np.stack([start(seed) for seed in range(400)])


def test_the_beginnings_of_a_stage_lie_in_its_box_or_hang() -> None:
    near, far = begun(STAGES[0]), begun(STAGES[-1])
    box = STAGES[0].scale * two_links_start.ANYWHERE
    assert (np.abs(near) <= box + 1e-6).all()
    assert (np.abs(near).max(axis=0) > 0.9 * box).all()
    hangs = (np.abs(far[:, 0]) >= HANGS[0]) & (np.abs(far[:, 1:]) <= two_links.START[1:] + 1e-6).all(axis=1)
    assert abs(hangs.mean() - STAGES[-1].hanging) < 0.08


@pytest.mark.parametrize("calm", [False, True])
def test_a_machine_with_usual_damping_moves_as_the_task_s(calm: bool) -> None:
    task = tasks.get("acrobot-torque")
    varied = acrobot_start.Varied(**{**task.params._asdict(), "damping_1": UNDAMPED, "damping_2": UNDAMPED})
    state = [np.float32(value) for value in (3.0, 0.2, 1.0, -2.0, 0.4)]
    *usual, reward, _ = task.step(task.params, *state)
    *moved, other, _ = (acrobot_start.calm_step if calm else acrobot_start.step)(varied, *state)
    assert moved == usual
    assert other == (reward * reward if calm else reward)


def test_the_machines_of_a_stage_differ_and_have_damping_of_either_sign() -> None:
    task = acrobot_start.task_of(STAGES[-1])
    assert {"inertia_2_spread", "damping_1_spread", "observation_noise", "smoothness_penalty"} <= set(
        task.params._fields
    )
    assert "smoothness_penalty" not in acrobot_start.task_of(STAGES[0]).params._fields
    assert task.max_steps == STAGES[-1].seconds * task.rate_hz


def test_later_stages_derive_the_rates_and_have_longer_delays() -> None:
    early, late = acrobot_start.task_of(STAGES[-1]), acrobot_start.task_of(LATER[0])
    assert not early.derived
    assert [one.name for one in late.derived] == list(foresight.DERIVED)
    assert late.params.delay > early.params.delay


@pytest.mark.long  # a minute and a half
def test_the_champion_is_what_the_curriculum_writes() -> None:
    recipe, champion = zoo.recipes()[acrobot_start.NAME], zoo.load(acrobot_start.NAME)
    assert recipe.champion in recipe.given
    _, again = acrobot_start.made()
    assert (again.network, again.weight, again.derived) == (champion.network, champion.weight, champion.derived)
