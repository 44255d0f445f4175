"""Strict JSON: every error says where in the document it is, what was expected and what came."""

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from wann_rt.core.errors import FileError
from wann_rt.core.guess import near

# Far above what any controller needs, and low enough that what is refused has cost seconds and megabytes.
MOST_CONTAINERS, MOST_VALUES, MOST_KEYS, DEEPEST = 2_500_000, 5_000_000, 200_000, 64
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def parse(text: str, where: str) -> "Reader":
    """Parses an object; refuses repeated keys, NaN and Infinity, and more than any of our files holds.

    ``where`` names the document in errors.
    """
    return Reader(value_of(text, where), where)


def value_of(text: str, where: str) -> Any:
    """Parses any JSON value as strictly; see ``parse``.

    Raises:
        FileError: it is no such value.
    """
    check_size(text, where)
    try:
        value = json.loads(text, **_hooks(where))
        if _HALF.search(text):  # only such an escape can bring half a character
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise FileError(f"{where}: holds half a character (a lone surrogate), which is no text") from None
    except RecursionError:
        raise FileError(f"{where}: is nested too deeply; at most {DEEPEST} levels are expected") from None
    except ValueError as error:
        raise FileError(f"{where}: is not valid JSON: {error}") from None
    if _depth(value) > DEEPEST:
        raise FileError(f"{where}: is nested too deeply; at most {DEEPEST} levels are expected")
    return value


def check_size(text: str, where: str) -> None:
    """Refuses a text that would become far more memory than it is itself, before it is parsed."""
    containers, values = text.count("[") + text.count("{"), text.count(",")
    if containers > MOST_CONTAINERS or values > MOST_VALUES:
        raise FileError(
            f"{where}: holds {containers} lists and objects and {values} values; at most {MOST_CONTAINERS} and "
            f"{MOST_VALUES} are expected"
        )


def _hooks(where: str) -> dict[str, Any]:
    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(pairs) > MOST_KEYS:
            raise FileError(f"{where}: an object has {len(pairs)} keys; at most {MOST_KEYS} are expected")
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = min(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
            raise FileError(f"{where}: key {twice[:40]!r} stands twice")
        return found

    def no_constants(name: str) -> NoReturn:
        raise FileError(f"{where}: {name} is not a JSON number; open bounds are null")

    def finite(digits: str) -> float:
        if math.isinf(float(digits)):
            raise FileError(f"{where}: {digits[:40]} is too large a number")
        return float(digits)

    return {"object_pairs_hook": no_duplicates, "parse_constant": no_constants, "parse_float": finite}


def _depth(value: Any) -> int:
    """Returns how many lists and objects lie inside of each other at most."""
    depth, level = 0, [value]
    while level := [inner for inner in level if isinstance(inner, (list, dict))]:
        depth += 1
        level = [part for inner in level for part in (inner.values() if isinstance(inner, dict) else inner)]
    return depth


class Reader:
    """A JSON object with the path that leads to it, so that each error says where it is."""

    def __init__(self, value: Any, where: str) -> None:
        """Takes the object and its path, e.g. ``champion.json: network``."""
        if not isinstance(value, dict):
            raise FileError(f"{where}: expected an object, got {shown(value)}")
        self.value = value
        self.where = where

    def get(self, key: str, *types: type) -> Any:
        """Returns the value of a key that must exist and be of one of the types."""
        if key not in self.value:
            raise FileError(f"{self.where}: key {key!r} is missing")
        return self.check(self.value[key], f"{self.where}: {key}", *types)

    def items(self, key: str, *types: type, most: int = MOST_VALUES) -> list[Any]:
        """Returns the value of a key that must be a list of so many values, each of one of the types."""
        count = len(self.get(key, list))
        if count > most:
            raise FileError(f"{self.where}: {key} has {count} entries; at most {most} are expected")
        return [self.check(v, f"{self.where}: {key}[{i}]", *types) for i, v in enumerate(self.get(key, list))]

    def only(self, *known: str) -> None:
        """Refuses keys that the format does not have."""
        unknown = sorted(set(self.value) - set(known))
        if unknown:
            guess = near(unknown[0], known)
            raise FileError(f"{self.where}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}{guess}")

    @staticmethod
    def check(value: Any, where: str, *types: type) -> Any:
        """Returns the value if its type is one of the types (bool is no number here)."""
        if type(value) not in types:
            names = " or ".join(_TYPE_NAMES[t] for t in types)
            raise FileError(f"{where}: expected {names}, got {shown(value)}")
        if float in types and isinstance(value, int) and abs(value) > 2**1023:
            raise FileError(f"{where}: {shown(value)} is too large a number")
        return value


_TYPE_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def shown(value: Any) -> str:
    """Returns a short form of a value that came, for messages."""
    try:
        text = json.dumps(value, default=str)
    except (ValueError, RecursionError):  # too many digits, or too deeply nested, for Python to print
        text = "a very long value"
    return text if len(text) <= 40 else text[:37] + "..."
