"""A trial of a task that a user wrote, in numpy, before anything is compiled: what is wrong with it, and where.

Its functions are first traced with strict symbols (``probe``), then played: a few episodes in which actions are at
rest, at their limits and at random. So a search does not begin with a plant that raises, never returns, gives NaN, or
computes what no kernel can.
"""

import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.channel import Channel
from wann_rt.core.errors import TaskError
from wann_rt.core.limited import TooLongError, limited
from wann_rt.core.symbols import Symbol
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.probe import CONSTANT, PRIMITIVES, NoPrimitiveError, Probe
from wann_rt.tasks.task import Task

LANES = 16
STEPS = 300  # of the trial; an episode may be longer
SECONDS = 20.0  # that the trial may take
_REST, _HIGH, _LOW, _SWITCHED = range(4)  # lanes in which the actions are not random
END = "step must return last whether the episode has failed: a comparison"
_COMPARISONS = ("lt", "gt", "ge", "le", "select")


class Finding(NamedTuple):
    """Something about a task: where, if a line is known; what; and whether it can be played all the same."""

    where: str
    says: str
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" if self.where else self.says


def refuse(task: Task) -> None:
    """Raises TaskError with the first thing that keeps a task from being played, if there is one."""
    for finding in findings(task):
        if not finding.harmless:
            raise TaskError(f"task {task.name}: {finding}")


def findings(task: Task) -> Iterator[Finding]:
    """Yields what is wrong with a task; what comes first keeps others from being seen."""
    if isinstance(task, DataTask):
        return  # its arrays were checked when it was made, and its functions are ours
    try:
        with limited(SECONDS):
            found = [*_start(task), *_traced(task, task.params)] or [*_traced(task, _named(task))] or [*_played(task)]
    except TooLongError as error:
        where = line_of(error, file_of(task.step))
        found = [Finding(where, f"runs for more than {SECONDS:g} s: a loop without an end?")]
    yield from found


def file_of(function: Callable[..., Any]) -> Path | None:
    """Returns the file in which a function is defined."""
    code = getattr(function, "__code__", None)
    return None if code is None else Path(code.co_filename)


def line_of(error: BaseException, file: Path | None) -> str:
    """Returns "FILE, line N" of the last line of that file that an error came through; empty where there is none."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if file and Path(frame.filename) == file]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else ""


def _caught(function: Callable[..., Any], error: Exception, doing: str) -> Finding:
    """Returns what a function raised, as a finding."""
    said = str(error) if isinstance(error, NoPrimitiveError) else f"{type(error).__name__}: {error}"
    if "does not support ufuncs" in said:  # as numpy says of a symbol
        said = f"a function of numpy, of a number, is no primitive; {PRIMITIVES}"
    return Finding(line_of(error, file_of(function)), f"{doing}: {said}")


def _start(task: Task) -> Iterator[Finding]:
    """Yields what is wrong with the first states."""
    try:
        states = [task.start(seed) for seed in (0, 0, 1)]
    except Exception as error:
        yield _caught(task.start, error, "start(0)")
        return
    first, n = states[0], len(task.variables)
    where = f"start, {file_of(task.start)}"
    if not (isinstance(first, np.ndarray) and first.dtype == np.float32 and first.shape == (n,)):
        came = f"{first.dtype} of shape {first.shape}" if isinstance(first, np.ndarray) else repr(first)
        wanted = f"the {n} state variables that observe takes ({', '.join(task.variables)})"
        yield Finding(where, f"expected an array of float32 with {wanted}; {came} came")
    elif not all(np.isfinite(state).all() for state in states):
        yield Finding(where, f"a first state must be finite; {first} came")
    elif not np.array_equal(states[0], states[1]):
        yield Finding(where, "the same seed gives another first state each time: draw it from the seed alone")


def _named(task: Task) -> Any:
    """Returns the params as symbols: a kernel is compiled for all values of them."""
    params: Any = type(task.params)
    return params(*(Probe("input", name=name) for name in params._fields))


def _traced(task: Task, params: Any) -> Iterator[Finding]:
    """Yields what no kernel could compute."""
    state = [Probe("input", name=name) for name in task.variables]
    actions = [Probe("input", name=channel.name) for channel in task.actions]
    calls: tuple[tuple[str, Callable[..., Any], Sequence[Any], int, str], ...] = (
        ("observe", task.observe, state, len(task.observations), f"the {len(task.observations)} observations"),
        (
            "step", task.step, [params, *state, *actions], len(state) + 2,
            f"the {len(state)} state variables, the reward and whether the episode has failed",
        ),
    )  # fmt: skip
    for name, function, arguments, n, wanted in calls:
        try:
            results = function(*arguments)
        except Exception as error:
            yield _caught(function, error, name)
            continue
        if not isinstance(results, tuple) or len(results) != n:
            came = f"{len(results)} values" if isinstance(results, (tuple, list)) else type(results).__name__
            kind = "" if isinstance(results, tuple) else ", as a tuple"
            yield Finding(_defined(function), f"{name} must return {wanted}{kind}; {came} came")
        else:
            yield from _wrong_results(name, function, results)


def _wrong_results(name: str, function: Callable[..., Any], results: tuple[Any, ...]) -> Iterator[Finding]:
    numbers = results if name == "observe" else results[:-1]
    for k, value in enumerate(numbers):
        if not isinstance(value, (Symbol, np.float32)):
            yield Finding(_defined(function), f"{name} returns as number {k} {CONSTANT}; {value!r} came")
    if name == "step" and not _is_condition(results[-1]):
        yield Finding(_defined(function), END)


def _is_condition(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_)) or (isinstance(value, Symbol) and value.op in _COMPARISONS)


def _defined(function: Callable[..., Any]) -> str:
    """Returns in which line a function begins."""
    code = getattr(function, "__code__", None)
    return "" if code is None else f"{code.co_filename}, line {code.co_firstlineno}"


def _played(task: Task) -> Iterator[Finding]:
    """Yields what happens in episodes: NaN, another type than float32, observations beyond their channels."""
    rng, farthest = np.random.default_rng(0), np.array([[np.inf], [-np.inf]])
    state = tuple(np.stack([task.start(seed) for seed in range(LANES)], axis=1))
    alive, first, overflown = np.ones(LANES, np.bool_), state, False
    names = [*(f"observation {c.name}" for c in task.observations), *task.variables, "the reward"]
    for step in range(min(STEPS, task.max_steps)):
        actions = _actions(task, step, rng)
        try:
            with np.errstate(all="ignore"):
                seen, after = task.observe(*state), task.step(task.params, *state, *actions)
        except Exception as error:  # only of numbers, not of symbols, or not in the first step
            yield _caught(task.step, error, f"step {step} of an episode")
            return
        if np.asarray(after[-1]).dtype != np.bool_:
            yield Finding(_defined(task.step), f"{END}; {np.asarray(after[-1]).dtype} came")
            return
        values = [np.broadcast_to(value, LANES) for value in (*seen, *after[:-1])]
        other = [f"{name} becomes {v.dtype}" for name, v in zip(names, values, strict=True) if v.dtype != np.float32]
        if other:
            yield Finding(_defined(task.step), f"{other[0]}: {CONSTANT}")
            return
        for name, value in zip(names, values, strict=True):
            nan, endless = np.isnan(value) & alive, np.isinf(value) & alive
            harmless = name != "the reward" and not nan.any()
            if nan.any() or (endless.any() and not (harmless and overflown)):
                where = state, actions, step, int(np.argmax(nan if nan.any() else endless))
                yield _not_finite(task, *where, f"{name} becomes {'NaN' if nan.any() else 'infinite'}", harmless)
                if not harmless:
                    return
                overflown = True
        farthest = _widened(farthest, values[: len(seen)], alive)
        state, alive = tuple(values[len(seen) : -1]), alive & ~np.broadcast_to(after[-1], LANES)
        if not alive.any():
            break
    if step == 0 and task.max_steps > 1 and not overflown:
        yield Finding(
            _defined(task.step),
            "every episode is over after its first step, whatever the action: is its end the right way round?",
            True,
        )
    elif np.array_equal(np.stack(state), np.stack(first)):
        yield Finding(
            _defined(task.step), "no action changes the state: does step advance by dt, and is dt above 0?", True
        )
    yield from _beyond(task, farthest)


def _actions(task: Task, step: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Returns actions [actions, lanes] within their limits."""
    low, high = (np.array(side, np.float32)[:, np.newaxis] for side in zip(*map(_limits, task.actions), strict=True))
    actions = (low + (high - low) * rng.random((len(task.actions), LANES))).astype(np.float32)
    rest = [float(channel.neutral) for channel in task.actions]
    actions[:, _REST] = np.array(rest, np.float32)
    actions[:, [_HIGH]], actions[:, [_LOW]] = high, low
    actions[:, [_SWITCHED]] = high if step & 8 else low
    return actions


def _limits(channel: Channel) -> tuple[float, float]:
    """Returns the limits of an action; -1 and 1 where it has none."""
    low, high = channel.low, channel.high
    return -1.0 if low == -np.inf else low, 1.0 if high == np.inf else high


def _not_finite(
    task: Task, state: Sequence[Any], actions: NDArray[np.float32], step: int, lane: int, says: str, harmless: bool
) -> Finding:
    """Returns where a NaN or an infinity came from: the step is computed again, of one lane, and watched.

    An infinite state may be one that has just failed; an infinite reward would be the best or the worst of all.
    """
    before, acted = [np.float32(v[lane]) for v in state], [np.float32(a[lane]) for a in actions]
    says = f"{says} in step {step} of the episode of seed {lane}"
    return Finding(nan_line(task, before, acted), f"{says}; {told(task, before, acted)}", harmless)


def nan_line(task: Task, state: Sequence[np.float32], actions: Sequence[np.float32]) -> str:
    """Returns the line in which a step from that state makes a NaN; empty where that is not seen."""
    try:
        with np.errstate(invalid="raise", divide="raise", over="raise", under="ignore"):
            task.observe(*state)
            task.step(task.params, *state, *actions)
    except FloatingPointError as error:
        return line_of(error, file_of(task.step))
    return ""


def told(task: Task, state: Sequence[np.float32], actions: Sequence[np.float32]) -> str:
    """Returns the state in which a step began, and its actions, in words."""
    pairs = [*zip(task.variables, state, strict=True), *zip((c.name for c in task.actions), actions, strict=True)]
    return "it began with " + ", ".join(f"{name} = {value:g}" for name, value in pairs)


def _widened(farthest: NDArray[np.float64], seen: Sequence[Any], alive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the lowest and the highest of each observation so far, [2, observations]."""
    values = np.stack(seen)[:, alive].astype(np.float64)
    return np.stack([np.minimum(farthest[0], values.min(axis=1)), np.maximum(farthest[1], values.max(axis=1))])


def _beyond(task: Task, farthest: NDArray[np.float64]) -> Iterator[Finding]:
    """Yields which observations left the range that their channels state."""
    for channel, low, high in zip(task.observations, *farthest, strict=True):
        slack = 1e-3 * max(1.0, abs(low), abs(high))
        if not channel.clip and (low < channel.low - slack or high > channel.high + slack):
            yield Finding(
                _defined(task.observe),
                f"observation {channel.name} went from {low:g} to {high:g}; its channel says [{channel.low:g}, "
                f"{channel.high:g}]: widen it, or let the channel clip",
                harmless=True,
            )
