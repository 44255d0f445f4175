"""The controller file: JSON, specified in FORMAT.md. Reads without trust, writes atomically."""

import hashlib
import json
import math
import os
from dataclasses import asdict, fields
from typing import Any

from wann_rt.core.activations import BY_ID, BY_NAME, PALETTE
from wann_rt.core.controller import Channel, Controller, Vector, Weight
from wann_rt.core.derived import KINDS, Derived
from wann_rt.core.disk import MAX_BYTES as MAX_BYTES
from wann_rt.core.disk import read_text as read_text
from wann_rt.core.disk import write_atomic as write_atomic
from wann_rt.core.errors import ControllerError, FileError, NetworkError
from wann_rt.core.given import only_a_controller
from wann_rt.core.guess import near
from wann_rt.core.monitor import Monitor
from wann_rt.core.monitor_file import document as monitor_document
from wann_rt.core.monitor_file import read_monitor
from wann_rt.core.network import MAX_CONNECTIONS, MAX_NODES, Connection, Network
from wann_rt.core.strict_json import Reader, parse, shown
from wann_rt.core.weight import shortest as shortest

FORMAT = "wann_rt.controller"
SINCE_STATE = 2  # the version that brought derived channels, and with them a state
VERSION = max(SINCE_STATE, *(activation.since for activation in PALETTE))  # the newest that is read
MAX_VECTORS, MAX_MEMBERS, MAX_SOURCES = 100_000, 10_000, 16  # beside the limits of a network; FORMAT.md says them all
PIECE = 2**20  # characters of a text that are hashed at once


def save(controller: Controller, path: str | os.PathLike[str]) -> None:
    """Writes the controller file; the old file stays whole until the new one is.

    Raises:
        ControllerError: something else came than a controller.
        FileError: the folder does not exist or cannot be written.
    """
    only_a_controller(controller)
    write_atomic(path, to_text(controller).encode())


def load(path: str | os.PathLike[str]) -> Controller:
    """Reads a controller file.

    Raises:
        FileError: the file is missing, unreadable, malformed, of a newer version, or its digest does not match.
    """
    return from_text(read_text(path), str(path))


def to_text(controller: Controller) -> str:
    """Returns the file's text: same controller, same bytes."""
    document = _document(controller)
    stamp = _digest(document)  # first, because it refuses values that JSON cannot represent
    lines = [f"  {json.dumps(key)}: {_value_text(value)}" for key, value in document.items()]
    return "{\n" + ",\n".join([*lines, f'  "digest": "{stamp}"']) + "\n}\n"


def digest(controller: Controller) -> str:
    """Returns "sha256:<hex>" over everything the controller file says."""
    return _digest(_document(controller))


def from_text(text: str, where: str = "controller", *, check_digest: bool = True) -> Controller:
    """Reads the text of a controller file; ``where`` names it in errors; see ``load``."""
    reader = parse(text, where)
    try:
        return _controller(reader, check_digest)
    except (ControllerError, NetworkError) as error:
        raise FileError(f"{where}: {error}") from None


def _document(controller: Controller) -> dict[str, Any]:
    network = controller.network
    activations = [BY_ID[a] for a in network.activations]
    names = [a.name for a in activations]
    return {
        "format": FORMAT,
        "version": _version(controller),
        "name": controller.name,
        "rate_hz": controller.rate_hz,
        "observations": [_channel_document(c) for c in controller.observations],
        "actions": [_channel_document(c) for c in controller.actions],
        "network": {
            "inputs": network.n_inputs,
            "hidden": names[: network.n_hidden],
            "outputs": names[network.n_hidden :],
            "connections": [list(c) if c.sign < 0 else list(c[:2]) for c in network.connections],
        },
        "weight": {"kind": controller.weight.kind, "values": [shortest(v) for v in controller.weight.values]},
        "vectors": [[[shortest(x) for x in side] for side in vector] for vector in controller.vectors],
        "provenance": dict(controller.provenance),
        **({} if controller.decision == "values" else {"decision": controller.decision}),
        **({"derived": [_derived_document(d) for d in controller.derived]} if controller.derived else {}),
        **({"resets": list(controller.resets)} if controller.derived else {}),
        **({} if controller.monitor is None else {"monitor": monitor_document(controller.monitor)}),
    }


def _version(controller: Controller) -> int:
    """Returns the oldest version that has all that a controller has."""
    newest = max(BY_ID[a].since for a in controller.network.activations)
    return max(newest, SINCE_STATE) if controller.derived or controller.monitor is not None else newest


def _derived_document(derived: Derived) -> dict[str, Any]:
    """Returns the keys of a derived channel: those of a channel, its kind and sources, and its kind's settings."""
    numbers = {name: value if name == "steps" else shortest(value) for name, value in derived.settings.items()}
    return _channel_document(derived.channel) | {"kind": derived.kind, "of": list(derived.of)} | numbers


def _channel_document(channel: Channel) -> dict[str, Any]:
    """Returns a channel's keys; JSON has no infinity, so an open bound is null."""
    numbers = {k: shortest(v) if math.isfinite(v) else None for k, v in asdict(channel).items() if type(v) is float}
    return asdict(channel) | numbers


def _digest(document: dict[str, Any]) -> str:
    try:
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ControllerError(f"provenance must hold JSON values only: {error}") from None
    content = hashlib.sha256()
    for k in range(0, len(text), PIECE):  # rather than all of a large text once more as bytes
        content.update(text[k : k + PIECE].encode())
    return f"sha256:{content.hexdigest()}"


def _value_text(value: Any) -> str:
    """Returns JSON with one list entry a line, so that files are pleasant to read and to diff."""
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"    {json.dumps(v)}" for v in value) + "\n  ]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()) + "\n  }"
    return json.dumps(value)


def _controller(reader: Reader, check_digest: bool) -> Controller:
    version = _checked_version(reader)
    reader.only(
        "format", "version", "name", "rate_hz", "observations", "actions", "network", "weight", "vectors",
        "provenance", "decision", *(("derived", "resets", "monitor") if version >= SINCE_STATE else ()), "digest",
    )  # fmt: skip
    stated = reader.get("digest", str)
    document = {key: value for key, value in reader.value.items() if key != "digest"}
    if check_digest and stated != _digest(document):
        raise FileError(
            f"{reader.where}: the digest does not match the content, so the file was changed or damaged after it was "
            "written; if you changed it on purpose, `wann-rt import FILE` checks it and writes a new digest"
        )
    rate = reader.get("rate_hz", int, float, type(None))
    observations, derived = _channels(reader, "observations"), _derived(reader)
    n_inputs = len(observations) + len(derived)
    network, order = _network(Reader(reader.get("network", dict), f"{reader.where}: network"), n_inputs)
    newer = [a.name for a in map(BY_ID.__getitem__, network.activations) if a.since > version]
    if newer:
        raise FileError(f"{reader.where}: is of format version {version}, which has no activation {newer[0]}")
    return Controller(
        name=reader.get("name", str),
        network=network,
        weight=_weight(Reader(reader.get("weight", dict), f"{reader.where}: weight"), order),
        observations=observations,
        actions=_channels(reader, "actions"),
        rate_hz=None if rate is None else float(rate),
        vectors=tuple(
            _vector(v, f"{reader.where}: vectors[{i}]")
            for i, v in enumerate(reader.items("vectors", list, most=MAX_VECTORS))
        ),
        provenance=reader.get("provenance", dict),
        decision=reader.get("decision", str) if "decision" in reader.value else "values",
        derived=derived,
        resets=tuple(reader.items("resets", int, most=MAX_VECTORS)) if derived else (),
        monitor=_monitor(reader, len(observations)),
    )


def _checked_version(reader: Reader) -> int:
    """Returns the file's version; refuses other files and newer versions, before anything in them is believed."""
    if reader.value.get("format") != FORMAT:
        raise FileError(f'{reader.where}: is not a controller file: it has no "format": "{FORMAT}"')
    version: int = reader.get("version", int)
    if not 1 <= version <= VERSION:
        known = "version 1" if VERSION == 1 else f"versions 1 to {VERSION}"
        raise FileError(
            f"{reader.where}: has format version {version}, and this wann_rt reads {known}: "
            "install a wann_rt that knows it"
        )
    return version


def _network(reader: Reader, n_channels: int) -> tuple[Network, list[int]]:
    reader.only("inputs", "hidden", "outputs", "connections")
    n_inputs = reader.get("inputs", int)
    if n_inputs != n_channels:  # a huge number in a hostile file would allocate memory below
        raise FileError(f"{reader.where}: inputs is {shown(n_inputs)}, but there are {n_channels} observations")
    hidden = _activations(reader, "hidden")
    outputs = _activations(reader, "outputs")
    connections = []
    for i, entry in enumerate(reader.items("connections", list, most=MAX_CONNECTIONS)):
        where = f"{reader.where}: connections[{i}]"
        if len(entry) not in (2, 3):
            raise FileError(f"{where}: expected [source, target] or [source, target, sign], got {shown(entry)}")
        connections.append(Connection(*(reader.check(v, where, int) for v in entry)))
    return Network.build(
        n_inputs,
        {1 + n_inputs + k: a for k, a in enumerate(hidden)},
        {1 + n_inputs + len(hidden) + k: a for k, a in enumerate(outputs)},
        connections,
    )


def _activations(reader: Reader, key: str) -> list[int]:
    """Returns the activation ids for a list of names."""
    names = reader.items(key, str, most=MAX_NODES)
    for i, name in enumerate(names):
        if name not in BY_NAME:
            known = ", ".join(BY_NAME) + near(name, BY_NAME)
            raise FileError(f"{reader.where}: {key}[{i}]: unknown activation {shown(name)}; known: {known}")
    return [BY_NAME[name].id for name in names]


def _weight(reader: Reader, order: list[int]) -> Weight:
    reader.only("kind", "values")
    kind = reader.get("kind", str)
    values = reader.items("values", int, float, most=MAX_MEMBERS if kind == "ensemble" else MAX_CONNECTIONS)
    if kind == "connections" and len(values) == len(order):
        values = [values[k] for k in order]  # the file's order of connections need not be canonical
    return Weight(kind, tuple(float(v) for v in values))


def _channels(reader: Reader, key: str) -> tuple[Channel, ...]:
    return tuple(
        _channel(Reader(value, f"{reader.where}: {key}[{i}]"))
        for i, value in enumerate(reader.items(key, dict, most=MAX_NODES))
    )


def _derived(reader: Reader) -> tuple[Derived, ...]:
    """Returns the derived channels: one at least where the key is there, and then ``resets`` are there, too."""
    if "derived" not in reader.value:
        if "resets" in reader.value:
            raise FileError(f"{reader.where}: has resets, but no derived channels, and so no state to reset")
        return ()
    entries = reader.items("derived", dict, most=MAX_NODES)
    if not entries:
        raise FileError(f"{reader.where}: derived has no entries; expected one at least, or no such key")
    return tuple(_one_derived(Reader(value, f"{reader.where}: derived[{i}]")) for i, value in enumerate(entries))


def _monitor(reader: Reader, observations: int) -> Monitor | None:
    if "monitor" not in reader.value:
        return None
    own = Reader(reader.get("monitor", dict), f"{reader.where}: monitor")
    return read_monitor(own, observations, len(reader.get("actions", list)))


def _one_derived(reader: Reader) -> Derived:
    kind = reader.get("kind", str)
    if kind not in KINDS:
        raise FileError(f"{reader.where}: unknown kind {shown(kind)}; known: {', '.join(KINDS)}{near(kind, KINDS)}")
    own = ("kind", "of", *KINDS[kind].settings)
    reader.only(*(field.name for field in fields(Channel)), *own)
    settings = {name: reader.get(name, *([int] if name == "steps" else [int, float])) for name in own[2:]}
    channel = _channel(Reader({k: v for k, v in reader.value.items() if k not in own}, reader.where))
    return Derived(channel, kind, tuple(reader.items("of", str, most=MAX_SOURCES)), **settings)


def _channel(reader: Reader) -> Channel:
    reader.only(*(field.name for field in fields(Channel)))
    low, high = reader.get("low", int, float, type(None)), reader.get("high", int, float, type(None))
    return Channel(
        name=reader.get("name", str),
        unit=reader.get("unit", str),
        low=-math.inf if low is None else low,
        high=math.inf if high is None else high,
        offset=reader.get("offset", int, float),
        scale=reader.get("scale", int, float),
        clip=reader.get("clip", bool),
    )


def _vector(value: list[Any], where: str) -> Vector:
    if len(value) != 2 or not all(type(side) is list for side in value):
        raise FileError(f"{where}: expected [[observation...], [action...]], got {shown(value)}")
    observation, action = (tuple(float(Reader.check(x, where, int, float)) for x in side) for side in value)
    return Vector(observation, action)
