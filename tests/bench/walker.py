"""``make walker``: BipedalWalker with topologies of our own: their gaits are searched, tuned and scored here.

Three files of examples/walker. tuned.json: first the numbers of a state machine (``walker_machine``), then those of the
network that is that machine (``walker_gait``), both by CMA-ES in EnvPool, falls charged in the second; then the same
numbers with many episodes a candidate and all of them off by a little, so that the gait keeps a margin. shared.json and
agnostic.json are of a smaller machine (``walker_bit``), with one shared weight (``walker_shared``) and for any
(``walker_agnostic``). Journals are in build/walker; a call goes on where the last one was, and what docs/walker.json
has of the same files is not played again. Scores are of Gymnasium's own episodes, none of which anything was chosen by.
"""

import argparse
import json
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import walker_agnostic
import walker_bit
import walker_machine
import walker_shared
from numpy.typing import NDArray
from walker_climb import WALKER, Climb, Play, curve_of, plays, walker
from walker_gait import MEMORY, SCALE, START, gait, weights_of
from walker_report import page

from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.core.version import __version__
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import HIGH, LOW, episode_seeds, weights_per_connection
from wann_rt.play.plain import play_controller, with_vectors
from wann_rt.play.rollouts import play, starts_of

ROOT = Path(__file__).parents[2]
RECORD, PAGE, EXAMPLES = ROOT / "docs/walker.json", ROOT / "docs/walker.md", ROOT / "examples/walker"
JOURNALS = ROOT / "build/walker"
SEED, TEST_SEED, EPISODES = 1, 20261129, 100
GENERATIONS, POPULATION, SIGMA = 60, 16, 0.08
FINALISTS, FINAL = 4, 32  # middles that are played again, and the episodes by which the best is chosen
SHOWN = 24  # episodes of the numbers at which the first search begins
HARDCORE = "BipedalWalkerHardcore-v3"
MEMORIES = {"tuned": MEMORY, "shared": walker_bit.MEMORY, "agnostic": walker_bit.MEMORY}  # of the files
CONDITIONS = {  # of which file
    "tuned": "tuned", "hardcore": "tuned", "tuned_shared": "shared", "random_shared": "agnostic",
    "random_weights": "tuned",
}  # fmt: skip


class Margin(NamedTuple):
    """The last search of the six states: what of it is not as in ``Climb``, and how far numbers are off."""

    generations: int = 64
    population: int = 12
    episodes: int = 16
    sigma: float = 0.03
    off: float = 0.01
    shown: int = 8
    retested: int = 64


MARGIN = Margin()


def begun(record: dict[str, Any]) -> dict[str, Any]:
    """Returns the record with the numbers of the machine."""
    if "machine" not in record:
        before = time.process_time()
        numbers, steps = walker_machine.found()
        seconds = round(time.process_time() - before)
        first, _ = walker_machine.played(np.repeat(START[None], SHOWN, axis=0), list(range(1, 1 + SHOWN)))
        record["machine"] = {
            "numbers": numbers.tolist(),
            "steps": steps,
            "seconds": seconds,
            "begins": round(first.mean()),
        }
    return record


def searched(record: dict[str, Any], generations: int) -> Controller:
    """Returns the champion of the search, and records its curve."""
    network, rows = gait()
    weights = partial(weights_of, rows)
    player = plays(network, MEMORY, weights)
    start = (np.array(record["machine"]["numbers"]) - START) / SCALE
    climb = Climb(JOURNALS / "gait.jsonl", start, SIGMA, POPULATION, 1, SEED, player, charged=True)
    kept = climb.run(generations)
    record["search"] = curve_of(kept)
    begins = best_of([row for row in kept if "middle" in row], player)
    sure = plays(network, MEMORY, weights, MARGIN.off)
    climb = Climb(
        JOURNALS / "margin.jsonl", begins, MARGIN.sigma, MARGIN.population, MARGIN.episodes, SEED, sure, charged=True,
        shown=MARGIN.shown, retested=MARGIN.retested,
    )  # fmt: skip
    kept = climb.run(MARGIN.generations)
    record["margin"] = curve_of(kept) | MARGIN._asdict()
    best = max((row for row in kept if "middle" in row), key=lambda row: float(row["middle"]))
    values = weights(np.array([best["at"]]))[:, 0]
    return controller_of(network, Weight("connections", tuple(float(value) for value in values)), MEMORY)


def shared(record: dict[str, Any]) -> Controller:
    """Returns the walker with one shared weight, and records what was tried."""
    before = time.process_time()
    weight, record["shared"] = walker_shared.best()
    record["shared_seconds"] = round(time.process_time() - before)
    network = walker_shared.network_of(walker_shared.terms_of(weight))
    return controller_of(network, Weight.shared(weight), walker_bit.MEMORY)


def agnostic(record: dict[str, Any]) -> Controller:
    """Returns the walker for any shared weight, here with 1, and records the rounds of its search."""
    record["agnostic"] = walker_agnostic.climbed(JOURNALS / "agnostic.jsonl")
    counts = walker_agnostic.counts_of(record["agnostic"][-1])
    return controller_of(walker_agnostic.network_of(counts), Weight.shared(1.0), walker_bit.MEMORY)


def best_of(shown: list[dict[str, Any]], player: Play) -> NDArray[np.float64]:
    """Returns the middle that is best over more episodes, of those that looked best over a few."""
    finalists = np.array([row["at"] for row in sorted(shown, key=lambda row: -row["middle"])[:FINALISTS]])
    returns, _ = player(finalists, episode_seeds(Purpose.TUNE_FINAL, SEED, FINAL), True, False)
    chosen: NDArray[np.float64] = finalists[np.argmax(returns.mean(1))]
    return chosen


def controller_of(network: Network, weight: Weight, memory: Mapping[str, str]) -> Controller:
    """Returns the network with its weight, as a controller of Gymnasium's walker."""
    task = walker(memory, backend="processes")
    origin: dict[str, Any] = {
        "created_by": f"wann_rt {__version__}", "task": task.name, "task_version": task.version,
    }  # fmt: skip
    origin |= {"environment": {"id": WALKER, "kwargs": {}, "engine": "gymnasium"}, "command": "make walker"}
    made = Controller(
        task.name, network, weight, task.plain.observations, task.acts, task.rate_hz, provenance=origin,
        derived=task.derived,
    )  # fmt: skip
    return with_vectors(task, made, SEED)


@session()
def scored(controller: Controller, condition: str) -> dict[str, Any]:
    """Returns the returns of a condition, and the shared weight where there is one."""
    memory, network = MEMORIES[CONDITIONS[condition]], controller.network
    task = walker(memory, backend="processes", env=HARDCORE if condition == "hardcore" else WALKER)
    starts = starts_of(task, episode_seeds(Purpose.TEST, TEST_SEED, EPISODES))
    if condition == "random_weights":
        lanes = weights_per_connection(stream(TEST_SEED, Purpose.WEIGHTS, 2), network.n_connections, EPISODES)
    elif condition == "random_shared":
        lanes = uniforms(stream(TEST_SEED, Purpose.WEIGHTS, 1), EPISODES, LOW, HIGH).astype(np.float32)
    else:
        said = {"weight": float(str(controller.weight.array[0]))} if condition == "tuned_shared" else {}
        return {"returns": rounded(play_controller(task, controller, starts, 1).returns)} | said
    return {"returns": rounded(play(task, network, lanes, starts, 1).returns)}


def rounded(returns: NDArray[np.float64]) -> list[float]:
    """Returns the returns as the record has them."""
    return [round(float(value), 1) for value in returns.ravel()]


def write(record: dict[str, Any]) -> None:
    """Writes the record and the page."""
    RECORD.write_text(json.dumps(record, sort_keys=True).replace("}, ", "},\n ") + "\n", encoding="utf-8")
    PAGE.write_text(page(record), encoding="utf-8")


def main() -> None:
    """Searches and scores what is missing; writes the files, the record and the page after each piece."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    parser.add_argument("--search", nargs="*", choices=MEMORIES, default=list(MEMORIES), help="files; none: only score")
    args = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    searches = {
        "tuned": lambda: searched(begun(record), args.generations),
        "shared": lambda: shared(record),
        "agnostic": lambda: agnostic(record),
    }
    EXAMPLES.mkdir(exist_ok=True)
    for name in args.search:
        files.save(searches[name](), EXAMPLES / f"{name}.json")
    walkers = {name: files.load(EXAMPLES / f"{name}.json") for name in MEMORIES}
    for name, controller in walkers.items():
        known_as(record, name, controller)
    for condition in (one for one in CONDITIONS if one not in record["scores"]):
        record["scores"][condition] = scored(walkers[CONDITIONS[condition]], condition)
        write(record)
    write(record)


def known_as(record: dict[str, Any], name: str, controller: Controller) -> None:
    """Records which file it is; forgets the scores of another one."""
    which = {"digest": files.digest(controller), "connections": controller.network.n_connections}
    scores = record.setdefault("scores", {})
    if record.setdefault("files", {}).get(name) != which:
        record["files"][name] = which
        record["scores"] = {one: score for one, score in scores.items() if CONDITIONS[one] != name}


if __name__ == "__main__":
    main()
