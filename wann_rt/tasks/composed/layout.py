"""Where things stand in the state of a task under conditions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from wann_rt.core.channel import Channel
from wann_rt.tasks.task import Function, Start


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
        sensed = any(name.startswith("observation_") for name in self.used) or self.has("dropout", "quantisation")
        return tuple(f"read_{c.name}" for c in self.plain.observations) if sensed else ()

    @cached_property
    def draws(self) -> tuple[str, ...]:
        """What is drawn, in order; the noise last, though its state stands at the end."""
        n, plain = range(len(self.plain.observations)), self.plain
        wanted = [f"gain_{k}" for k in n if self.has("observation_gain")]
        wanted += [f"offset_{k}" for k in n if self.has("observation_offset")]
        wanted += [f"map_{k}_{j}" for k in n for j in n if self.has("observation_map")]
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
