"""A controller's nodes as formulas in the task's own words."""

from collections.abc import Mapping

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.files import shortest
from wann_rt.core.network import Network


def number(value: float) -> str:
    """Returns a float32 with the fewest digits that read back."""
    return f"{shortest(value):g}" if abs(shortest(value)) < 1e6 else repr(shortest(value))


def formulas(controller: Controller) -> Mapping[str, str]:
    """Returns each computed node's name and formula, in the order in which they are computed."""
    network = controller.network
    names = node_names(controller)
    shared = controller.weight.kind != "connections"
    weights = iter(controller.weight.values * (1 if not shared else 0))
    result = {}
    for k, activation in enumerate(network.activations):
        terms = []
        for source, sign in zip(network.sources[k], network.signs[k], strict=True):
            term = names[source] if shared else f"{number(next(weights))}*{names[source]}"
            terms.append(("- " if sign < 0 else "+ ") + term)
        total = " ".join(terms).removeprefix("+ ") or "0"
        argument = f"w * ({total})" if shared else total
        function = BY_ID[activation].name
        result[names[network.first + k]] = argument if function == "linear" else f"{function}({argument})"
    return result


def node_names(controller: Controller) -> list[str]:
    """Returns a name for every node: channels by theirs, hidden nodes by their number, the bias 1."""
    network: Network = controller.network
    hidden = [f"n{network.first + k}" for k in range(network.n_hidden)]
    inputs, outputs = ([channel.name for channel in side] for side in (controller.observations, controller.actions))
    return ["1", *inputs, *hidden, *outputs]
