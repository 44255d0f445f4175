"""Every name in a generated header: one prefix outside of functions, the task's own words inside."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wann_rt.core.activations import Activation
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.files import digest
from wann_rt.exporters.to_c.text import identifier, is_identifier, unique, word

# An activation of this name would collide with the function that computes the actions.
_RENAMED = {"step": "unit_step"}
MAX_PREFIX = 24  # longest default prefix, because it stands in almost every line
RUNTIME = "wann"  # the prefix of the C runtime in runtime_c, with which a controller may be linked
FRACTION = "_fraction"  # the end of the name of a channel's format, in fixed point
TAKEN = (RUNTIME, "wann_guard", "wann_tune")  # those of all headers there


@dataclass(frozen=True)
class Names:
    """The names in one header.

    Attributes:
        p: prefix of functions.
        P: prefix of macros.
        observations: enumerator of each observation.
        actions: enumerator of each action.
        nodes: what stands for each node of the network in an expression.
        derived: enumerator of each derived channel, of a controller with a state.
        state: field of each number of the state.
        feeds: enumerator of each output that feeds a recurrent node.
        step: what the function that computes actions from all that the network sees is called.
        count: how many numbers that function takes.
        results: how many it gives.
    """

    p: str
    P: str
    observations: tuple[str, ...]
    actions: tuple[str, ...]
    nodes: tuple[str, ...]
    derived: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    step: str = "step"
    count: str = "N_OBSERVATIONS"
    results: str = "N_ACTIONS"

    @classmethod
    def of(cls, controller: Controller, prefix: str) -> "Names":
        """Returns the names for a controller's header."""
        return cls(
            prefix,
            prefix.upper(),
            enumerators(prefix, "obs", controller.observations),
            enumerators(prefix, "action", controller.actions),
            _nodes(controller.inner, prefix),
            enumerators(prefix, "derived", tuple(derived.channel for derived in controller.derived)),
            _fields(controller.memory.names),
            enumerators(prefix, "next", tuple(one.channel for one in controller.derived if one.row.fed)),
        )

    @property
    def network(self) -> "Names":
        """The same for the functions that compute actions without the state."""
        sides = (*self.observations, *self.derived), (*self.actions, *self.feeds)
        results = "N_OUTPUTS" if self.feeds else self.results
        return replace(self, observations=sides[0], actions=sides[1], step="network", count="N_INPUTS", results=results)

    def remembering(self, numbers: Sequence[str]) -> "Names":
        """The same for another state, given a name for each of its numbers."""
        return replace(self, state=_fields(numbers))

    def fill(self, template: str) -> str:
        """Returns a template with the prefixes in place of ``<p>`` and ``<P>``."""
        return template.replace("<p>", self.p).replace("<P>", self.P)

    def function(self, activation: Activation) -> str:
        """Returns the name of an activation's function."""
        return f"{self.p}_{_RENAMED.get(activation.name, activation.name)}"


def c_prefix(controller: Controller) -> str:
    """Returns the prefix that the header has by default; the file is best named ``<prefix>.h``.

    A name without Latin letters or digits says nothing here, and that of the runtime is taken: the digest stands in.
    """
    plain = word(controller.name)[:MAX_PREFIX].rstrip("_")
    if plain in ("", *TAKEN):
        return f"{RUNTIME}_{digest(controller).partition(':')[2][:8]}"
    return identifier(plain, RUNTIME)


def checked_prefix(prefix: str) -> str:
    """Returns the prefix that a user asked for, without underscores at its end, or raises ExportError."""
    if not is_identifier(prefix):
        raise ExportError(
            f"prefix {prefix!r} cannot begin names in C: expected a letter, then letters, digits and "
            "single underscores, and no keyword"
        )
    if prefix.strip("_").lower() in TAKEN:
        raise ExportError(
            f"prefix {prefix!r} is that of the C runtime (wann_step, wann_guard_reset): choose another one"
        )
    return prefix.rstrip("_")


def enumerators(prefix: str, side: str, channels: Sequence[Channel]) -> tuple[str, ...]:
    """Returns the name of each channel's index, e.g. ``PENDULUM_OBS_THETA``.

    In fixed point its format is called ``PENDULUM_OBS_THETA_FRACTION``, which no other channel may be called.
    """
    words: list[str] = []
    taken: list[str] = []
    for k, channel in enumerate(channels):
        name = unique(word(channel.name) or str(k), [*taken, *(t.removesuffix(FRACTION) for t in taken)])
        words.append(name)
        taken += [name, name + FRACTION]
    return tuple(f"{prefix}_{side}_{name}".upper() for name in words)


def _fields(names: Sequence[str]) -> tuple[str, ...]:
    """Returns a field of a struct for each number of a state; the lead keeps macros of the includer away."""
    fields: list[str] = []
    for k, name in enumerate(names):
        fields.append(unique(f"m_{word(name) or k}", fields))
    return tuple(fields)


def _nodes(controller: Controller, prefix: str) -> tuple[str, ...]:
    """Returns the locals. Those named after channels begin with a letter: macros of the includer seldom do.

    Channels are called errno, complex or stdin; nodes and temporaries are n7 and u7, which no system header names:
    regdef.h of MIPS has t7 and s7.
    """
    network = controller.network
    sides = (("o", controller.observations), ("a", controller.actions))
    names: list[str] = []
    for side, channels in sides:
        lead = side * 2 if side == prefix else side  # a local o_step would hide the function of the prefix o
        for k, channel in enumerate(channels):
            names.append(unique(f"{lead}_{word(channel.name) or k}", names))
    hidden = [f"n{network.first + k}" for k in range(network.n_hidden)]
    return ("1.0f", *names[: network.n_inputs], *hidden, *names[network.n_inputs :])
