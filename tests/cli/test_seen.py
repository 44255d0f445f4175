"""``--observe`` and ``--derive`` of ``wann-rt search``: what a controller sees, in the words of the command line."""

import pytest

import wann_rt as wr
from wann_rt.cli.search import _seen
from wann_rt.core.errors import TaskError

ANGLE = ("theta_dot=rate_of:cos_theta/sin_theta",)


def names(task: object) -> list[str]:
    return [channel.name for channel in task.observations]  # type: ignore[attr-defined]


@pytest.mark.parametrize("observe", ["cos_theta,sin_theta", "cos_theta, sin_theta", " cos_theta , sin_theta "])
def test_names_may_have_blanks_around_them(observe: str) -> None:
    made = _seen(wr.task("pendulum"), observe, ANGLE)
    assert names(made) == ["cos_theta", "sin_theta", "theta_dot"]
    assert [one.name for one in made.derived] == ["theta_dot"]


def test_an_environment_is_seen_by_the_same_words() -> None:
    made = _seen(wr.environment("Pendulum-v1"), "cos_theta, sin_theta", ANGLE)
    assert names(made) == ["cos_theta", "sin_theta", "theta_dot"]
    assert [channel.name for channel in made.sensors] == ["cos_theta", "sin_theta"]


@pytest.mark.parametrize("make", [lambda: wr.task("pendulum"), lambda: wr.environment("Pendulum-v1")])
def test_what_is_not_there_or_there_twice_is_one_error(make: object) -> None:
    task = make()  # type: ignore[operator]
    with pytest.raises(TaskError, match=r"observes no 'cos_thta'; it observes .*did you mean 'cos_theta'"):
        _seen(task, "cos_thta", ())
    with pytest.raises(TaskError, match="and none twice"):
        _seen(task, "cos_theta,cos_theta", ())
    assert _seen(task, None, ()) is task
