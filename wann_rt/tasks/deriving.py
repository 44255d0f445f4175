"""Derived channels as a user writes them: ``theta_dot=rate_of:cos_theta/sin_theta,filter:0.2``."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import overload

from wann_rt.core.channel import Channel
from wann_rt.core.derived import KINDS, SETTINGS, Derived
from wann_rt.core.errors import TaskError
from wann_rt.core.guess import near
from wann_rt.tasks.environment.observed import observed as of_environment
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.observed import observed
from wann_rt.tasks.seen import places_of
from wann_rt.tasks.task import Task

FORM = "KIND:CHANNEL, KIND:COS/SIN, KIND:CHANNEL,SETTING:VALUE or recurrent; sine,hz:VALUE"
Derivations = Mapping[str, str | Derived]


@overload
def seen_through(task: Task, observe: Sequence[str] | None, derive: Derivations) -> Task: ...


@overload
def seen_through(task: EnvironmentTask, observe: Sequence[str] | None, derive: Derivations) -> EnvironmentTask: ...


@overload
def seen_through(
    task: Task | EnvironmentTask, observe: Sequence[str] | None, derive: Derivations
) -> Task | EnvironmentTask: ...


def seen_through(
    task: Task | EnvironmentTask, observe: Sequence[str] | None, derive: Derivations
) -> Task | EnvironmentTask:
    """Returns a task of which a controller sees some observations, and what is derived from them.

    Args:
        task: a compiled task, or an environment.
        observe: names of the observations that stay, in order; None: all that nothing derived has the name of.
        derive: name -> how, e.g. ``{"theta_dot": "rate_of:cos_theta/sin_theta,filter:0.5"}``. A channel of the name of
            an observation has its unit, range and scale.

    Raises:
        TaskError: a text that says no derived channel, or a name that the task does not know.
        ControllerError: settings that are not the kind's, or sources that are not there.
    """
    if isinstance(observe, str):
        raise TaskError(f"observe is the text {observe!r}; expected a list of names")
    plain: Task | EnvironmentTask = task.plain if isinstance(task, EnvironmentTask) else task.raw or task
    if observe is None:
        observe = [channel.name for channel in plain.observations if channel.name not in derive]
    known = {channel.name: channel for channel in (*plain.observations, *plain.actions)}
    made: list[Derived] = []
    for name, how in derive.items():
        one = how if isinstance(how, Derived) else _parsed(name, str(how), known)
        made.append(one)
        known = {name: one.channel} | known
    if isinstance(task, EnvironmentTask):
        return of_environment(task, places_of(f"environment {task.env_id}", task.plain.observations, observe), made)
    return observed(task, observe, made)


def parsed(texts: Sequence[str]) -> dict[str, str]:
    """Returns texts of the form NAME=KIND:... as a mapping.

    Raises:
        TaskError: one has another form, or a name stands twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, is_there, how = text.partition("=")
        if not (is_there and name and how) or name in found:
            raise TaskError(f"--derive {text!r}: expected NAME={FORM}, each name once")
        found[name] = how
    return found


def _parsed(name: str, text: str, known: Mapping[str, Channel]) -> Derived:
    """Returns the derived channel that a text says."""
    first, *rest = text.split(",")
    kind, colon, sources = first.partition(":")
    without = kind in KINDS and 0 in KINDS[kind].sources
    if not (colon and sources) and not (without and first == kind):
        raise TaskError(f"derived channel {name!r}: {text!r} is no derivation; expected {FORM}")
    if kind not in KINDS:
        raise TaskError(
            f"derived channel {name!r}: unknown kind {kind!r}; known: {', '.join(KINDS)}{near(kind, KINDS)}"
        )
    of = tuple(sources.split("/")) if sources else ()
    if len(of) == 2 and of[0].lower().startswith("sin") and of[1].lower().startswith("cos"):
        raise TaskError(
            f"derived channel {name!r}: the cosine of an angle comes first; {kind}:{of[1]}/{of[0]} is expected: "
            f"{sources} would be the other way round, as fast and of the other sign"
        )
    settings = dict(_setting(name, part) for part in rest)
    if len(settings) < len(rest):
        raise TaskError(f"derived channel {name!r}: {text!r} says a setting twice; expected each once")
    channel = known[name] if name in known else _channel(name, kind, [known[one] for one in of if one in known])
    steps = settings.get("steps")
    return Derived(
        channel,
        kind,
        of,
        settings.get("filter"),
        None if steps is None else int(steps),
        settings.get("limit"),
        settings.get("hz"),
    )


def _setting(name: str, part: str) -> tuple[str, float]:
    key, _, value = part.partition(":")
    if key not in SETTINGS:
        raise TaskError(
            f"derived channel {name!r}: no setting {key!r}; known: {', '.join(SETTINGS)}{near(key, SETTINGS)}"
        )
    try:
        number = float(value)
        if not abs(number) < 1e38 or (key == "steps" and number != int(number)):
            raise ValueError
    except ValueError:
        wanted = "WHOLE NUMBER" if key == "steps" else "NUMBER"
        raise TaskError(f"derived channel {name!r}: {part!r}; expected {key}:{wanted}") from None
    return key, number


def _channel(name: str, kind: str, sources: Sequence[Channel]) -> Channel:
    """Returns the channel of a derived value that no observation has the name of."""
    unit = sources[0].unit if sources else ""
    if 0 in KINDS[kind].sources:
        return Channel(name, "1")
    if kind in ("filtered", "delayed", "previous") and sources:
        return replace(sources[0], name=name)
    if kind == "integral":
        return Channel(name, {"": "", "1": "s"}.get(unit, f"{unit} s"))
    return Channel(name, "rad/s" if len(sources) > 1 else f"{unit}/s" if unit else "")
