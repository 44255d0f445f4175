"""Measures random networks and writes docs/random_networks.md with its plots.

    PYTHONPATH=tests python -m chaos

What numpy computes takes some minutes. What plays episodes takes longer: that is kept in docs/random_networks.json, and
played again where it is not there.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from chaos import distance, layered, mapped, novelty, tuned, wanns
from chaos.distance import spearman
from chaos.drawn import Lines, draw_distance, draw_scores, draw_stretches, draw_wanns
from chaos.tuned import Scores
from wann_rt.core.files import write_atomic

DOCS = Path(__file__).parents[2] / "docs"
PAGE, STORE = DOCS / "random_networks.md", DOCS / "random_networks.json"
FRAME = Path(__file__).with_name("random_networks.md.in")
PLOTS = DOCS / "random_networks"
SIGMAS, DEPTH, SETTLED = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0), 24, 12
GRID = tuple(float(sigma) for sigma in np.linspace(0.3, 4.0, 38))
SIZES, NETS, WEIGHTS = (3, 12, 48, 192), 50, (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
TARGETS, RINGS = (0.5, 1.0, 1.5, 2.0, 4.0, 16.0), ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1.0), (1.0, 3.0))
TASKS = ("cartpole-swingup", "pendulum")
STUDENT = 2.365  # t of 97.5 % with the 8 seeds of ``mapped``


def main() -> None:
    """Measures, draws, writes."""
    PLOTS.mkdir(exist_ok=True)
    fills = {
        "<layers>": stretched(),
        "<depth>": depths(),
        "<wanns>": steep(),
        "<distance>": apart(),
        "<tuned>": foretold(),
        "<residual>": started(),
        "<mapped>": mapped_scores(),
        "<novelty>": solved(),
    }
    text = FRAME.read_text(encoding="utf-8")
    for mark, value in fills.items():
        text = text.replace(mark, value)
    write_atomic(PAGE, text.encode())
    print(f"wrote {PAGE}")


def stretched() -> str:
    """Draws and tabulates by how much layers stretch."""
    dense, convolved = (
        {name: [(sigma, middle(name, sigma, is_convolved)) for sigma in SIGMAS] for name in layered.LAWS}
        for is_convolved in (False, True)
    )
    wide: Lines = {name: [(sigma, layered.expected(name, sigma)) for sigma in GRID] for name in layered.LAWS}
    draw_stretches(PLOTS / "layers.svg", dense, convolved, wide)
    rows = [
        ["activation", *(f"{sigma:g}" for sigma in SIGMAS), "expected to turn at"],
        ["---"] * (2 + len(SIGMAS)),
    ]
    for name in layered.LAWS:
        cells = [f"{d:.2f}, {c:.2f}" for (_, d), (_, c) in zip(dense[name], convolved[name], strict=True)]
        turn = layered.crossing(name)
        rows.append([name, *cells, "-" if turn is None else f"{turn:.2f}"])
    return table(rows)


def middle(name: str, sigma: float, is_convolved: bool) -> float:
    """Returns the geometric mean over networks and over layers that have settled."""
    found = layered.stretches(name, sigma, DEPTH, 0, convolved=is_convolved)[:, SETTLED:]
    return float(np.exp(np.log(np.maximum(found, 1e-12)).mean()))


def depths() -> str:
    """Tabulates the slope of whole networks over depth, and what becomes of two inputs."""
    rows = [
        ["activation", "scale", *(f"depth {d}" for d in (1, 6, 24)), "middle 8 tenths at 24", "cosine after 24 layers"],
        ["---"] * 7,
    ]
    for name, sigmas in (("tanh", (0.5, 1.0, 1.5, 4.0)), ("sigmoid", (1.5,)), ("gauss", (1.5, 3.0)), ("sin", (1.5,))):
        for sigma in sigmas:
            slopes = np.cumprod(layered.stretches(name, sigma, DEPTH, 0), axis=1)
            spread = [np.quantile(slopes[:, -1], q) for q in (0.1, 0.9)]
            cosine = layered.agreement(name, sigma, DEPTH, 0)
            cells = [f"{np.median(slopes[:, d - 1]):.2g}" for d in (1, 6, 24)]
            rows.append([name, f"{sigma:g}", *cells, f"{spread[0]:.2g} to {spread[1]:.2g}", f"{cosine:.2f}"])
    return table(rows)


def steep() -> str:
    """Draws and tabulates the slopes of random WANNs."""
    found = {}
    for size in SIZES:
        networks = wanns.grown(size, NETS)
        found[size] = {weight: wanns.steepness(networks, weight) for weight in WEIGHTS}
    draw_wanns(PLOTS / "wanns.svg", found)
    rows = [["connections", *(f"w = {weight:g}" for weight in WEIGHTS)], ["---"] * (1 + len(WEIGHTS))]
    rows += [
        [str(size), *(f"{np.median(one[w]):.3g} ({np.quantile(one[w], 0.9):.3g})" for w in WEIGHTS)]
        for size, one in found.items()
    ]
    return table(rows)


def apart() -> str:
    """Draws and tabulates what the error of random network distillation measures."""
    found = {sigma: distance.measured(sigma, 0) for sigma in TARGETS}
    draw_distance(PLOTS / "distance.svg", {sigma: found[sigma] for sigma in (0.5, 1.5, 16.0)})
    rows = [
        ["scale of the target", "rank correlation", *(f"error at {a:g} to {b:g}" for a, b in RINGS), "contrast"],
        ["---"] * (3 + len(RINGS)),
    ]
    for sigma, one in found.items():
        errors = [float(np.median(one.error[(one.distance > a) & (one.distance <= b)])) for a, b in RINGS]
        told = [f"{error:.2g}" for error in errors]
        rows.append([f"{sigma:g}", f"{spearman(*one):.3f}", *told, f"{errors[3] / errors[0]:.0f}"])
    return table(rows)


def foretold() -> str:
    """Tabulates how well scores without tuning foretell those after it; what was measured is kept."""
    kept: dict[str, Any] = json.loads(STORE.read_text()) if STORE.exists() else {}
    for task in TASKS:
        if task not in kept:
            kept[task] = [list(one) for one in tuned.all_scores(task)]
            write_atomic(STORE, (json.dumps(kept, indent=1) + "\n").encode())
    rows = [["task", "topologies", "random weights", "random shared weight", "best shared weight", "connections"]]
    rows.append(["---"] * 6)
    for task in TASKS:
        scores = [Scores(*one) for one in kept[task]]
        rows += [correlated(task, scores[: tuned.SEARCHES]), correlated(f"{task}, and champions", scores)]
        if task == TASKS[0]:
            draw_scores(PLOTS / "tuned.svg", scores)
    return table(rows)


def correlated(name: str, scores: list[Scores]) -> list[str]:
    """Returns rank correlations of what is known before tuning with the score after it."""
    after = np.array([one.tuned for one in scores])
    fields = ("random", "shared", "best", "connections")
    cells = [f"{spearman(np.array([getattr(one, f) for one in scores], float), after):.2f}" for f in fields]
    return [name, str(len(scores)), *cells]


def mapped_scores() -> str:
    """Tabulates what network randomisation does to searches."""
    kept: dict[str, Any] = json.loads(STORE.read_text())
    if "mapped" not in kept:
        kept["mapped"] = mapped.all_scores()
        write_atomic(STORE, (json.dumps(kept, indent=1) + "\n").encode())
    arms = kept["mapped"]
    names = list(next(iter(arms.values()))[0])
    plain, other = (np.array([[row[name] for name in names] for row in rows]) for rows in arms.values())
    rows = [["played under", *arms, "difference", "95 % interval", "seeds that gain"], ["---"] * 6]
    for k, name in enumerate(names):
        gain = other[:, k] - plain[:, k]
        half = STUDENT * gain.std(ddof=1) / np.sqrt(len(gain))
        means = f"{plain[:, k].mean():.0f}", f"{other[:, k].mean():.0f}"
        rows.append([name, *means, f"{gain.mean():+.0f}", f"± {half:.0f}", f"{(gain > 0).sum()} of {len(gain)}"])
    return table(rows)


def solved() -> str:
    """Tabulates after how many steps searches for fitness and for novelty solve a maze that deceives."""
    kept: dict[str, Any] = json.loads(STORE.read_text())
    if "novelty" not in kept:
        kept["novelty"] = novelty.all_steps()
        write_atomic(STORE, (json.dumps(kept, indent=1) + "\n").encode())
    rows = [["search for", "solved", "thousand steps, by seed"], ["---"] * 3]
    for arm, steps in kept["novelty"].items():
        told = ", ".join("-" if one is None else f"{one / 1000:.0f}" for one in steps)
        rows.append([arm, f"{sum(one is not None for one in steps)} of {len(steps)}", told])
    return table(rows)


def started() -> str:
    """Returns what the example prints that takes a champion as a start."""
    kept: dict[str, Any] = json.loads(STORE.read_text())
    if "residual" not in kept:
        command = [sys.executable, str(DOCS.parent / "examples" / "05_residual.py")]
        kept["residual"] = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        write_atomic(STORE, (json.dumps(kept, indent=1) + "\n").encode())
    rows = [line.replace("mean", " ").split("  ") for line in kept["residual"][1:]]
    cells = [[part.strip() for part in row if part.strip()] for row in rows]
    head = ["way", *(f"seed {k + 1}" for k in range(len(cells[0]) - 2)), "mean"]
    return table([head, ["---"] * len(head), *cells])


def table(rows: list[list[str]]) -> str:
    """Returns rows as Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
