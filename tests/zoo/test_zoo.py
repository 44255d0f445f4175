"""Laws of the zoo: every champion loads, does what its record says, and is found by its name."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import click
import dc_motor_start
import pendulum_start
import pytest
import zoo_check
import zoo_cost
from click.testing import CliRunner, Result
from helpers import needs

import wann_rt as wr
from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.errors import FileError
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks import gym_env
from wann_rt.tasks.any_task import check_fits, seen_as_by
from wann_rt.zoo import sources

FOLDER = Path(zoo.__file__).parent
COMPILED = {"pendulum", "mountain-car-continuous", "cartpole", "acrobot"}
every_champion = pytest.mark.parametrize("name", zoo.names())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


def test_every_file_belongs_to_a_recipe_and_every_recipe_has_its_files() -> None:
    wanted = {f"{name}.json" for name in zoo.names()}
    wanted |= {f"{name}.shared.json" for name, recipe in zoo.recipes().items() if recipe.shared}
    assert {path.name for path in FOLDER.glob("*.json")} == wanted | {"scores.json"}
    assert set(zoo.names()) >= COMPILED


@every_champion
def test_a_champion_s_provenance_is_its_recipe(name: str) -> None:
    recipe, controller = zoo.recipes()[name], wr.zoo.load(name)
    told = controller.provenance["recipe"]
    assert told["commands"] == list(recipe.commands)
    assert told["environment"] == recipe.env
    assert controller.provenance["env_steps"] > 0
    assert len(controller.vectors) >= 8
    assert zoo.shared(name).weight.kind == "shared"


@pytest.mark.parametrize("name", sorted(COMPILED))
def test_a_champion_fits_its_compiled_task(name: str) -> None:
    task, controller = tasks.get(name), zoo.load(name)
    check_fits(task, controller)
    assert (controller.rate_hz, controller.decision) == (task.rate_hz, task.decision)


def test_the_record_has_every_champion_above_its_bar_in_a_hundred_episodes() -> None:
    record = zoo.scores()
    assert set(record) == set(zoo.names())
    for name, row in record.items():
        assert row["episodes"] >= 100
        assert row["connections"] == zoo.load(name).network.n_connections
        assert row["scores"]["tuned"]["mean"] >= zoo.recipes()[name].bar
        assert list(zoo_check.differences(name, row, record)) == []


def test_the_page_is_what_the_record_says() -> None:
    assert (zoo_check.ROOT / "docs" / "zoo.md").read_text(encoding="utf-8") == zoo_check.document(zoo.scores())


def test_the_page_s_loops_run_and_every_champion_with_a_state_is_named_there() -> None:
    page = (zoo_check.ROOT / "docs" / "zoo.md").read_text(encoding="utf-8")
    for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        found: dict[str, Any] = {}
        exec(code, found)
        assert found["reward"] != 0
    stateful = [name for name in zoo.names() if zoo.load(name).derived]
    assert f"{' and '.join(sorted(stateful))} have a state" in page


@pytest.mark.parametrize("name", zoo.names())
def test_every_command_of_a_recipe_parses(name: str) -> None:
    for command in zoo.recipes()[name].commands:
        _, verb, *arguments = shlex.split(command)
        found = main.get_command(click.Context(main), verb)
        assert found is not None
        found.make_context(verb, arguments)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(COMPILED))
def test_a_few_episodes_in_plain_gymnasium_score_what_the_record_says(name: str) -> None:
    row = zoo_check.scored(name, zoo_check.playing(name, episodes=4, seed=7), seed=7)
    assert list(zoo_check.differences(name, row, zoo.scores())) == []
    assert set(zoo_check.summary(row)) >= {*zoo_check.CONDITIONS, "connections", "episodes"}


def test_parts_of_the_champions_are_all_of_them() -> None:
    parts = [zoo_check.part(f"3:{k}") for k in range(3)]
    assert sorted(name for every, first in parts for name in zoo.names()[first::every]) == sorted(zoo.names())
    for wrong in ("3:3", "0:0", "2:-1"):
        with pytest.raises(ValueError, match=wrong):
            zoo_check.part(wrong)


@pytest.mark.slow
def test_a_champion_with_a_state_scores_in_gymnasium_what_it_scores_here() -> None:
    name, controller = "acrobot-torque", zoo.load("acrobot-torque")
    gym_env.register()
    total, _ = zoo_check.episode(zoo.recipes()[name].env, controller, 3)
    task = seen_as_by(tasks.get(name), controller)
    assert total == pytest.approx(play_controller(task, controller, starts_of(task, range(3, 4))).returns[0, 0])


def test_a_score_that_is_not_the_record_s_is_told() -> None:
    record = json.loads(json.dumps(zoo.scores()))
    changed = json.loads(json.dumps(record["pendulum"]))
    changed["scores"]["tuned"]["mean"] += 10 * changed["scores"]["tuned"]["sd"]
    changed["connections"] += 1
    told = list(zoo_check.differences("pendulum", changed, record))
    assert any("connections is" in line for line in told)
    assert any("pendulum, tuned: scores" in line for line in told)


@pytest.mark.slow
def test_the_record_has_what_a_step_of_each_champion_costs() -> None:
    for name in zoo.names():
        cost = zoo_cost.known(name, zoo.scores())
        assert cost is not None
        assert cost["instructions"] > zoo.load(name).network.n_connections
        assert zoo_cost.text(cost) in zoo_check.document(zoo.scores())


def test_a_cost_of_another_controller_is_forgotten() -> None:
    record = json.loads(json.dumps(zoo.scores()))
    record["pendulum"]["m4f"]["controller"] = record["acrobot"]["m4f"]["controller"]
    assert zoo_cost.known("pendulum", record) is None
    assert zoo_cost.known("pendulum", {}) is None


def test_a_cost_that_is_not_the_record_s_is_told_unless_another_compiler_made_it() -> None:
    record = json.loads(json.dumps(zoo.scores()))
    row = json.loads(json.dumps(record["pendulum"]))
    row["m4f"]["flash"] += 4
    (told,) = zoo_check.differences("pendulum", row, record)
    assert told.startswith("pendulum: flash on a Cortex-M4F: ")
    row["m4f"]["compiler"] += " of another version"
    assert list(zoo_check.differences("pendulum", row, record)) == []


def test_a_step_costs_what_the_record_says() -> None:
    needs.installed(zoo_cost.PROCESSOR)
    before = zoo_cost.known("pendulum", zoo.scores())
    assert before is not None
    assert list(zoo_cost.differences("pendulum", zoo_cost.cost("pendulum"), before)) == []


def test_an_unknown_champion_is_answered_with_the_known_ones() -> None:
    for name in ("chess", "scores", "", "../files", "pendulum.json"):
        with pytest.raises(FileError, match=r"the zoo has no controller .*; it has .*pendulum"):
            zoo.load(name)


def test_the_command_line_takes_a_champion_by_name() -> None:
    shown = json.loads(run("show", "zoo:pendulum", "--json").output)
    assert shown["connections"] == zoo.load("pendulum").network.n_connections
    refused = run("show", "zoo:chess")
    assert refused.exit_code == 2
    assert "the zoo has no controller 'chess'" in refused.output


@pytest.mark.slow
@every_champion
def test_every_champion_passes_verify(name: str) -> None:
    assert run("verify", f"zoo:{name}", "--vectors", 50).exit_code == 0


@pytest.mark.long
def test_what_is_made_from_a_champion_goes_into_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("export", "zoo:cartpole", "--to", "c").exit_code == 0
    assert run("tune", "zoo:cartpole", "--steps", 1000, "--quiet").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"cartpole.h", "cartpole.tuned.json"}


def test_the_recipes_are_a_table_of_rows_of_the_same_form() -> None:
    table = tomllib.loads((FOLDER / "recipes.toml").read_text(encoding="utf-8"))
    assert all(command.startswith("wann-rt ") for row in table.values() for command in row["commands"])


@pytest.mark.parametrize(
    ("starts", "name", "tuned"),
    [
        (pendulum_start, "start", "pendulum-robust"),
        (pendulum_start, "sines", "pendulum-best"),
        (dc_motor_start, "start", "dc-motor"),
        (dc_motor_start, "remembers", "dc-motor-robust"),
    ],
)
def test_a_start_that_a_recipe_is_given_is_the_network_that_its_champion_was_tuned_from(
    starts: Any, name: str, tuned: str
) -> None:
    start, champion = starts.made(name), zoo.load(tuned)
    assert start.network == champion.network
    assert start.weight != champion.weight
    assert champion.provenance["tuned"]["from"] == files.digest(start)
    assert f"{name}.json" in zoo.recipes()[tuned].given


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("swingup", "zoo:cartpole-swingup is a champion of the zoo, and `wann-rt search swingup` makes"),
        ("pendubot", "zoo:pendubot is a champion of the zoo, and `wann-rt search pendubot` makes"),
        ("cartpole-robust", "no such file; zoo:cartpole-robust is a champion"),
        ("nothing", "cannot be read: No such file"),
    ],
)
def test_the_name_of_a_task_or_champion_instead_of_a_file_says_what_to_do(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match=says):
        sources.load(name)
