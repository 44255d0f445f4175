"""Blobs of version 2: the runtime remembers what the oracle does, and a state gone wrong is noticed."""

import ctypes
import re

import numpy as np
import pytest
from helpers import needs, small_controllers
from helpers.runtime_library import ROOT, SOURCE, built, load, selftest

from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import evaluate_sequence
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.run_blob import BlobEvaluator
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.to_blob import MOST_NODES, scratch_floats, scratch_words, state_floats, to_blob

pytestmark = needs.c_compiler

BLOB = [row for row in EVALUATORS if row.key == "blob"]
ENSEMBLE, EACH = Weight("ensemble", (-0.5, 0.75)), Weight("connections", tuple(np.linspace(-2, 2, 13)))


def damper() -> Controller:
    """Returns the worked example of FORMAT.md."""
    network = Network.build(2, {}, {3: 1}, [Connection(1, 3, -1), Connection(2, 3, -1)])[0]
    sides = (Channel("x", "m"),), (Channel("force", "N", -10, 10, clip=True),)
    speed = Derived(Channel("v", "m/s", scale=0.25), "rate_of", ("x",), filter=0.5)
    return Controller("damper", network, Weight.shared(2.0), *sides, rate_hz=50.0, derived=(speed,))


def of_one(kind: str, of: tuple[str, ...] = ("x",), observations: int = 2, **settings: float) -> Controller:
    """Returns a controller of one derived channel, whose action is its value."""
    inputs = observations + 1
    network = Network.build(inputs, {}, {inputs + 1: 1}, [Connection(inputs, inputs + 1)])[0]
    channels = tuple(Channel("xyz"[k]) for k in range(observations))
    derived = (Derived(Channel("d"), kind, of, **settings),)  # type: ignore[arg-type]
    return Controller("one", network, Weight.shared(1.0), channels, (Channel("a"),), rate_hz=30.0, derived=derived)


EACH_KIND = {
    "rate": of_one("rate_of"),
    "filtered rate": of_one("rate_of", filter=0.3),
    "rate of an angle": of_one("rate_of", ("x", "y")),
    "filtered rate of an angle": of_one("rate_of", ("x", "y"), filter=0.7),
    "filter": of_one("filtered", filter=0.1),
    "no filter": of_one("filtered", filter=1.0),
    "late by 1": of_one("delayed", steps=1),
    "late by 40": of_one("delayed", steps=40),
    "integral": of_one("integral", limit=1.5),
    "sine": of_one("sine", (), hz=1.7),
    "cosine": of_one("cosine", (), hz=15.0),
}


@pytest.mark.parametrize("make", [small_controllers.remembering, small_controllers.recurrent])
@pytest.mark.parametrize("weight", [None, ENSEMBLE, EACH], ids=["shared", "ensemble", "each"])
def test_a_blob_gives_the_same_bits_over_a_thousand_steps_with_resets(make: object, weight: Weight | None) -> None:
    controller: Controller = make(weight)  # type: ignore[operator]
    result = verify(controller, evaluators=BLOB).results[-1]
    assert (result.kept, result.max_ulp, result.vectors > 1000) == (True, 0, True)
    evaluator = BlobEvaluator(controller)
    assert evaluator.selftest() == 0
    assert (
        len(evaluator._scratch) == scratch_floats(controller) == controller.network.n_nodes + state_floats(controller)
    )


@pytest.mark.parametrize("kind", EACH_KIND)
def test_each_kind_is_the_oracles_whatever_it_reads(kind: str) -> None:
    result = verify(EACH_KIND[kind], n_random=300, evaluators=BLOB).results[-1]
    assert (result.kept, result.max_ulp) == (True, 0)


def test_the_documented_example_is_what_is_written() -> None:
    text = (ROOT / "FORMAT.md").read_text(encoding="utf-8").split("## Blob, version 2")[1]
    listed = re.findall(r"^((?:[0-9a-f]{2} )+) ", text.split("```text\n")[1].split("```")[0], re.MULTILINE)
    blob = to_blob(damper(), vectors=2)
    assert bytes.fromhex("".join(listed)) == blob
    assert (blob[4], len(blob), load(blob), selftest(built(), blob)) == (2, 85, "OK", "OK")
    assert scratch_words(damper()) == "WANN_STATE_SCRATCH_FLOATS(1, 1, 0, 1, 0, 3) is 7 floats"


def test_a_reset_is_memory_of_zeros_and_a_selftest_leaves_one() -> None:
    blob, library = to_blob(damper()), built()
    loaded, scratch = ctypes.create_string_buffer(128), (ctypes.c_float * 7)(*[3.0] * 7)
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    assert library.wann_reset(loaded, scratch, ctypes.c_size_t(6)) == library.wann_reset(None, scratch, 7) - 2 == -3
    assert list(scratch) == [3.0] * 7
    assert library.wann_reset(loaded, scratch, ctypes.c_size_t(7)) == 0
    assert list(scratch) == [3.0] * 4 + [0.0] * 3  # bias, position, speed, force; a step was taken, x, v
    assert library.wann_selftest(loaded, scratch, ctypes.c_size_t(7)) == 0
    assert list(scratch)[4:] == [0.0] * 3


def test_a_runtime_without_states_is_smaller_refuses_them_by_version_and_runs_the_others() -> None:
    library = built(flags=("-O1", "-Wall", "-Wextra", "-Werror", "-DWANN_STATE=0"))
    assert load(to_blob(damper()), library) == "VERSION"
    assert selftest(library, to_blob(small_controllers.example())) == "OK"


def test_what_a_blob_cannot_remember_is_an_export_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_NODES == 65_535
    monkeypatch.setattr("wann_rt.exporters.to_blob.MOST_NODES", 999)  # a network of 65535 takes seconds
    hidden = range(4, 994)
    connections = [*(Connection(1, k) for k in hidden), *(Connection(k, 3) for k in hidden)]
    network = Network.build(2, dict.fromkeys(hidden, 1), {3: 1}, connections)[0]
    late = (Derived(Channel("d"), "delayed", ("x",), steps=5),)
    large = Controller("large", network, Weight.shared(1.0), (Channel("x"),), (Channel("a"),), derived=late)
    with pytest.raises(ExportError, match="at most 999 nodes and remembered numbers; this controller has 1000"):
        to_blob(large)


# What somebody may have got wrong in wann_rt.c.
FAULTS = {
    "a state not reset": ("numbers[k] = 0.0f;", "(void)numbers;"),
    "began not reset": (
        "for (k = 0; k < n; k++) {\n        numbers[k]",
        "for (k = 1; k < n; k++) {\n        numbers[k]",
    ),
    "updated twice": (
        "        derive(c, inputs, state);",
        "        derive(c, inputs, state), derive(c, inputs, state);",
    ),
    "fed twice": ("        remember(c, sums, state);", "        remember(c, sums, state), remember(c, sums, state);"),
    "read after writing": (
        "    float y = a - since(s, 0, a);",
        "    float y = (s->memory[0] = a) - since(s, 0, a);",
    ),
    "a line shifted the wrong way": ("line[k] = since(s, k - 1u, now);", "line[k - 1u] = since(s, k, now);"),
    "an action before its limits": (
        "        remember(c, sums, state);\n    }\n",
        "        remember(c, sums + 1, state);\n    }\n",
    ),
    "never begun": ("        state[0] = 1.0f;", "        state[0] = 0.0f;"),
    "begun in spite of NaN": ("s->is_complete = 0;", "s->is_complete = 1;"),
    "NaN kept": ("return is_finite(x) ? x : old; }", "return x + 0.0f * old; }"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_comparison_with_the_oracle_notices_what_goes_wrong_with_a_state(fault: str) -> None:
    right, wrong = FAULTS[fault]
    assert SOURCE.count(right) == 1
    subjects = (small_controllers.remembering(), small_controllers.recurrent(), EACH_KIND["rate"])
    assert not any(differs(built(), controller) for controller in subjects)
    assert any(differs(built(SOURCE.replace(right, wrong)), controller) for controller in subjects)


def differs(library: ctypes.CDLL, controller: Controller) -> bool:
    """Returns whether a runtime computes other actions than the oracle in two sequences with NaN among the readings."""
    rng, steps = np.random.default_rng(1), 60
    observations = rng.normal(size=(steps, len(controller.observations))).astype(np.float32)
    observations[[0, 20, 41], 0] = np.nan
    resets = np.isin(np.arange(steps), (0, 31))
    loaded, size = ctypes.create_string_buffer(128), scratch_floats(controller)
    blob = to_blob(controller, vectors=0)
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    scratch, action = (ctypes.c_float * size)(), np.empty((steps, len(controller.actions)), np.float32)
    for k in range(steps):
        if resets[k]:
            library.wann_reset(loaded, scratch, ctypes.c_size_t(size))
        pointers = (harness.pointer(observations[k]), harness.pointer(action[k]))
        assert library.wann_step(loaded, *pointers, scratch, ctypes.c_size_t(size)) == 0
    expected = evaluate_sequence(controller, observations, resets)
    return not np.array_equal(
        expected.view(np.uint32)[~np.isnan(expected)], action.view(np.uint32)[~np.isnan(expected)]
    )
