"""Proposes digit classifiers, chooses them on validation images and scores them on the test images of MNIST.

python tests/bench/digits.py [--data PATH] [--seeds 3] [--tries 2] [--sizes ...]; ``make digits`` does. What is found is
kept in build/digits.json, and written into docs/digits.md and the table "digits" of docs/paper.json.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from digits_report import page, paper_rows

from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.files import save, write_atomic
from wann_rt.core.network import Connection, Network, unsigned
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.evaluation.conditions import SIX_WEIGHTS
from wann_rt.evaluation.sweep import tuned_weight
from wann_rt.kernels.programs import single, some_of
from wann_rt.play.episodes import HIGH, LOW, weights_per_connection
from wann_rt.play.rollouts import play
from wann_rt.tasks.dataset import mnist
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tuning.mask import MaskSettings, Proposal, propose
from wann_rt.tuning.proposed import controller_of
from wann_rt.tuning.signless import signless

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "build" / "digits.json"
SIZES: dict[int, dict[str, Any]] = {  # connections: other settings
    481: {},
    985: {},
    1840: {"hidden": 128, "upper": 0.43},
}
EVALUATIONS = 300  # of the rate, in networks times blocks of 64 images


class Found(NamedTuple):
    """The best proposal of a seed with one shared weight, and the best with trained weights, by validation images."""

    shared: Proposal
    trained: Proposal
    cpu_seconds: float


def main() -> None:
    """Measures all that is asked for, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tries", type=int, default=2)
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--only-page", action="store_true", help="write the page from what was measured before")
    asked = parser.parse_args()
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if not asked.only_page:
        KEPT.parent.mkdir(exist_ok=True)
        if asked.data is not None:
            mnist.keep(asked.data)
        task = mnist.task()
        kept["rates"] = rates(task)
        for size in asked.sizes:
            kept["tries"] = asked.tries
            kept[str(size)] = measured(task, size, asked.seeds, asked.tries)
            write_atomic(KEPT, (json.dumps(kept, indent=1) + "\n").encode())
    write_atomic(ROOT / "docs" / "digits.md", page(kept).encode())
    paper = ROOT / "docs" / "paper.json"
    document = json.loads(paper.read_text()) if paper.exists() else {}
    document["digits"] = paper_rows(kept)
    write_atomic(paper, (json.dumps(document, indent=1, sort_keys=True) + "\n").encode())


def measured(task: DataTask, size: int, seeds: int, tries: int) -> dict[str, Any]:
    """Returns the test scores of a size, a list over the seeds for each condition."""
    rows: dict[str, list[float]] = {}
    for seed in range(1, seeds + 1):
        found = proposed(task, size, seed, tries)
        scores = {**shared_scores(task, found.shared.network, seed), "tuned": trained_score(task, found.trained)}
        plain = signless(found.shared.network)
        scores["without_signs"] = accuracy(task.judged(), plain, np.float32(1.0))
        scores |= {
            "connections": found.shared.network.n_connections,
            "trained_connections": found.trained.network.n_connections,
            "signless_connections": plain.n_connections,
            "cpu_seconds": found.cpu_seconds,
        }
        for name, value in scores.items():
            rows.setdefault(name, []).append(value)
        print(size, seed, {name: round(value, 2) for name, value in scores.items()}, flush=True)
        if seed == 1:
            keep_champions(task, found, size)
    return rows


def proposed(task: DataTask, size: int, seed: int, tries: int) -> Found:
    """Returns the best of some proposals by the validation images, all of them images that no training saw."""
    begun, held_out = time.process_time(), task.on("validation")
    made = []
    for attempt in range(tries):
        own = 100 * seed + attempt
        made.append(propose(task, MaskSettings(connections=size, seed=own, weight_epochs=20, **SIZES[size])))
    by_signs = [accuracy(held_out, one.network, np.float32(1.0)) for one in made]
    by_weights = [accuracy(held_out, unsigned(one.network), one.weights) for one in made]
    cpu = (time.process_time() - begun) / tries
    return Found(made[int(np.argmax(by_signs))], made[int(np.argmax(by_weights))], cpu)


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
        "validation": accuracy(task.on("validation"), network, np.float32(1.0)),
    }


def trained_score(task: DataTask, proposal: Proposal) -> float:
    """Returns the test score with trained weights."""
    return accuracy(task.judged(), unsigned(proposal.network), proposal.weights)


def keep_champions(task: DataTask, found: Found, size: int) -> None:
    """Writes the controllers of a size into build."""
    settings = MaskSettings(connections=size, seed=100, **SIZES[size])
    for name, proposal, trained in (("shared", found.shared, False), ("trained", found.trained, True)):
        controller = controller_of(task, settings, proposal, trained=trained, threads=1)
        save(controller, ROOT / "build" / f"digits-{size}-{name}.json")


def rates(task: DataTask) -> dict[str, float]:
    """Returns millions of images times networks a CPU-second, by connections, of random networks of two layers."""
    found = {}
    for connections in (500, 1000, 1849):
        network = random_network(connections)
        count = 64 * EVALUATIONS * 4
        starts = task.rows_of(np.arange(count))
        weights = np.ones(count, np.float32)
        scored = task.judged().on("train")
        play(scored, network, weights[:64], starts[:, :64], 1)
        taken = []
        for _ in range(5):
            begun = time.process_time()
            play_many(scored, network, weights, starts)
            taken.append(time.process_time() - begun)
        found[str(connections)] = count * COPIES / statistics.median(taken) / 1e6
    return found


COPIES = 32  # of the network, as a population would be: they share the blocks


def play_many(task: DataTask, network: Network, weights: Any, starts: Any) -> None:
    """Scores a population of copies."""
    play(task, some_of(single(network), np.zeros(COPIES, np.int64)), weights, starts, 1)


def random_network(connections: int) -> Network:
    """Returns a network of so many connections: 64 hidden abs nodes, ten outputs."""
    per_node = 2 if connections < 700 else 10
    wanted = connections - 64 * per_node
    numbers = np.argsort(uniforms(stream(1, Purpose.INITIAL), 257 * 64), kind="stable")[:wanted]
    lower = [Connection(int(n % 257), 257 + int(n // 257), 1 if n % 2 else -1) for n in numbers]
    upper = [Connection(257 + j, 321 + (j + c) % 10) for j in range(64) for c in range(per_node)]
    hidden = {257 + j: BY_NAME["abs"].id for j in range(64)}
    return Network.build(256, hidden, {321 + c: 1 for c in range(10)}, lower + upper, prune=True)[0]


if __name__ == "__main__":
    main()
