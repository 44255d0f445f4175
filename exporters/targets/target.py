"""A processor with a compiler for it and what runs its programs: a row of ``targets.py``, or a user's own command."""

import platform
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from wann_rt.core.errors import ExportError

BOARDS = Path(__file__).parent / "boards"
LEVELS = ("-O2", "-O3", "-Os")
HOST_LEVELS = ("-O0", "-O1", *LEVELS)


@dataclass(frozen=True)
class Target:
    """A processor, a compiler for it, and what runs its programs here.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        stands_for: products that have such a processor.
        packages: of Debian 12; what must be installed.
        compiler: the command.
        flags: what selects the processor.
        board: C file in ``boards`` that starts a program and writes its characters.
        run: the command that runs ``{image}``.
        fuses: whether the compiler, left alone, would fuse a multiply and an add here.
        capacity: how much generated C, in characters, fits into its memory at once; None: as much as you like.
        machine: the processor that this computer must have, or "" for any.
        levels: of optimisation, at which a whole check runs it.
        version: arguments by which the compiler says what it is.
        libraries: for the linker.
        is_further: whether only a whole check runs it: a further compiler or processor of a kind that stands already.
        is_strict: whether a warning is an error.
        beside: further commands that must be there: they come with the C library that the compiler takes.
    """

    key: str
    title: str
    stands_for: str
    packages: tuple[str, ...]
    compiler: str
    flags: tuple[str, ...]
    board: str
    run: tuple[str, ...]
    fuses: bool = False
    capacity: int | None = None
    machine: str = ""
    levels: tuple[str, ...] = LEVELS
    version: tuple[str, ...] = ("--version",)
    libraries: tuple[str, ...] = ("-lgcc",)
    is_further: bool = False
    is_strict: bool = True
    beside: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[str, ...]:
        """What must be on the path."""
        linker = ("wasm-ld",) if self.board == "wasm.c" else ()
        return (self.compiler, *self.beside, *linker, *(() if self.run[0] == "{image}" else (self.run[0],)))

    def missing(self) -> str | None:
        """Returns why it cannot run here, or None."""
        if self.machine and self.machine != platform.machine():
            return f"this computer is no {self.machine} but {platform.machine()}"
        absent = [command for command in self.commands if shutil.which(command) is None]
        if not absent:
            return None
        if self.packages[0].startswith("ziglang=="):
            wanted = self.packages[0]
            return f"{absent[0]} is not installed (PyPI: pip install --target {zig_folder(wanted)} {wanted})"
        return f"{absent[0]} is not installed (Debian: apt install {' '.join(self.packages)})"


def named_target(compiler: str, emulator: str = "") -> Target:
    """Returns a row for exactly these command lines.

    Args:
        compiler: a compiler's command with all its flags; nothing is added but files.
        emulator: what runs its programs, if this computer does not do so itself.

    Raises:
        ExportError: one of them cannot be taken apart, or its program is not installed.
    """
    words, runs = _words("--cc", compiler), _words("--run", emulator) if emulator else ()
    found = Target(
        *("cc", f"{compiler}{f' on {emulator}' if emulator else ''}", "your own", words[:1], words[0], words[1:]),
        *("hosted.c", (*runs, "{image}")),
        levels=("",),
        libraries=(),
        is_strict=False,
    )
    for option, command in (("--cc", words[0]), *((("--run", runs[0]),) if runs else ())):
        if shutil.which(command) is None:
            raise ExportError(f"{option}: there is no program {command!r} on the path; install it, or say where it is")
    return found


def _words(option: str, command: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(command))
    except ValueError as error:
        raise ExportError(f"{option}: {command!r} is no command line: {error}") from None
    if not words:
        raise ExportError(f"{option} wants a command line, such as 'gcc -O2'; it is empty")
    return words


def zig_folder(package: str) -> Path:
    """Returns where a version of the PyPI package ziglang is kept: clang with the C libraries of many processors."""
    return Path.home() / ".cache" / "wann_rt" / package
