"""What a task and an environment share about how a controller sees them: through some sensors and derived channels."""

from collections.abc import Sequence

from wann_rt.core.channel import Channel
from wann_rt.core.derived import Derived
from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near


class Seen:
    """The channels of something that is played, of which the last may be derived or feed recurrent nodes.

    Attributes:
        observations: what a controller's network sees.
        actions: what it says.
        derived: the last of the observations, which are computed from the others.
    """

    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    derived: tuple[Derived, ...]

    @property
    def sensors(self) -> tuple[Channel, ...]:
        """What a controller is fed: the observations that are not derived."""
        return self.observations[: len(self.observations) - len(self.derived)]

    @property
    def acts(self) -> tuple[Channel, ...]:
        """What a controller does: the actions but for those that feed recurrent nodes."""
        return self.actions[: len(self.actions) - sum(one.row.fed for one in self.derived)]


def places_of(what: str, observations: Sequence[Channel], names: Sequence[str]) -> tuple[int, ...]:
    """Returns where among some observations those of these names stand.

    Args:
        what: observes them, for the message: "task x".
        observations: all that there are.
        names: of those that are wanted, in order.

    Raises:
        TaskError: there is no observation of that name, none is left, or one is named twice.
    """
    known = [channel.name for channel in observations]
    for name in names:
        if name not in known:
            raise TaskError(f"{what} observes no {name!r}; it observes {', '.join(known)}{near(name, known)}")
    if not names or len(set(names)) < len(names):
        raise TaskError(f"{what}: observe at least one of {', '.join(known)}, and none twice")
    return tuple(known.index(name) for name in names)
