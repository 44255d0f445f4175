"""Laws of finding out: everything that can be set is listed with its meaning, and what is mistyped is guessed."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers import needs

import wann_rt as wr
from wann_rt.cli import SECTIONS, main
from wann_rt.cli.doctor import requirements
from wann_rt.cli.settings import KINDS, settings_of
from wann_rt.core.errors import WannError
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
    "word of settings": (("settings", "parsimoni"), "did you mean 'parsimony'"),
}


@pytest.mark.parametrize("arguments", MISTYPED.values(), ids=MISTYPED)
def test_what_is_mistyped_is_guessed(arguments: tuple[tuple[str, ...], str]) -> None:
    result = run(*arguments[0])
    assert result.exit_code == 2
    assert arguments[1] in result.output


def test_help_lists_every_command_by_what_it_is_for() -> None:
    said = run("--help").output
    assert all(f"\n  {name} " in said for name in main.commands)
    assert all(f"{title}:" in said for title in SECTIONS)


@pytest.mark.slow
def test_a_run_folder_stands_for_its_champion(tmp_path: Path) -> None:
    out = tmp_path / "run"
    wr.search("swingup", out=out, generations=1, population=8, episodes=1, sweep_weights=3, scored_episodes=2)
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
