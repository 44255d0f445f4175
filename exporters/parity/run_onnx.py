"""Runs an exported ONNX form in onnxruntime."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

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


class OnnxBackend:
    """A controller as onnxruntime computes it."""

    def __init__(self, controller: Controller, exact: bool, optimization: str = "ALL") -> None:
        """Exports the controller and loads the model.

        Args:
            controller: what to run.
            exact: which form.
            optimization: how far onnxruntime may rewrite the graph; one of ``OPTIMIZATIONS``.
        """
        self._session = session(to_onnx(controller, exact=exact), optimization)

    def run(self, observations: NDArray[np.float32], weight: float | None = None) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]; ``weight`` replaces the shared one."""
        feed = {"obs": observations}
        if weight is not None:
            feed["weight"] = np.array([weight], np.float32)
        actions: NDArray[np.float32] = self._session.run(None, feed)[0]
        return actions
