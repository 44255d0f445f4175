"""Law of long commands: Ctrl-C, SIGTERM and SIGHUP end each within a moment, in one line, and nothing is left."""

from pathlib import Path

import endings
import pytest
from helpers import needs

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("endings")]


@pytest.mark.long
@needs.proc
@pytest.mark.parametrize(
    ("command", "name"),
    [("search", "SIGHUP"), ("search --env", "SIGTERM"), ("tune", "SIGTERM"), ("evaluate --env", "SIGINT")],
)
def test_a_signal_ends_a_command(command: str, name: str, tmp_path: Path) -> None:
    assert endings.ended(command, name, tmp_path) == ""
