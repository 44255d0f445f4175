"""Resume: the state of a search as a checkpoint, and back; a resumed search continues bit for bit."""

from typing import Any

import numpy as np

from wann_rt.core.errors import FileError
from wann_rt.evolution.checked_state import COUNTS, Checked
from wann_rt.evolution.checkpoint import Checkpoint
from wann_rt.evolution.run_settings import without_code
from wann_rt.evolution.search import Search
from wann_rt.tasks.any_task import identity


def state_of(running: Search) -> Checkpoint:
    """Returns all that the coming generations depend on, besides task and config."""
    arrays = {f"population.{name}": value for name, value in running.population._asdict().items() if name not in COUNTS}
    values: dict[str, Any] = {
        **identity(running.task),
        "config_digest": running.config.digest,
        "generation": running.generation,
        "env_steps": running.env_steps,
        "seconds": running.seconds,
        "champion": None,
    }
    if running.champion is not None:
        champion = running.champion
        values["champion"] = {"fitness": champion.fitness.hex(), "generation": champion.generation}
        arrays["champion.connections"] = np.array(champion.network.connections, np.int32).reshape(-1, 3)
        arrays["champion.activations"] = np.array(champion.network.activations, np.int32)
    return Checkpoint(values, arrays)


def restore(running: Search, state: Checkpoint, where: str, changed_code: bool = False) -> bool:
    """Puts a search made with the same task and config into a saved state; ``where`` names the file in errors.

    With ``changed_code`` the state may have been saved by other code of the environment; the champion's fitness, which
    that code gave, is then found anew. Returns whether it was.

    Nothing of the search changes unless all of the state is what this search may have saved: see ``checked``.

    Raises:
        FileError: the state is of another task or config, or no search can be in it.
    """
    expected = {**identity(running.task), "config_digest": running.config.digest}
    known = {key: state.values.get(key) for key in expected}
    changed = changed_code and known != expected and without_code(known) == without_code(expected)
    for key, value in ({} if changed else expected).items():
        if state.values.get(key) != value:
            raise FileError(f"{where}: is of a search with {key} {state.values.get(key)!r}; this one has {value!r}")
    checked = Checked(running, state, where)
    values, population, champion = checked.numbers(), checked.population(), checked.champion()
    running.population, running.champion = population, champion
    running.generation, running.env_steps, running.seconds = values
    return changed
