"""``wr.monitor``: a controller with a monitor that was calibrated on machines that differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.monitor import MOST_CHANNELS, Monitor
from wann_rt.core.stages import stage
from wann_rt.monitoring.calibrate import FEWEST, Calibrated, calibrated, check_rate, excesses, recorded_excesses
from wann_rt.monitoring.choice import USUAL, Broken, broken_machines
from wann_rt.monitoring.choice import chosen as chosen_of
from wann_rt.monitoring.cost import Cost, cost
from wann_rt.monitoring.faults import FAULTS
from wann_rt.monitoring.kinds import AUTO, RECIPES, Given, Made
from wann_rt.monitoring.machines import Record, machines, motor_of, record, usual_spread
from wann_rt.monitoring.predictor import predicted
from wann_rt.play.task_of import task_of
from wann_rt.tasks.any_task import AnyTask, check_fits
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.environment.task import EnvironmentTask
from wann_rt.tasks.observed import observed
from wann_rt.tasks.task import Task

RECORDED = 1_000_000  # steps that are looked at one by one, in numpy
RECORD_SEED = 210_000_000
MOST_RECORDED_BYTES = 2**31  # of an environment; joining the parts takes as much again, and so does a choice
MOTORS, MOTOR_SEED, MOTOR_STEPS = 0.9, 240_000_000, 100_000  # how much motors differ for ``decouple``
INF = float("inf")
MOST_STEPS = 10**9  # that are played unless more are asked for


@dataclass(frozen=True)
class Monitored:
    """What ``monitor`` returns.

    Attributes:
        controller: with its monitor.
        kind: which recipe it has.
        spread: how the machines differed: condition -> how strong.
        calibration: steps, episodes and alarms.
    """

    controller: Controller
    kind: str
    spread: Mapping[str, float]
    calibration: Calibrated

    def to_dict(self) -> dict[str, Any]:
        """Returns it as JSON values."""
        found = self.calibration
        return {
            "kind": self.kind,
            "false_alarms": found.monitor.false_alarms,
            "steps": found.steps,
            "episodes": found.episodes,
            "alarms": found.alarms,
            "state": found.monitor.size,
            "instructions": round(cost(found.monitor).instructions),
            "bytes": round(cost(found.monitor).bytes),
            "features": found.made,
            "watched": found.watched,
            "spread": dict(self.spread),
        }


def monitor(
    controller: Controller,
    task: AnyTask | str | None = None,
    *,
    false_alarms: float = 1e-7,
    kind: str = AUTO,
    spread: Mapping[str, float] | None = None,
    steps: float | None = None,
    fail_safe: Mapping[str, float] | None = None,
    budget: Mapping[str, float] | None = None,
    threads: int | None = None,
) -> Monitored:
    """Calibrates a monitor on machines that differ.

    Args:
        controller: whose plant it is to watch; one that it has is replaced.
        task: the plant; by default that which the controller was searched for.
        false_alarms: how many a step are borne: 1e-7 is one in 28 hours at 100 Hz.
        kind: one of ``RECIPES``, or "auto": the plant's own step as predictor where the task has one, else ranges.
        spread: how machines differ, where that is another way than usual, e.g. ``{"pole_mass_spread": 0.2}``.
        steps: on how many the thresholds are set; by default as many as the rate needs, at most 10^9.
        fail_safe: actions to take after an alarm, by name; by default the value of each range nearest 0.
        budget: what the monitor may add to a step on a Cortex-M4F, as estimated: ``{"instructions": 500}``, "bytes" of
            flash, or both; who gives one sets no limit to the other, and inf is none. Where all of its features take
            more, those are watched that find most of some faults. By default 250 instructions and 1024 bytes, but no
            limit for "rnd".
        threads: how many to use; the result does not depend on it.

    Raises:
        ControllerError: something else came than a controller, such as its name.
        ConfigError: a rate that so many steps cannot support, an unknown kind, an action without bounds, or a budget
            into which nothing fits.
        TaskError: there is no plant that could be varied, its step predicts no reading, or its channels are not those
            of the controller.
    """
    only_a_controller(controller)
    if kind not in (*RECIPES, AUTO):
        raise ConfigError(
            f"there is no monitor of kind {kind!r}; kinds: {', '.join((*RECIPES, AUTO))}{near(kind, RECIPES)}"
        )
    if not (_is_number(false_alarms) and 0 < false_alarms < 1):
        raise ConfigError(f"false_alarms is {false_alarms!r}; expected a share of the steps, such as 1e-7")
    safe = fail_safe_of(controller, {} if fail_safe is None else fail_safe)
    _check_numbers(steps, {} if spread is None else spread)
    limits = budget_of(kind, budget or {})
    wanted = int(min(max(2 * FEWEST / false_alarms, RECORDED), MOST_STEPS) if steps is None else steps)
    check_rate(false_alarms, wanted)
    found_task = task_of(controller, task)
    if isinstance(found_task, EnvironmentTask):
        return _of_environment(controller, found_task, kind, false_alarms, wanted, spread, safe, limits)
    plain = _plant_of(controller, found_task)
    check_fits(_seen(plain, controller), controller)
    chosen = _chosen(kind, plain)
    varied = machines(plain.base or plain, spread)
    seen = _seen(varied, controller)
    first = RECORD_SEED
    stage("recording nominal machines")
    kept = record(controller, seen, range(first, first + max(64, min(wanted, RECORDED) // plain.max_steps)))
    motors = _motors(plain.base or plain, controller, spread) if chosen == "plant" else None
    n, m = len(controller.observations), len(controller.actions)
    given = Given(_seen(plain, controller, ()), kept, n, m, motors=motors)
    stage("calibrating the thresholds")
    judge = excesses(controller, seen, first + RECORDED, threads)

    def broken() -> list[Broken]:
        return broken_machines(FAULTS, plain.max_steps, partial(record, controller, seen))

    choose = partial(chosen_of, record=kept, false_alarms=false_alarms, budget=limits, broken=broken)
    found = calibrated(given, RECIPES[chosen], false_alarms, wanted, safe, judge, choose)
    used = usual_spread(plain.base or plain) | dict(spread or {})
    told = {"kind": chosen, "steps": found.steps, "spread": used, "task": plain.name}
    provenance = {**controller.provenance, "monitor": told}
    made = replace(controller, monitor=found.monitor, provenance=provenance)
    return Monitored(made, chosen, used, found)


def _motors(plain: Task, controller: Controller, spread: Mapping[str, float] | None) -> Record | None:
    """Returns some episodes of machines whose motors differ much, where the machines to watch differ in them."""
    motor = motor_of(plain)
    if motor is None or (usual_spread(plain) | dict(spread or {}))[motor] == 0:
        return None
    seen = _seen(machines(plain, {**(spread or {}), motor: MOTORS}), controller)
    return record(controller, seen, range(MOTOR_SEED, MOTOR_SEED + max(64, MOTOR_STEPS // plain.max_steps)))


def _of_environment(
    controller: Controller,
    task: EnvironmentTask,
    kind: str,
    false_alarms: float,
    steps: int,
    spread: Mapping[str, float] | None,
    safe: Sequence[float],
    budget: Cost,
) -> Monitored:
    """Returns a controller with a monitor that was calibrated on episodes of an environment."""
    from wann_rt.monitoring.environments import Machines

    _check_width(controller)
    check_fits(task, controller)
    check_recordable(controller, steps)
    chosen = "range" if kind == AUTO else kind
    stage("recording nominal machines")
    varied = Machines(controller, task, spread)
    kept = varied.recorded(RECORD_SEED, 64, steps)
    given = Given(None, kept, len(controller.observations), len(controller.actions))
    stage("calibrating the thresholds")

    def broken() -> list[Broken]:
        sensors = [fault for fault in FAULTS if fault.plant == 1]  # its plant is not ours to change
        return broken_machines(sensors, task.max_steps, varied.record)

    judged = [kept]

    def choose(made: list[Made]) -> list[Made]:
        watched = chosen_of(made, kept, false_alarms, budget, broken)
        if len(watched) < len(made):  # features were chosen on those episodes, and have fewer false alarms there
            episodes = kept.alive.shape[1]
            judged[0] = varied.recorded(RECORD_SEED + episodes, episodes, steps)
        return watched

    def judge(monitor: Monitor, steps: int) -> tuple[NDArray[np.float64], int]:
        return recorded_excesses(judged[0])(monitor, steps)

    found = calibrated(given, RECIPES[chosen], false_alarms, steps, safe, judge, choose)
    told = {"kind": chosen, "steps": found.steps, "spread": varied.spread, "task": task.name}
    provenance = {**controller.provenance, "monitor": told}
    made = replace(controller, monitor=found.monitor, provenance=provenance)
    return Monitored(made, chosen, varied.spread, found)


def check_recordable(controller: Controller, steps: int) -> None:
    """Refuses steps of an environment that memory cannot hold: all of them are kept, to be judged again.

    Raises:
        ConfigError: there are too many.
    """
    most = MOST_RECORDED_BYTES // (4 * (len(controller.observations) + len(controller.actions)) + 1)
    if steps > most:
        raise ConfigError(
            f"{steps:.1e} steps of an environment cannot be held in memory, at most {most:.1e} of controller "
            f"{controller.name!r} can: take fewer (--steps), or state a rate from {FEWEST / most:.1e} (--false-alarms)"
        )


def budget_of(kind: str, said: Mapping[str, float]) -> Cost:
    """Returns what a monitor may cost. A network (``rnd``) is not watched in parts, so it has no usual limit.

    Raises:
        ConfigError: a limit is unknown, or no number above 0.
    """
    if not isinstance(said, Mapping):
        raise ConfigError(f"budget is {said!r}; expected limits by name, such as {{'instructions': 500}}")
    for name, value in said.items():
        if name not in Cost._fields:
            raise ConfigError(f"a budget has {' and '.join(Cost._fields)}; {name!r} came{near(name, Cost._fields)}")
        if not (_is_number(value) and value > 0):
            raise ConfigError(
                f"{name} is {value!r}; expected how many a monitor may take, such as 500, or inf: no limit (--{name})"
            )
    if not said and kind != "rnd":
        return USUAL
    return Cost(*(said.get(name, INF) for name in Cost._fields))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_names(what: str, said: object, names: str) -> None:
    if not isinstance(said, Mapping):
        raise ConfigError(f"{what} is {said!r}; expected numbers by the names of {names}")


def _check_numbers(steps: float | None, spread: Mapping[str, float]) -> None:
    if steps is not None and not (_is_number(steps) and 1 <= steps < INF):
        raise ConfigError(f"steps is {steps!r}; expected a number of steps, such as 1e7 (--steps)")
    _check_names("spread", spread, "conditions, such as {'dropout': 0.3}")
    for name, strength in spread.items():
        if not (_is_number(strength) and 0 <= strength < INF):
            raise ConfigError(f"spread {name} is {strength!r}; expected a finite number, 0 for machines that are alike")


def _check_chosen(controller: Controller, chosen: Mapping[str, float]) -> None:
    names = [channel.name for channel in controller.actions]
    _check_names("fail_safe", chosen, "actions")
    for name, value in chosen.items():
        if name not in names:
            raise ConfigError(f"there is no action {name!r}; actions: {', '.join(names)}{near(name, names)}")
        if not (_is_number(value) and abs(value) < INF):
            raise ConfigError(
                f"fail-safe action {name} is {value!r}; expected a finite number (--fail-safe, fail_safe=)"
            )


def fail_safe_of(controller: Controller, chosen: Mapping[str, float]) -> tuple[float, ...]:
    """Returns the fail-safe actions: those that are chosen, else what is nearest 0 within each range.

    Raises:
        ConfigError: a name is unknown, a value is not finite or out of range, or neither a range nor a value says what
            is safe.
    """
    _check_chosen(controller, chosen)
    for channel in controller.actions:
        is_open = channel.high - channel.low == float("inf")
        if is_open and channel.name not in chosen and controller.decision == "values":
            raise ConfigError(
                f"action {channel.name!r} of controller {controller.name!r} has no bounds, so none of its values is "
                f"known to be safe: say which one (--fail-safe {channel.name}=VALUE, fail_safe=)"
            )
        value = chosen.get(channel.name, channel.neutral)
        if controller.decision == "values" and not channel.low <= value <= channel.high:
            raise ConfigError(
                f"fail-safe action {channel.name} = {value:g} is out of its range, from {channel.low:g} to "
                f"{channel.high:g} (--fail-safe, fail_safe=)"
            )
    return tuple(float(chosen.get(c.name, float(c.neutral))) for c in controller.actions)


def _check_width(controller: Controller) -> None:
    if len(controller.observations) > MOST_CHANNELS:
        raise ConfigError(
            f"controller {controller.name!r} has {len(controller.observations)} observations; a monitor watches at "
            f"most {MOST_CHANNELS}, whose bits its alarm is"
        )


def _plant_of(controller: Controller, found: AnyTask) -> Task:
    """Returns the plain compiled task whose machines are varied."""
    _check_width(controller)
    if isinstance(found, DataTask) or not isinstance(found, Task):
        raise TaskError(f"task {found.name} is a data set, whose rows are no sequence: there is nothing to watch")
    return found.raw or found


def _seen(task: Task, controller: Controller, derived: Sequence[Any] | None = None) -> Task:
    """Returns a task as the controller sees it; without what it derives where that is ()."""
    return observed(task, [c.name for c in controller.observations], controller.derived if derived is None else ())


def _chosen(kind: str, plain: Task) -> str:
    """Returns the recipe that is meant."""
    if kind != AUTO:
        return kind
    try:
        predicted(plain)
    except TaskError:
        return "range"
    return "plant"
