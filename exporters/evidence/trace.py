"""Traceability: each channel and node of the controller file, and the lines of the header that compute it.

Of a controller with a state, too: each derived channel, and where each number that is remembered is reset and advanced.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.to_c.names import Names, c_prefix

_LOCAL = re.compile(r"\b[a-z]\w*\b")
COLUMNS = ("element", "json", "c_name", "c_lines", "c_text")


class Row(NamedTuple):
    """One element of the controller and where it stands.

    Attributes:
        element: what it is, for people.
        json: the places in the controller file, as JSON pointers (RFC 6901).
        c_name: its name in the header, or "".
        lines: first and last line in the header, counted from 1; None where the network does not read it.
        text: these lines, joined by single spaces; of a state those of them that it is computed from.
    """

    element: str
    json: tuple[str, ...]
    c_name: str
    lines: tuple[int, int] | None
    text: str


def trace(controller: Controller, header: str) -> list[Row]:
    """Returns a row for each observation, hidden node, output and action, and of a state for what makes it.

    Args:
        controller: what the header was written from.
        header: its text, with the prefix that it has by default.

    Raises:
        ExportError: a line is not there: the header is another controller's.
    """
    outer = Names.of(controller, c_prefix(controller))
    names = outer.network if controller.derived else outer
    body = _Function(header, f"{names.p}_{names.step}", "_weight", "")
    found = [*_observations(controller, names, body), *_nodes(controller, names, body)]
    found += _actions(controller, names, body)
    return [*found, *(stated(controller, outer, header) if controller.derived else ())]


def stated(controller: Controller, names: Names, header: str) -> Iterator[Row]:
    """Yields a row for each derived channel, and for each number of the state where it is reset and advanced."""
    derive, reset, step = (_Function(header, f"{names.p}_{name}", "") for name in ("derive", "reset", "step"))
    memory = controller.memory
    for k, (channel, name) in enumerate(zip(controller.derived, names.derived, strict=True)):
        said = f"derived {channel.name} ({channel.told})"
        yield derive.computed(said, (f"/derived/{k}",), name, f"seen[{name}]")
    owners = ["/derived"] * memory.begins + [
        f"/derived/{k}" for k, d in enumerate(controller.derived) for _ in range(d.floats)
    ]
    for number, field, owner in zip(memory.names, names.state, owners, strict=True):
        place = f"state->{field}"
        yield reset.computed(f"reset of {number}", (owner,), field, place)
        function = derive if derive.statement(place) else step
        yield function.computed(f"state {number}", (owner,), field, place)


class _Function:
    """The lines of a function."""

    def __init__(self, header: str, name: str, *suffixes: str) -> None:
        self.all = header.splitlines()
        heads = (f"static inline void {name}{suffix}(" for suffix in suffixes)
        starts = (k for head in heads for k, line in enumerate(self.all) if line.startswith(head))
        self.first = next(starts, None)
        if self.first is None:
            raise ExportError(f"the header has no function {name}")
        self.last = next(k for k in range(self.first, len(self.all)) if self.all[k] == "}")

    def statement(self, begin: str) -> tuple[tuple[int, int], str] | None:
        """Returns the lines of the statement that begins so, up to its semicolon, and their text."""
        pattern = re.compile(rf"\s+{re.escape(begin)} =")
        for k in range(self.first or 0, self.last):
            if pattern.match(self.all[k]):
                end = next(i for i in range(k, self.last) if self.all[i].endswith(";"))
                return (k + 1, end + 1), " ".join(line.strip() for line in self.all[k : end + 1])
        return None

    def computed(self, element: str, json: tuple[str, ...], name: str, target: str) -> Row:
        """Returns the row of the statement that writes a target, and of all locals that it is computed from."""
        last = self.statement(target)
        if last is None:
            raise ExportError(f"the header has no line for {element}: it was not written from this controller")
        parts, left = {last}, [last[1]]
        while left:
            for local in _LOCAL.findall(left.pop().partition(" = ")[2]):
                part = self.statement(f"const float {local}")
                if part is not None and part not in parts:
                    parts.add(part)
                    left.append(part[1])
        ordered = sorted(parts)
        lines = ordered[0][0][0], ordered[-1][0][1]
        return Row(element, json, name, lines, " ".join(text for _, text in ordered))

    def found(self, element: str, json: tuple[str, ...], name: str, *begins: str) -> Row:
        """Returns the row of statements that must be there; the first may not."""
        parts = [part for part in map(self.statement, begins) if part is not None]
        if not parts or self.statement(begins[-1]) is None:
            raise ExportError(f"the header has no line for {element}: it was not written from this controller")
        lines = min(part[0][0] for part in parts), max(part[0][1] for part in parts)
        return Row(element, json, name, lines, " ".join(text for _, text in parts))


def _observations(controller: Controller, names: Names, body: _Function) -> Iterator[Row]:
    for k, channel in enumerate(controller.inputs):
        inner = k - len(controller.observations)  # where it stands among the derived channels, from 0 on
        json = (f"/observations/{k}" if inner < 0 else f"/derived/{inner}",)
        element, name = f"{'observation' if inner < 0 else 'input'} {channel.name}", names.nodes[k + 1]
        if k + 1 in controller.lowered.used:
            yield body.found(element, json, name, f"const float {name}")
        else:
            yield Row(element, json, names.observations[k], None, "not read by the network")


def _nodes(controller: Controller, names: Names, body: _Function) -> Iterator[Row]:
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


def _actions(controller: Controller, names: Names, body: _Function) -> Iterator[Row]:
    fed = [f"/derived/{k}" for k, derived in enumerate(controller.derived) if derived.row.fed]
    places = [*(f"/actions/{k}" for k in range(len(controller.actions))), *fed]
    for name, place in zip(names.actions, places, strict=True):
        yield body.found(f"action {name}", (place,), name, f"actions[{name}]")
