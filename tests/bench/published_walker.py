"""Scores the paper's BipedalWalker champion in Gymnasium; writes docs/published_walker.md.

python tests/bench/published_walker.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import reference_data

from wann_rt.core.controller import Controller
from wann_rt.core.files import write_atomic
from wann_rt.evaluation.score import Score
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.play.task_of import environment_of
from wann_rt.zoo.published import load_out

PAGE = Path(__file__).resolve().parents[2] / "docs" / "published_walker.md"
ENVIRONMENT = "BipedalWalker-v3"
EPISODES = 100
SHARED_WEIGHT = -2.0  # the best of the paper's six
REFERENCE = {"tuned weights": "331.5 ± 0.7", "shared weight -2": "250.2 ± 88.8"}  # sd, by the paper's own code

TEXT = """# The published walker

The BipedalWalker champion that the paper's authors published, 210 connections, imported by `wann-rt import` and played
for {episodes} episodes in Gymnasium's {environment}. Written by

    python tests/bench/published_walker.py

| weights | falls charged, as in Gymnasium | falls not charged | the reference code, falls charged |
|---|---|---|---|
{rows}

The paper's champion was searched and scored on a changed copy of BipedalWalker-v2. What that is beside v3:

* a fall ends the episode but does not cost 100. The paper's table of the walker fits that reward (51 for random shared
  weights, 261 for the tuned one), not Gymnasium's; `--task-set fall_penalty=false` gives it here, except that the last
  step of a fall counts 0, because the reward it would have had cannot be known from outside;
* the lidar of v2 reports the first thing that its ray was told of, that of v3 the nearest. The champion walks on with
  either;
* the limit of 1600 steps is in the environment there, in a wrapper here;
* the physics are the same: constants, motors, terrain, joint limits.
"""


def main() -> None:
    """Plays and writes the page."""
    topology, weights = (reference_data.FOLDER / name for name in reference_data.CHAMPIONS["biped"])
    if not (topology.is_file() and weights.is_file()):
        sys.exit(f"{topology} is not there: name the reference's folder in WANN_RT_REFERENCE")
    found = {
        "tuned weights": load_out(topology, weights=weights, task="biped"),
        "shared weight -2": load_out(topology, task="biped", shared_weight=SHARED_WEIGHT),
    }
    rows = "\n".join(row(name, controller) for name, controller in found.items())
    text = TEXT.format(episodes=EPISODES, environment=ENVIRONMENT, rows=rows)
    write_atomic(PAGE, text.encode())
    print(text)


def row(name: str, controller: Controller) -> str:
    """Returns a line of the table."""
    scores = [played(controller, charged) for charged in (True, False)]
    cells = [f"{score.mean:.1f} ± {score.ci95:.1f}, sd {score.sd:.1f}" for score in scores]
    return f"| {name} | {' | '.join(cells)} | {REFERENCE[name]} (sd) |"


def played(controller: Controller, charged: bool) -> Score:
    """Returns the score over the episodes, the same ones whether falls are charged or not."""
    task = environment_of(controller, ENVIRONMENT, params={"fall_penalty": charged})
    return Score.of_episodes(task, play_controller(task, controller, starts_of(task, range(EPISODES)), threads=1))


if __name__ == "__main__":
    main()
