"""How far the standard ONNX form can be from the oracle: a running error bound, vector by vector.

Beside each value v of the oracle stands an error e: the other form's value lies in [v - e, v + e].
Both sides round; a sum of n terms in whatever order is off by at most gamma(n - 1) times the sum of
the terms' magnitudes (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, section 4.2).
The bound holds where every intermediate value stays finite. Elsewhere nothing is promised: a MatMul
spreads one infinity or NaN over its level, because 0 * inf is NaN. Observations that no node reads do
not count: they are not in the graph.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID, Activation
from wann_rt.core.controller import Controller
from wann_rt.core.reference import total_of
from wann_rt.core.terms import Lowered, Term
from wann_rt.exporters.to_onnx.palette import STANDARD, TINY, UNIT, rounded

Floats = NDArray[np.float32]
Real = NDArray[np.float64]

LARGEST = float(np.finfo(np.float32).max)


def error_bound(controller: Controller, observations: Floats) -> tuple[Real, NDArray[np.bool_]]:
    """Bounds what the standard form's actions differ from the oracle's.

    Args:
        controller: the controller.
        observations: raw observations, float32 [batch, observations].

    Returns:
        The bound for each action [batch, actions], and for which vectors it is promised [batch].
    """
    walk = _Walk(controller, len(observations))
    with np.errstate(all="ignore"):  # nothing is promised where a value overflows
        controller.run(walk.forward, observations)
        members = [walk.action(y, e) for y, e in walk.outputs]
        if controller.lowered.averages:
            members = [walk.mean(members)]
    return members[0][1].T, walk.is_finite


class _Walk:
    """The oracle's computation with an error beside each value."""

    def __init__(self, controller: Controller, n_batch: int) -> None:
        self.controller = controller
        self.is_finite = np.ones(n_batch, np.bool_)
        self.outputs: list[tuple[Floats, Real]] = []  # of each member, [outputs, batch]

    def forward(self, lowered: Lowered, multiplier: float | None, inputs: Floats) -> Floats:
        """Computes what ``reference.forward`` does, and keeps outputs and errors."""
        is_read = np.isin(np.arange(len(inputs)) + 1, list(lowered.used))
        inputs = np.where(is_read[:, np.newaxis], inputs, np.float32(0.0))
        self.require(*inputs)
        values = [np.ones_like(inputs[0]), *inputs]
        errors = [np.zeros(inputs.shape[1]), *self.input_errors(inputs)]
        for node in lowered.nodes:
            total, error = self.sum(values, errors, node.terms)
            if multiplier is not None:
                total, error = self.product(total, error, np.float32(multiplier))
            self.require(np.pi * (np.abs(total) + error))  # sin and cos multiply by pi
            row = BY_ID[node.activation]
            values.append(row.function(total))
            errors.append(bound_of(row, total.astype(np.float64), error))
            self.require(np.abs(values[-1]) + errors[-1])
        n_outputs = len(lowered.outputs)
        outputs = np.array(values[-n_outputs:])
        self.outputs.append((outputs, np.array(errors[-n_outputs:])))
        return outputs

    def input_errors(self, inputs: Floats) -> Real:
        """Returns 0, as both forms condition observations by the same operations, with one exception.

        A runtime may move a scale behind the MatMul, as onnxruntime's "MatMulScaleFusion" does with that of a single
        observation: there it is rounded later, and what is not scaled yet may overflow.
        """
        sizes = np.abs(inputs.astype(np.float64))
        scales = np.abs(np.array([[c.scale] for c in self.controller.observations]))
        largest = np.abs(self.controller.lowered.factors).max(initial=1.0)
        self.require(*np.where(scales == 1, 0.0, sizes / scales * largest))
        return np.where(scales == 1, 0.0, 2 * rounded(sizes))

    def sum(self, values: list[Floats], errors: list[Real], terms: tuple[Term, ...]) -> tuple[Floats, Real]:
        """Returns a node's sum and its error; each term counts as rounded: a runtime may move a weight into it."""
        size = carried = np.zeros(len(values[0]))
        for term in terms:
            size = size + np.abs(values[term.source].astype(np.float64) * term.factor)
            carried = carried + errors[term.source] * term.size
        rounding = gamma(len(terms)) * (2 * size + carried)
        underflow = 2 * len(terms) * TINY * (size + carried > 0)
        error = carried + rounding + underflow
        self.require(size + error)
        return total_of(terms, values), error

    def product(self, x: Floats, error: Real, factor: Floats | np.float32) -> tuple[Floats, Real]:
        """Returns x times an exact factor, and its error."""
        size = np.abs(x.astype(np.float64) * np.float64(factor))
        scaled = error * np.abs(np.float64(factor))
        error = scaled + (rounded(size) + rounded(size + scaled)) * (np.abs(factor) != 1)
        self.require(size + error)
        return x * factor, error

    def action(self, y: Floats, error: Real) -> tuple[Floats, Real]:
        """Returns actions and errors for raw outputs, [actions, batch]; all channels in one go."""
        scales, offsets = (
            np.array([[getattr(c, name)] for c in self.controller.actions], np.float32) for name in ("scale", "offset")
        )
        y, error = self.product(y, error, scales)
        shifted = y + offsets
        size = np.abs(y.astype(np.float64) + offsets.astype(np.float64))
        error = error + (rounded(size) + rounded(size + error)) * (offsets != 0)
        self.require(size + error)
        return self.limit(shifted, error)

    def mean(self, members: list[tuple[Floats, Real]]) -> tuple[Floats, Real]:
        """Returns the limited mean of the members and its error."""
        total = members[0][0]
        for y, _ in members[1:]:
            total = total + y
        size = np.sum([np.abs(y.astype(np.float64)) for y, _ in members], axis=0)
        carried = np.sum([e for _, e in members], axis=0)
        error = carried + gamma(len(members) - 1) * (2 * size + carried)
        self.require(size + error)
        return self.limit(*self.product(total, error, np.float32(1.0 / len(members))))

    def limit(self, y: Floats, error: Real) -> tuple[Floats, Real]:
        """Returns clipped actions; clipping brings no two numbers further apart."""
        limited = [c.limit_action(row) for c, row in zip(self.controller.actions, y, strict=True)]
        widest = [c.high - c.low if c.clip else np.inf for c in self.controller.actions]
        return np.array(limited), np.minimum(error, np.array(widest)[:, np.newaxis])

    def require(self, *sizes: NDArray[np.floating]) -> None:
        """Ends the promise where a value could leave the finite float32; NaN compares as false."""
        for size in sizes:
            self.is_finite &= (np.abs(size) < LARGEST).reshape(-1, len(self.is_finite)).all(axis=0)


def gamma(roundings: int) -> float:
    """Returns Higham's bound for that many roundings in a row, relatively."""
    return roundings * UNIT / (1 - roundings * UNIT)


def bound_of(row: Activation, z: Real, d: Real) -> Real:
    """Returns how far an activation's value can be off, for the oracle's argument z and the argument's error d.

    Our definition differs from the exact function, too: by the activation's own greatest error.
    """
    return STANDARD[row.name].error(z, d) + row.max_error
