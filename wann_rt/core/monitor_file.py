"""A monitor in the controller file: the key ``monitor`` of version 2, specified in FORMAT.md."""

from dataclasses import fields
from typing import Any

from wann_rt.core.errors import FileError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import MOST_FEATURES, MOST_LEVELS, MOST_LINES, Feature, Monitor
from wann_rt.core.program import CONSTANT, Operation
from wann_rt.core.strict_json import Reader, shown
from wann_rt.core.weight import shortest


def document(monitor: Monitor) -> dict[str, Any]:
    """Returns what a file says of a monitor."""
    return {
        "program": [[op, shortest(value)] if op == CONSTANT else [op, *args] for op, args, value in monitor.program],
        "features": [
            {"kind": f.kind, "channels": list(f.channels), "value": f.value, "center": shortest(f.center),
             "scale": shortest(f.scale)}
            for f in monitor.features
        ],
        "levels": [_level_document(level) for level in monitor.levels],
        "fail_safe": list(map(shortest, monitor.fail_safe)),
        "false_alarms": monitor.false_alarms,
    }  # fmt: skip


def _level_document(level: Level | Mean) -> dict[str, Any]:
    if isinstance(level, Mean):
        return {name: shortest(getattr(level, name)) for name in ("share", "most", "above")}
    return {"hits": level.hits, "of": level.of, "above": shortest(level.above)}


def read_monitor(reader: Reader, observations: int, actions: int) -> Monitor:
    """Returns the monitor that a file says; nothing of it is run.

    Raises:
        FileError: a key is missing, unknown or of another type.
        ControllerError: it could not be computed.
    """
    reader.only("program", "features", "levels", "fail_safe", "false_alarms")
    where = reader.where
    lines = reader.items("program", list, most=MOST_LINES)
    return Monitor(
        observations,
        actions,
        tuple(_operation(line, f"{where}: program[{k}]") for k, line in enumerate(lines)),
        tuple(
            _feature(Reader(value, f"{where}: features[{k}]"))
            for k, value in enumerate(reader.items("features", dict, most=MOST_FEATURES))
        ),
        tuple(
            _level(Reader(value, f"{where}: levels[{k}]"))
            for k, value in enumerate(reader.items("levels", dict, most=MOST_LEVELS))
        ),
        tuple(map(float, reader.items("fail_safe", int, float))),
        float(reader.get("false_alarms", int, float)),
    )


def _operation(line: list[Any], where: str) -> Operation:
    if not line or type(line[0]) is not str:
        raise FileError(f'{where}: expected ["constant", NUMBER] or [OPERATION, NUMBERS OF OPERANDS...]; {shown(line)}')
    if line[0] == CONSTANT and len(line) == 2:
        return Operation(CONSTANT, (), float(Reader.check(line[1], where, int, float)))
    if line[0] == CONSTANT:
        raise FileError(f"{where}: constant needs one number, got {shown(line)}")
    return Operation(line[0], tuple(Reader.check(a, where, int) for a in line[1:]))


def _feature(reader: Reader) -> Feature:
    reader.only(*(field.name for field in fields(Feature)))
    return Feature(
        reader.get("kind", str),
        tuple(reader.items("channels", int, most=MOST_FEATURES)),
        reader.get("value", int),
        reader.get("center", int, float),
        reader.get("scale", int, float),
    )


def _level(reader: Reader) -> Level | Mean:
    if "share" in reader.value:
        reader.only("share", "most", "above")
        return Mean(*(reader.get(name, int, float) for name in ("share", "most", "above")))
    reader.only("hits", "of", "above")
    return Level(reader.get("hits", int), reader.get("of", int), reader.get("above", int, float))
