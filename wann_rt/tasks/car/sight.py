"""What a racing car's controller sees of Gymnasium's frames, for those who export the way from the camera on."""

from wann_rt.core.controller import Controller
from wann_rt.core.errors import TaskError
from wann_rt.core.sight import Sight
from wann_rt.tasks.car import camera, encoders, indicators

LATENTS = tuple(f"latent_{k}" for k in range(encoders.LATENTS))


def sight(encoder: str = encoders.DEFAULT) -> Sight:
    """Returns how latents, speed and yaw rate are read from a frame.

    Args:
        encoder: name of what computes the latents.

    Raises:
        TaskError: there is none of that name.
    """
    return Sight(encoders.encoder(encoder), LATENTS, (indicators.SPEED, indicators.YAW), camera.SIDE, camera.SIDE)


def sight_for(controller: Controller, encoder: str) -> Sight:
    """Returns the same for a controller, or raises TaskError where it was made with another encoder."""
    found = sight(encoder)
    environment = controller.provenance.get("environment")
    if isinstance(environment, dict) and isinstance(environment.get("kwargs"), dict):
        used = environment["kwargs"].get("encoder", encoders.DEFAULT)
        if used != encoder:
            raise TaskError(
                f"controller {controller.name} was made with the latents of encoder {used!r}; those of {encoder!r} "
                f"mean something else: say --encoder {used}"
            )
    return found
