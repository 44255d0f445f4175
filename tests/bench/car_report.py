"""docs/car.md and the rows of docs/paper.json, from what ``car.py`` has scored."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wann_rt.evaluation.score import Score

COMMAND = "make car"
CONDITIONS = {"own": "as it is", "random_shared": "random, shared", "random_weights": "random, each connection's own"}
PAPER: Mapping[str, Any] = {
    "connections": 245, "random_weights": -69, "random_shared": 375, "tuned_shared": 608, "tuned": 893,
}  # fmt: skip
# Which of the paper's conditions a row of ours is.
COLUMNS = {
    ("agnostic.json", "random_weights"): "random_weights",
    ("agnostic.json", "random_shared"): "random_shared",
    ("shared.json", "own"): "tuned_shared",
    ("tuned.json", "own"): "tuned",
}

TEXT = """# The racing car

Gymnasium's CarRacing-v3. A controller sees 16 latents of the road, the speed and the yaw rate, and steers, gives gas
and brakes. Mean return and its 95 % interval, in brackets the number of tracks, written by

    {command}

| controller | connections | weights | our camera | Gymnasium's own frames | paper, 245 connections |
|---|---|---|---|---|---|
{rows}

A score in the column of the frames is one in Gymnasium's CarRacing-v3: tracks, physics and rewards are its own, number
for number, and the frames its own, pixel for pixel (`tests/tasks/test_car.py`). The column of the camera is what
searches and tuning see. An interval is of the normal approximation; "-" is not scored yet, and the same command goes on
with it.

What differs from the paper: it has v0, whose lap did not end at 95 % of the tiles, and 16 latents of a VAE alone. Here
speed and yaw rate are inputs, too, read from the bars below the picture. Not done: a controller of the 16 latents only,
the paper's VAE, scores with random features.

## How the controllers came about

* `tuned.json`: least squares, on what a driver who knows the track would do in each place (`make car-clone`,
  `tests/bench/car_driver.py`). No search and no tuning.
* `agnostic.json`: `wann-rt search`, 12 generations of 32, from a network made by hand, in which each sum passes two
  weights, so that the sign of the shared weight does not matter, and the steering is the sum of four `tanh`.
* `shared.json`: the law of `tuned.json` in powers of one weight (`make car-shared`, 61 CPU-seconds): what stands k
  linear nodes before an output counts w^k, and 60 connections are given to the terms that bring the law nearest. Of the
  brake's numbers it keeps two, the constant and the speed: with none the car scores half, with these two as before. The
  weight is the best of nine on 60 other tracks.

## The camera

A step with a frame takes some 7 ms. Our camera draws the track once, at the reset, into a bitmap, and a step looks up
16 points in each of 12 x 12 cells. A cell is the sum of min(max(G - R, 0), 100) over its 7 x 8 pixels, so grass is
5600 and road is 0. On a drive that leaves the road, the latents differ from those of the frames by 0.025 standard
deviations on average, speed and yaw rate not at all. Where candidates drive on the same tracks, an environment makes
some 7,000 to 10,000 steps a CPU-second by itself.

## Encoders

| encoder | products | file | learnt |
|---|---|---|---|
| `pca` | 2,304 | 8.3 kB | the first 16 principal components of the cells |
| `random` | 5,000 | 8.6 kB | nothing but scales: 8 random filters of 3 x 3, random sums |

Written by `make car-encoders` from 2,400 of Gymnasium's frames. All but the last product is in whole numbers below
2^31, so every form of an encoder gives the same bits.

## The paper's champion

`wann-rt import champion.out --task vae_racing --weights vae_racing.wann.json` reads it with the limits of steering and
brake and the mapping of the gas. It cannot be driven here: it sees latents of the paper's VAE, whose 4.3 million
weights no package has.
"""


def page(cases: Sequence[Any], counts: Mapping[str, int], record: Mapping[str, Any]) -> str:
    """Returns docs/car.md."""
    rows = []
    for case in cases:
        for condition in case.conditions:
            cells = [_cell(record, case.file, condition, eyes) for eyes in ("camera", "frames")]
            theirs = str(PAPER[COLUMNS[case.file, condition]])
            row = (f"`{case.file}`: {case.name}", str(counts[case.file]), CONDITIONS[condition], *cells, theirs)
            rows.append(f"| {' | '.join(row)} |")
    return TEXT.format(command=COMMAND, rows="\n".join(rows))


def paper_rows(cases: Sequence[Any], counts: Mapping[str, int], record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the rows of docs/paper.json: the paper's, and ours as far as Gymnasium's frames have scored them."""
    rows: dict[str, Any] = {"paper": dict(PAPER)}
    for case in cases:
        scored: dict[str, Any] = {}
        half: dict[str, float] = {}
        for condition in case.conditions:
            returns = record.get(f"{case.file} {condition} frames", {}).get("returns", [])
            if returns:
                column, score = COLUMNS[case.file, condition], Score.of(np.array(returns))
                scored[column], half[column] = round(score.mean, 1), round(score.ci95, 1)
                scored["episodes"] = min(len(returns), scored.get("episodes", len(returns)))
        if scored:
            rows[case.name] = scored | {"ci95": half, "connections": counts[case.file], "seeds": 1, "command": COMMAND}
    return rows


def _cell(record: Mapping[str, Any], file: str, condition: str, eyes: str) -> str:
    returns = record.get(f"{file} {condition} {eyes}", {}).get("returns", [])
    if len(returns) < 2:
        return "-"
    score = Score.of(np.array(returns))
    return f"{score.mean:.0f} ± {score.ci95:.0f} ({score.episodes})"
