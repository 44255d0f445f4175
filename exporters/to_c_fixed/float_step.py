"""The part of a header in fixed point that knows floats, which users ask for by a macro: converts and calls."""

from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, assignment, literal, signature

# NaN and the ends are told by their bits: fast math may take a comparison with NaN to be anything.
_CONVERT = """\
/* x in a format, to nearest, limited to 16 bits; neutral for NaN. */
static inline int16_t <p>_from_float(float x, float one, int16_t neutral) {
    const float t = x * one;
    union {
        float value;
        uint32_t bits;
    } got;
    uint32_t size;
    got.value = x;
    if ((got.bits & 0x7fffffffu) > 0x7f800000u) {
        return neutral;
    }
    got.value = t;
    size = got.bits & 0x7fffffffu;
    if (got.bits != size) { /* negative; 0x47000000 is 32768, 0x46fffe00 is 32767 */
        return size >= 0x47000000u ? (int16_t)-32768 : (int16_t)(t - 0.5f);
    }
    return size >= 0x46fffe00u ? (int16_t)32767 : (int16_t)(t + 0.5f);
}"""


def float_step(fixed: FixedController, names: Names) -> list[str]:
    """Returns the text of ``step_float`` and of what it needs, which takes and gives numbers in their units.

    ``FixedController.__call__`` is its twin. Powers of two scale without rounding, so nothing that a compiler may
    fuse or reorder changes a bit.
    """
    state = "state, " if fixed.memory else ""
    parameters = ["<p>_state *state"] if fixed.memory else []
    parameters += ["const float obs[<P>_N_OBSERVATIONS]", "float actions[<P>_N_ACTIONS]"]
    lines = [
        "/* Computes the actions with numbers in their units: converts, steps, converts back. */",
        *signature("static inline void", f"{names.p}_step_float", list(map(names.fill, parameters))),
        names.fill(f"{INDENT}int16_t fixed_obs[<P>_N_OBSERVATIONS];"),
        names.fill(f"{INDENT}int32_t fixed_actions[<P>_N_ACTIONS];"),
    ]
    for name, form in zip(names.observations, fixed.readings, strict=True):
        one = literal(2.0**form.fraction)
        lines += assignment(f"fixed_obs[{name}]", f"{names.p}_from_float(obs[{name}], {one}, {form.neutral})")
    lines.append(f"{INDENT}{names.p}_step({state}fixed_obs, fixed_actions);")
    for name, action in zip(names.actions, fixed.actions, strict=True):
        unit = literal(2.0**-action.fraction)
        lines += assignment(f"actions[{name}]", f"(float)fixed_actions[{name}] * {unit}")
    step = "\n".join([*lines, "}"])
    return [names.fill(f"#if defined(<P>_FLOAT)\n{text}\n#endif") for text in (_CONVERT, step)]
