"""Measures one subject on one processor: builds its image and an empty one, and counts in a simulator."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean
from threading import Lock

from size.processors import HERE, Processor
from wann_rt.exporters.targets.program import COLOUR
from wann_rt.exporters.targets.target import BOARDS

SHOWN = 8  # rows whose actions are compared with the oracle's
EMPTY_ROWS = 2  # of harness.c
SECTIONS = ("text", "rodata", "data", "bss")
SECONDS = 300
_SIZE_LINE = re.compile(r"^\.(text|rodata|data|bss)\s+(\d+)", re.MULTILINE)
_NUMBER = re.compile(r"\b[0-9a-f]{8}\b")
_EMPTY = """\
#include "subject.h"
int size_setup(void) { return 0; }
void size_step(const size_value *observation, size_action *actions) {
    __asm__ volatile("" : : "r"(observation), "r"(actions) : "memory");
}
"""


class MeasureError(Exception):
    """A subject cannot be measured on a processor; the text says why."""


@dataclass(frozen=True)
class Subject:
    """Code with a step.

    Attributes:
        name: what it is, for reports.
        source: C that defines what ``subject.h`` declares.
        n_observations: of the step.
        n_actions: of the step.
        files: further text files beside it: name -> content.
        units: further C files to compile.
        flags: for the compiler.
        libraries: for the linker.
    """

    name: str
    source: str = field(repr=False)
    n_observations: int
    n_actions: int
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    units: tuple[Path, ...] = ()
    flags: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """What a subject costs.

    Attributes:
        text: bytes of code that it adds to an image, that of its libraries included.
        rodata: bytes of constants.
        data: bytes of initialised memory: they take flash as well.
        bss: bytes of cleared memory.
        stack: bytes below the caller's stack pointer, the return address included.
        least: instructions or cycles of the cheapest row.
        mean: of all rows.
        most: of the dearest row.
        rows: how many rows were counted.
        actions: the bits of the actions of the first rows.
    """

    text: int
    rodata: int
    data: int
    bss: int
    stack: int
    least: int
    mean: float
    most: int
    rows: int
    actions: tuple[int, ...] = field(repr=False)

    @property
    def flash(self) -> int:
        """Bytes of flash."""
        return self.text + self.rodata + self.data


def measure(subject: Subject, processor: Processor, level: str, rows: int) -> Figures:
    """Returns what a subject costs.

    Args:
        subject: the code.
        processor: where.
        level: of optimisation.
        rows: how many inputs it is run on.

    Raises:
        MeasureError: it does not compile, fit or run.
    """
    with tempfile.TemporaryDirectory(prefix="wann_rt_") as name:
        folder = Path(name)
        shape = subject.n_observations, subject.n_actions
        empty = _sizes(_image(Subject("empty", _EMPTY, *shape, flags=subject.flags), processor, level, rows, folder))
        image = _image(subject, processor, level, rows, folder)
        sizes = {key: value - empty[key] for key, value in _sizes(image).items()}
        printed, counts = _run(image, processor, folder)
    numbers = [int(text, 16) for text in _NUMBER.findall(printed)]
    expected = 2 + SHOWN * subject.n_actions
    if len(numbers) != expected or len(counts) != EMPTY_ROWS + rows:
        raise MeasureError(f"its program ended early: {printed.strip()[:200]!r}")
    if numbers[0] != 0:
        raise MeasureError(f"its setup returned {numbers[0]:#x}")
    if numbers[1] >= processor.stack:
        raise MeasureError(f"its stack will not fit into {processor.stack} bytes")
    steps = [count - counts[0] for count in counts[EMPTY_ROWS:]]
    sizes |= {"stack": numbers[1]}
    return Figures(**sizes, least=min(steps), mean=fmean(steps), most=max(steps), rows=rows, actions=tuple(numbers[2:]))


def _image(subject: Subject, processor: Processor, level: str, rows: int, folder: Path) -> tuple[Path, Processor]:
    """Builds a program around a subject."""
    # Not a macro: the harness must have the same code for any number of rows, or sizes would differ by some bytes.
    count = f"extern const unsigned long size_rows;\nconst unsigned long size_rows = {rows};\n"
    for name, text in {"subject.c": subject.source, "rows.c": count, **subject.files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    image = folder / subject.name
    macros = {
        "OBSERVATIONS": subject.n_observations,
        "ACTIONS": subject.n_actions,
        "SHOWN": f"{SHOWN}u",
        "STACK": processor.stack,
    }
    flags = [
        *(level, *processor.flags, "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"),
        *("-fno-asynchronous-unwind-tables", *subject.flags),
        *(f"-DSIZE_{key}={value}" for key, value in macros.items()),
    ]
    units = [folder / "subject.c", folder / "rows.c", *subject.units, HERE / "harness.c", BOARDS / processor.board]
    command = [f"{processor.prefix}gcc", *flags, f"-I{HERE}", f"-I{folder}", *map(str, units)]
    _tool([*command, "-o", str(image), *subject.libraries])
    return image, processor


def _sizes(built: tuple[Path, Processor]) -> dict[str, int]:
    image, processor = built
    found = dict.fromkeys(SECTIONS, 0)
    for section, size in _SIZE_LINE.findall(_tool([f"{processor.prefix}size", "-A", str(image)])):
        found[section] += int(size)
    return found


def _run(built: tuple[Path, Processor], processor: Processor, folder: Path) -> tuple[str, list[int]]:
    """Runs an image; returns what it printed and the count of each call of a step."""
    image, out = built[0], folder / "counts"
    symbols = _tool([f"{processor.prefix}nm", str(image)]).splitlines()
    mark = next(f"0x{line.split()[0]}" for line in symbols if line.endswith(" size_mark"))
    if processor.run:
        plugin = ("-plugin", f"{_built('count_plugin', ('-shared', '-fPIC'))},mark={mark},out={out}")
        printed = _tool([processor.run[0], *plugin, *processor.run[1:], str(image)])
    else:
        printed = COLOUR.sub("", _tool([str(_built("avr_cycles", ("-lsimavr", "-lelf"))), str(image), mark, str(out)]))
    between = [int(line) for line in out.read_text().split()]
    return printed, between[1::2]


_COMPILING = Lock()


@cache
def _tools() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="wann_rt_")


def _built(name: str, options: Sequence[str]) -> Path:
    """Compiles something for this computer, the first time that it is asked for."""
    with _COMPILING:
        path = Path(_tools().name) / name
        if not path.exists():
            _tool(["cc", "-O2", str(HERE / f"{name}.c"), "-o", str(path), *options])
        return path


def _tool(command: Sequence[str]) -> str:
    """Returns what a command printed, on both channels: semihosting uses the second."""
    shown = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        raise MeasureError(f"{shown} does not run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise MeasureError(f"{shown} did not end within {SECONDS} s") from None
    printed = done.stdout + done.stderr
    if done.returncode != 0:
        raise MeasureError(f"{shown} failed with code {done.returncode}:\n{printed.strip()[:2000]}")
    return printed
