"""Whether episodes repeat: some are played again in a fresh process, and every bit is compared.

An environment that keeps something of one episode for the next - a counter, a curriculum, a cache - gives results that
depend on which process has played what before, and so on the number of processes. Each simulator's short trial finds
what shows after one episode; this finds what shows after many.
"""

import warnings
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.core.stages import within
from wann_rt.kernels.genome import LINEAR
from wann_rt.kernels.programs import Programs, single, some_of
from wann_rt.play.backends import BACKENDS, processes
from wann_rt.play.backends.chunks import Chunk, Played, Work, cut, rules_of
from wann_rt.play.backends.worker import UNREPEATABLE
from wann_rt.play.episodes import HIGH, LOW
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.environment.task import EnvironmentTask, with_options

TRIED = 24  # episodes before a search, the last of which are compared
TRIED_STEPS = 100  # at most in each of them
AGAIN = 4  # episodes that are played again


class Difference(NamedTuple):
    """An episode that came out otherwise.

    Attributes:
        leaks: whether a fresh environment for each episode would mend it; else nothing repeats.
        text: what was seen.
    """

    leaks: bool
    text: str


def repeating(task: AnyTask) -> AnyTask:
    """Returns the task such that its episodes repeat: with a fresh environment for each, where used ones differ.

    Raises:
        TaskError: they differ, and the task's option says to stop.
    """
    if not isinstance(task, EnvironmentTask) or task.engine != "gymnasium":
        return task
    if task.params.fresh or not task.params.trial:
        return task
    brief = replace(task, params=task.params._replace(max_steps=min(TRIED_STEPS, task.max_steps)))
    with within("trying out whether its episodes repeat"):
        found = difference(replace(brief, backend="processes"), _tried(task))
    if found is None:
        return task
    if not found.leaks:
        text = f"environment {task.env_id}: {UNREPEATABLE}: even made anew, it gives other episodes ({found.text})"
        warnings.warn(text, RuntimeWarning, stacklevel=2)
        return with_options(task, trial=False)
    if task.params.leaks == "stop":
        raise TaskError(f"{found.text}. {_ADVICE}")
    warnings.warn(
        f"{found.text}; so it is made anew for each episode (fresh=true). {_CURRICULUM}", RuntimeWarning, stacklevel=2
    )
    return with_options(task, fresh=True)


def check(
    task: AnyTask, programs: Programs, network: int, weights: NDArray[np.float32], starts: NDArray[Any], workers: int
) -> None:
    """Plays some episodes of a network here and in a fresh process.

    Raises:
        TaskError: they differ, while two fresh ones do not.
    """
    if not isinstance(task, EnvironmentTask) or task.engine != "gymnasium" or not task.params.trial:
        return
    some = np.linspace(0, len(weights) - 1, min(AGAIN, len(weights))).astype(np.int64)
    one = some_of(programs, np.array([network]))
    found = difference(task, Work(one, weights[np.newaxis, some], "shared", starts[0][some]), workers)
    if found is not None and found.leaks:
        raise TaskError(f"{found.text}. {_ADVICE}")


_CURRICULUM = "A curriculum may depend on the generation: curriculum=true tells reset(options={'generation': ...})"
_ADVICE = (
    "Results would depend on the number of processes: mend the environment, or have it made anew for each episode "
    f"(fresh=true). {_CURRICULUM}"
)


def difference(task: EnvironmentTask, work: Work, workers: int = 1) -> Difference | None:
    """Plays episodes of one network here, in a fresh process the last of them, then all; returns what differs."""
    [chunk] = cut(work, len(work.seeds), rules_of(task))
    [here] = BACKENDS[task.backend].play(task, [chunk], workers)
    last = _last(chunk)
    first, second = processes.play_apart(task, [last, chunk])
    before = len(chunk.seeds) - len(last.seeds)
    for other, leaks in ((second, False), (here, True)):
        k = _differing(first, other, before)
        if k is not None:
            return Difference(leaks, _text(task, last, k, first, other, before))
    return None


def _tried(task: EnvironmentTask) -> Work:
    """Returns episodes of a network in which each output is one observation."""
    n, m = len(task.observations), len(task.actions)
    connections = [Connection(1 + k % n, 1 + n + k) for k in range(m)]
    network, _ = Network.build(n, {}, dict.fromkeys(range(1 + n, 1 + n + m), LINEAR), connections)
    weights = np.linspace(LOW, HIGH, TRIED).astype(np.float32)
    return Work(single(network), weights[np.newaxis], "shared", np.arange(TRIED, dtype=np.int64))


def _last(chunk: Chunk) -> Chunk:
    rows = {name: getattr(chunk, name)[-AGAIN:] for name in ("networks", "lanes", "seeds")}
    return chunk._replace(**rows)


def _differing(some: Played, other: Played, skipped: int) -> int | None:
    """Returns the first episode with another return or length; the other begins after the skipped ones."""
    returns = some.returns.view(np.int64) != other.returns[skipped:].view(np.int64)
    differs = np.flatnonzero(returns | (some.lengths != other.lengths[skipped:]))
    return int(differs[0]) if len(differs) else None


def _text(task: EnvironmentTask, chunk: Chunk, k: int, some: Played, other: Played, skipped: int) -> str:
    one, two = (f"{p.returns[j]:.6g} in {p.lengths[j]} steps" for p, j in ((some, k), (other, k + skipped)))
    return (
        f"environment {task.env_id} keeps something of earlier episodes: the one with seed {chunk.seeds[k]} returns "
        f"{one} in a fresh process, and {two} after others"
    )
