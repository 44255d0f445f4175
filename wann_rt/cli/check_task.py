"""``wann-rt check-task``: what is wrong with a task of one's own."""

import sys

import click

from wann_rt.cli.options import AS_JSON, TASK_SET, print_json, say, settings_of

WRONG = 1  # exit code


@click.command(name="check-task")
@click.argument("task")
@click.option("--env", metavar="ID", help="Gymnasium environment that it stands for: both are compared, step by step.")
@TASK_SET
@AS_JSON
def check_task(task: str, env: str | None, params: tuple[str, ...], as_json: bool) -> None:
    """Say in plain words what is wrong with a task of yours.

    TASK is FILE.py:NAME or MODULE:NAME, whose code is run.

    Exit code 1 where something keeps it from being played as it stands, or differs from the environment.
    """
    from wann_rt import tasks
    from wann_rt.play.check import check_task as check
    from wann_rt.tasks import own
    from wann_rt.tasks.any_task import named

    found = own.read(task) if own.is_own(task) else named(task)
    findings = check(tasks.with_params(found, **settings_of(params)), env)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    for finding in [] if as_json else findings:
        say(f"{'note: ' if finding.harmless else ''}{finding}")
    wrong = [finding for finding in findings if not finding.harmless]
    if not wrong and not as_json:
        compared = f", and equal to {env} as far as compared" if env else ""
        say(f"task {found.name}: nothing wrong; compiled, traced and in numpy it computes the same bits{compared}")
    sys.exit(WRONG if wrong else 0)
