"""Steps of a controller with a state, one after another."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.decision import decided
from wann_rt.core.errors import ControllerError, ExportError

if TYPE_CHECKING:  # a controller calls this, so this cannot need it first
    from wann_rt.core.controller import Controller

Floats = NDArray[np.float32]
Stepping = Callable[[Floats, Floats], tuple[Floats, Floats]]


class Compiled(Protocol):
    """A controller as machine code; arguments, results and errors are those of ``Controller``'s methods."""

    def __call__(self, observation: ArrayLike | Mapping[str, Any] | None = None, **channels: Any) -> Floats:
        """Computes actions."""

    def start(self, *lanes: int) -> Floats:
        """Returns the state at the beginning of an episode."""

    def step(self, state: Floats, observation: ArrayLike | Mapping[str, Any]) -> tuple[Floats, Floats]:
        """Returns the actions of one step and the state after it."""

    def predict(
        self, observation: ArrayLike, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[NDArray[Any], Any]:
        """Returns what is done and the state, by the convention of Stable-Baselines3."""


KEEP_STATE = (
    "the C header (--to c), the blob (--to blob), exact ONNX (--to onnx-exact) and packages in float32 (wann-rt "
    "package) do, and so do step and predict of wr.load(...) and of its compiled()"
)


def step(
    controller: "Controller", state: Floats, observation: ArrayLike | Mapping[str, Any], forward: Callable[..., Floats]
) -> tuple[Floats, Floats]:
    """Returns the actions of one step and the state after it; see ``Controller.step``."""
    batch, memory = controller.check_observation(observation), controller.memory
    before = checked_state(controller, state, batch)
    inputs, after = memory.observed(np.atleast_2d(before), np.atleast_2d(batch))
    outputs = controller.inner.run(forward, inputs)
    after, actions = memory.acted(after, outputs), outputs[:, : len(controller.actions)]
    return (actions[0], after[0]) if batch.ndim == 1 else (actions, after)


def seen(controller: "Controller", state: ArrayLike | None, batch: Floats) -> Floats:
    """Returns what the network sees of observations and a state; without a state, the observations themselves.

    Raises:
        ControllerError: a state is missing or not one that fits, or came with a controller that has none.
    """
    if not controller.derived and state is None:
        return batch
    before = checked_state(controller, np.zeros(0) if state is None else state, batch)
    inputs, _ = controller.memory.observed(np.atleast_2d(before), np.atleast_2d(batch))
    return inputs[0] if batch.ndim == 1 else inputs


def checked_state(controller: "Controller", state: ArrayLike, batch: Floats) -> Floats:
    """Returns a state as float32 [numbers] or [batch, numbers].

    Raises:
        ControllerError: it has another shape than the observation asks for, or holds what no step leaves behind.
    """
    expected = [*batch.shape[:-1], controller.memory.size]
    found = _numbers(state)
    if found is None or [*found.shape] != expected:
        came = "what came is none" if found is None else f"shape {[*found.shape]} came"
        raise ControllerError(
            f"a state of shape {expected} is expected with this observation; {came}: begin with start()"
        )
    with np.errstate(over="ignore"):
        floats = found.astype(np.float32, copy=False)
    if not np.isfinite(floats).all():
        raise ControllerError("a state holds finite numbers alone, as no step leaves others behind: begin with start()")
    return floats


def _numbers(value: Any) -> NDArray[Any] | None:
    """Returns what came as an array of real numbers or truth values; None if it is none."""
    try:
        found = np.asarray(value)
    except (TypeError, ValueError):  # lists of unequal length
        return None
    return found if found.dtype.kind in "fiub" else None


def _begins(episode_start: Any, lanes: tuple[int, ...]) -> NDArray[np.bool_]:
    """Returns whether an episode begins, one truth value, or one for each lane; refuses what is none."""
    found = _numbers(False if episode_start is None else episode_start)
    if found is None or not ((found == 0) | (found == 1)).all():  # the text "False" would be true
        raise ControllerError("episode_start is expected to be True or False, or one of them for each observation")
    if found.size not in (1, *lanes):
        raise ControllerError(f"episode_start has {found.size} values; expected one, or one for each observation")
    return found.astype(np.bool_).reshape(lanes if found.size > 1 else ())


def predict(
    controller: "Controller", observation: ArrayLike, state: Any, episode_start: Any, stepping: Stepping
) -> tuple[NDArray[Any], Floats]:
    """Returns what is done and the state after it; see ``Controller.predict``.

    Args:
        controller: one with a state.
        observation: what the sensors read.
        state: what the call before gave; None at the beginning.
        episode_start: whether an episode begins, for all rows or for each.
        stepping: ``Controller.step``, or what computes the same.
    """
    batch = controller.check_observation(observation)
    lanes = batch.shape[:-1]
    begins = _begins(episode_start, lanes)
    before = controller.start(*lanes) if state is None else np.array(checked_state(controller, state, batch))
    before[begins] = 0
    actions, after = stepping(before, batch)
    return decided(controller.decision, actions), after


def refuse_state(controller: "Controller") -> None:
    """Refuses a controller with a state, of which no action can be told from one observation alone."""
    if controller.derived:
        raise ControllerError(
            f"controller {controller.name!r} has a state, as it derives {derived_names(controller)}: call "
            "state = start() and actions, state = step(state, observation), or predict(observation, state)"
        )


def only_without_state(controller: "Controller", what: str) -> None:
    """Refuses a controller with a state for what has none.

    Args:
        controller: the controller.
        what: that cannot keep a state, for the message.

    Raises:
        ExportError: it has one.
    """
    if controller.derived:
        raise ExportError(
            f"controller {controller.name!r} has a state, as it derives {derived_names(controller)}; {what} cannot "
            f"keep it yet: {KEEP_STATE}"
        )


def feedback(controller: "Controller") -> list[str]:
    """Returns the names of the derived channels by which a controller remembers its own outputs."""
    return [one.name for one in controller.derived if one.row.of_actions or one.row.fed]


def only_without_feedback(controller: "Controller", what: str) -> None:
    """Refuses a controller that remembers its own outputs for what computes these with other roundings.

    An error there would come back in the next step, and no bound of a single step would hold for a sequence.

    Args:
        controller: the controller.
        what: that rounds otherwise, for the message.

    Raises:
        ExportError: it does.
    """
    if names := feedback(controller):
        raise ExportError(
            f"controller {controller.name!r} remembers its own outputs ({', '.join(names)}), which {what} cannot "
            f"keep, as rounding errors would add up from step to step: {KEEP_STATE}"
        )


def only_without_monitor(controller: "Controller", what: str) -> None:
    """Refuses a controller with a monitor for what would silently leave it behind.

    Args:
        controller: the controller.
        what: that cannot carry a monitor, for the message.

    Raises:
        ExportError: it has one.
    """
    if controller.monitor is not None:
        raise ExportError(
            f"controller {controller.name!r} has a monitor, which {what} cannot carry yet: take the C header (--to c), "
            "the blob (--to blob), exact ONNX (--to onnx-exact), or the controller that the monitor was made for"
        )


def derived_names(controller: "Controller") -> str:
    """Returns the names of the derived channels."""
    return ", ".join(derived.name for derived in controller.derived)


def check_resets(resets: tuple[int, ...], vectors: int, has_state: bool) -> None:
    """Refuses numbers of vectors that are none, or out of order."""
    expected = (0,) if has_state and vectors else ()
    ascending = all(before < after for before, after in pairwise(resets))
    are_numbers = all(type(number) is int for number in resets)
    if not are_numbers or resets[:1] != expected or not ascending or resets[-1:] > (vectors - 1,):
        raise ControllerError(
            "resets must be numbers of test vectors, ascending from 0; a controller without a state, or without "
            "vectors, has none"
        )
