"""Controller: a network with its interface and its weight - the thing that is saved, exported and run."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.arithmetic import Number, clip
from wann_rt.core.errors import ControllerError
from wann_rt.core.network import Network

Forward = Callable[[Network, NDArray[np.float32], NDArray[np.float32]], NDArray[np.float32]]
WeightKind = Literal["shared", "ensemble", "connections"]
Decision = Literal["values", "argmax"]
DECISIONS: tuple[Decision, ...] = ("values", "argmax")
MIN_VECTORS = 8


@dataclass(frozen=True)
class Channel:
    """One observation or action: its meaning and the conditioning that every back end computes for it.

    An observation o enters the network as ``(clip(o) - offset) * scale``; a network output y leaves as the action
    ``clip(y * scale + offset)``. An offset of 0 and a scale of 1 cost nothing: the operation is left out.

    Attributes:
        name: as in the task; unique among the channels of its side.
        unit: SI unit or "" where there is none, e.g. "m/s", "rad", "1".
        low: lowest meaningful value in ``unit``; -inf where unbounded.
        high: highest meaningful value; inf where unbounded.
        offset: in ``unit``.
        scale: observations: per ``unit``; actions: ``unit`` per network output.
        clip: whether values are limited to [low, high]; NaN then becomes the value nearest 0.
    """

    name: str
    unit: str = ""
    low: float = -np.inf
    high: float = np.inf
    offset: float = 0.0
    scale: float = 1.0
    clip: bool = False

    def __post_init__(self) -> None:
        """Rounds the numbers to float32 and refuses what cannot be computed with."""
        for name in ("low", "high", "offset", "scale"):
            object.__setattr__(self, name, _float32(getattr(self, name), f"channel {self.name!r}: {name}"))
        if not self.low <= self.high or self.low == np.inf or self.high == -np.inf:
            raise ControllerError(f"channel {self.name!r}: low {self.low} is not below high {self.high}")
        if not (np.isfinite(self.offset) and np.isfinite(self.scale)):
            raise ControllerError(f"channel {self.name!r}: offset and scale must be finite")

    @property
    def neutral(self) -> np.float32:
        """The value in [low, high] nearest 0, which a clipped channel gives for NaN."""
        return np.float32(min(max(0.0, self.low), self.high))

    def condition_observation(self, o: Number) -> Number:
        """Returns what enters the network for observation o; written in ``arithmetic`` primitives."""
        if self.clip:
            o = clip(o, np.float32(self.low), np.float32(self.high), self.neutral)
        if self.offset != 0:
            o = o - np.float32(self.offset)
        return o * np.float32(self.scale) if self.scale != 1 else o

    def condition_action(self, y: Number) -> Number:
        """Returns the action for network output y; written in ``arithmetic`` primitives."""
        if self.scale != 1:
            y = y * np.float32(self.scale)
        if self.offset != 0:
            y = y + np.float32(self.offset)
        return self.limit_action(y)

    def limit_action(self, y: Number) -> Number:
        """Returns y clipped, if this channel clips."""
        if self.clip:
            y = clip(y, np.float32(self.low), np.float32(self.high), self.neutral)
        return y


@dataclass(frozen=True)
class Weight:
    """The weight of a controller.

    Attributes:
        kind: "shared": one value for all connections; "ensemble": several shared values whose actions are averaged;
            "connections": one value for each connection, in canonical order.
        values: float32 values as Python floats.
    """

    kind: WeightKind
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Rounds to float32 and refuses NaN, infinity and a wrong number of values."""
        if self.kind not in ("shared", "ensemble", "connections"):
            raise ControllerError(f"weight kind {self.kind!r} is unknown: shared, ensemble or connections")
        values = tuple(_float32(v, "weight") for v in self.values)
        bad = [v for v in values if not np.isfinite(v)]
        if bad:
            raise ControllerError(f"weight {bad[0]} is not a finite number")
        if self.kind == "shared" and len(values) != 1:
            raise ControllerError(f"a shared weight is one value; {len(values)} came")
        if self.kind == "ensemble" and not values:
            raise ControllerError("an ensemble needs at least one shared weight")
        object.__setattr__(self, "values", values)

    @classmethod
    def shared(cls, value: float) -> "Weight":
        """One weight for all connections."""
        return cls("shared", (value,))

    @property
    def array(self) -> NDArray[np.float32]:
        """The values, float32."""
        return np.array(self.values, np.float32)


class Vector(NamedTuple):
    """One recorded pair that every back end must reproduce bit for bit."""

    observation: tuple[float, ...]
    action: tuple[float, ...]


@dataclass(frozen=True)
class Controller:
    """Everything that a back end needs to compute actions, and that a user needs to feed it correctly.

    Attributes:
        name: what it is called in files and generated code.
        network: the topology.
        weight: shared, ensemble or one value per connection.
        observations: one channel per network input, in order.
        actions: one channel per network output, in order.
        rate_hz: how often it must be called; None where unknown.
        vectors: recorded observation -> action pairs, exact.
        provenance: where it came from: task, task_version, seed, config_digest, score and the like; JSON values.
        decision: what is done with the outputs: "values": they are the action; "argmax": the action is the number of
            the greatest output, see ``decide``.
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

    def __post_init__(self) -> None:
        """Checks that the parts fit together."""
        if self.decision not in DECISIONS:
            raise ControllerError(f"decision {self.decision!r} is unknown: {' or '.join(DECISIONS)}")
        _check_channels("observation", self.observations, self.network.n_inputs)
        _check_channels("action", self.actions, self.network.n_outputs)
        if self.rate_hz is not None and not (np.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise ControllerError(f"rate_hz is {self.rate_hz}; expected a positive number of calls per second, or null")
        if self.weight.kind == "connections":
            self._check_connection_weights()
        object.__setattr__(self, "vectors", tuple(self._checked(i, vector) for i, vector in enumerate(self.vectors)))

    def _checked(self, index: int, vector: Vector) -> Vector:
        """Returns a test vector rounded to float32; refuses one that fits no channel or is not finite."""
        if (len(vector.observation), len(vector.action)) != (len(self.observations), len(self.actions)):
            raise ControllerError(f"test vector {index} does not have one value per channel")
        observation, action = (tuple(_float32(x, f"test vector {index}") for x in side) for side in vector)
        if not np.isfinite([*observation, *action]).all():
            raise ControllerError(f"test vector {index} holds a number that float32 cannot")
        return Vector(observation, action)

    def _check_connection_weights(self) -> None:
        if len(self.weight.values) != self.network.n_connections:
            raise ControllerError(
                f"{len(self.weight.values)} connection weights came for {self.network.n_connections} connections"
            )
        if self.network.is_signed:
            raise ControllerError("a network with weights per connection carries no signs: put them into the weights")

    def __call__(self, observation: ArrayLike) -> NDArray[np.float32]:
        """Computes actions with the compiled evaluator; bit-equal to every exported form.

        Args:
            observation: float32 of shape [observations] or [batch, observations], raw (units of the channels).

        Returns:
            Actions in their units, float32 of shape [actions] or [batch, actions].

        Raises:
            ControllerError: the observation has another shape or is not numeric.
        """
        from wann_rt.kernels.forward import forward_batch  # numba takes seconds to import: only where it is used

        batch = self.check_observation(observation)
        actions = self.run(forward_batch, np.atleast_2d(batch))
        return actions[0] if batch.ndim == 1 else actions

    def predict(
        self, observation: ArrayLike, state: None = None, episode_start: None = None, deterministic: bool = True
    ) -> tuple[NDArray[Any], None]:
        """Computes actions by the convention of Stable-Baselines3: returns ``(actions, state)``; there is no state."""
        return self.decide(observation), None

    def decide(self, observation: ArrayLike) -> NDArray[Any]:
        """Computes what an environment is given: the actions, or with "argmax" the number of the greatest.

        The outputs are compared from the first to the last, and a later one wins only by being greater: of equal ones
        the first is chosen, and NaN is never chosen but as the first.

        Args:
            observation: as for calling the controller.

        Returns:
            "values": float32 [actions] or [batch, actions]; "argmax": int64 [] or [batch].

        Raises:
            ControllerError: the observation has another shape or is not numeric.
        """
        actions = self(observation)
        return actions if self.decision == "values" else greatest(actions)

    def run(self, forward: Forward, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Computes actions with a given evaluator of the bare network: conditions what goes in and what comes out.

        An ensemble runs the network once per shared weight; the conditioned actions are summed in order, multiplied
        by float32(1 / members) and limited once more.

        Args:
            forward: called with (network, weights, inputs [inputs, batch]); see ``reference.forward``.
            observations: raw observations, float32 [batch, observations].

        Returns:
            Actions, float32 [batch, actions].
        """
        with np.errstate(all="ignore"):  # infinities and NaN are defined results here, not accidents
            columns = zip(self.observations, observations.T, strict=True)
            inputs = np.array([channel.condition_observation(o) for channel, o in columns], np.float32)
            weights = self.weight.array
            if self.weight.kind == "connections":
                return self._conditioned(forward(self.network, weights[:, np.newaxis], inputs))
            members = [self._conditioned(forward(self.network, w, inputs)) for w in weights]
            return members[0] if self.weight.kind == "shared" else self._mean(members)

    def _conditioned(self, outputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns actions [batch, actions] for network outputs [outputs, batch]."""
        return np.stack([c.condition_action(y) for c, y in zip(self.actions, outputs, strict=True)], axis=1)

    def _mean(self, members: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        total = members[0]
        for member in members[1:]:
            total = total + member
        mean = total * np.float32(1.0 / len(members))
        return np.stack([c.limit_action(y) for c, y in zip(self.actions, mean.T, strict=True)], axis=1)

    def check_observation(self, observation: ArrayLike) -> NDArray[np.float32]:
        """Returns the observation as float32 [observations] or [batch, observations], or raises ControllerError."""
        try:
            batch = np.asarray(observation, np.float32)
        except (TypeError, ValueError) as error:
            raise ControllerError(f"an observation must be numbers: {error}") from None
        if batch.ndim not in (1, 2) or batch.shape[-1] != len(self.observations):
            names = ", ".join(channel.name for channel in self.observations[:8])
            raise ControllerError(
                f"an observation of shape [{len(self.observations)}] ({names}{', ...' * (len(self.observations) > 8)}) "
                f"or [batch, {len(self.observations)}] is expected; shape {list(batch.shape)} came"
            )
        return batch

    def with_weight(self, weight: Weight | float) -> "Controller":
        """Returns this controller with another weight; signs move into weights per connection, vectors are dropped."""
        weight = weight if isinstance(weight, Weight) else Weight.shared(weight)
        return replace(self, weight=weight, vectors=())


def greatest(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns the index of the greatest value along the last axis, as ``Controller.decide`` chooses it."""
    best = np.zeros(values.shape[:-1], np.int64)
    record = values[..., 0]
    for k in range(1, values.shape[-1]):
        best = np.where(values[..., k] > record, k, best)
        record = np.where(values[..., k] > record, values[..., k], record)
    return best


def _float32(value: Any, what: str) -> float:
    """Returns the nearest float32 as a Python float; refuses NaN and what is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating, np.integer)) or value != value:
        raise ControllerError(f"{what} is {value!r}; expected a number")
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def _check_channels(side: str, channels: tuple[Channel, ...], expected: int) -> None:
    if len(channels) != expected:
        raise ControllerError(f"the network has {expected} {side}s, but {len(channels)} {side} channels came")
    count = Counter(channel.name for channel in channels)
    twice = sorted(name for name in count if count[name] > 1)
    if twice or "" in count:
        raise ControllerError(f"{side} channels need distinct, non-empty names; repeated: {twice}")
