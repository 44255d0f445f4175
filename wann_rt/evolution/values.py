"""What a user gives as the value of a setting, as the setting's type."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wann_rt.core.errors import ConfigError


def _integer(value: Any) -> int:
    if isinstance(value, (bool, np.bool_)) or int(value) != value:
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, (bool, str)):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError
    return bool(value)


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _listed(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "int": _integer,
    "float": _number,
    "bool": _truth,
    "str": _word,
    "tuple[float, ...]": lambda value: tuple(_number(v) for v in _listed(value)),
    "tuple[str, ...]": lambda value: tuple(_word(v) for v in _listed(value)),
}


def parse_setting(text: str) -> tuple[str, Any]:
    """Reads one ``name=value`` of the command line; the value is TOML, bare words are strings."""
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"expected name=value, got {text!r}")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError):  # TOMLDecodeError, or a date that does not exist
        return name.strip(), value.strip()
