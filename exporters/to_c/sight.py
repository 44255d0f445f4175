"""The part of a generated header that reads observations from a frame whose rows come one by one.

What is kept of a frame are a few sums, so no frame needs memory. All is integers but the last product of a latent and
the last quotient of a bar. Loops have fixed lengths, and nothing depends on what the pixels are.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.sight import Bar, Box, Encoder, Sight
from wann_rt.exporters import drawn, sighted
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.sight_text import (
    CELLS,
    FEATURES,
    FRAME,
    OBSERVE,
    PLAIN_BAND,
    RESET,
    ROW,
    SELFTEST,
    TABLES,
)
from wann_rt.exporters.to_c.text import INDENT, braced, literal, signature, word

Table = NDArray[np.int64]
UNITS = {8: "byte", 16: "word", 32: "dword"}  # of an AVR's reads from flash
HEADS = {
    "frame_reset": ("void", "<p>_frame *frame"),
    "cells": ("void", "int32_t cells[<side>]", "const uint8_t rgb[<P>_ROW_BYTES]"),
    "band": ("void", "<p>_frame *frame", "uint32_t band"),
    "found": ("int32_t", "const <p>_frame *frame", "unsigned f", "uint32_t first", "unsigned c"),
    "row": ("void", "<p>_frame *frame", "uint32_t y", "const uint8_t rgb[<P>_ROW_BYTES]"),
    "observe": ("int", "const <p>_frame *frame", "float obs[<P>_N_OBSERVATIONS]"),
}


def declarations(controller: Controller, sight: Sight, names: Names) -> list[str]:
    """Returns the macros and the struct of a frame."""
    return [_filled(FRAME, controller, sight, names)]


def functions(controller: Controller, sight: Sight, names: Names) -> list[str]:
    """Returns the text of the functions, callees first."""
    band = FEATURES if len(sighted.encoder_of_cells(sight).filters) else PLAIN_BAND
    texts = [
        TABLES,
        RESET,
        CELLS,
        band,
        ROW,
        OBSERVE.replace("<observations>", _observations(controller, sight, names)),
    ]
    return [_filled(text, controller, sight, names) for text in texts]


def selftest(controller: Controller, sight: Sight, names: Names) -> list[str]:
    """Returns the text of the self-test, which calls functions of that of the step."""
    wanted = [channel.name for channel in controller.observations]
    seen = np.array([sight.read(frame, wanted) for frame in sighted.drawn_frames(sight)], np.float32)
    return [_filled(SELFTEST, controller, sight, names).replace("<hash>", f"0x{drawn.hashed(seen):08x}u")]


def _filled(text: str, controller: Controller, sight: Sight, names: Names) -> str:
    bars = [sight.bars[k - len(sight.latents)] for k in sighted.places(controller, sight) if k >= len(sight.latents)]
    encoder = sighted.encoder_of_cells(sight)
    grid = encoder.grid
    is_plain = not len(encoder.filters)
    heads = {f"head {name}": _head(names, name, *parts) for name, parts in HEADS.items()}
    fills: dict[str, object] = {
        **heads,
        "frame_rows": sight.rows,
        "frame_columns": sight.columns,
        "side": grid.side,
        "cell_rows": grid.rows,
        "cell_columns": grid.columns,
        "most": grid.most,
        "seen_rows": grid.side * grid.rows,
        "latents": len(encoder.weights),
        "bars": "".join(f"\n{INDENT}int32_t {_field(bar)};" for bar in bars),
        "no_bars": "".join(f"\n{INDENT}frame->{_field(bar)} = 0;" for bar in bars),
        "read_bars": "".join(line for bar in bars for line in _read(bar)),
        "cells": grid.side * (1 if is_plain else encoder.size),
        "slot": "frame->cells" if is_plain else f"&frame->cells[band % {encoder.size}u * {grid.side}u]",
        **(_of_plain(encoder) if is_plain else _of_filters(encoder)),
    }
    for key, value in fills.items():
        text = text.replace(f"<{key}>", str(value).replace("<side>", str(grid.side)))
    return names.fill(text)


def _head(names: Names, name: str, result: str, *parameters: str) -> str:
    return "\n".join(signature(f"static inline {result}", f"{names.p}_{name}", list(map(names.fill, parameters))))


def _of_plain(encoder: Encoder) -> dict[str, object]:
    """Returns the table of the weights in the order in which the rows of a frame need it, and what it holds."""
    latents, side = len(encoder.weights), encoder.grid.side
    by_band = encoder.weights.reshape(latents, side, side).transpose(1, 0, 2)
    return {"weights": _rows(by_band.reshape(-1, side)), "width": side, **_integers(encoder.weights)}


def _of_filters(encoder: Encoder) -> dict[str, object]:
    """Returns the same of an encoder with filters."""
    latents, n, places, size = len(encoder.weights), len(encoder.filters), encoder.places, encoder.size
    by_place = encoder.weights.reshape(latents, n, places * places).transpose(2, 1, 0)
    return {
        "weights": _rows(by_place.reshape(-1, latents)),
        "filters": _rows(encoder.filters.reshape(n, -1)),
        "n_filters": n,
        "size": size,
        "stride": encoder.stride,
        "places": places,
        "pixels": size * size,
        **_integers(encoder.weights, encoder.filters),
    }


def _integers(*tables: Table) -> dict[str, object]:
    """Returns the number of bits of the narrowest integers that hold all tables, and what an AVR calls them."""
    most = max(int(np.abs(table).max()) for table in tables)
    bits = next(bits for bits in UNITS if most < 2 ** (bits - 1))
    return {"bits": bits, "unit": UNITS[bits]}


def _rows(table: Table) -> str:
    return "\n".join(line for row in table.tolist() for line in braced([str(value) for value in row]))


def _field(bar: Bar) -> str:
    return f"bar_{word(bar.name)}"


def _read(bar: Bar) -> list[str]:
    """Returns the lines that add the pixels of a row to a bar."""
    boxes = ((bar.plus, "+"), *([(bar.minus, "-")] if bar.minus is not None else []))
    return [_added(bar, box, sign) for box, sign in boxes]


def _added(bar: Bar, box: Box, sign: str) -> str:
    inside = f"y == {box.top}u" if box.bottom == box.top + 1 else f"y >= {box.top}u && y < {box.bottom}u"
    return (
        f"\n{INDENT}if ({inside}) {{\n{INDENT * 2}unsigned x;\n"
        f"{INDENT * 2}for (x = {box.left}u; x < {box.right}u; x++) {{\n"
        f"{INDENT * 3}frame->{_field(bar)} {sign}= rgb[3u * x];\n{INDENT * 2}}}\n{INDENT}}}"
    )


def _observations(controller: Controller, sight: Sight, names: Names) -> str:
    lines: list[str] = []
    for place, target in zip(sighted.places(controller, sight), names.observations, strict=True):
        if place < len(sight.latents):
            lines += _latent(sighted.encoder_of_cells(sight), place, target)
        else:
            lines += _bar(sight.bars[place - len(sight.latents)], target)
    return "\n".join(lines)


def _latent(encoder: Encoder, place: int, target: str) -> Sequence[str]:
    offset = int(encoder.offsets[place])
    sign = "+" if offset < 0 else "-"
    scale = literal(float(encoder.scales[place]))
    return [
        f"{INDENT}sum = frame->sums[{place}] {sign} {abs(offset)};",
        f"{INDENT}obs[{target}] = (float)sum * {scale};",
    ]


def _bar(bar: Bar, target: str) -> Sequence[str]:
    lifted = bar.shift + bar.lift * bar.per
    sign = "+" if lifted >= 0 else "-"
    lines = [f"{INDENT}sum = ({bar.gain} * frame->{_field(bar)} {sign} {abs(lifted)}) / {bar.per} - {bar.lift};"]
    if bar.least is not None:
        lines.append(f"{INDENT}sum = sum < {bar.least} ? {bar.least} : sum;")
    number = "(float)sum" if bar.times == 1 else f"(float)({bar.times} * sum)"
    return [*lines, f"{INDENT}obs[{target}] = {number} / {literal(float(bar.by))};"]
