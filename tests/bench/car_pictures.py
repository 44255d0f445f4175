"""``make car-pictures``: what 16 latents keep of a frame; writes docs/car_encoders.png and docs/car_encoders.json.

A line a scene: the frame, its 12 x 12 cells, and what can be told of the cells from the latents of each encoder. What
tells it is a linear decoder, least squares over frames of drives on the encoders' own tracks; scenes, and the share of
the variance that it explains, are of other tracks.
"""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from car_driver import Driver, Style
from car_encoders import FIRST_SEED, TRACKS
from numpy.typing import NDArray

from wann_rt.tasks.car import encoders
from wann_rt.tasks.car.camera import CELLS, FULL, cells_of
from wann_rt.tasks.car.sight import sight
from wann_rt.tasks.environment.maker import Maker

ROOT = Path(__file__).parents[2]
PICTURE, STORE = ROOT / "docs/car_encoders.png", ROOT / "docs/car_encoders.json"
STEPS, EVERY, OTHERS = 450, 3, 4  # of a drive, which of them are kept, other tracks
SCENES = ((31_000, (60, 110, 170)), (31_001, (200,)))  # tracks and steps
SIDE, GAP = 192, 8  # of a picture, between two
Floats = NDArray[np.float64]
Frame = NDArray[np.uint8]


def drive(seed: int, steps: int, frames: bool = False) -> Any:
    """Yields the environment after each step of a drive that knows the track, with noise."""
    environment: Any = Maker.of("wann_rt/CarRacing-v0").make({"frames": frames})
    environment.reset(seed=seed)
    driver = Driver(Style(top=40.0 + 10.0 * (seed % 4)), noise=0.15, seed=seed)
    for _ in range(steps):
        environment.step(driver.act(environment))
        yield environment.unwrapped


def seen(tracks: range) -> list[Frame]:
    """Returns the frames of every third step of some drives."""
    return [
        np.array(car.frame)
        for seed in tracks
        for step, car in enumerate(drive(seed, STEPS, frames=True))
        if step % EVERY == 0
    ]


def cells_in(frames: list[Frame]) -> Floats:
    """Returns the cells of frames, [frames, 144]."""
    return np.array([cells_of(frame) for frame in frames], np.float64)


def latents_of(name: str, frames: list[Frame]) -> Floats:
    """Returns the latents of frames, and a column of ones."""
    found = np.array([encoders.encoder(name).read(frame) for frame in frames], np.float64)
    return np.hstack([found, np.ones((len(frames), 1))])


def decoder_of(name: str, frames: list[Frame]) -> Floats:
    """Returns the matrix that makes cells of latents."""
    return np.asarray(np.linalg.lstsq(latents_of(name, frames), cells_in(frames), rcond=None)[0])


def explained(name: str, decoder: Floats, frames: list[Frame]) -> float:
    """Returns the share of the variance of cells that the latents of their frames explain."""
    cells = cells_in(frames)
    rest = cells - latents_of(name, frames) @ decoder
    return float(1 - (rest**2).sum() / ((cells - cells.mean(axis=0)) ** 2).sum())


def grey(cells: NDArray[Any]) -> NDArray[np.uint8]:
    """Returns cells as a picture: grass light, road dark."""
    values = np.clip(cells.reshape(CELLS, CELLS) / FULL, 0, 1) * 225 + 15
    return np.repeat(np.kron(values.astype(np.uint8), np.ones((SIDE // CELLS,) * 2, np.uint8))[..., None], 3, axis=2)


def line(frame: Frame, decoders: dict[str, Floats]) -> NDArray[np.uint8]:
    """Returns the pictures of one scene beside each other."""
    told = [latents_of(name, [frame])[0] @ decoder for name, decoder in decoders.items()]
    parts = [np.kron(frame, np.ones((SIDE // 96, SIDE // 96, 1), np.uint8)), grey(cells_of(frame)), *map(grey, told)]
    return joined(parts, 1)


def joined(parts: list[NDArray[np.uint8]], axis: int) -> NDArray[np.uint8]:
    """Returns pictures beside each other, or below each other with axis 0."""
    shape = list(parts[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    return np.concatenate([one for part in parts for one in (gap, part)][1:], axis=axis)


def png(picture: NDArray[np.uint8]) -> bytes:
    """Returns a picture [rows, columns, 3] as a PNG file."""
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    head = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 2, 0, 0, 0)
    pieces = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in pieces
    )


def main() -> None:
    """Writes the picture and the shares."""
    fitted, others = seen(range(FIRST_SEED, FIRST_SEED + TRACKS)), seen(range(30_000, 30_000 + OTHERS))
    decoders = {name: decoder_of(name, fitted) for name in encoders.names()}
    shares = {name: round(explained(name, decoder, others), 3) for name, decoder in decoders.items()}
    lines = [
        line(np.array(car.frame), decoders)
        for seed, steps in SCENES
        for step, car in enumerate(drive(seed, max(steps) + 1, frames=True))
        if step in steps
    ]
    PICTURE.write_bytes(png(joined(lines, 0)))
    STORE.write_text(
        json.dumps({"latents": len(sight().latents), "explained": shares}, indent=1) + "\n", encoding="utf-8"
    )
    print(shares, PICTURE.stat().st_size)


if __name__ == "__main__":
    main()
