"""A random linear map of the observations: another one each episode, sometimes none, and off unless asked for."""

import numpy as np

from wann_rt import tasks
from wann_rt.tasks import conditions

SWING_UP = tasks.get("cartpole-swingup")


def readings(strength: float, seed: int, **others: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns what is read after a step, and what there is to be read."""
    task = tasks.with_params(SWING_UP, observation_map=strength, **others)
    state = task.start(seed)
    *after, _, _ = task.step(task.params, *state, np.float32(3))
    plain = after[: len(SWING_UP.variables)]
    return np.array(task.observe(*after), np.float32), np.array(SWING_UP.observe(*plain), np.float32)


def test_a_reading_is_the_value_and_a_share_of_each_channel() -> None:
    task, seed = tasks.with_params(SWING_UP, observation_map=0.2), 11
    drawn = dict(zip(task.variables, task.start(seed), strict=True))
    seen, there = readings(0.2, seed)
    sizes = np.array(conditions.sizes(SWING_UP))
    share = np.array([[drawn[f"drawn_map_{k}_{j}"] for j in range(5)] for k in range(5)])
    assert np.abs(share).max() > 0.5
    np.testing.assert_allclose(seen, there + 0.2 * sizes * (share @ (there / sizes)), rtol=1e-5, atol=1e-6)


def test_one_episode_of_ten_is_clean_and_the_others_differ() -> None:
    found = [readings(0.1, seed) for seed in range(300)]
    clean = [bool((seen == there).all()) for seen, there in found]
    assert 12 <= sum(clean) <= 55
    assert len({float((seen / there)[2]) for seen, there in found}) > 200


def test_what_is_off_changes_nothing_and_what_else_is_drawn_stays() -> None:
    assert tasks.with_params(SWING_UP, observation_map=0) is SWING_UP or not tasks.with_params(
        SWING_UP, observation_map=0
    ).params._asdict().get("observation_map")
    assert "observation_map" not in conditions.tested(SWING_UP), "robustness is judged as before"
    alone, beside = (
        dict(zip(task.variables, task.start(5), strict=True))
        for task in (
            tasks.with_params(SWING_UP, observation_gain=0.1),
            tasks.with_params(SWING_UP, observation_gain=0.1, observation_map=0.1),
        )
    )
    assert all(beside[name] == value for name, value in alone.items())


def test_a_late_reading_is_mapped_as_one_that_is_not() -> None:
    seen, _ = readings(0.2, 11, observation_delay=4)
    assert np.isfinite(seen).all()
