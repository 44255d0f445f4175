"""Double pole balancing without velocities: evaluations until solved, and 625 other starts; writes docs/memory.md.

    python tests/bench/double_pole.py --runs 50

A run is a search with one shared weight, or CMA-ES on the individual weights of a dense network; an evaluation is an
episode of one network. It is solved once a network balances both poles for 100,000 steps. What is finished is kept in
docs/double_pole.json.
"""

import argparse
import json
import statistics
from dataclasses import replace
from typing import Any

import memory
import numpy as np
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core.activations import BY_NAME
from wann_rt.core.files import write_atomic
from wann_rt.core.network import Connection, Network
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks import get
from wann_rt.tasks.deriving import seen_through
from wann_rt.tasks.task import Task
from wann_rt.tuning.strategies import STRATEGIES

STORE = memory.DOCS / "double_pole.json"
SOLVED = 100_000  # steps
MOST = 65_536  # evaluations after which a run counts as failed
POSITIONS = ["x", "theta_1", "theta_2"]
SETTINGS: dict[str, Any] = {
    "preset": "tuned", "episodes": 1, "retest_every": 10_000, "retest_episodes": 1, "sweep_weights": 1,
    "scored_episodes": 1, "most_connections": 0,
}  # fmt: skip
# What is derived, the shared weight, and the population of each arm.
ARMS: dict[str, tuple[dict[str, str], float, int]] = {
    "three derived rates": ({f"{name}_dot": f"rate_of:{name}" for name in POSITIONS}, 2.0, 192),
    "six recurrent nodes": (
        {f"h{k}": f"recurrent,filter:{share}" for k, share in enumerate((1, 1, 1, 0.5, 0.25, 0.1))}, 1.0, 512,
    ),
}  # fmt: skip
# The filters of recurrent nodes in a dense network: every input leads to every output, and there are no hidden nodes.
DENSE: dict[str, tuple[float, ...]] = {
    "three delays, dense": (1, 1, 1),
    "six recurrent nodes, dense": (1, 1, 1, 0.5, 0.25, 0.1),
}
CANDIDATES, SIGMA = 32, 0.5  # of CMA-ES, which begins with weights of 0
PATIENCE = 60  # generations without a better network before it begins anew
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the ranges below, for each of four variables: 625 starts
RANGES = (2.16, 1.35, np.deg2rad(3.6), np.deg2rad(8.6))  # x, x_dot, theta_1, theta_1_dot


class UntilSolved(wr.Callback):
    """Ends a search when the best network of a generation balances for long enough."""

    def __init__(self) -> None:
        self.network: Network | None = None
        self.generations = 0

    def on_generation(self, report: Any, running: Any) -> bool:
        """Keeps the network that solves the task."""
        self.generations = report.generation + 1  # they count from 0
        solved = report.best >= SOLVED
        self.network = running.best if solved else None
        return bool(solved)


def other_start(number: int) -> NDArray[np.float32]:
    """Returns one of the 625 starts; the short pole is upright."""
    digits = [number // 5**k % 5 for k in range(4)]
    x, x_dot, theta, theta_dot = ((2 * SHARES[d] - 1) * most for d, most in zip(digits, RANGES, strict=True))
    return np.array([x, x_dot, theta, theta_dot, 0.0, 0.0], np.float32)


def run(arm: str, seed: int, threads: int | None) -> dict[str, Any]:
    """Returns what a run needed, and from how many other starts its network balances for 1,000 steps."""
    derive, weight, population = ARMS[arm]
    plain = get("double-pole")
    task = replace(seen_through(plain, POSITIONS, derive), max_steps=SOLVED)
    watch = UntilSolved()
    sizes: dict[str, Any] = {"population": population, "generations": MOST // population, "weights": (weight,)}
    wr.search(task, seed=seed, threads=threads, progress=False, callbacks=[watch], **SETTINGS, **sizes)
    if watch.network is None and watch.generations < sizes["generations"]:
        raise SystemExit("stopped")  # a search that is told to end gives its best, which is no failure
    found: dict[str, Any] = {"evaluations": watch.generations * population, "solved": watch.network is not None}
    if watch.network is None:
        return found
    others = seen_through(replace(plain, start=other_start), POSITIONS, derive)
    return found | {"connections": watch.network.n_connections, "starts": balanced(others, watch.network, weight)}


def tuned(arm: str, seed: int) -> dict[str, Any]:
    """Returns what CMA-ES needed, and from how many other starts its network balances for 1,000 steps."""
    derive = {f"h{k}": f"recurrent,filter:{share}" for k, share in enumerate(DENSE[arm])}
    plain = get("double-pole")
    task = replace(seen_through(plain, POSITIONS, derive), max_steps=SOLVED)
    network = dense(len(task.observations), len(task.actions))
    start = np.tile(starts_of(task, range(1)), (1, CANDIDATES))
    evaluations, restarts, waited, best = 0, 0, PATIENCE, 0
    while evaluations + CANDIDATES <= MOST:
        if waited == PATIENCE:
            strategy = STRATEGIES["cma"](np.zeros(network.n_connections), SIGMA, CANDIDATES, 1000 * seed + restarts)
            restarts, waited, best = restarts + 1, 0, 0
        weights = strategy.ask().astype(np.float32)
        lengths = play(task, network, np.ascontiguousarray(weights.T), start, 1).lengths[0]
        strategy.tell(lengths.astype(np.float64))
        evaluations, first = evaluations + CANDIDATES, int(np.argmax(lengths))
        waited, best = (0, int(lengths[first])) if lengths[first] > best else (waited + 1, best)
        if best >= SOLVED:
            others = seen_through(replace(plain, start=other_start), POSITIONS, derive)
            found = {"evaluations": evaluations, "solved": True, "connections": network.n_connections}
            return found | {"starts": balanced(others, network, weights[first])}
    return {"evaluations": evaluations, "solved": False}


def dense(inputs: int, outputs: int) -> Network:
    """Returns a network whose every input leads to every output, all of them linear, without a bias."""
    pairs = [Connection(1 + i, 1 + inputs + k) for i in range(inputs) for k in range(outputs)]
    linear = BY_NAME["linear"].id
    return Network.build(inputs, {}, {1 + inputs + k: linear for k in range(outputs)}, pairs)[0]


def balanced(task: Task, network: Network, weights: float | NDArray[np.float32]) -> int:
    """Returns from how many of the 625 starts a network balances for 1,000 steps."""
    each = np.repeat(np.atleast_2d(np.float32(weights)).T, 625, axis=1)
    lanes = each[0] if np.ndim(weights) == 0 else each
    lengths = play(task, network, lanes, starts_of(task, range(625)), 1).lengths[0]
    return int(np.sum(lengths == task.max_steps))


def table(rows: dict[str, dict[str, Any]]) -> str:
    """Returns a row for each arm, of the runs that are there."""
    lines = []
    for arm in (*ARMS, *DENSE):
        runs = [row for key, row in rows.items() if key.startswith(f"{arm};")]
        solved = [row for row in runs if row["solved"]]
        if not solved:
            continue
        needed = statistics.median(row["evaluations"] if row["solved"] else MOST for row in runs)
        starts = f"{statistics.median(row['starts'] for row in solved):.0f}"
        cells = [f"{len(solved)} of {len(runs)}", f"{needed:,.0f}", starts]
        kind = "individual weights" if arm in DENSE else "one shared weight"
        cells.append(f"{statistics.median(row['connections'] for row in solved):.0f} connections, {kind}")
        lines.append(f"| wann_rt, {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Makes the runs that are missing, then writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    rows: dict[str, dict[str, Any]] = json.loads(STORE.read_text()) if STORE.exists() else {}
    for arm in (*DENSE, *ARMS):
        for seed in range(1, arguments.runs + 1):
            if (key := f"{arm}; seed {seed}") not in rows:
                rows[key] = tuned(arm, seed) if arm in DENSE else run(arm, seed, arguments.threads)
                write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
                print(key, rows[key], flush=True)
    memory.write()


if __name__ == "__main__":
    main()
