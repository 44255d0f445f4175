"""The reference's champions: they compute what the reference code computed, and damaged files are refused."""

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import needs, reference_data
from helpers.builders import same_bits
from numpy.typing import NDArray

from wann_rt.core import files, reference
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ControllerError, FileError, TaskError
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.play.task_of import environment_of
from wann_rt.zoo.published import WEIGHT_BIAS, load_out

# Activations err by up to 3e-6, and each of the 8 to 14 levels passes that on, times the weights of its connections.
TOLERANCE = 1e-4


def greatest_error(got: NDArray[np.float32], wanted: list[list[float]]) -> float:
    """Returns the greatest difference, relative to the greatest output of the case: outputs may cancel to nearly 0."""
    exact = np.array(wanted)
    return float(np.abs(got - exact).max() / np.abs(exact).max())


@pytest.mark.parametrize("name", ["swing", "biped"])
def test_champions_compute_what_the_reference_computed_at_every_shared_weight(name: str) -> None:
    golden = reference_data.golden()[name]
    controller = load_out(reference_data.champion(name)[0])
    inputs = np.array(golden["inputs"], np.float32).T
    for w, wanted in golden["shared"].items():
        outputs = reference.forward(controller.lowered, float(w), inputs).T
        assert greatest_error(outputs, wanted) < TOLERANCE, w


@pytest.mark.parametrize("name", ["swing", "biped"])
def test_champions_compute_what_the_reference_computed_with_tuned_weights(name: str) -> None:
    golden = reference_data.golden()[name]
    topology, weights = reference_data.champion(name)
    controller = load_out(topology, weights=weights)
    assert controller.provenance["weight_bias"] == golden["zoo_bias"]
    inputs = np.array(golden["inputs"], np.float32).T
    outputs = reference.forward(controller.lowered, None, inputs).T
    assert greatest_error(outputs, golden["zoo"]) < TOLERANCE


@pytest.mark.parametrize(("name", "shape"), [("swing", (5, 1, 22, 52)), ("biped", (24, 4, 74, 210))])
def test_interface_is_inferred_from_the_structure(name: str, shape: tuple[int, int, int, int]) -> None:
    network = load_out(reference_data.champion(name)[0]).network
    assert (network.n_inputs, network.n_outputs, network.n_hidden, network.n_connections) == shape


def test_champions_come_with_contract_vectors_and_origin() -> None:
    topology, weights = reference_data.champion("swing")
    controller = load_out(topology, weights=weights, task="swing")
    assert (controller.name, controller.rate_hz) == ("cartpole-swingup", 100.0)
    assert controller.observations[4].name == "theta_dot"
    assert controller.provenance == {
        "task": "cartpole-swingup",
        "task_version": 1,
        "source": "swing.out",
        "source_sha256": hashlib.sha256(topology.read_bytes()).hexdigest(),
        "weights": "zoo_cartpole_swingup.wann.json",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "weight_bias": -1.5,
        "score": 932,
    }
    assert_vectors_hold(controller)
    assert files.from_text(files.to_text(controller)) == controller


def assert_vectors_hold(controller: Controller) -> None:
    assert len(controller.vectors) == 8
    observations = np.array([v.observation for v in controller.vectors], np.float32)
    assert same_bits(reference.evaluate(controller, observations), [v.action for v in controller.vectors])


# bias, 2 inputs, hidden tanh (3) and a useless relu (4), 2 outputs; one disabled connection
SMALL = """\
0,0,0,1.5,0,0,nan,1
0,0,0,2.5,0,0,0,1
0,0,0,0,-3,-4.5,0,1
0,0,0,0,0,0,5.5,5
0,0,0,0,0,0,0,9
0,0,0,0,0,0,0,1
0,0,0,0,0,0,0,7
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.out"
    path.write_text(SMALL)
    return path


def test_nodes_that_reach_no_output_are_dropped_and_disabled_connections_do_nothing(small: Path) -> None:
    controller = load_out(small, outputs=2, shared_weight=0.5)
    names = [BY_NAME[name].id for name in ("tanh", "linear", "inverse")]
    assert (controller.name, list(controller.network.activations)) == ("small", names)
    assert [c[:2] for c in controller.network.connections] == [(0, 3), (1, 3), (2, 4), (3, 5)]
    assert controller.weight == Weight.shared(0.5)
    assert [channel.name for channel in controller.actions] == ["action_0", "action_1"]
    assert_vectors_hold(controller)


def test_own_weights_stay_with_their_connections(small: Path) -> None:
    assert load_out(small, outputs=2, own_weights=True).weight.values == (1.5, 2.5, -4.5, 5.5)


def test_tuned_weights_are_parameter_plus_bias_row_by_row(small: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "any.wann.json"
    tuned.write_text("[[1, 2, 99, 3, 4], 123.5, 6.5]")  # 99 belongs to the connection that leads nowhere
    controller = load_out(small, outputs=2, weights=tuned, weight_bias=0.25)
    assert controller.weight.values == (1.25, 2.25, 3.25, 4.25)
    assert (controller.provenance["score"], controller.provenance["score_sd"]) == (123.5, 6.5)


@pytest.mark.parametrize(("task", "bias"), [("swing", -1.5), ("biped", -1.87), ("vae_racing", -0.7), ("mnist256", 0.0)])
def test_bias_of_tuned_weights_is_that_of_the_task(small: Path, tmp_path: Path, task: str, bias: float) -> None:
    tuned = tmp_path / f"zoo_{task}.wann.json" if task != "swing" else tmp_path / "cartpole_swingup.wann.json"
    tuned.write_text("[[0, 0, 0, 0, 0], 1]")
    assert set(load_out(small, outputs=2, weights=tuned).weight.values) == {float(np.float32(bias))}
    assert bias in WEIGHT_BIAS.values()


def test_the_task_decides_over_the_name_of_the_weights_file(small: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "biped.wann.json"
    tuned.write_text("[[0, 0, 0, 0, 0], 1]")
    weight = load_out(small, outputs=2, weights=tuned, task="vae_racing").weight
    assert set(weight.values) == {float(np.float32(-0.7))}


def test_unknown_bias_is_asked_for(small: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "mine.wann.json"
    tuned.write_text("[[0, 0, 0, 0, 0], 1]")
    with pytest.raises(TaskError, match="give weight_bias, or one of the tasks cartpole-swingup, biped"):
        load_out(small, outputs=2, weights=tuned)
    with pytest.raises(ControllerError, match="finite"):
        load_out(small, outputs=2, weights=tuned, weight_bias=float("nan"))


def test_options_that_exclude_each_other_are_refused(small: Path) -> None:
    with pytest.raises(ControllerError, match="not both"):
        load_out(small, weights=small, own_weights=True)
    with pytest.raises(TaskError, match="no task 'chess'"):
        load_out(small, task="chess")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": 3}, "3 inputs"),
        ({"inputs": 0}, "0 inputs"),
        ({"outputs": 4}, "4 outputs"),
    ],
)
def test_an_interface_that_the_file_cannot_have_is_refused(small: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=rf"small\.out: 7 nodes cannot be a bias, .*{message}"):
        load_out(small, **options)


def edited(line: int, column: int, value: str) -> str:
    """Returns SMALL with one number replaced; lines and columns count from 1, as in messages."""
    rows = [row.split(",") for row in SMALL.splitlines()]
    rows[line - 1][column - 1] = value
    return "\n".join(map(",".join, rows))


DAMAGED = {
    "empty": ("", "is empty"),
    "blank": ("\n \n", "is empty"),
    "one number": ("1", "line 1 has 1 values; the file has 1 lines, so each needs 2"),
    "only a bias": ("0,1", "1 nodes cannot be"),
    "ragged": (SMALL.replace("2.5,", ""), "line 2 has 7 values"),
    "a line missing": (SMALL[SMALL.index("\n") + 1 :], "line 1 has 8 values; the file has 6 lines, so each needs 7"),
    "text": (edited(2, 4, "heavy"), "line 2, value 4: expected a number, got 'heavy'"),
    "a missing number": (edited(2, 4, ""), "line 2, value 4: expected a number, got ''"),
    "infinite": (edited(2, 4, "inf"), "line 2, value 4: inf is beyond float32"),
    "huge": (edited(2, 4, "-1e300"), "line 2, value 4: -1e300 is beyond float32"),
    "a loop": (edited(4, 4, "1"), "line 4 connects node 3 to node 3, which does not come after it"),
    "backward": (edited(6, 2, "1"), "line 6 connects node 5 to node 1, which does not come after it"),
    "backward but disabled": (edited(6, 2, "nan"), "line 6 connects node 5 to node 1"),
    "unknown activation": (edited(4, 8, "12"), r"line 4: activation id 12 .* is unknown; known: 1 linear"),
    "broken activation": (edited(4, 8, "1.5"), "activation id 1.5"),
    "no activation": (edited(4, 8, "nan"), "activation id nan"),
    "no network": ("0,0,1\n0,0,1\n", "2 nodes cannot be"),
    "a controller file": ('{"format": "wann_rt.controller"}', "expected a number|has 1 values"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_topologies_are_refused_by_file_and_place(tmp_path: Path, case: str) -> None:
    content, message = DAMAGED[case]
    path = tmp_path / "damaged.out"
    path.write_text(content)
    with pytest.raises(FileError, match=rf"damaged\.out: .*({message})"):
        load_out(path)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x80\x04\x95pickle."])
def test_binary_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "binary.out"
    path.write_bytes(data)
    with pytest.raises(FileError, match=r"binary\.out: is not a text file"):
        load_out(path)


def test_missing_files_are_named(tmp_path: Path, small: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.out: cannot be read: No such file"):
        load_out(tmp_path / "nothing.out")
    with pytest.raises(FileError, match=r"nothing\.json: cannot be read: No such file"):
        load_out(small, weights=tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not valid JSON"),
        ("[[1, 2", "is not valid JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ("{}", r"expected \[parameters, mean score\]"),
        ("[1, 2, 3]", r"expected \[parameters, mean score\]"),
        ("[[1, 2, 3], 9]", "has 3 parameters for the 5 connections of .*small.out"),
        ('[[1, 2, "3", 4, 5], 9]', r'parameters\[2\]: expected a number that float32 can hold, got "3"'),
        ("[[1, 2, true, 4, 5], 9]", r"parameters\[2\]: .* got true"),
        ("[[1, 2, NaN, 4, 5], 9]", "NaN is not a JSON number"),
        ("[[1, 2, 1e39, 4, 5], 9]", r"parameters\[2\]: .* got 1e\+39"),
        (f"[[1, 2, 1{'0' * 400}, 4, 5], 9]", r"parameters\[2\]: expected a number"),
        ("[[1, 2, 3, 4, 5], null]", "mean score: expected a number"),
        ("[[1, 2, 3, 4, 5], 9, []]", "standard deviation: expected a number"),
    ],
)
def test_damaged_weights_are_refused_by_file_and_place(small: Path, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "tuned.json"
    path.write_text(content)
    with pytest.raises(FileError, match=rf"tuned\.json: .*{message}"):
        load_out(small, outputs=2, weights=path, weight_bias=0.0)


def test_the_published_walker_walks_in_gymnasium() -> None:
    needs.module("Box2D")
    topology, weights = reference_data.champion("biped")
    walker = load_out(topology, weights=weights, task="biped")
    task = environment_of(walker, "BipedalWalker-v3")
    returns = play_controller(task, walker, starts_of(task, range(3)), threads=1).returns
    assert returns.min() > 325  # the reference's own arithmetic: 331.5 +- 0.7 over 100 episodes


@pytest.mark.parametrize(("inputs", "outputs"), [(16, 3), (5, 3), (6, 1), (4, 1), (2, 1)])
def test_a_champion_of_another_shape_is_no_champion_of_the_task(tmp_path: Path, inputs: int, outputs: int) -> None:
    n = 1 + inputs + 1 + outputs  # one hidden node between
    rows = [["0"] * n + ["1"] for _ in range(n)]
    rows[inputs][inputs + 1] = rows[0][inputs + 1] = "1"
    for output in range(outputs):
        rows[inputs + 1][inputs + 2 + output] = "1"
    path = tmp_path / "other.out"
    path.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    assert load_out(path, inputs=inputs, outputs=outputs).network.n_inputs == inputs
    with pytest.raises(FileError, match=rf"has {inputs} inputs and {outputs} outputs; cartpole-swingup has 5 and 1"):
        load_out(path, task="swingup")


def test_an_unknown_task_is_answered_with_all_that_are_known(small: Path) -> None:
    with pytest.raises(TaskError, match=r"(?s)cartpole-swingup.*vae-racing"):
        load_out(small, task="nonsense")


def racer(tmp_path: Path, name: str, inputs: int = 16) -> Path:
    """Writes a topology in which the first three inputs are the three actions, times the weight."""
    n = 1 + inputs + 3
    rows = [[0.0] * n + [1.0] for _ in range(n)]
    for k in range(inputs):
        rows[1 + k][1 + inputs + k % 3] = 1.0 if k < 3 else math.nan  # disabled
    path = tmp_path / name
    path.write_text("\n".join(",".join(f"{value:.2e}" for value in row) for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "task"), [("champion.out", "vae_racing"), ("vae_racing.out", None)])
def test_the_published_racer_clips_its_steering_and_brake_and_maps_its_gas(
    tmp_path: Path, name: str, task: str | None
) -> None:
    controller = load_out(racer(tmp_path, name), task=task)
    assert [channel.name for channel in controller.actions] == ["steering", "gas", "brake"]
    assert [channel.name for channel in controller.observations] == [f"latent_{k}" for k in range(16)]
    assert controller.rate_hz == 50
    latents = np.zeros((4, 16), np.float32)
    latents[:, :3] = [[0.25, 0.5, 0.75], [3.0, -3.0, -3.0], [-3.0, 3.0, 3.0], [0.0, 0.0, 0.0]]
    steering, gas, brake = latents[:, :3].T
    expected = np.stack([np.clip(steering, -1, 1), (np.clip(gas, -1, 1) + 1) / 2, np.clip(brake, 0, 1)], axis=1)
    assert np.array_equal(controller(latents), expected)


def test_a_topology_of_another_shape_is_no_racer_by_its_name(tmp_path: Path) -> None:
    assert load_out(racer(tmp_path, "vae_racing.out", inputs=5)).actions[0].name == "action_0"
