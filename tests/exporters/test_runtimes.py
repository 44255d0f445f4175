"""Laws of other people's runtimes: each that is installed keeps what its row promises; a missing one is an error."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from helpers import builders, needs

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity import runtimes
from wann_rt.exporters.parity.runtimes import BY_KEY, RUNTIMES, named
from wann_rt.exporters.parity.verify import verify
from wann_rt.exporters.to_onnx.model import to_onnx, tried

ROOT = Path(__file__).parents[2]
KINDS: tuple[Any, ...] = ("shared", "ensemble", "connections")
# emx writes C, which takes a compiler 10 to 20 seconds.
EACH = pytest.mark.parametrize("key", [pytest.param(key, marks=[pytest.mark.long] * (key == "emx")) for key in BY_KEY])


@pytest.mark.slow
@EACH
def test_a_runtime_keeps_what_it_promises_on_random_controllers_of_all_kinds(key: str) -> None:
    runtime = needs.installed(BY_KEY[key])
    for seed, kind in enumerate(KINDS):
        subject = builders.controller(np.random.default_rng(500 + seed), kind)
        report = verify(subject, n_random=100, evaluators=runtime.rows())
        exact, standard = report.results[-2:]
        assert (exact.kept, standard.kept) == (True, True), report.results
        assert exact.promise == "bound" or exact.max_ulp == 0


@pytest.mark.slow
@EACH
def test_a_runtime_computes_the_example_as_searched(key: str) -> None:
    runtime = needs.installed(BY_KEY[key])
    report = verify(wr.load(ROOT / "examples" / "swingup.json"), n_random=500, evaluators=runtime.rows())
    assert report.ok, report.results


def test_openvino_computes_all_but_the_division_bit_for_bit() -> None:
    # It takes a / b for a times 1 / b, which no graph can forbid; without tanh and sigmoid there is nothing to see.
    runtime = needs.installed(BY_KEY["openvino"])
    tested = 0
    for seed in range(60):
        subject = builders.controller(np.random.default_rng(seed))
        if {5, 6} & set(subject.network.activations):
            continue
        exact, _ = verify(subject, n_random=60, evaluators=runtime.rows()).results[-2:]
        assert exact.outside < exact.vectors
        assert exact.max_ulp is not None
        assert exact.max_ulp <= 1  # 1: it makes 0 of some -0
        assert exact.max_abs == 0
        tested += 1
    assert tested > 10


def test_a_runtime_that_is_not_there_is_an_error_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ExportError, match="onnxruntime-node is not installed: npm install --ignore-scripts"):
        named(["onnxruntime-node"])
    with pytest.raises(ExportError, match="there is no runtime 'tensorrt'; runtimes: all, onnxruntime, "):
        named(["tensorrt"])
    keys = [runtime.key for runtime in named(["onnxruntime", "all"])]
    assert {"onnxruntime", "onnx-reference"} <= set(keys)
    assert "onnxruntime-node" not in keys
    assert len(set(keys)) == len(keys)


@pytest.mark.slow
def test_the_command_runs_the_runtimes_that_are_named(tmp_path: Path) -> None:
    path = ROOT / "examples" / "swingup.json"
    arguments = [
        "verify",
        str(path),
        "--vectors",
        "20",
        "--json",
        "--runtime",
        "onnxruntime",
        "--runtime",
        "onnx-reference",
    ]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0
    found = json.loads(done.output)
    for key in ("onnxruntime/exact", "onnx-reference/exact"):
        assert (found[key]["kept"], found[key]["bit_equal"], found[key]["promise"]) == (True, True, "0 ulp")
    assert CliRunner().invoke(main, ["verify", str(path), "--runtime", "ncnn"]).exit_code == 2


def test_a_model_that_a_runtime_refuses_is_an_error_with_its_words() -> None:
    for key in ("onnxruntime-node", "openvino"):
        runtime = BY_KEY[key]
        if runtime.missing() is None:
            with pytest.raises(ExportError, match=r"failed in Node|refuses the model"):
                runtime.make(builders.controller(np.random.default_rng(0)), b"no model").run(
                    np.zeros((1, 1), np.float32)
                )


def test_what_was_tried_names_every_runtime_with_its_version_as_the_document_does() -> None:
    document = (ROOT / "docs" / "runtimes.md").read_text(encoding="utf-8")
    for form in ("exact", "standard"):
        titles = [line.rpartition(":")[0] for line in tried(form)]
        assert [title.rpartition(" ")[0] for title in titles] == [runtime.title for runtime in RUNTIMES]
        assert all(f"| {title} | {form} |" in document for title in titles)


def test_a_model_converts_to_float16() -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    subject = wr.load(ROOT / "examples" / "swingup.json")
    model = convert_float_to_float16(onnx.load_from_string(to_onnx(subject)), keep_io_types=True)
    rows = np.random.default_rng(0).normal(size=(50, len(subject.observations))).astype(np.float32)
    half = runtimes.BY_KEY["onnxruntime"].make(subject, model.SerializeToString()).run(rows)
    assert np.median(np.abs(half - subject(rows))) < 0.02
