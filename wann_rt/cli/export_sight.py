"""What ``export --encoder`` adds: the way from a camera's frame to the controller's observations."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wann_rt.core.controller import Controller

FORMATS = ("onnx", "onnx-exact", "c")
ENCODER = click.option(
    "--encoder",
    metavar="NAME",
    help="Of onnx, onnx-exact, c, for racing cars: begin at the camera's frame; pca, random (not c: vae, vae_quarter).",
)


def options(controller: "Controller", formats: Sequence[str], number: str, encoder: str | None) -> dict[str, Any]:
    """Returns the option of the formats, or raises UsageError where the options do not fit together."""
    if encoder is None:
        return {}
    if not set(formats) <= set(FORMATS) or number != "float32":
        raise click.UsageError(f"--encoder is an option of the formats {', '.join(FORMATS)}, in float32")
    from wann_rt.tasks.car.sight import sight_for

    return {"sight": sight_for(controller, encoder)}
