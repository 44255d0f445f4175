"""A state in fixed point: C computes the oracle's sequences, no sum leaves 32 bits, float32 is near."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import needs, observed, small_controllers
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.core.derived import KINDS
from wann_rt.core.errors import ControllerError, ExportError
from wann_rt.core.fixed.derived import FORMULAS
from wann_rt.core.fixed.reference import FixedController, Integers
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import evaluate_sequence
from wann_rt.evaluation.fixed_loss import loss
from wann_rt.exporters import export
from wann_rt.exporters.packages import package
from wann_rt.exporters.parity import harness
from wann_rt.exporters.parity.run_fixed import FixedEvaluator
from wann_rt.exporters.parity.verify import EVALUATORS, verify
from wann_rt.exporters.to_c_fixed.header import fixed_unit, to_c_fixed
from wann_rt.tasks.deriving import seen_through

SUBJECTS = small_controllers.with_states()
STEPS = 1200
ROOT = Path(__file__).resolve().parents[2]
SLACK = ("-O1", "-Wno-unused-function", "-Wno-unused-variable", "-Wno-maybe-uninitialized")


def readings(controller: Controller, seed: int) -> tuple[Integers, NDArray[np.bool_]]:
    """Returns readings that walk, jump and stay at the ends of 16 bits, and before which of them the state is reset."""
    rng, shape = np.random.default_rng(seed), (STEPS, len(controller.observations))
    walk = np.clip(np.cumsum(rng.integers(-300, 301, shape), 0), -(2**15), 2**15 - 1)
    ends, anything = rng.choice([-(2**15), 2**15 - 1], shape), rng.integers(-(2**15), 2**15, shape)
    kind = np.arange(STEPS)[:, np.newaxis] // 40 % 4
    return np.choose(kind, [walk, ends, anything, np.roll(ends, 1, 0)]), rng.random(STEPS) < 0.01


@needs.c_compiler
@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_header_in_fixed_point_gives_the_oracles_integers_over_sequences_with_resets(subject: str) -> None:
    controller = SUBJECTS[subject]
    evaluator, (x, resets) = FixedEvaluator(controller), readings(controller, 1)
    np.testing.assert_array_equal(
        evaluator.run_integers(x, resets), FixedController.of(controller).run_sequence(x, resets)[0]
    )
    assert evaluator.selftest() == 0
    report = verify(controller, evaluators=[row for row in EVALUATORS if row.key == "c_q12"])
    assert [(result.max_ulp, result.kept, result.vectors > 1000) for result in report.results] == [(0, True, True)]


class Within:
    """Integers that refuse to leave 32 bits."""

    def __init__(self, values: Any) -> None:
        """Holds integers."""
        self.values = np.asarray(getattr(values, "values", values), np.int64)
        assert self.values.min() >= -(2**31)
        assert self.values.max() < 2**31

    def __gt__(self, other: int) -> "Chosen":
        return Chosen(self.values > other)

    def limited(self, low: int, high: int) -> "Within":
        """Returns what ``activations.limited`` asks for."""
        assert -(2**31) < low < high < 2**31
        return Within(np.clip(self.values, low, high))

    def apply(self, function: Callable[[Any], Any]) -> "Within":
        """Returns what ``activations.apply`` asks for."""
        return Within(function(self.values))


def _operator(name: str) -> Any:
    return lambda self, other: Within(getattr(self.values, name)(Within(other).values))


for _name in ("add", "sub", "mul", "rshift", "and"):
    setattr(Within, f"__{_name}__", _operator(f"__{_name}__"))


class Chosen:
    """A condition for such integers."""

    def __init__(self, condition: NDArray[np.bool_]) -> None:
        """Holds a condition."""
        self.condition = condition

    def select(self, if_true: Any, if_false: Any) -> Within:
        """Returns what ``arithmetic.select`` asks for."""
        return Within(np.where(self.condition, Within(if_true).values, Within(if_false).values))


@pytest.mark.parametrize("subject", ["derived, shared", "recurrent, each"])
def test_no_sum_leaves_32_bits_and_no_number_its_type_whatever_is_read(subject: str) -> None:
    fixed = FixedController.of(SUBJECTS[subject])
    memory, (x, resets) = fixed.memory, readings(fixed.controller, 2)
    assert memory is not None
    outputs = np.array([form.most for form in fixed.plan.actions])
    state: Any = [Within(0)] * memory.size
    for k, row in enumerate(x):
        state = [Within(0)] * memory.size if resets[k] else state
        seen, after = memory.advance(state, [Within(value) for value in row])
        given = outputs * (-1) ** (k // 7 % 2) if k % 3 else outputs // 5
        state = [Within(value) for value in memory.remember(after, [Within(value) for value in given])]
        for value, bits in [*zip(state, memory.widths, strict=True), *((Within(value), 16) for value in seen)]:
            assert -(2 ** (bits - 1)) <= value.values < 2 ** (bits - 1)


# What is derived of x, cos and sin, and what rounding may leave of it: of a rate the step of a reading, 2^-14 for x and
# 2^-15 for cos, times 50 Hz; of others little.
NEAR = {
    "rate_of:x": 0.005,
    "rate_of:x,filter:0.2": 0.002,
    "rate_of:cos/sin": 0.004,
    "filtered:x,filter:0.03": 0.001,
    "delayed:x,steps:4": 0.0005,
    "integral:x,limit:0.75": 0.0005,
    "integral:x,limit:1000": 0.0005,
    "sine,hz:1.3": 0.002,
    "cosine,hz:0.02": 0.002,
    "recurrent": 0.0005,
    "recurrent,filter:0.04": 0.001,
}


def showing() -> Controller:
    """Returns a controller whose actions are the values of its derived channels; x feeds its recurrent nodes."""
    derived = []
    for k, text in enumerate(NEAR):
        kind, *settings = text.split(",")
        name, _, of = kind.partition(":")
        said: Any = {
            key: int(v) if key == "steps" else float(v) for key, _, v in (one.partition(":") for one in settings)
        }
        derived.append(Derived(Channel(f"d{k}"), name, tuple(of.split("/")) if of else (), **said))
    count, inputs = len(derived), 3 + len(derived)
    fed = sum(one.row.fed for one in derived)
    pairs = [Connection(4 + k, 1 + inputs + k) for k in range(count)]
    pairs += [Connection(1, 1 + inputs + count + k) for k in range(fed)]
    ends = dict.fromkeys(range(1 + inputs, 1 + inputs + count + fed), BY_NAME["linear"].id)
    network, _ = Network.build(inputs, {}, ends, pairs)
    sensors = (Channel("x", "m", -1.5, 1.5), Channel("cos", low=-1, high=1), Channel("sin", low=-1, high=1))
    actions = tuple(Channel(f"a{k}") for k in range(count))
    return Controller("showing", network, Weight.shared(1), sensors, actions, rate_hz=50.0, derived=tuple(derived))


def test_derived_channels_in_fixed_point_are_those_in_float32_but_for_rounding() -> None:
    assert FORMULAS.keys() == KINDS.keys()
    controller, t = showing(), np.arange(1000) / 50
    angle = 3 * np.sin(t)  # beyond half a turn, so that it wraps
    x = np.stack([np.sin(2 * t), np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    resets = np.isin(np.arange(1000), [0, 333, 340])
    apart = np.abs(
        FixedController.of(controller).evaluate_sequence(x, resets) - evaluate_sequence(controller, x, resets)
    )
    assert dict(zip(NEAR, (apart.max(0) <= list(NEAR.values())).tolist(), strict=True)) == dict.fromkeys(NEAR, True)


def test_a_filter_comes_to_rest_at_what_it_is_fed_with_and_a_rate_at_0() -> None:
    controller = showing()
    fixed = FixedController.of(controller)
    for level in (-20001, 1, 30000):
        x = np.full((700, 3), level)
        x[0] = -level
        actions = fixed.run_sequence(x, np.arange(700) == 0)[0]
        filtered, recurrent = (list(NEAR).index(k) for k in ("filtered:x,filter:0.03", "recurrent,filter:0.04"))
        held = actions[-1] / 2.0**12
        assert np.abs(held[[filtered, recurrent]] - level / 2.0**14).max() <= 2.0**-11
        assert not held[[0, 1, 2]].any()


@needs.c_compiler
def test_what_others_reported_of_filters_and_integrals_in_firmware_does_not_happen_here() -> None:
    evaluator, names = FixedEvaluator(showing()), list(NEAR)
    rate, smooth, filtered, leaky, total = (
        names.index(name)
        for name in ("rate_of:x", "rate_of:x,filter:0.2", "filtered:x,filter:0.03", "recurrent,filter:0.04", names[5])
    )

    def actions(x: Integers) -> Integers:
        readings = np.repeat(x[:, np.newaxis], 3, axis=1)
        return evaluator.run_integers(readings, np.arange(len(x)) == 0)

    for level in (-32768, -20000, 32760):
        first = actions(np.full(1, level))[0]  # a filter that starts at 0 ramps up, a rate kicks
        assert first[[rate, smooth, filtered]].tolist() == [0, 0, level // 4]
        rested = actions(np.repeat([level, 0], 3000))[-1]  # rounding keeps a filter from coming to rest
        assert not rested[[rate, smooth, filtered, leaky]].any()
    back = actions(np.repeat([32767, -32768], 300))[:, total]  # a sum that goes on growing behind its limit
    assert back[299] == 0.75 * 4096
    assert back[300] < back[299]
    held = actions(np.tile([32767, -32768], 50_000))[-1]  # hours at both ends
    assert np.abs(held[[filtered, total]]).max() <= 8192


def test_a_rate_reads_finer_than_the_network_sees() -> None:
    fixed = FixedController.of(showing())
    assert [form.fraction for form in fixed.readings] == [14, 15, 15]
    assert [form.fraction for form in fixed.plan.observations[:3]] == [12, 12, 12]
    slow = np.zeros((3, 3), np.int64)
    slow[1:, 0] = 1  # 2^-14 m in a fiftieth of a second
    assert fixed.run_sequence(slow, np.arange(3) == 0)[0][:, 0].tolist() == [0, 12, 0]  # 50 / 2^14, counted in q11


@pytest.mark.slow
def test_fixed_point_costs_little_score_where_everything_is_derived() -> None:
    task = seen_through(tasks.get("swingup"), observed.POSITIONS, observed.DERIVE)
    found = loss(task, observed.subject(task), episodes=100)
    assert found.float32.mean > 0
    assert abs(found.difference.mean) <= 0.05 * found.float32.mean


FAULTS = {
    "a state not reset": (r"    state->m_drift_0 = 0;\n", ""),
    "began not reset": (r"    state->m_began = 0;\n", ""),
    "a filter not reset": (r"    state->m_slow_x_0 = 0;\n", ""),
    "updated twice": (r"(    remembering_derive\(state, obs, seen\);\n)", r"\1\1"),
    "not updated": (r"    state->m_dx_0 = \(int16_t\)o_x;\n", ""),
    "written before it is read": (r"(    const int32_t m8 = )", r"    state->m_earlier_x_1 = (int16_t)o_x;\n\1"),
    "the action not remembered": (r"    state->m_last_force_0 = \(int16_t\)\(rem[^;]*;\n", ""),
    "a filter by a bit": (r"\* 8192;", "* 8191;"),
}


@needs.c_compiler
def test_the_self_test_in_fixed_point_notices_what_goes_wrong_with_a_state() -> None:
    header = to_c_fixed(small_controllers.remembering(), prefix="remembering")

    def said(text: str) -> int:
        files = {"remembering.h": text, "unit.c": harness.header_harness("remembering")}
        return int(harness.compiled(files, harness.some_compiler(None), SLACK).selftest())

    assert said(header) == 0
    for fault, (place, instead) in FAULTS.items():
        wrong, count = re.subn(place, instead, header, count=1)
        assert count == 1, fault
        assert said(wrong) & (32 | 64), fault


@needs.c_compiler
def test_split_files_hold_a_state_in_fixed_point() -> None:
    made = export(small_controllers.recurrent(), "c", number="q12")
    assert made == to_c_fixed(small_controllers.recurrent()).encode()
    texts = fixed_unit(small_controllers.recurrent(), "p").split("p.h", "p.c")
    assert "void p_reset(p_state *state);" in texts["p.h"]
    command = [needs.program("clang-format"), "--style=file", f"--assume-filename={ROOT / 'exporters' / 'p.h'}"]
    formatted = subprocess.run(command, input=made, capture_output=True, check=True).stdout
    assert formatted == made
    texts["unit.c"] = harness.header_harness("p")
    assert harness.compiled(texts, harness.some_compiler(None), SLACK).selftest() == 0


def test_a_package_in_fixed_point_resets_and_steps_a_state(tmp_path: Path) -> None:
    package(small_controllers.remembering(), "arduino", number="q12", out=tmp_path / "lib")
    sketch = next((tmp_path / "lib").glob("examples/*/*.ino")).read_text()
    assert "_reset(&state);" in sketch
    assert "_step(&state, obs, actions);" in sketch
    read = " ".join((tmp_path / "lib" / "README.md").read_text().split())
    assert "It holds integers, to which every reading is a number" in read
    assert "always finite" not in read


def test_what_does_not_fit_fixed_point_is_one_sentence() -> None:
    x, y = Channel("x", low=-1, high=1), Channel("y")
    network, _ = Network.build(2, {}, {3: BY_NAME["linear"].id}, [Connection(2, 3)])

    def made(channel: Derived) -> Controller:
        return Controller("odd", network, Weight.shared(1), (x,), (y,), rate_hz=50.0, derived=(channel,))

    with pytest.raises(ExportError, match=r"d has filter 0.0003; in fixed point at least 0.001 is expected"):
        to_c_fixed(made(Derived(Channel("d"), "filtered", ("x",), filter=0.0003)))
    with pytest.raises(ExportError, match=r"d has limit 1e\+06; of readings up to 8, 50 a second, a sum in 32 bits"):
        to_c_fixed(made(Derived(Channel("d"), "integral", ("x",), limit=1e6)))
    with pytest.raises(ExportError, match=r"d turns with 1e-07 Hz at 50 steps a second; in fixed point at least"):
        to_c_fixed(made(Derived(Channel("d"), "sine", (), hz=1e-7)))
    with pytest.raises(ExportError, match=r"d leaves its range by the least step of what it is derived from"):
        to_c_fixed(made(Derived(Channel("d", low=-1e-5, high=1e-5, scale=1e5), "rate_of", ("x",))))
    one = made(Derived(Channel("d"), "rate_of", ("x",)))
    with pytest.raises(ExportError, match=r"a range came for 'e'; the observations are x, d"):
        to_c_fixed(one, ranges={"e": (-1, 1)})
    assert "D_FRACTION = 12," in to_c_fixed(one, ranges={"d": (-4, 4)}, prefix="p")
    with pytest.raises(ControllerError, match="has a state, as it derives d: call"):
        FixedController.of(one)([0.5])
