"""Laws of the table of search operators: who adds one and forgets a place is told which, when that is imported."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import wann_rt
from wann_rt.core.errors import TableError
from wann_rt.evolution.config import Config, load, presets
from wann_rt.kernels import mutation, operators

PACKAGE = Path(wann_rt.__file__).parent
ROW = '    Operator("drop_input", 0.0, 0, 0, "all connections of an input are removed"),\n)\nNAMES'
IMPORTS = """
from wann_rt.core.errors import TableError
for name in ("wann_rt.kernels.mutation", "wann_rt.evolution.config"):
    try:
        __import__(name)
    except TableError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_row_without_a_function_or_a_setting_is_one_error_that_names_the_file(tmp_path: Path) -> None:
    skip = shutil.ignore_patterns("__pycache__", "exporters", "runtime_c")
    shutil.copytree(PACKAGE, tmp_path / "wann_rt", ignore=skip)
    table = tmp_path / "wann_rt" / "kernels" / "operators.py"
    table.write_text(table.read_text(encoding="utf-8").replace(")\nNAMES", ROW), encoding="utf-8")
    command = [sys.executable, "-c", IMPORTS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    has = "table OPERATORS in wann_rt/kernels/operators.py has drop_input, but"
    assert done.stdout.splitlines() == [
        f"{has} wann_rt/kernels/mutation.py has no function of that name: add one",
        f"{has} Config in wann_rt/evolution/config.py has no setting of that name: add one",
    ]


def test_a_setting_without_a_row_is_refused() -> None:
    with pytest.raises(TableError, match=r"has no operator drop_input, but wann_rt/evolution/config\.py has a setting"):
        operators.default("drop_input")


def test_every_operator_is_a_function_and_a_setting_with_the_tables_default() -> None:
    for operator in operators.OPERATORS:
        assert getattr(Config(), operator.name) == operator.default == Config().shares[operator.name]
        assert callable(getattr(mutation, operator.name))
        assert re.search(rf"\b{operator.name}\b", Config.__doc__ or ""), "Config says of each setting what it is"
    assert all(set(load(preset).shares) == set(operators.NAMES) for preset in presets())
