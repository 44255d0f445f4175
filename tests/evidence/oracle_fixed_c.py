"""The oracle of fixed point as plain C, for proofs: written from ``core.fixed`` and not by the exporters' printer.

Numbers are ``int`` of 32 bits; the model checker shows that none of them overflows, so they are the integers of
``core.fixed.reference``, which has 64.
"""

from collections.abc import Sequence

from wann_rt.core.fixed.activations import GAUSS, TANH, Range
from wann_rt.core.fixed.nodes import Node
from wann_rt.core.fixed.plan import Action, Affine, Observation

# Operation by operation what core/fixed/activations.py says; ids are those of the palette.
_FUNCTIONS = f"""\
static int oracle_abs(int x) {{ return x < 0 ? -x : x; }}
static int oracle_clip(int x, int low, int high) {{ return x < low ? low : x > high ? high : x; }}
static const short oracle_tanhs[{len(TANH)}] = {{{", ".join(map(str, TANH))}}};
static const short oracle_gausses[{len(GAUSS)}] = {{{", ".join(map(str, GAUSS))}}};
static int oracle_between(const short *table, int x) {{
    int index = x >> 8;
    int low = table[index];
    return low + (((table[index + 1] - low) * (x & 255)) >> 8);
}}
static int oracle_sin(int x) {{
    int d = ((x + 4096) & 8191) - 4096;
    int y = (d * (4096 - oracle_abs(d))) >> 8;
    int v = oracle_abs(y);
    int p = ((((9976 * v) >> 16) + 25613) * v) >> 16;
    return (y * (p + 25741)) >> 17;
}}
static int oracle_tanh(int x) {{
    int y = oracle_between(oracle_tanhs, oracle_abs(x));
    return x < 0 ? -y : y;
}}
static int oracle_activation(int id, int x) {{
    switch (id) {{
    case 1: return x;
    case 2: return x > 0 ? 4096 : 0;
    case 3: return oracle_sin(x);
    case 4: return oracle_between(oracle_gausses, oracle_abs(x));
    case 5: return oracle_tanh(x);
    case 6: return (oracle_tanh(x >> 1) + 4096) >> 1;
    case 7: return -x;
    case 8: return oracle_abs(x);
    case 9: return x > 0 ? x : 0;
    case 10: return oracle_sin(x + 2048);
    default: return (x * x) >> 12;
    }}
}}
"""


def functions_text() -> str:
    """Returns C that defines the activations of the oracle and ``oracle_clip``."""
    return _FUNCTIONS


def observed(form: Observation, text: str) -> str:
    """Returns what enters the network for an observation."""
    value = limited(text, form.limits)
    return f"({value} * {form.widen})" if form.condition is None else affine(value, form.condition)


def total(node: Node, values: Sequence[str]) -> str:
    """Returns a node's sum of the values of nodes; value 0 is the bias."""
    pairs = zip(node.sources, node.factors, strict=True)
    terms = [f"{values[source]} * ({factor})" for source, factor in pairs]
    return " + ".join([*terms, *([f"({node.constant})"] if node.constant or not terms else [])])


def argument(node: Node, text: str) -> str:
    """Returns the argument of a node's activation for its sum."""
    held = text if node.limit is None else f"oracle_clip({text}, {-node.limit}, {node.limit})"
    return f"(({held if node.weight is None else f'{held} * ({node.weight})'}) >> {node.shift})"


def acted(action: Action, text: str) -> str:
    """Returns an action for its output."""
    return limited(text if action.condition is None else affine(text, action.condition), action.limits)


def affine(text: str, form: Affine) -> str:
    """Returns an affine form of a value."""
    return f"((({text} * ({form.factor}) + ({form.constant})) >> {form.shift}) + ({form.after}))"


def limited(text: str, limits: Range | None) -> str:
    """Returns a value within limits, if there are any."""
    return text if limits is None else f"oracle_clip({text}, {limits[0]}, {limits[1]})"
