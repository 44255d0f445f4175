"""Laws of tasks in users' files: found by name only, played as any task, refused with a line where they are wrong."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import plant_files

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.core.errors import FileError, TaskError
from wann_rt.play.rollouts import plant_of_task, play, starts_of
from wann_rt.play.task_of import task_of
from wann_rt.tasks import own
from wann_rt.tasks.trial import findings

SMALL: dict[str, Any] = {"preset": "minimal", "population": 8, "generations": 2, "seed": 1}


def spec(path: Path, name: str = "task") -> str:
    return f"{path}:{name}"


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, arguments)


@pytest.mark.long
@pytest.mark.slow
def test_a_file_is_searched_evaluated_and_written_through_the_command_line(tmp_path: Path) -> None:
    path, out = plant_files.write(tmp_path), tmp_path / "run"
    small = ["--preset", "minimal", "--generations", "2", "--population", "8", "-q", "--json"]
    searched = run("search", spec(path), *small, "--out", str(out))
    assert searched.exit_code == 0, searched.output
    champion = str(out / "champion.json")
    said = wr.load(champion).provenance
    assert (said["task"], said["task_given"]) == ("rail", "rail.py:task")
    assert said["task_source"] == wr.task(spec(path)).source
    unnamed = run("evaluate", champion, "--episodes", "4")
    assert unnamed.exit_code == 2
    assert "a file is not trusted to name code" in unnamed.output
    for arguments in (
        ["evaluate", champion, "--task", spec(path), "--episodes", "4", "--json"],
        ["plant", spec(path), "--out", f"{tmp_path}/plant.h"],
        ["page", champion, "--task", spec(path), "--no-curve", "--out", f"{tmp_path}/page.html"],
    ):
        done = run(*arguments)
        assert done.exit_code == 0, done.output
    assert "wann-rt plant rail.py:task" in (tmp_path / "plant.h").read_text()
    tuned = wr.tune(wr.load(champion), wr.task(spec(path)), method="sweep", step=0.5).controller
    assert tuned.provenance["task_source"] == said["task_source"]


def test_the_same_file_gives_the_same_champion_as_the_task_passed_by_hand(tmp_path: Path) -> None:
    tasks = [wr.task(spec(plant_files.write(tmp_path))) for _ in range(2)]
    one, two = (wr.search(task, threads=k + 1, **SMALL) for k, task in enumerate(tasks))
    assert one == two


def test_an_edited_file_is_another_kernel_and_another_identity(tmp_path: Path) -> None:
    before = wr.task(spec(plant_files.write(tmp_path)))
    again = wr.task(spec(plant_files.write(tmp_path)))
    after = wr.task(spec(plant_files.write(tmp_path, ("p.gain * push", "p.gain * p.gain * push"))))
    assert plant_of_task(again).key == plant_of_task(before).key != plant_of_task(after).key
    assert again.source == before.source != after.source
    controller = wr.search(before, **SMALL)
    starts = starts_of(before, range(4))
    returns = [play(task, controller.network, np.ones(4, np.float32), starts, 1).returns for task in (before, after)]
    assert not np.array_equal(returns[0], returns[1])


def test_a_run_of_another_file_is_not_resumed(tmp_path: Path) -> None:
    wr.search(wr.task(spec(plant_files.write(tmp_path))), out=tmp_path / "run", **SMALL)
    other = wr.task(spec(plant_files.write(tmp_path, ("f32(3.0)", "f32(2.5)"))))
    with pytest.raises(FileError, match="the code of the task was another one"):
        wr.search(other, out=tmp_path / "run", **(SMALL | {"generations": 3}))


def test_what_a_file_says_never_runs_code(tmp_path: Path) -> None:
    task = wr.task(spec(plant_files.write(tmp_path)))
    controller = wr.search(task, **SMALL)
    text = json.dumps(dict(controller.provenance))
    assert str(tmp_path) not in text
    mark = tmp_path / "was_run"
    plant_files.write(tmp_path, ('"""A cart on a rail."""', f"import pathlib\n\npathlib.Path({str(mark)!r}).touch()"))
    with pytest.raises(TaskError, match=r"name it yourself \(--task rail.py:task"):
        task_of(controller)
    assert not mark.exists()
    with pytest.warns(RuntimeWarning, match="is not that on which the controller was searched"):
        task_of(controller, spec(tmp_path / "rail.py"))
    assert mark.exists()


def test_a_module_and_an_announced_task_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site"
    (package / "some_plants-1.0.dist-info").mkdir(parents=True)
    plant_files.write(package, name="some_plants.py")
    (package / "some_plants-1.0.dist-info" / "METADATA").write_text("Name: some_plants\nVersion: 1.0\n")
    (package / "some_plants-1.0.dist-info" / "entry_points.txt").write_text(
        "[wann_rt.tasks]\nrails = some_plants:task\n"
    )
    monkeypatch.syspath_prepend(str(package))
    assert "rails" in [point.name for point in own.announced()]
    by_point, by_module = wr.task("rails", gain=2.0), wr.task("some_plants:task")
    assert (by_point.given, by_module.given) == ("rails", "some_plants:task")
    assert by_point.source == by_module.source != ""
    assert by_point.params.gain == 2.0
    assert "rails" in run("tasks").output


WRONG = [
    (("f32 = np.float32", "f32 = np.float32\n1 / 0"), r"rail.py, line 11: ZeroDivisionError"),
    (("def start(seed):", "def start(seed:"), r"rail.py, line 20: .*was never closed"),
    (('name="rail",', 'nam="rail",'), r"rail.py, line 34: TypeError"),
    (("rate_hz=10.0", "rate_hz=-1"), r"rail.py, line 34: .*rate_hz"),
    (("    v = v + p.gain", "    if x > v:\n        v = v - v\n    v = v + p.gain"), r"line 29: step: a branch on"),
    (("f32(1.0) - absolute(x)", "1.0 - absolute(x)"), r"line 31: step: a constant that is no np.float32"),
    (("v * p.dt", "v ** 2"), r"line 30: step: x \*\* 2 is no primitive"),
    (("v * p.dt", "np.sin(v)"), r"line 30: step: a function of numpy, of a number, is no"),
    (("p.gain * push", "np.exp(p.gain) * push"), r"line 29: step: a function of numpy, of a number, is no"),
    (("return x, v\n", "return x, v, v\n"), r"line 24: observe must return the 2 observations; 3 values came"),
    (("absolute(x) > f32(3.0)", "x"), r"line 28: step must return last whether the episode has failed: a comparison"),
    (('name="rail",', 'name="../rail",'), r"rail.py, line 34: .*its name names files: expected text without / and"),
    (("    v = v +", "    if isinstance(v, np.ndarray) and (x > 1.2).any():\n        {}['no']\n    v = v +"),
     r"rail.py, line 30: step \d+ of an episode: KeyError: 'no'"),
    (("astype(np.float32)", "astype(np.float64)"), r"expected an array of float32 with the 2 state variables"),
    (("default_rng(seed)", "default_rng()"), r"the same seed gives another first state"),
    (("v * p.dt\n", "v * p.dt + (x - x) / (v - v)\n"), r"line 30: x becomes NaN in step 0 of the episode of seed"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), WRONG, ids=[says for _, says in WRONG])
def test_a_wrong_file_is_one_error_with_its_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    path = plant_files.write(tmp_path, change)
    done = run("search", spec(path), "--preset", "minimal", "--generations", "1")
    assert done.exit_code == 2
    assert done.output.count("\n") <= 1
    with pytest.raises(TaskError, match=says):
        wr.task(spec(path))


def test_a_range_is_compared_with_what_was_seen_alone(tmp_path: Path) -> None:
    """Of a value that is never 0, 0 is not said to have been seen."""
    far = ("    return x, v\n", "    return x + f32(100.0), v\n")
    near = write_range(tmp_path, far, "50, 150")
    assert [*findings(near)] == []
    (found,) = findings(write_range(tmp_path, far, "150, 250"))
    assert "observation x went from 9" in found.says
    assert found.harmless


def write_range(folder: Path, change: tuple[str, str], limits: str) -> wr.Task:
    channel = ('wr.Channel("x", "m")', f'wr.Channel("x", "m", {limits})')
    return wr.task(spec(plant_files.write(folder, change, channel)))


def test_an_end_that_a_select_made_is_a_comparison_or_refused(tmp_path: Path) -> None:
    imports = ("import Number, absolute", "import Number, absolute, maximum")
    path = plant_files.write(tmp_path, imports, ("absolute(x) > f32(3.0)", "maximum(x, v)"))
    with pytest.raises(TaskError, match=r"line 28: step must return last whether .*: a comparison; float32 came"):
        wr.task(spec(path))


def test_an_end_the_wrong_way_round_is_noted(tmp_path: Path) -> None:
    (found,) = findings(wr.task(spec(plant_files.write(tmp_path, (") > f32(3.0)", ") < f32(3.0)")))))
    assert "every episode is over after its first step" in found.says
    assert found.harmless


def test_an_angle_in_radians_is_what_the_page_and_the_template_say(tmp_path: Path) -> None:
    changes = (
        ("import Number, absolute", "import Number, absolute\nfrom wann_rt.core.activations import sin\n"
         "from wann_rt.core.elementary import PER_PI"),
        ("p.gain * push", "sin(x * PER_PI)"),
    )  # fmt: skip
    task = wr.task(spec(plant_files.write(tmp_path, *changes)))
    state = task.step(task.params, np.float32(np.pi / 2), np.float32(0), np.float32(0))
    assert state[1] == pytest.approx(0.1)


def test_choices_and_angles_may_depend_on_params_and_constants_alone(tmp_path: Path) -> None:
    imports = "from wann_rt.core.arithmetic import Number, absolute"
    pushed = "select(both(v > f32(0.0), p.gain > f32(0.0)), arctan2(v, p.gain), select(p.dt > f32(1.0), v, push))"
    changes = (
        (imports, f"{imports}, both, select\nfrom wann_rt.core.elementary import arctan2"),
        ("p.gain * push", f"arctan2(push, f32(1.0)) * {pushed}"),
    )
    assert not [*findings(wr.task(spec(plant_files.write(tmp_path, *changes))))]


@pytest.mark.parametrize(
    "change",
    [("    v = v +", "    while True:\n        v = v\n    v = v +"), ("f32 = ", "while True:\n    pass\nf32 = ")],
)
def test_a_file_that_never_ends_is_an_error(
    tmp_path: Path, change: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wann_rt.tasks.own.SECONDS", 0.3)
    monkeypatch.setattr("wann_rt.tasks.trial.SECONDS", 0.3)
    with pytest.raises(TaskError, match=r"rail.py, line \d+: runs for more than 0.3 s"):
        wr.task(spec(plant_files.write(tmp_path, change)))


@pytest.mark.slow
def test_nan_that_only_a_search_meets_is_an_error_with_step_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wann_rt.tasks.trial.STEPS", 1)
    far = ("x = x + v * p.dt", "x = x + v * p.dt + select(x > f32(1.2), (x - x) / (x - x), f32(0.0))")
    path = plant_files.write(tmp_path, ("import Number, absolute", "import Number, absolute, select"), far)
    with pytest.raises(TaskError, match=r"rail.py, line 30: NaN in step \d+ of an episode; it began with x = 1\.[2-9]"):
        wr.search(wr.task(spec(path)), **SMALL)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("{}/none.py:task", "cannot be read: No such file"),
        ("{}/rail.py:other", r"has no 'other'; the tasks in it: task"),
        ("{}/rail.py:Params", "is type; expected a wr.Task"),
        ("no_such_module_at_all:task", "ModuleNotFoundError"),
        ("chess", "one of your own is named FILE.py:NAME"),
    ],
)
def test_a_task_that_is_not_there_says_what_is(tmp_path: Path, name: str, says: str) -> None:
    plant_files.write(tmp_path)
    with pytest.raises(TaskError, match=says):
        wr.task(name.format(tmp_path))
