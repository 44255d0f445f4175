"""Scenes: what compiled tasks look like, one table row each, drawn with pygame (the extra ``play``).

Tasks taken from Gymnasium need none: Gymnasium's own environments draw them.
"""

import math
import os
from collections.abc import Sequence
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import MissingExtraError

Point = tuple[float, float]
Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 640, 280  # pixels
FINER = 2  # each pixel is the mean of FINER x FINER drawn ones: smooth edges
SHOWN = 200  # moments in a picture of traces
FARTHEST = 1e4  # pixels from the middle; anything farther out is drawn at this distance

# Okabe and Ito's palette, as in all plots.
BLUE, ORANGE, VERMILLION = "#0072B2", "#E69F00", "#D55E00"
INK, GREY, LIGHT, PAPER = "#333333", "#999999", "#E4E4E4", "#FFFFFF"
FLOOR, DECK = -0.2, -0.02  # heights of a cart's track and of its joint, metres


def library() -> ModuleType:
    """Returns pygame, or raises MissingExtraError."""
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # keeps pygame from printing a greeting
    try:
        import pygame
    except ImportError:
        raise MissingExtraError("showing an environment", "pygame", "play") from None
    module: ModuleType = pygame
    return module


class Canvas:
    """A picture in the making, in a world of metres whose origin is the middle of the picture, y upwards."""

    def __init__(self, metres: float) -> None:
        """Begins an empty picture so many metres wide."""
        self._pygame = library()
        self._surface = self._pygame.Surface((WIDTH * FINER, HEIGHT * FINER))
        self._surface.fill(PAPER)
        self._scale = WIDTH * FINER / metres

    def line(self, begin: Point, end: Point, width: float, colour: str) -> None:
        """Draws a line with round ends."""
        (x0, y0), (x1, y1) = self._at(begin), self._at(end)
        length = math.hypot(x1 - x0, y1 - y0)
        if length > 0:
            dx, dy = ((d * width * self._scale / 2 / length) for d in (y0 - y1, x1 - x0))
            corners = [(x0 + dx, y0 + dy), (x1 + dx, y1 + dy), (x1 - dx, y1 - dy), (x0 - dx, y0 - dy)]
            self._pygame.draw.polygon(self._surface, colour, corners)
        for end_of in (begin, end):
            self.disc(end_of, width / 2, colour)

    def arrow(self, begin: Point, end: Point, width: float, colour: str) -> None:
        """Draws a horizontal arrow; its head takes the last 3 widths, or all there is."""
        (x0, y), (x1, _) = begin, end
        head = math.copysign(min(3 * width, abs(x1 - x0)), x1 - x0)
        if abs(x1 - x0) > 3 * width:
            self.box(((x0 + x1 - head) / 2, y), abs(x1 - x0 - head), width, colour)
        wings = (x1 - head, y + abs(head) / 2), (x1 - head, y - abs(head) / 2)
        self._pygame.draw.polygon(self._surface, colour, [self._at(p) for p in (end, *wings)])

    def disc(self, centre: Point, radius: float, colour: str) -> None:
        """Draws a disc."""
        self._pygame.draw.circle(self._surface, colour, self._at(centre), radius * self._scale)

    def box(self, centre: Point, width: float, height: float, colour: str, rounding: float = 0.0) -> None:
        """Draws an upright rectangle, its corners rounded with that radius."""
        left, top = self._at((centre[0] - width / 2, centre[1] + height / 2))
        area = self._pygame.Rect(left, top, width * self._scale, height * self._scale)
        self._pygame.draw.rect(self._surface, colour, area, border_radius=round(rounding * self._scale))

    def text(self, begin: Point, words: str, colour: str) -> None:
        """Writes words in small letters; they begin at that point, which is at half their height."""
        if not self._pygame.font.get_init():
            self._pygame.font.init()
        written = self._pygame.font.Font(None, 16 * FINER).render(words, True, colour)
        left, middle = self._at(begin)
        self._surface.blit(written, (left, middle - written.get_height() / 2))

    def finished(self) -> Any:
        """Returns the picture as a pygame surface of WIDTH x HEIGHT."""
        return self._pygame.transform.smoothscale(self._surface, (WIDTH, HEIGHT))

    def _at(self, point: Point) -> Point:
        """Returns where a point of the world is in pixels."""
        x, y = (min(max(v * self._scale, -FARTHEST), FARTHEST) for v in point)
        return WIDTH * FINER / 2 + x, HEIGHT * FINER / 2 - y


def cartpole_swingup(params: Any, state: Sequence[float], force: float) -> Canvas:
    """Draws cart and pole on their track, and the force as an arrow, half a metre long at full force.

    Angles count anticlockwise from upright: a push to the right tilts the pole to the left.
    """
    x, theta, force, track, length = _finite(state[0], state[2], force, params.track, params.pole_length)
    canvas = Canvas(2 * track + 0.8)
    _cart(canvas, x, force, track)
    canvas.line((x, DECK), (x - length * math.sin(theta), DECK + length * math.cos(theta)), 0.055, ORANGE)
    canvas.disc((x, DECK), 0.04, INK)
    return canvas


def double_pole(params: Any, state: Sequence[float], force: float) -> Canvas:
    """Draws the cart and both poles, which begin at the same joint; angles count clockwise from upright."""
    x, *thetas, force, track = _finite(state[0], state[2], state[4], force, params.track)
    canvas = Canvas(2 * track + 0.8)
    _cart(canvas, x, force, track)
    for theta, half, colour in zip(thetas, (params.long_half, params.short_half), (ORANGE, VERMILLION), strict=True):
        tip = x + 2 * float(half) * math.sin(theta), DECK + 2 * float(half) * math.cos(theta)
        canvas.line((x, DECK), tip, 0.05, colour)
    canvas.disc((x, DECK), 0.04, INK)
    return canvas


def _finite(*numbers: Any) -> list[float]:
    return [v if math.isfinite(v) else 0.0 for v in map(float, numbers)]


def _cart(canvas: Canvas, x: float, force: float, track: float) -> None:
    """Draws a cart on its track, and the force at its side."""
    canvas.line((-track, FLOOR), (track, FLOOR), 0.02, GREY)
    for post in (-track, track):
        canvas.line((post, FLOOR), (post, FLOOR + 0.16), 0.035, GREY)
    canvas.line((0.0, FLOOR - 0.05), (0.0, FLOOR - 0.12), 0.012, GREY)
    push = min(max(force, -1.0), 1.0) / 2
    if push:
        side = x + math.copysign(0.25, push)
        canvas.arrow((side, DECK - 0.05), (side + push, DECK - 0.05), 0.035, VERMILLION)
    for wheel in (x - 0.13, x + 0.13):
        canvas.disc((wheel, FLOOR + 0.05), 0.05, INK)
    canvas.box((x, DECK - 0.045), 0.44, 0.15, BLUE, 0.035)


def furuta(params: Any, state: Sequence[float], voltage: float) -> Canvas:
    """Draws the arm from above at the left, and the rod at the right as one sees it along the arm.

    The arm's angle counts anticlockwise from the right, where a short mark stands; the rod's clockwise from upright.
    """
    numbers = (float(v) for v in (state[0], state[2], voltage, params.arm_length, params.rod_length))
    arm, rod, voltage, arm_length, rod_length = (v if math.isfinite(v) else 0.0 for v in numbers)
    canvas = Canvas(5.2 * rod_length)
    left, right = (-1.3 * rod_length, 0.0), (1.0 * rod_length, 0.0)
    thick = 0.07 * rod_length
    canvas.disc(left, 1.15 * arm_length, LIGHT)
    canvas.line((left[0] + 1.2 * arm_length, 0.0), (left[0] + 1.4 * arm_length, 0.0), thick / 4, GREY)
    end = left[0] + arm_length * math.cos(arm), arm_length * math.sin(arm)
    canvas.line(left, end, thick, BLUE)
    across = -math.sin(arm) * math.sin(rod) * rod_length, math.cos(arm) * math.sin(rod) * rod_length
    canvas.line(end, (end[0] + across[0], end[1] + across[1]), 0.8 * thick, ORANGE)
    canvas.disc(left, thick, INK)
    tip = right[0] + rod_length * math.sin(rod), rod_length * math.cos(rod)
    canvas.line((right[0], -rod_length), (right[0], rod_length), thick / 6, LIGHT)
    canvas.line(right, tip, thick, ORANGE)
    canvas.disc(right, thick, BLUE)
    push = min(max(voltage, -1.0), 1.0) * rod_length / 2
    if push:
        canvas.arrow((right[0], -1.12 * rod_length), (right[0] + push, -1.12 * rod_length), thick * 0.7, VERMILLION)
    return canvas


def quadrotor(params: Any, state: Sequence[float], action: float) -> Canvas:
    """Draws the quadrotor from the side at the left, x to the right, and from behind at the right, y to the left.

    It is drawn four times as large as it is; a line on each rotor shows its thrust, a cross the place to hover at.
    """
    x, y, z, qw, qx, qy, qz = (float(v) if math.isfinite(v) else 0.0 for v in state[:7])
    speeds = [float(v) if math.isfinite(v) else 0.0 for v in state[13:17]]
    canvas, arm, thick = Canvas(6.0), 4.0 * float(params.arm), 0.02
    forward = 1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy + qw * qz), 2 * (qx * qz - qw * qy)
    left = 2 * (qx * qy - qw * qz), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz + qw * qx)
    up = 2 * (qx * qz + qw * qy), 2 * (qy * qz - qw * qx), 1 - 2 * (qx * qx + qy * qy)
    for middle, across, sign in ((-1.5, 0, 1.0), (1.5, 1, -1.0)):
        here = middle + sign * (x, y)[across], z
        canvas.line((middle - 0.1, 0.0), (middle + 0.1, 0.0), thick / 2, GREY)
        canvas.line((middle, -0.1), (middle, 0.1), thick / 2, GREY)
        for (ahead, aside), speed in zip(((1, -1), (-1, -1), (-1, 1), (1, 1)), speeds, strict=True):
            reach = [arm * (ahead * f + aside * s) for f, s in zip(forward, left, strict=True)]
            rotor = here[0] + sign * reach[across], here[1] + reach[2]
            thrust = 0.5 * min(max(speed, 0.0), 1.0) ** 2
            canvas.line(here, rotor, thick, BLUE if ahead > 0 else INK)
            tip = rotor[0] + sign * thrust * up[across], rotor[1] + thrust * up[2]
            canvas.line(rotor, tip, thick, VERMILLION)
        canvas.disc(here, 1.5 * thick, ORANGE)
    return canvas


def balancing_robot(params: Any, state: Sequence[float], voltage: float) -> Canvas:
    """Draws the robot from the side, 2.4 m of floor, twice as large as it is; a mark shows its place."""
    place, pitch, voltage = (float(v) if math.isfinite(v) else 0.0 for v in (state[0], state[2], voltage))
    canvas, radius, tall = Canvas(2.4), 2 * float(params.wheel_radius), 4 * float(params.body_centre)
    floor = -0.25
    canvas.line((-1.15, floor), (1.15, floor), 0.01, GREY)
    canvas.line((0.0, floor - 0.02), (0.0, floor - 0.06), 0.01, INK)
    axle = place, floor + radius
    top = axle[0] + tall * math.sin(pitch), axle[1] + tall * math.cos(pitch)
    canvas.line(axle, top, 0.07, BLUE)
    canvas.disc(axle, radius, INK)
    canvas.disc(axle, radius / 3, LIGHT)
    push = min(max(voltage, -1.0), 1.0) / 4
    if push:
        canvas.arrow((axle[0], floor - 0.1), (axle[0] + push, floor - 0.1), 0.02, VERMILLION)
    return canvas


def dc_motor(params: Any, state: Sequence[float], voltage: float) -> Canvas:
    """Draws two dials: the speed and a mark for the wanted one, up to 125 rad/s; the current up to its limit.

    The arrow below is the voltage.
    """
    current, speed, wanted, voltage = (float(v) if math.isfinite(v) else 0.0 for v in (*state[:3], voltage))
    canvas = Canvas(4.6)
    share = current / float(params.most_current) if params.most_current else 0.0
    shown = (-1.1, speed / 125.0, BLUE), (1.1, share, ORANGE)
    for middle, part, colour in shown:
        canvas.disc((middle, 0.0), 0.8, LIGHT)
        turned = 0.75 * math.pi * min(max(part, -1.0), 1.0)
        canvas.line((middle, 0.0), (middle + 0.7 * math.sin(turned), 0.7 * math.cos(turned)), 0.05, colour)
        canvas.disc((middle, 0.0), 0.07, INK)
    turned = 0.75 * math.pi * min(max(wanted / 125.0, -1.0), 1.0)
    out = math.sin(turned), math.cos(turned)
    canvas.line((-1.1 + 0.75 * out[0], 0.75 * out[1]), (-1.1 + 0.85 * out[0], 0.85 * out[1]), 0.05, INK)
    push = min(max(voltage, -1.0), 1.0)
    if push:
        canvas.arrow((0.0, -0.92), (push, -0.92), 0.05, VERMILLION)
    return canvas


def traces(names: Sequence[str], moments: Sequence[Sequence[float]]) -> Canvas:
    """Draws what is known of any task: its last moments, a curve for each observation and action under its name.

    Args:
        names: of the curves.
        moments: the values of each moment, the last one at the right; at least one.
    """
    canvas, rows = Canvas(WIDTH / 100), len(names)
    height, left, right = HEIGHT / 100, -WIDTH / 200 + 1.2, WIDTH / 200 - 0.1
    values = np.nan_to_num(np.array(moments[-SHOWN:], np.float64), posinf=0.0, neginf=0.0)
    for k, name in enumerate(names):
        middle = height / 2 - height * (k + 0.5) / rows
        canvas.line((left, middle), (right, middle), 0.008, LIGHT)
        canvas.text((-WIDTH / 200 + 0.06, middle), name, INK)
        scaled = middle + 0.45 * height / rows * values[:, k] / max(float(np.abs(values[:, k]).max()), 1e-9)
        across = np.linspace(left, left + (right - left) * len(values) / SHOWN, len(values))
        points = list(zip(across.tolist(), scaled.tolist(), strict=True))
        for begin, end in pairwise(points):
            canvas.line(begin, end, 0.02, (BLUE, ORANGE, VERMILLION)[k % 3])
    return canvas


def pixels(canvas: Canvas) -> Picture:
    """Returns the picture, uint8 [HEIGHT, WIDTH, 3]."""
    return np.ascontiguousarray(np.swapaxes(library().surfarray.array3d(canvas.finished()), 0, 1))


class Window:
    """A window that shows pictures."""

    def __init__(self, title: str) -> None:
        """Opens it."""
        self._pygame = library()
        self._pygame.display.init()
        self._pygame.display.set_caption(title)
        self._screen = self._pygame.display.set_mode((WIDTH, HEIGHT))
        self._clock = self._pygame.time.Clock()

    def show(self, canvas: Canvas, rate: float) -> None:
        """Shows a picture; waits until so many a second allow it."""
        self._screen.blit(canvas.finished(), (0, 0))
        self._pygame.event.pump()
        self._clock.tick(rate)
        self._pygame.display.flip()

    def close(self) -> None:
        """Closes it."""
        self._pygame.display.quit()
