"""``wann-rt show``: what a controller is."""

from pathlib import Path

import click

from wann_rt.cli.options import AS_JSON, CONTROLLER, print_json, read_controller


@click.command()
@CONTROLLER
@click.option("--draw", type=click.Path(path_type=Path), help="Also draw the network (.svg, .png, .pdf).")
@AS_JSON
def show(controller: Path, draw: Path | None, as_json: bool) -> None:
    """Show what CONTROLLER observes, computes and does."""
    loaded = read_controller(controller)
    from wann_rt.display import monitor as display

    if draw is not None:
        from wann_rt.display import network as drawing

        drawing.draw_network(loaded, draw)
    if as_json:
        print_json(display.whole_dict(loaded))
    else:
        display.show_whole(loaded)
