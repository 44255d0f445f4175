"""Monitors that add up: does a cumulative sum of squared scores find more faults than hits among the last steps?

    python tests/bench/monitor_sums.py pendulum

A sum grows by the square of the worst score, at most 4, less an allowance, and never falls below 0 (CUSUM, Page 1954).
All arms have the same stated rate of false alarms; what is measured is on other machines. What it prints stands in
docs/monitor.md; no monitor that is exported has such a sum yet.
"""

import argparse
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks, zoo
from wann_rt.monitoring.calibrate import Floats, counted, scaled, worst_scores
from wann_rt.monitoring.faults import FAULTS
from wann_rt.monitoring.kinds import KINDS, RECIPES, Given, folded
from wann_rt.monitoring.machines import machines, record

BEGINS = {"cartpole-swingup": 500, "pendulum": 100}  # while it is balanced
RATE, STEPS, CHECKED, FAULTY, MACHINES = 2e-5, 1_500_000, 10**6, 900_000_000, 100
MOST = 4.0  # that a step adds
QUANTILE = 0.999  # of episodes, whose mean square is the allowance
Excess = Mapping[str, NDArray[np.float64]]


def excesses(worst: Floats, allowance: float) -> Excess:
    """Returns what each arm compares with its threshold, [steps, lanes], by name."""
    total, sums = np.zeros(worst.shape[1]), []
    for row in np.minimum(worst.astype(np.float64) ** 2, MOST):
        total = np.maximum(0.0, total + row - allowance)
        sums.append(total)
    arms = {"one": counted(worst, 1, 1), "six of twelve": counted(worst, 6, 12)}
    return {name: arm.astype(np.float64) for name, arm in arms.items()} | {"sum": np.array(sums)}


def found(arms: tuple[str, ...], nominal: Excess, held: Excess, faults: Mapping[str, Excess], begins: int) -> str:
    """Returns the share of faults that arms find together, and their measured false alarms."""
    steps, lanes = nominal["one"].shape
    allowed = int(RATE * steps * lanes)
    own = {arm: np.sort(nominal[arm].max(axis=0))[::-1][allowed // 2] for arm in arms}

    def joined(given: Excess) -> NDArray[np.float64]:
        return np.asarray(np.max([given[arm] / own[arm] for arm in arms], axis=0))

    above = np.sort(joined(nominal).max(axis=0))[::-1][allowed]
    shares = {}
    for name, given in faults.items():
        alarm = joined(given) > above
        shares[name] = float(alarm[begins:].any(axis=0)[~alarm[:begins].any(axis=0)].mean())
    measured = np.count_nonzero(joined(held).max(axis=0) > above) / (steps * lanes)
    missed = ", ".join(f"{name} {share:.2f}" for name, share in shares.items() if share < 0.97)
    return f"{' + '.join(arms)}: found {np.mean(list(shares.values())):.3f}, measured {measured:.2g}; {missed}"


def main() -> None:
    """Prints a line for each set of arms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=BEGINS)
    name = parser.parse_args().task
    task, controller, begins = tasks.get(name), zoo.load(name), BEGINS[name]
    varied, lanes = machines(task), STEPS // task.max_steps
    seen = record(controller, varied, range(lanes))
    given = Given(task, seen, len(controller.observations), len(controller.actions))
    made = folded([feature for kind in RECIPES["plant"] for feature in KINDS[kind].make(given)])
    monitor = scaled(made, seen, RATE, (0.0,) * len(controller.actions))
    worst = worst_scores(monitor, seen)
    allowance = float(np.quantile(np.mean(np.minimum(worst.astype(np.float64) ** 2, MOST), axis=0), QUANTILE))
    nominal = excesses(worst, allowance)
    others = record(controller, varied, range(CHECKED, CHECKED + lanes))
    held = excesses(worst_scores(monitor, others), allowance)
    broken = range(FAULTY, FAULTY + MACHINES)
    played = {fault.name: record(controller, varied, broken, fault, begins) for fault in FAULTS}
    faults = {fault: excesses(worst_scores(monitor, one), allowance) for fault, one in played.items()}
    for arms in (("one", "six of twelve"), ("one", "sum"), ("one", "six of twelve", "sum")):
        print(name, found(arms, nominal, held, faults, begins), flush=True)


if __name__ == "__main__":
    main()
