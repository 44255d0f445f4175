"""What all forms of a controller that sees frames share: what it reads of a frame, or the refusal."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.convolutions import Convolutions
from wann_rt.core.errors import ExportError
from wann_rt.core.guess import near
from wann_rt.core.sight import LARGEST, Bar, Encoder, Frame, Sight
from wann_rt.exporters.drawn import mixed


def places(controller: Controller, sight: Sight) -> list[int]:
    """Returns where each observation stands among what is read from a frame.

    Raises:
        ExportError: one is not read from a frame, or numbers may grow beyond 32 bits.
    """
    if not isinstance(sight, Sight):
        raise ExportError(f"sight {sight!r}: expected what wr.sight(encoder) returns; in a shell, --encoder")
    used = _used(controller)
    if used is not None and used != sight.encoder.name:
        raise ExportError(
            f"controller {controller.name} was made with the latents of encoder {used!r}; those of "
            f"{sight.encoder.name!r} mean something else: give wr.sight({used!r})"
        )
    for channel in controller.observations:
        if channel.name not in sight.names:
            raise ExportError(
                f"observation {channel.name!r} of controller {controller.name} cannot be read from a frame; what "
                f"encoder {sight.encoder.name!r} reads: {', '.join(sight.names)}{near(channel.name, sight.names)}"
            )
    if sight.encoder.bound > LARGEST or max((_bound(bar) for bar in sight.bars), default=0) > LARGEST:
        raise ExportError(f"the sums of encoder {sight.encoder.name!r} may grow beyond 32 bits")
    return [sight.names.index(channel.name) for channel in controller.observations]


def _used(controller: Controller) -> str | None:
    """Returns the encoder whose latents a controller says that it was made with, if it says so."""
    environment = controller.provenance.get("environment")
    options = environment.get("kwargs") if isinstance(environment, dict) else None
    used = options.get("encoder") if isinstance(options, dict) else None
    return used if isinstance(used, str) else None


def _bound(bar: Bar) -> int:
    return bar.gain * (bar.plus.most + (bar.minus.most if bar.minus else 0)) + abs(bar.shift) + bar.lift * bar.per


def encoder_of_cells(sight: Sight) -> Encoder:
    """Returns the encoder of a sight that sees cells alone, or raises ExportError."""
    if not isinstance(sight.encoder, Encoder):
        raise ExportError(
            f"encoder {sight.encoder.name!r} has layers of convolutions, which take a whole picture: C reads a frame "
            "row by row; expected an encoder of cells, such as pca, or one of the formats onnx, onnx-exact"
        )
    return sight.encoder


def digest(sight: Sight) -> str:
    """Returns "sha256:<hex>" over all that a sight computes."""
    encoder, said, arrays = sight.encoder, list[Any](), list[NDArray[Any]]()
    if isinstance(encoder, Convolutions):
        said, arrays = [*encoder.arrays, *(layer.stride for layer in encoder.layers)], list(encoder.arrays.values())
    else:
        of_cells = encoder_of_cells(sight)
        said = [of_cells.grid, of_cells.stride]
        arrays = [of_cells.weights, of_cells.offsets, of_cells.scales, of_cells.filters]
    said += [sight.latents, sight.bars, sight.rows, sight.columns]
    text = repr([*said, *((array.shape, array.tolist()) for array in arrays)])
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def described(sight: Sight) -> str:
    """Returns what goes in, for people."""
    return (
        f"{sight.rows} x {sight.columns} pixels from the top left, each as red, green and blue, uint8; "
        f"encoder {sight.encoder.name}"
    )


def drawn_frames(sight: Sight) -> list[Frame]:
    """Returns the frames of a self-test, which ``<p>_selftest_frame`` draws on the target: noise, blocks, extremes."""
    grid = encoder_of_cells(sight).grid
    y, x, c = np.indices((sight.rows, sight.columns, 3)).astype(np.uint32)
    fine = (y * np.uint32(sight.columns) + x) * np.uint32(3) + c
    coarse = (y // np.uint32(grid.rows) * np.uint32(sight.columns) + x // np.uint32(grid.columns)) * np.uint32(3) + c
    frames = []
    for number in range(3):
        bits = mixed((fine if number == 0 else coarse) + np.uint32(number << 20))
        bytes_ = bits >> np.uint32(24) if number < 2 else (bits & np.uint32(1)) * np.uint32(255)
        frames.append(bytes_.astype(np.uint8))
    return frames
