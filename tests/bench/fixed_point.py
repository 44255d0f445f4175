"""Writes docs/fixed_point.md: what q12 costs in score, over the same episodes, and how near its activations are."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from helpers import reference_data

from wann_rt import tasks
from wann_rt.core import files
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.fixed.activations import FIXED
from wann_rt.core.network import Connection, Network
from wann_rt.evaluation import fixed_loss as fixed_score
from wann_rt.tasks.deriving import seen_through
from wann_rt.tasks.task import Task
from wann_rt.zoo.published import load_out

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "fixed_point.md"
DEMO = ROOT / "runs" / "demo" / "champion.json"
EPISODES = 2000
DERIVING, SHARES = ("04.json", "07.json", "11.json", "17.json"), (1.0, 0.3)
SHARED_WEIGHT = 0.78  # the best of the published champion


def controllers() -> list[tuple[str, Controller]]:
    """Returns what is scored: the demo's and the published champion, and the best tuned ones of each size."""
    topology, weights = (reference_data.FOLDER / file for file in reference_data.CHAMPIONS["swing"])
    missing = [path for path in (DEMO, topology, weights) if not path.is_file()]
    if missing:
        sys.exit(f"{missing[0]} is not there: run make demo, or name the reference's folder in WANN_RT_REFERENCE")
    found = [
        ("`make demo`", files.load(DEMO)),
        ("published, shared weight", load_out(topology, task="swing", shared_weight=SHARED_WEIGHT)),
        ("published, tuned weights", load_out(topology, weights=weights, task="swing")),
    ]
    for path in sorted((ROOT / "docs" / "pareto").glob("*.json")):
        found.append((f"[pareto/{path.name}](pareto/{path.name})", files.load(path)))
    return found


def score_row(name: str, controller: Controller) -> str:
    """Returns a line of the table."""
    found = fixed_score.loss(tasks.get("swingup"), controller, episodes=EPISODES)
    figures = [f"{s.mean:.1f} ± {s.ci95:.1f}" for s in (found.float32, found.fixed)]
    difference = f"{found.difference.mean:+.2f} ± {found.difference.ci95:.2f}"
    row = f"| {name} | {controller.network.n_connections} | {' | '.join(figures)} | {difference} |"
    print(row, flush=True)
    return row


def with_rates(controller: Controller, share: float) -> tuple[Task, Controller]:
    """Returns the swing-up seen by its positions, and a controller of it that sees rates in place of velocities.

    Args:
        controller: one that sees measured velocities.
        share: of a new value, that a filter of the rates takes.
    """
    derive = {"x_dot": f"rate_of:x,filter:{share}", "theta_dot": f"rate_of:cos_theta/sin_theta,filter:{share}"}
    task, network = seen_through(tasks.get("swingup"), None, derive), controller.network
    names, first = [channel.name for channel in task.observations], 1 + network.n_inputs
    moved = {k: 1 + names.index(channel.name) for k, channel in enumerate(controller.observations, 1)}
    pairs = [Connection(moved.get(c.source, c.source), c.target, c.sign) for c in network.connections]
    nodes = dict(enumerate(network.activations, first))
    ends = {k: nodes.pop(k) for k in range(first + network.n_hidden, first + len(network.activations))}
    made, order = Network.build(network.n_inputs, nodes, ends, pairs)
    weight = Weight("connections", tuple(controller.weight.values[k] for k in order))
    return task, Controller("rates", made, weight, task.sensors, task.acts, task.rate_hz, derived=task.derived)


def derived_rows() -> str:
    """Returns the table of controllers that derive rates."""
    lines = ["| controller | filter | float32 | q12 | difference |", "|---|---|---|---|---|"]
    for name in DERIVING:
        for share in SHARES:
            task, controller = with_rates(files.load(ROOT / "docs" / "pareto" / name), share)
            found = fixed_score.loss(task, controller, episodes=EPISODES)
            figures = [f"{s.mean:.1f} ± {s.ci95:.1f}" for s in (found.float32, found.fixed)]
            difference = f"{found.difference.mean:+.2f} ± {found.difference.ci95:.2f}"
            lines.append(f"| [pareto/{name}](pareto/{name}) | {share:g} | {' | '.join(figures)} | {difference} |")
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Scores everything and writes the document."""
    head = "| controller | connections | float32 | q12 | difference |\n|---|---|---|---|---|"
    scores = "\n".join([head, *(score_row(name, controller) for name, controller in controllers())])
    rows = [f"| {a.name} | {FIXED[a.id].max_error:.1e} |" for a in PALETTE if FIXED[a.id].max_error]
    rows.append(f"| {', '.join(a.name for a in PALETTE if not FIXED[a.id].max_error)} | 0 |")
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8")
    found = {"episodes": f"{EPISODES:,}", "scores": scores, "activations": "\n".join(rows), "derived": derived_rows()}
    for key, value in found.items():
        text = text.replace(f"<{key}>", value)
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
