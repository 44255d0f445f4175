"""``observe`` and ``step`` of a task under conditions, put together from closures over numbers and over each other.

No source is generated: numpy calls the closures, kernels and exporters trace them, as any task's functions. Each takes
the params and all values, which are the state variables and then the actions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from wann_rt.core.arithmetic import HALF, ONE, ZERO, Number, absolute, clip, select
from wann_rt.core.channel import Channel
from wann_rt.tasks.task import Function, Start

f32 = np.float32
Piece = Callable[..., Any]

# Noise is a multiplicative congruential generator, exact in float32: MODULUS is prime, FACTOR a primitive root with
# good figures in the spectral test in 2 and 3 dimensions (D. Knuth, The Art of Computer Programming, 3.3.4), and
# FACTOR * MODULUS / 2 < 2^24. Residues lie around 0.
MODULUS, FACTOR = f32(16381), f32(1543)
ROUND = f32(1.5 * 2**23)  # adding and subtracting it rounds to the nearest integer
SQRT_12 = f32(12.0**0.5)  # U(-1/2, 1/2) has a standard deviation of 1 / sqrt(12)


class Draws:
    """Names of what is drawn once an episode, besides gains, offsets and spreads."""

    LATE, OLD, NOISE = "late", "old", "noise"


@dataclass(frozen=True)
class Plain:
    """What a composition depends on of a task; ``tested`` and ``others`` are its spreads, see ``conditions``."""

    params: Any
    start: Start
    observe: Function
    step: Function
    variables: tuple[str, ...]
    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate: float
    motor: str
    tested: tuple[str, ...]
    others: tuple[str, ...]
    sizes: tuple[float, ...]
    strengths: tuple[float, ...]


@dataclass(frozen=True)
class Layout:
    """Where things stand in a state under conditions, in this order.

    The plain state; the readings; what is drawn once an episode; earlier actions and observations, newest first; the
    actuators' positions; the last action that was not 0; the state of the noise.

    Attributes:
        plain: the task.
        used: the conditions in use.
        late: most steps by which an action comes late.
        old: most steps by which a reading is old.
    """

    plain: Plain
    used: tuple[str, ...]
    late: int
    old: int

    def has(self, *names: str) -> bool:
        """Returns whether one of these conditions is in use."""
        return any(name in self.used for name in names)

    @cached_property
    def readings(self) -> tuple[str, ...]:
        """The readings; none where the sensors are exact."""
        sensed = any(name.startswith("observation_") for name in self.used) or self.has("dropout")
        return tuple(f"read_{c.name}" for c in self.plain.observations) if sensed else ()

    @cached_property
    def draws(self) -> tuple[str, ...]:
        """What is drawn, in order; the noise last, though its state stands at the end."""
        n, plain = range(len(self.plain.observations)), self.plain
        wanted = [f"gain_{k}" for k in n if self.has("observation_gain")]
        wanted += [f"offset_{k}" for k in n if self.has("observation_offset")]
        actuators = 1 if plain.motor else len(plain.actions)
        wanted += [f"actuator_{k}" for k in range(actuators) if self.has("actuator_gain")]
        wanted += [name for name in (*plain.tested, *plain.others) if name in self.used]
        wanted += [Draws.LATE] * self.has("delay") + [Draws.OLD] * self.has("observation_delay")
        return (*wanted, *([Draws.NOISE] if self.has("observation_noise", "dropout") else []))

    @cached_property
    def kept(self) -> tuple[int, int]:
        """Begin and end of what is drawn and stays, which the noise does not."""
        begin = len(self.plain.variables) + len(self.readings)
        return begin, begin + len([name for name in self.draws if name != Draws.NOISE])

    @cached_property
    def lines(self) -> tuple[int, int]:
        """Begin and end of the earlier actions."""
        slots = max(self.late, int(self.has("smoothness_penalty")))
        return self.kept[1], self.kept[1] + slots * len(self.plain.actions)

    @cached_property
    def old_lines(self) -> tuple[int, int]:
        """Begin and end of the earlier observations."""
        return self.lines[1], self.lines[1] + self.old * len(self.plain.observations)

    @cached_property
    def positions(self) -> tuple[int, int]:
        """Begin and end of the actuators' positions."""
        return self.old_lines[1], self.old_lines[1] + len(self.plain.actions) * self.has("rate_limit")

    @cached_property
    def signs(self) -> tuple[int, int]:
        """Begin and end of the last actions that were not 0."""
        return self.positions[1], self.positions[1] + len(self.plain.actions) * self.has("chatter_penalty")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all state variables."""
        n, m = [c.name for c in self.plain.actions], [c.name for c in self.plain.observations]
        places = (("earlier", n, self.lines), ("seen", m, self.old_lines), ("position", n, self.positions))
        made = []
        for word, names, (begin, end) in places:
            made += [f"{word}_{name}_{k}" for k in range((end - begin) // len(names)) for name in names]
        made += [f"sign_{name}" for name in n if self.has("chatter_penalty")]
        drawn = [name if name.endswith("_spread") else f"drawn_{name}" for name in self.draws if name != Draws.NOISE]
        noise = [Draws.NOISE] if Draws.NOISE in self.draws else []
        return (*self.plain.variables, *self.readings, *drawn, *made, *noise)

    def at(self, draw: str) -> int:
        """Returns where a draw stands; 0 where it is not in use."""
        return self.kept[0] + self.draws.index(draw) if draw in self.draws else 0

    def param(self, name: str) -> int:
        """Returns where a condition's strength stands in the params; 0 where it is not in use."""
        return len(self.plain.params._fields) + self.used.index(name) if name in self.used else 0


def observe_of(layout: Layout) -> Function:
    """Returns the readings of a state, or the plain task's observations where the sensors are exact."""
    plain, n = layout.plain.observe, len(layout.plain.variables)
    end = n + len(layout.readings)

    def exact(*v: Number) -> Any:
        return plain(*v[:n])

    def read(*v: Number) -> Any:
        return v[n:end]

    return read if layout.readings else exact


def step_of(layout: Layout) -> Function:
    """Returns the step: the plant of this episode, moved by what its actuators make of the actions; then sensors."""
    plain, n = layout.plain.step, len(layout.plain.variables)
    ask, move, give, machine = _asked(layout), _moved(layout), _given(layout), _machine(layout)
    look, noises, sense, charge = _looked(layout), _noises(layout), _sensed(layout), _charged(layout)
    keep, remember = _slice(*layout.kept), _remembered(layout)
    failed = n + 1

    def step(p: Any, *v: Number) -> Any:
        asked = ask(p, v, ())
        moved = move(p, v, asked)
        after = plain(machine(p, v), *(v[:n] + give(p, v, moved)))
        seen, drawn = look(after), noises(v)
        state = after[:n] + sense(p, v, seen + drawn) + keep(v) + remember(v, asked, seen, moved, drawn)
        return (*state, charge(p, v, asked, after[n]), after[failed])

    return step


# What puts tuples together.


def _none_of(v: Any) -> Any:
    return ()


def _none_of_step(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
    return ()


def _same(p: Any, v: Any, x: Any) -> Any:
    return x


def _slice(begin: int, end: int) -> Piece:
    """Returns what takes the values from begin to end."""

    def taken(v: Any) -> Any:
        return v[begin:end]

    return taken if begin < end else _none_of


def _all_of(pieces: list[Piece]) -> Piece:
    """Returns what computes a tuple, a value a piece, from params, values and another tuple."""

    def none(p: Any, v: Any, x: Any) -> Any:
        return ()

    made: Piece = none
    for piece in pieces:
        made = _and(made, piece)
    return made


def _and(before: Piece, piece: Piece) -> Piece:
    def both(p: Any, v: Any, x: Any) -> Any:
        return (*before(p, v, x), piece(p, v, x))

    return both


def _chained(first: Piece, second: Piece) -> Piece:
    """Returns what applies one to the tuple that the other gives."""

    def chained(p: Any, v: Any, x: Any) -> Any:
        return second(p, v, first(p, v, x))

    return chained


# From what a controller asks for to what the plant gets.


def _asked(layout: Layout) -> Piece:
    """Returns the actions, limited as their channels say."""
    first = len(layout.names)
    return _all_of([_limited(first + k, channel) for k, channel in enumerate(layout.plain.actions)])


def _limited(at: int, channel: Channel) -> Piece:
    low, high, neutral = f32(channel.low), f32(channel.high), f32(channel.neutral)

    def limited(p: Any, v: Any, x: Any) -> Any:
        return clip(v[at], low, high, neutral)

    def free(p: Any, v: Any, x: Any) -> Any:
        return v[at]

    return limited if channel.clip else free


def _moved(layout: Layout) -> Piece:
    """Returns where the actuators are: late, dead around 0, slow."""
    n, moved = range(len(layout.plain.actions)), _same
    if layout.has("delay"):
        at, strength, (begin, _) = layout.at(Draws.LATE), layout.param("delay"), layout.lines
        moved = _chained(moved, _all_of([_delayed(k, at, strength, begin + k, len(n), layout.late) for k in n]))
    if layout.has("dead_zone"):
        strength = layout.param("dead_zone")
        moved = _chained(moved, _all_of([_dead(k, strength, f32(layout.plain.strengths[k])) for k in n]))
    if layout.has("rate_limit"):
        strength, begin = layout.param("rate_limit"), layout.positions[0]
        most = [f32(layout.plain.strengths[k] / layout.plain.rate) for k in n]
        moved = _chained(moved, _all_of([_slow(k, strength, most[k], begin + k) for k in n]))
    return moved


def _delayed(k: int, draw: int, strength: int, first: int, apart: int, most: int) -> Piece:
    """Returns value k of floor(draw times (strength + 1)) steps ago; earlier ones stand apart in a line."""

    def now(v: Any, steps: Any, x: Any) -> Any:
        return x[k]

    made: Piece = now
    for j in range(1, most + 1):
        made = _or_earlier(made, f32(j), first + (j - 1) * apart)

    def delayed(p: Any, v: Any, x: Any) -> Any:
        return made(v, v[draw] * (p[strength] + ONE), x)

    return delayed


def _or_earlier(later: Piece, steps_ago: np.float32, at: int) -> Piece:
    def chosen(v: Any, steps: Any, x: Any) -> Any:
        return select(steps >= steps_ago, v[at], later(v, steps, x))

    return chosen


def _dead(k: int, strength: int, size: np.float32) -> Piece:
    def moving(p: Any, v: Any, x: Any) -> Any:
        return select(absolute(x[k]) < p[strength] * size, ZERO, x[k])

    return moving


def _slow(k: int, strength: int, most: np.float32, at: int) -> Piece:
    def slow(p: Any, v: Any, x: Any) -> Any:
        reach = p[strength] * most
        return v[at] + clip(x[k] - v[at], -reach, reach, ZERO)

    return slow


def _given(layout: Layout) -> Piece:
    """Returns what the plant gets: the actuators' gains are its own where it has a param that is their strength."""
    if not layout.has("actuator_gain") or layout.plain.motor:
        return _same
    strength, first = layout.param("actuator_gain"), layout.at("actuator_0")
    return _all_of([_strong(k, strength, first + k) for k in range(len(layout.plain.actions))])


def _strong(k: int, strength: int, at: int) -> Piece:
    def strong(p: Any, v: Any, x: Any) -> Any:
        return x[k] * (ONE + p[strength] * v[at])

    return strong


def _machine(layout: Layout) -> Piece:
    """Returns the params of this episode's plant."""
    plain, n = layout.plain.params, len(layout.plain.params._fields)
    values = _all_of([_spread(layout, k, name) for k, name in enumerate(plain._fields)])

    def spread(p: Any, v: Any) -> Any:
        return plain(*values(p, v, ()))

    def as_it_is(p: Any, v: Any) -> Any:
        return plain(*p[:n])

    varied = [name for name in layout.used if name.endswith("_spread")]
    return spread if varied or (layout.plain.motor and layout.has("actuator_gain")) else as_it_is


def _spread(layout: Layout, k: int, name: str) -> Piece:
    made: Piece = _param(k)
    if layout.has(f"{name}_spread"):
        made = _times(made, layout.param(f"{name}_spread"), layout.at(f"{name}_spread"))
    if layout.has("actuator_gain") and name == layout.plain.motor:
        made = _times(made, layout.param("actuator_gain"), layout.at("actuator_0"))
    return made


def _param(k: int) -> Piece:
    def param(p: Any, v: Any, x: Any) -> Any:
        return p[k]

    return param


def _times(value: Piece, strength: int, at: int) -> Piece:
    def times(p: Any, v: Any, x: Any) -> Any:
        return value(p, v, x) * (ONE + p[strength] * v[at])

    return times


# From the plant to what a controller reads.


def _looked(layout: Layout) -> Piece:
    """Returns the plain observations of a step's result; none where nobody reads them."""
    plain, n = layout.plain.observe, len(layout.plain.variables)

    def looked(after: Any) -> Any:
        return plain(*after[:n])

    return looked if layout.readings else _none_of


def _noises(layout: Layout) -> Piece:
    """Returns the states of the noise in this step, one for each that is drawn."""
    last = len(layout.names) - 1
    count = len(layout.plain.observations) * layout.has("observation_noise") + layout.has("dropout")
    if count == 0:
        return _none_of

    def first(v: Any) -> Any:
        return (following(v[last]),)

    made: Piece = first
    for k in range(count - 1):
        made = _and_next(made, k)
    return made


def _and_next(before: Piece, k: int) -> Piece:
    def more(v: Any) -> Any:
        known = before(v)
        return (*known, following(known[k]))

    return more


def following(noise: Number) -> Number:
    """Returns the generator's next state, a whole number within half the modulus of 0."""
    product = noise * FACTOR
    return product - MODULUS * ((product / MODULUS + ROUND) - ROUND)


def _sensed(layout: Layout) -> Piece:
    """Returns the readings, from observations with this step's noises behind them."""
    n = len(layout.plain.observations)
    return _all_of([_reading(layout, k, n) for k in range(n)] if layout.readings else [])


def _reading(layout: Layout, k: int, n: int) -> Piece:
    """Returns what the sensor of channel k reads."""
    made: Piece = _value(k)
    if layout.has("observation_delay"):
        strength, at, (first, _) = layout.param("observation_delay"), layout.at(Draws.OLD), layout.old_lines
        made = _delayed(k, at, strength, first + k, n, layout.old)
    if layout.has("observation_gain"):
        made = _times(made, layout.param("observation_gain"), layout.at(f"gain_{k}"))
    if layout.has("observation_offset", "observation_noise"):
        made = _plus(made, f32(layout.plain.sizes[k]), _shift(layout, k, n + k))
    if layout.has("dropout"):
        noise = n + n * layout.has("observation_noise")
        made = _or_lost(made, layout.param("dropout"), noise, len(layout.plain.variables) + k)
    return made


def _value(k: int) -> Piece:
    def value(p: Any, v: Any, x: Any) -> Any:
        return x[k]

    return value


def _plus(value: Piece, size: np.float32, shift: Piece) -> Piece:
    def plus(p: Any, v: Any, x: Any) -> Any:
        return value(p, v, x) + size * shift(p, v, x)

    return plus


def _shift(layout: Layout, k: int, noise: int) -> Piece:
    """Returns by how many typical sizes a sensor errs: always, and in this step."""
    always, here, at = layout.param("observation_offset"), layout.param("observation_noise"), layout.at(f"offset_{k}")

    def offset(p: Any, v: Any, x: Any) -> Any:
        return p[always] * v[at]

    def noisy(p: Any, v: Any, x: Any) -> Any:
        return p[here] * SQRT_12 * (x[noise] / MODULUS)

    def both(p: Any, v: Any, x: Any) -> Any:
        return p[always] * v[at] + p[here] * SQRT_12 * (x[noise] / MODULUS)

    if not layout.has("observation_noise"):
        return offset
    return both if layout.has("observation_offset") else noisy


def _or_lost(value: Piece, strength: int, noise: int, at: int) -> Piece:
    def read(p: Any, v: Any, x: Any) -> Any:
        return select(x[noise] / MODULUS + HALF < p[strength], v[at], value(p, v, x))

    return read


# What a step leaves for the next one, and what it costs.


def _remembered(layout: Layout) -> Piece:
    """Returns the state variables after those that stay: see ``Layout``."""
    line = _shifted(layout.lines, len(layout.plain.actions), 0)
    old_line = _shifted(layout.old_lines, len(layout.plain.observations), 1)
    position = _third if layout.has("rate_limit") else _none_of_step
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
    rest = _slice(begin, end - width)

    def actions(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
        return asked + rest(v)

    def observations(v: Any, asked: Any, seen: Any, moved: Any) -> Any:
        return seen + rest(v)

    if begin == end:
        return _none_of_step
    return observations if which else actions


def _signs(layout: Layout) -> Piece:
    begin, end = layout.signs
    return _all_of([_last_sign(k, begin + k) for k in range(end - begin)])


def _last_sign(k: int, at: int) -> Piece:
    def last(p: Any, v: Any, x: Any) -> Any:
        return select(absolute(x[k]) > ZERO, x[k], v[at])

    return last


def _last_of(layout: Layout) -> Piece:
    """Returns the noise's last state in this step."""
    n = len(layout.plain.observations) * layout.has("observation_noise") + layout.has("dropout")
    return _slice(n - 1, n) if n else _none_of


def _charged(layout: Layout) -> Piece:
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
