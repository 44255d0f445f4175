"""``wann-rt tasks``: list what can be searched."""

import click

from wann_rt.cli.options import AS_JSON, print_json


@click.command()
@AS_JSON
def tasks(as_json: bool) -> None:
    """List the tasks that can be searched."""
    from wann_rt.display import tables as display
    from wann_rt.tasks import TASKS

    if as_json:
        print_json([display.task_dict(task) for task in TASKS])
    else:
        display.show_tasks(TASKS)
