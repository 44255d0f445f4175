"""Model-predictive control about a task's point of rest: the regulator's model and price, with the actuator's limits.

In each step the best actions for the next steps are computed for the linearised plant, within what the actuator can
give, and the first is taken (J. Rawlings, D. Mayne and M. Diehl, "Model predictive control", 2017). What follows the
horizon is priced as the linear-quadratic regulator would pay for it, so where no limit is met this is that regulator.
DAQP solves the quadratic programs (D. Arnström, A. Bemporad and D. Axehill, IEEE Transactions on Automatic Control 67,
2022); it is asked only where the regulator's own plan leaves the limits: elsewhere that plan is the solution.

What each reading's error costs is tuned by the strategies that tune ours, through the regulator alone: with a solver in
the loop no rival's budget could be played.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import MissingExtraError, TaskError
from wann_rt.core.network import Network
from wann_rt.play.plain import returns
from wann_rt.rivals.law import asked, passing
from wann_rt.rivals.lqr import Linear, linearised
from wann_rt.tasks import conditions
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import Arena, PolishSettings, polish
from wann_rt.tuning.strategies import Vectors

Matrix = NDArray[np.float64]
HOLDING = ("cartpole", "quadrotor", "balancing-robot", "double-pole")  # about a point of rest from the start on
HORIZON = 15  # steps
SHARE = 100  # of a rival's steps one is played for tuning, in plain numpy
STEEP = 4.0  # how much a tuned number changes the logarithm of a price
DOUBLINGS = 40
FAR = 1e4  # typical sizes
WORST = 1e13  # condition of a program: beyond it, rounding decides what is planned


def library() -> ModuleType:
    """Returns DAQP, or raises MissingExtraError."""
    try:
        import daqp
    except ImportError:
        raise MissingExtraError("model-predictive control", "daqp", "mpc") from None
    module: ModuleType = daqp
    return module


@dataclass(frozen=True)
class Held:
    """A plant about its point of rest: all that a regulator and a plan are computed from.

    Attributes:
        task: the plain task.
        rest: the state in which it shall be held.
        trim: the actions that keep it there; none: it stays by itself.
    """

    task: Task
    rest: tuple[float, ...]
    trim: tuple[float, ...] = ()

    @cached_property
    def linear(self) -> Linear:
        """The plant near that state."""
        return linearised(self.task, self.rest, self.trim)

    @cached_property
    def at_rest(self) -> Matrix:
        """What is observed there."""
        return np.array(self.task.observe(*np.array(self.rest, np.float32)), np.float64)

    @cached_property
    def strengths(self) -> Matrix:
        """The greatest size of each input."""
        values = self.task.decision == "values"
        return np.array(conditions.strengths(self.task)) if values else np.ones(self.linear.b.shape[1])

    @property
    def shares(self) -> Matrix:
        """The actions at rest in shares of the greatest."""
        return np.array(self.trim or (0.0,) * len(self.strengths)) / self.strengths

    def costs(self, prices: Vectors) -> Matrix:
        """Returns the price of a state's squares, from a price for each reading of its typical size."""
        scaled = self.linear.c * (np.sqrt(prices) / np.array(conditions.sizes(self.task)))[:, np.newaxis]
        return np.asarray(scaled.T @ scaled)

    def gains(self, prices: Vectors) -> Matrix:
        """Returns the regulator's gain of each observation, [inputs, observations]; 0 where there is none."""
        (a, b, c), r = self.linear, np.eye(self.linear.b.shape[1])
        try:
            paid = to_go(a, b, self.costs(prices), r)
        except TaskError:  # of prices so far apart that rounding hides one from the other
            return np.zeros((b.shape[1], len(c)))
        return -np.linalg.solve(r + b.T @ paid @ b, b.T @ paid @ a) @ np.linalg.pinv(c)

    def off(self, observations: NDArray[np.float32]) -> Matrix:
        """Returns by how much readings are off, at most so far that a program stays solvable; NaN counts as not."""
        far = FAR * np.array(conditions.sizes(self.task))
        return np.clip(np.nan_to_num(observations.astype(np.float64) - self.at_rest), -far, far)

    def actions(self, inputs: Matrix) -> NDArray[np.float32]:
        """Returns the task's actions [lanes, actions] for inputs [lanes, inputs] in shares, less those at rest."""
        taken = ((inputs + self.shares) * self.strengths).astype(np.float32)
        if taken.shape[1] > 1:
            return taken
        return np.stack(np.broadcast_arrays(*asked(taken[:, 0], self.task)), axis=1)


class Predictive:
    """A model-predictive controller for many episodes at once; ``solved`` counts the programs that it had to solve."""

    def __init__(self, held: Held, prices: Vectors, horizon: int = HORIZON) -> None:
        """Makes the program, whose matrices are the same in every step."""
        self._library, self._held, self.solved = library(), held, 0
        self.prices = {f"price_{c.name}": float(v) for c, v in zip(held.task.observations, prices, strict=True)}
        a, b, c = held.linear
        q, r = held.costs(prices), np.eye(b.shape[1])
        first, later = _predicted(a, b, horizon)
        costs = np.kron(np.eye(horizon), q)
        costs[-len(a) :, -len(a) :] = to_go(a, b, q, r)
        quadratic = later.T @ costs @ later + np.kron(np.eye(horizon), r)
        self._quadratic = np.ascontiguousarray((quadratic + quadratic.T) / 2)
        if not np.linalg.cond(self._quadratic) < WORST:
            raise TaskError(f"{held.task.name} is too unstable for a plan of {horizon} steps: name a shorter horizon")
        self._linear = later.T @ costs @ first @ np.linalg.pinv(c)
        self._plan = -np.linalg.solve(self._quadratic, self._linear)
        self._high, self._low = (np.tile(limit - held.shares, horizon) for limit in (1.0, -1.0))
        self._none = np.zeros((0, len(self._high)))

    def __call__(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions [lanes, actions] for observations [lanes, observations]."""
        off = self._held.off(observations)
        plans = off @ self._plan.T
        outside = np.flatnonzero(((plans > self._high) | (plans < self._low)).any(axis=1))
        for lane in outside:
            plans[lane] = self._solve(self._linear @ off[lane])
        self.solved += len(outside)
        return self._held.actions(plans[:, : len(self._held.strengths)])

    def _solve(self, linear: Matrix) -> Matrix:
        found: Any = self._library.solve(self._quadratic, linear, self._none, self._high, self._low)
        if found[2] < 1:
            raise TaskError(f"DAQP ended with {found[2]}: the plant is too unstable for a plan of so many steps")
        return np.asarray(found[0])


@dataclass
class PriceArena(Arena):
    """Plays candidates as prices of a regulator, whose limits the task sets, in plain numpy."""

    held: Held | None = None

    def returns(self, network: Network, candidates: Vectors, starts: NDArray[Any]) -> Vectors:
        """Returns the return of each candidate in each episode, [candidates, episodes]."""
        assert self.held is not None
        assert isinstance(self.task, Task)
        held, episodes = self.held, starts.shape[1]
        gains = np.repeat(np.array([held.gains(_prices(one)) for one in candidates]), episodes, axis=0)

        def act(observations: NDArray[np.float32]) -> NDArray[np.float32]:
            return held.actions(np.einsum("lio,lo->li", gains, held.off(observations)))

        self.env_steps += len(gains) * self.task.max_steps
        return returns(self.task, act, np.tile(starts, (1, len(candidates)))).reshape(len(candidates), episodes)


def _prices(candidate: Vectors) -> Vectors:
    """Returns the prices of readings that a candidate stands for: those of Bryson's rule at 1, 1, 1, ..."""
    return np.asarray(np.exp(np.clip(STEEP * (candidate - 1.0), -10.0, 10.0)))


def tuned(held: Held, on: Task, settings: PolishSettings) -> Predictive:
    """Returns the controller with the prices that are best on a task, which says what disturbs and what is priced."""
    library()
    arena = PriceArena(on, settings.seed, settings.threads, held=held)
    brief = replace(settings, steps=max(1, settings.steps // SHARE), final=128)
    found = polish(arena, passing(on), np.ones(len(held.at_rest)), brief)
    return Predictive(held, _prices(found.weights))


def _predicted(a: Matrix, b: Matrix, horizon: int) -> tuple[Matrix, Matrix]:
    """Returns the states that follow as matrices of the first one and of the actions."""
    n, m = b.shape
    powers = [np.eye(n)]
    for _ in range(horizon):
        powers.append(a @ powers[-1])
    later = np.zeros((horizon * n, horizon * m))
    for row in range(horizon):
        for column in range(row + 1):
            later[row * n : (row + 1) * n, column * m : (column + 1) * m] = powers[row - column] @ b
    return np.vstack(powers[1:]), later


def to_go(a: Matrix, b: Matrix, q: Matrix, r: Matrix) -> Matrix:
    """Returns what the regulator pays from a state on: Riccati's equation, solved by doubling the time that is seen.

    The structured doubling algorithm (E. Chu and others, "A structure-preserving doubling algorithm for periodic
    discrete-time algebraic Riccati equations", 2004): tuning asks for many, and ``lqr.riccati`` takes its time.

    Raises:
        TaskError: there is none: the plant cannot be kept there.
    """
    one, weak, paid = np.eye(len(a)), b @ np.linalg.solve(r, b.T), q
    with np.errstate(all="ignore"):
        for _ in range(DOUBLINGS):
            between = np.linalg.solve((one + weak @ paid).T, a.T).T  # a (1 + weak paid)^-1
            more = a.T @ paid @ np.linalg.solve(one + weak @ paid, a)
            a, weak, paid = between @ a, weak + between @ weak @ a.T, paid + more
            if not np.isfinite(paid).all():
                break
            if np.abs(more).max() <= 1e-10 * np.abs(paid).max():
                return np.asarray((paid + paid.T) / 2)
    raise TaskError("no linear feedback was found that keeps the plant at its point of rest")
