"""A compiled task: what it is to the search, the kernels and the exporters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import signature
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel
from wann_rt.core.decision import WHOLE
from wann_rt.core.derived import Derived
from wann_rt.core.errors import TaskError
from wann_rt.tasks.seen import Seen

Start = Callable[[int], NDArray[np.float32]]
Function = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Task(Seen):
    """An episode to be scored, compiled: its interface and the functions that kernels call; your own ones, too.

    Attributes:
        name: on the command line and in files.
        aliases: other names it answers to, if it comes with wann_rt.
        title: one line for lists.
        version: raised whenever the same actions would score differently.
        env_id: the same task as a Gymnasium environment; empty where it is none.
        observations: channels in order.
        actions: channels in order; behind them, of a task with recurrent nodes, what feeds these, see ``acts``.
        rate_hz: steps per simulated second.
        max_steps: an episode's greatest length.
        params: physical constants, a NamedTuple.
        start: seed -> first state, float32 [state].
        observe: state variables -> observations, in ``arithmetic`` primitives.
        step: params, state variables, actions -> state variables, reward, failed; in ``arithmetic`` primitives.
            Failed says that the episode ends, be it well.
        decision: what ``step`` does with the actions: "values": takes them as they are; "argmax": acts on which of
            them is the greatest, see ``Controller.decide``.
        step_clips: whether ``step`` itself limits the actions just as their channels do; kernels then leave it to it.
        tested: disturbances by which robustness is judged, and how strong: ("delay", 2.0), ...; by default the usual
            ones of ``conditions``.
        sizes: a typical size of each observation; by default from channels and first states.
        motor: the param that is the actuator's strength, if one is: ``actuator_gain`` then changes it, not the action.
        scene: draws a moment for ``wann-rt play``: params, state variables, first action -> ``scenes.Canvas``.
        names: of the state variables, where the parameters of ``observe`` do not say them.
        base: the plain task, where this is one under conditions, see ``composed``.
        given: how the user named it, where it is code of the user's, e.g. "my_plant.py:task"; empty for others.
        source: "sha256:..." of that code; empty for tasks that come with wann_rt.
        derived: of the observations the last ones: what is computed from the others, see ``observed``.
        raw: the task with all its observations and none that is derived, where this one is seen otherwise.
    """

    name: str
    aliases: tuple[str, ...] = ()
    title: str = ""
    version: int = 1
    env_id: str = ""
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate_hz: float
    max_steps: int
    params: Any
    start: Start
    observe: Function
    step: Function
    decision: Literal["values", "argmax"] = "values"
    step_clips: bool = False
    tested: tuple[tuple[str, float], ...] = ()
    sizes: tuple[float, ...] = ()
    motor: str = ""
    scene: Callable[..., Any] | None = None
    names: tuple[str, ...] = ()
    base: "Task | None" = None
    given: str = field(default="", compare=False)
    source: str = ""
    derived: tuple[Derived, ...] = ()
    raw: "Task | None" = None

    def __post_init__(self) -> None:
        """Refuses what cannot be played, and makes the params float32."""
        wrong = self._wrong()
        if wrong is not None:
            raise TaskError(f"task {self.name!r}: {wrong}")
        object.__setattr__(self, "params", self.params._make(np.float32(value) for value in self.params))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the state variables."""
        return self.names or tuple(signature(self.observe).parameters)

    def _wrong(self) -> str | None:
        """Returns what is wrong with the task; None where nothing is."""
        if not (
            isinstance(self.name, str) and self.name and self.name.isprintable() and not set(self.name) & set("/\\")
        ):
            return "its name names files: expected text without / and \\"
        for side in ("observations", "actions"):
            channels = getattr(self, side)
            if not (isinstance(channels, tuple) and channels and all(isinstance(c, Channel) for c in channels)):
                return f"{side}: expected a tuple of channels; {channels!r} came"
        if not (isinstance(self.params, tuple) and hasattr(self.params, "_fields")):
            return f"params: expected a NamedTuple of numbers; {self.params!r} came"
        if not all(isinstance(p, (int, float, np.floating)) and not isinstance(p, bool) for p in self.params):
            return f"params: expected numbers; {self.params!r} came"
        if self.decision not in WHOLE:
            return f"decision {self.decision!r} is unknown: {' or '.join(WHOLE)}"
        if not ((self.rate_hz is None or self.rate_hz > 0) and self.max_steps >= 1):
            return f"rate_hz ({self.rate_hz}) must be above 0 and max_steps ({self.max_steps}) at least 1"
        if self.names:
            return None
        n_state, n_step = (len(signature(f).parameters) for f in (self.observe, self.step))
        if n_step != 1 + n_state + len(self.actions):
            return (
                f"step takes {n_step} arguments; expected the params, the {n_state} state variables that observe "
                f"takes, and {len(self.actions)} actions"
            )
        return None
