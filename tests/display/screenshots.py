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
from rich.syntax import Syntax
from rich.text import Text

import wann_rt as wr
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
TOLD = re.compile(r"(\n|\r|\x1b\[\d*A|\x1b\[2K|\x1b\[\?25[lh])")  # what a terminal is told between texts


def main() -> None:
    """Draws every command."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, command in COMMANDS.items():
            shown = printed(command, Path(folder))
            write_atomic(FOLDER / f"{name}.svg", drawn(name, command, shown).encode())
            print(f"wrote docs/terminal/{name}.svg")
    write_atomic(FOLDER / "header.svg", header().encode())
    print("wrote docs/terminal/header.svg")


def header() -> str:
    """Returns a picture of what a generated header computes: the step of the zoo's pendulum."""
    code = wr.export(wr.load("zoo:pendulum"), "c").decode()
    step = re.search(r"^static inline void pendulum_step\(.*?^\}\n", code, re.DOTALL | re.MULTILINE)
    if step is None:
        raise SystemExit("the header of zoo:pendulum has no step")
    console = Console(width=96, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Syntax(step[0].rstrip(), "c", theme="monokai", background_color="default"))
    svg = console.export_svg(title="pendulum.h", unique_id="wann-rt-header")
    return FONT_FACES.sub("", svg) + "\n"


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
    return settled(found.decode().replace("\r\n", "\n"))


def settled(text: str) -> str:
    """Returns the lines that a terminal shows in the end of what it was sent: live lines move up and are erased."""
    lines, row, anew = [""], 0, False
    for part in TOLD.split(text):
        if part == "\n":
            row, anew = row + 1, False
            lines += [""] * (row == len(lines))
        elif part == "\r":
            anew = True
        elif part.endswith("A") and part.startswith("\x1b["):
            row = max(0, row - int(part[2:-1] or 1))
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part and not part.startswith("\x1b[?25"):
            lines[row] = part if anew else lines[row] + part
            anew = False
    return "\n".join(lines).strip("\n")


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
