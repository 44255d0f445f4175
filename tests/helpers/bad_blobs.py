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


def second(blob: bytes) -> bytes:
    """Returns the blob as one of version 2."""
    return resealed(blob, 4, 2)


def derived(*channels: bytes, counts: Sequence[int] = (1, 1, 1, 1, 0), nodes: bytes = b"", rate: float = 50.0) -> bytes:
    """Returns a blob of version 2 with these derived channels; its nodes see all inputs but as sources of two nodes."""
    last = 2 + len(channels)  # the hidden node, behind the bias, the observation and the derived channels
    body = WEIGHT + len(channels).to_bytes(2, "little") + b"".join(channels)
    return second(sealed(body + (nodes or bytes([0x11, 1, 0x11, last])), 64, counts, rate))


def channel(kind: int, sources: Sequence[int], setting: float | int | None) -> bytes:
    """Returns a derived channel: a setting that is an integer is a number of steps."""
    head = struct.pack(f"<BB{len(sources)}H", kind, len(sources), *sources)
    tail = b"" if setting is None else struct.pack("<H" if isinstance(setting, int) else "<f", setting)
    return head + tail


INF, NAN = float("inf"), float("nan")
WEIGHT, NODES = floats(0.5), bytes([0x11, 1, 0x11, 2])  # two nodes, both linear with one source
GOOD = sealed(WEIGHT + NODES)
CLIPS = bytes([4])
RATE, LATE, LAST, SUM = channel(1, [0], 0.5), channel(3, [0], 3), channel(4, [0], None), channel(5, [0], 2.0)
NODE, SINE = channel(6, [], 1.0), channel(7, [], 25.0)
FED = bytes([0x11, 1, 0x11, 3, 0x11, 2])  # a hidden node, an action, what feeds the recurrent node
GOOD_DERIVED = {
    "each kind": derived(RATE, channel(1, [0, 1], 1.0), channel(2, [0], 0.5), LATE, LAST, SUM, SINE),
    "a node": derived(NODE, nodes=FED),
    "of a derived channel": derived(RATE, channel(2, [1], 0.5)),
    "the slowest steps": derived(SUM, rate=1e-6),
    "vectors": second(sealed(WEIGHT + b"\1\0" + RATE + NODES + b"\1" + floats(1, 2), 64, (1, 1, 1, 1, 1))),
}

# A monitor of the change of the one reading there is: o 0, b 1, a 2, r 3, lines from 4.
SUBTRACT, CONSTANT, FEATURE = bytes([130, 0, 1]), b"\x80" + floats(1.5), struct.pack("<IBff", 1, 4, 0.0, 1.0)
LEVEL, MEAN = struct.pack("<BBf", 2, 3, 0.5), struct.pack("<BBfff", 0, 2, 0.5, 0.25, 1e15)


def monitor(
    *parts: bytes,
    counts: Sequence[int] = (1, 0, 1, 1, 1),
    share: float = 1e-5,
    safe: float = 0.0,
    most: int | None = None,
    observations: int = 1,
) -> bytes:
    """Returns a blob with a monitor; counts: bits of what is remembered, of repeats, lines, features, levels."""
    body = struct.pack("<IIHHBff", *counts, share, safe) + b"".join(parts or (SUBTRACT, FEATURE, LEVEL))
    section = struct.pack("<I", len(body)) + body[:most]
    return second(sealed(WEIGHT + NODES + section, 128, (observations, 1, 1, 1, 0)))


SECTION = monitor()[len(GOOD) - 4 : -4]
GOOD_MONITOR = {
    "a monitor": monitor(),
    "each operation": monitor(
        CONSTANT,
        *(bytes([number, 0]) for number in range(1, 12)),
        *(bytes([number, 0, 3 + number - 129]) for number in range(129, 137)),
        bytes([137, 3, 2, 17]),
        FEATURE,
        struct.pack("<IBff", 1, 24, 0.25, 2.0),
        LEVEL,
        struct.pack("<BBf", 1, 1, 2.0),
        counts=(1, 1, 21, 2, 2),
    ),
    "a mean": monitor(SUBTRACT, FEATURE, MEAN, LEVEL, MEAN, counts=(1, 0, 1, 1, 3)),
    "a monitor and a state": second(sealed(WEIGHT + b"\1\0" + RATE + NODES + SECTION, 64 + 128)),
    "a monitor and a text": second(sealed(WEIGHT + NODES + SECTION + b"{}", 32 + 128)),
    "two readings, of which one is remembered": monitor(
        bytes([130, 0, 2]),
        struct.pack("<IBff", 2, 1, 9.0, 1.0),
        struct.pack("<IBff", 1, 7, 9.0, 7.0),
        LEVEL,
        counts=(1, 0, 1, 2, 1),
        observations=2,
    ),
    "wide operands": monitor(
        *[CONSTANT] * 252, b"\x82\0\0\1\0", struct.pack("<IHff", 1, 256, 0.0, 1.0), LEVEL, counts=(1, 0, 253, 1, 1)
    ),
}
# What wann_load() skips, and wann_monitor_load() refuses.
BAD_MONITOR: dict[str, dict[str, bytes]] = {
    "NO_MONITOR": {"none": GOOD},
    "COUNTS": {"no feature": monitor(counts=(1, 0, 1, 0, 1)), "no level": monitor(counts=(1, 0, 1, 1, 0))},
    "LIMIT": {
        "65535 lines": monitor(counts=(1, 0, 65535, 1, 1)),
        "25 observations": monitor(observations=25),
        "lines and what is remembered": monitor(
            *[CONSTANT] * 65526,
            struct.pack("<IHff", 1, 4, 0.0, 1.0),
            *[struct.pack("<BBf", 1, 64, 1.0)] * 9,
            counts=(1, 0, 65526, 1, 9),
        ),
    },
    "LAYOUT": {
        "a byte less": monitor(SUBTRACT, FEATURE, LEVEL[:-1]),
        "a byte more": monitor(SUBTRACT, FEATURE, LEVEL, b"\0"),
        "half a monitor": second(sealed(WEIGHT + NODES + SECTION[:-1], flags=128)),
        "half a monitor and a text": second(sealed(WEIGHT + NODES + SECTION[:-1], flags=32 + 128)),
        "no monitor": second(sealed(WEIGHT + NODES, flags=128)),
        "more than a monitor": second(sealed(WEIGHT + NODES + SECTION + b"\0", flags=128)),
        "nothing": second(sealed(WEIGHT + NODES + bytes(4), 128)),
        "no fail-safe action": second(sealed(WEIGHT + NODES + b"\x11\0\0\0" + SECTION[4:21], 128)),
        "half a constant": monitor(CONSTANT[:3]),
        "half a mean": monitor(SUBTRACT, FEATURE, MEAN[:6]),
    },
    "OPERATION": {
        f"operation {number}": monitor(bytes([number, 0, 1]), FEATURE, LEVEL) for number in (0, 12, 127, 138)
    },
    "ORDER": {
        "its own result": monitor(bytes([130, 0, 4]), FEATURE, LEVEL),
        "of one operand": monitor(bytes([3, 4]), FEATURE, LEVEL),
        "a first operand": monitor(bytes([130, 4, 0]), FEATURE, LEVEL),
        "a third operand": monitor(bytes([137, 0, 1, 4]), FEATURE, LEVEL),
        "a feature of nothing": monitor(SUBTRACT, struct.pack("<IBff", 0, 4, 0.0, 1.0), LEVEL),
        "a feature of an observation that is none": monitor(SUBTRACT, struct.pack("<IBff", 2, 4, 0.0, 1.0), LEVEL),
        "a feature behind the program": monitor(SUBTRACT, struct.pack("<IBff", 1, 5, 0.0, 1.0), LEVEL),
        "a reading that is none": monitor(counts=(3, 0, 1, 1, 1)),
        "repetitions of what is not remembered": monitor(counts=(0, 1, 1, 1, 1)),
    },
    "NUMBER": {
        **{f"share {share}": monitor(share=share) for share in (0.0, 1.0, -0.5, NAN)},
        **{f"fail-safe {x}": monitor(safe=x) for x in (INF, NAN)},
        "constant": monitor(b"\x80" + floats(NAN), FEATURE, LEVEL),
        "center": monitor(SUBTRACT, struct.pack("<IBff", 1, 4, INF, 1.0), LEVEL),
        **{f"scale {x}": monitor(SUBTRACT, struct.pack("<IBff", 1, 4, 0.0, x), LEVEL) for x in (0.0, -1.0, INF, NAN)},
        **{
            f"level {level}": monitor(SUBTRACT, FEATURE, struct.pack("<BBf", *level))
            for level in (
                (0, 1, 1.0),
                (0, 3, 1.0),
                (3, 2, 1.0),
                (1, 65, 1.0),
                (1, 1, 0.0),
                (1, 1, INF),
                (1, 1, -1.0),
                (0, 0, 1.0),
            )
        },
        **{
            f"mean {mean}": monitor(SUBTRACT, FEATURE, struct.pack("<BBfff", 0, 2, *mean))
            for mean in (
                (0.0, 0.5, 1.0),
                (INF, 0.5, 1.0),
                (1.0, 0.0, 1.0),
                (1.0, 1.0000001, 1.0),
                (1.0, -0.5, 1.0),
                (1.0, NAN, 1.0),
                (1.0, 0.5, 0.0),
                (1.0, 0.5, 1.0000001e15),
                (1.0, 0.5, -1.0),
                (1.0, 0.5, NAN),
            )
        },
    },
}
BAD: dict[str, dict[str, bytes]] = {
    "TRUNCATED": {"nothing": b"", "short": GOOD[:33], "says more": sealed(WEIGHT + NODES, longer=1)},
    "TRAILING": {"says less": sealed(WEIGHT + NODES, longer=-1), "one more": GOOD + b"\0"},
    "MAGIC": {"foreign": resealed(GOOD, 0, ord("w")), "zeros": bytes(100)},
    "VERSION": {"newer": resealed(GOOD, 4, 3), "none": resealed(GOOD, 4, 0)},
    "CRC": {"damaged": GOOD[:-1] + bytes([GOOD[-1] ^ 1])},
    "FLAGS": {
        "of version 2": sealed(WEIGHT + NODES, flags=64),
        "a monitor in version 1": sealed(WEIGHT + NODES + SECTION, flags=128),
        "none of version 2": second(GOOD),
    },
    "COUNTS": {
        "no observation": sealed(WEIGHT + NODES, counts=(0, 1, 1, 1, 0)),
        "no action": sealed(WEIGHT + NODES, counts=(1, 2, 0, 1, 0)),
        "no weight": sealed(NODES, counts=(1, 1, 1, 0, 0)),
        "no derived channel": derived(),
    },
    "LIMIT": {
        "65536 nodes": sealed(WEIGHT + b"\x10" * 65534, counts=(1, 65533, 1, 1, 0)),
        "derived channels beyond 16 bits": second(sealed(WEIGHT + b"\xff\xff" + NODES, flags=64)),
        "with derived channels": derived(LAST, counts=(1, 65532, 1, 1, 0)),
        "with what is remembered": derived(LATE, counts=(1, 65529, 1, 1, 0)),
        "10001 numbers": derived(*[channel(3, [0], 1000)] * 10, LAST),
    },
    "LAYOUT": {
        "a byte over": sealed(WEIGHT + NODES + b"\0"),
        "a byte less": sealed(WEIGHT + NODES[:-1]),
        "no weights": sealed(b""),
        "no vectors": sealed(WEIGHT + NODES, counts=(1, 1, 1, 1, 9)),
        "half a count": sealed(WEIGHT + b"\x1f\x01"),
        "endless channel": sealed(WEIGHT + b"\2" + floats(1), flags=8),
        "no derived channels": second(sealed(WEIGHT, flags=64)),
        "fewer derived channels": second(sealed(WEIGHT + b"\2\0" + RATE, flags=64)),
        "half a previous action": second(sealed(WEIGHT + b"\1\0" + LAST[:-1], flags=64)),
        "half a derived channel": second(sealed(WEIGHT + b"\1\0" + RATE[:-1], flags=64)),
        "no resets": second(sealed(WEIGHT + b"\1\0" + RATE + NODES + floats(1, 2), 64, (1, 1, 1, 1, 1))),
        "no node for what is fed": derived(NODE, nodes=FED[:4]),
    },
    "OPERATION": {
        "unknown": sealed(WEIGHT + b"\5" + NODES, flags=8),
        "zero": sealed(WEIGHT + b"\0" + NODES, flags=16),
        "no condition of a derived channel": second(sealed(WEIGHT + b"\1\0" + RATE + b"\1" + NODES, flags=64 + 8)),
    },
    "ACTIVATION": {"zero": sealed(WEIGHT + b"\1\1\x11\2"), "unknown": sealed(WEIGHT + b"\xc1\1\x11\2")},
    "ORDER": {
        "itself": sealed(WEIGHT + b"\x11\2\x11\2"),
        "a later node": sealed(WEIGHT + b"\x11\3\x11\2"),
        "an output": sealed(WEIGHT + b"\x11\1\x11\2\x11\3", counts=(1, 1, 2, 1, 0)),
        "twice": sealed(WEIGHT + b"\x12\1\1\x11\2"),
        "descending": sealed(WEIGHT + b"\x12\1\0\x11\2"),
        "derived from itself": derived(channel(1, [1], 1.0)),
        "derived from a later one": derived(channel(2, [2], 0.5), RATE),
        "of an action that is none": derived(RATE, channel(4, [1], None)),
        "a derived channel that is none": derived(RATE, nodes=bytes([0x11, 3, 0x11, 3])),
        "an output of the network": derived(NODE, nodes=bytes([0x11, 1, 0x11, 4, 0x11, 2])),
    },
    "DERIVED": {
        "of no kind": derived(channel(0, [0], 1.0)),
        "of an unknown kind": derived(channel(9, [0], 1.0)),
        "of nothing": derived(channel(1, [], 1.0)),
        "of three": derived(channel(1, [0, 0, 0], 1.0)),
        "filtered, of two": derived(channel(2, [0, 0], 1.0)),
        "a recurrent node of a channel": derived(channel(6, [0], 1.0), nodes=FED),
        "an oscillator of a channel": derived(channel(8, [0], 1.0)),
    },
    "NUMBER": {
        **{f"filter {x}": derived(channel(2, [0], x)) for x in (0.0, -0.5, 1.0000001, INF, NAN)},
        **{f"leak {x}": derived(channel(6, [], x), nodes=FED) for x in (0.0, 2.0, NAN)},
        **{f"limit {x}": derived(channel(5, [0], x)) for x in (0.0, -1.0, INF, NAN)},
        **{f"{steps} steps": derived(channel(3, [0], steps)) for steps in (0, 1001)},
        **{f"{hz} Hz": derived(channel(kind, [], hz)) for kind, hz in ((7, 25.1), (8, 30.0), (7, 0.0), (8, NAN))},
        **{f"rate {rate} of {k}": derived(one, rate=rate) for k, one in enumerate((RATE, SUM)) for rate in (0.0, 2e6)},
        "too slow an oscillator": derived(channel(7, [], 1e-8), rate=9e-7),
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
