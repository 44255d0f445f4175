"""Laws of the table of formats: what it lists can be written; the rest is refused with what it knows."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.small_controllers import example

from wann_rt import cli
from wann_rt.core.errors import ExportError, TableError
from wann_rt.exporters import EXPORTERS, export, write
from wann_rt.exporters.parity import evaluators


def bad_format() -> None:
    export(example(), "tflite")


def bad_option() -> None:
    export(example(), "onnx", opsets=17)


def bad_suffix() -> None:
    write(example(), "controller.xyz")


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (bad_format, r"unknown format 'tflite'; known formats: onnx, onnx-exact, c"),
        (bad_option, r"format onnx has no option 'opsets'; its options: exact, opset, ir_version"),
        (bad_suffix, r"controller.xyz: the suffix says no format; .*onnx-exact \(.exact.onnx\)"),
    ],
)
def test_a_wrong_export_says_what_is_known(attempt: Callable[[], None], message: str) -> None:
    with pytest.raises(ExportError, match=message):
        attempt()


def exported_as(path: Path, name: str) -> bytes:
    """Returns the export for a file of that name; a C header says under which name to include it."""
    return export(example(), name, file=path.name) if name == "c" else export(example(), name)


@pytest.mark.parametrize("name", EXPORTERS)
def test_every_format_exports_and_writes_the_same_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"controller{EXPORTERS[name].suffix}"
    write(example(), path, to=name)
    assert path.read_bytes() == exported_as(path, name)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", EXPORTERS)
def test_the_suffix_says_the_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{EXPORTERS[name].suffix}"
    write(example(), path)
    assert path.read_bytes() == exported_as(path, name)


def test_a_format_that_no_evaluator_runs_is_one_error_that_names_the_table() -> None:
    keys = [row.key for row in evaluators.EVALUATORS]
    evaluators._check_tables(EXPORTERS, keys)
    message = r"EVALUATORS in exporters/parity/evaluators\.py has no row 'rust' for the format rust"
    with pytest.raises(TableError, match=message):
        evaluators._check_tables([*EXPORTERS, "rust"], keys)


def test_help_lists_every_format() -> None:
    said = CliRunner().invoke(cli.main, ["export", "--help"]).output
    for row in EXPORTERS.values():
        assert re.search(rf"^ +{row.name} .*", said, re.MULTILINE)
        assert f"({row.suffix})" in " ".join(said.split())


def test_listing_the_formats_imports_no_onnx() -> None:
    code = "import sys, wann_rt.exporters; sys.exit('onnx' in sys.modules or 'numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
