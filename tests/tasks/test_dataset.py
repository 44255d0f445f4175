"""Laws of data sets as tasks."""

from typing import Any

import numpy as np
import pytest
from helpers.digits import little_task

import wann_rt as wr
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.exponential import logarithm
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.core.random import Purpose
from wann_rt.core.sample_scores import entropy
from wann_rt.evaluation.fixed_loss import loss
from wann_rt.evolution.config import load
from wann_rt.evolution.search import Search
from wann_rt.play.episodes import episode_seeds, weights_per_connection
from wann_rt.play.plain import play_controller, record_vectors
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import with_params
from wann_rt.tasks.dataset.task import SCORINGS, DataTask, dataset_task
from wann_rt.tasks.traced import traced
from wann_rt.tuning.polish import Arena

RNG = np.random.default_rng(5)
X = RNG.standard_normal((300, 3)).astype(np.float32)
LABELS = RNG.integers(0, 3, 300)
NUMBERS = RNG.standard_normal((300, 2))


def some_network(n_inputs: int, n_outputs: int) -> Network:
    """Returns a network with hidden nodes of several kinds, with signs."""
    hidden = {n_inputs + 1: 9, n_inputs + 2: 5, n_inputs + 3: 7}
    outputs = {n_inputs + 4 + k: 1 for k in range(n_outputs)}
    connections = [
        Connection(source, target, 1 if (source + target) % 3 else -1)
        for target in (*hidden, *outputs)
        for source in range(target)
        if source < n_inputs + 1 or (source in hidden and (target in outputs or source < target))
    ]
    return Network.build(n_inputs, hidden, outputs, connections)[0]


def task_of_kind(scoring: str) -> DataTask:
    """Returns a data set that is searched for this."""
    return dataset_task(X, NUMBERS if scoring == "closeness" else LABELS, scoring=scoring)


@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_compiled_scores_have_the_bits_of_those_in_numpy(scoring: str, part: Any) -> None:
    task = task_of_kind(scoring).on(part)
    network = some_network(3, len(task.actions))
    starts = starts_of(task, episode_seeds(Purpose.TEST, 0, 100))
    for weight in (wr.Weight.shared(0.7), wr.Weight("connections", tuple(np.sin(range(network.n_connections))))):
        network = unsigned(network) if weight.kind == "connections" else network
        controller = wr.Controller("c", network, weight, task.observations, task.actions, decision=task.decision)
        rows = np.repeat(weight.array[:, None], 100, axis=1)
        played = play(task, network, rows if weight.kind == "connections" else rows[0], starts)
        assert np.array_equal(played.returns, play_controller(task, controller, starts).returns)
        assert len(np.unique(played.returns)) > 1


def test_what_is_no_number_is_scored_alike_by_both() -> None:
    for scoring in SCORINGS:
        task = task_of_kind(scoring)
        network = some_network(3, len(task.actions))
        weight = wr.Weight.shared(3e38)
        controller = wr.Controller("c", network, weight, task.observations, task.actions, decision=task.decision)
        starts = starts_of(task, range(64))
        compiled = play(task, network, np.full(64, 3e38, np.float32), starts).returns
        assert np.isfinite(compiled).all()
        assert np.array_equal(compiled, play_controller(task, controller, starts).returns)


def test_accuracy_is_the_share_that_decide_gets_right() -> None:
    task = task_of_kind("accuracy").judged()
    controller = wr.Controller(
        "c", some_network(3, 3), wr.Weight.shared(-0.4), task.observations, task.actions, decision="argmax"
    )
    starts = starts_of(task, episode_seeds(Purpose.TEST, 3, task.size))
    rows = starts[0].astype(int)
    right = controller.decide(task.data.inputs[rows]) == task.data.targets[rows, 0]
    assert play_controller(task, controller, starts).returns.mean() == pytest.approx(100.0 * right.mean())


def test_as_many_episodes_as_samples_are_each_sample_once_and_of_its_part() -> None:
    task = little_task()
    for part in ("train", "validation", "test"):
        rows = task.on(part).data.rows(part)
        starts = starts_of(task.on(part), episode_seeds(Purpose.TEST, 9, len(rows)))
        assert sorted(starts[0].astype(int)) == list(rows)
    twice = starts_of(task.on("test"), episode_seeds(Purpose.TEST, 9, 2 * task.on("test").size))[0]
    assert (np.unique(twice, return_counts=True)[1] == 2).all()


def test_the_parts_are_disjoint_and_do_not_depend_on_anything_but_the_number() -> None:
    x = np.arange(100.0)[:, None]
    one, two = (dataset_task(x, np.arange(100) % 2) for _ in range(2))
    assert one.data.digest == two.data.digest
    assert sorted(one.data.inputs[:, 0]) == list(range(100))
    assert one.data.ends == (60, 80, 100)


def test_a_search_learns_and_is_judged_on_the_test_samples() -> None:
    task = little_task()
    settings: Any = {"generations": 48, "population": 96, "activations": ("abs", "linear")}
    controller = wr.search(task, progress=False, threads=1, **settings)
    assert controller.provenance["score"]["episodes"] == task.judged().size == 120
    assert controller.provenance["score"]["mean"] > 65
    assert controller.provenance["data"] == task.data.digest
    again = wr.search(task, progress=False, threads=2, **settings)
    assert again == controller
    evaluated = wr.evaluate(controller, task, episodes=10_000)
    assert evaluated.scores["own_weight"].episodes == 120
    assert evaluated.scores["own_weight"].mean == pytest.approx(controller.provenance["score"]["mean"], abs=0.01)


def test_champions_are_chosen_on_validation_samples() -> None:
    task = little_task()
    running = Search(task, load("dataset", {"population": 8}), 1)
    assert set(running._retest_trials.starts[0].astype(int)) <= set(task.data.rows("validation"))


def test_a_data_set_is_shown_without_its_numbers() -> None:
    assert "array" not in repr(task_of_kind("accuracy"))
    assert "sha256" in repr(task_of_kind("accuracy"))


def test_classes_may_be_floats_where_they_are_called_classes() -> None:
    named = dataset_task(X, LABELS.astype(np.float64), scoring="accuracy")
    assert named.data.digest == dataset_task(X, LABELS).data.digest
    assert (named.decision, named.scoring) == ("argmax", "accuracy")


def test_a_regression_is_a_task_too() -> None:
    task = dataset_task(X, np.abs(X[:, 0]), name="size")
    controller = wr.search(task, progress=False, threads=1, generations=16, population=64)
    assert -1.0 < controller.provenance["score"]["mean"] <= 0
    assert controller.rate_hz is None


def test_wanted_outputs_may_be_whole_numbers_where_they_are_called_outputs() -> None:
    whole, floats = (dataset_task(X, LABELS.astype(kind), scoring="closeness") for kind in (int, float))
    assert whole.decision == "values"
    assert whole.data.digest == floats.data.digest


def test_vectors_are_of_different_samples() -> None:
    task = little_task()
    network = some_network(4, 2)
    controller = wr.Controller("c", network, wr.Weight.shared(1), task.observations, task.actions, decision="argmax")
    vectors = record_vectors(task, controller, 0)
    assert len({vector.observation for vector in vectors}) == 8


def test_channels_that_condition_are_applied_once() -> None:
    channels = [wr.Channel(f"c{k}", "", -1, 1, offset=0.25, scale=2.0, clip=True) for k in range(3)]
    task = dataset_task(X, LABELS, observations=channels)
    network = some_network(3, 3)
    controller = wr.Controller("c", network, wr.Weight.shared(1), task.observations, task.actions, decision="argmax")
    starts = starts_of(task, range(100))
    compiled = play(task, network, np.ones(100, np.float32), starts).returns
    assert np.array_equal(compiled, play_controller(task, controller, starts).returns)


def test_random_weights_differ_by_lane() -> None:
    task = task_of_kind("likelihood")
    network = some_network(3, 3)
    starts = starts_of(task, range(70))
    weights = weights_per_connection(np.uint64(1), network.n_connections, 70)
    together = play(task, network, weights, starts).returns[0]
    for lane in (0, 63, 64, 69):
        alone = play(task, network, weights[:, lane : lane + 1].copy(), starts[:, lane : lane + 1]).returns[0, 0]
        assert alone == together[lane]


HOLE = np.where(np.arange(300)[:, None] == 7, np.nan, X)


@pytest.mark.parametrize(
    ("inputs", "targets", "says"),
    [
        (X[:, 0], LABELS, "expected an array .samples, inputs."),
        (HOLE, LABELS, "sample 7 holds a number that float32 cannot"),
        (X * np.float64(1e300), LABELS, "sample 0 holds"),
        ([["a"]], [0], "expected an array of numbers"),
        (X, LABELS[:-1], "expected 300 labels"),
        (X, LABELS[:, None], r"shape .300, 1. came: y.ravel\(\)"),
        (X, np.eye(3, dtype=int)[LABELS], r"shape .300, 3. came: y.argmax\(axis=1\) of one-hot rows"),
        (X, np.ones((300, 2), int), r'shape .300, 2. came: several numbers a sample are .* scoring="closeness"'),
        (X.reshape(-1, 1, 3), LABELS, r"images become rows by x.reshape\(len\(x\), -1\)"),
        (X, LABELS - 1, "label -1 came"),
        (X, LABELS + 5000, "label 500"),
        (X, LABELS * 0, "all samples have one class"),
        (X, LABELS * 2, "class 1 is that of no training sample"),
        (X, NUMBERS[:-1], "expected an array .300. or .300, outputs."),
        (X, np.where(NUMBERS > 2, np.inf, NUMBERS), "holds a number that float32 cannot"),
        (X[:2], LABELS[:2], "too few"),
        # as tables and scikit-learn have them
        (X, np.array(["ant", "bee", "cow"])[LABELS], r"<U3 came: classes, y = np.unique\(y, return_inverse=True\)"),
        (X, LABELS + 1, r"class 0 is that of no training sample; .*: classes, y = np.unique"),
        (X, LABELS * 2 - 1, r"label -1 came; .*: classes, y = np.unique.*, y.astype\(float\) wanted outputs"),
        (X.astype(object), LABELS, r"object came: astype\(float\) makes numbers of a table's columns"),
        (X, LABELS.astype(object), r"object came: astype\(float\)"),
        ([["1", 2.0]] * 9, LABELS[:9], "<U32 came: leave columns of text out"),
        (X, [[1], [1, 2]] * 150, "targets: expected an array of numbers: "),
    ],
)
def test_what_is_no_data_set_is_one_clear_error(inputs: Any, targets: Any, says: str) -> None:
    with pytest.raises(TaskError, match=says):
        dataset_task(inputs, targets)


def test_what_makes_no_sense_of_a_data_set_is_one_clear_error() -> None:
    task = little_task()
    with pytest.raises(TaskError, match=r"scoring 'f1' is none of classes: accuracy or likelihood"):
        dataset_task(X, LABELS, scoring="f1")
    with pytest.raises(TaskError, match="nan came as the label of sample 4: leave it out"):
        dataset_task(X, np.where(np.arange(300) == 4, np.nan, LABELS), scoring="accuracy")
    with pytest.raises(TaskError, match="class 1 has no name; expected labels from 0 to 1"):
        dataset_task(X, LABELS, classes=["a"])
    with pytest.raises(TaskError, match="expected whole numbers, the classes; fractions came"):
        dataset_task(X, LABELS + 0.5, scoring="accuracy")
    with pytest.raises(TaskError, match="2 observations came for 3 inputs"):
        dataset_task(X, LABELS, observations=[wr.Channel("a"), wr.Channel("b")])
    with pytest.raises(TaskError, match="class 2 has no name"):
        dataset_task(X, LABELS, classes=["a", "b"])
    with pytest.raises(TaskError, match="the test samples have 2 inputs"):
        dataset_task(X, LABELS, test=(X[:, :2], LABELS))
    ones = np.clip(np.abs(X), 0, 1) / np.clip(np.abs(X), 0, 1).max()
    with pytest.raises(TaskError, match=r"the test inputs reach 255 in size, the others 1: .* as x / 255"):
        dataset_task(ones, LABELS, test=(ones * 255, LABELS))
    for given in (X, (X, LABELS, LABELS), X[0]):
        with pytest.raises(TaskError, match="test: expected a pair, the inputs and the targets"):
            dataset_task(X, LABELS, test=given)  # type: ignore[arg-type]
    for shares in (0.2, (0.6, 0.6), (0.2, np.nan), (0.1,), "ab"):
        with pytest.raises(TaskError, match=r"shares are .*; expected those of validation and test"):
            dataset_task(X, LABELS, shares=shares)  # type: ignore[arg-type]
    with pytest.raises(TaskError, match="two classes are called 'a'"):
        dataset_task(X, LABELS, classes=["a", "b", "a"])
    with pytest.raises(TaskError, match="classes are the text 'abc'; expected a list of names"):
        dataset_task(X, LABELS, classes="abc")
    with pytest.raises(TaskError, match="name 3 of a data set: expected a text"):
        dataset_task(X, LABELS, name=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"is a data set, which knows no disturbances .*--preset dataset"):
        wr.search(task, preset="robust", progress=False)


def test_tuning_trains_on_training_samples_chooses_on_validation_and_reports_the_test() -> None:
    task = little_task()
    controller = wr.Controller(
        "c", some_network(4, 2), wr.Weight.shared(1), task.observations, task.actions, decision="argmax"
    )
    arena = Arena(task, 0, 1)
    assert set(arena.fresh(100)[0].astype(int)) <= set(task.data.rows("train"))
    assert set(arena.held_out(Purpose.TUNE_FINAL, 100)[0].astype(int)) <= set(task.data.rows("validation"))
    tuned = wr.tune(controller, task, method="pepg", steps=5_000, threads=1)
    assert tuned.controller.provenance["score"]["episodes"] == 120
    assert wr.evaluate(tuned.controller, task, episodes=120).scores["own_weight"].mean == pytest.approx(
        tuned.controller.provenance["score"]["mean"], abs=0.01
    )


def test_a_data_set_has_no_dynamics_to_export_or_disturb() -> None:
    task = little_task()
    with pytest.raises(TaskError, match="is a data set: it has no dynamics"):
        traced(task)
    with pytest.raises(TaskError, match="is a data set, which has no param 'delay'"):
        with_params(task, delay=2.0)


def test_what_fixed_point_costs_is_told_of_the_test_samples() -> None:
    task = little_task()
    controller = wr.Controller(
        "c", some_network(4, 2), wr.Weight.shared(1), task.observations, task.actions, decision="argmax"
    )
    lost = loss(task, controller)
    assert lost.float32.episodes == lost.fixed.episodes == 120
    right = wr.evaluate(controller, task, episodes=120).scores["own_weight"].mean
    assert lost.float32.mean == pytest.approx(right, abs=0.01)
    assert abs(lost.difference.mean) < 5


def test_entropy_is_100_when_sure_and_0_for_a_guess() -> None:
    with np.errstate(divide="ignore"):
        sure, guessed, wrong = (
            float(entropy([np.float32(x) for x in outputs], np.float32(0)))
            for outputs in ((9, 0, 0), (0, 0, 0), (0, 5, 5))
        )
    assert sure > 90
    assert guessed == pytest.approx(0, abs=0.1)
    assert wrong < -100
    for value in (1.0, 1.5, 3.0, 10.0, 100.0):
        assert float(logarithm(np.float32(value))) == pytest.approx(np.log(value), abs=1e-3)
