"""What the actions of a step cost."""

from typing import Any

from wann_rt.core.arithmetic import ZERO, select
from wann_rt.tasks.composed.layout import Layout
from wann_rt.tasks.composed.pieces import Piece


def charged_of(layout: Layout) -> Piece:
    """Returns a step's reward less the prices of its actions."""

    def free(p: Any, v: Any, asked: Any, reward: Any) -> Any:
        return reward

    made: Piece = free
    for name, price in (("effort_penalty", _effort), ("smoothness_penalty", _change), ("chatter_penalty", _turn)):
        begin = (layout.signs if name == "chatter_penalty" else layout.lines)[0]
        for k in range(len(layout.plain.actions) * layout.has(name)):
            made = price(made, layout.param(name), k, begin + k)
    return made


def _effort(before: Piece, price: int, k: int, at: int) -> Piece:
    def charged(p: Any, v: Any, asked: Any, reward: Any) -> Any:
        return before(p, v, asked, reward) - p[price] * asked[k] * asked[k]

    return charged


def _change(before: Piece, price: int, k: int, at: int) -> Piece:
    def charged(p: Any, v: Any, asked: Any, reward: Any) -> Any:
        change = asked[k] - v[at]
        return before(p, v, asked, reward) - p[price] * change * change

    return charged


def _turn(before: Piece, price: int, k: int, at: int) -> Piece:
    def charged(p: Any, v: Any, asked: Any, reward: Any) -> Any:
        return before(p, v, asked, reward) - select(asked[k] * v[at] < ZERO, p[price], ZERO)

    return charged
