"""The search operators: how a child may differ from its parent. One table for settings, defaults and kernel.

A new operator is one function in ``mutation.py`` and one row here, both of one name, and a setting of that name in
``evolution/config.py`` (``drop_input: float = default("drop_input")``). Who forgets one of the three is told which when
the other is imported. This module imports no compiler, because settings are read without one.
"""

from collections.abc import Container
from typing import NamedTuple

from wann_rt.core.errors import TableError


class Operator(NamedTuple):
    """A row of the table.

    Attributes:
        name: of its function in ``mutation.py`` and of the setting that is its share of the roulette wheel.
        default: that share, unless a preset says another: shares need not sum to 1.
        nodes: most hidden nodes that it adds to a genome.
        genes: most genes that it adds, counting those that it then removes; arrays are made as large as that.
        text: what it does, for people.
    """

    name: str
    default: float
    nodes: int
    genes: int
    text: str


OPERATORS: tuple[Operator, ...] = (
    Operator("add_connection", 0.20, 0, 1, "two nodes are joined"),
    Operator("add_node", 0.25, 1, 2, "a connection is split by a new node"),
    Operator("enable", 0.05, 0, 0, "a disabled connection is enabled again"),
    Operator("change_activation", 0.50, 0, 0, "a hidden node gets another activation"),
    Operator("delete_connection", 0.0, 0, 0, "an enabled connection is removed"),
    Operator("delete_node", 0.0, 0, 1, "a hidden node is removed and bypassed"),
    Operator("flip_sign", 0.0, 0, 0, "a connection changes its sign"),
    Operator("move_connection", 0.0, 0, 0, "one end of a connection goes to another node"),
)
NAMES = tuple(operator.name for operator in OPERATORS)
MOST_MUTATIONS = 4  # of one child
MOST_NODES = MOST_MUTATIONS * max(operator.nodes for operator in OPERATORS)
MOST_GENES = MOST_MUTATIONS * max(operator.genes for operator in OPERATORS)
WHERE = "table OPERATORS in wann_rt/kernels/operators.py"


def default(name: str) -> float:
    """Returns the default share of an operator.

    Raises:
        TableError: there is no such operator.
    """
    if name not in NAMES:
        raise TableError(f"{WHERE} has no operator {name}, but wann_rt/evolution/config.py has a setting: add one")
    return OPERATORS[NAMES.index(name)].default


def check(names: Container[str], what: str, where: str) -> None:
    """Refuses names among which an operator is missing.

    Raises:
        TableError: naming the operator, what it lacks and the file to add that to.
    """
    for operator in OPERATORS:
        if operator.name not in names:
            raise TableError(f"{WHERE} has {operator.name}, but {where} has no {what} of that name: add one")
