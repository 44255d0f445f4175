"""Writes a controller as a blob: the compact bytes that ``runtime_c`` loads on a microcontroller.

The sections follow one another in the order of the functions below; FORMAT.md says what each byte is.
"""

import json
import struct
import zlib
from collections.abc import Iterable

import numpy as np

from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Channel, Controller, Vector
from wann_rt.core.derived import Derived
from wann_rt.core.errors import ExportError
from wann_rt.core.files import digest
from wann_rt.exporters.blob_monitor import monitor_section
from wann_rt.exporters.contract import contract, test_resets, test_vectors
from wann_rt.exporters.spread import only_ensembles

MAGIC = b"WANN"
VERSION = 1  # of a controller with neither a state nor a monitor; else 2
HEADER = struct.Struct("<4sBIBHHHBBf8s")
DIGEST_BYTES = 8
MAX_BYTE = 255  # ensemble members and vectors are counted in one byte
MAX_ACTIVATION = 15  # an activation's id has four bits
MOST_NODES = 65_535  # with what is remembered; the scratch has a float for each
LONG_COUNT = 15  # a node with as many sources has its count in two further bytes

SIGNED, WIDE, WEIGHTS, OBSERVATIONS, ACTIONS, TEXT, DERIVED, MONITOR = (1 << k for k in range(8))
END, ADD, MULTIPLY, CLIP = range(1, 5)
KINDS = ("rate_of", "filtered", "delayed", "previous", "integral", "recurrent", "sine", "cosine")  # from 1 on


def to_blob(controller: Controller, *, vectors: int = 8, contract: bool = False, spread: bool = False) -> bytes:
    """Returns the blob; same controller and options, same bytes.

    Args:
        controller: any controller, with any kind of weight.
        vectors: how many of its test vectors to carry for ``wann_selftest``, at most; 0 saves their bytes.
        contract: whether to append names, units, ranges and provenance as JSON, which a step does not need.
        spread: whether it is for ``wann_step_spread``: refuses what is no ensemble, and changes no byte.

    Raises:
        ExportError: the controller exceeds a limit of the format, or is no ensemble.
    """
    if spread:
        only_ensembles(controller)
    flags = _flags(controller) | (TEXT if contract else 0)
    chosen = _vectors(controller, vectors)
    text = _contract_text(controller) if contract else b""
    body = b"".join(
        [
            _floats(_shared_weights(controller)),
            *_derived(controller),
            *(_observation(c) for c in controller.inputs if flags & OBSERVATIONS),
            *(_action(c) for c in controller.actions if flags & ACTIONS),
            *_nodes(controller, flags),
            _resets(controller, len(chosen)),
            *(_floats([*v.observation, *v.action]) for v in chosen),
            monitor_section(controller.monitor) if controller.monitor is not None else b"",
            text,
        ]
    )
    sealed = _header(controller, flags, len(chosen), len(body)) + body
    return sealed + struct.pack("<I", zlib.crc32(sealed))


def _flags(controller: Controller) -> int:
    network = controller.network
    last_source = network.n_inputs + network.n_hidden
    entry = last_source << network.is_signed
    if entry > 0xFFFF:
        raise ExportError(
            f"a blob numbers sources with 16 bits, one of them for the sign: this network with signs has sources up to "
            f"{last_source}, and {0xFFFF >> 1} is the limit"
        )
    return (
        (SIGNED if network.is_signed else 0)
        | (WIDE if entry > MAX_BYTE else 0)
        | (WEIGHTS if not controller.lowered.shared else 0)
        | (OBSERVATIONS if any(_observation(c) != bytes([END]) for c in controller.inputs) else 0)
        | (ACTIONS if any(_action(c) != bytes([END]) for c in controller.actions) else 0)
        | (DERIVED if controller.derived else 0)
        | (MONITOR if controller.monitor is not None else 0)
    )


def scratch_floats(controller: Controller) -> int:
    """Returns how many floats of scratch the C runtime needs for a controller: ``wann_scratch_floats``."""
    return controller.network.n_nodes + state_floats(controller)


def state_floats(controller: Controller) -> int:
    """Returns how many of them are the state; the first always says whether readings were remembered."""
    return 1 + sum(derived.floats for derived in controller.derived) if controller.derived else 0


def scratch_words(controller: Controller, *, spread: bool = False) -> str:
    """Returns the macro of ``wann_rt.h`` that counts a controller's scratch, and what it comes to.

    Args:
        controller: the controller.
        spread: whether ``wann_step_spread`` is called, which needs more.
    """
    observations, hidden = len(controller.observations), controller.network.n_hidden
    actions, recurrent = len(controller.actions), len(controller.outputs) - len(controller.actions)
    macro = f"WANN_SCRATCH_FLOATS({observations}, {hidden}, {actions})"
    if controller.derived:
        counts = observations, len(controller.derived), hidden, actions, recurrent, state_floats(controller)
        macro = f"WANN_STATE_SCRATCH_FLOATS({', '.join(map(str, counts))})"
    floats = scratch_floats(controller)
    if spread:
        macro, floats = f"WANN_SPREAD_FLOATS({macro}, {actions})", floats + 2 * actions
    return f"{macro} is {floats} floats"


def _header(controller: Controller, flags: int, n_vectors: int, body: int) -> bytes:
    network = controller.network
    rate = 0.0 if controller.rate_hz is None else controller.rate_hz
    return HEADER.pack(
        MAGIC,
        VERSION + (flags >= DERIVED),
        HEADER.size + body + 4,
        flags,
        len(controller.observations),
        network.n_hidden,
        len(controller.actions),
        len(_shared_weights(controller)),
        n_vectors,
        rate if rate <= np.finfo(np.float32).max else 0.0,
        bytes.fromhex(digest(controller).removeprefix("sha256:"))[:DIGEST_BYTES],
    )


def _shared_weights(controller: Controller) -> tuple[float, ...]:
    """Returns the weights of the ensemble's members; 1 under weights of connections, because x * 1 is x."""
    values = controller.lowered.shared or (1.0,)
    if len(values) > MAX_BYTE:
        raise ExportError(f"a blob holds at most {MAX_BYTE} members of an ensemble; this controller has {len(values)}")
    return values


def _derived(controller: Controller) -> Iterable[bytes]:
    """Yields the number of derived channels and each of them; nothing of a controller without a state."""
    if not controller.derived:
        return
    if scratch_floats(controller) > MOST_NODES:
        raise ExportError(
            f"a blob has at most {MOST_NODES} nodes and remembered numbers; this controller has "
            f"{scratch_floats(controller)}"
        )
    seen = [channel.name for channel in controller.inputs]
    actions = [channel.name for channel in controller.actions]
    yield struct.pack("<H", len(controller.derived))
    for derived in controller.derived:
        known = actions if derived.row.of_actions else seen
        yield bytes([KINDS.index(derived.kind) + 1, len(derived.of)])
        yield struct.pack(f"<{len(derived.of)}H", *map(known.index, derived.of))
        yield _setting(derived)


def _setting(derived: Derived) -> bytes:
    if derived.steps is not None:
        return struct.pack("<H", derived.steps)
    return _floats(derived.settings.values())


def _resets(controller: Controller, vectors: int) -> bytes:
    """Returns a bit for each vector that a reset goes before, from the lowest on."""
    if not controller.derived:
        return b""
    bits = sum(1 << k for k in test_resets(controller) if k < vectors)
    return bits.to_bytes((vectors + 7) // 8, "little")


def _observation(channel: Channel) -> bytes:
    """Returns the operations of ``Channel.condition_observation``; x - offset is x + -offset in every bit."""
    add, multiply = _affine(-channel.offset, channel.scale)
    return _clip(channel) + add + multiply + bytes([END])


def _action(channel: Channel) -> bytes:
    """Returns the operations of ``Channel.condition_action``."""
    add, multiply = _affine(channel.offset, channel.scale)
    return multiply + add + _clip(channel) + bytes([END])


def _affine(offset: float, scale: float) -> tuple[bytes, bytes]:
    add = bytes([ADD]) + _floats([offset]) if offset != 0 else b""
    multiply = bytes([MULTIPLY]) + _floats([scale]) if scale != 1 else b""
    return add, multiply


def _clip(channel: Channel) -> bytes:
    return bytes([CLIP]) + _floats([channel.low, channel.high]) if channel.clip else b""


def _nodes(controller: Controller, flags: int) -> Iterable[bytes]:
    """Yields each computed node: its activation and number of sources, then the sources."""
    width = 2 if flags & WIDE else 1
    for node in controller.lowered.nodes:
        count = len(node.terms)
        yield bytes([checked_id(node.activation) << 4 | min(count, LONG_COUNT)])
        if count >= LONG_COUNT:
            yield struct.pack("<H", count)
        for term in node.terms:
            entry = term.source << 1 | term.is_negative if flags & SIGNED else term.source
            yield entry.to_bytes(width, "little")
            if flags & WEIGHTS:
                yield _floats([term.factor])


def checked_id(activation: int) -> int:
    """Returns an activation's id if it fits the four bits that version 1 has for it."""
    if activation > MAX_ACTIVATION:
        raise ExportError(
            f"a blob of version {VERSION} numbers activations with 4 bits, up to {MAX_ACTIVATION}; "
            f"{BY_ID[activation].name} is {activation}: export the C header or ONNX instead"
        )
    return activation


def _vectors(controller: Controller, most: int) -> tuple[Vector, ...]:
    if not 0 <= most <= MAX_BYTE:
        raise ExportError(f"a blob holds 0 to {MAX_BYTE} vectors; {most} were asked for")
    return test_vectors(controller)[:most]


_LEFT_OUT = {"wann_rt.test_vectors", "wann_rt.certificate"}


def _contract_text(controller: Controller) -> bytes:
    """Returns the contract as JSON, without the vectors, which are in the blob as they are, and the certificate.

    A blob lies in flash memory, and what is proven of a controller is for people: ``wann-rt show`` says it.
    """
    pairs = {key: value for key, value in contract(controller).items() if key not in _LEFT_OUT}
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()


def _floats(values: Iterable[float]) -> bytes:
    return np.array(tuple(values), "<f4").tobytes()
