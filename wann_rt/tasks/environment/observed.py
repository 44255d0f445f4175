"""An environment seen through some of its sensors, and through channels that are derived from them.

Who plays it feeds each controller's memory (``play.backends.senses``): the environment itself stays as it is.
"""

from collections.abc import Sequence
from dataclasses import replace

from wann_rt.core.derived import Derived
from wann_rt.core.errors import ControllerError, TaskError
from wann_rt.core.memory import Memory, feeds_of
from wann_rt.tasks.environment.task import EnvironmentTask


def observed(task: EnvironmentTask, places: Sequence[int], derived: Sequence[Derived]) -> EnvironmentTask:
    """Returns an environment of which a controller sees some observations, and channels derived from these.

    Args:
        task: the environment; how it was seen before is forgotten.
        places: of the observations that stay, in order.
        derived: what is computed from them, see ``core.derived``.

    Raises:
        TaskError: a rate is needed, and the environment says none.
        ControllerError: a derived channel does not fit the others.
    """
    plain = task.plain
    if tuple(places) == tuple(range(len(plain.observations))) and not derived:
        return plain
    seen = tuple(plain.observations[k] for k in places)
    made = replace(
        plain, observations=(*seen, *(one.channel for one in derived)), actions=(*plain.actions, *feeds_of(derived)),
        derived=tuple(derived), whole=plain.observations, places=tuple(places),
    )  # fmt: skip
    try:
        memory_of(made)
    except ControllerError as error:
        if plain.rate_hz is None and any(one.row.timed for one in derived):
            raise TaskError(f"{error}: rate_hz in --channels FILE, or channels={{'rate_hz': 50}}, states it") from None
        raise
    return made


def memory_of(task: EnvironmentTask) -> Memory:
    """Returns what a controller of the environment remembers."""
    sensors, actions = (tuple(channel.name for channel in side) for side in (task.sensors, task.acts))
    return Memory(task.derived, sensors, actions, task.rate_hz)
