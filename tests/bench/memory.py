"""Memory: what a rate that the controller derives from positions is worth; writes docs/memory.md.

    python tests/bench/memory.py --seeds 2

Each arm is a search and then a tuning of individual weights, of the same size. What is finished is kept in
docs/memory.json, so the command can be stopped and started again. What the page says besides stands in memory.md.in.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import wann_rt as wr
from wann_rt.core.files import write_atomic
from wann_rt.evaluation.robustness import ALL

DOCS = Path(__file__).parents[2] / "docs"
STORE, PAGE, TEMPLATE = DOCS / "memory.json", DOCS / "memory.md", Path(__file__).with_name("memory.md.in")
SEARCH: dict[str, Any] = {"preset": "tuned", "population": 256, "generations": 60}
TUNE_STEPS = 20_000_000
EPISODES, TEST_SEED = 200, 30_000_000  # held out: no search has this seed
NOISE = 0.005  # of the sensors of the swing-up, in the search as in the score

POSITIONS = ["x", "cos_theta", "sin_theta"]
RATES = {"x_dot": "rate_of:x,filter:{0}", "theta_dot": "rate_of:cos_theta/sin_theta,filter:{0}"}
ANGLE = ["cos_theta", "sin_theta"]
# Task, what it is played under, and of each arm the observations and what is derived.
ARMS: dict[str, tuple[str, dict[str, Any], list[str] | None, dict[str, str]]] = {
    "swing-up: velocities are measured": ("swingup", {"observation_noise": NOISE}, None, {}),
    "swing-up: positions": ("swingup", {"observation_noise": NOISE}, POSITIONS, {}),
    "swing-up: positions, rates derived, filter 0.3": (
        "swingup", {"observation_noise": NOISE}, POSITIONS, {name: how.format(0.3) for name, how in RATES.items()},
    ),
    "swing-up: positions, rates derived, filter 0.15": (
        "swingup", {"observation_noise": NOISE}, POSITIONS, {name: how.format(0.15) for name, how in RATES.items()},
    ),
    "pendulum: velocity is measured": ("pendulum", {}, None, {}),
    "pendulum: angle": ("pendulum", {}, ANGLE, {}),
    "pendulum: angle, rate derived": ("pendulum", {}, ANGLE, {"theta_dot": "rate_of:cos_theta/sin_theta"}),
}  # fmt: skip


def main() -> None:
    """Searches, tunes and scores what is missing, then writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    rows: dict[str, dict[str, Any]] = json.loads(STORE.read_text()) if STORE.exists() else {}
    for seed in range(1, arguments.seeds + 1):
        for arm in ARMS:
            if (key := f"{arm}; seed {seed}") not in rows:
                rows[key] = row(arm, seed, arguments.threads)
                write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
                print(key, rows[key], flush=True)
    write()


def write() -> None:
    """Writes the page from what is kept."""
    import double_pole  # which needs this module

    rows = json.loads(STORE.read_text())
    seeds = max(int(key.rpartition(" ")[2]) for key in rows)
    poles = json.loads(double_pole.STORE.read_text()) if double_pole.STORE.exists() else {}
    write_atomic(PAGE, page(rows, seeds).replace("{double_pole}", double_pole.table(poles)).encode())


def row(arm: str, seed: int, threads: int | None) -> dict[str, Any]:
    """Returns what an arm found: with one shared weight, with individual ones, and when disturbed."""
    name, conditions, observe, derive = ARMS[arm]
    task = wr.task(name, observe=observe, derive=derive, **conditions)
    found = wr.search(task, seed=seed, threads=threads, progress=False, **SEARCH)
    tuned = wr.tune(found, task, steps=TUNE_STEPS, seed=seed, threads=threads, progress=False).controller
    scores = {
        which: _scores(wr.robustness(one, task, episodes=EPISODES, seed=TEST_SEED))
        for which, one in (("shared", found), ("tuned", tuned))
    }
    return {"connections": tuned.network.n_connections, **scores}


def page(rows: dict[str, dict[str, Any]], seeds: int) -> str:
    """Returns the page."""
    lines = ["| the controller is fed with | connections | shared weight | individual weights | all disturbances |"]
    lines.append("|---|---|---|---|---|")
    for arm in ARMS:
        found = [rows[f"{arm}; seed {seed}"] for seed in range(1, seeds + 1)]
        cells = [", ".join(str(one["connections"]) for one in found)]
        for which, column in (("shared", "plain"), ("tuned", "plain"), ("tuned", "disturbed")):
            cells.append(", ".join(f"{one[which][column]:.0f}" for one in found))
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    text = TEMPLATE.read_text(encoding="utf-8")
    runs = "one run" if seeds == 1 else f"{seeds} runs, of the seeds 1 to {seeds} in this order"
    return text.replace("{table}", "\n".join(lines)).replace("{seeds}", runs).replace("{episodes}", str(EPISODES))


def _scores(found: wr.Robustness) -> dict[str, float]:
    return {"plain": round(found.plain.mean, 2), "disturbed": round(found.scores[ALL].mean, 2)}


if __name__ == "__main__":
    main()
