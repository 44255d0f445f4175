"""Single changes of a generated header: each operator, constant, limit, comparison and choice, one at a time."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_FLOAT = r"(?<![\w.])\d+\.\d+(?:e[+-]\d+)?f|(?<![\w.])\d+e[+-]\d+f"
_INTEGER = r"(?<![\w.\[])(?:0x[\da-f]+|\d+)u?(?![\w.])"
_TOKEN = re.compile(
    rf"(?P<float>{_FLOAT})|(?P<shift>(?<= >> )\d+)|(?P<integer>{_INTEGER})|(?P<compare> (?:<=|>=|<|>|==|!=) )|"
    r"(?P<binary> (?:[-+*/&|]|\|\|) )|(?P<minus>(?<=[ (])-(?=[a-z\d(]))"
)
_TABLE = re.compile(r"\s*(?:\d+, ?)+")  # a line of one
_SWAPPED = {" + ": [" - "], " - ": [" + "], " / ": [" * "], " & ": [" | "], " | ": [" & "], " || ": [" && "]}
_COMPARED = {" < ": [" >= ", " <= "], " > ": [" <= ", " >= "], " <= ": [" > ", " < "], " >= ": [" < ", " > "]}
_COMPARED |= {" == ": [" != "], " != ": [" == "]}
_CHOICE = re.compile(r" \? ([^?:;()]+(?:\([^?:;()]*\))?) : ([^?:;()]+(?:\([^?:;()]*\))?)(?=[;)])")
# `x > 7.25f ? 7.25f : x` is the same with >=: where both are equal, both choices have the same bits.
_SAME_AT_EQUALITY = re.compile(rf"(\w+) [<>] (-?(?:{_FLOAT})) \? \2 : \1;")
_END = re.compile(r"/\* (?:Tables stay in flash|Drawn bits: the same)")


class Mutant(NamedTuple):
    """One change: the line that it stands in, before and after, and the header's whole text."""

    line: str
    changed: str
    text: str


def mutants(text: str) -> list[Mutant]:
    """Returns every mutant of a header's functions, the self-test's own left out."""
    begin = text.index('extern "C" {')
    ending = _END.search(text, begin)
    assert ending is not None
    unread = re.compile(r"#else.*?#endif|/\*.*?\*/", re.S)  # branches that no compiler here takes, and comments
    hidden = [match.span() for match in unread.finditer(text, begin, ending.start())]
    spans = [(begin, ending.start())]
    spans += [match.span(1) for match in re.finditer(r"_WEIGHT (\(?-?[\d.e+-]+f\)?)$", text, re.M)]
    found = []
    for first, last in spans:
        for start, stop, new in _changes(text[first:last], "_READ16" in text):
            a, b = first + start, first + stop
            if any(low <= a < high for low, high in hidden):
                continue
            line = (text.rfind("\n", 0, a) + 1, text.find("\n", b))
            before, after = text[line[0] : line[1]], text[line[0] : a] + new + text[b : line[1]]
            if not before.lstrip().startswith("#") or first != begin:
                found.append(Mutant(before.strip(), after.strip(), text[:a] + new + text[b:]))
    return found


def _changes(code: str, is_fixed: bool) -> Iterator[tuple[int, int, str]]:
    """Yields where to put what instead."""
    same = {match.start() for match in _SAME_AT_EQUALITY.finditer(code)}
    for match in _TOKEN.finditer(code):
        old = match.group()
        if match["float"]:
            news = _numbers(old)
        elif match["shift"]:
            news = [str(int(old) + 1), str(int(old) - 1)]  # within the type, or it would be undefined
        elif match["integer"]:
            line = code[code.rfind("\n", 0, match.start()) + 1 : code.find("\n", match.end())]
            news = _integers(old)[: 1 if _TABLE.fullmatch(line) else None]
            news = news[:-1] if code[match.start() - 1] == "-" else news  # that is the mutant without its minus
        elif match["compare"]:
            is_same = any(match.start() - 12 < start <= match.start() for start in same)
            news = [new for new in _COMPARED[old] if not (is_same and "=" in new)]
        elif old == " * ":
            news = [" + " if is_fixed else " / "]  # a quotient of integers might divide by 0
        else:
            news = [""] if match["minus"] else _SWAPPED[old]
        yield from ((match.start(), match.end(), new) for new in news)
    for match in _CHOICE.finditer(code):
        yield match.start(), match.end(), f" ? {match[2]} : {match[1]}"


def _numbers(old: str) -> list[str]:
    """Returns a number a thousandth greater, the double and the negative; for 0 the two ones and -0."""
    value = np.float32(old[:-1])
    news = [np.float32(1.0), np.float32(-1.0)] if value == 0 else [value * np.float32(1.001), value * np.float32(2)]
    return [*(f"({float(new):.9g}f)".replace("f)", ".0f)" if new == int(new) else "f)") for new in news), f"(-{old})"]


def _integers(old: str) -> list[str]:
    """Returns the same of an integer, greater by one at least; bits one higher and one more."""
    value = int(old.rstrip("u"), 0)
    if old.startswith("0x"):
        return [f"0x{(value + 1) & 0xFFFFFFFF:08x}u", f"0x{(value - 1) & 0xFFFFFFFF:08x}u", f"0x{value ^ 1 << 31:08x}u"]
    suffix = "u" * old.endswith("u")
    news = [value + max(value // 1000, 1), 2 * value, -value]
    return list(dict.fromkeys(f"({new}{suffix})" for new in news if new != value and not (new < 0 and suffix)))
