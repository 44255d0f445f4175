"""The part of a header in fixed point that knows floats, which users ask for by a macro: converts and calls."""

from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, assignment, literal, signature

_CONVERT = """\
/* x in a format, to nearest, limited to 16 bits; neutral for NaN. */
static inline int16_t <p>_from_float(float x, float one, int16_t neutral) {
    const float t = x * one;
    if (t >= 32767.0f) {
        return 32767;
    }
    if (t > -32768.0f) {
        return (int16_t)(t < 0.0f ? t - 0.5f : t + 0.5f);
    }
    return t <= -32768.0f ? (int16_t)-32768 : neutral;
}"""


def float_step(fixed: FixedController, names: Names) -> str:
    """Returns the text of ``step_float``, which takes and gives numbers in their units.

    ``FixedController.__call__`` is its twin. Powers of two scale without rounding, so nothing that a compiler may
    fuse or reorder changes a bit.
    """
    parameters = ["const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]"]
    lines = [
        "/* Computes the actions with numbers in their units: converts, steps, converts back. */",
        *signature("static inline void", f"{names.p}_step_float", list(map(names.fill, parameters))),
        names.fill(f"{INDENT}int16_t fixed_obs[<P>_N_OBSERVATIONS];"),
        names.fill(f"{INDENT}int32_t fixed_actions[<P>_N_ACTIONS];"),
    ]
    for name, form in zip(names.observations, fixed.plan.observations, strict=True):
        one = literal(2.0**form.fraction)
        lines += assignment(f"fixed_obs[{name}]", f"{names.p}_from_float(obs[{name}], {one}, {form.neutral})")
    lines.append(f"{INDENT}{names.p}_step(fixed_obs, fixed_actions);")
    for name, action in zip(names.actions, fixed.plan.actions, strict=True):
        unit = literal(2.0**-action.fraction)
        lines += assignment(f"actions[{name}]", f"(float)fixed_actions[{name}] * {unit}")
    head, end = names.fill("#if defined(<P>_FLOAT)"), "#endif"
    return "\n".join([head, names.fill(_CONVERT), "", *lines, "}", end])
