"""A task's own step as a predictor: what the sensors should read, from the readings and the actions before.

A controller has no state of the plant, it has readings. Where each state variable is a reading itself, or an angle
whose cosine and sine are, the traced step can be written in readings: a variable becomes its reading, the cosine of an
angle becomes the reading of it, and that of an angle which has moved on by d is rotated, ``c cos d - s sin d``. So no
arctangent is needed, and no state is estimated.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from wann_rt.core.activations import cos, sin
from wann_rt.core.arithmetic import clip
from wann_rt.core.errors import TaskError
from wann_rt.core.plants import PER_PI, wrapped
from wann_rt.core.program import CONSTANT, Interned, matched
from wann_rt.core.symbols import Symbol, lift, schedule
from wann_rt.tasks.task import Task

f32 = np.float32
TINY = 0.25  # radians: below it the angle is its sine, within 3e-3, and a parabola its cosine, within 2e-4
SMALL = 0.5  # radians: below it two terms of a series are the sine and the cosine of a step, within 3e-4


class Angle(NamedTuple):
    """The readings that say an angle: its cosine and its sine."""

    cosine: Symbol
    sine: Symbol


def predicted(task: Task, steepest: Mapping[str, float] | None = None) -> list[Symbol]:
    """Returns what each observation should read: expressions of ``b0``, ... the readings before, and ``a0``, ...

    Args:
        task: a plain compiled task.
        steepest: of each state variable that is an angle the most by which it changes in a step, radians, where known;
            one that stays small is rotated by a short series.

    Raises:
        TaskError: the readings do not say the plant's state.
    """
    return _Rewriting(task, steepest or {}).results()


class _Rewriting:
    """Rewrites a task's step from state variables to readings."""

    def __init__(self, task: Task, steepest: Mapping[str, float]) -> None:
        self.task, self.table, self.steepest = task, Interned(), steepest
        made = self.table.made
        self.state = [made("input", name=f"s{k}") for k in range(len(task.variables))]
        self.before = [made("input", name=f"b{k}") for k in range(len(task.observations))]
        actions = [made("input", name=f"a{k}") for k in range(len(task.actions))]
        with np.errstate(all="ignore"):
            *after, _, _ = task.step(task.params, *self.state, *actions)
            roots = [*map(lift, task.observe(*self.state)), *map(lift, task.observe(*after))]
        interned = self.table.all(roots)
        self.seen, self.next = interned[: len(self.before)], interned[len(self.before) :]
        self.sine, self.cosine, self.wrapped = map(self.table.template, (sin, cos, wrapped))
        self.limited = self._limited(actions)
        self.variables, self.angles = self._known()
        self.done: dict[Symbol, Symbol] = {}

    def _limited(self, actions: list[Symbol]) -> dict[Symbol, Symbol]:
        """Returns the limits that a step puts on an action which the controller has within them anyway."""
        found = {}
        for channel, action in zip(self.task.actions, actions, strict=True):
            if channel.clip:
                low, high, neutral = f32(channel.low), f32(channel.high), channel.neutral
                found[self.table.all([lift(clip(action, low, high, neutral))])[0]] = action
        return found

    def _known(self) -> tuple[dict[Symbol, Symbol], dict[Symbol, Angle]]:
        """Returns the reading of each variable that is one, and of each angle its two."""
        variables: dict[Symbol, Symbol] = {}
        parts: dict[Symbol, dict[str, Symbol]] = {}
        for seen, reading in zip(self.seen, self.before, strict=True):
            if seen.op == "input":
                variables[seen] = reading
            for name, template in (("cosine", self.cosine), ("sine", self.sine)):
                angle = self._per_pi(matched(template, seen))
                if angle is not None and angle.op == "input":
                    parts.setdefault(angle, {})[name] = reading
        return variables, {angle: Angle(**found) for angle, found in parts.items() if len(found) == 2}

    def results(self) -> list[Symbol]:
        """Returns the rewritten expressions."""
        found = [self._rewritten(root) for root in self.next]
        lacking = sorted({s.name for s in schedule(found) if s.op == "input" and s.name.startswith("s")})
        if lacking:
            names = ", ".join(self.task.variables[int(name[1:])] for name in lacking)
            raise TaskError(
                f"task {self.task.name}: its observations do not say the plant's state ({names}), so its step predicts "
                "no reading: observe what is missing, an angle by its cosine and sine, or take --kind range or linear"
            )
        return [self._gathered(one) for one in found]

    def _gathered(self, root: Symbol) -> Symbol:
        """Returns an expression with the constant factors of each product as one: a prediction need not be a bit."""
        made = self.table.made
        done: dict[Symbol, tuple[np.float32, Symbol | None]] = {}

        def product(factor: np.float32, rest: Symbol) -> Symbol:
            return rest if factor == 1 else made("mul", made(CONSTANT, value=factor), rest)

        for symbol in schedule([root]):
            args = [done[a] for a in symbol.args]
            if symbol.op == CONSTANT and symbol.value != 0:
                done[symbol] = symbol.value, None
            elif symbol.op in ("mul", "div") and all(rest is None or factor for factor, rest in args):
                (one, left), (other, right) = args
                factor = one * other if symbol.op == "mul" else one / other
                done[symbol] = factor, _joined(made, symbol.op, left, right)
            else:
                whole = [made(CONSTANT, value=f) if rest is None else product(f, rest) for f, rest in args]
                done[symbol] = f32(1.0), made(symbol.op, *whole, name=symbol.name, value=symbol.value)
        factor, rest = done[root]
        return made(CONSTANT, value=factor) if rest is None else product(factor, rest)

    def _rewritten(self, symbol: Symbol) -> Symbol:
        for one in schedule([symbol]):
            if one not in self.done and one.op in ("mul", "select"):
                self._turned(one)
        for one in schedule([symbol]):
            if one not in self.done:
                self.done[one] = self._replaced(one)
        return self.done[symbol]

    def _replaced(self, symbol: Symbol) -> Symbol:
        if symbol in self.variables:
            return self.variables[symbol]
        if symbol in self.limited:
            return self.limited[symbol]
        if not symbol.args:
            return symbol
        return self.table.made(symbol.op, *(self.done[a] for a in symbol.args))

    def _turned(self, symbol: Symbol) -> None:
        """Notes what a cosine or a sine of an observed angle, or of one near it, becomes."""
        for template, is_cosine in ((self.cosine, True), (self.sine, False)):
            angle = self._per_pi(matched(template, symbol))
            split = None if angle is None else self._split(angle)
            if split is not None:
                self.done[symbol] = self._rotated(*split, is_cosine)

    def _per_pi(self, symbol: Symbol | None) -> Symbol | None:
        """Returns x of x * (1 / pi), which the palette's sine and cosine take."""
        if symbol is None or symbol.op != "mul":
            return None
        left, right = symbol.args
        return left if right.op == CONSTANT and right.value == PER_PI else None

    def _split(self, symbol: Symbol) -> tuple[Symbol, Symbol | None] | None:
        """Returns an angle that is observed and what is added to it; None if there is none."""
        inner = matched(self.wrapped, symbol)
        if inner is not None:
            return self._split(inner)
        if symbol in self.angles:
            return symbol, None
        if symbol.op not in ("add", "sub"):
            return None
        left, right = symbol.args
        split, rest = self._split(left), right
        if split is None and symbol.op == "add":
            split, rest = self._split(right), left
        if split is None:
            return None
        angle, more = split
        if more is None:
            return angle, (self.table.made("neg", rest) if symbol.op == "sub" else rest)
        return angle, self.table.made(symbol.op, more, rest)

    def _rotated(self, angle: Symbol, moved: Symbol | None, is_cosine: bool) -> Symbol:
        """Returns the cosine or sine of an observed angle that has moved on."""
        c, s = self.angles[angle]
        if moved is None:
            return c if is_cosine else s
        sine, cosine = self._moved(angle, moved)
        return self.table.all([c * cosine - s * sine if is_cosine else s * cosine + c * sine])[0]

    def _moved(self, angle: Symbol, moved: Symbol) -> tuple[Symbol, Symbol]:
        """Returns sine and cosine of what was added to an angle; that may be another angle."""
        if (split := self._split(moved)) is not None:
            return self._rotated(*split, False), self._rotated(*split, True)
        turn = self._rewritten(moved)
        most = self.steepest.get(self.task.variables[int(angle.name[1:])], np.inf)
        if most < TINY:
            return turn, f32(1.0) - turn * turn * f32(0.5)
        if most < SMALL:
            turned = turn * turn
            return turn - turn * turned * f32(1 / 6), f32(1.0) - turned * f32(0.5)
        return sin(turn * PER_PI), cos(turn * PER_PI)


def _joined(made: Callable[..., Symbol], op: str, left: Symbol | None, right: Symbol | None) -> Symbol | None:
    """Returns a product or quotient of what is no constant; None stands for 1."""
    if right is None:
        return left
    if left is None:
        return right if op == "mul" else made("div", made(CONSTANT, value=f32(1.0)), right)
    return made(op, left, right)
