"""Monitors that add up: which sum of scores finds most beside a level of single ones?

    python tests/bench/monitor_sums.py pendulum

Arms are hits among the last steps, means that forget (EWMA, Roberts 1959), a cumulative sum with an allowance (CUSUM,
Page 1954), and means of a residual times the action, which a motor or a mass that is another one gives a sign. All have
the same rate of false alarms, as measured; calibration and faults have other seeds than docs/monitor.md's.
"""

import argparse
from collections.abc import Iterator, Mapping
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks, zoo
from wann_rt.core.monitor import Monitor
from wann_rt.core.program import computed
from wann_rt.monitoring.calibrate import Floats, counted, scaled, worst_scores
from wann_rt.monitoring.faults import FAULTS
from wann_rt.monitoring.kinds import KINDS, RECIPES, Given, folded
from wann_rt.monitoring.machines import Record, machines, motor_of, record
from wann_rt.monitoring.make import MOTORS

BEGINS = {"cartpole-swingup": 500, "pendulum": 100}  # while it is balanced
RATE, STEPS, CHUNK, FAULTY, MACHINES = 2.5e-6, 4_000_000, 1_000_000, 700_000_000, 200
MOTOR = 100  # episodes of machines whose motors differ
MOST, ALLOWANCE = 2.0, 0.999  # score that is taken; quantile of episodes, whose mean square is the allowance
SHARES = (1 / 16, 1 / 64, 1 / 128)
Arms = Mapping[str, Floats]


def arms(monitor: Monitor, seen: Record, allowance: float) -> Arms:
    """Returns what each arm compares with its threshold, [steps, lanes], by name."""
    worst = worst_scores(monitor, seen)
    squares = np.minimum(worst, MOST) ** 2
    found = {"single": worst, "2 of 2": counted(worst, 2, 2), "6 of 12": counted(worst, 6, 12)}
    total, sums = np.zeros(worst.shape[1], np.float32), []
    for row in squares:
        total = np.maximum(0, total + row - allowance)
        sums.append(total)
    found["CUSUM"] = np.array(sums)
    for share in SHARES:
        found[f"mean over {1 / share:.0f}"] = mean(squares, share)
        for name, product in products(monitor, seen).items():
            found[f"{name} times action over {1 / share:.0f}"] = np.abs(mean(product, share))
    return found


def mean(rows: Floats, share: float) -> Floats:
    """Returns the exponentially weighted mean after each step."""
    now, means = np.zeros(rows.shape[1], np.float32), []
    for row in rows:
        now = now + np.float32(share) * (row - now)
        means.append(now)
    return np.array(means)


def products(monitor: Monitor, seen: Record) -> dict[str, Floats]:
    """Returns the scores with their signs times the action before, by the number of the observation."""
    sides = (seen.seen[1:], seen.seen[:-1], seen.done[:-1])
    inputs = [column for side in sides for column in np.moveaxis(side, 1, 0)]
    with np.errstate(all="ignore"):
        values = computed(monitor.program, [*inputs, *[np.zeros(1, np.float32)] * monitor.observations])
    made = {}
    for feature in monitor.features:
        score = np.zeros(seen.alive.shape, np.float32)
        score[1:] = np.clip((values[feature.value] - feature.center) * np.float32(feature.scale), -MOST, MOST)
        score[1:] *= seen.done[:-1, 0]
        made[f"residual {feature.channels[0]}"] = np.where(seen.alive, np.nan_to_num(score), 0)
    return made


def found(chosen: tuple[str, ...], nominal: Arms, faults: Mapping[str, Arms], begins: int) -> tuple[float, str]:
    """Returns the share of faults that arms find together, and those that they miss."""
    allowed = int(RATE * STEPS)
    own = {arm: float(np.sort(nominal[arm])[::-1][allowed // 2]) for arm in chosen}

    def joined(given: Arms) -> NDArray[np.float64]:
        return np.asarray(np.max([given[arm].astype(np.float64) / own[arm] for arm in chosen], axis=0))

    above, shares = np.sort(joined(nominal))[::-1][allowed], {}
    for name, given in faults.items():
        alarm = joined(given) > above
        shares[name] = float(alarm[begins:].any(axis=0)[~alarm[:begins].any(axis=0)].mean())
    missed = ", ".join(f"{name} {share:.2f}" for name, share in shares.items() if share < 0.97)
    return float(np.mean(list(shares.values()))), f"{' + '.join(chosen)}; {missed}"


def greatest(monitor: Monitor, chunks: Iterator[Record], allowance: float) -> Arms:
    """Returns the greatest number of each arm in each episode."""
    each = [{name: arm.max(axis=0) for name, arm in arms(monitor, seen, allowance).items()} for seen in chunks]
    return {name: np.concatenate([one[name] for one in each]) for name in each[0]}


def main() -> None:
    """Prints a line for each set of arms, the best first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=BEGINS)
    parser.add_argument("--plain", action="store_true", help="residuals as they are, none freed of the motor")
    said = parser.parse_args()
    name = said.task
    task, controller, begins = tasks.get(name), zoo.load(name), BEGINS[name]
    varied, lanes = machines(task), CHUNK // task.max_steps
    seen = record(controller, varied, range(lanes))
    motors = None if said.plain else record(controller, machines(task, {str(motor_of(task)): MOTORS}), range(MOTOR))
    given = Given(task, seen, len(controller.observations), len(controller.actions), motors=motors)
    made = folded([feature for kind in RECIPES["plant"] for feature in KINDS[kind].make(given)])
    monitor = scaled(made, seen, RATE, (0.0,) * len(controller.actions))
    squares = np.minimum(worst_scores(monitor, seen), MOST) ** 2
    allowance = float(np.quantile(np.mean(squares, axis=0), ALLOWANCE))
    others = (record(controller, varied, range(k * lanes, (k + 1) * lanes)) for k in range(1, STEPS // CHUNK))
    nominal = greatest(monitor, chain([seen], others), allowance)
    broken = range(FAULTY, FAULTY + MACHINES)
    played = ((fault.name, record(controller, varied, broken, fault, begins)) for fault in FAULTS)
    faults = {fault: arms(monitor, one, allowance) for fault, one in played}
    pairs = [("single", arm) for arm in nominal if arm != "single"]
    threes = [(*pair, "mean over 64") for pair in pairs if "times" in pair[1]]
    for share, text in sorted((found(chosen, nominal, faults, begins) for chosen in [*pairs, *threes]), reverse=True):
        print(f"{name}: {share:.3f} of faults by {text}", flush=True)


if __name__ == "__main__":
    main()
