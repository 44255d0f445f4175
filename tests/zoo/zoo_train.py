"""Finds champions of the zoo again, by the commands of their recipes, and writes them into wann_rt/zoo.

    python tests/zoo/zoo_train.py [--keep FOLDER] [--given FOLDER] NAME ...

Same commands, same controller: it says where the one found is not the one that was there. Of some it is
another now, as they were tuned with a library that is no longer used; docs/zoo.md says of which.
"""

import argparse
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import FileError

ZOO = Path(zoo.__file__).parent
SILENT = ("import", "rival")  # commands without the option --quiet


def main() -> None:
    """Trains the champions that were named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=zoo.names(), metavar="NAME")
    parser.add_argument("--given", type=Path, help="folder with the files that recipes ask for, published ones")
    parser.add_argument("--keep", type=Path, help="folder for what the commands write, else forgotten")
    arguments = parser.parse_args()
    for name in arguments.names:
        with tempfile.TemporaryDirectory() as forgotten:
            train(zoo.recipes()[name], (arguments.keep or Path(forgotten)) / name, arguments.given)


def train(recipe: zoo.Recipe, folder: Path, given: Path | None) -> None:
    """Runs a recipe in a folder and writes what it found."""
    folder.mkdir(parents=True)
    for name, source in recipe.given.items():
        if given is None or not (given / name).exists():
            sys.exit(f"{recipe.name} needs {name} ({source}): name its folder with --given")
        shutil.copy(given / name, folder / name)
    before = cpu_seconds()
    for command in recipe.commands:
        print(f"{recipe.name}: {command}", flush=True)
        program, *arguments = shlex.split(command)
        assert program == "wann-rt"
        quiet = [] if arguments[0] in SILENT else ["--quiet"]
        subprocess.run([sys.executable, "-m", "wann_rt", *arguments, *quiet], cwd=folder, check=True)
    spent = round(cpu_seconds() - before)
    for target, source in ((recipe.name, recipe.champion), (f"{recipe.name}.shared", recipe.shared)):
        if source:
            publish(target, described(files.load(folder / source), recipe, spent))


def cpu_seconds() -> float:
    """Returns the processor time of all commands that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def described(found: Controller, recipe: zoo.Recipe, cpu_seconds: int) -> Controller:
    """Returns the controller with its recipe in the provenance."""
    made = {
        "commands": list(recipe.commands),
        "environment": recipe.env,
        "gymnasium": version("gymnasium"),
        "cpu_seconds": cpu_seconds,
    }
    return replace(found, provenance={**found.provenance, "recipe": made})


def publish(name: str, found: Controller) -> None:
    """Writes a controller of the zoo and says whether it is the one that was there."""
    try:
        before = zoo.load(name)
        same = (before.network, before.weight) == (found.network, found.weight)
    except FileError:
        same = False
    files.save(found, ZOO / f"{name}.json")
    print(f"{name}: {found.network.n_connections} connections; {'the same as' if same else 'another than'} before")


if __name__ == "__main__":
    main()
