"""Runs an exported ONNX form in OpenVINO on the CPU."""

import numpy as np
import openvino
from numpy.typing import NDArray

from wann_rt.core.errors import ExportError

# One thread, as networks this small only lose by more; without the hint it may compute in bfloat16.
_SETTINGS = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}


class OpenVinoEvaluator:
    """A model as OpenVINO computes it."""

    def __init__(self, model: bytes) -> None:
        """Loads a model; ExportError with OpenVINO's own words if it cannot."""
        core = openvino.Core()
        try:
            self._model = core.compile_model(core.read_model(model), "CPU", _SETTINGS)
        except RuntimeError as error:
            raise ExportError(f"OpenVINO refuses the model: {error}") from None

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]."""
        actions: NDArray[np.float32] = self._model([observations])[0].copy()
        return actions
