"""Blobs that the runtime must refuse, each with the error that it has to give."""

import struct
import zlib
from collections.abc import Sequence

from helpers.runtime_library import resealed
from wann_rt.exporters.to_blob import HEADER


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def sealed(
    body: bytes, flags: int = 0, counts: Sequence[int] = (1, 1, 1, 1, 0), rate: float = 50.0, longer: int = 0
) -> bytes:
    """Returns a blob of any content, its CRC right; counts: observations, hidden, actions, members, vectors."""
    head = HEADER.pack(b"WANN", 1, HEADER.size + len(body) + 4 + longer, flags, *counts, rate, bytes(8))
    return head + body + struct.pack("<I", zlib.crc32(head + body))


INF, NAN = float("inf"), float("nan")
WEIGHT, NODES = floats(0.5), bytes([0x11, 1, 0x11, 2])  # two nodes, both linear with one source
GOOD = sealed(WEIGHT + NODES)
CLIPS = bytes([4])
BAD: dict[str, dict[str, bytes]] = {
    "TRUNCATED": {"nothing": b"", "short": GOOD[:33], "says more": sealed(WEIGHT + NODES, longer=1)},
    "TRAILING": {"says less": sealed(WEIGHT + NODES, longer=-1), "one more": GOOD + b"\0"},
    "MAGIC": {"foreign": resealed(GOOD, 0, ord("w")), "zeros": bytes(100)},
    "VERSION": {"newer": resealed(GOOD, 4, 2), "none": resealed(GOOD, 4, 0)},
    "CRC": {"damaged": GOOD[:-1] + bytes([GOOD[-1] ^ 1])},
    "FLAGS": {"unknown": sealed(WEIGHT + NODES, flags=64)},
    "COUNTS": {
        "no observation": sealed(WEIGHT + NODES, counts=(0, 1, 1, 1, 0)),
        "no action": sealed(WEIGHT + NODES, counts=(1, 2, 0, 1, 0)),
        "no weight": sealed(NODES, counts=(1, 1, 1, 0, 0)),
    },
    "LIMIT": {"65536 nodes": sealed(WEIGHT + b"\x10" * 65534, counts=(1, 65533, 1, 1, 0))},
    "LAYOUT": {
        "a byte over": sealed(WEIGHT + NODES + b"\0"),
        "a byte less": sealed(WEIGHT + NODES[:-1]),
        "no weights": sealed(b""),
        "no vectors": sealed(WEIGHT + NODES, counts=(1, 1, 1, 1, 9)),
        "half a count": sealed(WEIGHT + b"\x1f\x01"),
        "endless channel": sealed(WEIGHT + b"\2" + floats(1), flags=8),
    },
    "OPERATION": {
        "unknown": sealed(WEIGHT + b"\5" + NODES, flags=8),
        "zero": sealed(WEIGHT + b"\0" + NODES, flags=16),
    },
    "ACTIVATION": {"zero": sealed(WEIGHT + b"\1\1\x11\2"), "unknown": sealed(WEIGHT + b"\xc1\1\x11\2")},
    "ORDER": {
        "itself": sealed(WEIGHT + b"\x11\2\x11\2"),
        "a later node": sealed(WEIGHT + b"\x11\3\x11\2"),
        "an output": sealed(WEIGHT + b"\x11\1\x11\2\x11\3", counts=(1, 1, 2, 1, 0)),
        "twice": sealed(WEIGHT + b"\x12\1\1\x11\2"),
        "descending": sealed(WEIGHT + b"\x12\1\0\x11\2"),
    },
    "NUMBER": {
        **{f"rate {rate}": sealed(WEIGHT + NODES, rate=rate) for rate in (-1.0, INF, NAN)},
        **{f"weight {w}": sealed(floats(w) + NODES) for w in (INF, -INF, NAN)},
        "second member": sealed(floats(1, NAN) + NODES, counts=(1, 1, 1, 2, 0)),
        "of a connection": sealed(WEIGHT + b"\x11\1" + floats(NAN) + b"\x11\2" + floats(1), flags=4),
        "operand": sealed(WEIGHT + b"\3" + floats(NAN) + b"\1" + NODES, flags=8),
        **{
            f"range {low} to {high}": sealed(WEIGHT + CLIPS + floats(low, high) + b"\1" + NODES, flags=16)
            for low, high in ((1, 0), (NAN, 1), (0, NAN), (INF, INF), (-INF, -INF))
        },
    },
}
