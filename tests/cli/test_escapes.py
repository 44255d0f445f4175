"""Law of what commands print: names of files and arguments reach a terminal as text, whatever characters they have.

Public reports of the kind: poe-platform/poe-code issue 647, clay-good/OpenLore pull request 286.
"""

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers.small_controllers import example

from wann_rt.cli import main
from wann_rt.core import files

NAME = "x\x1b[2J\x1b]0;t\x07\x9b\u202e\udcffy"  # the last but one is a byte that is no UTF-8
COMMANDS = Path(__file__).parents[2] / "wann_rt" / "cli"


def said(folder: Path, *arguments: str) -> Result:
    files.save(example(), folder / "c.json")
    cwd = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, arguments, color=True)  # which keeps sequences as on a terminal
    finally:
        os.chdir(cwd)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("export", "c.json", "--out", f"{NAME}.h"), 0),
        (("page", "c.json", "--no-curve", "--out", f"{NAME}.html"), 0),
        (("package", "c.json", "--for", "cmake", "--out", NAME), 0),
        (("plant", "pendulum", "--out", f"{NAME}.h"), 0),
        (("show", "c.json", NAME), 2),
        (("show", NAME), 2),
        (("show", f"--{NAME}"), 2),
        ((f"--{NAME}",), 2),
        ((NAME,), 2),
        (("evaluate", "c.json", "--episodes", NAME), 2),
    ],
)
def test_names_are_printed_with_escapes(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    came = said(tmp_path, *arguments)
    assert (came.exit_code, came.exception is None or isinstance(came.exception, SystemExit)) == (code, True)
    assert came.output != ""
    assert came.output.replace("\n", "").isprintable()


def test_commands_print_through_one_function() -> None:
    """So that none forgets; JSON is ASCII by itself."""
    prints = re.compile(r"click\.echo\(|(?<![.\w])print\(")
    direct = {path.name for path in COMMANDS.glob("*.py") if prints.search(path.read_text())}
    assert direct == {"options.py"}
