"""Law of the prose: what a docstring or comment names between double backticks exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("wann_rt", "exporters", "runtime_c", "tests")
SUFFIXES = ("py", "c", "h", "toml", "json", "rs")
NAMED_FILE = re.compile(rf"``([\w/]+\.(?:{'|'.join(SUFFIXES)}))``")
NAMED_MEMBER = re.compile(r"``((?:[a-z_]+\.)+[A-Za-z_]+)``")
# A name to be filled in, files of others, and files that commands write.
EXAMPLES = {"NAME.json", "swingup.json", "math.h", "evidence.json", "main.c", "controller.rs", "dynruntime.h"}
# First parts that name something else than a module of ours: other packages, and objects.
PACKAGES = {"gymnasium", "numpy", "ray", "onnx", "numba", "importlib", "wann_rt"}
OTHERS = {"task", "config", "names", "provenance", "runtime", *PACKAGES}


def sources() -> list[Path]:
    return [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]


def names_of(node: ast.stmt) -> list[str]:
    """Returns the names that a statement at the top of a module defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
    return []


@cache
def modules() -> dict[str, set[str]]:
    """Returns the dotted path of every module, with a dot in front, and the names that it defines at its top."""
    found = {}
    for path in sources():
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[f".{dotted}"] = {name for node in tree.body for name in names_of(node)}
    return found


def exists(member: str) -> bool:
    """Returns whether a module ends so, or has such a name."""
    owner, _, name = member.rpartition(".")
    return any(
        dotted.endswith(f".{member}") or (dotted.endswith(f".{owner}") and name in names)
        for dotted, names in modules().items()
    )


def is_ours(member: str) -> bool:
    """Returns whether the first part is one of our modules, and it names no file."""
    first, *_, last = member.split(".")
    return first not in OTHERS and last not in SUFFIXES and any(f".{first}." in f"{dotted}." for dotted in modules())


@pytest.mark.slow
def test_what_the_prose_names_exists() -> None:
    files = {path.name for room in ROOMS for path in (ROOT / room).rglob("*")} | EXAMPLES
    stale = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        names = [name for name in NAMED_FILE.findall(text) if Path(name).name not in files]
        names += [name for name in NAMED_MEMBER.findall(text) if is_ours(name) and not exists(name)]
        stale += [f"{path.relative_to(ROOT)}: {name}" for name in names]
    assert not stale, "these are named and do not exist:\n" + "\n".join(stale)
