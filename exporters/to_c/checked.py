"""A step that looks at what goes in and holds what comes out, by integers alone: ``<p>_step_checked``.

It trusts no comparison of floats: what a compiler made of a clip cannot leave an action outside its range.
"""

import numpy as np

from wann_rt.core.controller import Channel, Controller
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, define, literal, signature

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
    return order == <p>_order(low) || order == <p>_order(high) ? <P>_STATUS_LIMIT : 0;
}"""


def macros(controller: Controller, names: Names) -> list[str]:
    """Returns the bits of the status and the fail-safe actions."""
    lines = ["/* The fail-safe actions; define yours before the include. */"]
    for name, channel in zip(_fail_safe(names), controller.actions, strict=True):
        value = literal(float(channel.neutral))
        value = f"({value})" if value.startswith("-") else value
        lines += [f"#ifndef {name}", define(name, value), "#endif"]
    return [names.fill(_STATUS), "\n".join(lines)]


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the checked step and of what it needs, callees first."""
    parameters = ["float *x", "float low", "float high", "float safe"]
    head = signature("static inline int", f"{names.p}_within", parameters)
    note = "/* Holds an action within its range, by its bits; says whether that was needed. */"
    return [names.fill(_FUNCTIONS), "\n".join([note, *head, names.fill(_WITHIN)]), _step(controller, names)]


def _step(controller: Controller, names: Names) -> str:
    parameters = ["const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]"]
    lines = [
        "/* Computes the actions and says what was met: see the STATUS macros. */",
        *signature("static inline int", f"{names.p}_step_checked", list(map(names.fill, parameters))),
        f"{INDENT}int status = 0;",
    ]
    for k, channel in enumerate(controller.observations):
        low, high = (f"0x{_order(end):08x}u" for end in (channel.low, channel.high))
        lines.append(f"{INDENT}status |= {names.p}_observed(obs[{k}], {low}, {high});")
    lines.append(f"{INDENT}{names.p}_step(obs, actions);")
    lines.append(names.fill(f"{INDENT}if ((status & <P>_STATUS_NOT_FINITE) != 0) {{"))
    lines += [f"{INDENT * 2}actions[{k}] = {name};" for k, name in enumerate(_fail_safe(names))]
    lines += [f"{INDENT * 2}return status;", f"{INDENT}}}"]
    for k, (name, channel) in enumerate(zip(_fail_safe(names), controller.actions, strict=True)):
        lines += [
            f"{INDENT}status |= {names.p}_within(",
            f"{INDENT * 2}&actions[{k}], {_ends(channel, names)}, {name});",
        ]
    return "\n".join([*lines, f"{INDENT}return status;", "}"])


def _fail_safe(names: Names) -> list[str]:
    return [name.replace(f"{names.P}_ACTION_", f"{names.P}_FAIL_SAFE_", 1) for name in names.actions]


def _ends(channel: Channel, names: Names) -> str:
    return ", ".join(literal(end, names.fill("<P>_INF")) for end in (channel.low, channel.high))


def _order(value: float) -> int:
    """Returns what ``<p>_order`` makes of a number."""
    bits = int(np.float32(value).view(np.uint32))
    return (-bits if bits & 0x80000000 else bits + 0x80000000) & 0xFFFFFFFF
