"""What the self-test of a header with a checked step does more: it asks the checks, too."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.reference import Floats
from wann_rt.exporters import drawn
from wann_rt.exporters.to_c import checked
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, literal

SINGLE = ((-2.0, 3.0), (-np.inf, np.inf), (0.0, 1.0))  # limits between which single numbers are held
SAFE = 0.5
EDGES = 8  # of each channel, the others inside of their ranges

FAULT = (
    " * CHECKED    so do the checks of <p>_step_checked()\n */\n",
    "\n#define <P>_FAULT_CHECKED 128",
)
ASK = """\
    if (<p>_checked(limits)) {
        found |= <P>_FAULT_CHECKED;
    }
"""
TEXT = """\
/* Just outside of, on and just inside one end of a range; the last has the other sign. */
static inline float <p>_edge(unsigned number, uint32_t low, uint32_t high) {
    const uint32_t end = number < 4u ? low : high;
    const uint32_t flipped = (end + 1u) ^ 0x80000000u;
    return <p>_float(number % 4u == 3u ? flipped : end + number % 4u - 1u);
}

/* A number that is in a range. */
static inline float <p>_inside(uint32_t low, uint32_t high) {
    const float a = <p>_float(low);
    const float b = <p>_float(high);
    return a > 0.0f ? a : b < 0.0f ? b : 0.0f;
}

/* Whether checks say or do something else: single numbers, channels at their limits, drawn ones. */
static inline int <p>_checked(const uint32_t limits[][2]) {
    volatile unsigned first = 0; /* volatile: all is computed here, not in the compiler */
    const unsigned edges = <P>_N_OBSERVATIONS * 8u;
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
    float plain[<P>_N_ACTIONS];
    float safe[<P>_N_ACTIONS];
    uint32_t hash = 0x811c9dc5u;
<state>    int wrong = 0;
    unsigned i;
    unsigned k;
<begin><safe>
    for (i = first; i < <drawn>u; i++) {
        float x;
        float low;
        float high;
        int status;
<single>
    }
    for (i = first; i < edges + <drawn>u; i++) {
        int status;
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            const uint32_t low = <P>_READ_BITS(&limits[k][0]);
            const uint32_t high = <P>_READ_BITS(&limits[k][1]);
            if (i >= edges) {
                obs[k] = <p>_drawn(i - edges, k, low, high);
            } else if (i / 8u == k) {
                obs[k] = <p>_edge(i % 8u, low, high);
            } else {
                obs[k] = <p>_inside(low, high);
            }
        }
<step>        hash = <p>_mixed(hash ^ (uint32_t)status) + 0x9e3779b9u;
        for (k = 0; k < <P>_N_ACTIONS; k++) {
            const uint32_t order = <p>_order(plain[k]);
            const int none = order <= 0x00800000u || order >= 0xff800000u;
            if (none || (status & <P>_STATUS_NOT_FINITE) != 0) {
                const uint32_t expected = <p>_hashed(0u, safe[k]);
                wrong |= <p>_hashed(0u, actions[k]) != expected;
            } else {
                hash = <p>_hashed(hash, actions[k]);
            }
        }
<remembered>    }
    return wrong | (hash != <checked>u);
}"""
_STEP = """\
        <p>_step(obs, plain);
        status = <p>_step_checked(obs, actions);
"""
# Two states, one for either step: what the checked one remembers is hashed.
_STATE = """\
    <p>_state state;
    <p>_state other;
"""
_STATE_BEGIN = """\
    <p>_reset(&state);
    <p>_reset(&other);
"""
_STATE_STEP = """\
        if (i % <length>u == 0u) {
            <p>_reset(&state);
            <p>_reset(&other);
        }
        <p>_step(&other, obs, plain);
        status = <p>_step_checked(&state, obs, actions);
"""
_SINGLE = """\
        x = <p>_drawn(i, 0u, <lowbits>u, <highbits>u);
        status = <p>_observed(x, <loworder>u, <highorder>u);
        low = <low>;
        high = <high>;
        status += 16 * <p>_within(&x, low, high, <safe>);
        hash = <p>_mixed(hash ^ (uint32_t)status) + 0x9e3779b9u;
        hash = <p>_hashed(hash, x);"""


def selftest(controller: Controller, seed: int, names: Names) -> str:
    """Returns the text of what asks the checks."""
    channels = controller.observations
    observations = drawn.observations(channels, seed)
    words = [*_single_words(channels, seed), *_step_words(controller, observations)]
    safe = [f"{INDENT}safe[{k}] = {name};" for k, name in enumerate(checked.fail_safe(names))]
    fills = {
        "<safe>": "\n".join(safe),
        "<single>": "\n".join(_single_text(ends, names) for ends in SINGLE),
        "<drawn>": str(len(observations)),
        "<checked>": f"0x{drawn.hashed(np.array(words, np.int64)):08x}",
        **_of_state(controller, names),
    }
    text = TEXT
    for mark, value in fills.items():
        text = text.replace(mark, value)
    return names.fill(text)


def _of_state(controller: Controller, names: Names) -> dict[str, str]:
    """Returns what is done with states; nothing where there are none."""
    if not controller.derived:
        return {"<state>": "", "<begin>": "", "<step>": _STEP, "<remembered>": ""}
    fields = [f"{INDENT * 2}hash = <p>_hashed(hash, state.{field});\n" for field in names.state]
    turn = _STATE_STEP.replace("<length>", str(drawn.SEQUENCE))
    return {"<state>": _STATE, "<begin>": _STATE_BEGIN, "<step>": turn, "<remembered>": "".join(fields)}


def _single_text(ends: tuple[float, float], names: Names) -> str:
    text = _SINGLE.replace("<safe>", literal(SAFE))
    for name, end in zip(("low", "high"), ends, strict=True):
        text = text.replace(f"<{name}bits>", f"0x{int(np.float32(end).view(np.uint32)):08x}")
        text = text.replace(f"<{name}order>", f"0x{checked.order(end):08x}")
        text = text.replace(f"<{name}>", literal(end, "<P>_INF"))
    return names.fill(text)


def _single_words(channels: tuple[Channel, ...], seed: int) -> Iterator[int]:
    """Yields what the loop over single numbers hashes."""
    rows = []
    for low, high in SINGLE:
        x = drawn.observations((replace(channels[0], low=low, high=high), *channels[1:]), seed)[:, 0]
        held, status = checked.within(x, low, high, SAFE)
        rows += [checked.observed(x, low, high) + 16 * status, _words(held)]
    yield from np.stack(rows, axis=1).ravel().tolist()


def _step_words(controller: Controller, drawn_ones: Floats) -> Iterator[int]:
    """Yields what the loop over whole vectors hashes."""
    observations = np.concatenate([_edges(controller.observations), drawn_ones])
    found = drawn.answers(controller, observations)
    plain, states = np.split(found, [len(controller.actions)], axis=1)
    actions, status = checked.checked_actions(controller, observations, plain)
    finite = np.isfinite(plain)
    for row, said, numbers, remembered in zip(_words(actions), status.tolist(), finite, _words(states), strict=True):
        yield said
        if not said & checked.NOT_FINITE:
            yield from row[numbers].tolist()
        yield from remembered.tolist()


def _edges(channels: tuple[Channel, ...]) -> Floats:
    """Returns each channel at the edges of its range, the others inside of theirs; ``<p>_edge`` in C is the twin."""
    ends = np.array([[c.low, c.high] for c in channels], np.float32)
    inside = np.clip(np.float32(0), *ends.T)
    rows = np.tile(inside, (EDGES * len(channels), 1))
    for k, bits in enumerate(ends.view(np.uint32)):
        near = [[end - 1, end, end + 1, (end + 1) ^ 1 << 31] for end in map(int, bits)]
        rows[EDGES * k : EDGES * (k + 1), k] = (np.array(near).ravel() & 0xFFFFFFFF).astype(np.uint32).view(np.float32)
    return rows


def _words(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Returns bits as the hash takes them: every NaN counts as the same."""
    bits = np.where(np.isnan(values), np.uint32(drawn.NAN), np.ascontiguousarray(values).view(np.uint32))
    return bits.astype(np.uint32).view(np.int32).astype(np.int64)
