"""Controller: a network with its interface and its weight - the thing that is saved, exported and run."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core import stateful
from wann_rt.core.channel import Channel
from wann_rt.core.decision import Decision, decided, greatest, parts_of
from wann_rt.core.derived import Derived
from wann_rt.core.errors import ControllerError
from wann_rt.core.interface import MIN_VECTORS, Vector, check_channels, check_monitor, checked_rate, checked_vectors
from wann_rt.core.memory import Memory, feeds_of
from wann_rt.core.monitor import Monitor
from wann_rt.core.network import Network
from wann_rt.core.observation import observation_of
from wann_rt.core.shown import Shown
from wann_rt.core.spread import spread_of
from wann_rt.core.terms import Lowered, check, lowered
from wann_rt.core.weight import Weight, WeightKind

__all__ = [
    "MIN_VECTORS", "Channel", "Controller", "Decision", "Derived", "Vector", "Weight", "WeightKind", "greatest",
]  # fmt: skip

Forward = Callable[[Lowered, float | None, NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Controller(Shown):
    """Everything that an evaluator needs to compute actions, and that a user needs to feed it correctly.

    Attributes:
        name: what it is called in files and generated code.
        network: the topology.
        weight: shared, ensemble or one value per connection.
        observations: what it is fed, in order: one channel per network input, but for those that are derived.
        actions: one channel per network output, in order, but for those that feed recurrent nodes.
        rate_hz: how often it must be called; None where unknown.
        vectors: recorded observation -> action pairs, exact.
        provenance: where it came from: task, task_version, seed, config_digest, score and the like; JSON values.
        decision: what is done with the outputs: "values": they are the action; "argmax": the action is the number of
            the greatest output; or parts of either kind, see ``decision`` and ``decide``.
        derived: channels that it computes from others, with memory: the last inputs of the network. A controller that
            has any has a state: see ``start`` and ``step``.
        resets: numbers of the vectors before which the state is reset; the vectors of a controller with a state are
            one sequence, and the first number is 0.
        monitor: notices that the world is another one than was searched for; it changes no action.
    """

    name: str
    network: Network
    weight: Weight
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate_hz: float | None = None
    vectors: tuple[Vector, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    decision: Decision = "values"
    derived: tuple[Derived, ...] = ()
    resets: tuple[int, ...] = ()
    monitor: Monitor | None = None

    def __post_init__(self) -> None:
        """Checks that the parts fit together."""
        parts_of(self.decision, len(self.actions))
        check_channels("observation", self.inputs, self.network.n_inputs)
        check_channels("action", self.outputs, self.network.n_outputs)
        object.__setattr__(self, "rate_hz", checked_rate(self.rate_hz))
        check(self.network, self.weight)
        if self.derived:
            _ = self.memory  # which refuses sources that are not there
        if self.monitor is not None:
            check_monitor(self.monitor, len(self.observations), len(self.actions))
        stateful.check_resets(self.resets, len(self.vectors), bool(self.derived))
        object.__setattr__(self, "vectors", checked_vectors(self.vectors, len(self.observations), len(self.actions)))

    def __repr__(self) -> str:
        """Returns a line: all of it would fill a screen, and ``wr.show`` prints it."""
        network, weight = self.network, self.weight
        value = f"shared weight {weight.values[0]:g}" if weight.kind == "shared" else weight.kind
        nodes = f"{network.n_inputs} -> {network.n_hidden} -> {network.n_outputs} nodes"
        return f"<Controller {self.name!r}: {nodes}, {network.n_connections} connections, {value}>"

    @cached_property
    def inputs(self) -> tuple[Channel, ...]:
        """What the network sees, one channel per input: the observations, then the derived channels."""
        return (*self.observations, *(derived.channel for derived in self.derived))

    @cached_property
    def outputs(self) -> tuple[Channel, ...]:
        """What the network computes, one channel per output: the actions, then what feeds each recurrent node."""
        return (*self.actions, *feeds_of(self.derived))

    @cached_property
    def memory(self) -> Memory:
        """What is remembered from step to step, and how; nothing without derived channels."""
        sensors, actions = (tuple(channel.name for channel in side) for side in (self.observations, self.actions))
        return Memory(self.derived, sensors, actions, self.rate_hz)

    @cached_property
    def inner(self) -> "Controller":
        """The same without memory: a controller that is fed with all that the network sees."""
        if not self.derived:
            return self
        decision = self.decision if self.outputs == self.actions else "values"
        bare: Any = {"derived": (), "vectors": (), "resets": (), "monitor": None, "decision": decision}
        return replace(self, observations=self.inputs, actions=self.outputs, **bare)

    @cached_property
    def lowered(self) -> Lowered:
        """What the network computes with this weight, node by node: what evaluators and exporters read."""
        return lowered(self.network, self.weight)

    def __call__(
        self, observation: ArrayLike | Mapping[str, Any] | None = None, **channels: Any
    ) -> NDArray[np.float32]:
        """Computes actions, bit-equal to every exported form; ``compiled()`` gives a faster function.

        Args:
            observation: float32 of shape [observations] or [batch, observations], raw (units of the channels); or
                values by the names of the channels.
            **channels: instead of it, the same by keywords: ``controller(x=0.1, theta=0.2)``.

        Returns:
            Actions in their units, float32 of shape [actions] or [batch, actions].

        Raises:
            ControllerError: the observation has another shape or is not numeric.
        """
        return self._called(_best_forward(), observation, channels)

    def numpy(self) -> Callable[..., NDArray[np.float32]]:
        """Returns this controller as a function that computes with numpy alone: nothing is compiled, or imported."""
        from wann_rt.core.reference import forward

        return lambda observation=None, **channels: self._called(forward, observation, channels)

    def compiled(self, compiler: str | None = None) -> stateful.Compiled:
        """Returns this controller as a function of machine code: its C header, compiled here; see ``exporters.native``.

        docs/size.md says what a call takes. The header's self-test is asked first. One with a state has ``start``,
        ``step`` and ``predict`` as the controller itself.

        Args:
            compiler: command of a C compiler; by default ``CC``, cc, gcc or clang.

        Raises:
            ExportError: there is no compiler, or it computes other bits.
        """
        native: Any = import_module("wann_rt.exporters.native")  # by name: it stands above this room
        made: stateful.Compiled = native.Native(self, compiler)
        return made

    def members(self, observation: ArrayLike | Mapping[str, Any]) -> NDArray[np.float32]:
        """Returns the actions of each member of an ensemble, [members, actions] or [members, batch, actions].

        A controller that is no ensemble has one member.
        """
        batch = self.check_observation(observation)
        each = np.stack(self._members(_best_forward(), np.atleast_2d(batch)))
        return each[:, 0] if batch.ndim == 1 else each

    def spread(
        self, observation: ArrayLike | Mapping[str, Any], state: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Returns how far the members of an ensemble are apart: of each action their greatest less their least.

        The header and the exact ONNX give the same bits, if they are exported with ``spread=true``. NaN where a member
        is NaN, see ``core.spread``; 0 where there is one member.

        Args:
            observation: as for calling the controller.
            state: of a controller with a state, as for ``step``; it is not advanced.

        Raises:
            ControllerError: the state or the observation has another shape, or is not numeric.
        """
        batch = self.check_observation(observation)
        seen = stateful.seen(self, state, batch)
        spread = self.inner.run_spread(_best_forward(), np.atleast_2d(seen))[:, : len(self.actions)]
        return spread[0] if batch.ndim == 1 else spread

    def as_observation(
        self, observation: ArrayLike | Mapping[str, Any] | None, channels: Mapping[str, Any]
    ) -> NDArray[np.float32]:
        """Returns what a call was given, as ``check_observation`` does; either an observation or channels by name."""
        if (observation is None) == (not channels):
            raise ControllerError("an observation is expected, or its channels by name")
        return self.check_observation(channels if observation is None else observation)

    def _called(
        self, forward: Forward, observation: ArrayLike | Mapping[str, Any] | None, channels: Mapping[str, Any]
    ) -> NDArray[np.float32]:
        batch = self.as_observation(observation, channels)
        actions = self.run(forward, np.atleast_2d(batch))
        return actions[0] if batch.ndim == 1 else actions

    def start(self, *lanes: int) -> NDArray[np.float32]:
        """Returns the state at the beginning of an episode, float32 [numbers], or [lanes, numbers]: zeros."""
        if not all(isinstance(count, (int, np.integer)) and count >= 0 for count in lanes):
            raise ControllerError(f"start({', '.join(map(repr, lanes))}): expected how many observations come together")
        return self.memory.start(*lanes)

    def step(
        self, state: NDArray[np.float32], observation: ArrayLike | Mapping[str, Any]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Computes the actions of one step of a controller with a state: returns ``(actions, state)``.

        Args:
            state: what ``start`` or the step before gave: start anew where an episode begins, after a switch of modes,
                a fault, or steps that were left out.
            observation: what the sensors read, as for calling the controller.

        Raises:
            ControllerError: the state or the observation has another shape, or is not numeric.
        """
        return stateful.step(self, state, observation, _best_forward())

    def predict(
        self, observation: ArrayLike, state: Any = None, episode_start: Any = None, deterministic: bool = True
    ) -> tuple[NDArray[Any], Any]:
        """Computes actions by the convention of Stable-Baselines3: returns ``(actions, state)``.

        Args:
            observation: as for calling the controller.
            state: what the call before gave; None at the beginning. A controller without a state gives None.
            episode_start: whether an episode begins, one truth value or one for each row: its state is reset.
            deterministic: has no meaning here: a controller always is.
        """
        if not self.derived:
            return self.decide(observation), None
        return stateful.predict(self, observation, state, episode_start, self.step)

    def decide(self, observation: ArrayLike | Mapping[str, Any]) -> NDArray[Any]:
        """Computes what an environment is given: the actions, the number of the greatest ("argmax"), or parts of both.

        The outputs are compared from the first to the last, and a later one wins only by being greater: of equal ones
        the first is chosen, and NaN is never chosen but as the first.

        Args:
            observation: as for calling the controller.

        Returns:
            "values": float32 [actions] or [batch, actions]; "argmax": int64 [] or [batch]; parts: their numbers one
            after another, see ``decision.decided``.

        Raises:
            ControllerError: the observation has another shape or is not numeric.
        """
        return decided(self.decision, self(observation))

    def run(self, forward: Forward, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Computes actions with a given evaluator of the bare network: conditions what goes in and what comes out.

        An ensemble runs the network once per shared weight; the conditioned actions are summed in order, multiplied
        by float32(1 / members) and limited once more.

        Args:
            forward: called with (lowered, multiplier, inputs [inputs, batch]); see ``reference.forward``.
            observations: raw observations, float32 [batch, observations].

        Returns:
            Actions, float32 [batch, actions].

        Raises:
            ControllerError: the controller has a state.
        """
        with np.errstate(all="ignore"):  # infinities and NaN are defined results here, not accidents
            members = self._members(forward, observations)
            return self._mean(members) if self.lowered.averages else members[0]

    def run_spread(self, forward: Forward, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Computes how far the members are apart with a given evaluator of the bare network; see ``run``.

        Returns:
            Of each action the greatest of the members' less the least, float32 [batch, actions].
        """
        with np.errstate(all="ignore"):
            spread: NDArray[np.float32] = spread_of(self._members(forward, observations))
            return spread

    def _members(self, forward: Forward, observations: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Returns the conditioned actions of each member, [batch, actions]."""
        stateful.refuse_state(self)
        with np.errstate(all="ignore"):
            columns = zip(self.observations, observations.T, strict=True)
            inputs = np.array([channel.condition_observation(o) for channel, o in columns], np.float32)
            return [self._conditioned(forward(self.lowered, m, inputs)) for m in self.lowered.multipliers]

    def _conditioned(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns actions [batch, actions] for network outputs [outputs, batch]."""
        return np.stack([c.condition_action(y) for c, y in zip(self.actions, outputs, strict=True)], axis=1)

    def _mean(self, members: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        total = members[0]
        for member in members[1:]:
            total = total + member
        mean = total * np.float32(1.0 / len(members))
        return np.stack([c.limit_action(y) for c, y in zip(self.actions, mean.T, strict=True)], axis=1)

    def check_observation(self, observation: ArrayLike | Mapping[str, Any]) -> NDArray[np.float32]:
        """Returns the observation as float32 [observations] or [batch, observations], or raises ControllerError."""
        return observation_of(observation, tuple(channel.name for channel in self.observations))

    def with_weight(self, weight: Weight | float) -> "Controller":
        """Returns this controller with another weight.

        Signs move into weights per connection; vectors and a monitor, which were of the old one, are dropped.
        """
        weight = weight if isinstance(weight, Weight) else Weight.shared(weight)
        told = {key: value for key, value in self.provenance.items() if key != "monitor"}
        return replace(self, weight=weight, vectors=(), resets=(), monitor=None, provenance=told)


def _best_forward() -> Forward:
    """Returns the compiled evaluator where a search or the like has loaded it, else plain numpy, of the same bits.

    It is never loaded for a call: numba takes seconds to import, which no control loop can wait for.
    """
    kernels: Any = sys.modules.get("wann_rt.kernels.forward")
    if kernels is None:
        from wann_rt.core.reference import forward

        return forward
    compiled: Forward = kernels.forward_batch
    return compiled
