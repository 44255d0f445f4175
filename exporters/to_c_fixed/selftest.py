"""The self-test of a header in fixed point: functions, recorded vectors, drawn ones, and the conversions of floats."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import BY_ID
from wann_rt.core.fixed.activations import FIXED, Range
from wann_rt.core.fixed.nodes import clipped
from wann_rt.core.fixed.plan import INT16
from wann_rt.core.fixed.reference import FixedController, Integers
from wann_rt.core.fixed.symbols import INT32
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import test_resets, test_vectors
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.selftest_text import MIXED, REMEMBERED, RENEWED, STATE, STATE_BEGIN
from wann_rt.exporters.to_c.text import INDENT, assignment, braced, signature
from wann_rt.exporters.to_c_fixed.functions import arguments, is_call
from wann_rt.exporters.to_c_fixed.selftest_text import (
    ASK_FUNCTIONS,
    DRAWN,
    FLOAT_STEP,
    FLOATS,
    FUNCTIONS,
    RESETS,
    SELFTEST,
    STATE_FLOAT_STEP,
    STATE_STEP,
    STEP,
)
from wann_rt.exporters.to_c_fixed.steps import groups_of
from wann_rt.exporters.to_c_fixed.syntax import is_narrow

SEED = 0
CONVERTED = 160
NEAR = (INT32[0] + 8, INT32[1] - 8)  # what may be drawn around without leaving 32 bits
MOST_FUNCTIONS = 64  # that are tested by themselves: a large ensemble has some for each member, and flash is dear


class Tested(NamedTuple):
    """A function that is tested by itself.

    Attributes:
        name: in C.
        function: the same of the oracle.
        limits: arguments near which something may change; see ``drawn.operands``.
        ends: least and greatest argument that it is made for.
        is_narrow: whether C takes its argument as an ``int`` of 16 bits.
    """

    name: str
    function: Callable[[Integers], Integers]
    limits: Range
    ends: Range
    is_narrow: bool


def selftest(fixed: FixedController, vectors: Integers, names: Names) -> list[str]:
    """Returns the text of the self-test and of what it needs, callees first."""
    limits = np.array([form.limits or INT16 for form in fixed.readings], np.int64)
    drawn_ones = drawn.integers(limits, SEED)
    tested = tested_functions(fixed, names)
    answers = _answers(fixed, drawn_ones)
    parameters = ["uint32_t drawn", "uint32_t channel", "int16_t low", "int16_t high"]
    fills = {
        "<head>": "\n".join(signature("static inline int16_t", f"{names.p}_drawn", parameters)),
        "<observations>": _rows(vectors),
        "<expected>": _rows(fixed.run_sequence(vectors, resets(fixed))[0] if fixed.memory else fixed.run(vectors)),
        "<limits>": _rows(np.clip(limits, *INT16)),
        "<drawn>": str(len(drawn_ones)),
        "<hash>": f"0x{_renewed(fixed, drawn.hashed(answers)):08x}",
        "<floats>": f"0x{_floats_hash(fixed):08x}",
        "<seed>": str(SEED),
        "<converted>": str(CONVERTED),
        "<steps>": str(drawn.FLOAT_STEPS),
        "<rounds>": str(drawn.STEP_ROUNDS),
        "<functions>": ASK_FUNCTIONS.replace("<hash>", f"0x{functions_hash(tested):08x}") if tested else "",
    }
    fills = _of_state(fixed, names) | fills
    texts = []
    for text in (MIXED, *([_functions(tested, names)] * bool(tested)), DRAWN, FLOATS, SELFTEST):
        for mark, value in fills.items():
            text = text.replace(mark, value)
        texts.append(names.fill(text))
    return texts


def _of_state(fixed: FixedController, names: Names) -> dict[str, str]:
    """Returns what the self-test does with a state; nothing where there is none."""
    if fixed.memory is None:
        empty = dict.fromkeys(("<resets>", "<state>", "<begin>", "<remembered>", "<renewed>"), "")
        return empty | {"<step>": STEP, "<float step>": FLOAT_STEP}
    words = [str(int(begins)) for begins in resets(fixed)]
    rows = [words[k : k + 16] for k in range(0, len(words), 16)]
    lines = [f"hash = <p>_joined(hash, state.{field});" for field in names.state]
    remembered, renewed = ("\n".join(f"{INDENT * depth}{line}" for line in lines) for depth in (3, 1))
    return {
        "<resets>": RESETS.replace("<numbers>", ",\n".join(INDENT * 2 + ", ".join(row) for row in rows)),
        "<state>": STATE,
        "<begin>": STATE_BEGIN,
        "<step>": STATE_STEP.replace("<length>", str(drawn.SEQUENCE)),
        "<float step>": STATE_FLOAT_STEP.replace("<length>", str(drawn.SEQUENCE)),
        "<remembered>": REMEMBERED.replace("<numbers>", remembered),
        "<renewed>": RENEWED.replace("<numbers>", renewed),
    }


def resets(fixed: FixedController) -> NDArray[np.bool_]:
    """Returns before which recorded vectors a state is reset; the ends of the type, the last ones, go on."""
    count = len(recorded(fixed))
    return np.isin(np.arange(count), test_resets(fixed.controller))


def _answers(fixed: FixedController, observations: Integers) -> Integers:
    """Returns the actions for drawn observations; of a controller with a state for sequences, and the states too."""
    if fixed.memory is None:
        return fixed.run(observations)
    return np.hstack(fixed.run_sequence(observations, np.arange(len(observations)) % drawn.SEQUENCE == 0))


def _renewed(fixed: FixedController, found: int) -> int:
    """Returns a hash after that of a state that is reset."""
    return drawn.hashed(fixed.start(), found) if fixed.memory else found


def tested_functions(fixed: FixedController, names: Names) -> list[Tested]:
    """Returns the functions of numbers that a header has, activations first; of many the first ones."""
    met = arguments(fixed)
    found = [
        Tested(names.function(BY_ID[k]), FIXED[k].function, ends, ends, is_narrow(ends))
        for k, ends in met.items()
        if is_call(k)
    ]
    for group in chain.from_iterable(groups_of(fixed.plan, names)):
        limits = clipped(group.totals if group.limit is None else (-group.limit, group.limit), NEAR)
        found.append(Tested(group.name, group.evaluate, limits, group.totals, not group.is_wide))
    return found[:MOST_FUNCTIONS]


def functions_hash(tested: Sequence[Tested]) -> int:
    """Returns the hash of what the functions compute for the drawn arguments; ``<p>_functions`` in C is the twin."""
    columns = [one.function(drawn.operands(one.limits, one.ends)) for one in tested]
    return drawn.hashed(np.stack(columns, axis=1).astype(np.int64))


def _functions(tested: Sequence[Tested], names: Names) -> str:
    note = "/* A drawn argument between limits: any, at either end, a step of a table, small. */"
    parameters = ["uint32_t number", "const int32_t *limits"]
    calls = []
    for k, one in enumerate(tested):
        calls += [f"{INDENT}x = {names.p}_operand(i, limits[{k}]);"]
        calls += assignment("y", f"{one.name}({'(int)' * one.is_narrow}x)")
        calls += [f"{INDENT}hash = {names.p}_joined(hash, y);"]
    fills = {
        "<head>": "\n".join([note, *signature("static inline int32_t", f"{names.p}_operand", parameters)]),
        "<operands>": str(drawn.OPERANDS),
        "<tested>": str(len(tested)),
        # A table, for in code the same numbers cost three times as much.
        "<limits>": _rows([(*one.limits, *one.ends, drawn.operand_shift(one.ends)) for one in tested]),
        "<calls>": "\n".join(f"{INDENT}{line}" for line in calls),
    }
    text = FUNCTIONS
    for mark, value in fills.items():
        text = text.replace(mark, value)
    return text


def recorded(fixed: FixedController) -> Integers:
    """Returns the observations of the recorded vectors: those of the contract, and the ends of the type."""
    floats = np.array([vector.observation for vector in test_vectors(fixed.controller)], np.float32)
    ends = np.repeat(np.array(INT16)[:, np.newaxis], floats.shape[1], axis=1)
    return np.concatenate([fixed.from_float(floats), ends])


def _floats_hash(fixed: FixedController) -> int:
    """Returns what ``<p>_floats`` computes."""
    x = drawn.convertible(np.arange(CONVERTED, dtype=np.uint32))
    with np.errstate(all="ignore"):
        scaled = x * np.float32(2.0)
        nearest = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    limited = np.clip(np.where(np.isnan(scaled), np.float32(-3), nearest), *INT16)
    n = len(fixed.controller.observations)
    observations = drawn.steps_of_floats(drawn.FLOAT_STEPS, n)
    begins = np.arange(drawn.FLOAT_STEPS) % drawn.SEQUENCE == 0
    actions = fixed.evaluate_sequence(observations, begins) if fixed.memory else fixed(observations)
    return drawn.hashed(actions, drawn.hashed(limited.astype(np.int64)))


def _rows(values: Sequence[Sequence[int]] | Integers) -> str:
    return "\n".join(line for row in values for line in braced([str(int(value)) for value in row]))
