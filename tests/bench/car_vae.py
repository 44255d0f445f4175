"""``make car-vae``: trains the paper's autoencoder, and one of a quarter of its channels, from frames of a driver.

Writes the encoders in whole numbers, wann_rt/tasks/car/vae.npz and vae_quarter.npz; docs/car_vae.json, their curves;
and docs/car_vae.png, what their decoders make of scenes. Frames and what is trained are kept in build/, so that the
command can be stopped and goes on.
"""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from car_encoders import FIRST_SEED
from car_pictures import OTHERS, SCENES, SIDE, STEPS, drive, joined, png
from car_vae_torch import Frames, Size, Vae, means, shown, trained, weights_of

from wann_rt.core.convolutions import SQUARE, Convolutions, square
from wann_rt.core.whole import whole
from wann_rt.tasks.car import encoders

ROOT = Path(__file__).parents[2]
BUILD, FOLDER = ROOT / "build", Path(encoders.__file__).parent
RECORD, PICTURE = ROOT / "docs/car_vae.json", ROOT / "docs/car_vae.png"
TRACKS, EVERY, SEED = 44, 2, 0
SIZES = {"vae_quarter": Size((8, 16, 32, 64), 15), "vae": Size((32, 64, 128, 256), 5)}
MEASURED = 500  # frames from which the units of whole numbers are taken


def squares(tracks: range, every: int) -> Frames:
    """Returns what the network sees of some steps of drives with noise, uint8 [frames, 64, 64, 3]."""
    path = BUILD / f"car_frames_{tracks[0]}_{len(tracks)}_{every}.npy"
    if not path.exists():
        rows = [
            square(np.array(car.frame))
            for seed in tracks
            for step, car in enumerate(drive(seed, STEPS, frames=True))
            if step % every == 0
        ]
        np.save(path, np.array(rows))
    return np.asarray(np.load(path))


def network_of(name: str, frames: Frames, others: Frames) -> tuple[Vae, list[dict[str, float]]]:
    """Returns a trained network and its curve; what was trained once is kept."""
    path, size = BUILD / f"car_{name}.pt", SIZES[name]
    if not path.exists():
        network, curve = trained(size, frames, others, SEED)
        torch.save({"weights": network.state_dict(), "curve": curve, "size": [*size.channels, size.epochs]}, path)
    kept = torch.load(path, weights_only=True)
    if kept["size"] != [*size.channels, size.epochs]:
        raise SystemExit(f"{path} is of other settings, {kept['size']}: remove it")
    network = Vae(size.channels)
    network.load_state_dict(kept["weights"])
    return network, kept["curve"]


def rounding(made: Convolutions, network: Vae, frames: Frames) -> float:
    """Returns by how many deviations latents in whole numbers differ from the network's, on average."""
    fractions = means(network, frames).astype(np.float64)
    found = np.array([made.latents_of(one) for one in frames])
    spread, centre = found.std(axis=0), fractions.mean(axis=0)
    expected = (fractions - centre) / np.maximum(fractions.std(axis=0), 1e-9) * spread + found.mean(axis=0)
    return float(np.abs(found - expected).mean())


def scenes() -> list[Frames]:
    """Returns the frames of some steps of drives on other tracks."""
    return [
        np.array(car.frame)
        for seed, steps in SCENES
        for step, car in enumerate(drive(seed, max(steps) + 1, frames=True))
        if step in steps
    ]


def enlarged(picture: Frames) -> Frames:
    """Returns a square of 64 pixels a side as a part of a picture."""
    return np.kron(picture, np.ones((SIDE // SQUARE,) * 2 + (1,), np.uint8))


def main() -> None:
    """Trains, rounds, and writes all."""
    BUILD.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of Box2D
        frames = squares(range(FIRST_SEED, FIRST_SEED + TRACKS), EVERY)
        others = squares(range(30_000, 30_000 + OTHERS), 3)
        seen = np.array([square(frame) for frame in scenes()])
    record: dict[str, Any] = {"frames": len(frames), "tracks": TRACKS, "others": len(others)}
    record["torch"] = torch.__version__.split("+")[0]
    columns = [seen]
    for name in SIZES:
        network, curve = network_of(name, frames, others)
        made = whole(name, weights_of(network), frames[:: len(frames) // MEASURED])
        np.savez(FOLDER / f"{name}{encoders.PICTURES}", **made.arrays)  # type: ignore[arg-type]  # none has a setting's name
        size = (FOLDER / f"{name}{encoders.PICTURES}").stat().st_size
        record[name] = {"curve": curve, "rounding": round(rounding(made, network, others), 4), "bytes": size}
        record[name] |= {"products": made.products, "channels": SIZES[name].channels}
        columns.append(shown(network, seen))
        print(name, record[name]["curve"][-1], record[name]["rounding"], size)
    rows = [joined([enlarged(column[k]) for column in columns], 1) for k in range(len(seen))]
    PICTURE.write_bytes(png(joined(rows, 0)))
    RECORD.write_text(json.dumps(record, indent=1).replace("},\n   {", "}, {") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
