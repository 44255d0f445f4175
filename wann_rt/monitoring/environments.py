"""Episodes of an environment on machines that differ: its sensors and actuators, for its plant is not ours to change.

EnvPool plays them side by side; other environments are too slow for the steps that a rate of false alarms needs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core import stateful
from wann_rt.core.controller import Controller
from wann_rt.core.decision import decided
from wann_rt.core.errors import TaskError
from wann_rt.core.reference import forward
from wann_rt.monitoring.faults import Broken, Fault
from wann_rt.monitoring.machines import ACTUATOR, SENSORS, Record, joined, read_broken
from wann_rt.play.backends import envpool_engine
from wann_rt.tasks.environment.task import EnvironmentTask

Floats = NDArray[np.float32]
LOOKED_AT = 16  # episodes of exact sensors, from which sizes and binary channels are taken
AT_ONCE = 128  # episodes side by side


def usual_spread(task: EnvironmentTask) -> dict[str, float]:
    """Returns how machines differ by default: condition -> how strong."""
    return dict(SENSORS) if task.decision == "argmax" else {**SENSORS, "actuator_gain": ACTUATOR}


class Machines:
    """Machines of an environment that differ in sensors and actuators."""

    def __init__(
        self, controller: Controller, task: EnvironmentTask, spread: Mapping[str, float] | None = None
    ) -> None:
        """Looks at some episodes of exact sensors.

        Raises:
            TaskError: EnvPool does not have the environment, or a spread has no condition of it.
        """
        envpool_engine.check(task)
        self.controller, self.task, self.spread = controller, task, usual_spread(task) | dict(spread or {})
        unknown = set(self.spread) - {*SENSORS, "actuator_gain"}
        if unknown:
            raise TaskError(
                f"environment {task.env_id} has no condition {min(unknown)!r} that machines could differ in; it has "
                f"{', '.join((*SENSORS, 'actuator_gain'))}"
            )
        n = len(controller.observations)
        self.places = list(task.places or range(n))
        self.sizes, self.is_binary = np.zeros(n, np.float32), np.zeros(n, np.bool_)
        exact = self.record(range(LOOKED_AT))
        for k in range(n):
            seen = exact.seen[:, k][exact.alive]
            self.sizes[k], self.is_binary[k] = np.quantile(np.abs(seen), 0.99), len(np.unique(seen)) <= 2
        self.sizes[self.is_binary] = 0.0

    def record(self, seeds: range, fault: Fault | None = None, begins: int = 0) -> Record:
        """Plays episodes; see ``machines.record``."""
        parts = [
            self._record(range(first, min(first + AT_ONCE, seeds.stop)), fault, begins)
            for first in range(seeds.start, seeds.stop, AT_ONCE)
        ]
        return joined(parts)

    def recorded(self, first: int, episodes: int, steps: int) -> Record:
        """Plays nominal episodes from a seed on: at least so many, and as many as so many steps take."""
        kept = self.record(range(first, first + episodes))
        while (missing := steps - int(kept.alive.sum())) > 0:
            episodes = max(episodes + 64, episodes * steps // (steps - missing))
            kept = self.record(range(first, first + episodes))
        return kept

    def _record(self, seeds: range, fault: Fault | None, begins: int) -> Record:
        lanes, rng = len(seeds), np.random.default_rng(seeds.start)
        sense, strength = self._sensors(rng, lanes), self._strength(rng, lanes)
        broken = self._broken(rng, lanes)
        pool, kind, raw = envpool_engine.begun(self.task, np.array(seeds), 1)
        state = self.controller.start(lanes)
        seen: list[Floats] = []
        done: list[Floats] = []
        alive: list[NDArray[np.bool_]] = []
        running = np.ones(lanes, np.bool_)
        for t in range(self.task.max_steps):
            is_broken = fault is not None and t >= begins
            sensed = np.asarray(raw, np.float32)[:, self.places].T
            read = read_broken(broken, fault if is_broken else None, sense(sensed))
            actions, state = stateful.step(self.controller, state, np.ascontiguousarray(read.T), forward)
            seen, done, alive = [*seen, read], [*done, actions.T], [*alive, running]
            factor = strength * (fault.actuator if fault is not None and is_broken else 1.0)
            given = decided(self.controller.decision, actions * factor[:, np.newaxis].astype(np.float32))
            raw, _, ended, cut_off, _ = pool.step(np.asarray(given, kind))
            running = running & ~(ended | cut_off)
            if not running.any():
                break
        pool.close()
        return Record(np.stack(seen), np.stack(done), np.stack(alive))

    def _sensors(self, rng: np.random.Generator, lanes: int) -> Any:
        n, said = len(self.sizes), self.spread
        gain = rng.uniform(-1, 1, (n, lanes)) * said["observation_gain"] * ~self.is_binary[:, np.newaxis]
        offset = rng.uniform(-1, 1, (n, lanes)) * said["observation_offset"] * self.sizes[:, np.newaxis]
        width = said["observation_noise"] * np.sqrt(3.0) * self.sizes[:, np.newaxis]

        def sense(o: Floats) -> Floats:
            return np.asarray(o * (1 + gain) + offset + rng.uniform(-1, 1, o.shape) * width, np.float32)

        return sense if self.sizes.any() else lambda o: o

    def _strength(self, rng: np.random.Generator, lanes: int) -> NDArray[np.float64]:
        return 1 + rng.uniform(-1, 1, lanes) * (self.spread.get("actuator_gain", 0.0) if self.sizes.any() else 0.0)

    def _broken(self, rng: np.random.Generator, lanes: int) -> Broken:
        n = len(self.sizes)
        channel = rng.integers(n, size=lanes)
        angles = [k for k, c in enumerate(self.controller.observations) if c.unit.startswith("rad")] or list(range(n))
        other = (channel + rng.integers(1, max(n, 2), size=lanes)) % n
        return Broken(rng, self.sizes[:, np.newaxis], channel, other, rng.choice(angles, size=lanes))
