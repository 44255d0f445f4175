"""The contract that every exported artefact carries: what goes in, what comes out, and the proof.

Missing contracts, not speed, are what breaks deployed policies: order and units of the observations,
scales and clips, the rate. Numbers are written so that they read back as the same float32.
"""

import hashlib
import json
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from wann_rt.analysis.stated import stated
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import MIN_VECTORS, Channel, Controller, Vector
from wann_rt.core.decision import told
from wann_rt.core.files import digest, shortest
from wann_rt.core.random import Purpose, normals, stream, uniforms
from wann_rt.core.reference import evaluate, evaluate_sequence
from wann_rt.core.version import __version__

SCHEMA = "1"  # of the keys below; raised when one changes its meaning
CREATED_BY = f"wann_rt {__version__}"
NAN_POLICY = (
    "Every float32 input is defined. A form that promises equal bits gives the same ones everywhere, any "
    "NaN counting as equal to any other. A channel that clips turns NaN into the value of its range nearest 0, so its "
    "action is never NaN; without a clip NaN and infinity pass on as IEEE 754 says, and a comparison "
    "with NaN is false."
)
RESET_POLICY = (
    "The state is reset to zeros before the first step, and again after a switch of modes, a fault, a restart of the "
    "plant, or steps that were left out. Each step advances it once."
)
FINITE_POLICY = "What is remembered is always finite: a reading that is not leaves it as it was."
STATE_POLICY = f"{RESET_POLICY} {FINITE_POLICY}"
CANDIDATES = 64  # drawn observations, from which those with finite actions are taken first
WIDE = 1e6  # a range wider than this says "unbounded" in practice, so values near 0 are drawn


def contract(controller: Controller) -> dict[str, str]:
    """Returns the contract as ordered text pairs; same controller, same text.

    Lists are JSON. Weights and vectors are hexadecimal floats, other numbers the shortest decimals
    that read back as the same float32; an open bound is null.
    """
    rate = {} if controller.rate_hz is None else {"rate_hz": repr(controller.rate_hz)}
    pairs = {
        "schema": SCHEMA,
        "created_by": CREATED_BY,
        "digest": digest(controller),
        "name": controller.name,
        **rate,
        **_channels("obs", controller.observations),
        **_channels("action", controller.actions),
        **({} if controller.decision == "values" else {"decision": decision(controller)}),
        **_state(controller),
        "interface": f"0x{interface_hash(controller):08x}",
        "weight_kind": controller.weight.kind,
        "weight_values": _json(_hex(controller.weight.values)),
        "connections": str(controller.network.n_connections),
        "activations": _json(activation_names(controller)),
        "certificate": _json(stated(controller)),
        "nan_policy": NAN_POLICY,
        "provenance": json.dumps(dict(controller.provenance), ensure_ascii=False, sort_keys=True),
        "test_vectors": _json([[_hex(v) for v in vector] for vector in test_vectors(controller)]),
        **({"test_resets": _json(test_resets(controller))} if controller.derived else {}),
    }
    return {f"wann_rt.{key}": value for key, value in pairs.items()}


def decision(controller: Controller) -> str:
    """Returns what is to be done with the outputs; empty where they are the action."""
    return told(controller.decision, [channel.name for channel in controller.actions])


def interface_hash(controller: Controller, *more: int) -> int:
    """Returns 32 bits that change with any channel's name, unit, place, range or scale, with the rate or the decision.

    Two controllers with the same value can take each other's place; weights and networks do not count.

    Args:
        controller: the controller.
        more: what else the interface hangs on: in fixed point, the formats.
    """
    said = {
        "rate_hz": controller.rate_hz,
        "decision": controller.decision,
        **_channels("obs", controller.observations),
        **_channels("action", controller.actions),
        "formats": list(more),
        **({"derived": [derived.told for derived in controller.derived]} if controller.derived else {}),
    }
    text = json.dumps(said, ensure_ascii=True, sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def activation_names(controller: Controller) -> list[str]:
    """Returns the names of the activations that the network uses, in the palette's order."""
    used = set(controller.network.activations)
    return [activation.name for activation in PALETTE if activation.id in used]


def test_vectors(controller: Controller) -> tuple[Vector, ...]:
    """Returns the controller's recorded vectors, filled up to ``MIN_VECTORS`` from the oracle.

    Only finite vectors, unless the controller has too few of them: a network that always overflows
    still gets its vectors, with infinite or NaN actions.
    """
    if controller.derived:
        return _sequence(controller)[0]
    recorded = [v for v in controller.vectors if np.isfinite([*v.observation, *v.action]).all()]
    missing = max(0, MIN_VECTORS - len(recorded))
    return (*recorded, *_drawn_vectors(controller)[:missing])


def test_resets(controller: Controller) -> tuple[int, ...]:
    """Returns the numbers of the test vectors before which a controller's state is reset; none without a state."""
    return _sequence(controller)[1] if controller.derived else ()


def _sequence(controller: Controller) -> tuple[tuple[Vector, ...], tuple[int, ...]]:
    """Returns the recorded vectors and resets, and a drawn sequence more where there are fewer than ``MIN_VECTORS``."""
    missing = MIN_VECTORS - len(controller.vectors)
    if missing <= 0:
        return controller.vectors, controller.resets
    observations = _draw(controller.observations)[:missing]
    actions = evaluate_sequence(controller, observations, np.zeros(missing, np.bool_))
    more = [Vector(_floats(o), _floats(a)) for o, a in zip(observations, actions, strict=True)]
    return (*controller.vectors, *more), (*controller.resets, len(controller.vectors))


def _state(controller: Controller) -> dict[str, str]:
    """Returns what is said of derived channels and the state; nothing where there are none."""
    if not controller.derived:
        return {}
    said = [{"name": d.name, "kind": d.kind, "of": list(d.of), **d.settings} for d in controller.derived]
    return {
        "derived": _json(said),
        **_channels("derived", tuple(derived.channel for derived in controller.derived)),
        "state": _json(list(controller.memory.names)),
        "state_policy": STATE_POLICY,
    }


def _drawn_vectors(controller: Controller) -> list[Vector]:
    """Returns vectors of drawn observations, those with finite actions first."""
    observations = _draw(controller.observations)
    actions = evaluate(controller, observations)
    order = np.argsort(~np.isfinite(actions).all(axis=1), kind="stable")
    return [Vector(_floats(observations[k]), _floats(actions[k])) for k in order]


def _draw(channels: tuple[Channel, ...]) -> NDArray[np.float32]:
    """Returns observations: uniform within bounds, else standard normal; the same ones each time."""
    columns = []
    for k, channel in enumerate(channels):
        key = stream(0, Purpose.VECTORS, k)
        if channel.high - channel.low <= WIDE:
            column = uniforms(key, CANDIDATES, channel.low, channel.high)
        else:
            column = normals(key, CANDIDATES)
        columns.append(np.clip(column, channel.low, channel.high).astype(np.float32))
    return np.stack(columns, axis=1)


def _channels(side: str, channels: tuple[Channel, ...]) -> dict[str, str]:
    return {
        f"{side}_names": _json([c.name for c in channels]),
        f"{side}_units": _json([c.unit for c in channels]),
        f"{side}_low": _json([_number(c.low) for c in channels]),
        f"{side}_high": _json([_number(c.high) for c in channels]),
        f"{side}_offset": _json([_number(c.offset) for c in channels]),
        f"{side}_scale": _json([_number(c.scale) for c in channels]),
        f"{side}_clip": _json([c.clip for c in channels]),
    }


def _number(value: float) -> float | None:
    return shortest(value) if math.isfinite(value) else None


def _hex(values: Iterable[float]) -> list[str]:
    return [float(np.float32(value)).hex() for value in values]


def _floats(values: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(map(float, values))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
