"""``make walker``: BipedalWalker with a network of our own topology: its gait is searched, tuned and scored here.

First the numbers of a state machine (``walker_machine``), then those of the network that is that machine
(``walker_gait``), both by CMA-ES in EnvPool, falls charged in the second. The journal is in build/walker; a call goes
on where the last one was, and what docs/walker.json has of the same champion is not played again. Scores are of
Gymnasium's own episodes, none of which anything was chosen by.
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import walker_machine
from numpy.typing import NDArray
from walker_climb import CUT, WALKER, Climb, Play, plays, walker
from walker_gait import MEMORY, SCALE, START, gait, weights_of
from walker_report import page

from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.core.version import __version__
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import HIGH, LOW, episode_seeds, weights_per_connection
from wann_rt.play.plain import play_controller, with_vectors
from wann_rt.play.rollouts import play, starts_of

ROOT = Path(__file__).parents[2]
RECORD, PAGE, CHAMPION = ROOT / "docs/walker.json", ROOT / "docs/walker.md", ROOT / "examples/walker/tuned.json"
JOURNALS = ROOT / "build/walker"
SEED, TEST_SEED, EPISODES = 1, 20261129, 100
GENERATIONS, POPULATION, SIGMA = 60, 16, 0.08
FINALISTS, FINAL = 4, 32  # middles that are played again, and the episodes by which the best is chosen
GRID = np.round(np.arange(-2, 2.01, 0.1), 1)  # of the shared weight, as in an environment's sweep
SWEPT = 4  # episodes with each of them
SHOWN = 24  # episodes of the numbers at which the first search begins
HARDCORE = "BipedalWalkerHardcore-v3"
CONDITIONS = ("tuned", "hardcore", "tuned_shared", "random_shared", "random_weights")


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
    curve, steps, seconds = [], 0, 0.0
    for number, row in enumerate(kept, 1):
        steps, seconds = steps + row["steps"], seconds + row["seconds"]
        if "middle" in row:
            curve.append([number, steps, round(seconds), row["middle"], round(float(np.median(row["scores"])), 1)])
    record["search"] = {"curve": curve, "steps": steps, "seconds": round(seconds)}
    values = weights(best_of([row for row in kept if "middle" in row], player)[None])[:, 0]
    return controller_of(network, [float(value) for value in values])


def best_of(shown: list[dict[str, Any]], player: Play) -> NDArray[np.float64]:
    """Returns the middle that is best over more episodes, of those that looked best over a few."""
    finalists = np.array([row["at"] for row in sorted(shown, key=lambda row: -row["middle"])[:FINALISTS]])
    returns, _ = player(finalists, episode_seeds(Purpose.TUNE_FINAL, SEED, FINAL), True, False)
    chosen: NDArray[np.float64] = finalists[np.argmax(returns.mean(1))]
    return chosen


def controller_of(network: Network, values: list[float]) -> Controller:
    """Returns the network with its weights, as a controller of Gymnasium's walker."""
    task = walker(MEMORY, backend="processes")
    origin: dict[str, Any] = {
        "created_by": f"wann_rt {__version__}", "task": task.name, "task_version": task.version,
    }  # fmt: skip
    origin |= {"environment": {"id": WALKER, "kwargs": {}, "engine": "gymnasium"}, "command": "make walker"}
    made = Controller(
        task.name, network, Weight("connections", tuple(values)), task.plain.observations, task.acts, task.rate_hz,
        provenance=origin, derived=task.derived,
    )  # fmt: skip
    return with_vectors(task, made, SEED)


def signed(controller: Controller) -> Network:
    """Returns the network with the signs of its weights, for a shared one."""
    network, values = controller.network, controller.weight.values
    nodes: dict[int, int] = {network.first + k: kind for k, kind in enumerate(network.activations)}
    pairs = [
        Connection(c.source, c.target, 1 if v > 0 else -1) for c, v in zip(network.connections, values, strict=True)
    ]
    outputs = {node: kind for node, kind in nodes.items() if node >= network.n_nodes - network.n_outputs}
    hidden = {node: kind for node, kind in nodes.items() if node not in outputs}
    return Network.build(network.n_inputs, hidden, outputs, pairs)[0]


@session()
def scored(controller: Controller, condition: str) -> dict[str, Any]:
    """Returns the returns of a condition, and the shared weight where one was chosen."""
    task = walker(MEMORY, backend="processes", env=HARDCORE if condition == "hardcore" else WALKER)
    starts = starts_of(task, episode_seeds(Purpose.TEST, TEST_SEED, EPISODES))
    if condition in ("tuned", "hardcore"):
        return {"returns": rounded(play_controller(task, controller, starts, 1).returns)}
    network, said = signed(controller), dict[str, Any]()
    if condition == "random_weights":
        lanes = weights_per_connection(stream(TEST_SEED, Purpose.WEIGHTS, 2), network.n_connections, EPISODES)
    elif condition == "random_shared":
        lanes = uniforms(stream(TEST_SEED, Purpose.WEIGHTS, 1), EPISODES, LOW, HIGH).astype(np.float32)
    else:
        said["weight"] = swept(network)
        lanes = np.full(EPISODES, said["weight"], np.float32)
    return {"returns": rounded(play(task, network, lanes, starts, 1).returns)} | said


def swept(network: Network) -> float:
    """Returns the shared weight that is best in EnvPool."""
    task = walker(MEMORY, **CUT)
    starts = np.tile(starts_of(task, episode_seeds(Purpose.SWEEP, SEED, SWEPT)), len(GRID))
    returns = play(task, network, np.repeat(GRID, SWEPT).astype(np.float32), starts, 1).returns
    return float(GRID[np.argmax(returns.reshape(len(GRID), SWEPT).mean(1))])


def rounded(returns: NDArray[np.float64]) -> list[float]:
    """Returns the returns as the record has them."""
    return [round(float(value), 1) for value in returns.ravel()]


def write(record: dict[str, Any]) -> None:
    """Writes the record and the page."""
    RECORD.write_text(json.dumps(record, sort_keys=True).replace("}, ", "},\n ") + "\n", encoding="utf-8")
    PAGE.write_text(page(record), encoding="utf-8")


def main() -> None:
    """Searches and scores what is missing; writes the champion, the record and the page after each piece."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generations", type=int, default=GENERATIONS)
    parser.add_argument("--score", action="store_true", help="score the champion that is there, and search nothing")
    args = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    if not args.score:
        champion = searched(begun(record), args.generations)
        CHAMPION.parent.mkdir(exist_ok=True)
        files.save(champion, CHAMPION)
    champion = files.load(CHAMPION)
    if record.get("digest") != files.digest(champion):
        record |= {"digest": files.digest(champion), "connections": champion.network.n_connections, "scores": {}}
    for condition in (one for one in CONDITIONS if one not in record["scores"]):
        record["scores"][condition] = scored(champion, condition)
        write(record)
    write(record)


if __name__ == "__main__":
    main()
