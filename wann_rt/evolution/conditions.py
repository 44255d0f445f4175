"""What a search plays: the task as it is given, or under the disturbances and prices that its settings ask for."""

from dataclasses import fields

from wann_rt import tasks
from wann_rt.core.errors import ConfigError, TableError
from wann_rt.evolution import proposals
from wann_rt.evolution.config import Config, default_preset
from wann_rt.evolution.preset_files import OF_ENVIRONMENTS
from wann_rt.tasks import conditions
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tasks.task import Task

PRICES = conditions.PENALTIES


def searched(task: AnyTask, config: Config) -> AnyTask:
    """Returns the task as a search plays it: under the conditions of its settings that are not the task's own.

    What the task was given goes before what the settings say: a user who says ``delay=4`` gets 4.

    Raises:
        ConfigError: an environment plays the task, and knows no conditions.
    """
    if not isinstance(task, (Task, DataTask)):
        check_environment(task.name, config)
        return task
    wanted = {name: getattr(config, name) for name in PRICES if getattr(config, name) != 0}
    if config.scoring and not isinstance(task, DataTask):
        raise _not_scored(task.name, config, default_preset(task))
    if isinstance(task, DataTask):
        if wanted or config.disturbed:
            named = ", ".join([*wanted, *["disturbed"] * config.disturbed])
            raise ConfigError(
                f"task {task.name} is a data set, which knows no disturbances and no prices: leave out {named}, or "
                "name another preset (--preset dataset)"
            )
        return task.scored_by(config.scoring) if config.scoring else task
    plain = task.base or task
    wanted |= conditions.tested(plain) if config.disturbed else {}
    known, given = conditions.names(plain), task.params._asdict()
    added = {name: level for name, level in wanted.items() if name in known and name not in given}
    return tasks.with_params(task, **added) if added else task


def check_environment(name: str, config: Config) -> None:
    """Refuses settings that no environment can be searched with, which one need not be made and tried for.

    Args:
        name: of the environment.
        config: all settings of the search.

    Raises:
        ConfigError: they ask for conditions, or for the scores of a data set.
        TaskError: they ask for a topology that is proposed for a data set.
    """
    if config.scoring:
        raise _not_scored(name, config, OF_ENVIRONMENTS)
    wanted = [price for price in PRICES if getattr(config, price) != 0]
    if wanted or config.disturbed:
        named = ", ".join([*wanted, *["disturbed"] * config.disturbed])
        raise ConfigError(
            f"task {name} is played by an environment, which knows no disturbances and no prices: leave out {named}, "
            f"or name another preset (--preset {OF_ENVIRONMENTS})"
        )
    if config.proposal != "none":
        raise proposals.no_classes(name)


def _not_scored(name: str, config: Config, preset: str) -> ConfigError:
    return ConfigError(
        f"setting scoring is {config.scoring!r}, but task {name} is no data set: leave it out, or where "
        f"preset {config.preset} says so, name another one (--preset {preset})"
    )


def _check_prices() -> None:
    unknown = set(PRICES) - {field.name for field in fields(Config)}
    if unknown:
        raise TableError(
            f"PENALTIES in wann_rt/tasks/conditions.py has {min(unknown)}, but Config in wann_rt/evolution/config.py "
            "has no such setting: add it there"
        )


_check_prices()
