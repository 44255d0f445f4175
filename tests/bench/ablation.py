"""Ablation: what each setting of a preset is worth at equal env-steps; writes docs/ablation.md.

    python tests/bench/ablation.py

Finished searches are kept in build/ablation.jsonl, so the command can be stopped and started again.
"""

import argparse
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from student import half_width

from wann_rt import tasks
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.evaluation.conditions import SIX_WEIGHTS
from wann_rt.evaluation.sweep import sweep
from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import default_threads, play, starts_of

TASK = tasks.get("cartpole-swingup")
EPISODES, TEST_SEED = 1000, 20_000_000  # held out: no search has this seed
SWEPT = 8  # episodes for each weight of the sweep that tunes
ENDLESS = {"generations": 1_000_000}  # env-steps are the limit; only the champion of retests counts
SMALLER = {name: {"population": 384} for name in ("minimal", "tuned", "agnostic")}  # more generations in few steps
NO_DELETIONS = {"delete_connection": 0.0, "delete_node": 0.0}
MEAN: dict[str, dict[str, Any]] = {
    "preset paper": {"preset": "paper"},
    "preset minimal, population 384": {},
    "no deletions": NO_DELETIONS,
    "no signs": {"flip_sign": 0.0},
    "one mutation per child": {"again": 0.0},
    "the paper's six weights, 2 episodes each": {"drawn_weights": 0, "episodes": 2},
    "Pareto ranking": {"ranking": "pareto"},
    "no price of connections": {"parsimony": 0.0},
    "copies rank as they score": {"distinct": False},
    "tournaments of 8": {"tournament": 8},
    "population 96": {"population": 96},
    "population 1024": {"population": 1024},
}
BEST: dict[str, dict[str, Any]] = {
    "preset tuned, population 384": {"preset": "tuned"},
    "tuned, 4 episodes": {"preset": "tuned", "episodes": 4},
    "tuned, no deletions": {"preset": "tuned", **NO_DELETIONS},
    "tuned, no signs": {"preset": "tuned", "flip_sign": 0.0},
    "tuned, population 96": {"preset": "tuned", "population": 96},
    "tuned, population 1024": {"preset": "tuned", "population": 1024},
}
RANDOM: dict[str, dict[str, Any]] = {
    "preset agnostic, population 384": {"preset": "agnostic"},
    "agnostic, nothing but random weights": {"preset": "agnostic", "random_weights_floor": 1000.0},
    "agnostic, a floor of 85": {"preset": "agnostic", "random_weights_floor": 85.0},
    "agnostic, a floor of 125": {"preset": "agnostic", "random_weights_floor": 125.0},
    "agnostic, a price of 1": {"preset": "agnostic", "random_weights_price": 1.0},
    "agnostic, the mean only": {"preset": "agnostic", "best_share": 0.0},
    "agnostic, twelve drawn shared weights": {"preset": "agnostic", "drawn_weights": 12, "episodes": 1},
    "agnostic, no signs": {"preset": "agnostic", "flip_sign": 0.0},
    "agnostic, population 1024": {"preset": "agnostic", "population": 1024},
}
VARIANTS = MEAN | BEST | RANDOM
REMOVED = Path(__file__).with_name("ablation_removed.jsonl")
COLUMNS = ("six_weights", "random_shared", "tuned_shared", "random_weights", "connections")
TITLES = ("six-weight mean", "random shared", "tuned shared", "random weights", "connections")


def main() -> None:
    """Runs what is missing and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=500_000_000, help="env-steps of each search")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--runs", type=Path, default=Path("build/ablation.jsonl"))
    parser.add_argument("--out", type=Path, default=Path("docs/ablation.md"))
    parser.add_argument("--table", action="store_true", help="search nothing: write the table of what is there")
    arguments = parser.parse_args()
    arguments.runs.parent.mkdir(exist_ok=True)
    rows = read(arguments.runs)
    wanted = [(v, seed, arguments.steps) for v in VARIANTS for seed in range(arguments.seeds)]
    missing = [] if arguments.table else [key for key in wanted if key not in rows]
    lock = threading.Lock()

    def run(key: tuple[str, int, int]) -> None:
        row = searched(*key)
        with lock, arguments.runs.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        rows[key] = row
        print(f"{len(rows)}/{len(wanted)} {row}", flush=True)

    with ThreadPoolExecutor(default_threads()) as pool:
        list(pool.map(run, missing))
    text = document({key: rows[key] for key in wanted if key in rows}, arguments)
    arguments.out.write_text(text, encoding="utf-8")


def read(path: Path) -> dict[tuple[str, int, int], dict[str, Any]]:
    """Returns the finished searches; settings are part of the variant, so delete the file when they change."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    rows = [json.loads(line) for line in lines]
    return {(r["variant"], r["seed"], r["steps"]): r for r in rows if r["digest"] == digest(r["variant"], r["seed"])}


def settings(variant: str, seed: int) -> config.Config:
    """Returns the settings of a variant."""
    changed = dict(VARIANTS[variant])
    preset = changed.pop("preset", "minimal")
    return config.load(preset, ENDLESS | SMALLER.get(preset, {}) | changed | {"seed": seed})


def digest(variant: str, seed: int) -> str:
    """Returns the digest of a variant's settings; empty for one that is no longer tried."""
    return settings(variant, seed).digest if variant in VARIANTS else ""


def searched(variant: str, seed: int, steps: int) -> dict[str, Any]:
    """Searches for so many env-steps and scores the champion on held-out episodes."""
    running = Search(TASK, settings(variant, seed), threads=1)
    while running.env_steps < steps:
        programs = running.ask()
        running.tell(programs, running.score(programs))
    assert running.champion is not None
    network = running.champion.network
    row = {"variant": variant, "seed": seed, "steps": steps, "digest": running.config.digest}
    return row | scored(network) | {"connections": network.n_connections, "generations": running.generation}


def scored(network: Network) -> dict[str, float]:
    """Returns the mean return in each condition over held-out episodes; the weight is tuned on others."""
    starts = starts_of(TASK, episode_seeds(Purpose.TEST, TEST_SEED, EPISODES))
    drawn = uniforms(stream(TEST_SEED, Purpose.WEIGHTS), (1 + network.n_connections) * EPISODES, LOW, HIGH)
    drawn = drawn.reshape(-1, EPISODES).astype(np.float32)
    tuned = sweep(TASK, network, episodes=SWEPT, seed=TEST_SEED, threads=1).greatest
    weights = {
        "six_weights": np.resize(np.array(SIX_WEIGHTS, np.float32), EPISODES),
        "random_shared": drawn[0],
        "tuned_shared": np.full(EPISODES, tuned, np.float32),
        "random_weights": drawn[1:],
    }
    return {name: round(float(play(TASK, network, w, starts, 1).returns.mean()), 1) for name, w in weights.items()}


def document(rows: dict[tuple[str, int, int], dict[str, Any]], arguments: argparse.Namespace) -> str:
    """Returns the page."""
    command = f"python tests/bench/ablation.py --steps {arguments.steps} --seeds {arguments.seeds}"
    removed = [json.loads(line) for line in REMOVED.read_text(encoding="utf-8").splitlines()]
    steps, played = f"{arguments.steps / 1e6:.0f} M env-steps", f"{EPISODES} held-out"
    text = TEXT.format(steps=steps, played=played, command=command)
    return f"{text}\n\n{table(list(rows.values()))}\n\n{TRIED}\n\n{table(removed)}\n"


def table(rows: list[dict[str, Any]]) -> str:
    """Returns a line for each variant: mean over seeds and its interval."""
    lines = ["| variant | seeds | " + " | ".join(TITLES) + " |", "|---|---:|" + "---:|" * len(TITLES)]
    names = [name for name in VARIANTS if any(row["variant"] == name for row in rows)]
    for name in names or dict.fromkeys(row["variant"] for row in rows):
        mine = [row for row in rows if row["variant"] == name]
        cells = (interval([row[column] for row in mine]) for column in COLUMNS)
        lines.append(f"| {name} | {len(mine)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


TEXT = """# What each setting of the search is worth

Swing-up, {steps} per search, champions scored on {played} episodes per condition. Mean
over seeds and its 95 % interval (Student's t); each variant changes one setting of the preset above it. The last group
is the exchange between random weights and everything else: what is asked of one is paid with the other. Written by

    {command}"""

TRIED = """## Tried and removed

Of the same kind, built as switches of the search and deleted because they did not help: a price of connections that
grows over the search; a price of float operations on the target instead of connections; drawn weights and episodes of
its own for each genome instead of common ones; racing, in which the best quarter of a generation
plays twice; the best of the drawn weights as fitness (as good as preset `tuned`, which is simpler); eight islands with
migration. The commit before their deletion, "Switches to be tried", has them and the command that measured these rows:
changes of preset minimal with a population of 384."""


def interval(values: list[float]) -> str:
    """Returns the mean and half the width of its 95 % interval (Student's t)."""
    return f"{np.mean(values):.0f} ± {half_width(values):.0f}"


if __name__ == "__main__":
    main()
