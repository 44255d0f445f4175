"""Starting a search from a controller: its network, with the signs of its weights, and what the config says of it."""

from collections.abc import Sequence
from dataclasses import replace

from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError
from wann_rt.core.files import digest
from wann_rt.core.guess import near
from wann_rt.core.network import Connection, Network
from wann_rt.evolution.config import Config
from wann_rt.tasks.any_task import AnyTask


def start_from(controller: Controller, config: Config, task: AnyTask | None = None) -> tuple[Network, Config]:
    """Returns the network to start from and the config that names it, so that a run with another start is another run.

    Of weights per connection only the signs are kept: a search knows no others.

    Args:
        controller: whose network it is.
        config: settings of the search.
        task: what is searched for; its channels are found by their names, see ``placed``.

    Raises:
        ConfigError: the network is larger than the config allows, or uses a channel that the task does not have.
    """
    network = controller.network
    if config.most_connections and network.n_connections > config.most_connections:
        raise ConfigError(
            f"the search starts from {network.n_connections} connections, but setting most_connections is "
            f"{config.most_connections}: raise it, or set it to 0 for no limit"
        )
    signed = _signed(controller)
    return signed if task is None else placed(signed, controller, task), replace(
        config, start_digest=digest(controller)
    )


def placed(network: Network, controller: Controller, task: AnyTask) -> Network:
    """Returns a controller's network with its inputs and outputs where the task has the channels of the same names.

    Channels that only the task has are left without connections. A controller that names no channel as the task does -
    an imported one - has as many, in the same order.

    Raises:
        ConfigError: the network uses a channel that the task does not have.
    """
    sides = (controller.inputs, task.observations), (controller.outputs, task.actions)
    names = [([c.name for c in own], [c.name for c in theirs]) for own, theirs in sides]
    if all(not set(own) & set(theirs) or own == theirs for own, theirs in names):
        return network
    used = {c.source - 1 for c in network.connections}, {c.target - _first_output(network) for c in network.connections}
    inputs, outputs = (
        _places(side, own, theirs, used[k], task)
        for k, (side, (own, theirs)) in enumerate(zip(("observation", "action"), names, strict=True))
    )
    return _moved(network, inputs, outputs, len(task.observations), len(task.actions))


def _first_output(network: Network) -> int:
    return network.first + network.n_hidden


def _places(side: str, own: Sequence[str], theirs: Sequence[str], used: set[int], task: AnyTask) -> dict[int, int]:
    """Returns for each channel of the controller that the task has where it stands there; by position if none is."""
    if not set(own) & set(theirs) and len(own) == len(theirs):
        return {k: k for k in range(len(own))}
    for k, name in enumerate(own):
        if name not in theirs and k in used:
            raise ConfigError(
                f"the controller to start from uses the {side} {name!r}, which task {task.name} does not have; it has "
                f"{', '.join(theirs)}{near(name, theirs)}"
            )
    return {k: theirs.index(name) for k, name in enumerate(own) if name in theirs}


def _moved(network: Network, inputs: dict[int, int], outputs: dict[int, int], n_in: int, n_out: int) -> Network:
    """Returns a network of so many inputs and outputs, of which those given stand at other places."""
    n_hidden, first = network.n_hidden, _first_output(network)
    hidden = {1 + n_in + k: network.activations[k] for k in range(n_hidden)}
    ends = dict.fromkeys(range(1 + n_in + n_hidden, 1 + n_in + n_hidden + n_out), BY_NAME["linear"].id)
    ends |= {1 + n_in + n_hidden + outputs[k]: network.activations[n_hidden + k] for k in outputs}
    moved = {0: 0} | {1 + k: 1 + place for k, place in inputs.items()}
    moved |= {network.first + k: 1 + n_in + k for k in range(n_hidden)}
    moved |= {first + k: 1 + n_in + n_hidden + place for k, place in outputs.items()}
    wires = [Connection(moved[c.source], moved[c.target], c.sign) for c in network.connections]
    return Network.build(n_in, hidden, ends, wires)[0]


def _signed(controller: Controller) -> Network:
    signs = tuple(tuple(-1 if term.factor < 0 else 1 for term in node.terms) for node in controller.lowered.nodes)
    return replace(controller.network, signs=signs)
