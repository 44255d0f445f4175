"""What becomes of a network's outputs: the action itself, the number of the greatest, or parts of either kind.

A decision is "values", "argmax", or the parts of a mixed action in the order of the outputs, e.g. "argmax 3, values 2,
sign 4": the greatest of the first three chooses, the next two are numbers, each of the last four says yes if it is
greater than 0. ``"values"`` and ``"argmax"`` are the same for all outputs.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ControllerError

Decision = str
Kind = Literal["values", "argmax", "sign"]
KINDS: tuple[Kind, ...] = ("values", "argmax", "sign")
WHOLE = ("values", "argmax")  # what may stand without a number of outputs


class Part(NamedTuple):
    """Some neighbouring outputs that become one choice, or as many numbers or truth values as they are."""

    kind: Kind
    outputs: int

    @property
    def width(self) -> int:
        """How many numbers it gives."""
        return 1 if self.kind == "argmax" else self.outputs


def parts_of(decision: Decision, outputs: int) -> tuple[Part, ...]:
    """Returns the parts that a decision names.

    Raises:
        ControllerError: it is no decision, or not one for so many outputs.
    """
    if decision in WHOLE:
        return (Part("values" if decision == "values" else "argmax", outputs),)
    parts = tuple(_part(decision, text) for text in str(decision).split(", "))
    if sum(part.outputs for part in parts) != outputs:
        raise ControllerError(f"decision {decision!r} is for another number of outputs than {outputs}")
    return parts


def decision_of(parts: tuple[Part, ...]) -> Decision:
    """Returns the shortest text that names these parts; neighbouring numbers and truth values are one part."""
    joined: list[Part] = []
    for part in parts:
        if joined and part.kind == joined[-1].kind != "argmax":
            part = Part(part.kind, joined.pop().outputs + part.outputs)
        joined.append(part)
    if len(joined) == 1 and joined[0].kind in WHOLE:
        return joined[0].kind
    return ", ".join(f"{part.kind} {part.outputs}" for part in joined)


def told(decision: Decision, names: list[str]) -> str:
    """Returns for people what a decision does with the outputs of these names; empty where they are the action."""
    if decision == "values":
        return ""
    if decision == "argmax":
        return "argmax: the action to take is the number, from 0, of the greatest output; of equal ones the lowest"
    texts, begin = [], 0
    for part in parts_of(decision, len(names)):
        some = ", ".join(names[begin : begin + part.outputs])
        begin += part.outputs
        texts.append(_TOLD[part.kind].format(some))
    return f"{decision}: in this order, {'; '.join(texts)}"


_TOLD = {
    "values": "the numbers {}",
    "argmax": "the number, from 0, of the greatest of {}, of equal ones the lowest",
    "sign": "1 where greater than 0, else 0, of each of {}",
}


def greatest(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """Returns the index of the greatest value along the last axis: a later one wins only by being greater."""
    best = np.zeros(values.shape[:-1], np.int64)
    record = values[..., 0]
    for k in range(1, values.shape[-1]):
        best = np.where(values[..., k] > record, k, best)
        record = np.where(values[..., k] > record, values[..., k], record)
    return best


def decided(decision: Decision, actions: NDArray[np.float32]) -> NDArray[Any]:
    """Returns what is done for outputs [..., outputs].

    "values": the outputs; "argmax": int64 [...]; parts: their numbers one after another [..., numbers], int64 if none
    of them is a value, else float32.
    """
    if decision == "values":
        return actions
    if decision == "argmax":
        return greatest(actions)
    columns: list[NDArray[np.float32] | NDArray[np.int64]] = []
    parts, begin = parts_of(decision, actions.shape[-1]), 0
    for part in parts:
        some = actions[..., begin : begin + part.outputs]
        begin += part.outputs
        if part.kind == "argmax":
            columns.append(greatest(some)[..., np.newaxis])
        else:
            columns.append(some if part.kind == "values" else (some > 0).astype(np.int64))
    together = np.concatenate(columns, axis=-1)
    return together.astype(np.int64 if all(part.kind != "values" for part in parts) else np.float32)


def _part(decision: Decision, text: str) -> Part:
    kind, _, count = text.partition(" ")
    if kind not in KINDS or not (count.isascii() and count.isdecimal()) or not 0 < int(count) < 1_000_000:
        raise ControllerError(
            f"decision {decision!r} is unknown: values, argmax, or parts such as 'argmax 3, values 2, sign 1'"
        )
    return Part(kind, int(count))
