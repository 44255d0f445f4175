"""Proposes digit classifiers, chooses them on validation images and scores them on the test images of MNIST.

python tests/bench/digits.py [--data PATH]; ``make digits`` does. Each proposal that was measured is kept in
build/digits.json; the page docs/digits.md and the table "digits" of docs/paper.json are of all of them.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from digits_report import page, paper_rows
from paper_store import whole
from sample_rates import sample_rates
from size.measure import measure
from size.processors import BY_KEY
from size.subjects import OURS

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.files import load, save, write_atomic
from wann_rt.core.network import Network, unsigned
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.evaluation.conditions import SIX_WEIGHTS
from wann_rt.evaluation.sweep import tuned_weight
from wann_rt.play.episodes import HIGH, LOW, weights_per_connection
from wann_rt.play.rollouts import play
from wann_rt.tasks.dataset import mnist
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tuning.mask import MaskSettings, propose
from wann_rt.tuning.proposed import controller_of
from wann_rt.tuning.signless import signless

ROOT = Path(__file__).resolve().parents[2]
TRIES = 2
EXAMPLE = ROOT / "examples" / "digits" / "digits.json"
EVOLVED = ROOT / "docs" / "digits_evolution.json"
KEPT = ROOT / "build" / "digits.json"
SIZES: dict[int, dict[str, Any]] = {  # connections: other settings
    481: {},
    985: {},
    1840: {"hidden": 128, "upper": 0.43},
}


def main() -> None:
    """Measures all that is asked for and not measured yet, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the package's archive, or a folder of the four files; once")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=TRIES, help="proposals of a seed, the best of which counts")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--most", type=int, default=1000, help="end after so many proposals; the next run goes on")
    asked = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    if asked.data is not None:
        mnist.keep(asked.data)
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    wanted = [(n, seed, k) for n in asked.sizes for seed in range(1, asked.seeds + 1) for k in range(asked.tries)]
    for size, seed, attempt in [one for one in wanted if name_of(*one) not in kept][: asked.most]:
        kept[name_of(size, seed, attempt)] = measured(mnist.task(), size, seed, attempt)
        print(name_of(size, seed, attempt), kept[name_of(size, seed, attempt)], flush=True)
        write_json(KEPT, kept)
    if "rates" not in kept:
        kept["rates"] = {str(size): found / 1e6 for size, found in sample_rates().items()}
        write_json(KEPT, kept)
    kept["cost"] = cost() or kept.get("cost", {})
    if all(name_of(*one) in kept for one in wanted):
        write_page(kept)


def name_of(size: int, seed: int, attempt: int) -> str:
    """Returns what a proposal is called."""
    return f"{size}-{seed}-{attempt}"


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Writes a JSON file."""
    write_atomic(path, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())


def write_page(kept: dict[str, Any]) -> None:
    """Writes docs/digits.md and the table "digits" of docs/paper.json."""
    write_atomic(ROOT / "docs" / "digits.md", page(kept, curves()).encode())
    paper = ROOT / "docs" / "paper.json"
    document = json.loads(paper.read_text()) if paper.exists() else {}
    write_json(paper, {**document, "digits": with_evolved(document.get("digits", {}), whole(paper_rows(kept)))})


def with_evolved(before: dict[str, Any], proposed: dict[str, Any]) -> dict[str, Any]:
    """Returns rows of proposals, and those of evolution that were there: ``paper.py`` writes these."""
    return {name: row for name, row in before.items() if name.startswith("preset ")} | proposed


def curves() -> dict[str, Any]:
    """Returns the record of ``digits_evolution.py``, as far as it goes."""
    found: dict[str, Any] = json.loads(EVOLVED.read_text()) if EVOLVED.exists() else {}
    return found


def measured(task: DataTask, size: int, seed: int, attempt: int) -> dict[str, float]:
    """Returns the scores of one proposal, and keeps it in build/."""
    begun = time.process_time()
    settings = MaskSettings(connections=size, seed=100 * seed + attempt, weight_epochs=20, **SIZES[size])
    found = propose(task, settings)
    taken = time.process_time() - begun
    for kind, trained in (("shared", False), ("trained", True)):
        controller = controller_of(task, settings, found, trained=trained, threads=1)
        save(controller, ROOT / "build" / f"digits-{name_of(size, seed, attempt)}-{kind}.json")
    plain, own, held_out = signless(found.network), unsigned(found.network), task.on("validation")
    return {
        **shared_scores(task, found.network, seed),
        "tuned": accuracy(task.judged(), own, found.weights),
        "without_signs": accuracy(task.judged(), plain, np.float32(1.0)),
        "validation": accuracy(held_out, found.network, np.float32(1.0)),
        "trained_validation": accuracy(held_out, own, found.weights),
        "connections": found.network.n_connections,
        "signless_connections": plain.n_connections,
        "cpu_seconds": taken,
    }


def cost() -> dict[str, dict[str, float]]:
    """Returns bytes and instructions of the example's classifier on a Cortex-M4F; nothing without its tools."""
    processor = BY_KEY["m4f"]
    if processor.missing() is not None:
        return {}
    controller, found = load(EXAMPLE), {}
    for name in ("header", "runtime", "fixed"):
        figures = measure(OURS[name](controller, processor), processor, "-O2", 8)
        found[name] = {"flash": figures.flash, "stack": figures.stack, "instructions": figures.mean}
    return found


def accuracy(task: DataTask, network: Network, weights: Any) -> float:
    """Returns which share of the samples of the task's part is classified rightly, in percent.

    Args:
        task: the task, on a part.
        network: the network.
        weights: one shared weight, one for each sample, or one for each connection.
    """
    rows = task.data.rows(task.part)
    starts = np.arange(rows.start, rows.stop, dtype=np.float32)[np.newaxis]
    if np.ndim(weights) == 1 and len(weights) == network.n_connections:
        lanes = np.repeat(weights[:, np.newaxis], len(rows), axis=1)
    else:
        lanes = np.broadcast_to(np.asarray(weights, np.float32), len(rows))
    scored = task.judged().on(task.part)
    return float(play(scored, network, np.ascontiguousarray(lanes), starts, 1).returns.mean())


def shared_scores(task: DataTask, network: Network, seed: int) -> dict[str, float]:
    """Returns the test scores with shared weights: drawn for each image, the six in an ensemble, the tuned one."""
    test = task.judged()
    drawn = uniforms(stream(seed, Purpose.WEIGHTS, 1), test.size, LOW, HIGH).astype(np.float32)
    each = weights_per_connection(stream(seed, Purpose.WEIGHTS, 2), network.n_connections, test.size)
    rows = task.data.rows("test")
    starts = np.arange(rows.start, rows.stop, dtype=np.float32)[np.newaxis]
    sides = task.observations, task.actions
    ensemble = Controller("e", network, Weight("ensemble", SIX_WEIGHTS), *sides, decision="argmax")
    decided = ensemble.decide(task.data.inputs[rows.start : rows.stop])
    return {
        "random_weights": float(play(test, network, each, starts, 1).returns.mean()),
        "random_shared": accuracy(test, network, drawn),
        "ensemble": float(100.0 * np.mean(decided == task.data.targets[rows.start : rows.stop, 0])),
        "tuned_shared": accuracy(test, network, np.float32(tuned_weight(task, network, episodes=1000, threads=1).best)),
    }


if __name__ == "__main__":
    main()
