"""What the car's camera sees of the grass, computed from the track instead of drawn.

A frame of Gymnasium's is 96 x 96 pixels; the lowest twelve rows are indicators. What is above is divided into 12 x 12
cells of 7 x 8 pixels, and a cell's number says how green it is: the sum over its pixels of min(max(G - R, 0), 100), so
5600 is all grass and 0 all road. Here, the track is drawn once, at the reset, into a bitmap of the whole field, and a
step looks up 4 x 4 points of each cell. The car hides what is below it, as it does in frames.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.sight import Grid

CELLS = 12  # a side
ROWS, COLUMNS = 7, 8  # pixels of a cell
GRID = Grid(CELLS, ROWS, COLUMNS, 100)
FULL = GRID.full  # the number of a cell that is all grass
POINTS = 4  # looked up in a cell, a side
WIDTH, HEIGHT = 1000.0, 800.0  # of the picture that Gymnasium draws and then shrinks to 96 x 96
SIDE = 96
FIELD = 2000 / 6.0  # beyond it, nothing is green
PER_UNIT = 3.0  # pixels of the bitmap for a unit of length
SCALE, ZOOM, FPS = 6.0, 2.7, 50
CAR_UNIT = 0.02
HULL = (
    ((-60, 130), (60, 130), (60, 110), (-60, 110)),
    ((-15, 120), (15, 120), (20, 20), (-20, 20)),
    ((25, 20), (50, -10), (50, -40), (20, -90), (-20, -90), (-50, -40), (-50, -10), (-25, 20)),
    ((-50, -120), (50, -120), (50, -90), (-50, -90)),
    *(((x - 14, y + 27), (x + 14, y + 27), (x + 14, y - 27), (x - 14, y - 27)) for x in (-55, 55) for y in (80, -82)),
)

Quad = Sequence[Sequence[float]]


def bitmap_of(quads: Sequence[Quad]) -> NDArray[np.uint8]:
    """Returns the field from above, 1 where there is grass: the tiles and borders of the road are not."""
    side = int(2 * FIELD * PER_UNIT) + 2
    grass = np.ones((side, side), np.uint8)
    grass[[0, -1], :] = grass[:, [0, -1]] = 0  # what is looked up outside is clipped to this edge
    for quad in quads:
        corners = (np.array(quad) + FIELD) * PER_UNIT + 0.5
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 1)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, side - 1)
        if (low < high).all():
            x, y = np.arange(low[0], high[0])[None, :] + 0.5, np.arange(low[1], high[1])[:, None] + 0.5
            grass[low[1] : high[1], low[0] : high[0]][_inside(corners, x, y)] = 0
    return grass


def _inside(corners: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns which points lie in a convex polygon, whichever way round it is given."""
    left = right = np.True_
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        turned = (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)
        left, right = left & (turned >= 0), right & (turned <= 0)
    return np.asarray(left | right)


def zoom_at(seconds: float) -> float:
    """Returns the pixels for a unit of length; during the first second, Gymnasium's camera comes down from afar."""
    return 0.1 * SCALE * max(1 - seconds, 0) + ZOOM * SCALE * min(seconds, 1)


def _points() -> NDArray[np.float64]:
    """Returns the points of all cells, cell by cell, as offsets from the car in pixels of the large picture."""
    u = (np.arange(CELLS * POINTS) + 0.5) / POINTS
    x, y = u * COLUMNS * WIDTH / SIDE - WIDTH / 2, HEIGHT * 3 / 4 - u * ROWS * HEIGHT / SIDE
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(CELLS, POINTS, CELLS, POINTS, 2)
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, 2)


def _hidden(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Returns which points, in the car's frame, the car itself covers."""
    covered = np.zeros(len(points), bool)
    for polygon in HULL:
        covered |= _inside(np.array(polygon) * CAR_UNIT, points[:, 0], points[:, 1])
    return covered


class Camera:
    """Looks down on the car: 12 x 12 cells, as numbers of 0 to 5600."""

    def __init__(self) -> None:
        pixels = _points()
        views = [pixels / zoom_at(step / FPS) for step in range(FPS + 1)]
        self._x = [np.ascontiguousarray(view[:, 0], np.float32) * np.float32(PER_UNIT) for view in views]
        self._y = [np.ascontiguousarray(view[:, 1], np.float32) * np.float32(PER_UNIT) for view in views]
        self._seen = [(~_hidden(view)).astype(np.uint8) for view in views]

    def cells(
        self, grass: NDArray[np.uint8], position: Sequence[float], angle: float, seconds: float
    ) -> NDArray[np.int64]:
        """Returns how green each cell is, row by row from the top left, int [144].

        Args:
            grass: the bitmap of the field.
            position: of the car.
            angle: of the car, counterclockwise.
            seconds: since the reset.
        """
        step = min(round(seconds * FPS), FPS)
        x, y, side = self._x[step], self._y[step], grass.shape[0]
        c, s = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        left, top = ((p + FIELD) * PER_UNIT + 0.5 for p in position)
        column = (c * x - s * y + np.float32(left)).astype(np.int32)
        row = (s * x + c * y + np.float32(top)).astype(np.int32)
        if step < FPS or not side > max(abs(left - side / 2), abs(top - side / 2)) * 2 + 150 * PER_UNIT:
            np.clip(column, 0, side - 1, out=column)
            np.clip(row, 0, side - 1, out=row)
        row *= side
        row += column
        seen = grass.ravel().take(row) & self._seen[step]
        counts: NDArray[np.int64] = seen.reshape(CELLS * CELLS, POINTS * POINTS).sum(axis=1, dtype=np.int64)
        return counts * (FULL // POINTS**2)


@cache
def shared() -> Camera:
    """Returns the camera of all cars in this process: it keeps nothing of any."""
    return Camera()


def cells_of(frame: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Returns how green each cell of a frame is, uint8 [96, 96, 3], as ``Camera.cells`` does."""
    return GRID.cells_of(frame)
