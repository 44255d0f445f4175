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
TICK = 0.0015  # of a typical size: an encoder of 4,096 ticks a turn

POSITIONS = ["x", "cos_theta", "sin_theta"]
RATES = {"x_dot": "rate_of:x,filter:{0}", "theta_dot": "rate_of:cos_theta/sin_theta,filter:{0}"}
ANGLE = ["cos_theta", "sin_theta"]
LONGER: dict[str, Any] = {"population": 384, "generations": 128}  # of arms of that name
LONGER_TUNE_STEPS = 40_000_000
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
    "swing-up: velocities are measured, no noise": ("swingup", {}, None, {}),
    "swing-up: positions in ticks, rates derived, filter 0.15": (
        "swingup", {"observation_noise": NOISE, "quantisation": TICK}, POSITIONS,
        {name: how.format(0.15) for name, how in RATES.items()},
    ),
    "swing-up: the same, begun with the network for measured velocities": (
        "swingup", {"observation_noise": NOISE, "quantisation": TICK}, POSITIONS,
        {name: how.format(0.15) for name, how in RATES.items()},
    ),
    "pendulum: velocity is measured": ("pendulum", {}, None, {}),
    "pendulum: angle": ("pendulum", {}, ANGLE, {}),
    "pendulum: angle, rate derived": ("pendulum", {}, ANGLE, {"theta_dot": "rate_of:cos_theta/sin_theta"}),
    "pendulum: angle, rate derived, longer": ("pendulum", {}, ANGLE, {"theta_dot": "rate_of:cos_theta/sin_theta"}),
    "pendulum: angle, rate derived, begun with the network for measured velocities": (
        "pendulum", {}, ANGLE, {"theta_dot": "rate_of:cos_theta/sin_theta"},
    ),
    "pendulum: angle, two recurrent nodes, longer": (
        "pendulum", {}, ANGLE, {"h1": "recurrent", "h2": "recurrent,filter:0.5"},
    ),
    "cart-pole: velocities are measured": ("cartpole", {}, None, {}),
    "cart-pole: positions": ("cartpole", {}, ["x", "theta"], {}),
    "cart-pole: positions, rates derived": (
        "cartpole", {}, ["x", "theta"], {"x_dot": "rate_of:x", "theta_dot": "rate_of:theta"},
    ),
}  # fmt: skip


def main() -> None:
    """Searches, tunes and scores what is missing, then writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", default="", help="arms whose name begins so")
    arguments = parser.parse_args()
    for seed in range(1, arguments.seeds + 1):
        for arm in ARMS:
            if arm.startswith(arguments.only) and (key := f"{arm}; seed {seed}") not in kept():
                found = row(arm, seed, arguments.threads)
                write_atomic(STORE, (json.dumps(kept() | {key: found}, indent=1) + "\n").encode())
                print(key, found, flush=True)
    write()


def kept() -> dict[str, dict[str, Any]]:
    """Returns the rows that are finished."""
    return dict(json.loads(STORE.read_text())) if STORE.exists() else {}


# Means of benchmark.md of DLR-RM/rl-baselines3-zoo; one run each.
PUBLISHED = {
    "HalfCheetah-v5": "TQC 12,090, TD3 9,656, SAC 9,535, PPO 5,819, ARS 4,815, A2C 3,041",
    "Swimmer-v5": "TD3 359, ARS 355, SAC 346, PPO 282, A2C 201",
}


def write() -> None:
    """Writes the page from what is kept."""
    import double_pole  # which needs this module

    poles = json.loads(double_pole.STORE.read_text()) if double_pole.STORE.exists() else {}
    text = page(kept()).replace("{double_pole}", double_pole.table(poles)).replace("{costs}", costs())
    text = text.replace("{gaits}", gaits()).replace("{fixed_costs}", fixed_costs())
    write_atomic(PAGE, text.encode())


def gaits() -> str:
    """Returns a row for each gait by oscillators that ``gait.py`` has made, beside what others published."""
    found: dict[str, Any] = json.loads((DOCS / "gait.json").read_text())
    lines = ["| | connections | EnvPool | Gymnasium | published, on -v3 (rl-baselines3-zoo) |", "|---|---|---|---|---|"]
    for name, one in found.items():
        scores = [f"{one[backend][0]:,.0f} ± {one[backend][1]:,.0f}" for backend in ("envpool", "processes")]
        link = f"[{one['environment']}](../examples/gaits/{name}.json)"
        lines.append(f"| {link} | {one['connections']} | {' | '.join(scores)} | {PUBLISHED[one['environment']]} |")
    absent = [name for name in PUBLISHED if name not in {one["environment"] for one in found.values()}]
    return "\n".join([*lines, *(f"\n{name} has not been run yet." for name in absent)])


def costs() -> str:
    """Returns what a state costs on a Cortex-M4F, as ``python -m size.state`` in ``tests`` measured it."""
    found: dict[str, dict[str, float]] = json.loads((DOCS / "memory_cost.json").read_text())
    levels = [level for level in next(iter(found.values())) if level != "goal"]
    lines = [f"| | goal | {' | '.join(levels)} |", "|---|---|" + "---|" * len(levels)]
    for name, row in found.items():
        lines.append(f"| {name} | {row['goal']} | {' | '.join(f'{row[level]:g}' for level in levels)} |")
    return "\n".join(lines)


def fixed_costs() -> str:
    """Returns what a state costs in fixed point, as ``python -m size.state`` measured it."""
    found: dict[str, dict[str, float]] = json.loads((DOCS / "memory_cost_q12.json").read_text())
    heads = list(next(iter(found.values())))
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    lines += [f"| {name} | {' | '.join(f'{row[head]:g}' for head in heads)} |" for name, row in found.items()]
    return "\n".join(lines)


def row(arm: str, seed: int, threads: int | None) -> dict[str, Any]:
    """Returns what an arm found: with one shared weight, with individual ones, and when disturbed."""
    name, conditions, observe, derive = ARMS[arm]
    task = wr.task(name, observe=observe, derive=derive, **conditions)
    longer = arm.endswith("longer")
    settings = SEARCH | (LONGER if longer else {})
    start = None
    if "begun with" in arm:  # what is derived stands last, so it does here, too
        measured = wr.task(name, observe=[*(observe or []), *derive], **conditions)
        start = wr.search(measured, seed=seed, threads=threads, progress=False, **settings)
    found = wr.search(task, start=start, seed=seed, threads=threads, progress=False, **settings)
    steps = LONGER_TUNE_STEPS if longer else TUNE_STEPS
    tuned = wr.tune(found, task, steps=steps, seed=seed, threads=threads, progress=False).controller
    scores = {
        which: _scores(wr.robustness(one, task, episodes=EPISODES, seed=TEST_SEED))
        for which, one in (("shared", found), ("tuned", tuned))
    }
    return {"connections": tuned.network.n_connections, **scores}


def page(rows: dict[str, dict[str, Any]]) -> str:
    """Returns the page: a row for each arm, of the seeds that are finished."""
    lines = ["| the controller is fed with | connections | shared weight | individual weights | all disturbances |"]
    lines.append("|---|---|---|---|---|")
    for arm in ARMS:
        found = [row for key, row in rows.items() if key.startswith(f"{arm}; seed")]
        if not found:
            continue
        cells = [", ".join(str(one["connections"]) for one in found)]
        for which, column in (("shared", "plain"), ("tuned", "plain"), ("tuned", "disturbed")):
            scores = [one[which][column] for one in found]
            mean = f": {sum(scores) / len(scores):.0f}" if len(scores) > 1 else ""
            cells.append(f"{', '.join(f'{score:.0f}' for score in scores)}{mean}")
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{table}", "\n".join(lines)).replace("{episodes}", str(EPISODES))


def _scores(found: wr.Robustness) -> dict[str, float]:
    return {"plain": round(found.plain.mean, 2), "disturbed": round(found.scores[ALL].mean, 2)}


if __name__ == "__main__":
    main()
