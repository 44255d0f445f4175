"""``make car-agnostic``: a racing car for any shared weight: wheels all the way to a side, gas all or nothing.

``step`` nodes decide to which side and whether, by sums that are w^3, w being the shared weight, times what they are
with w = 1. So they decide alike for every w > 0 and the opposite for every w < 0, which the last connection turns round
once more: an output is given |w| or -|w|, once for each pair of steps. The wheels take time to turn, and the sum for
them has the yaw rate in it, so steering anew at each step comes to a yaw rate that the road asks for.

The sums are the linear law that ``make car-clone`` learns, in whole numbers, with more of the yaw rate. How much of the
law a connection stands for is the best of a few on tracks on which nothing is scored, with weights from all of [-2, 2].
"""

import sys
from collections.abc import Mapping
from itertools import product

import numpy as np
from car_shared import law_of, write
from draft import Signed
from numpy.typing import NDArray
from powers import Law

from wann_rt.core.controller import Controller
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import HIGH, LOW, episode_seeds
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import environment_of

SEED, TRACKS, FINALISTS = 9, 12, 3  # finalists drive five times as many tracks
INPUTS, OUTPUTS, YAW_RATE = 18, 3, 18
STEERING, GAS = range(2)  # nothing brakes: an output of nothing is no brake
DAMPING = 0.16  # instead of the law's number for the yaw rate: wheels that are turned all the way overshoot
# Pairs of steps: wheels turn by 0.4 at most, so |w| = 0.2 is enough for two; gas needs 1, and |w| = 0.2 for five.
PAIRS = {STEERING: 2, GAS: 5}
UNITS = tuple(product((0.1, 0.12, 0.15), (0.25, 0.35, 0.5)))  # of steering and gas: what a connection stands for
CONNECTIONS = 60
Counts = Mapping[int, Mapping[int, int]]  # how many times an output's sum has a source


def counts_of(law: Law, units: tuple[float, float]) -> Counts:
    """Returns the whole numbers that come near a law."""
    wanted = law.copy()
    wanted[STEERING, YAW_RATE] = DAMPING
    near = {output: np.rint(wanted[output] / unit) for output, unit in zip(PAIRS, units, strict=True)}
    return {output: {k: int(times) for k, times in enumerate(row) if times} for output, row in near.items()}


def network_of(counts: Counts) -> Network:
    """Returns the network of whole numbers."""
    draft = Signed(INPUTS, OUTPUTS)
    for output, pairs in PAIRS.items():
        total = draft.node("linear", dict.fromkeys(draft.sums(counts[output]), 1))
        for sign in (1, -1) * pairs:
            draft.feed(1 + INPUTS + output, {draft.node("step", {total: sign}): sign})
    return draft.signed()


@session()
def best(start: Controller) -> Network:
    """Returns the best network of those that are not too large."""
    task, law = environment_of(start), law_of(start)
    made = {units: network_of(counts_of(law, units)) for units in UNITS}
    networks = {units: one for units, one in made.items() if one.n_connections <= CONNECTIONS}

    def mean(units: tuple[float, float], tracks: int) -> float:
        starts = starts_of(task, episode_seeds(Purpose.TUNE_EPISODE, SEED, tracks))
        returns = play(task, networks[units], weights(tracks), starts, 1).returns
        size = networks[units].n_connections
        print(f"units {units}, {size} connections: {returns.mean():.1f} on {tracks} tracks", file=sys.stderr)
        return float(returns.mean())

    finalists = sorted(networks, key=lambda units: -mean(units, TRACKS))[:FINALISTS]
    return networks[max(finalists, key=lambda units: mean(units, 5 * TRACKS))]


def weights(count: int) -> NDArray[np.float32]:
    """Returns shared weights at even distances over all from which they are drawn."""
    return (LOW + (np.arange(count) + 0.5) * (HIGH - LOW) / count).astype(np.float32)


if __name__ == "__main__":
    write("make car-agnostic", __doc__, lambda start: (best(start), 1.0))
