"""``wann-rt package``: write a controller as a library of some ecosystem."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import CONTROLLER, named_after, read_controller, say


@click.command()
@CONTROLLER
@click.option("--for", "kind", required=True, help="Kind of package, see below.")
@click.option(
    "--out", type=click.Path(), help="Folder to write, new or empty.  [default: NAME-KIND, beside CONTROLLER]"
)
@click.option("--version", default="0.1.0", show_default=True, help="Of the package: three numbers.")
@click.option("--author", help="Who is responsible for it: 'NAME <MAIL>'.")
@click.option("--url", help="Its page.")
@click.option("--number", default="float32", show_default=True, help="Arithmetic: float32, or q12: integers only.")
@click.option("--prefix", help="Its name, and that of its functions.  [default: from the controller's name]")
def package(controller: Path, kind: str, out: str | None, **options: Any) -> None:
    """Write CONTROLLER as a library for Arduino, Zephyr, Rust, ...

    A folder that others use at once: code, manifest, example, README, licence.

    \b
    arduino      library, with a sketch
    platformio   library, with a project for the host
    esp-idf      component, with a project
    zephyr       module, with a sample
    cmake        library: add_subdirectory, FetchContent, find_package
    micropython  native module
    rust         crate without std and without unsafe code

    The folder appears whole or not at all; one that is not empty is refused.
    """  # noqa: D301  click wants the backspace itself
    loaded = read_controller(controller)
    from wann_rt.exporters import packages

    beside = named_after(controller)
    place = out or beside.with_name(f"{beside.stem}-{kind}")
    folder = packages.package(loaded, kind, out=place, **options)
    say(f"wrote {folder}")
