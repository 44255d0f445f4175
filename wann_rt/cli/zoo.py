"""``wann-rt zoo``: list the champions that come along."""

from typing import Any

import click

from wann_rt.cli.options import AS_JSON, print_json


@click.command()
@AS_JSON
def zoo(as_json: bool) -> None:
    """List the champions that come along.

    zoo:NAME stands for one wherever a controller file does.
    """
    rows = champions()
    if as_json:
        print_json(rows)
        return
    from wann_rt.display.tables import console, paragraph, table

    made = table("Champions (zoo:NAME)", "name", "environment", ">conn.", ">mean return", tight=True)
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for row in rows:
        score = f"{row['mean']:.1f} ± {row['ci95']:.1f}"
        made.add_row(row["name"], row["environment"], str(row["connections"]), score)
    console().print(made)
    paragraph("scored in plain Gymnasium; docs/zoo.md has every condition; next: wann-rt show zoo:pendulum")


def champions() -> list[dict[str, Any]]:
    """Returns each champion: name, environment, connections, its score as it ships."""
    from wann_rt import zoo

    rows = []
    for name, scored in zoo.scores().items():
        score = scored["scores"]["tuned"]
        of_score = {"mean": score["mean"], "ci95": score["ci95"], "episodes": scored["episodes"]}
        rows.append({"name": name, "environment": scored["env"], "connections": scored["connections"], **of_score})
    return rows
