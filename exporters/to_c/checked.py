"""A step that looks at what goes in and holds what comes out, by integers alone: ``<p>_step_checked``.

It trusts no comparison of floats: what a compiler made of a clip cannot leave an action outside its range.
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.reference import Floats
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, define, literal, signature

Status = NDArray[np.int64]
NOT_FINITE, OUT_OF_RANGE, LIMIT, RELIMITED = 1, 2, 4, 8

_STATUS = """\
/*
 * What <p>_step_checked() returns: 0, or the sum of what it met.
 *
 * NOT_FINITE    an observation is NaN or infinite: the actions are the fail-safe ones
 * OUT_OF_RANGE  an observation is outside of its range: the actions are computed all the same
 * LIMIT         an action is at an end of its range
 * RELIMITED     an action would have left its range: it is at the end; or was no number: fail-safe
 */
#define <P>_STATUS_NOT_FINITE 1
#define <P>_STATUS_OUT_OF_RANGE 2
#define <P>_STATUS_LIMIT 4
#define <P>_STATUS_RELIMITED 8"""

_FUNCTIONS = """\
/* Numbers as integers in the same order; both zeros are one. */
static inline uint32_t <p>_order(float x) {
    union {
        float value;
        uint32_t bits;
    } got;
    got.value = x;
    return (got.bits & 0x80000000u) != 0u ? 0u - got.bits : got.bits + 0x80000000u;
}

/* What is wrong with an observation; the limits are orders. */
static inline int <p>_observed(float x, uint32_t low, uint32_t high) {
    const uint32_t order = <p>_order(x);
    if (order <= 0x00800000u || order >= 0xff800000u) { /* infinity and all beyond */
        return <P>_STATUS_NOT_FINITE;
    }
    return order < low || order > high ? <P>_STATUS_OUT_OF_RANGE : 0;
}"""

_WITHIN = """\
    const uint32_t order = <p>_order(*x);
    if (order <= 0x00800000u || order >= 0xff800000u) {
        *x = safe;
        return <P>_STATUS_RELIMITED;
    }
    if (order < <p>_order(low) || order > <p>_order(high)) {
        *x = order < <p>_order(low) ? low : high;
        return <P>_STATUS_RELIMITED;
    }
"""
_AT_LIMIT = "    return order == <p>_order(low) || order == <p>_order(high) ? <P>_STATUS_LIMIT"

_NOTE = "/* Computes the actions and says what was met: see the STATUS macros. */"
# Whatever it says, what is remembered afterwards is what the plain step would remember: one more reading.
_STATEFUL_NOTE = """\
/*
 * Computes the actions and says what was met: see the STATUS macros. The state advances by one step
 * whatever is met: a reading that is not finite leaves what is remembered of it as it was.
 */"""


def macros(controller: Controller, names: Names) -> list[str]:
    """Returns the bits of the status and the fail-safe actions."""
    lines = ["/* The fail-safe actions; define yours before the include. */"]
    for name, channel in zip(fail_safe(names), controller.actions, strict=True):
        value = literal(float(channel.neutral))
        value = f"({value})" if value.startswith("-") else value
        lines += [f"#ifndef {name}", define(name, value), "#endif"]
    return [names.fill(_STATUS), "\n".join(lines)]


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the checked step and of what it needs, callees first."""
    parameters = ["float *x", "float low", "float high", "float safe"]
    head = signature("static inline int", f"{names.p}_within", parameters)
    note = "/* Holds an action within its range, by its bits; says whether that was needed. */"
    last = names.fill(_AT_LIMIT)
    last += " : 0;" if len(last) + 5 <= COLUMNS else f"\n{' ' * last.index('?')}: 0;"
    return [names.fill(_FUNCTIONS), "\n".join([note, *head, names.fill(_WITHIN) + last, "}"]), _step(controller, names)]


def _step(controller: Controller, names: Names) -> str:
    has_state = bool(controller.derived)
    parameters = ["const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]"]
    parameters = [*(["<p>_state *state"] * has_state), *parameters]
    lines = [
        _STATEFUL_NOTE if has_state else _NOTE,
        *signature("static inline int", f"{names.p}_step_checked", list(map(names.fill, parameters))),
        f"{INDENT}int status = 0;",
    ]
    for k, channel in enumerate(controller.observations):
        low, high = (f"0x{order(end):08x}u" for end in (channel.low, channel.high))
        lines.append(f"{INDENT}status |= {names.p}_observed(obs[{k}], {low}, {high});")
    lines.append(names.fill(f"{INDENT}<p>_step({'state, ' * has_state}obs, actions);"))
    lines.append(names.fill(f"{INDENT}if ((status & <P>_STATUS_NOT_FINITE) != 0) {{"))
    lines += [f"{INDENT * 2}actions[{k}] = {name};" for k, name in enumerate(fail_safe(names))]
    lines += [f"{INDENT * 2}return status;", f"{INDENT}}}"]
    for k, (name, channel) in enumerate(zip(fail_safe(names), controller.actions, strict=True)):
        begin, rest = f"{INDENT}status |= {names.p}_within(", f"&actions[{k}], {_ends(channel, names)}, {name});"
        lines += [begin + rest] if len(begin + rest) <= COLUMNS else [begin, f"{INDENT * 2}{rest}"]
    return "\n".join([*lines, f"{INDENT}return status;", "}"])


def fail_safe(names: Names) -> list[str]:
    """Returns the macros of the fail-safe actions."""
    return [name.replace(f"{names.P}_ACTION_", f"{names.P}_FAIL_SAFE_", 1) for name in names.actions]


def _ends(channel: Channel, names: Names) -> str:
    return ", ".join(literal(end, names.fill("<P>_INF")) for end in (channel.low, channel.high))


def order(value: float) -> int:
    """Returns what ``<p>_order`` makes of a number."""
    return int(_orders(np.float32(value)))


# The oracle of the checks, for what the self-test records.


def observed(x: Floats, low: float, high: float) -> Status:
    """Returns what ``<p>_observed`` says of numbers."""
    outside = (_orders(x) < order(low)) | (_orders(x) > order(high))
    return np.where(np.isfinite(x), np.where(outside, OUT_OF_RANGE, 0), NOT_FINITE)


def within(x: Floats, low: float, high: float, safe: float) -> tuple[Floats, Status]:
    """Returns what ``<p>_within`` makes of numbers, and what it says."""
    orders, first, last = _orders(x), order(low), order(high)
    held = np.where(orders < first, np.float32(low), np.where(orders > last, np.float32(high), x))
    status = np.where((orders < first) | (orders > last), RELIMITED, 0)
    status = np.where((orders == first) | (orders == last), LIMIT, status)
    finite = np.isfinite(x)
    return np.where(finite, held, np.float32(safe)), np.where(finite, status, RELIMITED)


def checked_actions(controller: Controller, observations: Floats, plain: Floats) -> tuple[Floats, Status]:
    """Returns what ``<p>_step_checked`` computes, where it takes no fail-safe action, and what it says.

    Args:
        controller: the controller.
        observations: of each step, [steps, observations].
        plain: what ``<p>_step`` computes for them, [steps, actions].
    """
    status = np.zeros(len(observations), np.int64)
    for channel, column in zip(controller.observations, observations.T, strict=True):
        status |= observed(column, channel.low, channel.high)
    columns, said = [], np.zeros_like(status)
    for channel, column in zip(controller.actions, plain.T, strict=True):
        held, found = within(column, channel.low, channel.high, float(channel.neutral))
        columns.append(held)
        said |= found
    return np.stack(columns, axis=1), np.where(status & NOT_FINITE, status, status | said)


def _orders(x: Floats | np.float32) -> Status:
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.int64)
    return np.asarray(np.where(bits & 0x80000000, -bits, bits + 0x80000000) & 0xFFFFFFFF)
