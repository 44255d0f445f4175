"""``make car-encoders``: trains the encoders of the racing car from Gymnasium's own frames; the same bytes each time.

A driver that knows the track stays on the road, with noise in the steering. Of each frame only what an encoder sees is
kept: 144 cells.
"""

import warnings
from pathlib import Path

import gymnasium
import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of Box2D
    from gymnasium.envs.box2d.car_racing import CarRacing

from car_driver import Driver, Style

from wann_rt.tasks.car import encoders
from wann_rt.tasks.car.camera import cells_of

FOLDER = Path(encoders.__file__).parent
FIRST_SEED, TRACKS, STEPS, EVERY = 10_000, 16, 450, 3


def seen(first: int = FIRST_SEED, tracks: int = TRACKS) -> NDArray[np.int64]:
    """Returns what the camera sees of every third frame of some drives, int [frames, 144]."""
    rows = []
    for seed in range(first, first + tracks):
        environment: gymnasium.Env[NDArray[np.uint8], NDArray[np.float32]] = CarRacing()
        frame, _ = environment.reset(seed=seed)
        driver = Driver(Style(top=40.0 + 10.0 * (seed % 4)), noise=0.15, seed=seed)
        for step in range(STEPS):
            frame, *_ = environment.step(driver.act(environment))
            if step % EVERY == 0:
                rows.append(cells_of(frame))
        environment.close()
    return np.array(rows)


def main() -> None:
    """Writes ``pca.json`` and ``random.json``, and says what they explain."""
    cells = seen()
    for made in (encoders.pca(cells), encoders.random_convolution(cells)):
        (FOLDER / f"{made.name}.json").write_text(encoders.to_json(made), encoding="utf-8")
        size = (FOLDER / f"{made.name}.json").stat().st_size
        print(f"{made.name}: {len(cells)} frames, {made.products} products, {size} bytes")


if __name__ == "__main__":
    main()
