"""What is wrong with a task that a user wrote, in plain words: ``wr.check_task`` and ``wann-rt check-task``.

After the trial in numpy (``tasks.trial``) come what needs compiled code - an episode in lockstep must have the bits of
the controller in numpy - and, where the task stands for a Gymnasium environment, the comparison with it, step by step.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.task import Task
from wann_rt.tasks.trial import Finding, findings

LANES = 16
LINEAR = 1  # id of the activation
EPISODES, STEPS = 8, 100  # compared with an environment
TOLERANCE = 1e-3  # of a difference from it, relative to what is compared and to 1


def check_task(task: Task, env: str | None = None) -> list[Finding]:
    """Returns what is wrong with a compiled task; nothing where all is right.

    Args:
        task: a compiled task; that of a file is loaded by ``wr.task("my_plant.py:task")``.
        env: id of the Gymnasium environment that it stands for, "module:Id" for one of a module: both are played with
            the same actions and compared.
    """
    found = list(findings(task))
    if any(not one.harmless for one in found):
        return found
    found += _compiled(task)
    if env is not None:
        found += _compared(task, env)
    return found


def _compiled(task: Task) -> Iterator[Finding]:
    """Yields whether compiled episodes have other bits than the controller's in numpy, or cannot be compiled."""
    controller, starts = _any_controller(task), starts_of(task, range(LANES))
    try:
        lockstep = play(task, controller.network, np.ones(LANES, np.float32), starts)
    except TaskError as error:
        yield Finding("", str(error))
        return
    plain = play_controller(task, controller, starts)
    differ = np.flatnonzero(~np.equal(lockstep.returns[0], plain.returns[0]) & ~np.isnan(plain.returns[0]))
    if len(differ):
        k = int(differ[0])
        yield Finding(
            "",
            f"compiled, the episode of seed {k} returns {lockstep.returns[0, k]:.9g}; in numpy "
            f"{plain.returns[0, k]:.9g}: observe and step must compute float32 with the primitives of "
            "wann_rt.core.arithmetic alone",
        )


def _any_controller(task: Task) -> Controller:
    """Returns a controller in which each action hangs on each observation."""
    n, m = len(task.observations), len(task.actions)
    outputs = range(n + 1, n + 1 + m)
    wires = [Connection(k, out, 1 if (k + out) % 3 else -1) for out in outputs for k in range(n + 1)]
    network, _ = Network.build(n, {}, dict.fromkeys(outputs, LINEAR), wires)
    sides = task.observations, task.actions
    return Controller("any", network, Weight.shared(1.0), *sides, task.rate_hz, decision=task.decision)


def _compared(task: Task, env_id: str) -> Iterator[Finding]:
    """Yields the first difference between the task and an environment in each of start, observation, reward and end."""
    import gymnasium

    try:
        environment = gymnasium.make(env_id, disable_env_checker=True)
    except Exception as error:
        yield Finding("", f"environment {env_id} cannot be made: {type(error).__name__}: {error}")
        return
    rng, seen = np.random.default_rng(0), set[str]()
    for seed in range(EPISODES):
        for kind, finding in _differences(task, environment, seed, rng):
            if kind not in seen:
                seen.add(kind)
                yield finding
    environment.close()


def _differences(task: Task, environment: Any, seed: int, rng: np.random.Generator) -> Iterator[tuple[str, Finding]]:
    """Yields where an episode differs; after a difference of observations nothing else could agree."""
    state, where = tuple(task.start(seed)), f"seed {seed}"
    observation, _ = environment.reset(seed=seed)
    if not _is_close(task.observe(*state), observation):
        mine = _shown(task.observe(*state))
        yield "start", Finding(where, f"starts with {mine}; the environment with {_shown(observation)}")
        observation = _put(environment, state)
        if observation is None:
            return
    for step in range(min(STEPS, task.max_steps)):
        outputs, action = _action(task, environment, rng)
        with np.errstate(all="ignore"):
            *after, reward, failed = task.step(task.params, *state, *outputs)
            mine = task.observe(*after)
        theirs, wanted, ended, _, _ = environment.step(action)
        at, told = f"{where}, step {step}", f"after the action {_shown(outputs)}"
        if not _is_close([reward], [wanted]):
            yield "reward", Finding(at, f"{told} the reward is {float(reward):g}; the environment's {float(wanted):g}")
        if bool(failed) != bool(ended):
            yield "end", Finding(at, f"{told} failed is {bool(failed)}; the environment says {bool(ended)}")
        if not _is_close(mine, theirs):
            k = int(np.argmax(np.abs(np.subtract(mine, np.ravel(theirs)))))
            name = task.observations[k].name
            pair = f"{name} is {mine[k]:.6g}; the environment's {np.ravel(theirs)[k]:.6g}"
            yield "step", Finding(at, f"{told} observation {pair}")
            return
        if failed or ended:
            return
        state = tuple(after)


def _is_close(mine: Any, theirs: Any) -> bool:
    a, b = np.ravel(np.asarray(mine, np.float64)), np.ravel(np.asarray(theirs, np.float64))
    return a.shape == b.shape and bool(np.all(np.abs(a - b) <= TOLERANCE * np.maximum(1.0, np.abs(b))))


def _shown(values: Any) -> str:
    return np.array2string(np.ravel(np.asarray(values, np.float64)), precision=5, suppress_small=True)


def _put(environment: Any, state: tuple[np.float32, ...]) -> Any:
    """Puts an environment that keeps its state as Gymnasium's own do into the task's state; None where it does not."""
    inner = environment.unwrapped
    kept: Any = getattr(inner, "state", None)
    if np.shape(kept) != (len(state),):
        return None
    inner.state = np.array(state, np.float64)
    return inner.state


def _action(task: Task, environment: Any, rng: np.random.Generator) -> tuple[NDArray[np.float32], Any]:
    """Returns an action as the task takes it and as the environment does."""
    n = len(task.actions)
    if task.decision == "argmax":
        chosen = int(rng.integers(n))
        return np.eye(n, dtype=np.float32)[chosen], chosen + int(getattr(environment.action_space, "start", 0))
    low, high = (np.array([max(min(getattr(c, side), 1e3), -1e3) for c in task.actions]) for side in ("low", "high"))
    outputs = rng.uniform(low, high).astype(np.float32)
    return outputs, outputs.reshape(environment.action_space.shape)
