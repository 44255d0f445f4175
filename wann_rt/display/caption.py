"""What stands below each picture of a film: the time, what the controller does, and the return so far."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.plain import plain
from wann_rt.tasks.scenes import library

Picture = NDArray[np.uint8]
PAPER, INK = (255, 255, 255), (51, 51, 51)
MOST_ACTIONS = 4  # shown by their names; a line has no room for more
SMALLEST, LARGEST = 14, 24  # height of the letters, in pixels


def caption(controller: Controller, steps: int, actions: ArrayLike, total: float) -> str:
    """Returns the line below a picture.

    Args:
        controller: what plays.
        steps: since the episode began.
        actions: what it did last; none before it did anything.
        total: sum of the rewards so far.
    """
    time = f"step {steps}" if controller.rate_hz is None else f"{steps / controller.rate_hz:6.2f} s"
    values = np.asarray(actions, np.float64).tolist()
    named = list(zip(controller.actions, values, strict=False))
    parts = [f"{plain(channel.name)} {value:+.2f}" for channel, value in named[:MOST_ACTIONS]]
    more = [f"and {len(named) - MOST_ACTIONS} more"] if len(named) > MOST_ACTIONS else []
    return "   ".join([time, *parts, *more, f"return {total:.1f}"])


def height(width: int) -> int:
    """Returns how many pixels high the strip below a picture of that width is."""
    return int(np.clip(width // 30, SMALLEST, LARGEST)) + 10


def captioned(picture: Picture, line: str) -> Picture:
    """Returns a picture [height, width, 3] with a line of text in a strip below it; what is too long is cut."""
    pygame = library()
    pygame.font.init()
    width = picture.shape[1]
    strip = pygame.Surface((width, height(width)))
    strip.fill(PAPER)
    # The font that pygame brings: the same letters, and so the same film, on every machine.
    strip.blit(pygame.font.Font(None, height(width) - 10).render(line, True, INK), (8, 6))
    below = np.transpose(pygame.surfarray.array3d(strip), (1, 0, 2))
    return np.concatenate([picture, below.astype(np.uint8)])
