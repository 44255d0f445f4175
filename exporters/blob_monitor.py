"""The monitor of a blob: its program as bytes, which the C runtime runs; FORMAT.md says what each is."""

import struct
from collections.abc import Iterable

import numpy as np

from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import ExportError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Monitor
from wann_rt.core.program import CONSTANT, Operation

# Behind the activations, which have their own ids.
OPERATIONS = {
    name: 128 + k for k, name in enumerate((CONSTANT, "add", "sub", "mul", "div", "lt", "gt", "ge", "le", "select"))
}
SAME = {"neg": "inverse"}  # primitives that are activations by another name
MOST_FLOATS = 65_535  # of a monitor's memory
SHORT_NUMBERS = 256  # so many numbers have names of one byte
_COUNTS = struct.Struct("<IIHHBf")


def monitor_section(monitor: Monitor) -> bytes:
    """Returns the section, with its length before it.

    Raises:
        ExportError: the monitor exceeds a limit of the format.
    """
    if (has := memory_floats(monitor)) > MOST_FLOATS:
        raise ExportError(f"a blob's monitor has at most {MOST_FLOATS} numbers in its memory; this one has {has}")
    width = "B" if numbers(monitor) <= SHORT_NUMBERS else "H"
    body = b"".join(
        [
            _counts(monitor),
            np.array(monitor.fail_safe, "<f4").tobytes(),
            *(_line(line, width) for line in monitor.program),
            *(struct.pack(f"<I{width}ff", _mask(f.channels), f.value, f.center, f.scale) for f in monitor.features),
            *map(_level, monitor.levels),
        ]
    )
    return struct.pack("<I", len(body)) + body


def numbers(monitor: Monitor) -> int:
    """Returns how many numbers the program has: those that it is given, and a result of each line."""
    return 3 * monitor.observations + monitor.actions + len(monitor.program)


def memory_floats(monitor: Monitor) -> int:
    """Returns how many floats of memory the C runtime needs for a monitor: ``wann_monitor_floats``."""
    return numbers(monitor) + monitor.size


def _counts(monitor: Monitor) -> bytes:
    before, repeats = monitor.read
    share = np.clip(np.float32(monitor.false_alarms), np.float32(1e-38), np.nextafter(np.float32(1), np.float32(0)))
    counts = len(monitor.program), len(monitor.features), len(monitor.levels)
    return _COUNTS.pack(_mask(before), _mask(repeats), *counts, share)


def _level(level: Level | Mean) -> bytes:
    """Returns a level; a mean has no hits, and remembers one number as two steps would."""
    if isinstance(level, Mean):
        return struct.pack("<BBfff", 0, 2, level.above, level.share, level.most)
    return struct.pack("<BBf", level.hits, level.of, level.above)


def _mask(channels: Iterable[int]) -> int:
    return sum(1 << channel for channel in channels)


def _line(line: Operation, width: str) -> bytes:
    name = SAME.get(line.op, line.op)
    if name == CONSTANT:
        return struct.pack("<Bf", OPERATIONS[name], line.value)
    number = OPERATIONS[name] if name in OPERATIONS else BY_NAME[name].id
    return struct.pack(f"<B{len(line.args)}{width}", number, *line.args)
