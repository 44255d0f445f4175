"""docs/car.md and the rows of docs/paper.json, from what ``car.py`` has scored."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import car_vae_report
import numpy as np
from numpy.typing import NDArray

from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.evaluation.score import Score
from wann_rt.play.episodes import HIGH, LOW

COMMAND = "make car"
# What makes each file of the paper's conditions anew; ``make car`` scores it.
MADE = {
    "agnostic.json": "make car-agnostic", "shared.json": "make car-shared", "tuned.json": "make car-clone",
    "latents.json": "make car-clones", "latents_rates.json": "make car-clones",
}  # fmt: skip
# CPU-seconds that these commands print, of a machine that did other things, too.
SECONDS = {"agnostic.json": 103, "shared.json": 61, "tuned.json": 16, "latents.json": 26, "latents_rates.json": 34}
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
    ("latents.json", "own"): "tuned",
    ("latents_rates.json", "own"): "tuned",
}
# The tracks are others than those that drivers, units and shared weights were chosen by.
SEED = 20261128
WEAK = 0.2  # a shared weight with which gas is no longer all or nothing
BAD = 725  # a clone that scores less has left the road for a while
DOCS = Path(__file__).parents[2] / "docs"
# Controllers that differ in what they see alone: encoder, and what else is an input.
INPUTS = {
    "tuned.json": ("pca", "speed, yaw rate"),
    "random.json": ("random", "speed, yaw rate"),
    "latents.json": ("pca", "-"),
    "latents_rates.json": ("pca", "rates of the latents, from memory"),
    "random_latents.json": ("random", "-"),
    "vae.json": ("vae", "speed, yaw rate"),
    "vae_quarter.json": ("vae_quarter", "speed, yaw rate"),
}

TEXT = """# The racing car

Gymnasium's CarRacing-v3. A controller sees 16 latents of the road and, unless the table says otherwise, the speed and
the yaw rate; it steers, gives gas and brakes. Mean return and its 95 % interval, in brackets the number of tracks,
written by

    {command}

| controller | connections | weights | our camera | Gymnasium's own frames | paper, 245 connections |
|---|---|---|---|---|---|
{rows}

A score in the column of the frames is one in Gymnasium's CarRacing-v3: tracks, physics and rewards are its own, number
for number, and the frames its own, pixel for pixel (`tests/tasks/test_car.py`). The column of the camera is what
searches and tuning see. An interval is of the normal approximation; "-" is not scored yet, and the same command goes on
with it.

What differs from the paper: it has v0, whose lap did not end at 95 % of the tiles, and latents of a VAE. The paper's
see 16 latents alone, and so do `latents.json` and, with a memory of the frames before, `latents_rates.json`; the others
see speed and yaw rate, too, read from the bars below the picture.

## How the controllers came about

* `tuned.json`: least squares, on what a driver who knows the track would do in each place (`make car-clone`,
  `tests/bench/car_driver.py`). No search and no tuning.
* `latents.json`, `latents_rates.json`, `random.json`, `random_latents.json`, `vae.json` and `vae_quarter.json`: in the
  same way with other inputs (`make car-clones`).
* `agnostic.json`: the law of `tuned.json` in whole numbers (`make car-agnostic`, 103 CPU-seconds). `step` nodes decide
  by it if the wheels are turned all the way to the left or to the right, and if there is gas or none. Their sums pass
  three weights, so a negative w decides the opposite, and the last connection makes the opposite of it again. Wheels
  take time to turn and the sum for them has the yaw rate in it, so steering anew at each step comes to a yaw rate that
  the road asks for. No search: of nine sizes of the law that a connection may stand for, the best on 60 other tracks.
  An output is given |w| for each pair of `step` nodes: two pairs turn the wheels fully from |w| = 0.2 on, five shut the
  gas. With weights nearer to 0 the car gets too fast: it scores {weak} on the {n_weak} tracks that have such a weight,
  {strong} on the others. A pair that brakes mends that, and costs more with larger weights than it brings.
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

| encoder | sees | products | file | learnt | explained |
|---|---|---|---|---|---|
| `pca` | cells | 2,304 | 8.3 kB | the first 16 principal components of the cells | {pca_explained} % |
| `random` | cells | 5,000 | 8.6 kB | nothing but scales: 8 random 3 x 3 filters, random sums | {random_explained} % |
{autoencoders}

`pca` and `random` are written by `make car-encoders` from 2,400 of Gymnasium's frames. All but the last product is in
whole numbers below 2^31, so every form of an encoder gives the same bits. Explained is the share of the cells'
variance, on tracks of which neither the encoder nor the decoder knows, that a linear decoder of the latents gives back
(`make car-pictures`):

![frames, their cells, and what the latents of each encoder keep of them](car_encoders.png)

A line is a scene of such a track: the frame, its 12 x 12 cells, then what the latents of `pca`, `random`, `vae` and
`vae_quarter` keep.

{training}

The same clones with each encoder, by what else they see, scored as above:

| encoder | further inputs | connections | our camera | Gymnasium's own frames |
|---|---|---|---|---|
{ablation}

So random features, with nothing learnt, drive as well as principal components where speed and yaw rate are inputs: the
intervals overlap. Latents alone cost both some fifty points or more; to those of `pca`, a memory of the frames before,
which says how fast the road moves, gives them back.

The small autoencoder, with five hundred times the products of `pca`, cannot be told from either where speed and yaw
rate are inputs: on the first {same_tracks} tracks, which all three have driven, it scores {vae_quarter_same},
`pca` {pca_same} and `random` {random_same}. The paper's, with six thousand times as many, is behind: on {vae_bad} of
its {vae_tracks} tracks it scores less than {bad}, on the others {vae_good} and more. It shows more of a frame than the
small one, so pixels given back are not what steering needs; whether training beyond five epochs mends that was not
tried. The latents of both alone were not tried.

## From the camera to the actions

    wann-rt export examples/car/tuned.json --to onnx-exact --to c --encoder pca

writes the whole chain twice. The ONNX model takes `frame`, uint8 [batch, 96, 96, 3] as Gymnasium gives it, red first,
and returns the actions; {onnx_bytes} bytes. The C header takes the frame row by row as a camera sends it, so no memory
holds a frame: `<p>_row(&frame, y, rgb)` for each of the 96 rows, `<p>_observe(&frame, obs)`, which says if a row was
missing, then `<p>_step(obs, actions)` as ever. Speed and yaw rate are read from the bars of the frame. Both have the
bits of Python on Gymnasium's frames, on noise and on extremes (`tests/exporters/test_sight.py`), and
`<p>_selftest_frame()` asks that of the target. In Python: `wr.export(controller, "c", sight=wr.sight("pca"))`.

What it costs, by GCC -O2, without the self-tests (`make car-chain`):

| encoder | processor | bytes of flash | of memory | of stack | instructions a row, at most | a frame, with actions |
|---|---|---|---|---|---|---|
{costs}

A frame of `pca` is {m4f_ms} ms of a Cortex-M4F at 168 MHz and {m7_ms} ms of a Cortex-M7 at 480 MHz, if each executes
one instruction of the M4F's code a cycle, and {c3_ms} ms of an ESP32-C3 at 160 MHz by the count for RV32IMAC, which has
no floating-point unit either. These are counts, not measurements on boards; what memory costs in wait states is not in
them. The car is asked 50 times a second, every 20 ms.

## The paper's champion

`wann-rt import champion.out vae_racing.wann.json --task vae_racing` reads it with the limits of steering and
brake and the mapping of the gas. It cannot be driven here: it sees latents of the paper's VAE, whose 4.3 million
weights no package has.
"""


def page(cases: Sequence[Any], counts: Mapping[str, int], record: Mapping[str, Any]) -> str:
    """Returns docs/car.md."""
    rows = []
    for case in cases:
        for condition in case.conditions:
            if (case.file, condition) in COLUMNS:
                cells = [_cell(record, case.file, condition, eyes) for eyes in ("camera", "frames")]
                theirs = str(PAPER[COLUMNS[case.file, condition]])
                row = (f"`{case.file}`: {case.name}", str(counts[case.file]), CONDITIONS[condition], *cells, theirs)
                rows.append(f"| {' | '.join(row)} |")
    fills = _chain() | car_vae_report.texts(DOCS) | _autoencoder(record) | _any_weight(record)
    fills |= _same_tracks(record)
    return TEXT.format(command=COMMAND, rows="\n".join(rows), ablation=_ablation(counts, record), **fills)


def _autoencoder(record: Mapping[str, Any]) -> dict[str, str]:
    """Returns how the clone with the paper's autoencoder drives, well and badly."""
    returns = _returns(record, "vae.json own frames")
    bad = returns < BAD
    good = str(int(returns[~bad].min())) if (~bad).any() else "-"
    return {"vae_bad": str(bad.sum()), "vae_tracks": str(len(returns)), "vae_good": good, "bad": str(BAD)}


def _same_tracks(record: Mapping[str, Any]) -> dict[str, str]:
    """Returns the means of three clones on the tracks that all of them have driven: hard ones come late."""
    files = {"vae_quarter": "vae_quarter.json", "pca": "tuned.json", "random": "random.json"}
    returns = {name: _returns(record, f"{file} own frames") for name, file in files.items()}
    tracks = min(map(len, returns.values()))
    return {"same_tracks": str(tracks)} | {f"{name}_same": _mean(some[:tracks]) for name, some in returns.items()}


def shared_weights(tracks: int) -> NDArray[np.float64]:
    """Returns the shared weight that is drawn for each track."""
    return uniforms(stream(SEED, Purpose.WEIGHTS, 1), tracks, LOW, HIGH)


def _any_weight(record: Mapping[str, Any]) -> dict[str, str]:
    """Returns what the car for any shared weight scores with weights near 0, and with the others."""
    returns = _returns(record, "agnostic.json random_shared frames")
    weak = np.abs(shared_weights(len(returns))) < WEAK
    means = {name: _mean(returns[which]) for name, which in (("weak", weak), ("strong", ~weak))}
    return means | {"n_weak": str(weak.sum())}


def _returns(record: Mapping[str, Any], name: str) -> NDArray[np.float64]:
    """Returns what a row has scored so far: nothing where docs/car.json is made anew and it has not been played."""
    return np.array(record.get(name, {}).get("returns", []), np.float64)


def _mean(returns: NDArray[np.float64]) -> str:
    return f"{returns.mean():.0f}" if len(returns) else "-"


def _ablation(counts: Mapping[str, int], record: Mapping[str, Any]) -> str:
    rows = []
    for file, (encoder, further) in INPUTS.items():
        cells = [_cell(record, file, "own", eyes) for eyes in ("camera", "frames")]
        rows.append(f"| `{encoder}` | {further} | {counts[file]} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _chain() -> dict[str, str]:
    """Returns what ``make car-chain`` and ``make car-pictures`` have found."""
    costs = json.loads((DOCS / "car_chain.json").read_text(encoding="utf-8"))
    explained = json.loads((DOCS / "car_encoders.json").read_text(encoding="utf-8"))["explained"]
    rows = [
        f"| `{encoder}` | {title} | {found[key]['flash']:,} | {found[key]['memory']} | {found[key]['stack']} "
        f"| {found[key]['last_row']:,} | {found[key]['frame']:,} |"
        for encoder, found in costs.items()
        for key, title in (("m4f", "Cortex-M4F"), ("rv32", "RV32IMAC"))
    ]
    m4f, rv32 = (costs["pca"][key]["frame"] for key in ("m4f", "rv32"))
    return {
        "costs": "\n".join(rows),
        "onnx_bytes": f"{costs['pca']['onnx_bytes']:,}",
        "m4f_ms": f"{m4f / 168e3:.2f}",
        "m7_ms": f"{m4f / 480e3:.2f}",
        "c3_ms": f"{rv32 / 160e3:.2f}",
        **{f"{name}_explained": f"{100 * share:.0f}" for name, share in explained.items()},
    }


def paper_rows(cases: Sequence[Any], counts: Mapping[str, int], record: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the rows of docs/paper.json: the paper's, and ours as far as Gymnasium's frames have scored them."""
    rows: dict[str, Any] = {"paper": dict(PAPER)}
    for case in cases:
        scored: dict[str, Any] = {}
        half: dict[str, float] = {}
        asked = {COLUMNS[case.file, one]: one for one in case.conditions if (case.file, one) in COLUMNS}
        found = {
            column: record.get(f"{case.file} {condition} frames", {}).get("returns", [])
            for column, condition in asked.items()
        }
        most, fewer = max(map(len, found.values()), default=0), dict[str, int]()
        for column, returns in found.items():
            if returns:
                score = Score.of(np.array(returns))
                scored[column], half[column] = round(score.mean, 1), round(score.ci95, 1)
                fewer |= {column: len(returns)} if len(returns) < most else {}
        if scored:
            command = f"{MADE[case.file]} && {COMMAND}"
            rest = {"ci95": half, "connections": counts[case.file], "episodes": most, "seeds": 1}
            rest |= {"seconds": SECONDS[case.file], "command": command}
            rows[case.name] = scored | rest | ({"episodes_of": fewer} if fewer else {})
    return rows


def _cell(record: Mapping[str, Any], file: str, condition: str, eyes: str) -> str:
    returns = record.get(f"{file} {condition} {eyes}", {}).get("returns", [])
    if len(returns) < 2:
        return "-"
    score = Score.of(np.array(returns))
    return f"{score.mean:.0f} ± {score.ci95:.0f} ({score.episodes})"
