"""``wann-rt analyze``: how sharply a controller may react, proven; and what each of its parts is worth."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from wann_rt.cli.options import (
    AS_JSON,
    CONTROLLER,
    SEED,
    TASK_SET,
    THREADS,
    environment,
    print_json,
    read_controller,
    taken_task,
    task_option,
)


@click.command()
@CONTROLLER
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="Of an observation, instead of its channel's; * stands for all that have none. May be repeated.",
)
@click.option(
    "--seconds", type=click.FloatRange(0, 86_400), default=10.0, show_default=True, help="To tighten the bounds."
)
@click.option("--knock-out", is_flag=True, help="Also play it without each connection and each hidden node.")
@click.option("--episodes", type=click.IntRange(2, 1_000_000), default=100, show_default=True, help="Of --knock-out.")
@task_option("play for --knock-out")
@environment
@TASK_SET
@SEED
@THREADS
@AS_JSON
@click.pass_context
def analyze(
    context: click.Context,
    /,
    controller: Path,
    ranges: tuple[str, ...],
    seconds: float,
    knock_out: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Bound how sharply CONTROLLER reacts to its observations.

    Over all observations within their ranges.

    Slopes between jumps, jumps of step nodes and ranges of nodes are proven; the greatest slope that was found stands
    beside each bound.
    """
    said = [name for name in options if context.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if said and not knock_out:
        option = next(one.opts[0] for one in context.command.params if one.name == said[0])
        raise click.UsageError(f"{option} is for --knock-out, which plays episodes; without it none is played")
    loaded = read_controller(controller)
    from wann_rt.analysis.certificate import certify
    from wann_rt.display.analysis import show_certificate, show_knockout

    found = certify(loaded, dict(map(_range, ranges)), seconds=seconds)
    parts = None
    if knock_out:
        from wann_rt.evaluation.knockout import knockout

        task = taken_task(options, loaded)
        given = {name: options[name] for name in ("episodes", "seed", "threads")}
        parts = knockout(loaded, task, **given)
    if as_json:
        print_json({**found.to_dict(), **({} if parts is None else {"knockout": parts.to_dict()})})
        return
    show_certificate(found)
    if parts is not None:
        show_knockout(parts)


def _range(text: str) -> tuple[str, tuple[float, float]]:
    """Reads NAME=LOW:HIGH."""
    name, is_there, ends = text.partition("=")
    low, colon, high = ends.partition(":")
    try:
        if not (is_there and colon):
            raise ValueError
        return name, (float(low), float(high))
    except ValueError:
        raise click.BadParameter(f"{text!r} came; expected NAME=LOW:HIGH, such as theta=-3.2:3.2") from None
