"""Pictures of the terminal for the documents, docs/terminal/*.svg: what a terminal of 80 columns shows of a command.

    make screenshots

The commands run in a terminal of their own, one after another in an empty folder; what they print is drawn by rich. The
same commands print the same on every machine: nothing that is shown is a time.
"""

import contextlib
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from fcntl import ioctl
from pathlib import Path

from rich.console import Console
from rich.text import Text

from wann_rt.core.files import write_atomic

FOLDER = Path(__file__).parents[2] / "docs" / "terminal"
COLUMNS, ROWS = 80, 50
COMMANDS = {
    "search": "wann-rt search swingup --seed 1 --generations 64 --population 256 --out runs/swingup",
    "evaluate": "wann-rt evaluate runs/swingup",
    "verify": "wann-rt verify runs/swingup --vectors 500",
    "show": "wann-rt show zoo:pendulum",
    "zoo": "wann-rt zoo",
}
CHANGING = ("NO_COLOR", "COLUMNS", "LINES", "COLORTERM")  # what would make another picture
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # fonts of another site, which a document must not load
LIVE = re.compile(r"^.*(?:\r(?!\n)|\x1b\[2K)", re.MULTILINE)  # what a line that lives has shown before
GONE = re.compile(r"^.*\n\r?\x1b\[1A\x1b\[2K", re.MULTILINE)  # a line that lived and was taken away
CURSOR = re.compile(r"\x1b\[(?:\?25[lh]|\d*[ABG])")


def main() -> None:
    """Draws every command."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, command in COMMANDS.items():
            shown = printed(command, Path(folder))
            write_atomic(FOLDER / f"{name}.svg", drawn(name, command, shown).encode())
            print(f"wrote docs/terminal/{name}.svg")


def printed(command: str, folder: Path) -> str:
    """Runs a command in a terminal of 80 columns and returns what stays there, with its colours."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    others = {name: value for name, value in os.environ.items() if name not in CHANGING}
    environment = {**others, "TERM": "xterm-256color", "PATH": path}
    process = subprocess.Popen(
        shlex.split(command), cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    found = b""
    with contextlib.suppress(OSError):  # a terminal that nobody has open any more is an error of reading
        while part := os.read(ours, 65536):
            found += part
    os.close(ours)
    if process.wait():
        raise SystemExit(f"{command} failed:\n{found.decode()}")
    text = CURSOR.sub("", GONE.sub("", found.decode().replace("\r\n", "\n")))
    return LIVE.sub("", text).strip("\n")


def drawn(name: str, command: str, text: str) -> str:
    """Returns the picture of a terminal."""
    console = Console(
        width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, color_system="256", highlight=False
    )
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text.from_ansi(text))
    svg = console.export_svg(title="wann-rt", unique_id=f"wann-rt-{name}")
    return FONT_FACES.sub("", svg) + "\n"


if __name__ == "__main__":
    main()
