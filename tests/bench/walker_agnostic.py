"""A walker for any shared weight: each joint is given all or nothing, forward, backward or no torque.

``step`` nodes decide which, and their sums are one power of the weight w times whole numbers (and a quarter), so they
decide alike for every w but 0. Where that power is odd, a negative w turns around what they decide, and what it makes
of their 1 as well. A joint is given |w| + |w|^3 of torque, which the walker cuts to 1 from |w| = 0.69 on. The whole
numbers are climbed from some that walk: one more or one less of a source at a time, with weights from all of [-2, 2].
"""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from draft import Signed
from numpy.typing import NDArray
from walker_bit import BIAS, INPUTS, JOINTS, MEMORY, OUTPUTS, states_of, target_of
from walker_climb import CUT, journal_of, walker

from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import play, starts_of

SEED, EPISODES, FINALISTS, ROUNDS = 8, 12, 3, 2
CONNECTIONS = 120
Counts = Mapping[tuple[str, str], int]
FIRST: Counts = {
    ("hip", "hull"): 3,
    ("hip", "hull_dot"): 1,
    ("hip", "hip"): -1,
    ("hip", "hip_dot"): -1,
    ("hip", "swings"): 3,
    ("knee", "rise"): -3,
    ("knee", "knee"): -1,
    ("knee", "swings"): -1,
    ("front", "hip"): 2,
    ("front", "speed"): -1,
}


def quarter_of(draft: Signed) -> int:
    """Adds a node that is a quarter, times the square of the weight: that of ``sigmoid`` where its sum is 0."""
    never = draft.node("step", {draft.node("linear", {BIAS: -1}): 1})
    return draft.node("square", {draft.node("sigmoid", {never: 1}): 1})


def network_of(counts: Counts) -> Network:
    """Returns the network of whole numbers."""
    draft = Signed(INPUTS, OUTPUTS)
    quarter = quarter_of(draft)
    for leg, nodes in enumerate(states_of(draft, counts["front", "hip"], counts["front", "speed"])):
        for joint in JOINTS:
            mine = {nodes[source]: times for (target, source), times in counts.items() if target == joint and times}
            total = draft.node("linear", dict.fromkeys(draft.sums(mine), 1))
            ahead, back = (draft.node("step", {total: sign, quarter: -1}) for sign in (1, -1))
            gives = {ahead: 1, back: -1}
            more = draft.node("linear", {draft.node("linear", gives): 1})
            draft.feed(target_of(leg, nodes, joint), gives | {more: 1})
    return draft.signed()


def neighbours(counts: Counts) -> Iterator[Counts]:
    """Yields the whole numbers with one more or one less of a source, where the network is not too large."""
    for key in counts:
        for more in (1, -1):
            one = {**counts, key: counts[key] + more}
            if one["front", "hip"] > 0 and network_of(one).n_connections <= CONNECTIONS:
                yield one


def means(tried: list[Counts], episodes: int, number: int) -> NDArray[np.float64]:
    """Returns the mean return of each, over episodes with evenly spaced shared weights."""
    task = walker(MEMORY, **CUT)
    weights = np.linspace(LOW, HIGH, episodes, endpoint=False) + (HIGH - LOW) / (2 * episodes)
    starts = starts_of(task, episode_seeds(Purpose.TUNE_EPISODE, SEED, episodes, number))
    lanes = weights.astype(np.float32)
    return np.array([play(task, network_of(one), lanes, starts, 1).returns.mean() for one in tried])


def climbed(journal: Path) -> list[dict[str, Any]]:
    """Goes on to the last round; returns the journal, whose last line has the best whole numbers."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    kept = journal_of(journal)
    for number in range(len(kept), ROUNDS):
        before, best = time.process_time(), counts_of(kept[-1]) if kept else FIRST
        tried = [best, *neighbours(best)]
        found = means(tried, EPISODES, number)
        finalists = [best, *(tried[k] for k in np.argsort(-found) if tried[k] != best)][: 1 + FINALISTS]
        again = means(finalists, 4 * EPISODES, ROUNDS + number)
        best = finalists[int(np.argmax(again))]
        row = {"tried": len(tried), "first": round(again[0], 1), "best": round(again.max(), 1)}
        row["seconds"] = round(time.process_time() - before)
        kept.append(row | {"counts": [[*key, times] for key, times in best.items()]})
        with journal.open("a") as file:
            file.write(json.dumps(kept[-1]) + "\n")
    return kept


def counts_of(row: Mapping[str, Any]) -> Counts:
    """Returns the whole numbers of a line of the journal."""
    return {(target, source): times for target, source, times in row["counts"]}
