"""cppcheck's MISRA C:2012 addon: every finding is one that misra.toml counts and justifies."""

import re
import tempfile
import tomllib
from collections import Counter
from pathlib import Path

from evidence.rung import GOLDEN, Result, call, replaced, runtime_copy, tool
from wann_rt.core.errors import ExportError
from wann_rt.runtime_c import include_dir

TABLE = Path(__file__).with_name("misra.toml")
GUARD, TUNE, HEADER = "wann_guard.h", "wann_tune.h", "swing_up_shared.h"
JUMP = ("    return y;\n}\n\n/*\n * Running.", "    goto done;\ndone:\n    return y;\n}\n\n/*\n * Running.")


def run() -> Result:
    """Compares the findings with the table, and those of a copy with a `goto`."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runtime = runtime_copy(folder)
        found = {"wann_rt.c": findings(runtime)}
        for header in (GUARD, TUNE, HEADER):
            unit = folder / "header.c"
            unit.write_text(f'#include "{header}"\n', encoding="utf-8")
            found[header] = findings(unit)
        bad = folder / "bad.c"
        bad.write_text(replaced(runtime.read_text(encoding="utf-8"), *JUMP), encoding="utf-8")
        problems = [problem for file in found for problem in differences(file, found[file], table)]
        noticed = differences("wann_rt.c", findings(bad), table)
    figures: dict[str, int | float | str] = {}
    for file, counts in found.items():
        figures |= {f"deviations in {file}": sum(counts.values()), f"rules in {file}": len(counts)}
    return Result("misra", figures, {"a goto": noticed[0] if noticed else None}, tuple(problems))


def findings(path: Path) -> Counter[str]:
    """Returns how often cppcheck reports which rule."""
    options = ["--addon=misra", "--std=c99", "--enable=style", "--quiet", "--template=at {id}"]
    done = call([tool("cppcheck"), *options, f"-I{include_dir()}", f"-I{GOLDEN}", path])
    if done.returncode != 0 or "misra-c2012" not in done.stderr:
        raise ExportError(f"cppcheck's MISRA addon does not work:\n{done.stdout}{done.stderr[-2000:]}")
    return Counter(re.findall(r"^at misra-c2012-(\S+)$", done.stderr, re.MULTILINE))


def differences(file: str, found: Counter[str], table: dict[str, dict[str, dict[str, int | str]]]) -> list[str]:
    """Returns what the table says otherwise, a line for each rule."""
    known = {rule: int(row["count"]) for rule, row in table[file].items()}
    rules = sorted(rule for rule in {*found, *known} if found[rule] != known.get(rule, 0))
    return [f"{file}: rule {rule}: {found[rule]} findings, {TABLE.name} has {known.get(rule, 0)}" for rule in rules]
