"""The end of a search that shall ship individual weights: they are tuned under what the search played under.

What scores best with one shared weight need not be what is best once each connection has its own. So some of the last
generation's best networks are tuned for a while beside the champion, and the best of them for as long again.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wann_rt.core.network import Network, unsigned
from wann_rt.core.stages import stage
from wann_rt.evaluation.sweep import tuned_weight
from wann_rt.evolution.conditions import searched
from wann_rt.evolution.config import Config
from wann_rt.evolution.search import Search
from wann_rt.kernels import genome
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tuning.polish import Arena, Contest, PolishSettings, polish
from wann_rt.tuning.prune import RETUNE_SIGMA, Pruned
from wann_rt.tuning.soften import softened
from wann_rt.tuning.strategies import StrategyName


class Polished(NamedTuple):
    """A network without signs, a weight for each of its connections, the steps it took, and whether Ctrl-C ended it."""

    network: Network
    weights: tuple[float, ...]
    env_steps: int
    interrupted: bool


def _strategy(config: Config) -> StrategyName:
    return "cma" if config.polish_method == "cma" else "pepg"


def polished(running: Search) -> Polished:
    """Returns the champion, or what is better once it is tuned, with individual weights.

    Ctrl-C ends it early and keeps the best so far.
    """
    config = running.config
    arena = Arena(
        tuned_on(running), config.seed, running.threads, cvar_weight=config.cvar_weight, cvar_share=config.cvar_share
    )
    networks, budget = finalists(running), int(config.polish_share * running.env_steps)
    brief = PolishSettings(
        _strategy(config), episodes=config.polish_episodes, steps=1 + budget // (2 * len(networks)), seed=config.seed
    )
    found: list[Pruned] = []
    for k, network in enumerate(networks):
        if not arena.interrupted:
            stage(f"tuning individual weights: network {k + 1} of {len(networks)}")
            found.append(_tuned(arena, network, brief, softens(running)))
    best = max(found, key=lambda one: one.score)
    if not arena.interrupted:
        stage("tuning individual weights of the best network")
        longer = replace(brief, steps=1 + budget // 2, sigma=RETUNE_SIGMA, seed=config.seed + 1)
        best = Pruned(best.network, *polish(arena, best.network, best.weights, longer))
    return Polished(best.network, tuple(best.weights.astype(np.float32).tolist()), arena.env_steps, arena.interrupted)


def tuned_on(running: Search) -> AnyTask:
    """Returns what weights are tuned on: what the search played, at another price of sign changes if that is wanted."""
    config = running.config
    if config.polish_chatter_penalty == 0:
        return running.played
    price = config.chatter_penalty + config.polish_chatter_penalty
    return searched(running.task, replace(config, chatter_penalty=price))


def softens(running: Search) -> bool:
    """Whether steps are tuned as sigmoids: where sign changes have a price of their own, and there are any."""
    return running.config.polish_chatter_penalty > 0 and running.task.decision != "argmax"


def finalists(running: Search) -> list[Network]:
    """Returns the champion and the best networks of the last generation that are built differently.

    Those are the first of the population that is to be scored next: the best are copied unchanged, in order.
    """
    assert running.champion is not None
    config, chosen = running.config, [running.champion.network]
    for k in range(config.n_elites):
        if len(chosen) > config.polish_finalists:
            break
        network = genome.express(running.population, k, keep_split=config.reference_quirks)
        fits = 0 < network.n_connections <= (config.most_connections or np.inf)
        if fits and _built(network) not in map(_built, chosen):
            chosen.append(network)
    return chosen


def _built(network: Network) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Returns what tuning cannot change of a network."""
    return network.activations, network.sources


def _tuned(arena: Arena, network: Network, settings: PolishSettings, soften: bool) -> Pruned:
    """Returns a network with weights of its own, from the best that it can do with a shared one."""
    bare = unsigned(network)
    swept = tuned_weight(arena.task, network, threads=arena.threads)
    arena.env_steps += swept.env_steps
    start = (swept.best or 1.0) * network.program.signs.astype(np.float64)  # of a weight of 0 nothing could be tuned
    soft, gentle = softened(bare, start) if soften else (bare, start)
    found = Pruned(soft, *polish(arena, soft, gentle, settings))
    if soft.activations == bare.activations or found.score >= Contest(arena, bare, start).final(arena.final).score:
        return found
    return Pruned(bare, *polish(arena, bare, start, settings))  # never worse than with the shared weight
