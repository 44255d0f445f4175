"""``wann-rt evaluate``: score a controller."""

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
    print_json,
    read_controller,
    say,
    taken_task,
    task_option,
)

COUNTS = ("episodes", "sweep_weights", "sweep_episodes")
LONG = 10_000  # episodes of an environment, which take minutes


@click.command()
@CONTROLLER
@task_option("play")
@environment
@TASK_SET
@click.option("--episodes", type=click.IntRange(2, 1_000_000), default=100, show_default=True, help="Per condition.")
@click.option(
    "--sweep-weights", type=click.IntRange(0), default=0,
    help="That the sweep for the tuned shared weight tries.  [default: 401; for an environment: 41]",
)  # fmt: skip
@click.option(
    "--sweep-episodes", type=click.IntRange(0), default=0,
    help="With each of them.  [default: 32; for an environment: 8]",
)  # fmt: skip
@click.option("--disturbed", is_flag=True, help="Also score it under each disturbance that the task knows.")
@SEED
@THREADS
@AS_JSON
def evaluate(controller: Path, disturbed: bool, as_json: bool, **options: Any) -> None:
    """Score CONTROLLER in the paper's conditions, over fresh episodes."""
    loaded = read_controller(controller)
    from wann_rt.display.evaluation import EvaluationProgress, show_evaluation, show_robustness
    from wann_rt.evaluation.conditions import environment_episodes
    from wann_rt.evaluation.conditions import evaluate as evaluate_controller
    from wann_rt.evaluation.robustness import robustness
    from wann_rt.play.progress import listening
    from wann_rt.play.task_of import tuned_under
    from wann_rt.tasks import changed_params, without_conditions
    from wann_rt.tasks.task import Task

    chosen = bool(options["params"])
    task = taken_task(options, loaded)
    total = None if isinstance(task, Task) else environment_episodes(*(options[name] for name in COUNTS))
    if total is not None and total >= LONG and not as_json:
        say(f"{total} episodes: an evaluation does not resume, and has no result before its end", err=True)
    under = tuned_under(loaded, task) if isinstance(task, Task) and not chosen else {}
    robust = None
    with EvaluationProgress(total, quiet=as_json) as progress, listening(progress.update):
        result = evaluate_controller(loaded, task, **options)
        if disturbed:
            plant = without_conditions(task, under) if isinstance(task, Task) else task
            robust = robustness(loaded, plant, episodes=options["episodes"], seed=options["seed"])
    if as_json:
        print_json(result.to_dict() | ({"robustness": robust.to_dict()} if robust else {}))
        return
    show_evaluation(result)
    if isinstance(task, Task) and under:
        told = ", ".join(f"{name} = {level:g}" for name, level in under.items())
        others = changed_params(without_conditions(task, under)) or {"delay": 0.0}  # naming any drops the file's
        plain = " ".join(f"--task-set {name}={value:g}" for name, value in others.items())
        say(f"played as it was tuned, under {told}; `{plain}` plays it plain")
    if robust:
        show_robustness(robust)
