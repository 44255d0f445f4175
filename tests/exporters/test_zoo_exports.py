"""Laws of deploying the zoo: every controller in it exports to every format and keeps its bits there."""

from pathlib import Path

import pytest
from helpers import needs

from wann_rt import zoo
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.stateful import feedback
from wann_rt.exporters import EXPORTERS, export
from wann_rt.exporters.parity.verify import verify

FILES = sorted(path.stem for path in Path(zoo.__file__).parent.glob("*.json") if path.name != "scores.json")
every_controller = pytest.mark.parametrize("name", FILES)


def standard(controller: Controller) -> bool:
    """Returns whether there is ONNX of standard operators: not where errors would add up in a state."""
    return not feedback(controller)


def test_there_are_controllers() -> None:
    assert set(zoo.names()) <= set(FILES)


@every_controller
@needs.c_compiler
def test_each_back_end_keeps_its_promise(name: str) -> None:
    controller = zoo.load(name)
    report = verify(controller, n_random=400)
    assert report.ok, [result for result in report.results if not result.kept]
    forms = {"recorded", "kernels", "c", "blob", "onnx_exact"} | ({"onnx"} if standard(controller) else set())
    assert forms <= {result.key for result in report.results if result.skipped is None}


@every_controller
@pytest.mark.parametrize("format_", EXPORTERS)
def test_each_format_has_the_same_bytes_each_time(name: str, format_: str) -> None:
    controller = zoo.load(name)
    if format_ == "onnx" and not standard(controller):
        with pytest.raises(ExportError, match="standard operators"):
            export(controller, format_)
        return
    assert export(controller, format_) == export(controller, format_) != b""
