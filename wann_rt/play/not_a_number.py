"""An episode whose return is NaN: in which step and line of a user's task the NaN came up."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.core.network import Program
from wann_rt.kernels.forward import BATCH, forward_range
from wann_rt.kernels.programs import Programs
from wann_rt.tasks.own import source_of
from wann_rt.tasks.task import Task
from wann_rt.tasks.trial import Finding, nan_line, told

Floats = NDArray[np.float32]


def refuse_nan(task: Task, programs: Programs, weights: Floats, starts: Floats, returns: NDArray[np.float64]) -> None:
    """Raises TaskError where a task of a user's own gave NaN, which no search could rank; arguments as of ``play``."""
    wrong = np.argwhere(np.isnan(returns))
    if len(wrong) and source_of(task):
        network, lane = wrong[0]
        found = _found(task, _row(programs, network), weights[..., lane], starts[:, lane])
        raise TaskError(f"task {task.name}: {found}")


def _row(programs: Programs, k: int) -> Program:
    n = programs.n_nodes[k]
    rows = programs.activations[k, :n], programs.offsets[k, : n + 1], programs.sources[k], programs.signs[k]
    return Program(programs.n_inputs, programs.n_outputs, *rows)


def _found(task: Task, program: Program, weights: Floats, start: Floats) -> Finding:
    """Plays the episode again, step by step."""
    state = tuple(start)
    for step in range(task.max_steps):
        with np.errstate(all="ignore"):
            actions = _actions(task, program, weights, np.array(task.observe(*state), np.float32))
            *after, reward, _ = task.step(task.params, *state, *actions)
        if np.isnan([*after, reward]).any():
            where = nan_line(task, state, tuple(actions))
            return Finding(where, f"NaN in step {step} of an episode; {told(task, state, tuple(actions))}")
        state = tuple(after)
    return Finding("", "the sum of an episode's rewards is NaN: they are infinite, of both signs")


def _actions(task: Task, program: Program, weights: Floats, seen: Floats) -> Floats:
    """Returns the actions of a network, conditioned."""
    rows = np.array([c.condition_observation(v) for c, v in zip(task.observations, seen, strict=True)], np.float32)
    outputs = np.empty((program.n_outputs, 1), np.float32)
    given = np.atleast_1d(weights)[:, np.newaxis]
    forward_range(BATCH, program, given, weights.ndim == 1, rows[:, np.newaxis], outputs)
    acted = [c.condition_action(v) for c, v in zip(task.actions, outputs[:, 0], strict=True)]
    return np.array(acted, np.float32)
