"""The self-test of a generated header: it computes vectors on the target and compares bits."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from wann_rt.core.activations import BY_NAME
from wann_rt.core.arithmetic import clip
from wann_rt.core.controller import Controller, Vector
from wann_rt.core.reference import Floats
from wann_rt.core.symbols import trace
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import test_resets
from wann_rt.exporters.drawn import answers
from wann_rt.exporters.to_c import checked_selftest, monitor, spread
from wann_rt.exporters.to_c.functions import activations_of
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.selftest_text import (
    ARITHMETIC,
    ASK_FUNCTIONS,
    BITS,
    DRAWN,
    FAULTS,
    FUNCTIONS,
    MIXED,
    MONITOR_BEGIN,
    MONITOR_STATE,
    MONITOR_STEP,
    OBSERVED,
    REMEMBERED,
    RENEWED,
    RESETS,
    SAME,
    SELFTEST,
    STATE,
    STATE_BEGIN,
    STATE_STEP,
    STEP,
    TABLES,
)
from wann_rt.exporters.to_c.text import INDENT, braced, literal, signature

SEEDS = 4  # of drawn vectors: the one that meets most sides of choices is taken


def faults(*, is_checked: bool, has_spread: bool = False) -> str:
    """Returns the macros of what a self-test can say."""
    text = FAULTS
    for line, macro in [*([checked_selftest.FAULT] * is_checked), *([spread.FAULT] * has_spread)]:
        text = text.replace(" */\n", line) + macro
    return text


def selftest(
    controller: Controller,
    vectors: tuple[Vector, ...],
    names: Names,
    *,
    is_checked: bool = False,
    has_spread: bool = False,
) -> list[str]:
    """Returns the text of the self-test and of what it needs, callees first."""
    functions = tested_functions(controller)
    texts = [TABLES, SAME, ARITHMETIC, MIXED, BITS, *([_functions(functions, names)] * bool(functions))]
    seed, observations = drawn_observations(controller)
    n_rounds = drawn.rounds(len(controller.observations))
    parameters = ["uint32_t drawn", "uint32_t channel", "uint32_t low", "uint32_t high"]
    head = "\n".join(signature("static inline float", f"{names.p}_drawn", parameters))
    drawing = DRAWN.replace("<drawn>", head).replace("<seed>", str(seed)).replace("<rounds>", str(n_rounds))
    texts += [drawing, *([checked_selftest.selftest(controller, seed, names)] if is_checked else [])]
    texts += [spread.selftest(controller, vectors, observations, names)] if has_spread else []
    ask = ASK_FUNCTIONS.replace("<hash>", _hex(functions_hash(functions))) if functions else ""
    ask += checked_selftest.ASK * is_checked + (spread.asked(controller) if has_spread else "")
    fills = {
        "<observations>": _rows([vector.observation for vector in vectors]),
        "<expected>": _rows([vector.action for vector in vectors]),
        "<limits>": _rows([(channel.low, channel.high) for channel in controller.observations]),
        "<functions>": ask,
        "<observed>": OBSERVED.replace("<given>", "observations"),
        "<drawn>": str(len(observations)),
        "<hash>": _hex(_hash(controller, observations)),
        **_of_state(controller, names, len(vectors)),
    }
    text = SELFTEST
    for mark, value in fills.items():
        text = text.replace(mark, value)
    return [names.fill(text) for text in (*texts, text)]


def _hash(controller: Controller, observations: Floats) -> int:
    """Returns the hash of all that is computed from drawn observations, and last of the state once it is reset."""
    found = drawn.hashed(_with_monitor(controller, observations, answers(controller, observations)))
    return drawn.hashed(controller.start(), found) if controller.derived else found


def _with_monitor(controller: Controller, observations: Floats, found: Floats) -> Floats:
    """Returns answers, and beside them what a monitor remembers of each drawn step."""
    if controller.monitor is None:
        return found
    return np.hstack([found, monitor.remembered(controller, observations, found[:, : len(controller.actions)])])


def _of_state(controller: Controller, names: Names, n_vectors: int) -> dict[str, str]:
    """Returns what the self-test does with a state and with a monitor."""
    fills = _of_derived(controller, names, n_vectors)
    if controller.monitor is not None:
        fields = [f"{INDENT * 3}hash = <p>_hashed(hash, monitor.{field});" for field in monitor.fields(controller)]
        fills["<state>"] += MONITOR_STATE
        fills["<begin>"] += MONITOR_BEGIN
        step = MONITOR_STEP.replace("<length>", str(drawn.SEQUENCE)).replace("<numbers>", "\n".join(fields))
        step = step.replace("<repeats>", str(controller.monitor.most_repeats))
        fills["<remembered>"] += step
    return fills


def _of_derived(controller: Controller, names: Names, n_vectors: int) -> dict[str, str]:
    """Returns what the self-test does with a state; nothing where there is none."""
    if not controller.derived:
        return {"<resets>": "", "<state>": "", "<begin>": "", "<step>": STEP, "<remembered>": "", "<renewed>": ""}
    words = [f"{int(k in test_resets(controller))}u" for k in range(n_vectors)]
    rows = [words[k : k + 16] for k in range(0, n_vectors, 16)]
    numbers = ",\n".join(INDENT * 2 + ", ".join(row) for row in rows)
    turn = STATE_STEP.replace("<length>", str(drawn.SEQUENCE))
    fields = [f"{INDENT * 3}hash = <p>_hashed(hash, state.{field});" for field in names.state]
    zeros = "\n".join(line.removeprefix(INDENT * 2) for line in fields)
    return {
        "<resets>": RESETS.replace("<numbers>", numbers),
        "<state>": STATE,
        "<begin>": STATE_BEGIN,
        "<step>": turn,
        "<remembered>": REMEMBERED.replace("<numbers>", "\n".join(fields)),
        "<renewed>": RENEWED.replace("<numbers>", zeros),
    }


# Limits that meet both zeros, on either side.
CLIPS = ((0.0, 1.0, 0.5), (-1.0, 0.0, -0.25))


class Tested(NamedTuple):
    """A function that is tested by itself: an activation's name, or ``clip`` with its place in ``CLIPS``."""

    name: str
    function: Callable[[Floats], Floats]


def tested_functions(controller: Controller) -> list[Tested]:
    """Returns the functions of numbers that a controller calls."""
    used = activations_of(controller, Names.of(controller, "p"))
    tested = [Tested(a.name, a.function) for a in used if trace(a.function, "x").op not in ("input", "abs")]
    if any(channel.clip for channel in (*controller.inputs, *controller.actions)):
        tested += [Tested(f"clip {k}", partial(_clipped, limits)) for k, limits in enumerate(CLIPS)]
    return tested


def call(tested: Tested, activation: Callable[[str], str], clip: str, literal: Callable[[float], str]) -> str:
    """Returns the call of a tested function for x, in the words of a language."""
    if tested.name in BY_NAME:
        return f"{activation(tested.name)}(x)"
    limits = CLIPS[int(tested.name.split()[1])]
    return f"{clip}(x, {', '.join(map(literal, limits))})"


def _clipped(limits: tuple[float, float, float], x: Floats) -> Floats:
    low, high, neutral = map(np.float32, limits)
    return np.asarray(clip(x, low, high, neutral))


def _functions(functions: Sequence[Tested], names: Names) -> str:
    texts = [call(tested, lambda name: names.function(BY_NAME[name]), "<p>_clip", literal) for tested in functions]
    lines = [f"y = {text};\n{INDENT * 2}hash = <p>_hashed(hash, y);" for text in texts]
    calls = "\n".join(f"{INDENT * 2}{line}" for line in lines)
    return FUNCTIONS.replace("<inputs>", str(drawn.FUNCTION_INPUTS)).replace("<calls>", calls)


def functions_hash(functions: Sequence[Tested]) -> int:
    """Returns the hash of what the functions compute for the drawn arguments."""
    with np.errstate(all="ignore"):
        columns = [tested.function(drawn.inputs()) for tested in functions]
    return drawn.hashed(np.stack(columns, axis=1).astype(np.float32))


def _rows(rows: Sequence[Sequence[float]]) -> str:
    return "\n".join(line for row in rows for line in braced(_bits(row)))


def _bits(values: Sequence[float]) -> list[str]:
    return [_hex(int(bits)) + "u" for bits in np.array(values, np.float32).view(np.uint32)]


def _hex(bits: int) -> str:
    return f"0x{bits:08x}"


def drawn_observations(controller: Controller) -> tuple[int, Floats]:
    """Returns the seed of the drawn vectors and these: of a few seeds the one with the most distinct actions."""
    found = {seed: drawn.observations(controller.observations, seed) for seed in range(SEEDS)}
    return max(found.items(), key=lambda item: _variety(controller, item[1]))


def _variety(controller: Controller, observations: Floats) -> int:
    actions = answers(controller, observations)
    return sum(len(np.unique(column.view(np.uint32))) for column in actions.T)
