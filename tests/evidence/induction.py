"""Rewrites wann_rt.c for a proof: functions without their bodies, and loops of which one iteration stands for all."""

import re
from collections.abc import Sequence

from wann_rt.core.errors import ExportError

_CUT = re.compile(r"^#define HOLDS_(\w+)_(\d+)\(", re.MULTILINE)
_LOOP = re.compile(r"^( *)(?:for \((.*?); (.*); (.*)\)|while \((.*)\)) \{", re.MULTILINE)
_WRITTEN = re.compile(r"\b(\w+) (?:[-+*/&|^]|<<|>>)?= |\b(\w+)(?:\+\+|--)|&(\w+)\b[,)]|\((in)[,)]")


def without_bodies(text: str, functions: Sequence[str]) -> str:
    """Returns C with these functions only declared, and no longer static, so that a harness can define them."""
    for function in functions:
        found = _function(text, function)
        declaration = found[1].removeprefix("static ")
        text = text[: found.start()] + declaration + ";\n" + text[found.end() :]
    return text


def cut(text: str, harness: str) -> str:
    """Returns C where the loops that a harness says something of are cut as tests/runtime_c/prove.h says.

    Args:
        text: of wann_rt.c.
        harness: of the proof. ``HOLDS_run_0`` is what holds in the first loop of ``run``.

    Raises:
        ExportError: there is no such loop, or the harness does not forget something that the loop writes.
    """
    loops = [(found[1], int(found[2])) for found in _CUT.finditer(harness)]
    for function, number in loops:
        text = _cut_one(text, harness, function, number)
    return "".join(f"static size_t left_{function}_{number};\n" for function, number in loops) + text


def written_by(loop: str) -> set[str]:
    """Returns the variables that a loop of wann_rt.c writes and does not declare; floats in arrays do not count."""
    declared = set(
        re.findall(
            r"^ +(?:const )?(?:unsigned|float|uint8_t|wann_controller)\b[ *a-z]*?(\w+)(?: =|;)", loop, re.MULTILINE
        )
    )
    return {name for found in _WRITTEN.findall(loop) for name in found if name} - declared


def _cut_one(text: str, harness: str, function: str, number: int) -> str:
    found = _function(text, function)
    heads = list(_LOOP.finditer(text, found.start(), found.end()))
    if number >= len(heads):
        raise ExportError(f"{function}() should have {number + 1} loops; it has {len(heads)}")
    head, name = heads[number], f"{function}_{number}"
    end = text.index(f"\n{head[1]}}}\n", head.end())
    forgotten = _macro(harness, f"FORGET_{name}")
    missing = {word for word in written_by(text[head.start() : end]) if not re.search(rf"\b{word}\b", forgotten)}
    if missing:
        raise ExportError(f"FORGET_{name} does not forget {', '.join(sorted(missing))}, which the loop writes")
    start, condition, step = head[2] or "", head[3] or head[5], head[4] or ""
    before = [start, f"START_{name}" if f"START_{name}" in harness else "", f"CUT({name})"]
    after = [step, f"AGAIN({name})"]
    each = f" EACH_{name};" if f"EACH_{name}" in harness else ""
    new = f"{head[1]}for ({', '.join(filter(None, before))}; {condition}; {', '.join(filter(None, after))}) {{{each}"
    return text[: head.start()] + new + text[head.end() :]


def _function(text: str, name: str) -> re.Match[str]:
    pattern = rf"^(static [^;{{}}]*?\b{name}\([^;{{}}]*\)) \{{\n.*?^\}}\n"
    found = list(re.finditer(pattern, text, re.MULTILINE | re.DOTALL))
    if len(found) != 1:
        raise ExportError(f"wann_rt.c should define {name}() once; it does {len(found)} times")
    return found[0]


def _macro(harness: str, name: str) -> str:
    found = re.search(rf"#define {name}((?:.*\\\n)*.*)", harness)
    if found is None:
        raise ExportError(f"the harness should define {name}")
    return found[1]
