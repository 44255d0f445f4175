"""What a monitor costs on a Cortex-M4F: measures monitors of drawn features, and fits the weights of its estimate.

    python tests/bench/monitor_cost.py --monitors 40

Prints how far the estimate of ``monitoring/cost.py`` is from what was measured, and the weights of a least-squares fit.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from monitor import cost as measured  # beside this file

from wann_rt import tasks, zoo
from wann_rt.core.controller import Controller
from wann_rt.monitoring.calibrate import drafted
from wann_rt.monitoring.cost import Counts, cost, counted
from wann_rt.monitoring.kinds import KINDS, RECIPES, Given, Made, folded
from wann_rt.monitoring.machines import machines, record

TASKS, RECIPES_DRAWN = ("cartpole-swingup", "pendulum", "furuta"), ("plant", "range", "linear")
EPISODES = 64  # that the features are made of


def drawn(rng: np.random.Generator) -> Iterator[Controller]:
    """Gives controllers with monitors of some features."""
    given: dict[str, tuple[Controller, Given]] = {}
    for name in TASKS:
        controller, task = zoo.load(name), tasks.get(name)
        seen = record(controller, machines(task), range(EPISODES))
        given[name] = controller, Given(task, seen, len(controller.observations), len(controller.actions))
    while True:
        controller, own = given[str(rng.choice(TASKS))]
        made: list[Made] = [f for kind in RECIPES[str(rng.choice(RECIPES_DRAWN))] for f in KINDS[kind].make(own)]
        some = sorted(rng.choice(len(made), rng.integers(1, len(made) + 1), replace=False))
        draft = drafted(folded([made[k] for k in some]), own.observations, own.actions, 1e-3, (0.0,) * own.actions)
        yield replace(controller, monitor=draft)


def main() -> None:
    """Measures, prints the errors of the estimate, and the weights that fit best."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--monitors", type=int, default=40)
    wanted = parser.parse_args().monitors
    rows, truth, estimates = [], [], []
    for controller, _ in zip(drawn(np.random.default_rng(0)), range(wanted), strict=False):
        assert controller.monitor is not None
        one = measured(controller)
        rows.append(counted(controller.monitor))
        truth.append((one["instructions"], one["bytes"]))
        estimates.append(cost(controller.monitor))
    for k, what in enumerate(("instructions", "bytes")):
        true = np.array(truth, np.float64)[:, k]
        ratios = np.array(estimates)[:, k] / true
        weights, *_ = np.linalg.lstsq(np.array(rows) / true[:, np.newaxis], np.ones(wanted), rcond=None)
        print(f"{what}: the estimate is {ratios.min():.3f} to {ratios.max():.3f} times what {wanted} monitors take")
        print("  best weights:", ", ".join(f"{n} {w:.2f}" for n, w in zip(Counts._fields, weights, strict=True)))


if __name__ == "__main__":
    main()
