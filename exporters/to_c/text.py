"""C as text: float32 literals, identifiers, comments and lines that stay within 100 columns."""

import re
import textwrap
import unicodedata
from collections.abc import Collection, Sequence
from itertools import count

import numpy as np

COLUMNS = 100
INDENT = "    "
MAX_NAME = 40  # longest identifier; the full name stays in the banner

_KEYWORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t
class co_await co_return co_yield compl concept const_cast consteval constexpr constinit decltype
delete dynamic_cast explicit export false friend import module mutable namespace new noexcept not
not_eq nullptr operator or or_eq private protected public reinterpret_cast requires static_assert
static_cast template this thread_local throw true try typeid typename typeof typeof_unqual using
virtual wchar_t xor xor_eq
"""
# Words that common compilers and boards define as macros, in lower case.
_MACROS = "unix linux i386 arm near far huge interface small min max abs round sq bit word boolean"
RESERVED = frozenset(f"{_KEYWORDS} {_MACROS}".split())


def literal(value: float, infinity: str = "") -> str:
    """Returns the shortest C literal that reads back as the same float32, e.g. ``0.1f``.

    Args:
        value: any float32 but NaN.
        infinity: the expression that stands for infinity, which has no literal.
    """
    if np.isinf(value):
        return infinity if value > 0 else f"-{infinity}"
    number = np.float32(value)
    plain = value == 0 or 1e-4 <= abs(value) < 1e9
    digits = np.format_float_positional(number, trim="0") if plain else np.format_float_scientific(number, trim="0")
    return f"{digits}f"


def word(text: str) -> str:
    """Returns text as lower-case ASCII letters, digits and single underscores; may be empty.

    Letters are transliterated ("θ" is "theta"). C++ reserves names that hold two underscores in a row.
    """
    plain = re.sub(r"[^a-z0-9]+", "_", "".join(map(_ascii, text)).lower())
    return plain.strip("_")[:MAX_NAME].strip("_")


def unique(name: str, taken: Collection[str]) -> str:
    """Returns name, with a number after it if it is taken."""
    numbered = (f"{name}_{k}" for k in count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def identifier(text: str, lead: str, taken: Collection[str] = ()) -> str:
    """Returns a lower-case C and C++ identifier that reads like text and is not taken.

    Args:
        text: anything.
        lead: what goes before where text alone would be no good name: empty, a digit first, a keyword.
        taken: names already in use.
    """
    name = word(text)
    if not name or name[0].isdigit() or name in RESERVED:
        name = f"{lead}_{name}".rstrip("_")
    return unique(name, taken)


def is_identifier(text: str) -> bool:
    """Whether text is a name that C and C++ leave to the user at file scope."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text) is not None
    return plain and "__" not in text and text not in RESERVED


def _ascii(character: str) -> str:
    """Returns a character in ASCII: without its accent, or a Greek letter's name."""
    base = unicodedata.normalize("NFKD", character)[0]
    if base.isascii():
        return base
    name = unicodedata.name(base, "")
    return f"_{name.split()[-1]}_" if name.startswith("GREEK") else "_"


def comment(lines: list[str]) -> str:
    """Returns a block comment."""
    return "\n".join(["/*", *(f" * {line}".rstrip() for line in lines), " */"])


# Characters of units, as people write them where there is nothing but ASCII.
_SPELLED = {
    "\N{DEGREE SIGN}": "deg",
    "\N{MICRO SIGN}": "u",
    "\N{GREEK SMALL LETTER MU}": "u",
    "\N{GREEK CAPITAL LETTER OMEGA}": "Ohm",
    "\N{OHM SIGN}": "Ohm",
    "\N{MIDDLE DOT}": "*",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MINUS SIGN}": "-",
    "\N{DEGREE CELSIUS}": "degC",
    "\N{LATIN SMALL LETTER SHARP S}": "ss",
}


def plain(text: str) -> str:
    """Returns text in printable ASCII: compilers read other bytes in the code page of their machine."""
    spelled = "".join(map(_spelled, text))
    return "".join(c if " " <= c <= "~" else " " for c in spelled)


def _spelled(character: str) -> str:
    if character.isascii():
        return character
    if character in _SPELLED:
        return _SPELLED[character]
    base = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii())
    name = unicodedata.name(character, "")
    if base or not character.isprintable():
        return base
    return name.split()[-1].lower() if name.startswith("GREEK") else f"U+{ord(character):04X}"


def comment_safe(text: str) -> str:
    """Returns text on one line, in ASCII, without what would end a comment, nest one or be a trigraph."""
    shown = plain("".join(c if c.isprintable() else " " for c in text))
    return re.sub(r"\?(?=\?)", "? ", shown.replace("*/", "* /").replace("/*", "/ *"))


def paragraph(text: str, indent: str = "", hang: str = "") -> list[str]:
    """Returns text wrapped for a block comment; ``hang`` indents all lines but the first further."""
    return textwrap.wrap(
        comment_safe(text),
        COLUMNS - len(" * "),
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_on_hyphens=False,
    )


def table(rows: list[list[str]]) -> list[str]:
    """Returns rows of cells as aligned lines of a block comment."""
    safe = [[comment_safe(cell) for cell in row] for row in rows]
    widths = [min(max(map(len, column)), MAX_NAME) for column in zip(*safe, strict=True)]
    lines: list[str] = []
    for row in safe:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines += _cut(line.rstrip())
    return lines


def _cut(line: str) -> list[str]:
    """Returns the line, or its parts where it is too long; the columns of a line that fits stay."""
    if len(line) <= COLUMNS - 2 * len(" * "):
        return [f"  {line}"]
    return paragraph(line, "  ", "    ")


def signature(result: str, name: str, parameters: Sequence[str]) -> list[str]:
    """Returns ``result name(parameters) {`` wrapped between parameters, or before the name if need be."""
    on_one_line = len(f"{result} {name}({parameters[0]},") <= COLUMNS
    before, head = ([], f"{result} {name}(") if on_one_line else ([result], f"{name}(")
    lines = [head + parameters[0]]
    for parameter in parameters[1:]:
        if len(f"{lines[-1]}, {parameter},") <= COLUMNS - (parameter == parameters[-1]) * 2:
            lines[-1] += f", {parameter}"
        else:
            lines[-1] += ","
            lines.append(" " * len(head) + parameter)
    return [*before, *lines[:-1], f"{lines[-1]}) {{"]


def define(name: str, value: str) -> str:
    """Returns a macro, on two lines where one is too short."""
    line = f"#define {name} {value}"
    if len(line) <= COLUMNS:
        return line
    return f"#define {name}".ljust(COLUMNS - 1) + f"\\\n{INDENT}{value}"


def assignment(target: str, value: str) -> list[str]:
    """Returns ``target = value;``, on two lines where one is too short."""
    line = f"{INDENT}{target} = {value};"
    if len(line) <= COLUMNS:
        return [line]
    return [f"{INDENT}{target} =", f"{INDENT * 2}{value};"]


def sum_assignment(target: str, terms: list[str]) -> list[str]:
    """Returns ``target = terms;`` wrapped between terms, the shorter of the two usual layouts.

    Args:
        target: the left side.
        terms: the first term, then each with its operator: ``["-a", "+ b", "- c"]``.
    """
    head = f"{INDENT}{target} ="
    aligned = _fill(terms, head, " " * len(head))
    hanging = [head, *_fill(terms, INDENT * 2, INDENT * 2, gap="")]
    # As clang-format does: a sum begins beside its "=" unless that makes it longer by a line.
    return hanging if len(hanging) < len(aligned) or len(hanging) == len(aligned) == 2 else aligned


def _fill(terms: list[str], head: str, indent: str, gap: str = " ") -> list[str]:
    """Returns lines of terms, each line ending in the operator of the term that follows."""
    words = [terms[0]]
    for term in terms[1:]:
        operator, operand = term.split(" ", 1)
        words[-1] += f" {operator}"
        words.append(operand)
    words[-1] += ";"
    lines = [f"{head}{gap}{words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= COLUMNS:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent}{gap}{word}")
    return lines


def braced(values: list[str]) -> list[str]:
    """Returns ``{a, b, ...},`` as a row of a two-dimensional array's initialiser, wrapped."""
    row = INDENT * 2 + "{"
    lines = [row + values[0]]
    for value in values[1:]:
        lines[-1] += ","
        if len(lines[-1]) + 1 + len(value) < COLUMNS - 1:
            lines[-1] += f" {value}"
        else:
            lines.append(" " * len(row) + value)
    lines[-1] += "},"
    return lines
