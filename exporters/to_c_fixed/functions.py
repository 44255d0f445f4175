"""The functions that a header in fixed point calls: clip, and the activations, printed from their traces."""

from collections.abc import Mapping, Sequence
from itertools import count

from wann_rt.core.activations import BY_ID
from wann_rt.core.fixed.activations import FIXED, Range, Table
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.fixed.symbols import Symbol, Traced, traced
from wann_rt.exporters.expressions import Printer
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import COLUMNS, INDENT, assignment, signature
from wann_rt.exporters.to_c_fixed import memory
from wann_rt.exporters.to_c_fixed.syntax import FixedSyntax, c_type

_CLIP = """\
/* x limited to [low, high] */
static inline int32_t <p>_clip(int32_t x, int32_t low, int32_t high) {
    return x > high ? high : x < low ? low : x;
}"""

_INLINE = {"linear", "inverse"}  # are no calls
_IDS = {FIXED[k].function: k for k in FIXED}


def is_call(activation: int) -> bool:
    """Whether an activation is a function in C."""
    return BY_ID[activation].name not in _INLINE


def arguments(fixed: FixedController) -> dict[int, Range]:
    """Returns the range of arguments that each activation meets, callees first: as one node's or as a callee."""
    plan, met = fixed.plan, memory.arguments(fixed.memory)
    for node in (node for nodes in plan.members for node in nodes):
        met[node.activation] = _joined(met.get(node.activation), node.argument)
    for ranges in [_trace(activation, met[activation]).ranges for activation in met]:
        for symbol in ranges:
            if symbol.function is not None:
                callee = _IDS[symbol.function]
                met[callee] = _joined(met.get(callee), ranges[symbol.args[0]])
    return dict(sorted(met.items()))


def _joined(a: Range | None, b: Range) -> Range:
    return b if a is None else (min(a[0], b[0]), max(a[1], b[1]))


def _trace(activation: int, limits: Range) -> Traced:
    return traced(FIXED[activation].function, *limits)


def functions(fixed: FixedController, names: Names) -> list[str]:
    """Returns the text of each function that a controller needs, callees first."""
    plan, met = fixed.plan, arguments(fixed)
    limits = [form.limits for form in plan.observations] + [form.limits for form in plan.actions]
    clips = any(limits) or any(node.limit is not None for nodes in plan.members for node in nodes)
    clips = clips or memory.clips(fixed.memory)
    return [*([names.fill(_CLIP)] * clips), *(_function(k, met[k], met, names) for k in met if is_call(k))]


def _function(activation: int, argument: Range, met: Mapping[int, Range], names: Names) -> str:
    found = _trace(activation, argument)

    def callee(symbol: Symbol) -> tuple[str, Range]:
        called = _IDS[symbol.function] if symbol.function is not None else 0
        return names.function(BY_ID[called]), value_limits(called, met)

    syntax = FixedSyntax(found.ranges, names, callee)
    locals_, result = Printer(syntax).expression(found.root, (f"u{k}" for k in count(1)))
    lines = _table(syntax.table, names) if syntax.table else []
    for local in locals_:
        lines += assignment(f"const {c_type(found.ranges[local.symbol])} {local.name}", local.text)
    head = f"static inline {c_type(found.ranges[found.root])}"
    opening = signature(head, names.function(BY_ID[activation]), [f"{c_type(argument)} x"])
    return function(BY_ID[activation].formula, opening, lines, result)


def function(note: str, opening: list[str], lines: Sequence[str], result: str) -> str:
    """Returns the text of a function, on one line if that is all it needs."""
    short = f"{opening[-1]} return {result}; }}"
    if not lines and len(opening) == 1 and len(short) <= COLUMNS:
        return f"/* {note} */\n{short}"
    return "\n".join([f"/* {note} */", *opening, *lines, f"{INDENT}return {result};", "}"])


def value_limits(activation: int, met: Mapping[int, Range]) -> Range:
    """Returns the range of what an activation's C function returns."""
    found = _trace(activation, met[activation])
    return found.ranges[found.root]


def _table(table: Table, names: Names) -> list[str]:
    """Returns the lines that define a table."""
    lines = [INDENT * 2]
    for value in table:
        if len(f"{lines[-1]} {value},") > COLUMNS:
            lines.append(INDENT * 2)
        lines[-1] += f"{'' if lines[-1].isspace() else ' '}{value},"
    head = names.fill(f"{INDENT}static const int16_t table[{len(table)}] <P>_FLASH = {{")
    return [f"{INDENT}/* clang-format off */", head, *lines, f"{INDENT}}};", f"{INDENT}/* clang-format on */"]
