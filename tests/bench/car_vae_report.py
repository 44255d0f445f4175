"""What docs/car.md says of the autoencoders, from what ``car_vae.py`` and ``car_pictures.py`` have found."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

KINDS = {"vae": "the paper's autoencoder", "vae_quarter": "the same with a quarter of its channels"}
TEXT = """\
`vae` is the encoder of the paper's variational autoencoder: four convolutions of 4 x 4 with stride 2 on 64 x 64 pixels,
and 16 latents; `vae_quarter` has a quarter of its channels. `make car-vae` trains both, decoders too, by the loss of
World Models, from {frames} of Gymnasium's frames, of {tracks} drives with noise in the steering. It needs PyTorch
(extra `vae`); to drive with what it writes, nothing is needed.

| encoder | channels | epochs | CPU-seconds | squared error | divergence | pixels explained | rounding |
|---|---|---|---|---|---|---|---|
{rows}

Error, of a frame, and divergence, in nats, are of {others} frames of drives on other tracks, each latent at its mean.
Pixels explained is the share of their variance that the decoder gives back. After each epoch it was, in percent:

{curves}

The curves have flattened because the rate of learning falls to nothing with the last epoch; longer training was
not tried. World Models trained on the frames of 10,000 drives.

What is committed is in whole numbers: weights are bytes, each layer hands bytes on, and all sums stay below 2^24, so
that numpy and the exact ONNX graph have the same bits in whatever order they add (`core/convolutions.py`). Rounding is
by how many standard deviations latents differ, on average, from those of the network in fractions. The chain from the
camera is `export --to onnx-exact --encoder vae`; C headers, which take a frame row by row, do not know these layers.
Our camera draws no pictures, so these encoders are trained, cloned and scored by frames alone.

![scenes, and what the decoders of the two autoencoders make of them](car_vae.png)

A line is a scene: the 64 x 64 pixels that the encoders see, then what `vae_quarter` and `vae` give back."""


def texts(docs: Path) -> dict[str, str]:
    """Returns the section, and the rows of the table of all encoders."""
    record: Any = json.loads((docs / "car_vae.json").read_text(encoding="utf-8"))
    explained: Any = json.loads((docs / "car_encoders.json").read_text(encoding="utf-8"))["explained"]
    curves = "\n".join(f"* `{name}`: {_curve(record[name]['curve'])}" for name in KINDS)
    trained = "\n".join(_trained(name, record[name]) for name in KINDS)
    counts = {key: f"{record[key]:,}" for key in ("frames", "tracks", "others")}
    return {
        "autoencoders": "\n".join(_encoder(name, record[name], explained[name]) for name in KINDS),
        "training": TEXT.format(rows=trained, curves=curves, **counts),
    }


def _encoder(name: str, found: Mapping[str, Any], explained: float) -> str:
    size = f"{found['bytes'] / 1e3:.0f} kB"
    return f"| `{name}` | pixels | {found['products']:,} | {size} | {KINDS[name]} | {100 * explained:.0f} % |"


def _trained(name: str, found: Mapping[str, Any]) -> str:
    last, channels = found["curve"][-1], ", ".join(map(str, found["channels"]))
    figures = f"{last['cpu_seconds']:.0f} | {last['error']:.1f} | {last['divergence']:.1f}"
    return (
        f"| `{name}` | {channels} | {last['epoch']} | {figures} | {100 * last['explained']:.1f} % "
        f"| {found['rounding']:.3f} |"
    )


def _curve(points: list[dict[str, float]]) -> str:
    return ", ".join(f"{100 * point['explained']:.0f}" for point in points)
