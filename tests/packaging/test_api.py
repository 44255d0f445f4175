"""Laws of the public interface: what ``wann_rt`` names is described, annotated, and typed as the manual uses it."""

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import wann_rt as wr
from wann_rt.core.errors import ControllerError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
FUNCTIONS = [name for name in wr.__all__ if inspect.isfunction(getattr(wr, name))]
CLASSES = [name for name in wr.__all__ if inspect.isclass(getattr(wr, name))]
MOST_PARAMETERS = 9


def blocks() -> list[str]:
    """Returns the manual's programs."""
    return re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(
    "call",
    [
        wr.certify, wr.evaluate, partial(wr.export, to="c"), wr.knockout, wr.monitor,
        partial(wr.package, kind="cmake", out="x"), wr.robustness, partial(wr.save, path="x"), wr.task_of,
        wr.tune, wr.verify,
    ],
    ids=lambda call: getattr(call, "func", call).__name__,
)  # fmt: skip
def test_a_name_instead_of_a_controller_is_one_sentence(call: Callable[[Any], object]) -> None:
    said = "expected a Controller, such as wr.load('zoo:pendulum') returns; a value of type {} came"
    for given in ("zoo:pendulum", 3):
        with pytest.raises(ControllerError, match=re.escape(said.format(type(given).__name__))):
            call(given)


def test_every_public_name_is_described() -> None:
    described = set(re.findall(r"`wr\.(\w+)", PAGE))
    assert described == set(wr.__all__)
    assert sorted(wr.__all__) == list(wr.__all__)


@pytest.mark.parametrize("name", wr.__all__)
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert (getattr(wr, name).__doc__ or "").strip()


def unannotated(function: Any) -> list[str]:
    """Returns the parameters without a type, and "return" where that is missing."""
    named = [p.name for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    return [name for name in (*named, "return") if name not in function.__annotations__]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_public_function_is_annotated_and_has_few_parameters(name: str) -> None:
    function = getattr(wr, name)
    assert not unannotated(function)
    settings = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    assert len(settings) <= MOST_PARAMETERS, settings


@pytest.mark.parametrize("name", CLASSES)
def test_every_public_method_is_annotated(name: str) -> None:
    kind = getattr(wr, name)
    own = {key: value for key, value in vars(kind).items() if not key.startswith("_")}
    functions = [value for value in own.values() if inspect.isfunction(value)]
    assert not [(f.__name__, unannotated(f)) for f in functions if unannotated(f)]


@pytest.mark.long
def test_the_type_checker_agrees_with_the_manual(tmp_path: Path) -> None:
    files = []
    for k, block in enumerate(blocks()):
        files.append(tmp_path / f"manual_{k}.py")
        files[-1].write_text('"""A program of the manual."""\n\n' + block)
    assert len(files) == 3
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import wann_rt as wr\n\nwr.evaluate('champion.json').scores\nwr.tune(wr.load('a'), method='x')\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    good, bad = (
        subprocess.run([*command, *map(str, some)], capture_output=True, text=True, cwd=ROOT, check=False)
        for some in (files, [wrong])
    )
    assert good.returncode == 0, good.stdout + good.stderr
    assert bad.stdout.count("error: Argument") == 2, bad.stdout


@pytest.mark.long
def test_the_programs_of_the_manual_run(tmp_path: Path) -> None:
    for block in blocks():
        program = block.replace("steps=5_000_000", "steps=50_000").replace("generations=64", "generations=2")
        (tmp_path / "program.py").write_text(program)
        done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {"better.h", "better.svg", "better.json"} <= {path.name for path in tmp_path.iterdir()}


def test_the_demo_uses_nothing_but_the_public_interface() -> None:
    imports = re.findall(r"^(?:import|from) (\S+)", (ROOT / "examples" / "demo.py").read_text(), re.MULTILINE)
    assert "wann_rt" in imports
    assert not [name for name in imports if name.startswith("wann_rt.")]


def test_hints_can_be_read_at_run_time() -> None:
    for name in (*FUNCTIONS, *CLASSES):
        subject = getattr(wr, name)
        get_type_hints(subject.__init__ if inspect.isclass(subject) else subject)
