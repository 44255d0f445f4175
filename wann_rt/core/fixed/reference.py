"""A controller in fixed point, run: the oracle of everything that computes in q12.

Plain integers in numpy, 64 bits wide; ``plan.py`` has proved that 32 are enough. Whole batches run at once, so that
episodes can be scored with the very numbers that a microcontroller computes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.fixed.activations import FIXED, ONE, limited
from wann_rt.core.fixed.memory import FixedMemory
from wann_rt.core.fixed.nodes import Node
from wann_rt.core.fixed.plan import INT16, Action, Affine, Format, Observation, Plan, Ranges, plan
from wann_rt.core.stateful import refuse_state

Integers = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class FixedController:
    """A controller and its plan; call it like the controller.

    Attributes:
        controller: what it was made from.
        plan: how it computes; of a controller with a state, how the one without memory behind it does.
        memory: what is derived, of a controller with a state; else None.
    """

    controller: Controller
    plan: Plan
    memory: FixedMemory | None = None

    @classmethod
    def of(cls, controller: Controller, ranges: Ranges | None = None) -> "FixedController":
        """Returns a controller in fixed point; see ``core.fixed.plan.plan``."""
        made = plan(controller, ranges)
        return cls(controller, made, FixedMemory.of(controller, made, ranges) if controller.derived else None)

    @property
    def readings(self) -> Sequence[Format | Observation]:
        """The format of each observation, as it comes."""
        return self.plan.observations if self.memory is None else self.memory.readings

    @property
    def actions(self) -> Sequence[Action]:
        """The format of each action."""
        return self.plan.actions[: len(self.controller.actions)]

    def __call__(self, observation: ArrayLike) -> Floats:
        """Computes actions with numbers in their units, as the C header's ``step_float`` does, bit for bit.

        Args:
            observation: float32 of shape [observations] or [batch, observations], in the units of the channels.

        Returns:
            Actions in their units, float32 of shape [actions] or [batch, actions].

        Raises:
            ControllerError: the observation has another shape or is not numeric; the controller has a state.
        """
        refuse_state(self.controller)
        batch = self.controller.check_observation(observation)
        actions = self.to_float(self.run(self.from_float(np.atleast_2d(batch))))
        return actions[0] if batch.ndim == 1 else actions

    def from_float(self, observations: Floats) -> Integers:
        """Returns observations [batch, observations] in their formats: nearest, limited to 16 bits, NaN neutral."""
        columns = []
        for form, column in zip(self.readings, observations.T, strict=True):
            with np.errstate(all="ignore"):
                scaled = column * np.float32(2.0**form.fraction)
                nearest = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
            limited = np.clip(np.where(np.isnan(scaled), np.float32(form.neutral), nearest), INT16[0], INT16[1])
            columns.append(limited.astype(np.int64))
        return np.stack(columns, axis=1)

    def to_float(self, actions: Integers) -> Floats:
        """Returns actions [batch, actions] in their units."""
        return actions.astype(np.float32) * np.array([2.0**-a.fraction for a in self.actions], np.float32)

    def start(self, *lanes: int) -> Integers:
        """Returns the state at the beginning, of shape [..., numbers]."""
        return np.zeros((*lanes, self.memory.size if self.memory else 0), np.int64)

    def step(self, state: Integers, observations: Integers) -> tuple[Integers, Integers]:
        """Returns the actions of one step [lanes, actions] and the state after it [lanes, numbers], all integers.

        Args:
            state: before it, [lanes, numbers].
            observations: in their formats, within 16 bits, [lanes, observations].
        """
        if self.memory is None:
            return self.run(observations), state
        seen, read = self.memory.advance(tuple(state.T), tuple(observations.T))
        outputs = self.run(_columns(seen, len(state)))
        after = self.memory.remember(read, tuple(outputs.T))
        return outputs[:, : len(self.actions)], _columns(after, len(state))

    def run_sequence(self, observations: Integers, resets: NDArray[np.bool_]) -> tuple[Integers, Integers]:
        """Returns the actions [steps, actions] of steps one after another, and the state after each [steps, numbers].

        Args:
            observations: in their formats, [steps, observations].
            resets: before which steps the state is reset; it begins as if it were.
        """
        state, found = self.start(1), []
        for row, begins in zip(observations, resets, strict=True):
            actions, state = self.step(self.start(1) if begins else state, row[np.newaxis])
            found.append((actions[0], state[0]))
        return np.array([actions for actions, _ in found]), np.array([after for _, after in found])

    def evaluate_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        """Returns the actions [steps, actions] of observations, both in their units; see ``run_sequence``."""
        return self.to_float(self.run_sequence(self.from_float(observations), resets)[0])

    def run(self, observations: Integers) -> Integers:
        """Computes actions in integers; of a controller with a state, all outputs from all that the network sees.

        Args:
            observations: in the formats of the plan, within 16 bits, [batch, observations].

        Returns:
            Actions in the formats of the plan, [batch, actions].
        """
        inputs = self.inputs(observations)
        members = [self._actions(nodes, inputs) for nodes in self.plan.members]
        if not self.plan.mean:
            return members[0]
        total = np.sum(members, axis=0)
        rows = zip(self.plan.actions, self.plan.mean, total.T, strict=True)
        return np.stack([limited(affine(mean, x), action.limits) for action, mean, x in rows], axis=1)

    def inputs(self, observations: Integers) -> list[Integers]:
        """Returns what enters the network for observations [batch, observations]."""
        values = []
        for form, column in zip(self.plan.observations, observations.T, strict=True):
            value = limited(column, form.limits)
            values.append(value * form.widen if form.condition is None else affine(form.condition, value))
        return values

    def _actions(self, nodes: Sequence[Node], inputs: Sequence[Integers]) -> Integers:
        outputs = [node.value for node in computed(nodes, inputs)][-len(self.plan.actions) :]
        columns = []
        for action, y in zip(self.plan.actions, outputs, strict=True):
            columns.append(limited(y if action.condition is None else affine(action.condition, y), action.limits))
        return np.stack(columns, axis=1)


def _columns(values: Sequence[Any], lanes: int) -> Integers:
    """Returns numbers, each one for every lane or one for all, as columns."""
    return np.stack([np.broadcast_to(value, lanes) for value in values], axis=1).astype(np.int64)


class Computed(NamedTuple):
    """What a node computes.

    Attributes:
        total: the sum, before it is limited.
        argument: of the activation.
        value: of the node.
    """

    total: Integers
    argument: Integers
    value: Integers


def computed(nodes: Sequence[Node], inputs: Sequence[Integers]) -> Iterator[Computed]:
    """Yields what each node computes, in order.

    Args:
        nodes: the computed nodes of a plan's member.
        inputs: conditioned observations.
    """
    values = [np.full_like(inputs[0], ONE), *inputs]
    for node in nodes:
        total = np.full_like(inputs[0], node.constant)
        for source, factor in zip(node.sources, node.factors, strict=True):
            total = total + factor * values[source]
        argument = argument_of(node, total)
        values.append(FIXED[node.activation].function(argument))
        yield Computed(total, argument, values[-1])


def argument_of(node: Node, total: Integers) -> Integers:
    """Returns the argument of a node's activation for its sum."""
    held = total if node.limit is None else limited(total, (-node.limit, node.limit))
    return (held if node.weight is None else held * node.weight) >> node.shift


def affine(form: Affine, x: Integers) -> Integers:
    """Returns ``((x * factor + constant) >> shift) + after``."""
    return ((x * form.factor + form.constant) >> form.shift) + form.after
