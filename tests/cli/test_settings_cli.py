"""Laws of finding out: everything that can be set is listed with its meaning, and what is mistyped is guessed."""

import difflib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from helpers import needs

import wann_rt as wr
from wann_rt.cli import SECTIONS, main
from wann_rt.cli.doctor import requirements
from wann_rt.cli.settings import KINDS, settings_of
from wann_rt.core.errors import WannError
from wann_rt.core.guess import LONGEST, near
from wann_rt.evolution import config


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@pytest.mark.parametrize("kind", KINDS)
def test_every_setting_has_its_sentence_and_default(kind: str) -> None:
    rows = settings_of(kind)
    assert len(rows) > 5
    assert not [row["name"] for row in rows if len(row["meaning"]) < 8]
    shown = run("settings", "--of", kind)
    assert shown.exit_code == 0
    assert all(row["name"] in shown.output for row in rows)
    assert json.loads(run("settings", "--of", kind, "--json").output)[0]["name"] == rows[0]["name"]


def test_a_preset_s_values_are_shown() -> None:
    row = json.loads(run("settings", "parsimony", "--preset", "minimal", "--json").output)[0]
    assert (row["default"], row["value"]) == (0.0, config.load("minimal").parsimony)
    said = run("presets")
    assert said.exit_code == 0
    rows = json.loads(run("presets", "--json").output)
    assert [row["name"] for row in rows] == config.presets()
    assert all(len(row["for"]) > 20 and row["settings"] for row in rows)


MISTYPED = {
    "command": (("searchh", "swingup"), "did you mean 'search'"),
    "option": (("search", "swingup", "--generatons", "2"), "--generations"),
    "task": (("search", "swingupp"), "did you mean 'swingup'"),
    "setting": (("search", "swingup", "--set", "poulation=3"), "did you mean 'population'"),
    "preset": (("search", "swingup", "--preset", "minimol"), "did you mean 'minimal'"),
    "param": (("search", "swingup", "--task-set", "pole_lenght=1"), "did you mean 'pole_length'"),
    "champion": (("show", "zoo:pendulun"), "did you mean 'pendulum'"),
    "picture": (("plot", "weight", "zoo:pendulum"), "did you mean 'weights'"),
    "kind of package": (("package", "zoo:pendulum", "--for", "arduno"), "did you mean 'arduino'"),
    "format": (("export", "zoo:pendulum", "--to", "onxx"), "did you mean 'onnx'"),
    "option of a format": (("export", "zoo:pendulum", "--to", "onnx", "--set", "opsett=17"), "did you mean 'opset'"),
    "compiler of ONNX": (("export", "zoo:pendulum", "--to", "onnx", "--compat", "onnxc"), "did you mean 'onnx2c'"),
    "range": (
        ("export", "zoo:pendulum", "--to", "c", "--number", "q12", "--range", "thetadot=-1:1"),
        "did you mean 'theta_dot'",
    ),
    "target": (("verify", "zoo:pendulum", "--targets", "cortex-m9"), "did you mean 'cortex-m"),
    "runtime": (("verify", "zoo:pendulum", "--runtime", "openvin"), "did you mean 'openvino'"),
    "back end": (("search", "--env", "Pendulum-v1", "--backend", "procesess"), "did you mean 'processes'"),
    "environment": (("search", "--env", "Pendulun-v1"), "did you mean 'Pendulum-v1'"),
    "option of an environment": (
        ("search", "--env", "Pendulum-v1", "--task-set", "max_step=3"),
        "did you mean 'max_steps'",
    ),
    "tuning method": (("tune", "zoo:pendulum", "--method", "cmma"), "did you mean 'cma'"),
    "kind of settings": (("settings", "--of", "sarch"), "did you mean 'search'"),
    "activation": (("search", "swingup", "--set", "activations=linear,tanhh"), "did you mean 'tanh'"),
    "ranking": (("search", "swingup", "--set", "ranking=paretto"), "did you mean 'pareto'"),
    "word of settings": (("settings", "parsimoni"), "did you mean 'parsimony'"),
}


@pytest.mark.parametrize("arguments", MISTYPED.values(), ids=MISTYPED)
def test_what_is_mistyped_is_guessed(arguments: tuple[tuple[str, ...], str]) -> None:
    result = run(*arguments[0])
    assert result.exit_code == 2
    assert arguments[1] in " ".join(result.output.split())


IN_PYTHON: dict[str, tuple[Callable[[], object], str]] = {
    "task": (lambda: wr.search("swingupp"), "'swingup'"),
    "setting": (lambda: wr.search("swingup", generationz=2), "'generations'"),
    "setting of tuning": (lambda: wr.tune(wr.load("zoo:pendulum"), epsodes=2), "'episodes'"),
    "method": (lambda: wr.tune(wr.load("zoo:pendulum"), method="sweeep"), "'sweep'"),  # type: ignore[arg-type]
    "back end": (lambda: wr.environment("Pendulum-v1", backend="envpol"), "'envpool'"),  # type: ignore[arg-type]
    "channel": (lambda: wr.environment("Pendulum-v1", channels={"observation": []}), "'observations'"),
    "key of a channel": (lambda: wr.environment("Pendulum-v1", channels={"actions": [{"naem": "u"}]}), "'name'"),
    "kind of package": (lambda: wr.package(wr.load("zoo:pendulum"), "zepyr", out="nowhere"), "'zephyr'"),
    "format": (lambda: wr.export(wr.load("zoo:pendulum"), "onnx-exakt"), "'onnx-exact'"),
    "observation": (lambda: wr.load("zoo:pendulum")(cos_theta=1, sin_theta=0, thetadot=0), "'theta_dot'"),
    "champion": (lambda: wr.load("zoo:cart-pole"), "'cartpole'"),
}


@pytest.mark.parametrize("door", IN_PYTHON.values(), ids=IN_PYTHON)
def test_what_is_mistyped_in_python_is_guessed(door: tuple[Callable[[], object], str]) -> None:
    with pytest.raises(wr.WannError, match=f"did you mean {door[1]}"):
        door[0]()


def test_a_guess_is_none_where_nothing_is_near_and_quick_for_a_long_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert near("zzz", ["population", "seed"]) == ""
    assert near("POPULATON", ["population"]) == "; did you mean 'population'?"
    assert near("Box2D", ["Box2d-v1", "Box2D-v0"], 2) == "; did you mean 'Box2d-v1' or 'Box2D-v0'?"
    compared: list[int] = []

    def matches(name: str, *_: object) -> list[str]:
        compared.append(len(name))
        return []

    monkeypatch.setattr(difflib, "get_close_matches", matches)
    assert near("a" * 10**6, ["a" * 40] * 100) == ""
    assert compared == [LONGEST]  # the time grows with its square


def test_help_lists_every_command_by_what_it_is_for() -> None:
    said = run("--help").output
    assert all(f"\n  {name} " in said for name in main.commands)
    assert all(f"{title}:" in said for title in SECTIONS)


@pytest.mark.slow
def test_a_run_folder_stands_for_its_champion(tmp_path: Path) -> None:
    out = tmp_path / "run"
    small: dict[str, Any] = {"generations": 1, "population": 8, "episodes": 1, "sweep_weights": 3, "scored_episodes": 2}
    wr.search("swingup", preset="minimal", out=out, **small)
    assert wr.load(out) == wr.load(out / "champion.json")
    for command in (("show",), ("evaluate", "--episodes", 2), ("export", "--to", "c")):
        assert run(*command[:1], out, *command[1:]).exit_code == 0, command
    assert (out / "champion.h").exists()
    (out / "champion.json").unlink()
    with pytest.raises(WannError, match="no champion yet"):
        wr.load(out)
    with pytest.raises(WannError, match="no run folder"):
        wr.load(tmp_path)


def test_doctor_knows_every_extra() -> None:
    extras = requirements()
    if not extras:
        needs.skip("wann-rt has no metadata: pip install .")
    names = {row["name"] for row in json.loads(run("doctor", "--json").output)}
    for extra in set(extras) - {"", "dev", "all"}:
        assert f"extra {extra}" in names
    assert {"numpy", "numba", "plots", "mujoco"} <= names | set(extras)
