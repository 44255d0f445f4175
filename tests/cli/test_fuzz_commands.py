"""Law of every command that reads a file: it works, or ends with one line and nothing written; never a traceback."""

from pathlib import Path

import fuzz_commands
import pytest
from click.testing import CliRunner

from wann_rt.cli import main


@pytest.mark.long
@pytest.mark.parametrize("door", ["show", "show --json", "export c", "export onnx", "package", "import", "evaluate"])
def test_a_command_takes_mutated_files_or_refuses_them_in_one_line(door: str, tmp_path: Path) -> None:
    fuzz_commands.prepared(tmp_path)
    attempts = fuzz_commands.Attempts(door, 1, tmp_path)
    came = [attempts(case) for case in range(25)]
    assert [said for said in came if said not in fuzz_commands.RIGHT] == []
    assert "refused" in came


@pytest.mark.parametrize(
    ("said", "finds"),
    [
        ("wann-rt: error: a\nwann-rt: error: b\n", "exit code 2"),
        ("", "exit code 2"),
        ("wann-rt: error: \x1b[2J\n", "control characters"),
        ("wann-rt: error: \u202ex\n", "control characters"),
        ("wann-rt: warning: a\nwann-rt: error: b\n", "refused"),
    ],
)
def test_what_is_no_one_line_is_found(said: str, finds: str) -> None:
    came = CliRunner().invoke(main, ["show", "missing.json"])
    came.stderr_bytes = came.output_bytes = said.encode()
    assert fuzz_commands._judged(came, False, []).startswith(finds)


def test_a_half_written_file_is_found() -> None:
    came = CliRunner().invoke(main, ["show", "missing.json"])
    assert fuzz_commands._judged(came, False, []) == "refused"
    assert fuzz_commands._judged(came, False, ["c.h"]) == "refused, but ['c.h'] is there"
