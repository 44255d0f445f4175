"""A step that says how far the members of an ensemble are apart, too: ``<p>_step_spread``.

Its actions are those of ``<p>_step``, bit for bit; what is apart is traced from ``core.spread``.
"""

from collections.abc import Iterator

import numpy as np

from wann_rt.core.controller import Controller, Vector
from wann_rt.core.reference import Floats, evaluate_spread
from wann_rt.core.spread import widened
from wann_rt.core.symbols import Symbol
from wann_rt.exporters import drawn
from wann_rt.exporters.contract import test_resets
from wann_rt.exporters.to_c import memory
from wann_rt.exporters.to_c.functions import printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.selftest_text import OBSERVED
from wann_rt.exporters.to_c.steps import conditioned, head, mean, spare_names
from wann_rt.exporters.to_c.text import INDENT, assignment, literal, signature

FAULT = (
    " * SPREAD     so does <p>_step_spread()\n */\n",
    "\n#define <P>_FAULT_SPREAD 256",
)
ASK = """\
    if (<p>_spreads(observations, <resets>limits)) {
        found |= <P>_FAULT_SPREAD;
    }
"""
_NOTE = """\
/*
 * Computes the mean of the actions under each member's weight, and how far the members are apart:
 * of each action the greatest less the least. NaN where a member is NaN, or all are one infinity.
 */"""
_ADD = "Adds the actions under one more weight; the least and the greatest of each follow."
_TEXT = """\
/* Whether the step that tells the spread says something else: recorded vectors and drawn ones. */
<head>
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    const unsigned recorded = <P>_N_VECTORS;
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
    float plain[<P>_N_ACTIONS];
    float spread[<P>_N_ACTIONS];
    uint32_t hash = 0x811c9dc5u;
<state>    int wrong = 0;
    unsigned i;
    unsigned k;
<begin>    for (i = first; i < recorded + <drawn>u; i++) {
<observed><step>        for (k = 0; k < <P>_N_ACTIONS; k++) {
            const uint32_t expected = <p>_hashed(0u, plain[k]);
            wrong |= <p>_hashed(0u, actions[k]) != expected;
            hash = <p>_hashed(hash, spread[k]);
        }
<remembered>    }
    return wrong | <forgot>(hash != <hash>u);
}"""
_STEP = """\
        <p>_step(obs, plain);
        <p>_step_spread(obs, actions, spread);
"""
# Two states, one for either step: both must remember the same.
_STATE = """\
    <p>_state state;
    <p>_state other;
    uint32_t kept = 0x811c9dc5u;
    uint32_t right = 0x811c9dc5u;
"""
_STATE_BEGIN = """\
    <p>_reset(&state);
    <p>_reset(&other);
"""
_STATE_STEP = """\
        if (i < recorded ? <P>_READ_BITS(&resets[i]) != 0u : (i - recorded) % <length>u == 0u) {
            <p>_reset(&state);
            <p>_reset(&other);
        }
        <p>_step(&other, obs, plain);
        <p>_step_spread(&state, obs, actions, spread);
"""
_FIELD = """\
        kept = <p>_hashed(kept, state.{field});
        right = <p>_hashed(right, other.{field});
"""


def functions(controller: Controller, names: Names) -> list[str]:
    """Returns the text of the step that tells the spread and of what it needs, callees first."""
    network = names.network if controller.derived else names
    texts = _network(controller, network)
    return [*texts, memory.step(controller, names, has_spread=True)] if controller.derived else texts


def _network(controller: Controller, names: Names) -> list[str]:
    """Returns what computes the mean and the spread of the actions alone, without a state, and what adds a member."""
    n_actions, inner = len(controller.actions), controller.inner
    first, *rest = inner.lowered.shared
    sides = ["float low[<P>_N_ACTIONS]", "float high[<P>_N_ACTIONS]"]
    lines = [_NOTE, *head(names, f"{names.step}_spread", "", "float spread[<P>_N_ACTIONS]")[1:]]
    lines += [names.fill(f"{INDENT}{text};") for text in (f"float sum[<P>_{names.results}]", *sides)]
    lines.append(f"{INDENT}{names.p}_{names.step}_weight(obs, sum, {literal(first)});")
    lines += [f"{INDENT}{side}[{k}] = sum[{k}];" for k in range(n_actions) for side in ("low", "high")]
    lines += [f"{INDENT}{names.p}_add_apart(obs, sum, low, high, {literal(weight)});" for weight in rest]
    lines += mean(inner, names)
    for k, name in enumerate(names.actions[:n_actions]):
        lines += assignment(f"spread[{name}]", f"high[{k}] - low[{k}]")
    add = head(names, "add_apart", _ADD, *sides, "float weight")
    add += [names.fill(f"{INDENT}float more[<P>_{names.results}];")]
    add += [f"{INDENT}{names.p}_{names.step}_weight(obs, more, weight);"]
    spare = spare_names()
    for k in range(len(names.actions)):
        add += [f"{INDENT}actions[{k}] = actions[{k}] + more[{k}];"]
        add += _widened(names, k, spare) if k < n_actions else []
    return ["\n".join([*text, "}"]) for text in ([add] if rest else []) + [lines]]


def _widened(names: Names, k: int, spare: Iterator[str]) -> list[str]:
    """Returns the lines that widen what the members so far span of one action."""
    places = [f"{side}[{k}]" for side in ("low", "high")]
    values = widened(*(Symbol("input", name=name) for name in (*places, f"more[{k}]")))
    lines = []
    for place, value in zip(places, values, strict=True):
        lines += conditioned(printer(names), place, value, spare)
    return lines


def selftest(controller: Controller, vectors: tuple[Vector, ...], observations: Floats, names: Names) -> str:
    """Returns the text of what asks the step that tells the spread.

    Args:
        controller: the controller.
        vectors: those that the header holds.
        observations: those that it draws.
        names: of the header.
    """
    parameters = ["const uint32_t given[][<P>_N_OBSERVATIONS]", "const uint32_t limits[][2]"]
    parameters[1:1] = ["const uint32_t resets[]"] * bool(controller.derived)
    result = signature("static inline int", f"{names.p}_spreads", list(map(names.fill, parameters)))
    fills = {
        "<head>": "\n".join(result),
        "<observed>": OBSERVED.replace("<given>", "given"),
        "<drawn>": str(len(observations)),
        "<hash>": f"0x{_hash(controller, vectors, observations):08x}",
        **_of_state(controller, names),
    }
    text = _TEXT
    for mark, value in fills.items():
        text = text.replace(mark, value)
    return names.fill(text)


def asked(controller: Controller) -> str:
    """Returns what the self-test does to ask it."""
    return ASK.replace("<resets>", "resets, " * bool(controller.derived))


def _hash(controller: Controller, vectors: tuple[Vector, ...], observations: Floats) -> int:
    """Returns the hash of how far members are apart, for the vectors and then for what is drawn."""
    recorded = np.array([vector.observation for vector in vectors], np.float32)
    begins = np.isin(np.arange(len(vectors)), test_resets(controller))
    resets = np.concatenate([begins, np.arange(len(observations)) % drawn.SEQUENCE == 0])
    return drawn.hashed(evaluate_spread(controller, np.concatenate([recorded, observations]), resets))


def _of_state(controller: Controller, names: Names) -> dict[str, str]:
    """Returns what is done with states; nothing where there are none."""
    if not controller.derived:
        return {"<state>": "", "<begin>": "", "<step>": _STEP, "<remembered>": "", "<forgot>": ""}
    fields = "".join(_FIELD.format(field=field) for field in names.state)
    forgot = "(kept != right) | "
    turn = _STATE_STEP.replace("<length>", str(drawn.SEQUENCE))
    return {"<state>": _STATE, "<begin>": _STATE_BEGIN, "<step>": turn, "<remembered>": fields, "<forgot>": forgot}
