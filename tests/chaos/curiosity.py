"""Random network distillation as a bonus: what a predictor of a random network does not foretell of places met so far.

Y. Burda and others (*Exploration by random network distillation*, 2018) train the predictor by gradients, as it goes;
here it is fitted anew by least squares to all places of all generations, so it forgets none of them.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from chaos import distance, maze
from wann_rt.evolution.fitness import Trials
from wann_rt.kernels.programs import Programs
from wann_rt.play.rollouts import play
from wann_rt.tasks.task import Task

TIMES, COORDINATES, SCALE = (50, 100, 150, 200), 2, 1.5  # steps after which it is looked; of the target's weights
FEATURES, OUTPUTS, RIDGE = 64, 8, 1e-6
Floats = NDArray[np.float64]


def glances() -> list[Task]:
    """Returns tasks whose returns are, for each time, by how much each coordinate has changed until then."""
    return [replace(one, max_steps=steps) for steps in TIMES for one in _coordinates()]


def _coordinates() -> list[Task]:
    """Returns a task for each coordinate; its feature is so flat that it is the coordinate, but for a factor."""
    return [maze.featured(maze.task, np.append(np.eye(COORDINATES)[k] * 0.1, 0.0)) for k in range(COORDINATES)]


@dataclass
class Curiosity:
    """A random target, the sums of a least-squares fit of it, and what errors have been so far.

    Attributes:
        seed: of the target and of the predictor's features.
    """

    seed: int
    errors: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self._target = distance.network(SCALE, rng, OUTPUTS, inputs=COORDINATES)
        self._features = distance.network(SCALE, rng, FEATURES, depth=1, inputs=COORDINATES)
        self._squares, self._products = RIDGE * np.eye(FEATURES), np.zeros((FEATURES, OUTPUTS))
        self._glances = glances()

    def bonus(self, programs: Programs, played: Trials) -> Floats:
        """Returns each network's error over the places that it comes to, by their deviation; learns these places."""
        columns = [play(one, programs, played.weights, played.starts, 1).returns for one in self._glances]
        places = 10 * np.stack(columns, axis=-1).reshape(-1, COORDINATES)
        error: Floats = self.surprise(places).reshape(len(columns[0]), -1).mean(axis=1)
        self.errors.append(error)
        return np.asarray(error / np.concatenate(self.errors).std())

    def surprise(self, places: Floats) -> Floats:
        """Returns how far the predictor is from the target at some places [count, coordinates]; learns them."""
        features, targets = np.tanh(distance.computed(self._features, places)), distance.computed(self._target, places)
        lacking = targets - features @ np.linalg.solve(self._squares, self._products)
        self._squares += features.T @ features
        self._products += features.T @ targets
        return np.asarray(np.sqrt((lacking**2).mean(axis=1)))
