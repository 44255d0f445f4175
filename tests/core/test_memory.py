"""Laws of derived channels: the formulas of FORMAT.md, the state, the file, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers import builders, small_controllers
from numpy.typing import NDArray

from wann_rt.core import files
from wann_rt.core.controller import Channel, Controller, Derived, Vector
from wann_rt.core.errors import ControllerError, ExportError, FileError
from wann_rt.core.memory import Memory
from wann_rt.core.reference import evaluate, evaluate_sequence
from wann_rt.exporters import export
from wann_rt.exporters.parity.vectors import SPECIAL

f32 = np.float32
Floats = NDArray[np.float32]
STEPS = 120
SUBJECT: Controller = small_controllers.remembering()


def readings(seed: int, steps: int = STEPS) -> Floats:
    """Returns readings of x, cos and sin: smooth ones, wild ones, special ones."""
    return np.ascontiguousarray(builders.inputs(np.random.default_rng(seed), 3, steps).T)


class ByHand:
    """FORMAT.md's formulas for the derived channels of the subject, written out number by number."""

    def __init__(self) -> None:
        self.began = False
        self.x = self.dx = self.cos = self.sin = self.slow = self.force = self.drift = f32(0)
        self.line = [f32(0)] * 3

    def seen(self, reading: Floats) -> list[np.float32]:
        """Returns what the network sees beside the readings."""
        x, c, s = reading
        new = [v if np.isfinite(v) else old for v, old in zip(reading, (self.x, self.cos, self.sin), strict=True)]
        old_x, old_c, old_s = (self.x, self.cos, self.sin) if self.began else new
        self.dx = self.low(self.dx, (new[0] - old_x) * f32(50), 0.25)
        rate = (old_c * new[2] - old_s * new[1]) * f32(50)
        slow_x = x if np.isfinite(x) else self.slow
        self.slow = self.low(self.slow if self.began else slow_x, slow_x, 0.125)
        newest = x if np.isfinite(x) else self.line[0]
        line = self.line if self.began else [newest] * 3
        self.line = [newest, *line[:2]]
        total = self.drift + self.dx * (f32(1) / f32(50))
        self.drift = min(max(total, f32(-0.5)), f32(0.5)) if np.isfinite(total) else self.drift
        self.x, self.cos, self.sin = new
        self.began = self.began or all(np.isfinite([x, c, s]))
        return [self.dx, rate, self.slow, line[2], self.force, self.drift]

    @staticmethod
    def low(y: np.float32, value: np.float32, share: float) -> np.float32:
        """Returns a filter's next value; the old one where that is not finite."""
        new = y + (value - y) * f32(share)
        return new if np.isfinite(new) else y

    def acted(self, force: np.float32) -> None:
        """Remembers the action."""
        self.force = force if np.isfinite(force) else self.force


def turned() -> Floats:
    """Returns sine and cosine as a controller of these two alone sees them: 1.5 Hz and 25 Hz at 50 steps a second."""
    subject = small_controllers.recurrent()
    memory = replace(subject.memory, derived=subject.derived[-2:])
    seen, state = [], memory.start(1)
    for _ in range(STEPS):
        inputs, state = memory.observed(state, np.zeros((1, 2), f32))
        seen.append(inputs[0, 2:])
    return np.array(seen)


def test_an_oscillator_turns_at_its_frequency_and_keeps_its_amplitude() -> None:
    time, (sine, cosine) = np.arange(STEPS) / 50, turned().T
    assert np.abs(sine - np.sin(2 * np.pi * 1.5 * time)).max() < 1e-5
    assert np.abs(cosine - np.cos(np.pi * np.arange(STEPS))).max() < 1e-5
    with pytest.raises(ControllerError, match="at most 25 can be told apart"):
        replace(small_controllers.recurrent().memory, derived=(Derived(Channel("fast"), "sine", (), hz=26),))


@pytest.mark.parametrize(("hz", "rate_hz"), [(0.05, 0.1), (0.15, 0.3), (25.0, 50.0)])
def test_an_oscillator_may_turn_at_half_the_rate_however_that_rounds(hz: float, rate_hz: float) -> None:
    assert Memory((Derived(Channel("alternate"), "cosine", (), hz=hz),), ("x",), ("u",), rate_hz).size == 2


def test_a_recurrent_node_remembers_what_the_network_gave_it_or_a_share_of_it() -> None:
    subject = small_controllers.recurrent()
    resets = np.random.default_rng(9).random(STEPS) < 0.1
    observations, state, turns = readings(9)[:, :2], np.zeros(5, f32), 0
    got = evaluate_sequence(subject, observations, resets)
    oscillators = turned()
    for reading, begins, action in zip(observations, resets, got, strict=True):
        x, late, leaky, force = np.zeros(4, f32) if begins else state[1:]
        began = state[0] > 0 and not begins
        now = reading[0] if np.isfinite(reading[0]) else x
        with np.errstate(all="ignore"):
            rate = (now - (x if began else now)) * f32(50)
            turns = 0 if begins else turns
            turning = oscillators[turns]
            outputs = evaluate(subject.inner, np.array([[*reading, rate, late, leaky, force, *turning]], f32))[0]
            turns += 1
            new = leaky + (outputs[2] - leaky) * f32(0.25)
        assert builders.same_bits(action, outputs[:1])
        pairs = zip((outputs[1], new, outputs[0]), (late, leaky, force), strict=True)
        kept = [v if np.isfinite(v) else old for v, old in pairs]
        state = np.array([f32(began or np.isfinite(reading[0])), now, *kept], f32)
    assert np.isfinite(state).all()
    assert len(np.unique(got)) > 20


def test_a_file_keeps_recurrent_nodes_and_refuses_outputs_that_feed_none() -> None:
    subject = small_controllers.recurrent()
    text = files.to_text(subject)
    assert '"version": 2' in text
    assert files.from_text(text) == subject
    other = Derived(Channel("drift"), "integral", ("x",), limit=1)
    with pytest.raises(ControllerError, match="network has 3 actions, but 2 action channels came"):
        replace(subject, derived=(*subject.derived[:2], other, *subject.derived[3:]))
    with pytest.raises(ControllerError, match="is recurrent of 1 channels; expected 0"):
        Derived(Channel("late"), "recurrent", ("x",))


@pytest.mark.parametrize("seed", range(4))
def test_the_oracle_computes_what_the_format_says(seed: int) -> None:
    resets = np.random.default_rng(seed).random(STEPS) < 0.1
    observations, hand, expected = readings(seed), ByHand(), []
    with np.errstate(all="ignore"):
        for reading, begins in zip(observations, resets, strict=True):
            hand = ByHand() if begins else hand
            inputs = np.array([[*reading, *hand.seen(reading)]], f32)
            expected.append(evaluate(SUBJECT.inner, inputs)[0])
            hand.acted(expected[-1][0])
    assert builders.same_bits(evaluate_sequence(SUBJECT, observations, resets), np.array(expected))


def chosen(state: Floats, read: Floats) -> tuple[Floats, Floats]:
    """Returns value and state of a filtered rate as FORMAT.md has it: a first reading stands for the one before it."""
    began, (*old, y), count = state[:, 0] > 0, state[:, 1:].T, read.shape[1]
    new = [np.where(np.isfinite(x), x, m) for x, m in zip(read.T, old, strict=True)]
    before = [np.where(began, m, n) for m, n in zip(old, new, strict=True)]
    change = new[0] - before[0] if count == 1 else before[0] * new[1] - before[1] * new[0]
    smooth = y + (change * f32(50) - y) * f32(0.25)
    smooth = np.where(np.isfinite(smooth), smooth, y)
    began = np.where(np.isfinite(read).all(axis=1), f32(1), state[:, 0])
    return smooth, np.stack([began, *new, smooth], axis=1)


@pytest.mark.parametrize("names", [("x",), ("c", "s")])
def test_a_filtered_rate_that_multiplies_by_0_has_the_bits_of_one_that_chooses(names: tuple[str, ...]) -> None:
    memory = Memory((Derived(Channel("v"), "rate_of", names, filter=0.25),), names, ("a",), 50.0)
    rng, lanes = np.random.default_rng(0), 20_000
    state, expected = memory.start(lanes), memory.start(lanes)
    with np.errstate(all="ignore"):
        for _ in range(8):
            read = np.where(rng.random((lanes, len(names))) < 0.8, rng.choice(SPECIAL, (lanes, len(names))), 0.5)
            read = read.astype(f32)
            seen, state = memory.observed(state, read)
            value, expected = chosen(expected, read)
            np.testing.assert_array_equal(seen[:, -1].view(np.uint32), value.view(np.uint32))
            np.testing.assert_array_equal(state.view(np.uint32), expected.view(np.uint32))


def test_an_angles_rate_is_its_rotation_and_wraps_around() -> None:
    angle = np.linspace(0, 4 * np.pi, 2000)
    derived = (Derived(Channel("rate"), "rate_of", ("cos", "sin")),)
    network = small_controllers.row_of("linear", 3)
    observations = (Channel("cos", scale=0), Channel("sin", scale=0))
    subject = Controller(
        "rate", network, SUBJECT.weight.shared(1), observations, (Channel("a"),), 100.0, (), {}, "values", derived
    )
    rates = evaluate_sequence(
        subject, np.stack([np.cos(angle), np.sin(angle)], 1).astype(f32), np.zeros(2000, np.bool_)
    )
    assert rates[0] == 0
    assert np.abs(rates[1:, 0] - (angle[1] - angle[0]) * 100).max() < 1e-4


def test_what_is_remembered_is_always_finite_and_begins_with_the_first_whole_reading() -> None:
    with np.errstate(all="ignore"):
        state = SUBJECT.start()
        assert not state.any()
        _, state = SUBJECT.step(state, [np.nan, np.inf, 1.0])
        assert state[0] == 0
        for reading in readings(7, 400):
            _, state = SUBJECT.step(state, reading)
            assert np.isfinite(state).all()
        assert state[0] == 1


def test_steps_predictions_and_batches_are_one_computation() -> None:
    observations = np.stack([readings(1, 40), readings(2, 40)])
    begins = np.random.default_rng(3).random((2, 40)) < 0.2
    alone = [evaluate_sequence(SUBJECT, o, b) for o, b in zip(observations, begins, strict=True)]
    states, state, predicted = SUBJECT.start(2), None, []
    for k in range(40):
        states[begins[:, k]] = 0
        together, states = SUBJECT.step(states, observations[:, k])
        assert builders.same_bits(together, np.stack([one[k] for one in alone]))
        action, state = SUBJECT.predict(observations[0, k], state, [begins[0, k]])
        predicted.append(action)
    assert builders.same_bits(np.stack(predicted), alone[0])


def test_a_controller_with_a_state_answers_no_single_observation() -> None:
    with pytest.raises(ControllerError, match="has a state, as it derives dx, w"):
        SUBJECT([0, 1, 0])
    with pytest.raises(ControllerError, match=r"shape \[11\] is expected .* begin with start"):
        SUBJECT.step(np.zeros(3, f32), [0, 1, 0])
    with pytest.raises(ControllerError, match="episode_start has 3 values"):
        SUBJECT.predict([0, 1, 0], None, [True] * 3)
    stateless = small_controllers.example()
    assert stateless.predict([0, 0, 0])[1] is None
    assert stateless.start().shape == (0,)
    assert builders.same_bits(stateless.step(stateless.start(), [1, 2, 3])[0], stateless([1, 2, 3]))


def recorded() -> Controller:
    """Returns the subject with two sequences."""
    observations, resets = readings(0, 40)[:10], (0, 4)
    observations = np.where(np.isfinite(observations), observations, f32(0))
    actions = evaluate_sequence(SUBJECT, observations, np.isin(np.arange(10), resets))
    vectors = [Vector(tuple(map(float, o)), tuple(map(float, a))) for o, a in zip(observations, actions, strict=True)]
    made: Controller = replace(SUBJECT, vectors=tuple(vectors), resets=resets)
    return made


def test_the_file_of_version_2_comes_back_equal_and_others_stay_version_1() -> None:
    text = files.to_text(recorded())
    assert json.loads(text)["version"] == 2
    assert files.from_text(text) == recorded()
    assert files.to_text(files.from_text(text)) == text
    plain = json.loads(files.to_text(small_controllers.example()))
    assert plain["version"] == 1
    assert not {"derived", "resets"} & set(plain)


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        *outer, last = [int(key) if key.isdecimal() else key for key in path.split(".")]
        place: Any = document
        for key in outer:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set("version", 1), "unknown key 'derived'"),
        (_set("derived", []), "no entries"),
        (_set("derived", None), "resets, but no derived"),
        (_set("resets", None), "'resets' is missing"),
        (_set("resets", [1]), "resets must be"),
        (_set("resets", [0, 0]), "resets must be"),
        (_set("resets", [0, 10]), "resets must be"),
        (_set("resets", [0, 4.0]), "expected an integer"),
        (_set("derived.0.kind", "rate_off"), "unknown kind .* did you mean 'rate_of'"),
        (_set("derived.0.filter", 0), "has filter 0.0"),
        (_set("derived.0.filter", 1e-60), "has filter 0.0"),
        (_set("derived.0.filter", None), "'filter' is missing"),
        (_set("derived.0.steps", 3), "unknown key 'steps'"),
        (_set("derived.0.of", ["x", "cos", "sin"]), "of 3 channels"),
        (_set("derived.0.of", ["dx"]), "is rate_of of 'dx', which is none of x, cos, sin"),
        (_set("derived.0.name", "x"), r"distinct, non-empty names; repeated: \['x'\]"),
        (_set("derived.0.name", ""), "non-empty"),
        (_set("derived.3.steps", 0), "has steps 0"),
        (_set("derived.3.steps", 3.0), "expected an integer"),
        (_set("derived.3.steps", 10**30), "has steps"),
        (_set("derived.4.of", ["x"]), "is previous of 'x', which is none of force"),
        (_set("derived.5.limit", -1), "has limit"),
        (_set("derived.5.limit", 1e300), "has limit"),
        (_set("rate_hz", 1e-9), "needs the rate"),
        (_set("network.inputs", 3), "inputs is 3"),
    ],
)
def test_a_damaged_file_of_version_2_is_one_error(change: Callable[[dict[str, Any]], None], says: str) -> None:
    document = json.loads(files.to_text(recorded()))
    change(document)
    with pytest.raises(FileError, match=says):
        files.from_text(json.dumps(document), check_digest=False)


def test_what_cannot_keep_a_state_says_what_can() -> None:
    with pytest.raises(ExportError, match=r"own outputs \(last force\), which ONNX .* cannot keep, .*: the C header"):
        export(SUBJECT, "onnx")


TWO = np.zeros((2, 3), np.float32)
STATE = SUBJECT.start(2)


@pytest.mark.parametrize(
    ("state", "begins", "says"),
    [
        (SUBJECT.start(1), [True, False], r"a state of shape \[2, 11\] is expected .* shape \[1, 11\] came"),
        ((np.zeros((1, 2, 11)), np.zeros((1, 2, 11))), None, r"shape \[2, 1, 2, 11\] came: begin with start"),
        ("zeros", None, "what came is none: begin with start"),
        ({}, None, "what came is none"),
        ([[0.0], []], None, "what came is none"),
        (STATE + 1j, None, "what came is none"),
        (np.full_like(STATE, np.nan), None, "finite numbers alone"),
        (np.full((2, 11), 1e300), None, "finite numbers alone"),
        (STATE, ["True", "False"], "expected to be True or False"),
        (STATE, [None, True], "expected to be True or False"),
        (STATE, [np.nan, 1.0], "expected to be True or False"),
        (STATE, [True, False, True], "has 3 values"),
    ],
)
def test_a_state_or_an_episode_start_that_is_none_is_one_error(state: Any, begins: Any, says: str) -> None:
    with pytest.raises(ControllerError, match=says):
        SUBJECT.predict(TWO, state, begins)


@pytest.mark.parametrize(
    "begins", [True, 1, [1, 1], np.array([1.0, 1.0]), np.array([[True], [True]]), np.array([True])]
)
def test_an_episode_start_may_be_any_kind_of_truth(begins: Any) -> None:
    given = STATE + np.float32(0.25)
    _, after = SUBJECT.predict(TWO, given, begins)
    assert (given == 0.25).all()
    assert after.tobytes() == SUBJECT.predict(TWO)[1].tobytes()


@pytest.mark.parametrize("lanes", [(-1,), (2.5,), ("2",), (None,)])
def test_a_state_begins_for_a_whole_number_of_observations(lanes: tuple[Any, ...]) -> None:
    with pytest.raises(ControllerError, match="expected how many observations come together"):
        SUBJECT.start(*lanes)


def test_an_episode_that_begins_in_one_lane_changes_no_other() -> None:
    rng, lanes = np.random.default_rng(4), 3
    readings = rng.normal(0, 2, (60, lanes, 3)).astype(np.float32)
    begins = rng.random((60, lanes)) < 0.1
    together, alone, state = [], np.empty((60, lanes, 1), np.float32), None
    for reading, starts in zip(readings, begins, strict=True):
        actions, state = SUBJECT.predict(reading, state, starts)
        together.append(actions)
    for lane in range(lanes):
        alone[:, lane] = evaluate_sequence(SUBJECT, readings[:, lane], begins[:, lane])
    assert np.array(together).tobytes() == alone.tobytes()
