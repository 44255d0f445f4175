"""What a step under conditions leaves for the next one."""

from typing import Any

from wann_rt.core.arithmetic import ZERO, absolute, select
from wann_rt.tasks.composed.layout import Layout
from wann_rt.tasks.composed.pieces import Piece, all_of, none_of, none_of_step, taking


def remembered_of(layout: Layout) -> Piece:
    """Returns the state variables after those that stay: see ``Layout``."""
    line = _shifted(layout.lines, len(layout.plain.actions), 0)
    old_line = _shifted(layout.old_lines, len(layout.plain.observations), 1)
    position = _third if layout.has("rate_limit") else none_of_step
    sign, noise = _signs(layout), _last_of(layout)

    def remembered(v: Any, asked: Any, seen: Any, moved: Any, drawn: Any) -> Any:
        kept = line(v, asked, seen, moved) + old_line(v, asked, seen, moved) + position(v, asked, seen, moved)
        return kept + sign((), v, asked) + noise(drawn)

    return remembered


def _third(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
    return moved


def _shifted(place: tuple[int, int], width: int, which: int) -> Piece:
    """Returns a line of earlier tuples with the newest in front: of actions (0) or of observations (1)."""
    begin, end = place
    rest = taking(begin, end - width)

    def actions(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
        return asked + rest(v)

    def observations(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
        return seen + rest(v)

    if begin == end:
        return none_of_step
    return observations if which else actions


def _signs(layout: Layout) -> Piece:
    begin, end = layout.signs
    return all_of([_last_sign(k, begin + k) for k in range(end - begin)])


def _last_sign(k: int, at: int) -> Piece:
    def last(p: Any, v: Any, x: Any) -> Any:
        return select(absolute(x[k]) > ZERO, x[k], v[at])

    return last


def _last_of(layout: Layout) -> Piece:
    """Returns the noise's last state in this step."""
    n = len(layout.plain.observations) * layout.has("observation_noise") + layout.has("dropout")
    return taking(n - 1, n) if n else none_of
