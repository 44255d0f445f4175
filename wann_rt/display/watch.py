"""Watching a controller: its episodes in Gymnasium, in a window or as a film.

What is seen is Gymnasium's own environment and the controller's decisions; nothing of a search takes part. Compiled
tasks that were taken from Gymnasium are shown by the environment they are equal to.
"""

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from ctypes.util import find_library
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

from wann_rt.core.controller import Controller, greatest
from wann_rt.core.errors import TaskError
from wann_rt.display.caption import Picture, caption, captioned
from wann_rt.display.film import Reel, film_file
from wann_rt.display.own_stage import OwnStage
from wann_rt.play.environment import environment
from wann_rt.tasks.any_task import AnyTask, changes_of, check_fits
from wann_rt.tasks.environment.simulator import Simulator
from wann_rt.tasks.environment.task import FALL_REWARD, EnvironmentTask, with_options
from wann_rt.tasks.own import source_of
from wann_rt.tasks.scenes import library
from wann_rt.tasks.task import Task

Mode = Literal["human", "rgb_array"]
Stage = Simulator | OwnStage
RATE = 30.0  # steps shown per second, where an environment does not say
TWINS: Mapping[str, str] = {
    "pendulum": "Pendulum-v1",
    "mountain-car-continuous": "MountainCarContinuous-v0",
    "cartpole": "CartPole-v1",
    "acrobot": "Acrobot-v1",
}
DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")  # one of them is set where Linux can open a window
NO_DISPLAY = "dummy"  # SDL's name for a window that nobody sees
OPENGL = "MUJOCO_GL"  # where MuJoCo reads which OpenGL draws its pictures
EGL: Mapping[str, str] = {"EGL": "libegl1", "GL": "libgl1"}  # of one without a display: libraries, Debian's packages


class Outcome(NamedTuple):
    """How an episode went: its seed, the sum of its rewards, its length in steps."""

    seed: int
    total: float
    steps: int


def has_display() -> bool:
    """Returns whether a window can be opened."""
    chosen = os.environ.get("SDL_VIDEODRIVER")
    if chosen:
        return chosen != NO_DISPLAY
    return sys.platform != "linux" or any(os.environ.get(name) for name in DISPLAYS)


def watch(
    task: AnyTask,
    controller: Controller,
    *,
    episodes: int = 1,
    seed: int = 0,
    rate: float | None = None,
    max_steps: int | None = None,
    out: str | os.PathLike[str] | None = None,
) -> Iterator[Outcome]:
    """Plays episodes in a window, or into a film, and yields how each went.

    Args:
        task: the task; see ``play.task_of``.
        controller: plays it.
        episodes: how many.
        seed: of the first episode; those of the next ones count up.
        rate: steps shown per second; by default as fast as the environment shows itself.
        max_steps: an episode's greatest length; by default the task's own.
        out: film to write, .mp4 or .gif; by default a window is opened. Who closes it ends the last episode.

    Raises:
        TaskError: the environment fails or draws no pictures, or the controller does not fit the task.
        FileError: the film cannot be written.
        MissingExtraError: pygame, or what encodes films, is not installed.
    """
    library()
    if not has_display():
        os.environ["SDL_VIDEODRIVER"] = NO_DISPLAY  # otherwise SDL searches for a sound device and prints an error
    if not isinstance(task, EnvironmentTask):
        check_fits(task, controller)
    mode: Mode = "human" if out is None else "rgb_array"
    with ExitStack() as stack:
        simulator = _stage_of(task, mode, max_steps)
        stack.callback(simulator.close)
        rate, read = rate or own_rate(simulator), _read_by(controller, task)
        reel = None if out is None else stack.enter_context(film_file(out, rate))
        for k in range(episodes):
            outcome = episode(simulator, controller, (seed + k) % 2**31, rate, reel, read)
            if outcome is None:
                return
            yield outcome


def _stage_of(task: AnyTask, mode: Mode, max_steps: int | None) -> Stage:
    """Returns what plays and shows a task; one of the user's own is played here, where its code is known."""
    if isinstance(task, Task) and source_of(task):
        return OwnStage(task.raw or task, mode, max_steps)
    played = shown(task)
    return environment_stage(played if max_steps is None else with_options(played, max_steps=max_steps), mode)


def shown(task: AnyTask) -> EnvironmentTask:
    """Returns the environment that shows a task: its twin in Gymnasium, its own scene, or traces of its values."""
    if isinstance(task, EnvironmentTask):
        return with_options(task, stall_steps=0, stall_reward=0.0)
    changes = changes_of(task)
    if task.name in TWINS and not changes:
        return environment(TWINS[task.name])
    return environment(f"wann_rt.tasks.gym_env:{task.env_id}", kwargs={"params": dict(changes)})


def environment_stage(task: EnvironmentTask, mode: Mode) -> Simulator:
    """Returns what plays the task and shows it; whether it repeats is tried out unseen.

    Raises:
        TaskError: it cannot be made, or not in that mode.
    """
    unseen = Simulator(task)
    unseen.close()
    modes = list((unseen.environment.metadata or {}).get("render_modes") or [])
    if mode not in modes:
        other = "; --out FILE writes a film" if "rgb_array" in modes else ""
        raise TaskError(f"environment {task.env_id} is not to be seen: its render modes are {modes}, not {mode}{other}")
    if hasattr(unseen.environment.unwrapped, "mujoco_renderer") and not has_display():
        _draw_unseen(task.env_id, mode)
    return Simulator(replace(task, kwargs={**task.kwargs, "render_mode": mode}), fresh=unseen.fresh)


def _draw_unseen(env_id: str, mode: Mode) -> None:
    """Has MuJoCo draw by EGL, which needs no display; left alone it tries to open a window, and complains.

    Raises:
        TaskError: it shall be seen in a window, or EGL is not installed.
    """
    if mode == "human":
        raise TaskError(f"environment {env_id} opens a window of its own, and there is no display: write a film (out)")
    if OPENGL not in os.environ and not all(map(find_library, EGL)):
        raise TaskError(
            f"environment {env_id} draws with OpenGL, which without a display is EGL, and that is not installed: "
            f"apt install {' '.join(EGL.values())} (or name another OpenGL in {OPENGL})"
        )
    os.environ.setdefault(OPENGL, "egl")


def own_rate(simulator: Stage) -> float:
    """Returns at how many steps a second an environment shows itself."""
    told = (simulator.environment.metadata or {}).get("render_fps")
    return float(told) if isinstance(told, (int, float)) and 0 < told < float("inf") else RATE


def episode(
    simulator: Stage,
    controller: Controller,
    seed: int,
    rate: float,
    reel: Reel | None = None,
    read: Sequence[int] | None = None,
) -> Outcome | None:
    """Plays one episode, into the film or in the window; returns None if the window was closed.

    Args:
        simulator: what is played.
        controller: plays it.
        seed: of the episode.
        rate: steps shown per second.
        reel: the film.
        read: which observations the controller is fed; by default all.
    """
    task, total, steps, over = simulator.task, 0.0, 0, False
    observation, state = simulator.reset(seed), controller.start()
    fed = slice(None) if read is None else list(read)
    _keep_time(simulator.environment.unwrapped, rate)
    if reel is not None:
        reel.add(partial(_captioned, simulator, caption(controller, 0, (), 0.0)))
    while not over and steps < task.max_steps:
        actions, state = controller.step(state, observation[fed])
        observation, reward, over = simulator.step(actions, int(greatest(actions)))
        if not math.isfinite(reward):
            simulator.fail(f"the reward is {reward}")
        waived = over and reward == FALL_REWARD and not task.params.fall_penalty
        total, steps = total + (0.0 if waived else reward), steps + 1
        if reel is not None:
            line = caption(controller, steps, actions, total)
            reel.add(partial(_captioned, simulator, line))
        elif _is_closed():
            return None
    return Outcome(seed, total, steps)


def _read_by(controller: Controller, task: AnyTask) -> list[int] | None:
    """Returns which observations of what is played a controller is fed, where it sees a task otherwise; else None."""
    if isinstance(task, EnvironmentTask):
        return list(task.places) or None
    if not isinstance(task, Task) or task.raw is None:
        return None
    names = [channel.name for channel in task.raw.observations]
    return [names.index(channel.name) for channel in controller.observations]


def _captioned(simulator: Stage, line: str) -> Picture:
    return captioned(simulator.picture(), line)


def _keep_time(environment: Any, rate: float) -> None:
    """Makes a window show so many steps a second: Gymnasium's wait as their metadata say."""
    environment.metadata = {**environment.metadata, "render_fps": rate}


def _is_closed() -> bool:
    """Returns whether the user wants the window closed; Gymnasium itself does not look."""
    pygame = library()
    return bool(pygame.display.get_init() and pygame.event.peek(pygame.QUIT))
