"""The obvious evaluator: plain numpy, no tricks. It is the oracle that every evaluator must equal bit for bit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.stateful import step
from wann_rt.core.terms import Lowered, Term

if TYPE_CHECKING:  # a controller can run this, so this cannot need it first
    from wann_rt.core.controller import Controller

Floats = NDArray[np.float32]


def forward(lowered: Lowered, multiplier: float | None, inputs: Floats) -> Floats:
    """Computes the network's raw outputs, all lanes at once; ``terms.py`` says by which rule.

    Args:
        lowered: what is computed.
        multiplier: of every sum: one of ``lowered.multipliers``, or any other shared weight; None for none.
        inputs: conditioned observations, shape [inputs, lanes].

    Returns:
        Outputs before conditioning, shape [outputs, lanes].
    """
    values: list[Floats] = [np.ones_like(inputs[0]), *inputs]
    for node in lowered.nodes:
        total = total_of(node.terms, values)
        if multiplier is not None:
            total = total * np.float32(multiplier)
        values.append(BY_ID[node.activation].function(total))
    return np.array(values[-len(lowered.outputs) :], np.float32)


def total_of(terms: tuple[Term, ...], values: list[Floats]) -> Floats:
    """Returns the sum of a node's terms, left to right; each product is rounded, then the sum."""
    if not terms:
        return np.zeros_like(values[0])
    first, *rest = (values[term.source] * np.float32(term.factor) for term in terms)
    return sum(rest, first)


def evaluate(controller: "Controller", observations: Floats) -> Floats:
    """Computes the actions of a controller.

    Args:
        controller: the controller.
        observations: raw observations, float32 [batch, observations].

    Returns:
        Actions, float32 [batch, actions].
    """
    return controller.run(forward, observations)


def evaluate_sequence(
    controller: "Controller", observations: Floats, resets: NDArray[np.bool_], forward: Callable[..., Floats] = forward
) -> Floats:
    """Computes the actions of a controller with a state, step after step.

    Args:
        controller: the controller.
        observations: raw observations, float32 [steps, observations].
        resets: before which steps the state is reset, [steps]; it begins as if it were.
        forward: what runs the bare network, as in ``Controller.run``.

    Returns:
        Actions, float32 [steps, actions].
    """
    state, actions = controller.start(), np.empty((len(observations), len(controller.actions)), np.float32)
    for k, observation in enumerate(observations):
        before = controller.start() if resets[k] else state
        actions[k], state = step(controller, before, observation, forward)
    return actions


def evaluate_spread(controller: "Controller", observations: Floats, resets: NDArray[np.bool_] | None = None) -> Floats:
    """Computes how far the members of an ensemble are apart; see ``core.spread``.

    Args:
        controller: the controller.
        observations: raw observations, float32 [batch, observations]; of a controller with a state one sequence.
        resets: before which steps the state is reset, [batch]; for a controller with a state.

    Returns:
        Of each action the greatest of the members' less the least, float32 [batch, actions].
    """
    if resets is None or not controller.derived:
        return controller.run_spread(forward, observations)
    state, seen = controller.start(), []
    for observation, begins in zip(observations, resets, strict=True):
        before = controller.start() if begins else state
        inputs, _ = controller.memory.observed(before[np.newaxis], observation[np.newaxis])
        seen.append(inputs[0])
        _, state = step(controller, before, observation, forward)
    return controller.inner.run_spread(forward, np.array(seen, np.float32))[:, : len(controller.actions)]


def seen_sequence(controller: "Controller", observations: Floats, resets: NDArray[np.bool_]) -> Floats:
    """Returns what the network sees of observations: of a controller with a state in a sequence with resets.

    Args:
        controller: one that does not remember its own outputs, see ``stateful.feedback``.
        observations: raw observations, float32 [steps, observations].
        resets: before which steps the state is reset, [steps].

    Returns:
        Observations and the values of derived channels, float32 [steps, inputs].
    """
    if not controller.derived:
        return observations
    state, seen = controller.start(1), []
    for observation, begins in zip(observations, resets, strict=True):
        before = controller.start(1) if begins else state
        inputs, state = controller.memory.observed(before, observation[np.newaxis])
        seen.append(inputs[0])
    return np.array(seen, np.float32)
