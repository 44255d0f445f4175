"""docs/environments_bench.md and its plot, from what ``environments.py`` measured."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from environment_curves import SEEDS
from environment_rates import ROUNDS, TURNS

from wann_rt.display.figure import BLUE, canvas

MISSING = "EnvPool is not installed"
BAR = 0.85  # of EnvPool's rate alone, on the walker


def draw(curves: Mapping[str, Any], path: Path) -> None:
    """Draws a panel for each environment: the median of the seeds, and from the worst to the best of them."""
    if not curves:
        return
    with canvas(path, size=(4.0 * len(curves), 3.2)) as sheet:
        panels = sheet.figure.subplots(1, len(curves), squeeze=False)[0]
        for axes, (env_id, found) in zip(panels, curves.items(), strict=True):
            steps = [n / 1e6 for n in found["env_steps"]]
            band = {"color": BLUE, "alpha": 0.2, "linewidth": 0, "step": "post"}
            axes.fill_between(steps, found["lowest"], found["highest"], **band)
            axes.step(steps, found["median"], where="post", color=BLUE)
            axes.set_title(env_id)
            axes.set_xlabel("million env-steps")
            axes.set_ylabel("champion's reward")


def report(document: Mapping[str, Any]) -> str:
    """Returns docs/environments_bench.md."""
    return "\n".join(line for part in (_head, _rates, _curves) for line in part(document)) + "\n"


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    yield "# Searches on environments: how fast, and what comes of how many steps"
    yield ""
    yield f"{document['machine']}; {document['software']}. Load average before: {document['load']}."
    yield "Written by `make bench`."
    yield ""


def _rates(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Steps per second"
    yield ""
    yield f"Wall time; all take turns in one process, medians of {ROUNDS} rounds. Alone: random actions, and nothing"
    yield "is done with what comes of them. Searches begin at the first generation of preset `environment`, with"
    yield "populations of 64 (in processes 16) and 4 episodes in a retest. EnvPool has a thread for each processor,"
    yield "`processes` a process."
    found = document["rates"]
    rows = [[turn.title, *(_rate(of.get(name)) for of in found.values())] for name, turn in TURNS.items()]
    yield from _table(["steps per second", *found], rows)
    yield "What part of another's rate the search has, the median of the rounds' own ratios:"
    rows = [[title, *(_part(of.get(key)) for of in found.values())] for key, title in RATIOS.items()]
    yield from _table(["ratio", *found], rows)
    yield f"Wanted: at least {BAR} of EnvPool's on BipedalWalker-v3, so that a search costs next to nothing beside its"
    yield "physics."
    yield ""


RATIOS = {
    "search_per_envpool": "search in EnvPool / EnvPool alone",
    "search_per_envpool_cpu": "the same by CPU time",
    "search_per_gymnasium": "search in EnvPool / Gymnasium alone",
    "search_per_gymnasium_cpu": "the same by CPU time",
    "search_in_processes_per_gymnasium": "search in processes / Gymnasium alone",
}


def _rate(found: int | None) -> str:
    return MISSING if found is None else f"{found:,}"


def _part(found: float | None) -> str:
    return MISSING if found is None else f"{found:.2f}"


def _curves(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Reward against env-steps"
    yield ""
    if not document["curves"]:
        yield f"Not measured: {MISSING}."
        return
    yield "What the champion of a search earns in its retests, on held-out episodes of EnvPool: the mean over shared"
    yield "weights drawn from U(-2, 2), or with preset `tuned` the reward with the weight 1. The line is the median of"
    yield f"{len(SEEDS)} seeds, the band their range."
    yield ""
    yield "![reward against env-steps](environments_bench.svg)"
    yield ""
    yield "At the end, one figure a seed. The last column is the controller that the search writes: the same"
    yield "network with its best shared weight, over 100 new episodes."
    found = document["curves"]
    rows = [[env, *(_each(of["champions"], key, form) for key, form in COLUMNS.items())] for env, of in found.items()]
    yield from _table(["environment", *TITLES], rows)
    yield "The commands, each with `--seed` " + ", ".join(map(str, SEEDS)) + ":"
    yield ""
    yield "```sh"
    yield from (of["command"] for of in found.values())
    yield "```"


COLUMNS = {
    "env_steps": lambda n: f"{n / 1e6:.2f} M",
    "seconds": lambda s: f"{s:.0f} s",
    "connections": str,
    "searched": lambda r: f"{r:.1f}",
    "at_its_weight": lambda r: f"{r:.1f}",
}
TITLES = ("env-steps", "wall time", "connections", "as searched", "at its best weight")


def _each(champions: Sequence[Mapping[str, Any]], key: str, form: Any) -> str:
    return ", ".join(form(champion[key]) for champion in champions)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Returns a table whose first column is text and the others numbers."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (titles, *rows)]
    return ["", lines[0], "|---|" + "---:|" * (len(titles) - 1), *lines[1:], ""]
