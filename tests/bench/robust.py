"""What searches by the default command find that shall ship: each seed, none left out; writes docs/robust.md.

    python tests/bench/robust.py

Run folders and rows are kept in build/robust, so the command can be stopped and started again, and several may share
the seeds (--seeds 1-5 here, --seeds 6-10 there); --table searches nothing and writes the page of what is there.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wann_rt import tasks
from wann_rt.core.controller import Controller
from wann_rt.core.random import Purpose
from wann_rt.evaluation.score import Score
from wann_rt.evolution import config as configs
from wann_rt.evolution.comparison import finished, read_seeds
from wann_rt.evolution.run import run_search
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks import with_params
from wann_rt.tasks.conditions import tested

TASK = tasks.get("cartpole-swingup")
EPISODES = 1000
VARIANTS: dict[str, dict[str, Any]] = {
    "preset robust": {},
    "no price of sign changes": {"polish_chatter_penalty": 0.0},
    "no disturbances": {"disturbed": False},
    "no new beginnings": {"restarts": 0},
    "shared weight": {"polish_share": 0.0},
    "a quarter of CVaR": {"cvar_weight": 0.25},
}
SEEDS = range(1, 9)  # of the comparison of variants
GOALS = {"plain": 915.0, "disturbed": 900.0, "sign_changes": 5.0}
FIGURES = ("plain", "disturbed", "worst5", "sign_changes", "effort", "connections", "M steps", "CPU-s")


def main() -> None:
    """Searches what is missing and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--variants", default="preset robust", help="comma-separated; all: every one")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--runs", type=Path, default=Path("build/robust"))
    parser.add_argument("--out", type=Path, default=Path("docs/robust.md"))
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    given.runs.mkdir(parents=True, exist_ok=True)
    chosen = list(VARIANTS) if given.variants == "all" else given.variants.split(",")
    if unknown := set(chosen) - set(VARIANTS):
        parser.error(f"--variants: {', '.join(sorted(unknown))}; expected of: {', '.join(VARIANTS)}")
    for variant in () if given.table else chosen:
        for seed in read_seeds(given.seeds):
            print(json.dumps(row(variant, seed, given.runs, given.threads)), flush=True)
    given.out.write_text(document(given.runs), encoding="utf-8")


def row(variant: str, seed: int, runs: Path, threads: int | None) -> dict[str, Any]:
    """Returns the figures of one search, which is run unless it has been."""
    config = configs.load("robust", VARIANTS[variant] | {"seed": seed})
    name = f"{variant.replace(' ', '-')}-{seed}"
    file = runs / f"{name}.json"
    if file.exists() and (known := json.loads(file.read_text()))["digest"] == config.digest:
        return dict(known)
    began = time.process_time()
    folder = runs / f"{name}-{config.digest[7:15]}"
    if finished(TASK, config, folder) is None:
        run_search(TASK, config, out=folder, threads=threads)
    champion = finished(TASK, config, folder)
    if champion is None:  # a search answers Ctrl-C by what it has so far, which is no row
        raise KeyboardInterrupt
    seconds = time.process_time() - began
    made = {"variant": variant, "seed": seed, "digest": config.digest, **judged(champion)}
    made |= {"M steps": round(champion.provenance["env_steps"] / 1e6), "CPU-s": round(seconds)}
    file.write_text(json.dumps(made) + "\n")
    return made


def judged(champion: Controller) -> dict[str, float]:
    """Returns a controller's scores in the episodes of `wann-rt evaluate --disturbed --episodes 1000`."""
    seeds = episode_seeds(Purpose.TEST, 0, EPISODES)
    scores = []
    for task in (TASK, with_params(TASK, **tested(TASK))):
        scores.append(Score.of_episodes(task, play_controller(task, champion, starts_of(task, seeds))))
    plain, disturbed = scores
    assert plain.chatter is not None
    assert plain.effort is not None
    return {
        "plain": round(plain.mean, 1), "disturbed": round(disturbed.mean, 1), "worst5": round(disturbed.cvar(), 1),
        "sign_changes": round(plain.chatter, 2), "effort": round(plain.effort, 3),
        "connections": champion.network.n_connections,
    }  # fmt: skip


def document(runs: Path) -> str:
    """Returns the page of all rows that are there."""
    rows = [json.loads(file.read_text()) for file in sorted(runs.glob("*.json"))]
    rows = [
        r for r in rows if r["digest"] == configs.load("robust", VARIANTS[r["variant"]] | {"seed": r["seed"]}).digest
    ]
    by_variant = {name: sorted((r for r in rows if r["variant"] == name), key=lambda r: r["seed"]) for name in VARIANTS}
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8")
    ours = by_variant["preset robust"]
    parts = [text, *_goals(ours), *_table(ours)] if ours else [text, "no seed has been searched yet."]
    return "\n".join([*parts, *_ablation(by_variant)]) + "\n"


def _ablation(by_variant: Mapping[str, list[dict[str, Any]]]) -> list[str]:
    """Returns the table of the variants of which all seeds are there, and says which ones are missing.

    Without CPU-seconds: variants may have been searched on other days, or machines.
    """
    of_seeds = {name: [r for r in found if r["seed"] in SEEDS] for name, found in by_variant.items()}
    whole = {name: found for name, found in of_seeds.items() if len(found) == len(SEEDS)}
    missing = [name for name in by_variant if name not in whole]
    lines = ["\n## What each setting is worth\n", _head("variant", "seeds", figures=FIGURES[:-1])]
    lines += [f"| {name} | {len(found)} | {_means(found, FIGURES[:-1])} |" for name, found in whole.items()]
    lines += [f"\nNot measured yet: {', '.join(missing)}."] if missing else []
    return lines if len(whole) > 1 else []


def _goals(rows: list[dict[str, Any]]) -> list[str]:
    """Returns what the mean over the seeds was to be and what it is."""
    said = []
    for name, goal in GOALS.items():
        mean = float(np.mean([r[name] for r in rows]))
        met = mean <= goal if name == "sign_changes" else mean >= goal
        bound = "at most" if name == "sign_changes" else "at least"
        said.append(
            f"* {name.replace('_', ' ')}: {mean:.1f}; the goal, {bound} {goal:g}, is {'' if met else 'not '}met"
        )
    return [*said, ""]


def _head(*first: str, figures: Sequence[str] = FIGURES) -> str:
    names = (*first, *(name.replace("_", " ") for name in figures))
    return f"| {' | '.join(names)} |\n|---|{'---:|' * (len(names) - 1)}"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"| {r['seed']} | {' | '.join(str(r[name]) for name in FIGURES)} |" for r in rows]
    return [_head("seed"), *lines, f"| mean | {_means(rows)} |"]


def _means(rows: list[dict[str, Any]], figures: Sequence[str] = FIGURES) -> str:
    cells = []
    for name in figures:
        values = Score.of(np.array([r[name] for r in rows], float))
        cells.append(
            f"**{values.mean:.3g} ± {values.ci95:.2g}**"
            if values.mean < 100
            else f"**{values.mean:.0f} ± {values.ci95:.0f}**"
        )
    return " | ".join(cells)


if __name__ == "__main__":
    main()
