"""The oracle as plain C, for proofs: loops over tables, written from ``core`` and not by the exporters' printer."""

from collections.abc import Sequence

import numpy as np

from wann_rt.core.channel import Channel
from wann_rt.core.controller import Controller

# Operation by operation what core/activations.py and core/arithmetic.py say; ids are those of the palette.
_FUNCTIONS = """\
static float oracle_abs(float x) { return __builtin_fabsf(x); }
static float oracle_max(float a, float b) { return a > b ? a : b; }
static float oracle_min(float a, float b) { return a < b ? a : b; }
static float oracle_clip(float x, float low, float high, float neutral) {
    float number = x >= x ? x : neutral;
    return oracle_min(high, oracle_max(low, number));
}
static float oracle_reduced(float x) {
    float even = (x + 25165824.0f) - 25165824.0f;
    float rest = x - even;
    return oracle_abs(x) >= 8388608.0f ? 0.0f : rest;
}
static float oracle_horner(float x, const float *c, int n) {
    float y = c[0];
    int k;
    for (k = 1; k < n; k++) {
        y = y * x;
        y = y + c[k];
    }
    return y;
}
static float oracle_tanh(float x) {
    static const float q_of[] = {<36.653416>, <5498.3735>, <119569.695>, <262144>};
    float z = oracle_max(-7.25f, oracle_min(7.25f, x));
    float s = z * z;
    float p = s + <591.1133>;
    p = p * s;
    p = p + <32190.752>;
    p = p * s;
    p = p + <262144>;
    return (z * p) / oracle_horner(s, q_of, 4);
}
static float oracle_activation(int id, float x) {
    static const float sin_of[] = {<0.21969882>, <1.1122317>, <3.1418693>, <3.1415854>};
    static const float cos_of[] = {<-0.5532916>, <2.5413868>, <-5.1670885>, <3.1415806>};
    static const float exp_of[] = {<3.4226698e-08>, <-5.0466265e-06>, <0.0004881829>, <-0.031249957>, <1>};
    float d;
    float y;
    int k;
    switch (id) {
    case 1: return x;
    case 2: return x > 0.0f ? 1.0f : 0.0f;
    case 3:
        d = oracle_reduced(x);
        y = d * (1.0f - oracle_abs(d));
        return y * oracle_horner(oracle_abs(y), sin_of, 4);
    case 4:
        y = oracle_horner(oracle_min(32.0f, x * x), exp_of, 5);
        for (k = 0; k < 4; k++) { y = y * y; }
        return y;
    case 5: return oracle_tanh(x);
    case 6:
        y = oracle_tanh(x * 0.5f);
        y = y * 0.5f;
        return y + 0.5f;
    case 7: return -x;
    case 8: return oracle_abs(x);
    case 9: return oracle_max(0.0f, x);
    case 10:
        d = 0.5f - oracle_abs(oracle_reduced(x));
        return d * oracle_horner(d * d, cos_of, 4);
    default: return x * x;
    }
}
"""
_STEP = """\
static void oracle(const float *observation, float *actions) {
    float value[1 + N_INPUTS + N_NODES];
    float out[N_OUTPUTS];
    int member;
    int node;
    int k;
    value[0] = 1.0f;
    for (k = 0; k < N_INPUTS; k++) {
        value[1 + k] = oracle_observed(k, observation[k]);
    }
    for (member = 0; member < N_MEMBERS; member++) {
        int term = 0;
        for (node = 0; node < N_NODES; node++) {
            float total = 0.0f;
            for (k = 0; k < n_terms[node]; k++) {
                float v = value[sources[term]];
                v = factors[term] == 1.0f ? v : factors[term] == -1.0f ? -v : factors[term] * v;
                total = k == 0 ? v : total + v;
                term++;
            }
            if (HAS_MULTIPLIERS) { total = total * multipliers[member]; }
            value[1 + N_INPUTS + node] = oracle_activation(activations[node], total);
        }
        for (k = 0; k < N_OUTPUTS; k++) {
            float x = oracle_action(k, value[1 + N_INPUTS + N_NODES - N_OUTPUTS + k]);
            out[k] = member == 0 ? x : out[k] + x;
        }
    }
    for (k = 0; k < N_OUTPUTS; k++) {
        actions[k] = AVERAGES ? oracle_limited(k, out[k] * SHARE) : out[k];
    }
}
"""


def oracle_text(controller: Controller) -> str:
    """Returns C that defines ``oracle``, the reference's actions for one observation."""
    lowered, network = controller.lowered, controller.network
    terms = [term for node in lowered.nodes for term in node.terms]
    multipliers = [m for m in lowered.multipliers if m is not None]
    counts = {
        "N_INPUTS": network.n_inputs,
        "N_NODES": len(lowered.nodes),
        "N_OUTPUTS": network.n_outputs,
        "N_MEMBERS": len(lowered.multipliers),
        "HAS_MULTIPLIERS": int(bool(multipliers)),
        "AVERAGES": int(lowered.averages),
        "SHARE": literal(float(np.float32(1) / np.float32(len(lowered.multipliers)))),
    }
    tables: dict[str, list[int] | list[str]] = {
        "int n_terms": [len(node.terms) for node in lowered.nodes],
        "int activations": [node.activation for node in lowered.nodes],
        "int sources": [term.source for term in terms] or [0],
        "float factors": [literal(term.factor) for term in terms] or ["0.0f"],
        "float multipliers": [literal(m) for m in multipliers] or ["0.0f"],
    }
    lines = [f"#define {name} {value}" for name, value in counts.items()]
    lines += [
        f"static const {name}[] = {{{', '.join(str(value) for value in values)}}};" for name, values in tables.items()
    ]
    lines += _channels("oracle_observed", controller.observations, ("clip", "offset", "scale"), -1)
    lines += _channels("oracle_action", controller.actions, ("scale", "offset", "clip"), 1)
    lines += _channels("oracle_limited", controller.actions, ("clip",), 1)
    return "\n".join([_numbers(_FUNCTIONS), *lines, _STEP])


def literal(value: float) -> str:
    """Returns a float32 as C, exactly."""
    if np.isinf(value):
        return "__builtin_inff()" if value > 0 else "(-__builtin_inff())"
    return f"{float(np.float32(value)).hex()}f"


def _numbers(text: str) -> str:
    """Returns text with each decimal in <> as the exact float32 that it rounds to."""
    parts = text.split("<")
    found = [parts[0]]
    for part in parts[1:]:
        number, closed, rest = part.partition(">")
        try:
            found.append(literal(float(number)) + rest)
        except ValueError:
            found.append("<" + number + closed + rest)
    return "".join(found)


def _channels(name: str, channels: Sequence[Channel], order: Sequence[str], sign: int) -> list[str]:
    """Returns a function of a channel's number and value: what is done to it, in order."""
    lines = [f"static float {name}(int channel, float x) {{", "    switch (channel) {"]
    for k, channel in enumerate(channels):
        neutral = np.clip(np.float32(0), np.float32(channel.low), np.float32(channel.high))
        limits = ", ".join(literal(v) for v in (channel.low, channel.high, float(neutral)))
        steps = {
            "clip": f"x = oracle_clip(x, {limits});" if channel.clip else "",
            "offset": f"x = x + {literal(sign * channel.offset)};" if channel.offset != 0 else "",
            "scale": f"x = x * {literal(channel.scale)};" if channel.scale != 1 else "",
        }
        lines.append(f"    case {k}: {' '.join(steps[part] for part in order)} break;")
    return [*lines, "    default: break;", "    }", "    return x;", "}"]
