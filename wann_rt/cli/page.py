"""``wann-rt page``: write a controller as a live page."""

from pathlib import Path

import click

from wann_rt.cli.options import CONTROLLER, THREADS, named_after, read_controller, say, task_option


@click.command()
@CONTROLLER
@click.option("--out", type=click.Path(path_type=Path), help="The file.  [default: CONTROLLER with the suffix .html]")
@click.option("--no-curve", is_flag=True, help="Leave out the curve of the shared weight, which plays episodes.")
@task_option("show")
@THREADS
def page(controller: Path, out: Path | None, no_curve: bool, task: str | None, threads: int | None) -> None:
    """Write CONTROLLER as one HTML file that moves.

    Its plant moving, its network lit, its proof recomputed in the browser.
    """
    from wann_rt.core.files import write_atomic
    from wann_rt.display.live import Live
    from wann_rt.display.page.of_controller import page_of

    path = out or named_after(controller).with_suffix(".html")
    loaded = read_controller(controller)
    with Live("playing the curve of the shared weight"):
        text = page_of(loaded, task=task, curve=not no_curve, threads=threads)
    write_atomic(path, text.encode())
    say(f"wrote {path}: {len(text.encode()) // 1000} kB, open it in a browser")
