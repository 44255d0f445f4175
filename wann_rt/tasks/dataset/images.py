"""What is done to a digit before a network sees it: 28 x 28 -> 16 x 16, and set upright.

As in A. Gaier and D. Ha, "Weight Agnostic Neural Networks", 2019: bilinear resizing without smoothing, then a shear by
the moments of the image. Sums are written out, in an order of their own, so an image gives the same bits everywhere.
"""

import numpy as np
from numpy.typing import NDArray

SIDE = 16
UPRIGHT = 0.01  # an image whose second moment of rows is below this, an empty one say, is left as it is


def prepared(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns images [n, rows, columns] of 0 to 255 as [n, 256], of 0 to 1, resized and upright."""
    small = resized(images.astype(np.float64) / 255.0, SIDE)
    return upright(small).reshape(len(images), SIDE * SIDE).astype(np.float32)


def resized(images: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Returns images [n, rows, columns] as [n, side, side], linearly between the pixels nearest in each direction."""
    for axis in (1, 2):
        at = np.clip((np.arange(side) + 0.5) * (images.shape[axis] / side) - 0.5, 0, images.shape[axis] - 1)
        low = np.minimum(at.astype(np.int64), images.shape[axis] - 2)
        part = (at - low).reshape((-1, 1) if axis == 1 else (-1,))
        images = images.take(low, axis) * (1.0 - part) + images.take(low + 1, axis) * part
    return images


def upright(images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns square images [n, side, side] sheared along their rows so that no column leans."""
    side = images.shape[1]
    skew = _skew(images)
    out = np.zeros_like(images)
    columns, every = np.arange(side), np.arange(len(images))[:, np.newaxis]
    for row in range(side):
        at = columns + skew[:, np.newaxis] * (row - 0.5 * side)
        low = np.floor(at)
        part = at - low
        for shift, share in ((0, 1.0 - part), (1, part)):
            column = low.astype(np.int64) + shift
            inside = (column >= 0) & (column < side)
            out[:, row] += np.where(inside, images[every, row, np.clip(column, 0, side - 1)], 0.0) * share
    return out


def _skew(images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns how far each image leans, in columns a row: the ratio of two central moments."""
    side = images.shape[1]
    mass, m_x, m_y, m_xy, m_yy = (np.zeros(len(images)) for _ in range(5))
    for y in range(side):
        for x in range(side):
            pixel = images[:, y, x]
            mass += pixel
            m_x += pixel * x
            m_y += pixel * y
            m_xy += pixel * (x * y)
            m_yy += pixel * (y * y)
    with np.errstate(invalid="ignore", divide="ignore"):
        covariance, variance = m_xy - m_x * m_y / mass, m_yy - m_y * m_y / mass
        skew = covariance / variance
    skew[~(np.abs(variance) >= UPRIGHT)] = 0.0
    return skew
