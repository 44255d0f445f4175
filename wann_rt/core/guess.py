"""Did you mean ...: what a mistyped name may have been."""

import difflib
from collections.abc import Iterable


def near(name: object, known: Iterable[str], most: int = 1) -> str:
    """Returns "; did you mean 'x'?" for the known names that are nearest, or nothing where none is near.

    Args:
        name: what came; anything, since it may come from a file.
        known: what may be meant.
        most: how many to name, the nearest first.
    """
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(str(name)[:LONGEST].lower(), by_lower, most, 0.6)
    return f"; did you mean {' or '.join(repr(by_lower[one]) for one in found)}?" if found else ""


LONGEST = 100  # characters of a name that are compared; the time grows with their square
