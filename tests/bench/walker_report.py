"""docs/walker.md and the row of docs/paper.json, from what ``walker.py`` has searched and scored."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wann_rt.evaluation.score import Score

COMMAND = "make walker"
NAME = "gait with a memory, falls charged"
SOLVED = 300.0  # Gymnasium's mark: a fall late in an episode leaves a return far above 0
CONDITIONS = {
    "tuned": "weights of its own",
    "hardcore": "the same in BipedalWalkerHardcore-v3",
    "tuned_shared": "its signs and one shared weight, the best of a sweep",
    "random_shared": "its signs and one drawn weight",
    "random_weights": "random, each connection's own",
}

TEXT = """# The walker

Gymnasium's BipedalWalker-v3 with a network of our own topology: {connections} connections, five recurrent nodes, no
lidar. The topology was written by hand; what was searched are its weights, with one seed. Mean return, falls charged,
and its 95 % interval, over {episodes} of Gymnasium's episodes, by which nothing was chosen; written by

    {command}

which plays what docs/walker.json does not have yet: remove that file, and it plays all of them.

| weights | mean | episodes below 300 | paper, 210 connections, falls not charged |
|---|---|---|---|
{rows}

Gymnasium calls the walker solved at a return of 300. A fall costs 100, so one late in an episode leaves a return
above 0, which counts here as an episode below 300 all the same.

## What the network is

Six states in a ring: one leg stands and the other is taken forward, is put down, and pushes off, then the legs change
places. The states are five recurrent nodes ([memory.md](memory.md)), `step` nodes say when one ends, and in each of
them hips and knees have a spring, a damper and something of their own. The legs are mirror images, so 22 numbers are
all the weights. The idea, and the numbers at which the first search begins, are those of the heuristic in Gymnasium's
own source; with these numbers the machine below scores {heuristic} where a fall costs 50 instead of 100. No published
network is the start. `wann-rt verify examples/walker/tuned.json` finds the same bits in the C header, the blob and the
exact ONNX.

## How it came about

1. The machine in numpy, its 22 numbers by CMA-ES in EnvPool: {machine_steps} steps, {machine_seconds} CPU-seconds.
2. The network that is this machine, by CMA-ES in EnvPool, falls charged, an episode a candidate: {steps} steps,
   {seconds} CPU-seconds. Each tenth generation the middle of its candidates plays eight further episodes; the four
   best of these middles play 32 more, none of which is in the table above, and the best of them is the champion. A
   line is the mean of such a middle, and the median of the candidates of that generation:

| generation | steps | CPU-seconds | middle | median of the candidates |
|---|---|---|---|---|
{curve}

## What else was tried

* A linear law with mirrored legs (30 numbers, 60 connections) by CMA-ES from zeros, 24 candidates of two episodes, and
  one with a clock (34 numbers): both went some steps and fell, after some three and half a million steps, and were left
  for what is above, which walks after a tenth of a million. A linear law fitted by least squares to what the heuristic
  does falls at once, because the heuristic acts otherwise in each of its states.
* One shared weight: not reached. A network by hand of some 110 connections, each plus or minus one weight between 1.1
  and 1.6, has the same six states (what is remembered is w, and `step` nodes make it 1 again), springs of w^2 - w and
  w + w^2, and takes a few steps before it falls. A search from it, and one for any shared weight, were not run.
* More generations (`WALKER_ARGS='--generations 80'`): the best candidate rose from 322 to 324 points, and the middle
  fell more often.
"""


def page(record: Mapping[str, Any]) -> str:
    """Returns docs/walker.md."""
    known = {"tuned": "332", "tuned_shared": "261", "random_shared": "51", "random_weights": "-46"}
    scores = record["scores"]
    rows = [_line(name, scores[name], known.get(name, "-")) for name in CONDITIONS if name in scores]
    curve = [
        f"| {number} | {steps:,} | " + " | ".join(map(str, rest)) + " |" for number, steps, *rest in _curve(record)
    ]
    return TEXT.format(
        connections=record["connections"], episodes=len(record["scores"]["tuned"]["returns"]), command=COMMAND,
        rows="\n".join(rows), curve="\n".join(curve), heuristic=record["machine"]["begins"],
        machine_steps=f"{record['machine']['steps']:,}", machine_seconds=record["machine"]["seconds"],
        steps=f"{record['search']['steps']:,}", seconds=record["search"]["seconds"],
    )  # fmt: skip


def paper_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the row of docs/paper.json."""
    row: dict[str, Any] = {"connections": record["connections"], "ci95": {}}
    for name in ("tuned", "tuned_shared", "random_shared", "random_weights"):
        if name in record["scores"]:
            score = Score.of(np.array(record["scores"][name]["returns"]))
            row[name], row["ci95"][name] = round(score.mean, 1), round(score.ci95, 1)
            row["episodes"] = score.episodes
    seconds = record["search"]["seconds"] + record["machine"]["seconds"]
    return row | {"seeds": 1, "seconds": seconds, "command": COMMAND}


def _curve(record: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
    points: Sequence[Sequence[Any]] = record["search"]["curve"]
    return points


def _line(name: str, row: Mapping[str, Any], paper: str) -> str:
    below = sum(value < SOLVED for value in row["returns"])
    return f"| {CONDITIONS[name]}{_weight(row)} | {_score(row)} | {below} | {paper} |"


def _weight(row: Mapping[str, Any]) -> str:
    return f" ({row['weight']:g})" if "weight" in row else ""


def _score(row: Mapping[str, Any]) -> str:
    score = Score.of(np.array(row["returns"]))
    return f"{score.mean:.1f} ± {score.ci95:.1f}"
