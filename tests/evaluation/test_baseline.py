"""Laws of the random-network baseline: it covers each compiled task and grows no wiser than it may."""

import pytest

from wann_rt.evaluation import baseline


def test_the_swing_up_has_a_baseline_of_each_size_from_2_to_50() -> None:
    rows = baseline.baselines("cartpole-swingup")
    assert [row.connections for row in rows] == sorted({row.connections for row in rows})
    assert (rows[0].connections, rows[-1].connections) == (2, 50)
    assert all(row.networks >= 1000 for row in rows)


def test_the_best_random_network_is_above_the_95th_percentile_and_that_above_the_median() -> None:
    for row in baseline.baselines("cartpole-swingup"):
        for spread in row.scores.values():
            assert spread.median <= spread.p95 <= spread.best <= 1000


@pytest.mark.parametrize(("connections", "nearest"), [(1, 2), (4, 4), (11, 12), (22, 20), (500, 50)])
def test_the_nearest_size_is_shown(connections: int, nearest: int) -> None:
    found = baseline.nearest("cartpole-swingup", connections)
    assert found is not None
    assert found.connections == nearest
    assert found.text("tuned_shared").startswith("median ")
    assert found.text("own_weight") == ""


def test_a_task_without_a_table_has_no_baseline() -> None:
    assert baseline.baselines("chess") == []
    assert baseline.nearest("chess", 4) is None
