"""Laws of the verdict: nothing follows from no vectors, in the report, in the table, in JSON and in the exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from wann_rt.cli import main
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.files import save
from wann_rt.core.network import Connection, Network
from wann_rt.core.weight import Weight
from wann_rt.exporters.parity.report import Report, Result
from wann_rt.exporters.parity.table import report_table
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.targets.targets import BY_KEY


def overflowing() -> Controller:
    """Returns a controller whose every sum but that of zeros overflows: nothing is promised of its standard form."""
    squares = dict.fromkeys((4, 5), BY_NAME["square"].id)
    connections = [Connection(0, 4), Connection(1, 4), Connection(4, 5), Connection(5, 2), Connection(4, 3)]
    network = Network.build(1, squares, {2: BY_NAME["linear"].id, 3: BY_NAME["linear"].id}, connections)[0]
    channels = tuple(Channel(name) for name in ("a", "b"))
    return Controller("huge", network, Weight.shared(3e38), (Channel("o"),), channels)


def standard_only() -> Result:
    row = next(row for row in EVALUATORS if row.key == "onnx")
    return verify(overflowing(), n_random=20, evaluators=[row]).results[-1]


def test_a_back_end_with_no_vector_inside_its_promise_is_not_tested() -> None:
    result = standard_only()
    assert result.vectors == result.outside > 0
    unknown = (result.bit_equal, result.max_ulp, result.max_abs, result.median_abs, result.max_ratio, result.kept)
    assert unknown == (None,) * 6
    report = Report("huge", (result,))
    assert (report.ok, report.broken, report.untested) == (False, False, [result])
    figures = json.loads(json.dumps(report.to_dict(), allow_nan=False))["onnx"]
    assert {figures[key] for key in ("bit_equal", "max_ulp", "max_abs", "kept")} == {None}
    console = Console(width=200)
    with console.capture() as capture:
        console.print(report_table(report))
    assert "not tested" in capture.get()
    assert "all vectors overflow" in capture.get()


def test_a_report_without_a_kept_promise_is_not_ok() -> None:
    skipped = Result("c", "C header", "0 ulp", skipped="no C compiler was found")
    kept = Result("oracle", "oracle", "0 ulp", vectors=1, bit_equal=True, kept=True)
    broken = Result("onnx", "ONNX", "0 ulp", vectors=1, bit_equal=False, kept=False)
    assert not Report("x", ()).ok
    assert not Report("x", (skipped,)).ok
    assert Report("x", (skipped, kept)).ok
    assert not Report("x", (skipped, kept, broken)).ok
    assert Report("x", (kept, broken)).broken
    assert not Report("x", (kept, standard_only())).ok


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_has_an_exit_code_for_not_tested(as_json: bool, tmp_path: Path) -> None:
    save(overflowing(), tmp_path / "huge.json")
    arguments = ["verify", str(tmp_path / "huge.json"), "--vectors", "20"]
    done = CliRunner().invoke(main, [*arguments, "--json"] if as_json else arguments)
    assert done.exit_code == 3
    if as_json:
        assert json.loads(done.output)["onnx"]["kept"] is None
        assert json.loads(done.output)["onnx_exact"]["kept"] is True
    else:
        assert "not tested" in done.output


def test_targets_that_were_asked_for_and_not_run_are_not_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = Network.build(1, {}, {2: BY_NAME["tanh"].id}, [Connection(1, 2)])[0]
    save(Controller("small", network, Weight.shared(1), (Channel("o"),), (Channel("a"),)), tmp_path / "small.json")
    arguments = ["verify", str(tmp_path / "small.json"), "--vectors", "20"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    monkeypatch.setenv("PATH", "")
    done = CliRunner().invoke(main, [*arguments, "--targets", next(key for key in BY_KEY if "m0" in key)])
    assert "not run on" in done.output
    assert done.exit_code == 3
