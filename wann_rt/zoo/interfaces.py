"""What the published champions of tasks without a task here are fed with, and what becomes of their outputs.

The ``*.out`` files say neither; the reference code computes it outside of the network.
"""

from typing import NamedTuple

from wann_rt.core.channel import Channel


class Interface(NamedTuple):
    """Channels and rate."""

    observations: tuple[Channel, ...]
    actions: tuple[Channel, ...]
    rate_hz: float


# steering = clip(y0, -1, 1), gas = (clip(y1, -1, 1) + 1) / 2, brake = clip(y2, 0, 1), in Gymnasium's own order.
_RACING = Interface(
    tuple(Channel(f"latent_{k}") for k in range(16)),
    (
        Channel("steering", low=-1.0, high=1.0, clip=True),
        Channel("gas", low=0.0, high=1.0, offset=0.5, scale=0.5, clip=True),
        Channel("brake", low=0.0, high=1.0, clip=True),
    ),
    50.0,
)
INTERFACES = {"vae-racing": _RACING}


def interface_of(name: str, n_inputs: int, n_outputs: int) -> Interface | None:
    """Returns the interface of the task that a name contains, if it has as many channels; else None."""
    found = [one for key, one in INTERFACES.items() if key in name]
    fits = [one for one in found if (len(one.observations), len(one.actions)) == (n_inputs, n_outputs)]
    return fits[0] if fits else None
