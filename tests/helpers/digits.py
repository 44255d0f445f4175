"""Synthetic data sets, drawn by code: nothing of MNIST is in this repository."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.random import Purpose, stream, uniforms
from wann_rt.tasks.dataset.images import prepared
from wann_rt.tasks.dataset.mnist import images_task
from wann_rt.tasks.dataset.task import DataTask, dataset_task

# Seven strokes of a display, as lines in a unit square, and which of them each digit has.
_STROKES = (
    ((0.0, 0.0), (1.0, 0.0)),
    ((1.0, 0.0), (1.0, 0.5)),
    ((1.0, 0.5), (1.0, 1.0)),
    ((0.0, 1.0), (1.0, 1.0)),
    ((0.0, 0.5), (0.0, 1.0)),
    ((0.0, 0.0), (0.0, 0.5)),
    ((0.0, 0.5), (1.0, 0.5)),
)
_DIGITS = ("012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356")


def drawn_digits(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Returns images [count, 28, 28] of digits, each leaning and placed otherwise, and their labels."""
    numbers = uniforms(stream(seed, Purpose.TEST, 1), 4 * count).reshape(count, 4)
    images = np.zeros((count, 28, 28), np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    along = np.linspace(0.0, 1.0, 30)
    for image, label, (lean, left, top, ink) in zip(images, labels, numbers, strict=True):
        for stroke in _DIGITS[label]:
            (x0, y0), (x1, y1) = _STROKES[int(stroke)]
            y = y0 + (y1 - y0) * along
            x = x0 + (x1 - x0) * along + 0.4 * (lean - 0.5) * (0.5 - y)
            columns, rows = 8 + 10 * x + 3 * (left - 0.5), 5 + 16 * y + 3 * (top - 0.5)
            for dx in (0, 1):
                image[rows.astype(int), columns.astype(int) + dx] = int(160 + 95 * ink)
    return images, labels


def drawn_task(count: int = 1000) -> DataTask:
    """Returns a task like mnist of drawn digits."""
    images, labels = drawn_digits(count)
    return images_task(prepared(images), labels.astype(np.int64), None, "drawn-digits")


def little_task(count: int = 600) -> DataTask:
    """Returns a task of two classes and four inputs that one abs node nearly solves."""
    x = (uniforms(stream(0, Purpose.TEST, 2), 4 * count) * 2 - 1).reshape(count, 4)
    return dataset_task(x, (np.abs(x[:, 0]) > np.abs(x[:, 1])).astype(int), name="little")
