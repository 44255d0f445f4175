"""The published swing-up champion scores here what it scored in the reference code: loader, task and kernels agree.

Single episodes cannot be compared: near the top the pole is chaotic, and a last bit decides when it swings up. Means
over many episodes can. Reference figures, over 1000 to 20000 episodes: at the six weights 543, 688, 521, 522, 701 and
689 (mean 611), at 0.78 722.4 with a standard deviation of 15.4, with tuned weights 928.1 with one of 52, from rare
failures, and a typical episode of 932.
"""

import numpy as np
import pytest
from helpers import reference_data
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.controller import Controller
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.zoo.published import load_out

SWING = tasks.get("cartpole-swingup")
EPISODES = 1000
SIX = {-2.0: (543, 92), -1.0: (688, 92), -0.5: (521, 5), 0.5: (522, 5), 1.0: (701, 7), 2.0: (689, 15)}


@pytest.fixture(scope="module")
def starts() -> NDArray[np.float32]:
    return starts_of(SWING, range(EPISODES))


@pytest.fixture(scope="module")
def champion() -> Controller:
    return load_out(reference_data.champion("swing")[0], task="swing")


@pytest.fixture(scope="module")
def tuned() -> Controller:
    topology, weights = reference_data.champion("swing")
    return load_out(topology, weights=weights, task="swing")


def returns(champion: Controller, weight: float, starts: NDArray[np.float32]) -> NDArray[np.float64]:
    weights = np.full(starts.shape[1], weight, np.float32)
    scores: NDArray[np.float64] = play(SWING, champion.network, weights, starts).returns[0]
    return scores


def test_each_of_the_six_weights_scores_as_published(champion: Controller, starts: NDArray[np.float32]) -> None:
    means = {w: returns(champion, w, starts).mean() for w in SIX}
    for w, (mean, sd) in SIX.items():
        # Five standard errors of a difference of two means, of which the reference's was over 100 episodes.
        assert abs(means[w] - mean) < 5 * sd * np.sqrt(1 / 100 + 1 / EPISODES), (w, means[w])
    # The standard error of the mean over the six is 92 * sqrt(2) / 6 / sqrt(1000) = 0.7 on either side.
    assert abs(np.mean(list(means.values())) - 611) < 5


def test_the_best_shared_weight_scores_as_published(champion: Controller, starts: NDArray[np.float32]) -> None:
    scores = returns(champion, 0.78, starts)
    assert abs(scores.mean() - 722.4) < 3.5  # five standard errors: 15.4 * sqrt(2 / 1000) = 0.7
    assert scores.std() == pytest.approx(15.4, abs=3)


def test_tuned_weights_score_as_published(tuned: Controller, starts: NDArray[np.float32]) -> None:
    weights = np.repeat(tuned.weight.array[:, np.newaxis], EPISODES, axis=1)
    scores = play(SWING, tuned.network, weights, starts).returns[0]
    assert 928.1 - 8.5 < scores.mean() < 932 + 2  # five standard errors, 52 / sqrt(1000) = 1.7; without failures 932
    assert abs(np.median(scores) - 932) < 2


def test_random_weights_score_little_and_random_shared_weights_much(
    champion: Controller, starts: NDArray[np.float32]
) -> None:
    rng = np.random.default_rng(1)
    shared = rng.uniform(-2, 2, EPISODES).astype(np.float32)
    single = rng.uniform(-2, 2, (champion.network.n_connections, EPISODES)).astype(np.float32)
    # Reference: 514.8 with a standard deviation of 237, and 47.6 with one of 109; five standard errors.
    assert abs(play(SWING, champion.network, shared, starts).returns.mean() - 514.8) < 5 * 237 / np.sqrt(EPISODES)
    assert abs(play(SWING, champion.network, single, starts).returns.mean() - 47.6) < 5 * 109 / np.sqrt(EPISODES)


@pytest.mark.parametrize("kind", ["shared", "connections"])
def test_the_compiled_rollout_is_that_of_the_whole_controller(
    kind: str, champion: Controller, tuned: Controller, starts: NDArray[np.float32]
) -> None:
    few = np.ascontiguousarray(starts[:, :12])
    if kind == "shared":
        controller, weights = champion.with_weight(0.78), np.full(12, 0.78, np.float32)
    else:
        controller, weights = tuned, np.repeat(tuned.weight.array[:, np.newaxis], 12, axis=1)
    compiled, plain = play(SWING, controller.network, weights, few), play_controller(SWING, controller, few)
    assert (compiled.returns == plain.returns).all()
    assert (compiled.lengths == plain.lengths).all()
