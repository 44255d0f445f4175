"""What other people's tools make of an exact graph computes the same bits.

Simplifiers, converters of opset and of format are often run on a model before anybody runs it: OnnxSlim#15 and #277,
onnxruntime#7553 and #29788 are reports of what they changed.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from helpers import builders, needs
from helpers.c_library import swing_up
from numpy.typing import NDArray
from onnx import compose, inliner, parser, printer, shape_inference, version_converter

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.reference import evaluate
from wann_rt.exporters.to_onnx.model import to_onnx

SUBJECTS = (swing_up(), swing_up(Weight("ensemble", (-1.5, 0.25, 2.0))))
CPU = ["CPUExecutionProvider"]

Rows = NDArray[np.float32]


def ran(model: bytes | str, observations: Rows) -> Rows:
    session = onnxruntime.InferenceSession(model, providers=CPU)
    (actions,) = session.run(None, {session.get_inputs()[0].name: observations})
    return np.asarray(actions, np.float32)


def reopened(model: onnx.ModelProto, folder: Path) -> bytes:
    """Returns the model in the format of onnxruntime's mobile builds, optimised as they want it."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(folder / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=CPU)
    return (folder / "model.ort").read_bytes()


def simplified(module: str, model: onnx.ModelProto) -> bytes:
    made = needs.module(module)
    done = made.slim(model) if module == "onnxslim" else made.simplify(model)[0]
    return bytes(done.SerializeToString())


def converted(opset: int) -> Callable[[onnx.ModelProto, Path], bytes]:
    return lambda model, _: version_converter.convert_version(model, opset).SerializeToString()


TOOLS: dict[str, Callable[[onnx.ModelProto, Path], bytes]] = {
    **{f"opset {opset}": converted(opset) for opset in (18, 20, 22)},
    "ORT format": reopened,
    "prefixed": lambda model, _: compose.add_prefix(model, "left/").SerializeToString(),
    "as text and back": lambda model, _: parser.parse_model(printer.to_text(model)).SerializeToString(),
    "functions inlined": lambda model, _: inliner.inline_local_functions(model).SerializeToString(),
    "shapes inferred": lambda model, _: shape_inference.infer_shapes(model, True, True, True).SerializeToString(),
    "onnxslim": lambda model, _: simplified("onnxslim", model),
    "onnxsim": lambda model, _: simplified("onnxsim", model),
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_changes_no_bit_of_an_exact_graph(tool: str, tmp_path: Path) -> None:
    for subject in SUBJECTS:
        observations = builders.inputs(np.random.default_rng(3), 200, len(subject.observations))
        model = onnx.load_from_string(to_onnx(subject, exact=True))
        made = TOOLS[tool](model, tmp_path)
        assert builders.same_bits(ran(made, observations), expected(subject, observations))


def test_no_row_is_no_action() -> None:
    for exact in (True, False):
        model = to_onnx(SUBJECTS[0], exact=exact)
        assert ran(model, np.empty((0, len(SUBJECTS[0].observations)), np.float32)).shape == (0, 2)


def expected(subject: Controller, observations: Rows) -> Rows:
    with np.errstate(all="ignore"):
        return evaluate(subject, observations)
