"""Resume: the state of a search as a checkpoint, and back; a resumed search continues bit for bit."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import FileError
from wann_rt.core.network import Connection, Network
from wann_rt.evolution.checkpoint import Checkpoint
from wann_rt.evolution.search import Champion, Search
from wann_rt.kernels.genome import Population
from wann_rt.tasks.any_task import identity

COUNTS = ("n_inputs", "n_outputs")  # the fields of Population that are numbers, not arrays


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


def restore(running: Search, state: Checkpoint, where: str) -> None:
    """Puts a search made with the same task and config into a saved state; ``where`` names the file in errors.

    Raises:
        FileError: the state is of another task or config.
    """
    expected = {**identity(running.task), "config_digest": running.config.digest}
    for key, value in expected.items():
        if state.values.get(key) != value:
            raise FileError(f"{where}: is of a search with {key} {state.values.get(key)!r}; this one has {value!r}")
    columns = (state.arrays[f"population.{name}"] for name in Population._fields if name not in COUNTS)
    running.population = Population(len(running.task.observations), len(running.task.actions), *columns)
    running.generation = state.values["generation"]
    running.env_steps = state.values["env_steps"]
    running.seconds = state.values["seconds"]
    running.champion = _champion(running, state)


def _champion(running: Search, state: Checkpoint) -> Champion | None:
    saved = state.values["champion"]
    if saved is None:
        return None
    n_inputs, n_outputs = len(running.task.observations), len(running.task.actions)
    network = _network(n_inputs, n_outputs, state.arrays["champion.activations"], state.arrays["champion.connections"])
    return Champion(network, float.fromhex(saved["fitness"]), saved["generation"])


def _network(n_inputs: int, n_outputs: int, activations: NDArray[np.int32], connections: NDArray[np.int32]) -> Network:
    """Returns the network of canonical activations and connections."""
    numbered = dict(enumerate(activations.tolist(), 1 + n_inputs))
    first_output = 1 + n_inputs + len(activations) - n_outputs
    return Network.build(
        n_inputs,
        {i: a for i, a in numbered.items() if i < first_output},
        {i: a for i, a in numbered.items() if i >= first_output},
        [Connection(*row) for row in connections.tolist()],
    )[0]
