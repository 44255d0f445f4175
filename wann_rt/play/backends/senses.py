"""What controllers see of an environment: of running episodes, some of the readings and what is derived from them.

Each episode has a state of its own, zeros where it begins, which advances as ``core.memory`` says. An environment that
is seen as it is passes through.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.decision import greatest
from wann_rt.tasks.environment.observed import memory_of
from wann_rt.tasks.environment.task import EnvironmentTask

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class Senses:
    """What the controllers of some episodes see, and remember."""

    def __init__(self, task: EnvironmentTask, episodes: int) -> None:
        """Begins so many episodes of a task."""
        self._places, self._acts = list(task.places), len(task.acts)
        self._memory = memory_of(task) if task.derived else None
        self._state = np.zeros((episodes, self._memory.size if self._memory else 0), np.float32)

    def seen(self, rows: Rows, observations: Floats) -> Floats:
        """Returns what the networks see [rows, inputs], and remembers the readings.

        Args:
            rows: numbers of the episodes.
            observations: of the environment, [rows, observations].
        """
        read = np.ascontiguousarray(observations[:, self._places]) if self._places else observations
        if self._memory is None:
            return read
        inputs, self._state[rows] = self._memory.observed(self._state[rows], read)
        return inputs

    def done(self, rows: Rows, outputs: Floats, choices: Rows) -> Floats:
        """Returns the actions [rows, actions], and remembers what the networks did.

        Args:
            rows: numbers of the episodes.
            outputs: of the networks: the actions, then what feeds recurrent nodes.
            choices: numbers of the greatest outputs; of the greatest actions where there are other outputs.
        """
        if self._memory is None:
            return outputs
        self._state[rows] = self._memory.acted(self._state[rows], outputs)
        if self._acts == outputs.shape[1]:
            return outputs
        actions = np.ascontiguousarray(outputs[:, : self._acts])
        choices[: len(rows)] = greatest(actions)
        return actions
