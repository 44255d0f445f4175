"""Commands that play episodes with a controller: score it, tune it."""

from pathlib import Path
from typing import Any

import click

from wann_rt.cli.options import (
    AS_JSON,
    CONTROLLER,
    SEED,
    TASK_SET,
    THREADS,
    environment,
    environment_arguments,
    load,
    named_after,
    print_json,
)
from wann_rt.core.errors import FileError


@click.command()
@CONTROLLER
@click.option("--task", help="Task to play.  [default: the one it was searched for]")
@environment
@TASK_SET
@click.option("--episodes", type=click.IntRange(2), default=100, show_default=True, help="Per condition.")
@click.option("--disturbed", is_flag=True, help="Also score it under each disturbance that the task knows.")
@SEED
@THREADS
@AS_JSON
def evaluate(
    controller: Path, task: str | None, params: tuple[str, ...], disturbed: bool, as_json: bool, **options: Any
) -> None:
    """Score CONTROLLER in the paper's conditions, over fresh episodes."""
    loaded = load(controller)
    from wann_rt.display.evaluation import EvaluationProgress, show_evaluation, show_robustness
    from wann_rt.evaluation.conditions import environment_episodes
    from wann_rt.evaluation.robustness import robustness
    from wann_rt.evolution import config
    from wann_rt.evolution import run as api
    from wann_rt.play.progress import listening

    changed = dict(config.parse_setting(text) for text in params) or None
    played = environment_arguments(options)
    total = environment_episodes(options["episodes"])
    with EvaluationProgress(total, quiet=as_json) as progress, listening(progress.update):
        result = api.evaluate(loaded, task, task_params=changed, **played, **options)
    robust = None
    if disturbed:
        episodes, seed = options["episodes"], options["seed"]
        robust = robustness(loaded, task, task_params=changed, episodes=episodes, seed=seed)
    if as_json:
        print_json(result.to_dict() | ({"robustness": robust.to_dict()} if robust else {}))
        return
    show_evaluation(result)
    if robust:
        show_robustness(robust)


@click.command()
@CONTROLLER
@click.option("--method", type=click.Choice(["sweep", "cma", "pepg"]), default="cma", show_default=True)
@click.option("--prune", is_flag=True, help="Also remove connections one by one; keeps the best of each size.")
@click.option("--smallest", type=click.IntRange(1), default=4, show_default=True, help="Connections to prune down to.")
@click.option("--steps", type=click.IntRange(1), default=50_000_000, show_default=True, help="Budget of task steps.")
@click.option("--episodes", type=click.IntRange(1), help="Per candidate and generation, or per weight of the sweep.")
@click.option("--population", type=click.IntRange(4), default=32, show_default=True, help="Candidates a generation.")
@click.option("--sigma", type=click.FloatRange(0, 10, min_open=True), help="First step, in sizes of the weights.")
@click.option("--range", "limits", type=float, nargs=2, default=(-2.0, 2.0), show_default=True, help="Of the sweep.")
@click.option("--step", type=float, default=0.01, show_default=True, help="Distance between weights of the sweep.")
@click.option("--task", help="Task to tune on.  [default: the one it was searched for]")
@environment
@TASK_SET
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: NAME.tuned.json]")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of all random numbers.")
@THREADS
@AS_JSON
def tune(
    controller: Path,
    out: Path | None,
    limits: tuple[float, float],
    params: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tune the weights of CONTROLLER; Ctrl-C stops cleanly and keeps the best so far.

    \b
    sweep  the one shared weight, over a fine grid
    cma    individual weights, by CMA-ES
    pepg   individual weights, by population-based REINFORCE

    With --prune, the result is the smallest controller that keeps 99 % of the best score, and the best of each size
    are written into a folder beside it.
    """  # noqa: D301  click wants the backspace itself
    loaded = load(controller)
    from wann_rt.display import tuning as tuning_display
    from wann_rt.evolution import config
    from wann_rt.tuning import tune as refining

    settings |= environment_arguments(settings)
    settings["task_params"] = dict(config.parse_setting(text) for text in params) or None
    path = out or named_after(controller).with_suffix(".tuned.json")
    if not path.parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {path.parent}")
    with tuning_display.TuningProgress(quiet=quiet or as_json) as progress:
        tuned = refining.tune(loaded, low=limits[0], high=limits[1], on_progress=progress.update, **settings)
    refining.save(tuned, path)
    if as_json:
        print_json({"controller": str(path), **tuned.to_dict()})
    else:
        tuning_display.show_tuned(tuned, path)
