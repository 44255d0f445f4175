"""Laws of playing and scoring: every way to play agrees bit for bit, each condition is what it says."""

import numpy as np
import pytest

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose
from wann_rt.evaluation.conditions import SIX_WEIGHTS, evaluate
from wann_rt.evaluation.score import Score, interquartile_mean
from wann_rt.evaluation.sweep import Sweep, race, sweep, tuned_weight
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import play, starts_of

TASK = tasks.get("swingup")
# Swings up and spins: all kinds of activations, a signed connection, a skip from the bias.
NETWORK, _ = Network.build(
    5,
    {10: 5, 11: 3, 12: 4},
    {20: 1},
    [
        Connection(0, 10), Connection(2, 10), Connection(3, 11), Connection(10, 12), Connection(5, 12, -1),
        Connection(11, 20), Connection(12, 20), Connection(0, 20, -1), Connection(4, 20),
    ],
)  # fmt: skip


def controller(weight: Weight) -> Controller:
    return Controller("c", NETWORK, weight, TASK.observations, TASK.actions, TASK.rate_hz)


@pytest.mark.parametrize("episodes", [1, 7, 130])
def test_kernels_and_controller_play_the_same_episodes(episodes: int) -> None:
    starts = starts_of(TASK, range(episodes))
    played = play(TASK, NETWORK, np.full(episodes, -1.5, np.float32), starts)
    plain = play_controller(TASK, controller(Weight.shared(-1.5)), starts)
    assert (played.lengths == plain.lengths).all()
    assert (played.returns == plain.returns).all()


def test_weights_per_connection_play_the_same_episodes() -> None:
    unsigned, _ = Network.build(5, {10: 5}, {20: 1}, [Connection(3, 10), Connection(4, 10), Connection(10, 20)])
    weights = np.array([1.5, -0.25, 2.0], np.float32)
    starts = starts_of(TASK, range(12))
    played = play(TASK, unsigned, np.repeat(weights[:, None], 12, axis=1), starts)
    made = Controller("c", unsigned, Weight("connections", tuple(weights.tolist())), TASK.observations, TASK.actions)
    assert (played.returns == play_controller(TASK, made, starts).returns).all()


def test_actions_are_watched_alike_by_kernels_and_controller() -> None:
    starts = starts_of(TASK, range(40))
    watched = play(TASK, NETWORK, np.full(40, -1.5, np.float32), starts, watched=True)
    plain = play_controller(TASK, controller(Weight.shared(-1.5)), starts)
    unwatched = play(TASK, NETWORK, np.full(40, -1.5, np.float32), starts)
    assert (watched.returns == unwatched.returns).all()
    assert watched.efforts is not None
    assert plain.efforts is not None
    assert watched.changes is not None
    assert plain.changes is not None
    assert (watched.changes == plain.changes).all()
    assert watched.efforts == pytest.approx(plain.efforts)
    assert unwatched.efforts is None


def test_effort_and_chatter_are_what_they_say() -> None:
    bang, _ = Network.build(5, {}, {20: 1}, [Connection(3, 20)])  # cos_theta, times a huge weight: -1 or 1
    made = Controller("c", bang, Weight.shared(1e6), TASK.observations, TASK.actions, TASK.rate_hz)
    score = Score.of_episodes(TASK, play_controller(TASK, made, starts_of(TASK, range(8))))
    still, _ = Network.build(5, {}, {20: 1}, [])
    idle = Score.of_episodes(TASK, play(TASK, still, np.ones(8, np.float32), starts_of(TASK, range(8)), watched=True))
    assert score.effort == pytest.approx(1, abs=1e-3)
    assert score.chatter is not None
    assert 0 < score.chatter < TASK.rate_hz
    assert (idle.effort, idle.chatter) == (0, 0)


def test_a_lane_does_not_depend_on_its_neighbours() -> None:
    weights, starts = np.linspace(-2, 2, 150).astype(np.float32), starts_of(TASK, range(150))
    together = play(TASK, NETWORK, weights, starts)
    for k in (0, 77, 149):
        alone = play(TASK, NETWORK, weights[k : k + 1], starts[:, k : k + 1])
        assert alone.returns[0, 0] == together.returns[0, k]


def test_an_episode_ends_where_the_track_does() -> None:
    starts = starts_of(TASK, range(4))
    starts[:, 2] = [2.39, 5.0, np.pi, 0.0]  # at the end of the track, moving outwards
    played = play(TASK, NETWORK, np.full(4, 0.0, np.float32), starts)
    assert played.lengths[0, 2] == 1
    assert played.lengths.max() <= TASK.max_steps


def test_recorded_vectors_replay() -> None:
    made = controller(Weight("ensemble", (-2.0, 0.5)))
    vectors = record_vectors(TASK, made, seed=3)
    assert len(vectors) == 8
    assert all(tuple(made(v.observation).tolist()) == v.action for v in vectors)


def test_conditions_are_what_they_say() -> None:
    result = evaluate(controller(Weight.shared(0.5)), TASK, episodes=6, seed=4)
    starts = starts_of(TASK, episode_seeds(Purpose.TEST, 4, 6))

    def mean(*weights: float) -> float:
        return float(np.mean([play(TASK, NETWORK, np.full(6, w, np.float32), starts).returns.mean() for w in weights]))

    assert result.scores["own_weight"].mean == pytest.approx(mean(0.5))
    assert result.scores["tuned_shared"].mean == pytest.approx(mean(result.tuned_weight))
    assert result.scores["six_weights"].mean == pytest.approx(mean(*SIX_WEIGHTS))
    assert result.scores["six_weights"].episodes == 36


def test_an_evaluation_has_the_sweep_that_its_caller_wants() -> None:
    made = controller(Weight.shared(0.5))
    result = evaluate(made, TASK, episodes=2, sweep_weights=3, sweep_episodes=5)
    assert result.sweep.weights.tolist() == [-2, 0, 2]
    by_hand = tuned_weight(TASK, NETWORK, episodes=5, weights=np.array([-2, 0, 2], np.float32))
    assert (result.sweep.env_steps, result.tuned_weight) == (by_hand.env_steps, by_hand.best)
    for wrong in ({"sweep_weights": 1}, {"sweep_weights": 100_001}, {"sweep_episodes": -1}, {"sweep_episodes": 10**6}):
        with pytest.raises(ConfigError, match=f"{next(iter(wrong))} is"):
            evaluate(made, TASK, episodes=2, **wrong)


def test_the_sweep_is_fine_and_finds_its_best() -> None:
    swept = sweep(TASK, NETWORK, episodes=2)
    assert np.diff(swept.weights).max() < 0.0101
    assert swept.weights[0] == -2
    assert swept.weights[-1] == 2
    assert swept.means.max() == swept.means[np.flatnonzero(swept.weights == np.float32(swept.greatest))[0]]


def swept_by_hand(behind: list[float], changes: list[float] | None, weights: list[float] | None = None) -> float:
    grid, count = np.array(weights or np.linspace(-1, 1, len(behind)), np.float32), len(behind)
    calm = None if changes is None else np.array(changes)
    return Sweep(grid, np.zeros(count), np.zeros(count), 0, np.array(behind), calm).best


def test_the_best_weight_is_the_calmest_of_those_that_cannot_be_told_from_the_greatest() -> None:
    assert swept_by_hand([0.0, 0.9, 1.1, 5.0, 5.0], [3.0, 2.0, 1.0, 0.0, 0.0]) == -0.5
    assert swept_by_hand([5.0, 0.5, 0.0, 0.5, 5.0], None) == 0  # nobody watched: the middle of the plateau
    assert swept_by_hand([0.0, 5.0, 5.0, 5.0, 0.0], [1.0] * 5) == 1  # of equals the positive one
    assert swept_by_hand([0.0, 0.0, 0.0], [1.0] * 3, [-1.0, 0.99, 1.0]) == 1  # finalists far apart are no neighbours


@pytest.mark.slow
def test_the_tuned_weight_does_not_depend_on_who_asks() -> None:
    """Of a plateau, other episodes choose much the same weight, and the evaluation's seed has no say at all."""
    champion = wr.load("zoo:cartpole-swingup.shared")
    task, network = wr.task_of(champion), champion.network
    chosen = tuned_weight(task, network).best
    other = race(task, network, sweep(task, network, seed=1), episodes=256, seed=1)
    assert abs(abs(other.best) - abs(chosen)) < 0.15  # its return is the same from 1.3 to 1.7, on both sides
    assert {wr.evaluate(champion, episodes=2, seed=s).tuned_weight for s in (0, 5)} == {chosen}


@pytest.mark.slow
def test_evaluation_depends_on_its_seed_only() -> None:
    made = controller(Weight.shared(1))
    first, again, other = (evaluate(made, TASK, episodes=4, seed=s).to_dict() for s in (1, 1, 2))
    assert first == again != other


def test_interval_is_the_normal_one() -> None:
    score = Score.of(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (score.mean, score.low, score.high, score.episodes) == (2.5, 1.0, 4.0, 4)
    assert score.ci95 == pytest.approx(1.96 * 1.2909944 / 2)


def test_a_controller_with_other_channels_is_refused() -> None:
    other = (Channel("angle"), *TASK.observations[1:])
    made = Controller("c", NETWORK, Weight.shared(1), other, TASK.actions)
    with pytest.raises(TaskError, match="was made for angle"):
        evaluate(made, TASK)


def test_a_score_tells_quantiles_and_the_mean_of_its_worst_episodes() -> None:
    score = Score.of(np.array([5.0, 1.0, 2.0, 4.0, 3.0]))
    assert score.returns == (5, 1, 2, 4, 3)
    assert (score.quantile(0), score.quantile(0.5), score.quantile(1)) == (1, 3, 5)
    assert score.cvar(0.2) == 1
    assert score.cvar(0.4) == 1.5
    assert score.cvar(0.3) == pytest.approx((1 + 0.5 * 2) / 1.5)  # the second worst lies in it by half
    assert score.cvar(1) == pytest.approx(score.mean)
    assert score.iqm == 3
    assert "returns" not in score.to_dict()
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ConfigError, match="share is"):
            score.cvar(share)


def test_the_interquartile_mean_is_that_of_rliable() -> None:
    """``scipy.stats.trim_mean(x, 0.25)`` of these numbers, written down."""
    assert interquartile_mean([10.0, 0.0, 1.0, 2.0, 100.0, 3.0, 4.0, 5.0]) == pytest.approx(3.5)
    assert interquartile_mean([1.0, 2.0, 9.0]) == 4
    assert interquartile_mean([7.0]) == 7
