"""What a user would take instead, tuned as ours are; writes docs/rivals.md, .json, build/rivals.json (`make rivals`).

    PYTHONPATH=tests python tests/bench/rivals.py [TASK ...]

Tasks that are named are played anew, and the others' rows stay as docs/rivals.json has them. Without names all are
played; those that are done are kept in build/rivals.json, so that this can be stopped and started again.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from size.measure import MeasureError, Subject, measure
from size.processors import BY_KEY
from size.subjects import header

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.evolution import config
from wann_rt.exporters.to_c.plant import to_plant
from wann_rt.rivals.contest import Entry, champions, contest
from wann_rt.rivals.export import formula
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import PolishSettings

TASKS = (
    "cartpole-swingup",
    "pendulum",
    "mountain-car-continuous",
    "cartpole",
    "acrobot",
    "furuta",
    "quadrotor",
    "balancing-robot",
    "dc-motor",
    "double-pole",
    "pendubot",
    "acrobot-torque",
)
PROCESSOR, LEVEL, ROWS = BY_KEY["m4f"], "-Os", 200
COLUMNS = (
    "controller",
    "size",
    "plain",
    "disturbed",
    "worst 5 %",
    "sign changes / s",
    "behind ours",
    "regret",
    "instructions",
    "bytes",
)
_FORMULA = """\
#include "subject.h"
#include "sized.h"
static float state[SIZED_N_STATE];
int size_setup(void) { return 0; }
void size_step(const size_value *observation, size_action *actions) {
    float out[SIZED_N_OBSERVATIONS];
    int k;
    for (k = 0; k < SIZE_OBSERVATIONS; k++) { state[k] = observation[k]; }
    sized_observe(state, out);
    for (k = 0; k < SIZE_ACTIONS; k++) { actions[k] = out[k]; }
    for (k = SIZE_ACTIONS; k < SIZED_N_OBSERVATIONS; k++) { state[SIZE_OBSERVATIONS + k - SIZE_ACTIONS] = out[k]; }
}
"""


def main() -> None:
    """Plays what is missing and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"played anew: {', '.join(TASKS)}")
    parser.add_argument("--steps", type=int, default=300_000_000, help="budget of each rival")
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", action="append", default=[], help="a rival that is made anew; may be repeated")
    parser.add_argument("--replay", action="store_true", help="rivals keep the gains that they have: ours are new")
    parser.add_argument("--table", action="store_true", help="play nothing: write the page of the rows that are there")
    parser.add_argument("--file", type=Path, default=Path("build/rivals.json"))
    parser.add_argument("--out", type=Path, default=Path("docs/rivals.md"))
    given = parser.parse_args()
    if unknown := set(given.tasks) - set(TASKS):
        parser.error(f"{', '.join(sorted(unknown))} is none of the tasks with rivals: {', '.join(TASKS)}")
    kept = given.out.with_suffix(".json")
    done = rows(given.file)
    for name in given.tasks or ([] if given.table else [name for name in TASKS if name not in done]):
        made = played(tasks.get(name), given)
        for file in (given.file, kept):  # read again: others may have played other tasks meanwhile
            before = rows(file)
            write(file, before | {name: before.get(name, {}) | made if given.only else made})
    known = rows(kept)
    given.out.write_text(document({name: known[name] for name in TASKS if name in known}, given), encoding="utf-8")
    print(f"wrote {given.file}, {kept} and {given.out}")


def rows(file: Path) -> dict[str, Any]:
    """Returns the rows that a file keeps, by task; none where there is no file."""
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def write(file: Path, found: dict[str, Any]) -> None:
    """Writes rows, in the order of the tasks."""
    file.parent.mkdir(exist_ok=True)
    text = json.dumps({name: found[name] for name in TASKS if name in found}, indent=2)
    file.write_text(text + "\n", encoding="utf-8")


def played(task: Task, given: argparse.Namespace) -> dict[str, Any]:
    """Returns the figures of ours and of each rival; "ours" is the best of ours, disturbed."""
    robust = config.load("robust")
    settings = PolishSettings("cma", episodes=robust.polish_episodes, steps=given.steps, threads=given.threads)
    entries, found = [], {}
    ours, price = champions(task), robust.smoothness_penalty
    before = rows(given.out.with_suffix(".json")).get(task.name, {}) if given.replay else {}
    known = {name: row["gains"] for name, row in before.items() if row["gains"]}
    for entry in contest(task, ours, settings, smoothness=price, episodes=given.episodes, regret=True, predictive=True,
                         only=given.only, known=known):  # fmt: skip
        entries.append(entry)
        found[entry.name] = entry.to_dict() | cost(task, entry) | digest(entry, ours)
        print(json.dumps({"task": task.name, "name": entry.name, **found[entry.name]}), flush=True)
    best = max((e for e in entries if e.name in ours), key=lambda e: e.disturbed.mean, default=None)
    if best is None:
        return found
    return {"ours": {"name": best.name, **found[best.name]}, **found}


def digest(entry: Entry, ours: dict[str, Controller]) -> dict[str, str]:
    """Returns which controller of ours was played; nothing for a rival."""
    return {"digest": files.digest(ours[entry.name])} if entry.name in ours else {}


def cost(task: Task, entry: Entry) -> dict[str, int | None]:
    """Returns what a step costs on a Cortex-M4F: the dearest of many, and bytes of flash; None where it is unknown."""
    unknown: dict[str, int | None] = {"instructions": None, "bytes": None}
    if PROCESSOR.missing() or entry.name in ("random", "MPC"):
        return unknown
    try:
        figures = measure(subject(task, entry), PROCESSOR, LEVEL, ROWS)
    except MeasureError as error:
        print(f"{entry.name}: {error}")
        return unknown
    return {"instructions": figures.most, "bytes": figures.flash}


def subject(task: Task, entry: Entry) -> Subject:
    """Returns a controller's own header, or a law printed as a formula; both have a step of the same shape."""
    if entry.controller is not None:
        return header(entry.controller, PROCESSOR)
    assert entry.law is not None
    made = formula(task, entry.law, [*entry.gains.values()])
    shape = len(task.observations), len(task.actions)
    return Subject("rival", _FORMULA, *shape, {"sized.h": to_plant(made, prefix="sized")})


def document(found: dict[str, Any], given: argparse.Namespace) -> str:
    """Returns the page."""
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8")
    parts = [text.replace("<steps>", f"{given.steps / 1e6:.0f}").replace("<episodes>", str(given.episodes))]
    for name, rows in found.items():
        parts += [f"## {name}\n", f"| {' | '.join(COLUMNS)} |", f"|---|---|{'---:|' * (len(COLUMNS) - 2)}"]
        parts += [line(label, row) for label, row in rows.items() if label != "ours"]
        parts += ["", verdict(rows), ""]
    return "\n".join(parts)


def line(label: str, row: dict[str, Any]) -> str:
    """Returns a row of a table."""
    size = f"{len(row['gains'])} gains" if row["connections"] is None else f"{row['connections']} connections"
    gaps = [f"{row[name]:.1f} ± {row[f'{name}_ci95']:.1f}" if name in row else "" for name in ("behind_ours", "regret")]
    scores = [f"{row[name]:.1f}" for name in ("plain", "disturbed", "worst5")]
    chatter = "" if row["sign_changes"] is None else f"{row['sign_changes']:.1f}"
    costs = ["" if row[name] is None else str(row[name]) for name in ("instructions", "bytes")]
    return f"| {' | '.join([label, size, *scores, chatter, *gaps, *costs])} |"


def verdict(rows: dict[str, Any]) -> str:
    """Returns in a sentence whether ours is better than every rival, disturbed."""
    if "ours" not in rows:
        return "The zoo has no champion of this task: nothing is compared."
    rivals = {name: row for name, row in rows.items() if "behind_ours" in row}
    nearest = min(rivals, key=lambda name: rivals[name]["behind_ours"])
    gap, error = rivals[nearest]["behind_ours"], rivals[nearest]["behind_ours_ci95"]
    ours = rows["ours"]["name"]
    nearly = [name for name, row in rivals.items() if abs(row["behind_ours"]) <= row["behind_ours_ci95"]]
    if gap > error and nearly:  # a rival may be farther behind in the mean and still not be told apart
        return f"Disturbed, {ours} is ahead of {nearest} by {gap:.1f} ± {error:.1f}; of {nearly[0]} it cannot be told."
    if gap > error:
        return f"Disturbed, {ours} is better than every rival: than {nearest} by {gap:.1f} ± {error:.1f}."
    if gap < -error:
        return f"Disturbed, {nearest} is better than {ours}, by {-gap:.1f} ± {error:.1f}."
    return f"Disturbed, {ours} and {nearest} cannot be told apart: {gap:.1f} ± {error:.1f}."


if __name__ == "__main__":
    main()
