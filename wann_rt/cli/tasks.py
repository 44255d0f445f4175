"""``wann-rt tasks``: list what can be searched."""

import click

from wann_rt.cli.options import AS_JSON, print_json


@click.command()
@AS_JSON
def tasks(as_json: bool) -> None:
    """List the tasks that can be searched."""
    from wann_rt.display import tables as display
    from wann_rt.tasks import TASKS
    from wann_rt.tasks.dataset import mnist
    from wann_rt.tasks.own import announced

    if as_json:
        print_json([display.task_dict(task) for task in TASKS])
    else:
        display.show_tasks(TASKS)
        display.paragraph(
            f"{mnist.NAME}: handwritten digits, a data set: wann-rt search {mnist.NAME} --data FILE, docs/digits.md"
        )
        for point in announced():
            display.paragraph(
                f"{point.name}: {point.value}, announced by {point.dist.name if point.dist else 'a package'}"
            )
        display.paragraph(
            "one of your own: FILE.py:NAME or MODULE:NAME; `wann-rt new-task NAME` writes one to start from"
        )
