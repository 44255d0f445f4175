"""Laws of what a terminal shows: it fits 80 columns, names stay whole, and files get no colours."""

import re
import xml.etree.ElementTree
from pathlib import Path

import pytest
from click.testing import CliRunner
from screenshots import COMMANDS, FOLDER, drawn, printed, settled

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.weight import Weight
from wann_rt.display.formulas import formulas
from wann_rt.display.tables import counted, paragraph
from wann_rt.evolution import config
from wann_rt.tasks import TASKS

CODES = re.compile(r"\x1b\[[0-9;]*m")
NAMES = {
    "zoo": list(wr.zoo.names()),
    "tasks": [name for task in TASKS for name in (task.name, *task.aliases)],
    "presets": config.presets(),
    "settings": ["random_weights_price", "complexity_share", "change_activation"],
    "settings --of environment": ["failure_reward", "reward_weights"],
    "show zoo:bipedal-walker": ["hull_angle_dot", "knee_2_dot", "config_digest"],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", NAMES)
def test_a_terminal_of_80_columns_shows_names_whole(command: str, tmp_path: Path) -> None:
    lines = CODES.sub("", printed(f"wann-rt {command}", tmp_path)).split("\n")
    assert max(map(len, lines)) <= 80
    words = {word for line in lines for word in re.split(r"[\s,=*()]+", line)}
    assert not set(NAMES[command]) - words


@pytest.mark.slow
@pytest.mark.parametrize("name", ["show", "zoo"])
def test_the_pictures_of_the_documents_are_of_today(name: str, tmp_path: Path) -> None:
    again = drawn(name, COMMANDS[name], printed(COMMANDS[name], tmp_path))
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == again, "make screenshots"


@pytest.mark.parametrize("name", COMMANDS)
def test_pictures_are_small_and_load_nothing(name: str) -> None:
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert len(text.encode()) < 60_000
    assert "url(http" not in text
    xml.etree.ElementTree.fromstring(text)


@pytest.mark.parametrize("command", ["zoo", "tasks", "presets", "show zoo:pendulum"])
def test_what_is_no_terminal_gets_no_colours(command: str) -> None:
    assert "\x1b" not in CliRunner().invoke(main, command.split(), catch_exceptions=False).output


def test_every_help_fits_80_columns() -> None:
    for name in ("", *main.commands):
        said = CliRunner().invoke(main, [*name.split(), "--help"], terminal_width=80).output
        assert max(map(len, said.split("\n"))) <= 80, name


def test_every_command_is_told_in_a_line_of_the_help() -> None:
    for name, command in main.commands.items():
        assert len(command.get_short_help_str(1000)) <= 64, name


def test_formulas_have_signs_as_people_write_them() -> None:
    hidden, outputs, last = {3: 5, 4: 1}, {5: 1}, [Connection(3, 5), Connection(4, 5)]
    signed, _ = Network.build(2, hidden, outputs, [Connection(0, 3), Connection(1, 3), Connection(2, 4, -1), *last])
    plain, _ = Network.build(2, hidden, outputs, [Connection(0, 3), Connection(1, 3), Connection(2, 4), *last])
    weights = Weight("connections", (-2.0, 0.5, -1.5, 3.0, -4.0))
    channels, out = (Channel("a"), Channel("b")), (Channel("u"),)
    shared = list(formulas(Controller("c", signed, Weight.shared(2), channels, out)).values())
    each = list(formulas(Controller("c", plain, weights, channels, out)).values())
    assert shared == ["w * -b", "tanh(w * (1 + a))", "w * (n3 + n4)"]
    assert each == ["-2*b", "tanh(0.5 - 1.5*a)", "3*n3 - 4*n4"]


def test_one_is_no_plural() -> None:
    assert [counted(n, "node") for n in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]


def test_a_picture_has_what_stays_of_a_terminal() -> None:
    live = "\x1b[?25l\r\x1b[2K* 1/2 one\r\x1b[2K* 2/2 two\n\x1b[?25h\r\x1b[1A\x1b[2Kdone\nnext\n"
    assert settled(live) == "done\nnext"
    assert settled("first\n* 1/2\r\x1b[2K\x1b[32m* 2/2\x1b[0m\nlast") == "first\n\x1b[32m* 2/2\x1b[0m\nlast"


def test_a_paragraph_sends_no_command_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    paragraph("wrote run\x1b[31m[b]/champion.json\nnext: \x07")
    assert capsys.readouterr().out == "wrote run\\x1b[31m[b]/champion.json\nnext: \\x07\n"
