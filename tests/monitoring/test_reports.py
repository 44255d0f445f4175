"""Sensors on machines that others have reported: each went unnoticed there, or alarmed for nothing."""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from wann_rt import tasks, zoo
from wann_rt.core.monitor import Monitor
from wann_rt.monitoring.calibrate import calibrated, recorded_excesses
from wann_rt.monitoring.kinds import RECIPES, Given
from wann_rt.monitoring.machines import Record, machines, record

PENDULUM, LANES, BREAKS = tasks.get("pendulum"), 100, 20
FAR = np.float32(101325)  # Pa, what a barometer reads


@cache
def nominal(first: int, dropout: float = 0.0) -> Record:
    """Returns episodes of usual machines, ``dropout`` being the share of steps that read what the one before read."""
    task = machines(PENDULUM, {"dropout": dropout} if dropout else None)
    return record(zoo.load("pendulum"), task, range(first, first + LANES))


@cache
def made(kind: str) -> Monitor:
    return of(kind, nominal(0))


def of(kind: str, played: Record) -> Monitor:
    steps = LANES * PENDULUM.max_steps
    return calibrated(
        Given(PENDULUM, played, 3, 1), RECIPES[kind], 1e-3, steps, (0.0,), recorded_excesses(played)
    ).monitor


def alarms(monitor: Monitor, played: Record, first: int = 0) -> NDArray[np.int64]:
    """Returns the alarm of each lane after each step, reset before the ``first``, [steps, lanes]."""
    state, found = monitor.start(played.seen.shape[2]), []
    with np.errstate(all="ignore"):
        for t in range(first + 1, len(played.seen)):
            alarm, state = monitor.step(state, played.seen[t].T, played.done[t - 1].T)
            found.append(alarm)
    return np.array(found)


def broken(change: Callable[[NDArray[np.float32], int], None]) -> Record:
    """Returns usual episodes whose readings are changed from a step on."""
    played = nominal(10_000)
    seen = played.seen.copy()
    for t in range(BREAKS, len(seen)):
        change(seen[t], t)
    return played._replace(seen=seen)


@pytest.mark.parametrize("kind", ["plant", "range", "linear"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0])
def test_a_sensor_that_sends_no_number_or_nothing_but_zeros_is_noticed_by_its_fourth_reading(
    kind: str, value: float
) -> None:
    """A bus that hangs sends zeros from the start (mowglinext#511), or no numbers (PX4-Autopilot#2060)."""

    def dead(readings: NDArray[np.float32], _: int) -> None:
        readings[:] = value

    played = broken(dead)
    assert np.all(alarms(made(kind), played)[BREAKS + 3] != 0)
    assert np.all(alarms(made(kind), played, BREAKS)[3] != 0)  # reset while it is dead


@pytest.mark.parametrize("kind", ["plant", "range", "linear"])
def test_one_axis_that_repeats_its_bits_is_noticed_and_blamed_while_others_move(kind: str) -> None:
    """As a gyro's register did (ardupilot#25025), and a magnetometer's (PX4-Autopilot#9901)."""
    held = nominal(10_000).seen[BREAKS, 2]

    def repeat(readings: NDArray[np.float32], _: int) -> None:
        readings[2] = held

    found = alarms(made(kind), broken(repeat))
    first = found[(found != 0).argmax(axis=0), np.arange(LANES)]
    silent = found[BREAKS - 2] == 0
    assert np.mean(silent) > 0.8
    assert np.all(found[BREAKS + 3, silent] != 0)
    assert np.mean(first[silent] == 1 << 2) > 0.95


@pytest.mark.parametrize("kind", ["range", "linear", pytest.param("rnd", marks=pytest.mark.slow)])
def test_a_channel_far_from_0_is_calibrated_as_one_near_it(kind: str) -> None:
    """Sums of squares of such readings left a negative variance (ml-agents#4299, sinergym#422)."""
    near, far = nominal(0), nominal(0).seen.copy()
    far[:, 2] = far[:, 2] * 100 + FAR
    monitor = of(kind, near._replace(seen=far))
    other = nominal(10_000)
    seen = other.seen.copy()
    seen[:, 2] = seen[:, 2] * 100 + FAR
    false = np.count_nonzero(alarms(monitor, other._replace(seen=seen))[-1])
    assert false < 4 * 1e-3 * LANES * PENDULUM.max_steps
    seen[BREAKS:, 2] = -seen[BREAKS:, 2]
    assert np.all(alarms(monitor, other._replace(seen=seen))[BREAKS + 3] != 0)


def test_a_sensor_with_a_clock_of_its_own_is_not_taken_for_stuck_where_machines_have_it() -> None:
    """A loop that is faster than its sensor reads the same twice, and is healthy (microduck#29)."""
    slow = of("range", nominal(0, 0.3))
    healthy = nominal(10_000, 0.3)
    known = np.count_nonzero(alarms(slow, healthy)[-1])
    assert known < 4 * 1e-3 * LANES * PENDULUM.max_steps
    assert np.count_nonzero(alarms(made("range"), healthy)[-1]) > known
    held = healthy._replace(seen=np.concatenate([healthy.seen[:BREAKS], np.repeat(healthy.seen[BREAKS:][:1], 180, 0)]))
    assert np.all(alarms(slow, held)[-1] != 0)
