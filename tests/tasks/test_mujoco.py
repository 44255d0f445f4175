"""Laws of MuJoCo's environments: the error without the physics names the extra; films are made without a display."""

import os
import pickle
import sys
from pathlib import Path

import gymnasium
import pytest
from helpers import needs

from wann_rt import zoo
from wann_rt.core.errors import MissingExtraError, TaskError
from wann_rt.display import watch as watching
from wann_rt.play.environment import environment
from wann_rt.tasks.environment.describe import described
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.environment.task import EnvironmentTask

CHAMPION = "inverted-pendulum"


def task() -> EnvironmentTask:
    return environment(zoo.recipes()[CHAMPION].env)


@pytest.fixture
def without_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in (*watching.DISPLAYS, "SDL_VIDEODRIVER"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv(watching.OPENGL, "")
    monkeypatch.delenv(watching.OPENGL)


@pytest.mark.parametrize(
    ("env_id", "module", "says"),
    [
        ("InvertedDoublePendulum-v5", "mujoco", "mujoco"),
        ("InvertedDoublePendulum-v5", "imageio", "mujoco"),
        ("BipedalWalker-v3", "Box2D", "box2d"),
    ],
)
def test_an_environment_without_its_physics_is_refused_with_the_extra_that_brings_it(
    env_id: str, module: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("gymnasium.envs.mujoco", "gymnasium.envs.box2d"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"environment {env_id} needs .*pip install 'wann-rt\[{says}\]'"):
        described(Maker.of(env_id), {})  # what a process of its own does for ``environment``


def test_the_error_that_names_an_extra_comes_out_of_another_process_as_it_is() -> None:
    error = MissingExtraError("environment Ant-v5", "mujoco", "mujoco")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.slow
@needs.opengl
@pytest.mark.usefixtures("without_display")
def test_a_film_without_a_display_shows_what_plain_gymnasium_plays(tmp_path: Path) -> None:
    controller, path = zoo.load(CHAMPION), tmp_path / "run.gif"
    (outcome,) = watching.watch(task(), controller, seed=5, max_steps=8, out=path)
    env = gymnasium.make(zoo.recipes()[CHAMPION].env)
    observation, _ = env.reset(seed=5)
    total = 0.0
    for _ in range(8):
        observation, reward, *_ = env.step(controller.decide(observation))
        total += float(reward)
    assert outcome == (5, total, 8)
    assert path.read_bytes().startswith(b"GIF8")


@pytest.mark.slow
@pytest.mark.usefixtures("without_display")
def test_without_anything_that_draws_a_film_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "find_library", lambda name: None)
    with pytest.raises(TaskError, match=r"draws with OpenGL.*apt install libegl1 libgl1"):
        next(watching.watch(task(), zoo.load(CHAMPION), out=tmp_path / "run.gif"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.usefixtures("without_display")
def test_without_a_display_no_window_is_opened() -> None:
    with pytest.raises(TaskError, match="there is no display: write a film"):
        next(watching.watch(task(), zoo.load(CHAMPION)))


@pytest.mark.slow
@pytest.mark.usefixtures("without_display")
def test_who_names_an_opengl_gets_that(monkeypatch: pytest.MonkeyPatch) -> None:
    needs.module("mujoco")  # which asks for OpenGL when it is imported
    pendulum = task()
    monkeypatch.setattr(watching, "find_library", lambda name: None)
    monkeypatch.setenv(watching.OPENGL, "osmesa")
    watching.environment_stage(pendulum, "rgb_array")
    assert os.environ[watching.OPENGL] == "osmesa"
