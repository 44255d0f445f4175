"""What every row of docs/paper.json has: null where a condition was not asked of it, or is not published."""

from collections.abc import Mapping
from typing import Any

KEYS = ("connections", "random_weights", "random_shared", "tuned_shared", "tuned", "seeds", "command")


def whole(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Returns the rows of a table with all keys."""
    return {name: dict.fromkeys(KEYS) | dict(row) for name, row in rows.items()}
