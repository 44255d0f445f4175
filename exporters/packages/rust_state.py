"""What a crate of a controller with a state has for its own: tests over a sequence with resets, example, how to use it.

Its test draws readings on the target, as the self-test does; ``readings`` is the twin of what stands there.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.reference import evaluate_sequence
from wann_rt.exporters.contract import WIDE
from wann_rt.exporters.drawn import mixed
from wann_rt.exporters.packages.subject import Subject
from wann_rt.exporters.to_rust.syntax import literal

STEPS = 240
RESETS = (0, 1, 12, 40, 41, 103, 200)  # a sequence of one step among them, and one of a hundred

TEST = """\
//! The controller computes the bits of the search on this machine, step after step, with resets in between.

use <p>::{step, State, N_ACTIONS, N_OBSERVATIONS};

/// Of each observation the least reading that is drawn, and the width of the range above it.
#[rustfmt::skip]
#[allow(clippy::approx_constant, clippy::excessive_precision)]
static SPANS: [[f32; 2]; N_OBSERVATIONS] = [<spans>];
/// The steps before which the state is reset.
static RESETS: [usize; <resets>] = [<numbers>];
/// The bits of the actions of each step, by the oracle.
#[rustfmt::skip]
static ACTIONS: [[u32; N_ACTIONS]; <steps>] = [
<actions>
];

/// Drawn bits: the same on every machine.
fn mixed(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// The readings of a step.
fn readings(step: usize) -> [f32; N_OBSERVATIONS] {
    let mut obs = [0.0; N_OBSERVATIONS];
    for (k, (x, span)) in obs.iter_mut().zip(&SPANS).enumerate() {
        let share = (mixed((step * N_OBSERVATIONS + k) as u32) >> 8) as f32 / 16777216.0;
        *x = span[0] + span[1] * share;
    }
    obs
}

/// Whether a number has these bits; any NaN is as good as another.
fn same(number: f32, bits: u32) -> bool {
    number.to_bits() == bits || (number.is_nan() && f32::from_bits(bits).is_nan())
}

#[test]
fn it_computes_the_bits_of_the_search() {
    assert_eq!(<p>::selftest(), 0);
}

#[test]
fn a_sequence_with_resets_has_the_bits_of_the_oracle() {
    let mut state = State::default();
    for (k, expected) in ACTIONS.iter().enumerate() {
        if RESETS.contains(&k) {
            state.reset();
        }
        for (action, bits) in step(&mut state, &readings(k)).iter().zip(expected) {
            assert!(same(*action, *bits), "step {k}: {action:e}");
        }
    }
}

#[test]
fn a_state_that_was_reset_is_a_new_one() {
    let mut state = State::default();
    for k in 0..20 {
        step(&mut state, &readings(k));
    }
    state.reset();
    assert_eq!(format!("{state:?}"), format!("{:?}", State::default()));
}
"""

EXAMPLE = """\
    let mut state = <p>::State::default();
    // Reset it after a switch of modes, a fault, or steps that were left out: `state.reset()`.
    let actions = <p>::step(&mut state, &obs);
"""

USE = """\
let mut state = <p>::State::default();
let actions = <p>::step(&mut state, &obs); // once for each reading; state.reset() begins anew
```

What is remembered is yours: reset it after a switch of modes, a fault, or steps that were left out. There is no
`step_checked` of a controller with a state.
"""


def test(made: Subject) -> str:
    """Returns the text of the crate's tests: the self-test, and a sequence of ``STEPS`` with resets."""
    spans = _spans(made.controller.observations)
    fills = {
        "spans": ", ".join(f"[{literal(low)}, {literal(width)}]" for low, width in spans.tolist()),
        "resets": str(len(RESETS)),
        "numbers": ", ".join(map(str, RESETS)),
        "steps": str(STEPS),
        "actions": "\n".join(f"    [{', '.join(row)}]," for row in _actions(made.controller)),
    }
    return made.fill(TEST, **fills)


def readings(channels: tuple[Channel, ...]) -> NDArray[np.float32]:
    """Returns the readings, float32 [steps, observations]; ``readings`` of the crate's test is the twin."""
    low, width = _spans(channels).T
    numbers = np.arange(STEPS * len(channels), dtype=np.uint32).reshape(STEPS, -1)
    share = (mixed(numbers) >> np.uint32(8)).astype(np.float32) / np.float32(2**24)
    return np.asarray(low + width * share, np.float32)


def _spans(channels: tuple[Channel, ...]) -> NDArray[np.float32]:
    """Returns the least reading of each channel and the width above it; about 0 where there are no bounds."""
    spans = [(c.low, c.high - c.low) if c.high - c.low <= WIDE else (-2.0, 4.0) for c in channels]
    return np.array(spans, np.float32)


def _actions(controller: Controller) -> list[list[str]]:
    resets = np.isin(np.arange(STEPS), RESETS)
    actions = evaluate_sequence(controller, readings(controller.observations), resets)
    return [[f"0x{bits:08x}" for bits in row] for row in actions.view(np.uint32).tolist()]
