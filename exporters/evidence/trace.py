"""Traceability: each channel and node of the controller file, and the lines of the header that compute it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.to_c.names import Names, c_prefix

COLUMNS = ("element", "json", "c_name", "c_lines", "c_text")


class Row(NamedTuple):
    """One element of the controller and where it stands.

    Attributes:
        element: what it is, for people.
        json: the places in the controller file, as JSON pointers (RFC 6901).
        c_name: its name in the header, or "".
        lines: first and last line in the header, counted from 1; None where the network does not read it.
        text: these lines, joined by single spaces.
    """

    element: str
    json: tuple[str, ...]
    c_name: str
    lines: tuple[int, int] | None
    text: str


def trace(controller: Controller, header: str) -> list[Row]:
    """Returns a row for each observation, hidden node, output and action.

    Args:
        controller: what the header was written from.
        header: its text, with the prefix that it has by default.

    Raises:
        ExportError: a line is not there: the header is another controller's.
    """
    names = Names.of(controller, c_prefix(controller))
    body = _Step(header, names)
    return [*_observations(controller, names, body), *_nodes(controller, names, body), *_actions(names, body)]


class _Step:
    """The lines of the function that computes the network."""

    def __init__(self, header: str, names: Names) -> None:
        self.all = header.splitlines()
        heads = (f"static inline void {names.p}_step{suffix}(" for suffix in ("_weight", ""))
        starts = (k for head in heads for k, line in enumerate(self.all) if line.startswith(head))
        self.first = next(starts, None)
        if self.first is None:
            raise ExportError(f"the header has no function {names.p}_step")
        self.last = next(k for k in range(self.first, len(self.all)) if self.all[k] == "}")

    def statement(self, begin: str) -> tuple[tuple[int, int], str] | None:
        """Returns the lines of the statement that begins so, up to its semicolon, and their text."""
        pattern = re.compile(rf"\s+{re.escape(begin)} =")
        for k in range(self.first or 0, self.last):
            if pattern.match(self.all[k]):
                end = next(i for i in range(k, self.last) if self.all[i].endswith(";"))
                return (k + 1, end + 1), " ".join(line.strip() for line in self.all[k : end + 1])
        return None

    def found(self, element: str, json: tuple[str, ...], name: str, *begins: str) -> Row:
        """Returns the row of statements that must be there; the first may not."""
        parts = [part for part in map(self.statement, begins) if part is not None]
        if not parts or self.statement(begins[-1]) is None:
            raise ExportError(f"the header has no line for {element}: it was not written from this controller")
        lines = min(part[0][0] for part in parts), max(part[0][1] for part in parts)
        return Row(element, json, name, lines, " ".join(text for _, text in parts))


def _observations(controller: Controller, names: Names, body: _Step) -> Iterator[Row]:
    for k, channel in enumerate(controller.observations):
        element, json, name = f"observation {channel.name}", (f"/observations/{k}",), names.nodes[k + 1]
        if k + 1 in controller.lowered.used:
            yield body.found(element, json, name, f"const float {name}")
        else:
            yield Row(element, json, names.observations[k], None, "not read by the network")


def _nodes(controller: Controller, names: Names, body: _Step) -> Iterator[Row]:
    network = controller.network
    for k, node in enumerate(controller.lowered.nodes):
        is_hidden = k < network.n_hidden
        place = f"/network/hidden/{k}" if is_hidden else f"/network/outputs/{k - network.n_hidden}"
        into = [i for i, connection in enumerate(network.connections) if connection.target == node.number]
        places = [place, *(f"/network/connections/{i}" for i in into)]
        if not controller.lowered.shared:
            places += [f"/weight/values/{i}" for i in into]
        kind = f"{'hidden node' if is_hidden else 'output'} {node.number} ({BY_ID[node.activation].name})"
        name = names.nodes[node.number]
        yield body.found(kind, tuple(places), name, f"const float s{node.number}", f"const float {name}")


def _actions(names: Names, body: _Step) -> Iterator[Row]:
    for k, name in enumerate(names.actions):
        yield body.found(f"action {name}", (f"/actions/{k}",), name, f"actions[{name}]")
