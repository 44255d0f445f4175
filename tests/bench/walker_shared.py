"""A walker with one shared weight: each number of a leg's law becomes a sum of powers of the weight, see ``powers``.

Which weight that is, is decided by episodes in EnvPool on which nothing is scored.
"""

from typing import Any

import numpy as np
import powers
from draft import Signed
from numpy.typing import NDArray
from walker_bit import FRONT, INPUTS, JOINTS, LAW, MEMORY, OUTPUTS, SOURCES, states_of, target_of
from walker_climb import CUT, walker

from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.rollouts import play, starts_of

SEED, EPISODES, FINALISTS = 7, 16, 2  # finalists play four times as many episodes
WEIGHTS = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05)
CONNECTIONS = 120
TARGETS = (*JOINTS, FRONT)
# How large a source is about, so how much an error in its number matters; what is added to the hip's angle to decide
# if a leg is in front is a few hundredths.
LARGE = dict(zip(SOURCES, (1.0, 0.2, 0.2, 0.2, 0.6, 0.6, 0.6, 0.6, 1.0, 0.3), strict=True))
MATTERS = np.array([[LARGE[source] for source in SOURCES]] * len(JOINTS) + [[3.0] * len(SOURCES)])


def terms_of(weight: float) -> list[powers.Term]:
    """Returns the terms of a leg's law, as many as the connections allow two legs."""
    wanted = np.zeros((len(TARGETS), len(SOURCES)))
    for (target, source), number in LAW.items():  # what is decided by counts the hip's angle times the weight
        wanted[TARGETS.index(target), SOURCES.index(source)] = number * (weight if target == FRONT else 1)
    return powers.terms_of(wanted, weight, (CONNECTIONS - network_of([]).n_connections) // 2, MATTERS)


def network_of(terms: list[powers.Term]) -> Network:
    """Returns the network: before each target of a leg a chain of linear nodes, as long as its highest power needs."""
    draft = Signed(INPUTS, OUTPUTS)
    for leg, nodes in enumerate(states_of(draft)):
        for k, target in enumerate(TARGETS):
            mine = [term for term in terms if term.output == k]
            chain = [target_of(leg, nodes, target)]
            for _ in range(1, max((term.power for term in mine), default=1)):
                chain.append(draft.node("linear", {}))
                draft.feed(chain[-2], {chain[-1]: 1})
            for term in mine:
                draft.feed(chain[term.power - 1], {nodes[SOURCES[term.source]]: term.sign})
    return draft.signed()


def best() -> tuple[float, dict[str, Any]]:
    """Returns the best weight, and what was tried: weight -> connections, mean return, and that of more episodes."""
    tried: dict[str, Any] = {}
    for weight in WEIGHTS:
        network = network_of(terms_of(weight))
        tried[f"{weight:g}"] = [network.n_connections, _mean(network, weight, EPISODES)]
    finalists = sorted(WEIGHTS, key=lambda weight: -tried[f"{weight:g}"][1])[:FINALISTS]
    for weight in finalists:
        tried[f"{weight:g}"].append(_mean(network_of(terms_of(weight)), weight, 4 * EPISODES))
    return max(finalists, key=lambda weight: float(tried[f"{weight:g}"][2])), tried


def _mean(network: Network, weight: float, episodes: int) -> float:
    """Returns the mean return, falls charged."""
    task = walker(MEMORY, **CUT)
    starts = starts_of(task, episode_seeds(Purpose.TUNE_EPISODE, SEED, episodes))
    lanes: NDArray[np.float32] = np.full(episodes, weight, np.float32)
    return round(float(play(task, network, lanes, starts, 1).returns.mean()), 1)
