"""The wrappers around an environment: what of them the controller carries, what is harmless, what would be lost.

What was searched is what ships, so a wrapper that computes on observations or actions must not stay behind in the
simulator. Linear ones are taken off, and their arithmetic becomes conditioning of the channels. Limits of length are
taken off, too, and counted by whoever plays. Those that only watch, or change rewards, are no part of a controller.
Those that remember, or that compute what no channel can, are refused or named; see ``Folded``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel

SILENT = ("OrderEnforcing", "PassiveEnvChecker", "TimeLimit")  # not worth a word in a record
HARMLESS = (
    *SILENT, "Autoreset", "RecordEpisodeStatistics", "RecordVideo", "HumanRendering", "RenderCollection",
    "AddWhiteNoise", "ObstructView", "TransformReward", "ClipReward", "StickyAction",
    "FilterObservation", "DtypeObservation", "FlattenObservation", "ReshapeObservation",
)  # fmt: skip
LOST: Mapping[str, str] = {
    "FrameStackObservation": "stacks earlier observations as no derived channel does (of a Box, padded by the first, "
    "with nothing around that computes, it is taken off)",
    "DelayObservation": "delays the observations, as a late sensor does (a delayed channel of the controller: derive)",
    "TimeAwareObservation": "adds the time since the episode began, and a controller has no clock",
    "MaxAndSkipObservation": "holds each action for some steps and observes the greatest of two",
    "RepeatAction": "repeats each action, so the controller would have to be called at another rate",
    "NormalizeReward": "scales each reward by those of earlier episodes, so no episode can be repeated",
    "AtariPreprocessing": "observes pictures",
}
NORMALISER = (
    "changes its mean and scale with every observation: freeze it (update_running_mean = False) with the mean and "
    "variance that you know, and they become part of the controller"
)


@dataclass(frozen=True)
class Folded:
    """An environment without the wrappers that its player or its controller stand for.

    Attributes:
        environment: what is left to play.
        gain: of each observation: the network gets ``gain * observation + shift``; None: as it is.
        shift: see ``gain``.
        limit: the greatest length that its limits of length allow; None: they allow any.
        wrappers: names of the wrappers, the outermost first.
        lost: why wrappers cannot be part of a controller, one sentence each.
        own: names of wrappers that compute what only they know.
        stacked: how many observations a stack has, which was taken off: derived channels stand for the earlier ones.
    """

    environment: gymnasium.Env[Any, Any]
    gain: NDArray[np.float64] | None = None
    shift: NDArray[np.float64] | None = None
    limit: int | None = None
    wrappers: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    stacked: int = 1

    def conditioned(self, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        """Returns the channels of observations with what the linear wrappers computed."""
        if self.gain is None or self.shift is None:
            return channels
        rows = zip(channels, self.gain.tolist(), self.shift.tolist(), strict=True)
        return tuple(replace(channel, offset=-shift / gain, scale=gain) for channel, gain, shift in rows)


@dataclass
class _State:
    """What is known while going inwards; ``outer`` is the innermost wrapper that stays."""

    environment: gymnasium.Env[Any, Any]
    outer: Any = None
    gain: Any = None
    shift: Any = 0.0
    limits: list[int] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    observes: bool = True  # whether what is observed here is what the controller gets, but for gain and shift
    acts: bool = True
    stacked: int = 1

    def drop(self, wrapper: gymnasium.Wrapper[Any, Any, Any, Any]) -> None:
        """Takes a wrapper off."""
        if self.outer is None:
            self.environment = wrapper.env
        else:
            self.outer.env = wrapper.env


def fold(environment: gymnasium.Env[Any, Any]) -> Folded:
    """Returns the environment without the wrappers that can be taken off, and what came of each."""
    state, current = _State(environment), environment
    while isinstance(current, gymnasium.Wrapper):
        name = type(current).__name__
        if name not in SILENT:
            state.wrappers.append(name)
        if not _taken_off(state, current):
            state.outer = current
        current = current.env
    gain, shift = state.gain, None
    if gain is not None:
        gain, shift = np.ravel(gain).astype(np.float64), np.broadcast_to(np.ravel(state.shift), np.ravel(gain).shape)
    limit = min(state.limits, default=None)
    said = tuple(state.wrappers), tuple(state.lost), tuple(state.own)
    return Folded(state.environment, gain, shift, limit, *said, state.stacked)


def _taken_off(state: _State, wrapper: gymnasium.Wrapper[Any, Any, Any, Any]) -> bool:
    """Takes a wrapper off if that can be, or notes what it does to those inside of it; returns whether it is off."""
    kind = type(wrapper)
    name, own = kind.__name__, not kind.__module__.startswith("gymnasium.")
    if not own and name == "TimeLimit":
        state.limits.append(int(wrapper._max_episode_steps))  # type: ignore[attr-defined]
    elif not own and name in ("RescaleAction", "ClipAction") and state.acts and _is_box(wrapper.env.action_space):
        pass  # an output in [-1, 1] covers the range of what is inside, and is clipped to it
    elif not own and name in _LINEAR and state.observes and _is_vector(wrapper, name):
        if not _linear(state, wrapper):
            return False
    elif not own and name == "FrameStackObservation" and _is_stack(state, wrapper):
        state.stacked *= int(wrapper.stack_size)  # type: ignore[attr-defined]
    else:
        _stays(state, wrapper, name, own)
        return False
    state.drop(wrapper)
    return True


def _linear(state: _State, wrapper: Any) -> bool:
    """Takes a linear wrapper of observations into gain and shift; returns False where it is none after all."""
    found = _LINEAR[type(wrapper).__name__](wrapper)
    if found is None:
        state.lost.append(f"{type(wrapper).__name__} {NORMALISER}")
        state.observes = False
        return False
    gain, shift = (np.asarray(side, np.float64).ravel() for side in found)
    if not (np.isfinite([gain, shift]).all() and (gain != 0).all()):
        state.lost.append(f"{type(wrapper).__name__} maps a range to one point")
        return False
    if (gain == 1).all() and (shift == 0).all():
        return True
    outer_gain = np.ones_like(gain) if state.gain is None else state.gain
    state.gain, state.shift = outer_gain * gain, outer_gain * shift + state.shift
    return True


def _stays(state: _State, wrapper: Any, name: str, own: bool) -> None:
    """Notes what a wrapper that stays means for the controller and for the wrappers inside of it."""
    if not own and name in LOST:
        state.lost.append(f"{name} {LOST[name]}")
        state.observes = state.acts = False
        return
    if (not own and name in HARMLESS) or isinstance(wrapper, gymnasium.RewardWrapper):
        return
    observes, acts = (isinstance(wrapper, kind) for kind in (gymnasium.ObservationWrapper, gymnasium.ActionWrapper))
    redefines = wrapper._observation_space is not None or wrapper._action_space is not None
    if observes or acts or redefines:
        state.own.append(name)
    state.observes = state.observes and acts and not observes
    state.acts = state.acts and observes and not acts


def _rescaled(wrapper: Any) -> Any:
    zero = np.zeros(wrapper.env.observation_space.shape)
    shift = wrapper.func(zero)
    return np.asarray(wrapper.func(zero + 1), np.float64) - shift, shift


def _normalised(wrapper: Any) -> Any:
    if wrapper.update_running_mean:
        return None
    gain = 1 / np.sqrt(np.asarray(wrapper.obs_rms.var, np.float64) + wrapper.epsilon)
    return gain, -np.asarray(wrapper.obs_rms.mean, np.float64) * gain


def _same(wrapper: Any) -> Any:
    """Flattening changes no number, and channels have its order."""
    count = gymnasium.spaces.flatdim(wrapper.env.observation_space)
    return np.ones(count), np.zeros(count)


_FLATTEN = "FlattenObservation"
_LINEAR: Mapping[str, Callable[[Any], Any]] = {
    "RescaleObservation": _rescaled,
    "NormalizeObservation": _normalised,
    _FLATTEN: _same,
    "ReshapeObservation": _same,
}


def _is_stack(state: _State, wrapper: Any) -> bool:
    """Returns whether a stack of observations is one that derived channels compute, and the first so far.

    What is linear around it would have one gain for each of the stacked numbers, not for each channel.
    """
    computes = state.gain is not None or not state.observes or state.stacked > 1
    return not computes and wrapper.padding_type == "reset" and _is_box(wrapper.env.observation_space)


def _is_vector(wrapper: Any, name: str) -> bool:
    return name == _FLATTEN or _is_box(wrapper.env.observation_space)


def _is_box(space: Any) -> bool:
    return isinstance(space, gymnasium.spaces.Box) and np.issubdtype(space.dtype, np.floating)
