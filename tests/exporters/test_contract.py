"""The contract of an artefact reads back exactly, and its vectors are the oracle's."""

from dataclasses import replace

import numpy as np
from helpers import builders
from helpers.c_library import swing_up
from helpers.strategies import random_controllers
from hypothesis import given, settings

from wann_rt.core import reference
from wann_rt.core.controller import MIN_VECTORS, Controller, Vector
from wann_rt.exporters.contract import contract
from wann_rt.exporters.contract import test_vectors as vectors_of  # pytest would take that name for a test


def test_the_contract_is_text_that_reads_back_exactly() -> None:
    said = contract(swing_up())
    assert all(key.startswith("wann_rt.") and isinstance(value, str) for key, value in said.items())
    assert said["wann_rt.obs_names"] == '["x", "x dot", "cos(θ)", "sin(θ)", "θ dot"]'
    assert said["wann_rt.obs_low"] == "[-2.4, null, -1.0, -1.0, null]"
    assert said["wann_rt.weight_values"] == '["-0x1.8000000000000p+0"]'
    assert said["wann_rt.rate_hz"] == "50.0"
    assert "wann_rt.rate_hz" not in contract(replace(swing_up(), rate_hz=None))


@given(random_controllers())
@settings(max_examples=30, deadline=None)
def test_there_are_enough_vectors_and_all_are_the_oracles(controller: Controller) -> None:
    vectors = vectors_of(controller)
    assert len(vectors) == MIN_VECTORS
    observations = np.array([vector.observation for vector in vectors], np.float32)
    assert builders.same_bits(reference.evaluate(controller, observations), [vector.action for vector in vectors])
    assert vectors == vectors_of(controller)


def test_recorded_vectors_come_first_and_are_kept() -> None:
    recorded = tuple(Vector((0.25 * k,) * 5, (float(k), 0.5)) for k in range(3))
    vectors = vectors_of(replace(swing_up(), vectors=recorded))
    assert vectors[:3] == recorded
    assert len(vectors) == MIN_VECTORS
