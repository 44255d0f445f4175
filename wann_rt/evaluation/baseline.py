"""Baseline: what networks drawn at random score, by size; a result means little that random guessing reaches too.

The tables are data: ``tests/bench/random_networks.py`` plays the networks and writes them. The idea is from Oller,
Glasmachers and Cuccu, "Analyzing reinforcement learning benchmarks with random weight guessing", AAMAS 2020.
"""

import json
from dataclasses import dataclass
from importlib import resources

CONDITIONS = ("random_shared", "tuned_shared")


@dataclass(frozen=True)
class Spread:
    """How the scores of some random networks are spread: ``median``, 95th percentile ``p95`` and ``best``."""

    median: float
    p95: float
    best: float


@dataclass(frozen=True)
class Baseline:
    """Random networks of one size.

    Attributes:
        connections: of each.
        networks: how many were drawn.
        scores: condition -> spread, for the conditions ``random_shared`` and ``tuned_shared`` of an evaluation.
    """

    connections: int
    networks: int
    scores: dict[str, Spread]

    def text(self, condition: str) -> str:
        """Returns the spread in words; empty for a condition that the table does not have."""
        spread = self.scores.get(condition)
        if spread is None:
            return ""
        best = f"best of {self.networks} {spread.best:.0f}"
        return f"median {spread.median:.0f}, 95th percentile {spread.p95:.0f}, {best}"


def baselines(task: str) -> list[Baseline]:
    """Returns the baselines of a task by size, smallest first; none for a task without a table."""
    file = resources.files("wann_rt.evaluation").joinpath("baselines", f"{task}.json")
    if not file.is_file():
        return []
    rows = json.loads(file.read_text(encoding="utf-8"))["sizes"]
    scores = [{name: Spread(**row[name]) for name in CONDITIONS} for row in rows]
    return [Baseline(row["connections"], row["networks"], s) for row, s in zip(rows, scores, strict=True)]


def nearest(task: str, connections: int) -> Baseline | None:
    """Returns the baseline whose size is nearest; the larger of two; None for a task without a table."""
    return min(baselines(task), key=lambda b: (abs(b.connections - connections), -b.connections), default=None)
