"""A controller's nodes as formulas in the task's own words."""

from collections.abc import Mapping

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.files import shortest
from wann_rt.core.network import Network
from wann_rt.core.terms import Term


def number(value: float) -> str:
    """Returns a float32 with the fewest digits that read back."""
    return f"{shortest(value):g}" if abs(shortest(value)) < 1e6 else repr(shortest(value))


def formulas(controller: Controller) -> Mapping[str, str]:
    """Returns each computed node's name and formula, in the order in which they are computed."""
    names = node_names(controller)
    result = {}
    for node in controller.lowered.nodes:
        total = _sum([_term(term, names) for term in node.terms])
        many = len(node.terms) != 1
        argument = (f"w * ({total})" if many else f"w * {total}") if controller.lowered.shared else total
        function = BY_ID[node.activation].name
        result[names[node.number]] = argument if function == "linear" else f"{function}({argument})"
    return result


def _sum(terms: list[tuple[str, str]]) -> str:
    """Returns signs and terms as people write them: a first plus is left out, a first minus touches its term."""
    if not terms:
        return "0"
    (sign, first), *others = terms
    return " ".join([f"{'-' * (sign == '-')}{first}", *(f"{sign} {term}" for sign, term in others)])


def _term(term: Term, names: list[str]) -> tuple[str, str]:
    """Returns a term's sign and the term without it."""
    if term.is_weighted:
        written = number(term.factor)
        factor = written.removeprefix("-")
        return "-" if written != factor else "+", factor if term.source == 0 else f"{factor}*{names[term.source]}"
    return "-" if term.is_negative else "+", names[term.source]


def node_names(controller: Controller) -> list[str]:
    """Returns a name for every node: channels by theirs, hidden nodes by their number, the bias 1."""
    network: Network = controller.network
    hidden = [f"n{network.first + k}" for k in range(network.n_hidden)]
    inputs, outputs = ([channel.name for channel in side] for side in (controller.inputs, controller.outputs))
    return ["1", *inputs, *hidden, *outputs]
