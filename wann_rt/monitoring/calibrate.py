"""Calibration: what is usual on machines that differ, and where an alarm begins for a stated rate of false ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError
from wann_rt.core.levels import MOST_SCORE, Level, Mean
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import computed, program_of
from wann_rt.monitoring.kinds import KINDS, Given, Made, folded
from wann_rt.monitoring.machines import Record
from wann_rt.monitoring.watched import watched
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task

f32 = np.float32
Floats = NDArray[np.float32]
# One reading far beyond what is usual; or two in a row that are beyond it by less. Each level costs instructions.
HITS: Sequence[Level | Mean] = (Level(1, 1, 1.0), Level(2, 2, 1.0))
# Noise of a prediction's errors cancels in a mean, and small faults show: here over about 64 steps.
MEANS: Sequence[Level | Mean] = (Level(1, 1, 1.0), Mean(1 / 64, MOST_SCORE, 1.0))
# Whether all features predict -> levels in units, with thresholds that are not calibrated yet.
DRAFTS: Mapping[bool, tuple[Level | Mean, ...]] = {
    False: (Level(1, 1, 1.5), Level(2, 2, 1.0)),
    True: (Level(1, 1, 1.0), Mean(1 / 64, 1.0, 0.5)),
}
FEWEST = 20  # false alarms that a calibration must have seen: fewer say little of the rate
FIRST_SEED = 200_000_000  # of the calibration; no search, no evaluation and no record has these
CHUNK = 16_384  # episodes that are played at once
ENDLESS = 1e30  # times what was recorded: such a score is that of a stuck sensor, or of what is no finite number
TAIL = 1e-5  # share of steps beyond a feature's usual width


@dataclass(frozen=True)
class Calibrated:
    """A monitor and what it was calibrated on.

    Attributes:
        monitor: the monitor.
        steps: how many steps of nominal machines were judged.
        episodes: in how many episodes.
        alarms: how many false alarms there were.
        made: how many features there were to choose from.
        watched: how many of these it has.
    """

    monitor: Monitor
    steps: int
    episodes: int
    alarms: int
    made: int
    watched: int


Excesses = Callable[[Monitor, int], tuple[NDArray[np.float64], int]]
Choose = Callable[[list[Made]], list[Made]]


def check_rate(false_alarms: float, steps: int) -> None:
    """Refuses a rate of which so many steps say nothing.

    Raises:
        ConfigError: too few false alarms would be seen.
    """
    if false_alarms * steps < FEWEST:
        raise ConfigError(
            f"a rate of {false_alarms:g} false alarms a step cannot be calibrated on {steps:g} steps, in which there "
            f"are {false_alarms * steps:.2g}: {FEWEST} are needed, so take at least {FEWEST / false_alarms:.1e} steps "
            f"(--steps), or state a rate from {FEWEST / steps:.1e} (--false-alarms)"
        )


def calibrated(
    given: Given,
    kinds: Sequence[str],
    false_alarms: float,
    steps: int,
    fail_safe: Sequence[float],
    judge: Excesses,
    choose: Choose | None = None,
) -> Calibrated:
    """Returns a monitor of some kinds with thresholds for a rate.

    Args:
        given: what the features are made of, with a record of nominal machines.
        kinds: names in ``KINDS``.
        false_alarms: a step, stated.
        steps: of nominal machines on which the thresholds are set.
        fail_safe: the actions after an alarm.
        judge: gives the greatest excess of each nominal episode, and the steps of all of them; see ``excesses``.
        choose: which features are watched; by default all of them.

    Raises:
        ConfigError: no threshold keeps to the rate: too few steps or episodes, or machines whose sensors are stuck.
    """
    check_rate(false_alarms, steps)
    features = [feature for kind in kinds for feature in KINDS[kind].make(given)]
    chosen = choose(features) if choose else features
    made = folded(chosen)
    rough = scaled(made, given.record, false_alarms, tuple(fail_safe))
    found, played = judge(rough, steps)
    allowed = int(false_alarms * played)
    _check_episodes(false_alarms, allowed, len(found), played)
    ranked = np.sort(found)[::-1]
    middle = (ranked[allowed - 1] + ranked[min(allowed, len(ranked) - 1)]) / 2
    if not middle < ENDLESS:
        raise ConfigError(
            "nominal machines repeat readings, or have some that are no finite number, more often than in "
            f"{false_alarms:g} of the steps, so no threshold keeps to that rate: give their sensors noise "
            "(--spread observation_noise=0.005), finer ticks if you have said quantisation, or state a greater rate "
            "(--false-alarms)"
        )
    factor = f32(middle if middle > 0 else 1)  # 0 where only repetitions are watched, and nothing repeats itself
    levels = tuple(replace(level, above=float(f32(level.above) * factor)) for level in rough.levels)
    made_of = _in_units(replace(rough, levels=levels))
    return Calibrated(made_of, played, len(found), int((found > factor).sum()), len(features), len(chosen))


def _check_episodes(false_alarms: float, allowed: int, episodes: int, played: int) -> None:
    """Refuses a rate of more than an alarm in each episode, as an alarm stays until the episode ends."""
    if allowed > episodes:
        raise ConfigError(
            f"a rate of {false_alarms:g} false alarms a step is {allowed} in {played} steps, but those are "
            f"{episodes} episodes, of which each has one alarm at most: state a rate below {episodes / played:.1e} "
            "(--false-alarms)"
        )


def _in_units(monitor: Monitor) -> Monitor:
    """Returns the same monitor with 1 as the threshold of its last hits: a constant that costs nothing.

    A mean takes no more of a score than that, which is an alarm by itself; so the two share a comparison.
    """
    unit = next(level.above for level in reversed(monitor.levels) if isinstance(level, Level))
    levels = [
        replace(level, most=1.0, above=level.above / unit**2)
        if isinstance(level, Mean)
        else replace(level, above=level.above / unit)
        for level in monitor.levels
    ]
    features = [f if f.kind == "stuck" else replace(f, scale=f.scale / unit) for f in monitor.features]
    return replace(monitor, features=tuple(features), levels=tuple(levels))


def drafted(
    made: Sequence[Made], observations: int, actions: int, false_alarms: float, fail_safe: Sequence[float]
) -> Monitor:
    """Returns a monitor of some features before it is calibrated: it costs what it will cost."""
    letters = (("o", observations), ("b", observations), ("a", actions), ("r", observations))
    names = [f"{letter}{k}" for letter, count in letters for k in range(count)]
    program, values = program_of([one.value for one in made], names)
    features = []
    for k, (one, value) in enumerate(zip(made, values, strict=True)):
        center = 0.0 if one.is_residual or one.is_fixed else 0.5 + k / 100  # each a constant of its own
        features.append(Feature(one.kind, one.channels, value, center, 1.0 if one.is_fixed else 0.25 + k / 100))
    levels = DRAFTS[all(one.is_residual or one.is_fixed for one in made)]
    return Monitor(observations, actions, program, tuple(features), levels, tuple(fail_safe), false_alarms)


def scaled(made: Sequence[Made], record: Record, false_alarms: float, fail_safe: Sequence[float]) -> Monitor:
    """Returns a monitor whose features and levels are in proportion, as a record of nominal machines shows them."""
    rough = drafted(made, record.seen.shape[1], record.done.shape[1], false_alarms, fail_safe)
    predicts = isinstance(rough.levels[-1], Mean)
    rough = replace(rough, features=tuple(_centred(rough, made, record)))
    worst = worst_scores(rough, record)
    levels = [
        replace(level, above=max(float(np.max(compared(level, worst))), 1e-3))
        for level in (MEANS if predicts else HITS)
    ]
    return replace(rough, levels=tuple(levels))


def _centred(monitor: Monitor, made: Sequence[Made], record: Record) -> list[Feature]:
    """Returns the features about the middle of what they were, in units of half their width."""
    seen, done, alive = record
    rows = [np.moveaxis(side, 1, 0) for side in (seen[1:], seen[:-1], done[:-1])]
    inputs = [column[alive[1:]] for side in rows for column in side]
    with np.errstate(all="ignore"):
        values = computed(monitor.program, [*inputs, *[np.zeros(1, np.float32)] * monitor.observations])
    features = []
    for one, feature in zip(made, monitor.features, strict=True):
        if not one.is_fixed:
            low, high = np.quantile(values[feature.value], (TAIL, 1 - TAIL))
            center = 0.0 if one.is_residual else float((low + high) / 2)
            half = max(float(high) - center, center - float(low), 1e-6)
            feature = replace(feature, center=center, scale=1 / half)
        features.append(feature)
    return features


def worst_scores(monitor: Monitor, record: Record) -> Floats:
    """Returns the worst score of each step and episode, [steps, lanes]; 0 where the episode was over."""
    state, worst = list(monitor.start(record.alive.shape[1]).T), np.zeros(record.alive.shape, np.float32)
    for t, seen in enumerate(record.seen):
        with np.errstate(all="ignore"):
            judged = monitor.judge(state, seen, record.done[max(t - 1, 0)])  # the first is not judged
        worst[t] = np.where(record.alive[t], judged.worst, 0)
        state = [*judged.remembered, *state[len(judged.remembered) :]]
    return worst


def compared(level: Level | Mean, worst: Floats) -> Floats:
    """Returns what a level compares with its threshold after each step, [steps, lanes]."""
    if isinstance(level, Level):
        return counted(worst, level.hits, level.of)
    line: tuple[Floats, ...] = (np.zeros(worst.shape[1], np.float32),)
    means = []
    for row in worst:
        _, line = level.advance(row, line)
        means.append(line[0])
    return np.array(means)


def counted(worst: Floats, hits: int, of: int) -> Floats:
    """Returns, for each step, below which threshold there are ``hits`` among the last ``of`` steps."""
    padded = np.concatenate([np.zeros((of - 1, worst.shape[1]), np.float32), worst])
    windows = np.lib.stride_tricks.sliding_window_view(padded, of, axis=0)
    return np.asarray(np.sort(windows, axis=-1)[..., of - hits])


def recorded_excesses(record: Record, first: int = 1) -> Excesses:
    """Returns what takes the episodes of a record; it has no other, so it is as many steps as it has.

    Args:
        record: episodes of nominal machines.
        first: reading with which the monitor begins.
    """

    def judge(monitor: Monitor, steps: int) -> tuple[NDArray[np.float64], int]:
        later = Record(record.seen[first:], record.done[first:], record.alive[first:])
        worst = worst_scores(monitor, later)
        with np.errstate(over="ignore"):
            shares = [compared(level, worst) * f32(1.0 / level.above) for level in monitor.levels]
        return np.max(shares, axis=(0, 1)).astype(np.float64), int(record.alive.sum())

    return judge


def excesses(controller: Controller, task: Task, first_seed: int = FIRST_SEED, threads: int | None = None) -> Excesses:
    """Returns what plays nominal machines in the lane kernel; see ``calibrated``."""
    weights = np.array(controller.weight.values, np.float32)

    def judge(monitor: Monitor, steps: int) -> tuple[NDArray[np.float64], int]:
        around, found, played, seed = watched(task, monitor), [], 0, first_seed
        while played < steps:
            wanted = max(64, min(CHUNK, -(-(steps - played) // task.max_steps)))
            starts = starts_of(around, range(seed, seed + wanted))
            if controller.weight.kind == "ensemble":  # whose members a lane of the kernel does not average
                episodes = play_controller(around, controller, starts, threads)
            else:
                lanes = np.repeat(weights[:, np.newaxis], wanted, axis=1)
                given = lanes if controller.weight.kind == "connections" else lanes[0]
                episodes = play(around, controller.network, given, starts, threads)
            found.append(episodes.returns[0])
            played += int(episodes.lengths.sum())
            seed += wanted
        return np.concatenate(found), played

    return judge
