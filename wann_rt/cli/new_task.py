"""``wann-rt new-task``: write a plant to start from, with its test."""

import keyword
from importlib import resources
from pathlib import Path

import click

from wann_rt.cli.options import say
from wann_rt.core.errors import FileError, TaskError


@click.command(name="new-task")
@click.argument("name")
@click.option("--overwrite", is_flag=True, help="Replace files of that name.")
def new_task(name: str, overwrite: bool) -> None:
    """Write NAME.py, a plant to change into yours, and its test."""
    from wann_rt.core.disk import write_atomic

    module = name.removesuffix(".py").replace("-", "_")
    if not module.isidentifier() or keyword.iskeyword(module):
        raise TaskError(f"{name!r} cannot be the name of a Python file: expected letters, digits and _, e.g. my_plant")
    for file, template in ((f"{module}.py", "plant.txt"), (f"test_{module}.py", "test.txt")):
        path = Path(file)
        if path.exists() and not overwrite:
            raise FileError(f"{path}: is there already; choose another name, or --overwrite")
        text = resources.files("wann_rt.tasks").joinpath("template", template).read_text(encoding="utf-8")
        write_atomic(path, text.replace("@NAME@", module).replace("@TASK@", module.replace("_", "-")).encode())
        say(f"wrote {path}")
    say(f"next: wann-rt check-task {module}.py:task, then wann-rt search {module}.py:task")
