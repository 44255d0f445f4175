"""Scores every champion of the zoo in plain Gymnasium, in the paper's four conditions, and compares with the record.

    python tests/zoo/zoo_check.py [--episodes N] [--seed S] [--every N:K] [--update] [NAME ...]

Nothing of the search is used: a controller is loaded, asked to decide, and Gymnasium's own environment steps. What a
step costs on a Cortex-M4F is measured where its compiler and emulator are installed (`make size-check` installs them);
else the record keeps what it has. Writes build/zoo.json; with --update also wann_rt/zoo/scores.json and docs/zoo.md,
the record. Exits with 1 where a score or a cost is not that of the record, or a champion misses its bar.
"""

import argparse
import json
import math
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
import zoo_cost

from wann_rt import zoo
from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import unsigned
from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.evaluation.score import Score
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.tasks import gym_env
from wann_rt.tasks.environment.task import FALL_REWARD
from wann_rt.tasks.task import Task

ROOT = Path(__file__).resolve().parents[2]
CONDITIONS = {
    "random_weights": "random weights",
    "random_shared": "random shared weight",
    "tuned_shared": "tuned shared weight",
    "tuned": "the champion",
}
SEED = 2026
SURE = 4.0  # standard errors by which a mean over other episodes may differ
ROUNDING = 0.01  # of the record
FALL = "falls charged"  # how the record calls the scores with the reward of -100 that the paper's walker was spared
PIECES = 8  # into which the episodes of a condition are cut for the processes
Played = Mapping[str, Iterable[list[tuple[float, float]]]]  # by condition: what ``returns`` says of each piece


def main() -> int:
    """Runs the check; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="champions to score; all by default")
    parser.add_argument("--episodes", type=int, help="per condition; by default as many as in the record")
    parser.add_argument("--seed", type=int, default=SEED, help="of the episodes and the random weights")
    parser.add_argument("--every", type=part, default=(1, 0), metavar="N:K", help="one of N champions, from the Kth on")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--update", action="store_true", help="write the record instead of comparing with it")
    arguments = parser.parse_args()
    every, first = arguments.every
    names = (arguments.names or zoo.names())[first::every]
    if not names:
        parser.error(f"--every {every}:{first} leaves no champion to score")
    found: dict[str, dict[str, Any]] = {}
    complaints = []
    absent = zoo_cost.missing()
    if absent:
        print(f"costs are not measured: {absent}", flush=True)
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        # All are queued at once, so that no process waits for the last episodes of a champion.
        begun = {name: playing(name, arguments.episodes, arguments.seed, pool.map) for name in names}
        for name, played in begun.items():
            try:
                found[name] = scored(name, played, arguments.seed)
            except gymnasium.error.Error as error:  # an environment that is not installed, for the most part
                complaints.append(f"{name}: cannot be scored: {error}")
                continue
            cost = zoo_cost.known(name, zoo.scores()) if absent else zoo_cost.cost(name)
            found[name] |= {"m4f": cost} if cost else {}
            print(line(name, found[name]), flush=True)
    if arguments.update:
        write_record({**zoo.scores(), **found})
    write(ROOT / "build" / "zoo.json", json.dumps({n: summary(row) for n, row in found.items()}, indent=1) + "\n")
    complaints += [text for name, row in found.items() for text in differences(name, row, zoo.scores())]
    print("\n".join(complaints) or "every score is that of the record", file=sys.stderr)
    return 1 if complaints else 0


def part(text: str) -> tuple[int, int]:
    """Returns N and K of a part "N:K": the Kth, K + Nth, ... of all; K < N.

    Raises:
        ValueError: it is no such part.
    """
    every, first = (int(number) for number in text.split(":"))
    if not 0 <= first < every:
        raise ValueError(text)
    return every, first


def playing(name: str, episodes: int | None, seed: int, each: Callable[..., Iterable[Any]] = map) -> Played:
    """Begins to play a champion in each condition, and returns what will give the returns of each piece of episodes.

    Args:
        name: of the champion.
        episodes: per condition; None: as many as in the record.
        seed: of the episodes and the random weights.
        each: plays the pieces: ``map``, or that of an executor.
    """
    episodes = episodes or zoo.recipes()[name].episodes
    pieces = [list(range(k, episodes, PIECES)) for k in range(min(PIECES, episodes))]
    return {condition: each(partial(returns, name, condition, episodes, seed), pieces) for condition in CONDITIONS}


def scored(name: str, played: Played, seed: int) -> dict[str, Any]:
    """Returns connections, shared weight, environment and the score of each condition, as JSON values."""
    champion, agnostic, env = zoo.load(name), zoo.shared(name), zoo.recipes()[name].env
    by_condition = {condition: np.concatenate(list(parts)) for condition, parts in played.items()}
    uncharged = zoo.recipes()[name].uncharged_falls
    charged = {FALL: {c: rounded(Score.of(both[:, 0])) for c, both in by_condition.items()}} if uncharged else {}
    return {
        "env": env,
        "connections": champion.network.n_connections,
        "shared_connections": agnostic.network.n_connections,
        "tuned_weight": files.shortest(agnostic.weight.values[0]),
        "episodes": len(by_condition["tuned"]),
        "seed": seed,
        "scores": {c: rounded(Score.of(both[:, int(uncharged)])) for c, both in by_condition.items()},
        **charged,
    }


def rounded(score: Score) -> dict[str, float]:
    return {name: round(getattr(score, name), 2) for name in ("mean", "ci95", "sd", "low", "high")}


def returns(name: str, condition: str, episodes: int, seed: int, which: list[int]) -> list[tuple[float, float]]:
    """Returns what some episodes of a condition return: as Gymnasium has it, and with falls that cost nothing."""
    gym_env.register()  # one champion's environment is our own
    env, seeds = zoo.recipes()[name].env, episode_seeds(Purpose.TEST, seed, episodes) % 2**31
    contenders = list(controllers(name, condition, episodes, seed))
    return [episode(env, contenders[k], int(seeds[k])) for k in which]


def controllers(name: str, condition: str, episodes: int, seed: int) -> Iterator[Controller]:
    """Yields the controller that plays each episode of a condition."""
    champion, agnostic = zoo.load(name), zoo.shared(name)
    n = champion.network.n_connections
    each = uniforms(stream(seed, Purpose.WEIGHTS, 2), n * episodes, LOW, HIGH).reshape(episodes, n)
    one = uniforms(stream(seed, Purpose.WEIGHTS, 1), episodes, LOW, HIGH)
    bare = replace(champion, network=unsigned(champion.network), weight=Weight("connections", (1.0,) * n))
    for k in range(episodes):
        yield {
            "random_weights": bare.with_weight(Weight("connections", tuple(each[k]))),
            "random_shared": agnostic.with_weight(float(one[k])),
            "tuned_shared": agnostic,
            "tuned": champion,
        }[condition]


def episode(env_id: str, controller: Controller, seed: int) -> tuple[float, float]:
    """Plays an episode in an environment of its own, as some keep something of the episode before; see ``returns``."""
    env = gymnasium.make(env_id)
    observation, _ = env.reset(seed=seed)
    total, over = 0.0, False
    reward: SupportsFloat = 0.0
    state, places = None, places_in(env, controller)
    while not over:
        action, state = controller.predict(observation[places], state)
        observation, reward, terminated, truncated, _ = env.step(action)
        total, over = total + float(reward), terminated or truncated
    env.close()
    return total, total + 100.0 * (reward == FALL_REWARD)


def places_in(env: gymnasium.Env[Any, Any], controller: Controller) -> Any:
    """Returns which of an environment's observations a controller is fed: of our own tasks, those of its names."""
    task: Task | None = getattr(env.unwrapped, "task", None)
    if task is None or not controller.derived:
        return slice(None)
    names = [channel.name for channel in task.observations]
    return [names.index(channel.name) for channel in controller.observations]


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a champion's line of build/zoo.json."""
    means = {condition: row["scores"][condition]["mean"] for condition in CONDITIONS}
    charged = {FALL: {c: row[FALL][c]["mean"] for c in CONDITIONS}} if FALL in row else {}
    cost = {f"m4f_{figure}": row["m4f"][figure] for figure in zoo_cost.FIGURES} if "m4f" in row else {}
    return means | charged | {k: row[k] for k in ("env", "connections", "shared_connections", "episodes")} | cost


def differences(name: str, row: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[str]:
    """Yields what differs from the record by more than chance allows, and a bar that is missed."""
    bar = zoo.recipes()[name].bar
    if name not in record:
        yield f"{name}: is not in the record; --update puts it there"
        return
    known = record[name]
    for key in ("env", "connections", "shared_connections", "tuned_weight"):
        if row[key] != known[key]:
            yield f"{name}: {key} is {row[key]}, and {known[key]} in the record"
    for condition, score in row["scores"].items():
        before = known["scores"][condition]
        if abs(score["mean"] - before["mean"]) > chance(before["sd"], row["episodes"], known["episodes"]):
            yield f"{name}, {condition}: scores {score['mean']}, and {before['mean']} in the record"
    if "m4f" in row and "m4f" in known:
        yield from zoo_cost.differences(name, row["m4f"], known["m4f"])
    if known["scores"]["tuned"]["mean"] < bar:
        yield f"{name}: {known['scores']['tuned']['mean']} in the record is below its bar, {bar}"


def chance(sd: float, episodes: int, others: int) -> float:
    """Returns by how much the means over two sets of episodes may differ; a few episodes may miss what is rare."""
    return SURE * sd * math.sqrt(1 / episodes + 1 / others) + ROUNDING


def line(name: str, row: Mapping[str, Any]) -> str:
    """Returns a champion's scores for people."""
    each = (f"{CONDITIONS[c]} {row['scores'][c]['mean']:.1f} ± {row['scores'][c]['ci95']:.1f}" for c in CONDITIONS)
    return f"{name} ({row['connections']} connections, {zoo_cost.text(row.get('m4f'))}): " + ", ".join(each)


def write_record(record: Mapping[str, Any]) -> None:
    """Writes scores.json and docs/zoo.md."""
    ordered = {name: record[name] for name in zoo.names() if name in record}
    body = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in ordered.items())
    write(ROOT / "wann_rt" / "zoo" / "scores.json", f"{{\n{body}\n}}\n")
    write(ROOT / "docs" / "zoo.md", document(ordered))


def document(record: Mapping[str, Any]) -> str:
    """Returns the text of docs/zoo.md."""
    *others, most = map(str, sorted({row["episodes"] for row in record.values()}))
    parts = {
        "@EPISODES@": f"{', '.join(others)} or {most}" if others else most,
        "@LEVEL@": zoo_cost.LEVEL,
        "@TABLE@": "\n".join(table(record)),
        "@RECIPES@": "\n\n".join(map(recipe_text, record)),
    }
    text = (ROOT / "tests" / "zoo" / "zoo.md.in").read_text(encoding="utf-8")
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def table(record: Mapping[str, Any]) -> Iterator[str]:
    """Yields the lines of the record as a Markdown table."""
    conditions = " | ".join(CONDITIONS.values())
    yield f"| champion | environment | connections | {conditions} | bar | a step on a Cortex-M4F | anchors |"
    yield "|---|---|---|" + "---|" * len(CONDITIONS) + "---|---|---|"
    for name, row in record.items():
        recipe = zoo.recipes()[name]
        size = row["connections"], row["shared_connections"]
        sizes = str(size[0]) if size[0] == size[1] else f"{size[0]} (shared weight: {size[1]})"
        cells = means(row["scores"])
        cells[-1] = f"**{cells[-1]}**"
        title = f"{name}, falls not charged" if FALL in row else name
        last = f"{recipe.bar:g} | {zoo_cost.text(row.get('m4f'))} | {recipe.anchors or '-'}"
        yield f"| {title} | {row['env']} | {sizes} | {' | '.join(cells)} | {last} |"
        if FALL in row:
            yield f"| {name}, {FALL} | {row['env']} | {sizes} | {' | '.join(means(row[FALL]))} | - | - | - |"


def means(scores: Mapping[str, Any]) -> list[str]:
    """Returns the cells of a line of the table."""
    return [f"{s['mean']:.1f} ± {s['ci95']:.1f}" for s in (scores[c] for c in CONDITIONS)]


def recipe_text(name: str) -> str:
    """Returns how a champion was found, as Markdown."""
    provenance = zoo.load(name).provenance
    steps, seconds = provenance["env_steps"], provenance["recipe"]["cpu_seconds"]
    recipe = zoo.recipes()[name]
    commands = "\n".join(recipe.commands)
    given = "".join(textwrap.fill(f"`{file}`: {source}.", 120) + "\n\n" for file, source in recipe.given.items())
    head = f"**{name}**: {steps / 1e6:.0f} million steps, {seconds} CPU-seconds"
    return f"{head}\n\n{given}```sh\n{commands}\n```"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    files.write_atomic(path, text.encode())


if __name__ == "__main__":
    sys.exit(main())
