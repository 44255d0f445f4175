"""The C compiler of this machine: finds it, runs it, says what it says."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence

from wann_rt.core.errors import ExportError

WARNINGS = (
    *("-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wsign-conversion"),
    *("-Wdouble-promotion", "-Wshadow", "-Werror"),
)
# GNU dialects allow contraction by default, ISO dialects do not: test under the one that can go wrong.
DIALECT = "-std=gnu99"


def find_compiler() -> str | None:
    """Returns the C compiler's command: ``CC`` if set, else the first of cc, gcc and clang."""
    named = os.environ.get("CC", "").strip()
    if named:
        return named
    return next((command for command in ("cc", "gcc", "clang") if shutil.which(command)), None)


def compile_with(compiler: str, arguments: Sequence[str]) -> None:
    """Runs a compiler command, or raises ExportError with what it said."""
    command = [*shlex.split(compiler), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ExportError(f"compiler {compiler!r} does not run: {error.strerror}") from None
    if done.returncode != 0:
        raise ExportError(f"{compiler} failed with code {done.returncode}:\n{done.stderr.strip()}")
