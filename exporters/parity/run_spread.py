"""Runs what says how far the members of an ensemble are apart: the header's step for it, the runtime's, the graph."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.run_blob import BlobEvaluator
from wann_rt.exporters.parity.run_onnx import session
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix
from wann_rt.exporters.to_onnx.model import to_onnx

Floats = NDArray[np.float32]
_C = """
void spreads(const float *obs, float *spread, int rows, const unsigned char *resets);

void spreads(const float *obs, float *spread, int rows, const unsigned char *resets) {
    float actions[<P>_N_ACTIONS];
<state>    for (int i = 0; i < rows; i++) {
<step>        obs += <P>_N_OBSERVATIONS;
        spread += <P>_N_ACTIONS;
    }
}
"""
_STATE = "    <p>_state state;\n    <p>_reset(&state);\n"
_PLAIN_STATE = "    (void)resets;\n"
_STEP = "        <p>_step_spread(&state, obs, actions, spread);\n"
_RESET = "        if (resets[i] != 0) {\n            <p>_reset(&state);\n        }\n"


class CSpread:
    """The header of an ensemble, compiled for this machine: ``run`` gives how far the members are apart."""

    def __init__(self, controller: Controller) -> None:
        """Compiles the header."""
        prefix, has_state = c_prefix(controller), bool(controller.derived)
        text = _C.replace("<state>", _STATE if has_state else _PLAIN_STATE)
        text = text.replace("<step>", _RESET + _STEP if has_state else _STEP.replace("&state, ", ""))
        source = harness.header_harness(prefix) + text.replace("<p>", prefix).replace("<P>", prefix.upper())
        files = {f"{prefix}.h": to_c(controller, spread=True), "harness.c": source}
        self._controller = controller
        self._library = harness.compiled(files, harness.some_compiler(None), ("-O2",))

    def run(self, observations: Floats) -> Floats:
        """Returns the spread of each action, [batch, actions]."""
        return self.run_sequence(observations, np.zeros(len(observations), np.bool_))

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        """Returns the same for a sequence; some steps begin anew."""
        rows, spread = harness.rows(self._controller, observations)
        flags = np.ascontiguousarray(resets, np.uint8)
        self._library.spreads(harness.pointer(rows), harness.pointer(spread), len(rows), harness.pointer(flags))
        return spread


class BlobSpread:
    """The blob of an ensemble in the C runtime: ``run`` gives how far the members are apart."""

    def __init__(self, controller: Controller) -> None:
        """Writes the blob and compiles the runtime."""
        self._blob = BlobEvaluator(controller)

    def run(self, observations: Floats) -> Floats:
        """Returns the spread of each action, [batch, actions]."""
        return self._blob.run_spread(observations)[1]

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        """Returns the same for a sequence; some steps begin anew."""
        return self._blob.run_spread(observations, resets)[1]


class OnnxSpread:
    """The exact graph of an ensemble in onnxruntime: ``run`` gives how far the members are apart."""

    def __init__(self, controller: Controller, optimization: str = "ALL") -> None:
        """Loads the graph; ``optimization``: how far onnxruntime may rewrite it."""
        self._session = session(to_onnx(controller, exact=True, spread=True), optimization)
        self._numbers = controller.memory.size

    def run(self, observations: Floats) -> Floats:
        """Returns the spread of each action, [batch, actions]."""
        spread: Floats = self._session.run(["spread"], {"obs": observations})[0]
        return spread

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        """Returns the same for a sequence; some steps begin anew."""
        rows, state = [], np.zeros((1, self._numbers), np.float32)
        for observation, begins in zip(observations, resets, strict=True):
            given = np.zeros_like(state) if begins else state
            feed = {"obs": observation[np.newaxis], "h_in": given}
            spread, state = self._session.run(["spread", "h_out"], feed)
            rows.append(spread[0])
        return np.array(rows, np.float32)
