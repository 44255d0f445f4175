"""The front of disturbed score against sign changes, ours and a rival's; writes docs/front.md (`make front`).

    python tests/bench/front.py

Both begin at what ships and are tuned once more under all disturbances, at ever higher prices of a sign change.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import wann_rt as wr
from wann_rt import tasks
from wann_rt.core.random import Purpose
from wann_rt.evaluation.score import Score
from wann_rt.evolution import config
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.contest import priced
from wann_rt.rivals.law import closed
from wann_rt.rivals.textbook import laws
from wann_rt.rivals.tuning import played, tuned
from wann_rt.tasks import with_params
from wann_rt.tasks.conditions import tested
from wann_rt.tuning.polish import PolishSettings

TASK = tasks.get("cartpole-swingup")
OURS, RIVAL = "zoo:cartpole-swingup-robust", "energy shaping + LQR"
PRICES = (0.0, 0.02, 0.08, 0.3, 1.0)
EPISODES = 1000
SMOOTHNESS = config.load("robust").smoothness_penalty


def main() -> None:
    """Tunes both at each price and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=120_000_000, help="of each tuning")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--out", type=Path, default=Path("docs/front.md"))
    given = parser.parse_args()
    found = []
    for row in rows(given.steps, given.threads):
        found.append(row)
        print(json.dumps(row), flush=True)
    given.out.write_text(document(found, given.steps), encoding="utf-8")


def rows(steps: int, threads: int | None) -> Iterator[dict[str, Any]]:
    """Yields who was tuned at which price, and its figures."""
    (law,) = (one for one in laws(TASK) if one.name == RIVAL)
    settings = PolishSettings("cma", episodes=16, steps=steps, threads=threads)
    for price in PRICES:
        on = with_params(priced(TASK, SMOOTHNESS), **({"chatter_penalty": price} if price else {}))
        ours = wr.tune(
            wr.load(OURS), on, method="pepg", episodes=64, population=24, sigma=0.1, steps=steps, seed=1,
            threads=threads,
        ).controller  # fmt: skip
        yield {"name": OURS, "price": price, **figures([play_controller(t, ours, _starts(t)) for t in _tasks()])}
        gains = tuned(on, law, settings)
        law = replace(law, start=tuple(gains.tolist()))  # the next price begins where this one ended
        yield {
            "name": RIVAL,
            "price": price,
            **figures([played(t, law, gains, _starts(closed(t, law)), threads) for t in _tasks()]),
        }


def _tasks() -> tuple[Any, Any]:
    return TASK, with_params(TASK, **tested(TASK))


def _starts(task: Any) -> Any:
    return starts_of(task, episode_seeds(Purpose.TEST, 0, EPISODES))


def figures(episodes: list[Any]) -> dict[str, float | None]:
    """Returns scores and sign changes of plain and of disturbed episodes."""
    plain, disturbed = (Score.of_episodes(TASK, one) for one in episodes)
    return {
        "plain": plain.mean,
        "disturbed": disturbed.mean,
        "ci95": disturbed.ci95,
        "sign_changes": plain.chatter,
        "sign_changes_disturbed": disturbed.chatter,
    }


def document(found: list[dict[str, Any]], steps: int) -> str:
    """Returns the page."""
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8").replace("<steps>", f"{steps / 1e6:.0f}")
    lines = [
        "| controller | price of a sign change | plain | disturbed | sign changes / s, plain | the same, disturbed |"
    ]
    lines.append(f"|---|{'---:|' * 5}")
    for row in sorted(found, key=lambda row: row["name"] != OURS):
        scores = f"{row['plain']:.1f} | {row['disturbed']:.1f} ± {row['ci95']:.1f}"
        changes = f"{row['sign_changes']:.2f} | {row['sign_changes_disturbed']:.2f}"
        lines.append(f"| {row['name']} | {row['price']:g} | {scores} | {changes} |")
    return "\n".join([text.rstrip(), "", *lines]) + "\n"


if __name__ == "__main__":
    main()
