"""Laws of standard output: closed, full or of few letters, a command works or ends in one line; never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import needs

WANN_RT = [sys.executable, "-c", "from wann_rt.cli import main; main()"]
COMMANDS = [["show", "zoo:pendulum"], ["show", "zoo:pendulum", "--json"], ["tasks"], ["--help"]]


@needs.proc
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_output_is_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*WANN_RT, *command], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    said = "wann-rt: error: what it says cannot be written to standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)


@needs.proc
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_is_closed_is_not_written_to(command: list[str]) -> None:
    def close() -> None:
        os.closerange(0, 2)

    done = subprocess.run(
        [*WANN_RT, *command], stderr=subprocess.PIPE, text=True, check=False, preexec_fn=close, close_fds=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@needs.proc
def test_nothing_that_is_printed_lands_in_a_file_that_took_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    def close() -> None:
        os.closerange(0, 3)

    out = tmp_path / "x.h"
    subprocess.run([*WANN_RT, "export", "zoo:pendulum", "--out", str(out)], check=True, preexec_fn=close)
    assert out.read_text().startswith("/*")
    assert "wrote" not in out.read_text().splitlines()[-1]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_letters_that_an_encoding_lacks_are_escaped(encoding: str) -> None:
    variables = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [*WANN_RT, "evaluate", "zoo:pendulum", "--episodes", "2", "--threads", "1"]
    done = subprocess.run(command, env=variables, capture_output=True, check=False)
    assert (done.returncode, b"Error" in done.stderr) == (0, False)  # it may say that it compiles
    assert b"episode" in done.stdout
