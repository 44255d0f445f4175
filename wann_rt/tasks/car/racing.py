"""``wann_rt/CarRacing-v0``: Gymnasium's racing car, seen through an encoder, and forty times as fast.

It is Gymnasium's environment: tracks, physics, rewards and ends are those of CarRacing-v3, number for number. What
differs is what is observed: 16 latents of an encoder, the speed and the yaw rate, instead of a frame. By default they
come from a camera that draws nothing (``camera``); with ``frames=True`` they are read from Gymnasium's own frames, the
speed and the yaw rate from the bars below the picture.
"""

import math
from collections import OrderedDict
from typing import Any, NamedTuple

import Box2D
import gymnasium
import numpy as np
from gymnasium.envs.box2d import car_racing
from numpy.typing import NDArray

from wann_rt.core.errors import TaskError
from wann_rt.tasks.car import camera, encoders, indicators
from wann_rt.tasks.car.physics import Car

KEPT = 16  # tracks whose bitmaps are kept, 4 MB each: candidates of a generation drive on the same few
# Its annotations say None of what is there between a reset and a step.
_ORIGINAL: Any = car_racing.CarRacing
_LISTENER: Any = car_racing.FrictionDetector
FAR = 20.0  # no latent comes near
FASTEST, QUICKEST = 200.0, 40.0  # no speed and no yaw rate of a car on its wheels
CORNER = math.hypot(camera.WIDTH / 2, camera.HEIGHT * 3 / 4)  # the pixel of a picture that is farthest from the car
LARGEST = 24.0  # no polygon of the field is longer
_FIELD = [(x * camera.FIELD, y * camera.FIELD) for x, y in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
_PATCH = camera.FIELD / 20
_CORNERS = np.array([(1, 0), (0, 0), (0, 1), (1, 1)])
_GRASS = np.array([np.add(_CORNERS, (x, y)) for x in range(-20, 20, 2) for y in range(-20, 20, 2)]) * _PATCH
_NONE: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)


class _Track(NamedTuple):
    """What a seed makes: the track, its tiles, the field from above, and the state of the generator thereafter."""

    track: list[Any]
    tiles: list[Any]
    grass: NDArray[np.uint8]
    random: dict[str, Any]


_TRACKS: OrderedDict[int, _Track] = OrderedDict()  # of all environments in this process


class CarRacing(_ORIGINAL):  # type: ignore[misc]  # of an Any
    """Gymnasium's racing car with a few numbers as observations.

    Args:
        encoder: name of what computes the latents.
        frames: whether they are computed from Gymnasium's own frames.
        indicators: whether speed and yaw rate are observed.
        render_mode: as Gymnasium's.
        others: refused by name, as those of Gymnasium's car that change its actions or its colours.
    """

    track: Any
    road: Any
    road_poly: list[Any]
    car: Any

    def __init__(
        self,
        encoder: str = encoders.DEFAULT,
        frames: bool = False,
        indicators: bool = True,
        render_mode: str | None = None,
        **others: Any,
    ) -> None:
        if others:
            raise TaskError(
                f"the car has no argument {min(others)!r}, but encoder, frames and indicators: it steers by numbers, "
                "on the colours of the road that encoders know"
            )
        if not isinstance(frames, bool) or not isinstance(indicators, bool):
            raise TaskError(f"frames={frames!r}, indicators={indicators!r}: expected true or false")
        super().__init__(render_mode=render_mode)
        self._encoder: Any = encoders.encoder(encoder)
        if not frames and encoder not in encoders.names_of_cells():
            raise TaskError(f"encoder {encoder!r} sees pictures, which our camera does not draw: say frames=True, too")
        self._frames, self._indicators = frames, indicators
        self._camera, self._grass = camera.shared(), _NONE
        bounds = [FAR] * encoders.LATENTS + [FASTEST, QUICKEST] * indicators
        self.observation_space = gymnasium.spaces.Box(-np.array(bounds, np.float32), np.array(bounds, np.float32))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Starts an episode on the track of the seed, in a world of its own: nothing of an earlier episode is left."""
        gymnasium.Env.reset(self, seed=seed)
        listener = _LISTENER(self, self.lap_complete_percent)
        self.world = Box2D.b2World((0, 0), contactListener=listener)
        self.contactListener_keepref, self.road, self.car = listener, None, None
        self.reward = self.prev_reward = self.t = 0.0
        self.tile_visited_count, self.new_lap, self.road_poly = 0, False, []
        self._lay(seed)
        self.car = Car(self.world, *self.track[0][1:4])
        return self.step(None)[0], {}

    def _lay(self, seed: int | None) -> None:
        """Lays the track of a seed, as it was kept where it was laid before; pictures show more than is kept."""
        is_drawn = self._frames or self.render_mode is not None
        kept = None if seed is None or is_drawn else _TRACKS.get(seed)
        if kept is None:
            while not self._create_track():
                continue
            tiles = [polygon for polygon, color in self.road_poly if isinstance(color, np.ndarray)]  # else a border
            grass = _NONE if self._frames else camera.bitmap_of([polygon for polygon, _ in self.road_poly])
            kept = _Track(self.track, tiles, grass, self.np_random.bit_generator.state)
        else:
            self.track, self.np_random.bit_generator.state = kept.track, kept.random
            self.road = [self._tile(index, polygon) for index, polygon in enumerate(kept.tiles)]
        self._grass = kept.grass
        if seed is not None and not self._frames:
            _TRACKS[seed] = kept
            _TRACKS.move_to_end(seed)
            while len(_TRACKS) > KEPT:
                _TRACKS.popitem(last=False)

    def _tile(self, index: int, polygon: Any) -> Any:
        """Lays one tile of the road as Gymnasium does."""
        self.fd_tile.shape.vertices = polygon
        tile = self.world.CreateStaticBody(fixtures=self.fd_tile)
        tile.userData, tile.idx, tile.color = tile, index, self.road_color + 0
        tile.road_visited, tile.road_friction = False, 1.0
        tile.fixtures[0].sensor = True
        return tile

    def _render(self, mode: str) -> Any:
        """Returns what is observed instead of a frame; other pictures are Gymnasium's."""
        if mode != "state_pixels":
            return super()._render(mode)
        if self._frames:
            frame = self.frame = super()._render(mode)
            latents, shown = self._encoder.read(frame), indicators.read(frame)
        else:
            hull = self.car.hull
            position, angle = hull.position, hull.angle
            latents = self._encoder.latents(self._camera.cells(self._grass, position, angle, self.t))
            shown = indicators.shown(hull.linearVelocity, hull.angularVelocity)
        return np.concatenate([latents, shown]) if self._indicators else latents

    def _render_road(self, zoom: float, translation: Any, angle: float) -> None:
        """Draws the same as Gymnasium, which transforms each of 800 polygons to find out which are in the picture."""
        x, y = self.car.hull.position
        reach = CORNER / zoom + LARGEST
        self._draw_colored_polygon(self.surf, _FIELD, self.bg_color, zoom, translation, angle, clip=False)
        patches = _GRASS[np.hypot(_GRASS[:, 0, 0] - x, _GRASS[:, 0, 1] - y) < reach].tolist()
        near = [(patch, self.grass_color) for patch in patches]
        near += [one for one in self.road_poly if math.hypot(one[0][0][0] - x, one[0][0][1] - y) < reach]
        for polygon, color in near:
            self._draw_colored_polygon(self.surf, polygon, [int(c) for c in color], zoom, translation, angle)
