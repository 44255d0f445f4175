"""Demos of the paper's web article: scripts are read as arrays of numbers, never run, and damaged ones are refused."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from wann_rt.cli import main
from wann_rt.core import files, reference
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import FileError, TaskError
from wann_rt.zoo.published import load_out
from wann_rt.zoo.web_demo import load_demo

# Written by hand. Nodes: bias, two inputs, tanh, linear output. Keys of 5 nodes: 3 is bias to tanh, 8 and 13 the
# inputs to tanh, 14 the second input to the output, 19 tanh to the output.
ONE = """\
// aVec: [9, 9] in a comment is no array, and "http://x" no comment
function Agent(p, w) {
  this.input_size = 2; this.output_size = 1;
  this.aVec = [1,1,1, 5, 1]; this.url = "http://example.org/{not a brace";
  this.wKey = [19, 3, 8, 14,];
  this.weights = [1.5, -0.25, 2e0, .5];
  this.weight_bias = -1.5;
  for (var i = 0; i < this.wKey.length; i++) { this.wVec[i] = 0; }
}
"""
STAGES = """\
var first = { divName: 'early', aVec: [1, 1, 1, 1], wKey: [11, 7 , 3], weights: null, wBias: -0.5, hard: {a: 1} };
/* var old = { aVec: [1, 1, 1, 9] }; */
var second = { hard: {a: 1}, divName: 'late', aVec: [1, 1, 1, 5, 1], wKey: [3, 8, 19], weights: [1, 2, 3], wBias: 0 };
"""


@pytest.fixture
def one(tmp_path: Path) -> Path:
    path = tmp_path / "agent.js"
    path.write_text(ONE)
    return path


@pytest.fixture
def two(tmp_path: Path) -> Path:
    path = tmp_path / "page.js"
    path.write_text(STAGES)
    return path


def same_as_out(demo: Controller, text: str, tmp_path: Path, weight: Weight) -> bool:
    """Whether a demo's network is that of a topology of the reference code, with this weight."""
    path = tmp_path / "agent.out"
    path.write_text(text)
    out = load_out(path)
    return demo.network == out.network and demo.weight == weight


def test_a_script_is_the_network_that_a_topology_file_says(one: Path, tmp_path: Path) -> None:
    text = "0,0,0,1,0,1\n0,0,0,1,0,1\n0,0,0,0,1,1\n0,0,0,0,1,5\n0,0,0,0,0,1\n"
    found = load_demo(one)
    assert same_as_out(found, text, tmp_path, Weight.shared(-1.5))
    tuned = load_demo(one, own_weights=True)
    assert same_as_out(tuned, text, tmp_path, Weight("connections", (-1.75, 0.5, -1.0, 0.0)))
    assert tuned.provenance["weight_bias"] == -1.5
    x = np.array([[0.5, -2.0]], np.float32)
    expected = np.tanh(-1.75 + 0.5 * 0.5) * 0.0 + -1.0 * -2.0
    assert abs(float(reference.evaluate(tuned, x)[0, 0]) - expected) < 1e-6


def test_shared_weight_and_bias_can_be_given(one: Path) -> None:
    assert load_demo(one, shared_weight=0.75).weight == Weight.shared(0.75)
    assert load_demo(one, own_weights=True, weight_bias=1.0).weight.values == (0.75, 3.0, 1.5, 2.5)


def test_each_stage_of_a_page_is_had_by_name_or_number(two: Path) -> None:
    early, late = load_demo(two, stage="early"), load_demo(two, stage="2", own_weights=True)
    assert (early.name, early.network.n_inputs, early.weight) == ("early", 2, Weight.shared(-0.5))
    assert [c[:2] for c in early.network.connections] == [(0, 3), (1, 3), (2, 3)]
    assert (late.name, late.weight.values) == ("late", (1.0, 2.0, 3.0))
    assert early.provenance["stage"] == "early"
    with pytest.raises(FileError, match=r"has 2 stages; choose one .*--stage: 1 early, 2 late"):
        load_demo(two)
    with pytest.raises(FileError, match="no stages are called 'third'"):
        load_demo(two, stage="third")


def test_a_json_document_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text('{"aVec": [1, 1, 1, 1], "wKey": [3, 11, 7], "weights": [0.5, 2, 0.25], "weight_bias": 0.5}')
    assert load_demo(path, own_weights=True).weight.values == (1.0, 0.75, 2.5)
    result = CliRunner().invoke(main, ["import", str(path), "--out", str(tmp_path / "made.json")])
    assert "2 inputs, 0 hidden nodes, 1 outputs, 3 connections" in result.output
    assert files.load(tmp_path / "made.json").weight == Weight.shared(0.5)


def test_the_command_imports_a_script_and_says_which_options_mean_nothing(one: Path, two: Path, tmp_path: Path) -> None:
    out = tmp_path / "controller.json"
    done = CliRunner().invoke(main, ["import", str(two), "--stage", "late", "--own-weights", "--out", str(out)])
    assert (done.exit_code, files.load(out).name) == (0, "late")
    refused = CliRunner().invoke(main, ["import", str(one), str(one)])
    assert "a demo, which holds its weights itself; leave WEIGHTS out" in refused.output
    topology = tmp_path / "agent.out"
    topology.write_text("0,0,1,1\n0,0,1,1\n0,0,0,1\n")
    assert "leave --stage out" in CliRunner().invoke(main, ["import", str(topology), "--stage", "1"]).output


def test_a_task_brings_its_channels_and_refuses_another_shape(one: Path) -> None:
    with pytest.raises(FileError, match="has 2 inputs and 1 outputs; cartpole-swingup has 5 and 1"):
        load_demo(one, task="swingup")
    with pytest.raises(TaskError, match="no task 'chess'"):
        load_demo(one, task="chess")


DAMAGED = {
    "no activations": ("this.wKey = [3];", "has no array aVec"),
    "no connections": ("this.aVec = [1,1,1,5,1];", "has no array wKey"),
    "text": (ONE.replace("19, 3", "19, three"), r"wKey\[1\]: expected a number, got ' three'"),
    "a hole": (ONE.replace("19, 3", "19,, 3"), r"wKey\[1\]: expected a number, got ''"),
    "nested": (ONE.replace("[19, 3", "[[19], 3"), "has no array wKey"),
    "a fraction": (ONE.replace("19, 3", "19.5, 3"), r"wKey\[0\]: expected a whole number, got 19.5"),
    "negative": (ONE.replace("19, 3", "-19, 3"), r"wKey\[0\]: expected a whole number, got -19"),
    "nan": (ONE.replace("19, 3", "nan, 3"), r"wKey\[0\]: expected a whole number, got nan"),
    "beyond": (ONE.replace("19, 3", "25, 3"), r"wKey\[0\] is 25, from node 5 to node 0 of 5"),
    "backward": (ONE.replace("19, 3", "16, 3"), r"wKey\[0\] is 16, from node 3 to node 1 of 5"),
    "twice": (ONE.replace("19, 3", "3, 3"), r"wKey\[1\] is 3, which stands there twice"),
    "an input that is led into": (ONE.replace("19, 3", "2, 3"), "5 nodes cannot be"),
    "an unknown activation": (ONE.replace(" 5, 1]", " 99, 1]"), r"aVec\[3\]: activation id 99 is unknown"),
    "few nodes": ("aVec = [1, 1]; wKey = [1]", "aVec has 2 nodes"),
    "many nodes": (f"aVec = [{'1,' * 5000}]; wKey = [1]", "aVec has 5000 nodes"),
    "a huge weight": (ONE.replace("2e0", "1e300"), r"weights\[2\]: .*is beyond float32"),
    "too few weights": (ONE.replace("2e0, ", ""), "has 3 weights for 4 connections"),
    "no weights": (ONE.replace("[1.5, -0.25, 2e0, .5]", "null"), "has no array weights"),
    "inputs": (ONE.replace("input_size = 2", "input_size = 7"), "7 inputs"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_scripts_are_refused_by_file_and_place(tmp_path: Path, case: str) -> None:
    text, message = DAMAGED[case]
    path = tmp_path / "damaged.js"
    path.write_text(text)
    with pytest.raises(FileError, match=rf"damaged\.js: .*({message})"):
        load_demo(path, own_weights=True)


DEEP = {
    "opening braces": ("{" * 100_000 + ONE, True),
    "closing braces": (ONE + "}" * 100_000, True),
    "a comment without an end": ("/* " * 100_000 + ONE, False),
    "an open string": ('"' * 99_999 + ONE, False),
    "keys": ("aVec=[" * 50_000 + ONE, False),
}


@pytest.mark.parametrize("case", DEEP)
def test_deep_and_endless_scripts_are_read_or_refused_at_once(tmp_path: Path, case: str) -> None:
    text, is_read = DEEP[case]
    path = tmp_path / "deep.js"
    path.write_text(text)
    if is_read:
        assert load_demo(path).network.n_inputs == 2
    else:
        with pytest.raises(FileError, match=r"deep\.js"):
            load_demo(path)
