"""Laws of watching: what is seen is the very episode that is scored, and a film is whole or not there."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner, Result
from helpers import builders, needs, plant_files

import wann_rt as wr
from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import FileError, MissingExtraError, TaskError
from wann_rt.core.network import Network
from wann_rt.display import film
from wann_rt.display import watch as watching
from wann_rt.display.caption import height
from wann_rt.evaluation import conditions as evaluation
from wann_rt.play import rollouts
from wann_rt.play.environment import environment
from wann_rt.play.plain import play_controller
from wann_rt.play.progress import listening, tell
from wann_rt.tasks import TASKS, gym_env
from wann_rt.tasks.any_task import AnyTask
from wann_rt.tasks.environment.task import BackendName, with_options
from wann_rt.tasks.scenes import HEIGHT, WIDTH
from wann_rt.tasks.task import Task

f32 = np.float32
SWINGUP = tasks.get("cartpole-swingup")
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def player(task: AnyTask, weight: float = -0.7) -> Controller:
    """Returns a controller of a random network with the task's interface."""
    shape = len(task.observations), len(task.actions)
    network = Network.build(shape[0], *builders.parts(np.random.default_rng(3), *shape, 5, 0.5, True), prune=True)[0]
    return Controller(
        task.name, network, Weight.shared(weight), task.observations, task.actions, decision=task.decision
    )


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def probe(path: Path) -> str:
    """Returns what ffmpeg says of a film: decodes all of it, and would tell of errors."""
    command = [film.encoder(), "-hide_banner", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that nobody sees."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@every_task
def test_every_task_is_shown_by_its_own_scene_or_by_its_twin(task: Task) -> None:
    assert (task.scene is not None) != (task.name in watching.TWINS)


@pytest.mark.parametrize(
    ("names", "driver", "platform", "expected"),
    [
        ((), "", "linux", False),
        (("DISPLAY",), "", "linux", True),
        (("WAYLAND_DISPLAY",), "", "linux", True),
        (("DISPLAY",), "dummy", "linux", False),
        ((), "kmsdrm", "linux", True),
        ((), "", "darwin", True),
    ],
)
def test_a_window_opens_only_where_somebody_can_see_it(
    names: tuple[str, ...], driver: str, platform: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in watching.DISPLAYS:
        monkeypatch.setenv(name, ":0" if name in names else "")
    monkeypatch.setenv("SDL_VIDEODRIVER", driver)
    monkeypatch.setattr(sys, "platform", platform)
    assert watching.has_display() == expected


@pytest.mark.slow
@every_task
def test_what_is_seen_is_what_plain_gymnasium_plays(task: Task, tmp_path: Path) -> None:
    controller, env_id = player(task), watching.TWINS.get(task.name, task.env_id)
    seen = list(watching.watch(task, controller, episodes=2, seed=5, max_steps=60, out=tmp_path / "run.mp4"))
    for k, outcome in enumerate(seen):
        env = gymnasium.make(env_id, max_episode_steps=60)
        observation, _ = env.reset(seed=5 + k)
        total, steps, over = 0.0, 0, False
        while not over:
            observation, reward, ended, cut, _ = env.step(controller.decide(observation))
            total, steps, over = total + float(reward), steps + 1, ended or cut
        assert outcome == (5 + k, total, steps)


@pytest.mark.slow
def test_the_swingup_that_is_seen_is_the_one_that_is_scored() -> None:
    task = tasks.with_params(SWINGUP, pole_length=0.9, observation_noise=0.1)
    controller = player(task)
    scored = play_controller(task, controller, rollouts.starts_of(task, range(3)))
    stage = watching.environment_stage(watching.shown(task), "rgb_array")
    seen = [watching.episode(stage, controller, seed, 50.0) for seed in range(3)]
    assert seen == [(k, scored.returns[0, k], scored.lengths[0, k]) for k in range(3)]


@pytest.mark.slow
def test_an_environment_s_episode_scores_as_its_back_end_says() -> None:
    plain = with_options(environment("BipedalWalker-v3"), max_steps=120, fall_penalty=False)
    controller = player(plain)
    scored = play_controller(plain, controller, rollouts.starts_of(plain, range(4)), threads=1)
    stage = watching.environment_stage(watching.shown(plain), "rgb_array")
    seen = [watching.episode(stage, controller, seed, 50.0) for seed in range(4)]
    assert seen == [(k, scored.returns[0, k], scored.lengths[0, k]) for k in range(4)]


def test_a_search_s_stall_cut_does_not_end_what_is_watched() -> None:
    cut = with_options(environment("Pendulum-v1"), stall_steps=2, stall_reward=1.0)
    shown = watching.shown(cut)
    assert (shown.params.stall_steps, shown.max_steps) == (0, 200)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "every", "kind"), [(".mp4", 2, "h264"), (".gif", 4, "gif")])
def test_a_film_has_every_picture_that_its_format_can_take(suffix: str, every: int, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"run{suffix}"
    (outcome,) = watching.watch(SWINGUP, player(SWINGUP), max_steps=81, out=path)
    pictures = -(-(outcome.steps + 1) // every)  # the start is one, too
    told = probe(path)
    assert re.findall(r"frame=\s*(\d+)", told)[-1] == str(pictures)
    assert f"Video: {kind}" in told
    assert f"{WIDTH}x{HEIGHT + height(WIDTH) + (HEIGHT + height(WIDTH)) % 2 * (suffix == '.mp4')}" in told


@pytest.mark.slow
@pytest.mark.parametrize("suffix", film.FORMATS)
def test_the_same_pictures_make_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    films = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in films:
        assert len(list(watching.watch(SWINGUP, player(SWINGUP), max_steps=20, out=path))) == 1
    assert films[0].read_bytes() == films[1].read_bytes()


def made(path: Path, *shapes: tuple[int, ...]) -> str:
    """Makes a film of black pictures and returns what ffmpeg says of it."""
    blank = iter([np.zeros(shape, np.uint8) for shape in shapes])
    with film.film_file(path, 10.0) as reel:
        for _ in shapes:
            reel.add(lambda: next(blank))
    return probe(path)


def test_sides_that_are_not_even_are_filmed_too(tmp_path: Path) -> None:
    assert "22x34" in made(tmp_path / "odd.mp4", *3 * [(33, 21, 3)])
    assert "21x33" in made(tmp_path / "odd.gif", *3 * [(33, 21, 3)])


def test_a_film_that_goes_wrong_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "run.gif"
    path.write_bytes(b"before")
    with pytest.raises(FileError, match="must be of one size"):
        made(path, (8, 8, 3), (8, 9, 3))
    with pytest.raises(FileError, match="at least one picture"):
        made(path)
    with pytest.raises(FileError, match=r"cannot be encoded: .+"):
        made(path, *3 * [(8, 70_000, 3)])
    seen = watching.watch(SWINGUP, player(SWINGUP), episodes=2, max_steps=5, out=path)
    next(seen)
    seen.close()  # type: ignore[attr-defined]  # the user has seen enough
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize(
    ("name", "says"),
    [("run.avi", "is written as"), ("run", "written as"), ("no/run.mp4", "no folder")],
)
def test_a_film_that_cannot_be_written_is_refused_before_it_is_made(name: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=says):
        next(watching.watch(SWINGUP, player(SWINGUP), out=tmp_path / name))


@pytest.mark.parametrize(("module", "says"), [("pygame", "pygame"), ("imageio_ffmpeg", "imageio-ffmpeg")])
def test_what_is_not_installed_is_named_with_its_extra(
    module: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"needs {says}.*wann-rt\[play\]"):
        next(watching.watch(SWINGUP, player(SWINGUP), out=tmp_path / "run.mp4"))


@pytest.mark.long
def test_params_that_the_twin_does_not_have_are_shown_as_traces(tmp_path: Path) -> None:
    task = tasks.with_params(tasks.get("pendulum"), gravity=3.0, observation_noise=0.1)
    controller = player(task)
    scored = play_controller(task, controller, rollouts.starts_of(task, range(1)))
    (seen,) = watching.watch(task, controller, out=tmp_path / "run.gif", max_steps=None)
    assert seen == (0, scored.returns[0, 0], scored.lengths[0, 0])


@pytest.mark.slow
def test_a_task_of_a_users_file_is_shown_by_its_own_scene_or_as_traces(tmp_path: Path) -> None:
    scene = "scene=lambda p, state, push: scenes.cartpole_swingup(cartpole_swingup.Params(), [0, 0, 0, 0], push),\n)"
    imports = "from wann_rt.tasks import scenes\nfrom wann_rt.tasks.compiled import cartpole_swingup"
    for changes in (
        [],
        [("step=step,\n)", "step=step,\n    " + scene), ("import wann_rt as wr", f"import wann_rt as wr\n{imports}")],
    ):
        task = wr.task(f"{plant_files.write(tmp_path, *changes)}:task")
        controller = player(task)
        scored = play_controller(task, controller, rollouts.starts_of(task, range(1)))
        (seen,) = watching.watch(task, controller, out=tmp_path / "run.gif")
        assert seen == (0, scored.returns[0, 0], scored.lengths[0, 0])


def test_a_controller_of_another_task_is_refused() -> None:
    with pytest.raises(TaskError, match="the controller was made for"):
        next(watching.watch(SWINGUP, player(tasks.get("cartpole"))))


def test_an_environment_without_pictures_is_refused() -> None:
    task = environment("helpers.odd_environments:Glider")
    with pytest.raises(TaskError, match=r"is not to be seen: its render modes are \[\], not rgb_array"):
        watching.environment_stage(task, "rgb_array")


@pytest.mark.slow
@pytest.mark.usefixtures("hidden")
def test_a_window_shows_the_same_episode_as_a_film(tmp_path: Path) -> None:
    pendulum = environment("Pendulum-v1")
    for task in (SWINGUP, pendulum):
        settings: dict[str, Any] = {"max_steps": 12, "rate": 1000.0}
        windowed = list(watching.watch(task, player(task), **settings))
        assert windowed == list(watching.watch(task, player(task), out=tmp_path / "run.gif", **settings))


@pytest.mark.usefixtures("hidden")
def test_who_closes_the_window_ends_the_last_episode() -> None:
    import pygame

    task = environment("Pendulum-v1")
    seen = watching.watch(task, player(task), episodes=3, rate=1000.0, max_steps=20)
    assert next(seen).steps == 20
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    assert list(seen) == []


def pictures(task: Task, *states: tuple[float, ...]) -> list[Any]:
    env = gym_env.CompiledTaskEnv(task, render_mode="rgb_array")
    drawn = []
    for state in states:
        env.reset(seed=0)
        env._state = tuple(f32(x) for x in state)
        drawn.append(env.render().astype(int))
    return drawn


def test_a_mirrored_swingup_is_drawn_mirrored() -> None:
    left, right = pictures(SWINGUP, (-0.7, 0.0, 1.0, 0.0), (0.7, 0.0, -1.0, 0.0))
    assert left.shape == (HEIGHT, WIDTH, 3)
    assert (left != right).any()
    assert np.abs(left - right[:, ::-1]).mean() < 1  # edges may round to either side


def test_a_swingup_beyond_all_bounds_is_drawn_all_the_same() -> None:
    for picture in pictures(SWINGUP, (np.nan,) * 4, (np.inf, 0, np.inf, 0), (1e30, 0, -1e30, 0)):
        assert picture.shape == (HEIGHT, WIDTH, 3)


def test_a_mode_that_a_task_does_not_have_is_refused() -> None:
    for name, mode in (("acrobot", "ansi"), ("cartpole-swingup", "ansi")):
        with pytest.raises(gymnasium.error.UnsupportedMode, match="has the render modes"):
            gym_env.CompiledTaskEnv(name, render_mode=mode)


@pytest.mark.slow
def test_the_command_makes_a_film_where_there_is_no_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*watching.DISPLAYS, "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.chdir(tmp_path)
    told = run("play", "zoo:pendulum", "--episodes", 2, "--max-steps", 5).output
    assert "making the film pendulum.mp4" in told
    assert "episode 2 (seed 1): return" in told
    assert "mean return" in told
    assert "wrote pendulum.mp4" in told
    assert [path.name for path in tmp_path.iterdir()] == ["pendulum.mp4"]


@pytest.mark.slow
def test_the_command_says_what_is_wrong_in_a_line(tmp_path: Path) -> None:
    for arguments, says in (
        (("zoo:pendulum", "--out", tmp_path / "a.png"), "its name must end in"),
        (("zoo:pendulum", "--env", "CartPole-v1", "--out", tmp_path / "a.gif"), "the controller has 3"),
        (("zoo:pendulum", "--env", "No-v1", "--out", tmp_path / "a.gif"), "has no environment 'No-v1'"),
        ((tmp_path / "none.json", "--out", tmp_path / "a.gif"), "none.json"),
    ):
        refused = run("play", *arguments)
        assert (refused.exit_code, says in refused.output) == (2, True), refused.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["processes", "envpool"])
def test_an_evaluation_tells_of_each_episode_of_an_environment_once(backend: BackendName) -> None:
    if backend == "envpool":
        needs.module("envpool")
    task = with_options(environment("Pendulum-v1", backend=backend), max_steps=3)
    told: list[int] = []
    with listening(told.append):
        evaluation.evaluate(player(task), task, episodes=3, threads=1)
    tell(1)  # nobody listens any more
    assert sum(told) == evaluation.environment_episodes(3)
    told.clear()
    with listening(told.append):
        evaluation.evaluate(player(task), task, episodes=3, threads=1, sweep_weights=2, sweep_episodes=4)
    assert sum(told) == evaluation.environment_episodes(3, 2, 4)


@pytest.mark.slow
def test_an_environment_is_shown_at_its_own_rate() -> None:
    for task, rate in ((SWINGUP, 100.0), (tasks.get("cartpole"), 50.0), (tasks.get("acrobot"), 15.0)):
        assert watching.own_rate(watching.environment_stage(watching.shown(task), "rgb_array")) == rate


def test_a_controller_with_a_state_is_fed_with_its_sensors_alone(tmp_path: Path) -> None:
    derive = {"theta_dot": "rate_of:cos_theta/sin_theta", "last": "previous:force"}
    task = wr.task("swingup", observe=["x", "cos_theta", "sin_theta"], derive=derive)
    shape = len(task.observations), len(task.actions)
    network = Network.build(shape[0], *builders.parts(np.random.default_rng(3), *shape, 5, 0.5, True), prune=True)[0]
    controller = Controller(
        "c", network, Weight.shared(0.7), task.sensors, task.actions, task.rate_hz, derived=task.derived
    )
    expected = play_controller(replace(task, max_steps=60), controller, task.start(5)[:, np.newaxis]).returns[0, 0]
    (seen,) = watching.watch(task, controller, seed=5, max_steps=60, out=tmp_path / "run.gif")
    assert seen.total == pytest.approx(expected, rel=1e-5)
