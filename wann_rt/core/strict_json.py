"""Strict JSON: every error says where in the document it is, what was expected and what came."""

import json
import math
from collections import Counter
from typing import Any, NoReturn

from wann_rt.core.errors import FileError


def parse(text: str, where: str) -> "Reader":
    """Parses an object; refuses repeated keys, NaN and Infinity. ``where`` names the document in errors."""

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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

    hooks: dict[str, Any] = {
        "object_pairs_hook": no_duplicates, "parse_constant": no_constants, "parse_float": finite
    }  # fmt: skip
    try:
        value = json.loads(text, **hooks)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise FileError(f"{where}: holds half a character (a lone surrogate), which is no text") from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"{where}: is not valid JSON: {error}") from None
    return Reader(value, where)


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

    def items(self, key: str, *types: type) -> list[Any]:
        """Returns the value of a key that must be a list of values of one of the types."""
        return [self.check(v, f"{self.where}: {key}[{i}]", *types) for i, v in enumerate(self.get(key, list))]

    def only(self, *known: str) -> None:
        """Refuses keys that the format does not have."""
        unknown = sorted(set(self.value) - set(known))
        if unknown:
            raise FileError(f"{self.where}: unknown key {unknown[0]!r}; known keys: {', '.join(known)}")

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
        text = json.dumps(value)
    except (ValueError, RecursionError):  # too many digits, or too deeply nested, for Python to print
        text = "a very long value"
    return text if len(text) <= 40 else text[:37] + "..."
