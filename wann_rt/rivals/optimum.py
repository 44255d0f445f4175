"""What the best controller there can be would earn, where a grid over the state is fine enough to say it.

Dynamic programming, backwards from the end of the episode, over a grid of a plant's two state variables and a set of
actions; between the nodes, values are interpolated (R. Bellman, "Dynamic programming", 1957). Grid and actions pass
through the task's own ``step``, so the plant is the one that is played, not a model of it.

A controller then plays that acts, in each step, so as to reach the greatest sum of reward and value of the next state.
What it earns is a bound from below of what could be earned, so a regret against it is one, too. ``Optimum.promised``
is what the values say of the starts: how far it is from what is earned says how fine the grid is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.tasks.task import Task

Values = NDArray[np.float32]
ENOUGH = 1e-4  # change of all values in a step back below which they are taken to be those of any longer time


class Axis(NamedTuple):
    """One state variable: its range, how many nodes, and whether the two ends are one place."""

    low: float
    high: float
    nodes: int
    wraps: bool = False


@dataclass(frozen=True)
class Grid:
    """Where values are computed; ``grid_of`` fits it to a plant with other limits.

    Attributes:
        axes: the two state variables.
        most: the greatest action.
        tried: actions that are tried at a node.
        played: actions that are tried when it plays.
    """

    axes: tuple[Axis, Axis]
    most: float
    tried: int = 31
    played: int = 201


GRIDS: Mapping[str, Grid] = {
    "pendulum": Grid((Axis(-np.pi, np.pi, 241, wraps=True), Axis(-8.0, 8.0, 241)), 2.0),
    "mountain-car-continuous": Grid((Axis(-1.2, 0.6, 181), Axis(-0.07, 0.07, 151)), 1.0, tried=21),
}


class Optimum(NamedTuple):
    """What the best controller earns in each of some episodes, and what the values promised of them."""

    returns: NDArray[np.float64]
    promised: NDArray[np.float64]


def optimum(task: Task, starts: Values) -> Optimum:
    """Returns what there is to earn from each of some first states [state, lanes] of a plain task of ``GRIDS``."""
    grid = grid_of(task)
    tables = backwards(task, grid)
    first = tables[min(task.max_steps, len(tables) - 1)]
    return Optimum(played(task, grid, tables, starts), _read(first, _places(grid, tuple(starts))).astype(np.float64))


def grid_of(task: Task) -> Grid:
    """Returns the grid of a task, as far as its plant goes: speed and action have the limits of its params."""
    grid, params = GRIDS[task.name], task.params._asdict()
    fastest = float(str(params["max_speed"]))  # the decimal number that was meant: a float32 is another one
    speed = grid.axes[1]._replace(low=-fastest, high=fastest)
    return replace(grid, axes=(grid.axes[0], speed), most=float(str(params.get("max_torque", grid.most))))


def backwards(task: Task, grid: Grid) -> list[Values]:
    """Returns the values of all nodes with 0, 1, 2, ... steps to go, until they change no more."""
    first, second = (np.linspace(axis.low, axis.high, axis.nodes, dtype=np.float32) for axis in grid.axes)
    nodes = tuple(v.reshape(-1, 1) for v in np.meshgrid(first, second, indexing="ij"))
    reached, rewards, goes_on = _steps(task, nodes, _actions(grid, grid.tried))
    places = _places(grid, reached)
    tables = [np.zeros((len(first), len(second)), np.float32)]
    for _ in range(task.max_steps):
        gained = rewards + goes_on * _read(tables[-1], places)
        tables.append(gained.max(axis=1).reshape(tables[0].shape))
        if np.abs(tables[-1] - tables[-2]).max() < ENOUGH:
            break
    return tables


def played(task: Task, grid: Grid, tables: list[Values], starts: Values) -> NDArray[np.float64]:
    """Returns what the controller earns that looks one step ahead into the values."""
    actions, lanes = _actions(grid, grid.played), np.arange(starts.shape[1])
    state, total, alive = tuple(starts), np.zeros(starts.shape[1]), np.ones(starts.shape[1], np.bool_)
    for step in range(task.max_steps):
        to_go = min(task.max_steps - step - 1, len(tables) - 1)
        reached, rewards, goes_on = _steps(task, tuple(v.reshape(-1, 1) for v in state), actions)
        best = np.argmax(rewards + goes_on * _read(tables[to_go], _places(grid, reached)), axis=1)
        total[alive] += rewards[lanes, best][alive]
        state, alive = tuple(v[lanes, best] for v in reached), alive & (goes_on[lanes, best] > 0)
    return total


def _actions(grid: Grid, count: int) -> Values:
    return np.linspace(-grid.most, grid.most, count, dtype=np.float32)


def _steps(task: Task, state: tuple[Values, ...], actions: Values) -> tuple[tuple[Values, ...], Values, Values]:
    """Returns what follows from each state [n, 1] and action [m]: states, rewards, and 1 where the episode goes on."""
    *after, reward, failed = task.step(task.params, *state, actions[np.newaxis])
    shape = len(state[0]), len(actions)
    reached = tuple(np.broadcast_to(v, shape) for v in after)
    return reached, np.broadcast_to(reward, shape), np.broadcast_to(~failed, shape).astype(np.float32)


class _Places(NamedTuple):
    """Where states lie on the grid: a node's number, the next one's in each direction, and the shares of these."""

    node: NDArray[np.int32]
    across: NDArray[np.int32]
    right: Values
    up: Values


def _places(grid: Grid, state: tuple[Values, ...]) -> _Places:
    cells, shares = [], []
    for value, axis in zip(state, grid.axes, strict=True):
        at = (np.asarray(value) - axis.low) * ((axis.nodes - 1) / (axis.high - axis.low))
        at = np.mod(at, axis.nodes - 1) if axis.wraps else np.clip(at, 0, axis.nodes - 1)
        cell = np.minimum(at.astype(np.int32), axis.nodes - 2)
        cells.append(cell)
        shares.append((at - cell).astype(np.float32))
    width = np.int32(grid.axes[1].nodes)
    node = cells[0] * width + cells[1]
    return _Places(node, node + width, shares[0], shares[1])


def _read(table: Values, at: _Places) -> Values:
    """Returns values between the nodes."""
    flat = table.ravel()
    here = flat[at.node] * (1 - at.up) + flat[at.node + 1] * at.up
    there = flat[at.across] * (1 - at.up) + flat[at.across + 1] * at.up
    return np.asarray(here * (1 - at.right) + there * at.right, np.float32)
