"""Which features are watched where all of them would cost more than a budget allows.

They are chosen greedily, by what they find of the faults: from all of them, what is missed least for what it costs is
left out until the rest fits; or from none, that one is added which finds most more, or most more for what it costs
more. The best of the three is taken. It is judged at the stated rate of false alarms, or at 20 false alarms in what is
recorded where that is more: a rarer rate is held by the thresholds alone, which are set on more steps. What is found
soon counts twice as much as what is found late. Machines that are broken for a choice have seeds of their own, so what
a monitor finds on others was not chosen by them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ConfigError
from wann_rt.core.monitor import Monitor
from wann_rt.core.stages import stage
from wann_rt.monitoring.calibrate import FEWEST, Floats, compared, drafted, scaled
from wann_rt.monitoring.cost import Cost, cost
from wann_rt.monitoring.faults import Fault
from wann_rt.monitoring.kinds import Made, folded
from wann_rt.monitoring.machines import Record, joined

LEAST = 1e-3  # of a level's greatest nominal score: of what is stuck it is 0
USUAL = Cost(250, 1024)  # of a monitor, unless the user says more or less
SEED = 230_000_000  # of the machines that are broken for a choice; no measurement has these
MACHINES = 48  # of each fault
SOON = 6  # steps, that of the fault included
BEGINS = (20, 2)  # a fault begins after such a part of an episode


class Broken(NamedTuple):
    """Episodes in which something is broken from some step on.

    Attributes:
        record: the episodes.
        begins: the step.
        faults: number of the fault of each, [lanes].
    """

    record: Record
    begins: int
    faults: NDArray[np.intp]


def broken_machines(faults: Sequence[Fault], steps: int, play: Callable[[range, Fault, int], Record]) -> list[Broken]:
    """Returns episodes of each fault, other machines each time.

    Args:
        faults: which.
        steps: of the longest episode.
        play: plays machines of such seeds, broken by a fault from a step on.
    """
    found, first, labels = [], SEED, np.repeat(np.arange(len(faults)), MACHINES)
    for part in BEGINS:
        records = []
        for fault in faults:
            records.append(play(range(first, first + MACHINES), fault, steps // part))
            first += MACHINES
        found.append(Broken(joined(records), steps // part, labels))
    return found


def chosen(
    made: list[Made], record: Record, false_alarms: float, budget: Cost, broken: Callable[[], Sequence[Broken]]
) -> list[Made]:
    """Returns the features that are watched: all of them if they fit into a budget.

    Args:
        made: all features.
        record: nominal machines.
        false_alarms: a step, stated; features are chosen at it, or at 20 in the record where that is more.
        budget: what the monitor may cost.
        broken: plays the faults; not asked where all features fit.

    Raises:
        ConfigError: no feature fits.
    """
    n, m = record.seen.shape[1], record.done.shape[1]

    @cache
    def costs(numbers: tuple[int, ...]) -> Cost:
        return cost(drafted(folded([made[k] for k in numbers]), n, m, false_alarms, (0.0,) * m))

    everything = tuple(range(len(made)))
    if costs(everything).share(budget) <= 1:
        return made
    cheapest = min((costs((k,)) for k in everything), key=lambda one: one.share(budget))
    if cheapest.share(budget) > 1:
        raise ConfigError(
            f"no monitor of this kind fits into {budget}: the smallest takes about {cheapest} (--instructions, --bytes)"
        )
    stage("choosing what is watched")
    rough = scaled(made, record, false_alarms, (0.0,) * m)
    allowed = max(int(false_alarms * record.alive.sum()), FEWEST)
    search = Search(reached(rough, record, 1)[0], [seen for one in broken() for seen in windows(rough, one)], allowed)
    numbers = max(search.choices(budget, costs), key=search.found)
    if not numbers:
        raise ConfigError(f"no feature that fits into {budget} finds any fault: allow more (--instructions, --bytes)")
    return [made[k] for k in numbers]


class Reached(NamedTuple):
    """How far features came in some episodes.

    Attributes:
        most: the greatest of what each level compares, of each feature alone, [levels, features, lanes].
        fair: whether the episode still ran when it was broken, [lanes].
    """

    most: Floats
    fair: NDArray[np.bool_]

    def of(self, chosen: Sequence[int]) -> NDArray[np.float64]:
        """Returns the greatest of some features, [levels, lanes]; the levels of the worst of them are no less."""
        return np.asarray(self.most[:, list(chosen)].max(axis=1), np.float64)


def windows(monitor: Monitor, broken: Broken) -> list[tuple[NDArray[np.intp], Reached]]:
    """Returns what features reach until the end and what they reach soon, as two faults of equal weight."""
    until_end, soon = reached(monitor, broken.record, broken.begins, (None, SOON))
    return [(2 * broken.faults, until_end), (2 * broken.faults + 1, soon)]


def reached(
    monitor: Monitor, record: Record, begins: int, within: Sequence[int | None] = (None,)
) -> tuple[Reached, ...]:
    """Returns how far each feature of a monitor comes from some step on, within some steps; None: until the end."""
    scores = feature_scores(monitor, record)
    first = min(max(begins, 1), len(scores) - 1)

    def most(one: Floats) -> list[Floats]:
        return [one[first:][:steps].max(axis=0) for steps in within]

    found = [[most(compared(level, scores[:, k])) for k in range(scores.shape[1])] for level in monitor.levels]
    return tuple(Reached(each, record.alive[first]) for each in np.moveaxis(np.array(found, np.float32), 2, 0))


def feature_scores(monitor: Monitor, record: Record) -> Floats:
    """Returns the score of each feature, [steps, features, lanes]; 0 where there is nothing to judge."""
    lanes = record.alive.shape[1]
    state = list(monitor.start(lanes).T)
    found = np.zeros((len(record.seen), len(monitor.features), lanes), np.float32)
    for t, seen in enumerate(record.seen):
        with np.errstate(all="ignore"):
            scores, remembered = monitor.scores(state, seen, record.done[max(t - 1, 0)])
        if t > 0:  # the first reading has nothing before it
            for k, (score, _) in enumerate(scores):
                found[t, k] = np.where(record.alive[t], score, 0)
        state = [*remembered, *state[len(remembered) :]]
    return found


Numbers = tuple[int, ...]
Costs = Callable[[Numbers], Cost]


class Search:
    """Adds features one by one, or leaves them out."""

    def __init__(self, nominal: Reached, broken: Sequence[tuple[NDArray[np.intp], Reached]], allowed: int) -> None:
        """Takes what features reach.

        Args:
            nominal: on nominal machines.
            broken: by which fault each of some others is broken, and what features reach there.
            allowed: how many of the nominal machines may have an alarm.
        """
        self.nominal, self.allowed = nominal, min(allowed, len(nominal.fair))
        fair = np.concatenate([one.fair for _, one in broken])
        self.faults = np.concatenate([faults for faults, _ in broken])[fair]
        self.broken = Reached(np.concatenate([one.most for _, one in broken], axis=-1)[..., fair], fair[fair])

    def found(self, chosen: Sequence[int]) -> float:
        """Returns the share of faults that some features find together with the allowed false alarms; 0 of none."""
        if not chosen:
            return 0.0
        usual = self.nominal.of(chosen)
        units = np.maximum(usual.max(axis=1), LEAST)[:, np.newaxis]
        ranked = np.sort((usual / units).max(axis=0))[::-1]
        above = (ranked[self.allowed - 1] + ranked[min(self.allowed, len(ranked) - 1)]) / 2
        is_found = (self.broken.of(chosen) / units).max(axis=0) > above
        episodes = np.bincount(self.faults)
        shares = np.bincount(self.faults, is_found)[episodes > 0] / episodes[episodes > 0]
        return float(shares.mean()) if len(shares) else 0.0

    def choices(self, budget: Cost, costs: Costs) -> list[Numbers]:
        """Returns features that fit, found in three ways."""
        return [
            self.grown((), budget, costs, by_cost=True),
            self.grown((), budget, costs, by_cost=False),
            self.grown(self.shrunk(budget, costs), budget, costs, by_cost=False),
        ]

    def shrunk(self, budget: Cost, costs: Costs) -> Numbers:
        """Returns what is left once that was left out which is missed least for what it costs by itself."""
        numbers: Numbers = tuple(range(self.nominal.most.shape[1]))
        while costs(numbers).share(budget) > 1:
            found, rests = self.found(numbers), []
            for k in numbers:
                rest = tuple(j for j in numbers if j != k)
                loss, share = found - self.found(rest), costs((k,)).share(budget)
                # What is missed by nobody has no quotient that tells: the dearest goes first.
                rests.append((loss / share if loss > 0 else loss * share, -share, rest))
            numbers = min(rests)[-1]
        return numbers

    def grown(self, numbers: Numbers, budget: Cost, costs: Costs, by_cost: bool) -> Numbers:
        """Returns some features, and those that are added as long as they fit and more is found.

        Args:
            numbers: those from which on.
            budget: what they may cost.
            costs: gives the cost of features.
            by_cost: whether what is found more is divided by what it costs more.
        """
        while True:
            found, spent, steps = self.found(numbers), costs(numbers).share(budget) if numbers else 0.0, []
            for k in set(range(self.nominal.most.shape[1])) - set(numbers):
                more = tuple(sorted((*numbers, k)))
                share = costs(more).share(budget)
                if share <= 1 and (now := self.found(more)) > found:
                    steps.append(((now - found) / (max(share - spent, LEAST) if by_cost else 1.0), more))
            if not steps:
                return numbers
            numbers = max(steps)[1]
