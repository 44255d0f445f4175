"""Did you mean ...: what a mistyped name may have been."""

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """Returns "; did you mean 'x'?" for the known name that is nearest, or nothing where none is near."""
    found = difflib.get_close_matches(str(name).lower(), list(known), 1, 0.6)
    return f"; did you mean {found[0]!r}?" if found else ""
