"""What the page says in words and numbers: summary, lines of C, sizes, promises."""

import re
from collections.abc import Mapping

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.files import digest
from wann_rt.core.reference import evaluate, evaluate_spread
from wann_rt.display.tables import counted
from wann_rt.exporters import export
from wann_rt.exporters.parity.evaluators import EvaluatorRow, rows_of
from wann_rt.exporters.to_c.names import Names, c_prefix
from wann_rt.tasks.task import Task

PROMISES = {"0 ulp": "the same bits", "bound": "within a bound computed for each vector"}


def summary(controller: Controller, task: Task | None) -> str:
    """Returns one line on what the controller is."""
    network, weight = controller.network, controller.weight
    kind = {
        "shared": f"one shared weight of {weight.values[0]:.4g}" if weight.values else "",
        "ensemble": f"the mean of {len(weight.values)} shared weights",
        "connections": "a weight of its own for each connection",
    }[weight.kind]
    sizes = counted(network.n_connections, "connection"), counted(network.n_hidden, "hidden node")
    counts = f"{sizes[0]}, {sizes[1]}, {kind}"
    rate = f", {controller.rate_hz:g} steps a second" if controller.rate_hz else ""
    return f"{counts}{rate}. Task: {task.title if task else controller.provenance.get('task', 'not known')}."


def c_lines(controller: Controller) -> dict[int, str]:
    """Returns the statement of the C header that computes each node, by node."""
    names = Names.of(controller, c_prefix(controller))
    header = export(controller, "c").decode()
    found = {}
    for node in range(controller.network.first, controller.network.n_nodes):
        match = re.search(rf"^ *const float {re.escape(names.nodes[node])} =[^;]*;", header, re.MULTILINE)
        if match:
            found[node] = re.sub(r"\s+", " ", match[0]).strip()
    return found


def sizes(task: Task) -> list[float]:
    """Returns a typical size of each observation, by which noise and offsets are scaled: from 16 starts, at least 1."""
    with np.errstate(all="ignore"):
        states = np.stack([task.start(seed) for seed in range(16)], axis=1)
        seen = np.abs(np.stack([np.broadcast_to(o, 16) for o in task.observe(*states)]))
    return [float(np.float32(max(1.0, value))) for value in seen.max(axis=1)]


def _promise(row: EvaluatorRow) -> str:
    """Returns what `verify` checks of an evaluator."""
    own = "" if row.oracle in (evaluate, evaluate_spread) else ", of its own integer oracle"
    return f"{PROMISES[row.promise]}{own}"


def proof_rows(controller: Controller, bytes_of: Mapping[str, int]) -> list[tuple[str, str]]:
    """Returns rows of the proof: digest, promises, sizes."""
    rows = [("digest", digest(controller))]
    runs = [
        row for row in rows_of(controller) if not controller.derived or (row.keeps_state and not row.unfit(controller))
    ]
    rows += [(row.title, _promise(row)) for row in runs]
    rows += [(name, f"{size:,} bytes") for name, size in bytes_of.items()]
    score = controller.provenance.get("score")
    if isinstance(score, dict) and "mean" in score:
        spread = f" ± {score['ci95']}" if "ci95" in score else ""
        rows.append(("score", f"{score['mean']}{spread} over {score.get('episodes', '?')} episodes"))
    return rows
