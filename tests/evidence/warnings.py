"""No compiler has anything to say: gcc and clang, C and C++, every level, all that design asks for as errors."""

import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from helpers.c_library import STRICT

from evidence.rung import GOLDEN, Result, call, replaced, runtime_copy, tool
from wann_rt.runtime_c import include_dir

COMPILERS = ("gcc", "clang")
STANDARDS = ("c99", "c11", "gnu17", "c++98", "c++11", "gnu++17")
LEVELS = ("-O0", "-O2", "-Os")
NARROWED = ("    const unsigned head = WANN_READ_U8(*at);", "    const uint8_t head = flags + WANN_READ_U8(*at);")


def run() -> Result:
    """Compiles everything in every way, and a copy that narrows a number."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = runtime_copy(folder / "good")
        header = folder / "header.c"
        header.write_text("".join(f'#include "{path.name}"\n' for path in sorted(GOLDEN.glob("*.h"))), encoding="utf-8")
        said = [line for path in (runtime, header) for line in refusals(path)]
        bad = folder / "bad" / "wann_rt.c"
        bad.parent.mkdir()
        bad.write_text(replaced(runtime.read_text(encoding="utf-8"), *NARROWED), encoding="utf-8")
        noticed = len(list(refusals(bad)))
    builds = len(COMPILERS) * len(STANDARDS) * len(LEVELS)
    seen = f"refused in {noticed} of {builds} builds" if noticed == builds else None
    return Result("warnings", {"builds": 2 * builds, "warnings": len(said)}, {"a narrowed number": seen}, tuple(said))


def refusals(path: Path) -> Iterator[str]:
    """Yields the first line of what each build of a file has to say."""
    for compiler, standard, level in product(COMPILERS, STANDARDS, LEVELS):
        language = ["-x", "c++"] if "++" in standard else ["-x", "c"]
        # A header's functions need not all be used; one that includes it without calling a step is a test, no program.
        flags = [*STRICT, "-Wno-unused-function", f"-std={standard}", level, f"-I{include_dir()}", f"-I{GOLDEN}"]
        done = call(
            [tool(compiler), *flags, *language, "-fsyntax-only" if level == "-O0" else "-c", path, "-o", "/dev/null"]
        )
        if done.returncode != 0:
            yield f"{compiler} -std={standard} {level}: {next(iter(done.stderr.splitlines()), '')}"
