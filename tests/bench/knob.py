"""What one knob buys on changed plants; writes docs/knob.md (`make knob`).

python tests/bench/knob.py
"""

import argparse
from pathlib import Path

import numpy as np

from wann_rt import tasks
from wann_rt.display.knob import COLUMNS, cells
from wann_rt.tuning.knob_gain import Gain, KnobSettings, changes, gains
from wann_rt.zoo.sources import load

CONTROLLERS = (
    "zoo:cartpole-swingup.shared",
    "examples/swingup.json",
    "zoo:pendulum.shared",
    "zoo:acrobot.shared",
    "zoo:mountain-car-continuous.shared",
)
GOAL = 0.9
BY_HAND = ({"max_force": 6.0}, {"pole_mass": 1.0})  # of the first: a worn motor, a pole of twice the mass


def main() -> None:
    """Turns the knob of each controller on each changed plant and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=KnobSettings.trials)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, default=Path("docs/knob.md"))
    given = parser.parse_args()
    settings = KnobSettings(trials=given.trials, threads=given.threads)
    found = {name: judged(name, settings) for name in CONTROLLERS}
    given.out.write_text(document(found, settings), encoding="utf-8")
    print(f"wrote {given.out}")


def judged(name: str, settings: KnobSettings) -> list[Gain]:
    """Returns what the knob of a controller buys on each changed plant."""
    controller = load(name)
    task = tasks.get(str(controller.provenance["task"]))
    rows = []
    for gain in gains(task, controller, changes(task), settings):
        print(name, *cells(gain), flush=True)
        rows.append(gain)
    return rows


def document(found: dict[str, list[Gain]], settings: KnobSettings) -> str:
    """Returns the page."""
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8")
    for field in ("episodes", "budget", "trials"):
        text = text.replace(f"<{field}>", str(getattr(settings, field)))
    return (
        "\n".join([text, *verdict(found), *(line for name, rows in found.items() for line in table(name, rows))]) + "\n"
    )


def verdict(found: dict[str, list[Gain]]) -> list[str]:
    """Returns what was to be reached, and where it was not."""
    every = [gain for rows in found.values() for gain in rows]
    reached = np.array([gain.reached for gain in every])
    first = [gain for gain in found[CONTROLLERS[0]] if gain.changed in BY_HAND]
    told = "* {}: {:.0f} with the own weight, {:.0f} with the knob; the best weight gives {:.0f}"
    lines = [told.format(cells(gain)[0], gain.own, gain.knob, gain.best) for gain in first]
    return [
        f"The goal is {GOAL:.0%} of what the best single weight gives. In the mean over all {len(every)} plants it is "
        f"{reached.mean():.1%}; {int((reached >= GOAL).sum())} of them reach the goal, and the least is "
        f"{reached.min():.0%}. Of {CONTROLLERS[0]}:\n",
        *lines,
    ]


def table(name: str, rows: list[Gain]) -> list[str]:
    """Returns the lines of one controller's table."""
    heads = [column.lstrip(">") for column in COLUMNS]
    lines = [f"| {' | '.join(cells(gain))} |" for gain in rows]
    return [f"\n## {name}\n", f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}", *lines]


if __name__ == "__main__":
    main()
