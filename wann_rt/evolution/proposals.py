"""Searches that begin from a topology which gradients propose; ``Config.proposal`` asks for one."""

from wann_rt.core import random
from wann_rt.core.errors import ConfigError, TaskError
from wann_rt.core.network import Network
from wann_rt.core.random import Purpose
from wann_rt.core.stages import stage
from wann_rt.evolution.config import Config
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.dataset.task import DataTask
from wann_rt.tuning.mask import MaskSettings, check, propose


def settings_of(config: Config, *again: int) -> MaskSettings:
    """Returns the settings of a search's proposal: of its first one the seed is that of the search.

    Args:
        config: of the search.
        *again: the generation in which it begins again, which has a proposal of its own.
    """
    seed = int(random.stream(config.seed, Purpose.PROPOSAL, *again) >> 11) if again else config.seed
    return MaskSettings(
        connections=config.proposal_connections,
        hidden=config.proposal_hidden,
        epochs=config.proposal_epochs,
        weight_epochs=0,
        seed=seed,
    )


def checked(task: AnyTask, config: Config) -> DataTask:
    """Returns the task; refuses before a search what it could not begin from.

    Raises:
        TaskError: the task is no data set of classes.
        ConfigError: the settings name a controller to start from, too, or a size that no such network has.
    """
    if not isinstance(task, DataTask):
        raise no_classes(task.name)
    if config.start_digest:
        raise ConfigError("a search starts from a controller or from a proposal: leave out one of the two")
    try:
        check(task, settings_of(config))
    except ConfigError as error:  # which knows these settings by the names that ``MaskSettings`` has for them
        raise ConfigError(str(error).replace("setting ", "setting proposal_", 1)) from None
    return task


def no_classes(name: str) -> TaskError:
    """Returns the error that a task is no data set of classes."""
    return TaskError(
        f"task {name}: setting proposal is 'mask', but topologies are proposed for data sets of classes only"
    )


def proposed(task: AnyTask, config: Config, *again: int) -> Network:
    """Returns the proposed topology, with signs; a minute or less."""
    stage("proposing a topology by gradients")
    return propose(checked(task, config), settings_of(config, *again)).network
