"""Laws of the command line: each command does its job, each bad input is one clear message and exit code 2."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from helpers import needs

from wann_rt import cli
from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.evolution import config
from wann_rt.tasks import TASKS

SWINGUP = TASKS[0]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture
def controller_file(tmp_path: Path) -> Path:
    """A small controller for the swing-up task."""
    connections = [Connection(3, 7), Connection(4, 7, -1), Connection(7, 8), Connection(5, 8)]
    network, _ = Network.build(5, {7: 5}, {8: 1}, connections)
    controller = Controller(
        "small", network, Weight.shared(-1.25), SWINGUP.observations, SWINGUP.actions, SWINGUP.rate_hz,
        provenance={"task": SWINGUP.name},
    )  # fmt: skip
    files.save(controller, tmp_path / "small.json")
    return tmp_path / "small.json"


def test_help_lists_each_command_in_one_section() -> None:
    listed = [name for names in cli.SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(main.commands), "SECTIONS in wann_rt/cli/__init__.py"


def test_tasks_are_listed_for_people_and_for_programs() -> None:
    assert "cartpole-swingup" in run("tasks").output
    assert "mnist: handwritten digits" in run("tasks").output
    assert json.loads(run("tasks", "--json").output)[0]["name"] == "cartpole-swingup"


@pytest.mark.slow
def test_a_search_writes_a_run_folder_and_says_what_next(tmp_path: Path) -> None:
    arguments = ["search", "swingup", "--generations", 2, "--population", 8, "--set", "episodes=1", "--quiet"]
    result = run(*arguments, "--out", tmp_path / "run")
    assert result.exit_code == 0
    assert "wann-rt verify" in result.output
    files = {"config.json", "generations.jsonl", "champions.jsonl", "champion.json", "finished.checkpoint"}
    assert {p.name for p in (tmp_path / "run").iterdir()} == files
    again = run(*arguments, "--out", tmp_path / "run")
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    assert run(*arguments, "--out", tmp_path / "run", "--overwrite", "--json").exit_code == 0


def test_help_names_every_preset() -> None:
    said = run("search", "--help").output
    assert all(f" {name} (" in " ".join(said.split()) for name in config.presets())


def test_evaluate_scores_every_condition(controller_file: Path) -> None:
    done = run("evaluate", controller_file, "--episodes", 4, "--json")
    assert done.exit_code == 0, done.output + done.stderr
    scores = json.loads(done.stdout)["scores"]
    assert set(scores) == {"random_weights", "random_shared", "six_weights", "tuned_shared", "own_weight"}
    assert scores["six_weights"]["episodes"] == 24
    assert "tuned shared weight" in run("evaluate", controller_file, "--episodes", 4).output


def test_evaluate_has_the_sweep_that_was_asked_for(controller_file: Path) -> None:
    sweep = ["--sweep-weights", 2, "--sweep-episodes", 1]
    found = json.loads(run("evaluate", controller_file, "--episodes", 2, "--json", *sweep).output)
    assert abs(found["tuned_weight"]) == 2
    refused = run("evaluate", controller_file, "--sweep-weights", 1)
    assert (refused.exit_code, "sweep_weights is 1; expected" in refused.output) == (2, True)


@pytest.mark.slow
def test_evaluate_says_how_the_plain_task_of_the_same_plant_is_named(controller_file: Path) -> None:
    loaded = files.load(controller_file)
    brief = ["--episodes", 2, "--sweep-weights", 2, "--sweep-episodes", 1]
    for plant, told in (({}, "`--task-set delay=0`"), ({"pole_length": 0.9}, "`--task-set pole_length=0.9`")):
        provenance = {**loaded.provenance, "task_params": {"delay": 2.0, **plant}}
        files.save(replace(loaded, provenance=provenance), controller_file)
        assert f"under delay = 2; {told} plays it plain" in run("evaluate", controller_file, *brief).output


@pytest.mark.long
def test_evaluate_reports_effort_and_chatter_beside_each_score(controller_file: Path) -> None:
    done = run("evaluate", controller_file, "--episodes", 4, "--json")
    assert done.exit_code == 0, done.output + done.stderr
    scores = json.loads(done.stdout)["scores"]
    assert all(0 <= score["effort"] <= 1 and score["chatter"] >= 0 for score in scores.values())
    assert "changes/s" in run("evaluate", controller_file, "--episodes", 4).output


@pytest.mark.long
@pytest.mark.parametrize("method", ["sweep", "cma", "pepg"])
def test_tune_writes_a_controller_that_verifies(controller_file: Path, method: str) -> None:
    budget = ["--steps", 100_000, "--step", 0.1, "--quiet"]
    result = run("tune", controller_file, "--method", method, *budget)
    assert result.exit_code == 0
    assert "held-out episodes" in result.output
    path = controller_file.with_suffix(".tuned.json")
    assert files.load(path).provenance["tuned"]["method"] == method
    assert run("verify", path, "--vectors", 10).exit_code == 0


def test_tune_writes_the_pareto_set_beside_the_result(controller_file: Path, tmp_path: Path) -> None:
    arguments = ["tune", controller_file, "--prune", "--smallest", 2, "--steps", 100_000, "--out", tmp_path / "t.json"]
    found = json.loads(run(*arguments, "--json").output)
    written = {path.name for path in (tmp_path / "t.front").iterdir()}
    assert written == {f"{row['connections']:03d}.json" for row in found["front"]}
    assert run("tune", controller_file, "--method", "sweep", "--prune").exit_code == 2


@pytest.mark.long
def test_a_param_of_the_task_can_be_changed(controller_file: Path, tmp_path: Path) -> None:
    plain, longer = (
        json.loads(run("evaluate", controller_file, "--episodes", 4, "--json", *options).output)["scores"]
        for options in ((), ("--task-set", "pole_length=0.9"))
    )
    assert plain != longer
    small = ["--generations", 2, "--population", 8, "--set", "episodes=1", "--quiet"]
    found = run("search", "swingup", "--task-set", "effort_penalty=0.5", *small, "--out", tmp_path / "run", "--json")
    assert json.loads(found.output)["task_params"] == {"effort_penalty": 0.5}
    other = run("search", "swingup", *small, "--out", tmp_path / "run")
    assert "other settings" in other.output
    wrong = run("evaluate", controller_file, "--task-set", "pole=1")
    assert wrong.exit_code == 2
    assert "has no param 'pole'" in wrong.output


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("onnx", ".onnx"), ("onnx-exact", ".exact.onnx"), ("c", ".h"), ("blob", ".blob")],
)
def test_export_writes_each_format_beside_the_controller(controller_file: Path, name: str, suffix: str) -> None:
    done = run("export", controller_file, "--to", name)
    assert done.exit_code == 0
    assert ("WANN_SCRATCH_FLOATS(" in done.output) == (name == "blob")
    assert controller_file.with_suffix(suffix).stat().st_size > 0
    other = controller_file.with_name("other" + suffix)
    assert run("export", controller_file, "--out", other).exit_code == 0
    named, renamed = f'"{controller_file.stem}.h"'.encode(), b'"other.h"'  # a header says how it is included
    assert other.read_bytes().replace(renamed, named) == controller_file.with_suffix(suffix).read_bytes()


def test_export_writes_several_formats_into_a_folder(controller_file: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert run("export", controller_file, "--to", "c", "--to", "onnx", "--out", tmp_path / "out").exit_code == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"small.h", "small.onnx"}


@needs.c_compiler
def test_verify_proves_parity(controller_file: Path) -> None:
    result = run("verify", controller_file, "--vectors", 50, "--json")
    assert result.exit_code == 0
    found = json.loads(result.output)
    assert {"oracle", "kernels", "onnx_exact", "onnx"} <= set(found)
    assert all(figures["max_ulp"] == 0 for name, figures in found.items() if name != "onnx")


@needs.c_compiler
def test_verify_runs_the_header_on_the_targets_that_are_named(controller_file: Path) -> None:
    from wann_rt.exporters.targets.targets import BY_KEY

    name = next(iter(BY_KEY))
    result = run("verify", controller_file, "--vectors", 10, "--targets", name, "--json")
    assert result.exit_code == 0
    assert list(json.loads(result.output)["targets"]) == [name]
    result = run("verify", controller_file, "--vectors", 10, "--targets", f"{name},m9")
    assert result.exit_code == 2
    assert f"there is no target 'm9'; targets: all, host, {name}" in result.output


def test_verify_exits_1_where_a_recorded_vector_does_not_fit(controller_file: Path) -> None:
    document = json.loads(controller_file.read_text())
    document["vectors"] = [[[0.0, 0.0, 1.0, 0.5, 0.25], [0.125]]]
    controller_file.write_text(json.dumps(document))
    assert run("import", controller_file, "--out", controller_file).exit_code == 0
    result = run("verify", controller_file, "--vectors", 10)
    assert result.exit_code == 1
    assert "NO" in result.output


def test_show_names_channels_and_formulas(controller_file: Path) -> None:
    output = run("show", controller_file).output
    assert "theta_dot" in output
    assert "tanh(w * (cos_theta - sin_theta))" in output
    summary = json.loads(run("show", controller_file, "--json").output)
    assert summary["connections"] == 4
    assert summary["nodes"]["force"] == "w * (theta_dot + n6)"


def test_show_prints_names_with_brackets_as_they_are(tmp_path: Path) -> None:
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    files.save(
        Controller("[bold]x", network, Weight.shared(1), (Channel("[red]o", "[m]"),), (Channel("[/]a"),)),
        tmp_path / "c.json",
    )
    output = run("show", tmp_path / "c.json").output
    assert "[bold]x" in output
    assert "[red]o" in output
    assert "[/]a = w * [red]o" in output


def test_doctor_finds_this_environment_sound() -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 0
    assert {"numpy", "onnxruntime", "kernels"} <= {finding["name"] for finding in json.loads(result.output)}


def edited(path: Path, change: dict[str, Any]) -> Path:
    """Returns a copy of the controller file with some parts replaced, and so with a wrong digest."""
    document = json.loads(path.read_text())
    document["network"] |= {k: v for k, v in change.items() if k in document["network"]}
    document |= {k: v for k, v in change.items() if k not in document["network"]}
    copy = path.with_name("edited.json")
    copy.write_text(json.dumps(document))
    return copy


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": ["softplus"]}, "unknown activation"),
        ({"connections": [[6, 6], [6, 7]]}, "cyclic"),
        ({"connections": [[3, 9]]}, "dangling"),
        ({"weight": {"kind": "shared", "values": ["NaN"]}}, "expected an integer or a number"),
        ({"version": 99}, "format version 99"),
        ({"name": "renamed"}, None),
    ],
)
def test_bad_controllers_are_named(controller_file: Path, change: dict[str, Any], message: str | None) -> None:
    path = edited(controller_file, change)
    for command in ("show", "verify", "evaluate"):
        result = run(command, path)
        assert result.exit_code == 2
        assert "edited.json" in result.output
        assert "digest does not match" in result.output or (message is not None and message in result.output)
    imported = run("import", path, "--out", path.with_name("new.json"))
    assert imported.exit_code == (0 if message is None else 2)
    assert message is None or message in imported.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "missing.json"], "missing.json: cannot be read: No such file"),
        (["show", "."], ".: is a folder, and no run folder"),
        (["search", "juggling"], "no task 'juggling'; known tasks: cartpole-swingup"),
        (["search", "swingup", "--set", "popsize=3"], "no setting 'popsize'"),
        (["search", "swingup", "--preset", "best"], "no preset 'best'"),
        (["search", "swingup", "--config", "missing.toml"], "missing.toml: cannot be read"),
        (["search", "swingup", "--generations", "0"], "0 is not in the range"),
        (["import", "champion.wann.json"], "name its topology too"),
        (["import", "missing.out"], "missing.out: cannot be read"),
        (["juggle"], "there is no command 'juggle'"),
    ],
)
def test_bad_input_is_one_clear_message(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_ctrl_c_before_any_result_exits_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wann_rt.evolution.search import Search

    def interrupt(_: Search) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "ask", interrupt)
    result = run("search", "swingup", "--out", tmp_path / "run")
    assert result.exit_code == 130
    assert "interrupted" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a format"),
        (["--to", "tflite"], "unknown format 'tflite'"),
        (["--to", "c", "--set", "opset=13"], "no option 'opset'"),
        (["--out", "x.xyz"], "suffix"),
        (["--to", "c", "--out", "no/such/folder/x.h"], "cannot be written"),
    ],
)
def test_bad_exports_are_one_clear_message(controller_file: Path, arguments: list[str], message: str) -> None:
    result = run("export", controller_file, *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_controller_for_another_task_is_refused_by_evaluate(tmp_path: Path) -> None:
    network, _ = Network.build(1, {}, {2: 1}, [Connection(1, 2)])
    files.save(Controller("c", network, Weight.shared(1), (Channel("o"),), (Channel("a"),)), tmp_path / "c.json")
    assert "does not say which task" in run("evaluate", tmp_path / "c.json").output
    assert "was made for o" in run("evaluate", tmp_path / "c.json", "--task", "swingup").output
