"""Runs an exported ONNX form in onnxruntime, and in the reference evaluator of the standard."""

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from wann_rt.core.controller import Controller
from wann_rt.exporters.to_onnx.model import to_onnx

OPTIMIZATIONS = ("DISABLE_ALL", "BASIC", "EXTENDED", "ALL")


def session(model: bytes, optimization: str = "ALL") -> onnxruntime.InferenceSession:
    """Returns a session of one thread: networks this small only lose by more."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # it warns that an optional input is not folded, which is its point
    options.graph_optimization_level = _level(optimization)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _level(optimization: str) -> onnxruntime.GraphOptimizationLevel:
    prefix = "ORT_" if optimization.endswith("_ALL") else "ORT_ENABLE_"
    return getattr(onnxruntime.GraphOptimizationLevel, prefix + optimization)


class ModelEvaluator:
    """A model as onnxruntime computes it."""

    def __init__(self, model: bytes, optimization: str = "ALL") -> None:
        """Loads a model; ``optimization``, one of ``OPTIMIZATIONS``: how far onnxruntime may rewrite the graph."""
        self._session = session(model, optimization)

    def run(self, observations: NDArray[np.float32], weight: float | None = None) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]; ``weight`` is for a model with that input."""
        feed = {"obs": observations}
        if weight is not None:
            feed["weight"] = np.array([weight], np.float32)
        actions: NDArray[np.float32] = self._session.run(None, feed)[0]
        return actions

    def run_sequence(self, observations: NDArray[np.float32], resets: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Returns the actions [steps, actions] of a controller with a state, which is reset before some steps."""
        size = next(one.shape[1] for one in self._session.get_inputs() if one.name == "h_in")
        zeros, rows = np.zeros((1, size), np.float32), []
        state = zeros
        for observation, begins in zip(observations, resets, strict=True):
            feed = {"obs": observation[np.newaxis], "h_in": zeros if begins else state}
            actions, state = self._session.run(["actions", "h_out"], feed)
            rows.append(actions[0])
        return np.array(rows, np.float32)


class OnnxEvaluator(ModelEvaluator):
    """A controller as onnxruntime computes it."""

    def __init__(
        self, controller: Controller, exact: bool, optimization: str = "ALL", weight: str = "constant"
    ) -> None:
        """Exports the controller and loads the model.

        Args:
            controller: what to run.
            exact: which form.
            optimization: how far onnxruntime may rewrite the graph; one of ``OPTIMIZATIONS``.
            weight: see ``to_onnx``.
        """
        super().__init__(to_onnx(controller, exact=exact, weight=weight), optimization)


class OnnxReferenceEvaluator:
    """A model as the reference evaluator of the onnx package computes it, in numpy."""

    def __init__(self, model: bytes) -> None:
        """Loads a model."""
        self._evaluator = ReferenceEvaluator(onnx.load_from_string(model))

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]."""
        with np.errstate(all="ignore"):
            results = self._evaluator.run(None, {"obs": observations})
        return np.asarray(next(iter(results)), np.float32)
