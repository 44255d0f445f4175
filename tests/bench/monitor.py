"""Monitors: which faults each kind finds at its stated rate of false alarms, and what it costs; writes docs/monitor.md.

    python tests/bench/monitor.py --threads 2

What is finished is kept in docs/monitor.json, so the command can be stopped and started again.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # `size` measures what a monitor costs
from size.measure import MeasureError, Subject, measure
from size.processors import BY_KEY

from wann_rt import zoo
from wann_rt.core.controller import Controller
from wann_rt.core.files import write_atomic
from wann_rt.core.monitor import Monitor
from wann_rt.exporters.to_c.header import to_c
from wann_rt.monitoring.calibrate import compared, excesses, recorded_excesses, worst_scores
from wann_rt.monitoring.environments import Machines
from wann_rt.monitoring.faults import FAULTS
from wann_rt.monitoring.kinds import KINDS, RECIPES
from wann_rt.monitoring.machines import Record, machines, record, usual_spread
from wann_rt.monitoring.make import Monitored, monitor
from wann_rt.play.task_of import compiled_task_of, environment_of

DOCS = Path(__file__).parents[2] / "docs"
STORE, PAGE, TEMPLATE = DOCS / "monitor.json", DOCS / "monitor.md", Path(__file__).with_name("monitor.md.in")
# Task -> from which step on something is broken, by what the machine does then.
PHASES = {
    "cartpole-swingup": {"balanced": 500, "swinging up": 50},
    "pendulum": {"balanced": 100, "swinging up": 10},
}
INF = float("inf")
USUAL, RARE = 1e-5, 1e-7
STEPS = {USUAL: 4_000_000, RARE: 200_000_000}  # of the calibration, and as many held out
WALKER, WALKERS_RATE, WALKERS_STEPS = "bipedal-walker", 1e-4, 200_000
MACHINES, WALKERS, FAULT_SEED, HELD_OUT_SEED = 100, 24, 900_000_000, 1_500_000_000
ARMS = [*((kind, USUAL) for kind in RECIPES), ("plant", RARE)]
Rows = dict[str, dict[str, dict[str, Any]]]


def main() -> None:
    """Measures what is missing, then writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rate", type=float, choices=[USUAL, RARE, WALKERS_RATE], help="only the rows of this rate")
    given = parser.parse_args()
    for kind, rate in ARMS:
        for task in PHASES:
            name = kind if rate == USUAL else f"{kind}, {rate:g}"
            if name not in stored().get(task, {}) and given.rate in (None, rate):
                made = row(task, kind, rate, given.threads)
                rows = stored()  # again: the rows of the other rate may be measured meanwhile
                rows.setdefault(task, {})[name] = made
                write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
                print(task, name, made, flush=True)
    arms = [(kind, budget) for budget in (None, INF) for kind in ("range", "linear")]
    for kind, budget in arms if given.rate in (None, WALKERS_RATE) else []:
        name = kind if budget is None else f"{kind}, all"
        if name not in stored().get(WALKER, {}):
            made = walker_row(kind, budget)
            rows = stored()
            rows.setdefault(WALKER, {})[name] = made
            write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
            print(WALKER, name, made, flush=True)
    write_atomic(PAGE, page(stored()).encode())


def walker_row(kind: str, budget: float | None) -> dict[str, Any]:
    """Returns what is measured of a monitor of the walker, in EnvPool, whose plant cannot be changed."""
    task = environment_of(zoo.load(WALKER), "BipedalWalker-v3", backend="envpool")
    said = {"instructions": budget} if budget else None
    made = monitor(zoo.load(WALKER), task, false_alarms=WALKERS_RATE, kind=kind, steps=WALKERS_STEPS, budget=said)
    watched = made.controller.monitor
    assert watched is not None
    nominal, broken = walkers()
    judged, steps = recorded_excesses(nominal)(watched, 0)
    found = {name: found_in(watched, played, 100) for name, played in broken.items()}
    alarms = int(np.count_nonzero(judged > 1))
    return summary({"walking": found}, WALKERS_RATE, alarms, steps) | cost(made.controller) | estimate(made)


@cache
def walkers() -> tuple[Record, dict[str, Record]]:
    """Returns walkers that are held out: nominal ones, and some with each fault, by its name."""
    varied = Machines(zoo.load(WALKER), environment_of(zoo.load(WALKER), "BipedalWalker-v3", backend="envpool"))
    broken = range(FAULT_SEED, FAULT_SEED + WALKERS)
    return varied.record(range(HELD_OUT_SEED, HELD_OUT_SEED + 192)), {
        fault.name: varied.record(broken, fault, 100) for fault in FAULTS if fault.plant == 1
    }


def stored() -> Rows:
    """Returns what was measured."""
    return json.loads(STORE.read_text()) if STORE.exists() else {}


def row(task: str, kind: str, rate: float, threads: int | None) -> dict[str, Any]:
    """Returns what is measured of a monitor."""
    made = monitor(zoo.load(task), false_alarms=rate, kind=kind, steps=STEPS[rate], threads=threads)
    controller, varied = made.controller, machines(compiled_task_of(made.controller))
    assert controller.monitor is not None
    judged, steps = excesses(controller, varied, HELD_OUT_SEED, threads)(controller.monitor, STEPS[rate])
    found = {phase: by_fault(controller, controller.monitor, begins) for phase, begins in PHASES[task].items()}
    return summary(found, rate, int(np.count_nonzero(judged > 1)), steps) | cost(controller) | estimate(made)


def summary(found: dict[str, dict[str, tuple[float, float]]], rate: float, alarms: int, steps: int) -> dict[str, Any]:
    """Returns the figures of what was found: phase -> fault -> share and delay."""
    shares = {phase: round(float(np.mean([share for share, _ in each.values()])), 3) for phase, each in found.items()}
    delays = [delay for each in found.values() for share, delay in each.values() if share > 0]
    return {
        "found": round(float(np.mean(list(shares.values()))), 3),
        "found_by_phase": shares,
        "found_by_fault": {name: [each[name][0] for each in found.values()] for name in next(iter(found.values()))},
        "stated_false_alarms": rate,
        "measured_false_alarms": float(f"{alarms / steps:.3g}"),
        "held_out_steps": steps,
        "median_delay": float(np.median(delays)),
    }


def by_fault(controller: Controller, monitor: Monitor, begins: int) -> dict[str, tuple[float, float]]:
    """Returns of each fault in which share of the machines it is found, and the median delay in steps."""
    varied, found = machines(compiled_task_of(controller)), {}
    for fault in FAULTS:
        played = record(controller, varied, range(FAULT_SEED, FAULT_SEED + MACHINES), fault, begins)
        found[fault.name] = found_in(monitor, played, begins)
    return found


def found_in(monitor: Monitor, played: Record, begins: int) -> tuple[float, float]:
    """Returns in which share of episodes a fault is found that begins at a step, and the median delay."""
    worst = worst_scores(monitor, played)
    alarm = np.any([compared(level, worst) > level.above for level in monitor.levels], axis=0)
    fair = played.alive[min(begins, len(played.alive) - 1)] & ~alarm[:begins].any(axis=0)
    late, is_found = alarm[begins:].argmax(axis=0), alarm[begins:].any(axis=0)
    share = float(np.mean(is_found[fair]))
    return round(share, 2), float(np.median(late[fair & is_found])) if share else 0.0


_SOURCE = """\
#include "subject.h"
#include "sized.h"
static sized_monitor_state state;
int size_setup(void) { sized_monitor_reset(&state); return 0; }
void size_step(const size_value *observation, size_action *actions) {
    sized_step(observation, actions);
    <more>
}
"""
_MORE = "actions[0] += (float)sized_monitor_step(&state, observation, actions);"


def cost(controller: Controller) -> dict[str, Any]:
    """Returns what a monitor adds to a step on a Cortex-M4F at -Os: bytes of flash and of state, instructions."""
    processor, figures = BY_KEY["m4f"], []
    shape, files = (
        (len(controller.observations), len(controller.actions)),
        {"sized.h": to_c(controller, prefix="sized")},
    )
    assert controller.monitor is not None
    if processor.missing():
        return {"bytes": None, "instructions": None, "state_bytes": 4 * controller.monitor.size}
    for more in ("", _MORE):
        subject = Subject("monitor", _SOURCE.replace("<more>", more), *shape, files)
        try:
            figures.append(measure(subject, processor, "-Os", 1000))
        except MeasureError as error:
            raise SystemExit(f"{controller.name}: {error}") from None
    plain, watched = figures
    return {
        "bytes": watched.flash - plain.flash,
        "instructions": watched.most - plain.most,
        "state_bytes": 4 * controller.monitor.size,
    }


def estimate(made: Monitored) -> dict[str, Any]:
    """Returns what was estimated before a compiler saw it, and how many features there are."""
    told = made.to_dict()
    return {
        "estimated_bytes": told["bytes"],
        "estimated_instructions": told["instructions"],
        "features": told["features"],
        "watched": told["watched"],
    }


def asked_for(one: dict[str, Any]) -> float:
    """Returns how many times the stated rate of false alarms was measured."""
    return float(one["measured_false_alarms"] / one["stated_false_alarms"])


def ordered(rows: Rows) -> Rows:
    """Returns the rows in the order of the kinds, the rarest false alarms and the greatest budgets last."""

    def place(row: tuple[str, dict[str, Any]]) -> tuple[float, int, bool]:
        name, one = row
        return -one["stated_false_alarms"], list(RECIPES).index(name.split(",")[0]), "all" in name

    return {task: dict(sorted(kinds.items(), key=place)) for task, kinds in rows.items()}


def page(rows: Rows) -> str:
    """Returns the page."""
    lines, rows = [], ordered(rows)
    for task, kinds in rows.items():
        phases = list(next(iter(kinds.values()))["found_by_phase"])
        head = ["kind", "false alarms a step", "measured", *(f"found, {phase}" for phase in phases), "delay", "bytes"]
        lines += [f"**{task}**", "", _line([*head, "instructions"]), _line(["---"] * (len(head) + 1))]
        for kind, one in kinds.items():
            shares = [f"{one['found_by_phase'][phase]:.3f}" for phase in phases]
            figures = [f"{one['stated_false_alarms']:g}", f"{one['measured_false_alarms']:.2g}", *shares]
            costs = [f"{one['median_delay']:g}", str(one["bytes"]), str(one["instructions"])]
            name = kind.replace(f", {one['stated_false_alarms']:g}", "")
            lines.append(_line([name, *figures, *costs]))
        lines.append("")
    own = {task: one for task, one in rows.items() if task in PHASES}
    columns = [f"{task}, {phase}" for task in own for phase in PHASES[task]]
    faults = [_line(["fault", *columns]), _line(["---"] * (1 + len(columns)))]
    best = [one.get(f"plant, {RARE:g}") or one["plant"] for one in own.values()]
    for fault in FAULTS:
        faults.append(
            _line([fault.name, *(f"{share:.2f}" for one in best for share in one["found_by_fault"][fault.name])])
        )
    spread = usual_spread(compiled_task_of(zoo.load("cartpole-swingup")))
    fills = {
        "<kinds>": "\n".join(_line([kind.name, kind.told]) for kind in KINDS.values()),
        "<tables>": "\n".join(lines).rstrip(),
        "<faults>": "\n".join(faults),
        "<spread>": ", ".join(f"{name} {value:g}" for name, value in spread.items()),
        "<machines>": str(MACHINES),
        "<walkers>": str(WALKERS),
        "<estimates>": estimates(rows),
        "<goals>": goals(rows),
        "<worst>": f"{max(asked_for(one) for kinds in rows.values() for one in kinds.values()):.1f}",
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for mark, value in fills.items():
        text = text.replace(mark, value)
    return text


def estimates(rows: Rows) -> str:
    """Returns how far the estimates of what fits into the usual budget are from what was measured."""
    told = [one for kinds in rows.values() for one in kinds.values() if "estimated_bytes" in one]
    fit = [one for one in told if one["estimated_instructions"] <= 250]
    texts = []
    for what in ("instructions", "bytes"):
        ratios = [one[f"estimated_{what}"] / one[what] for one in fit]
        texts.append(f"{min(ratios):.2f} to {max(ratios):.2f} times the {what}")
    return f"Of those below that fit into the usual budget it is\n{' and '.join(texts)}."


def goals(rows: Rows) -> str:
    """Returns what the plant's step finds at the rarest false alarms."""
    found = {task: kinds[f"plant, {RARE:g}"]["found_by_phase"] for task, kinds in rows.items() if task in PHASES}
    each = (f"the {task} has {' and '.join(f'{one:.3f}' for one in phases.values())}" for task, phases in found.items())
    return ", ".join(each)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
