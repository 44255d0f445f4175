"""Laws of hostile text: nothing that a file says changes what a terminal or a picture does; long input takes long."""

import io
import json
import re
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from wann_rt import cli
from wann_rt.core.errors import FileError
from wann_rt.core.plain import plain
from wann_rt.core.strict_json import parse

HOSTILE = [
    "\x1b[2J\x1b]0;title\x07", "\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;cm0gLXJm\x07",
    "[/b]", "[link=file:///etc/passwd]x[/link]", "[bold]", ":skull:", "\x9b31m", "back\x08\x08\x08", "a\rb",
    "\u202egnp.exe", "line\nwann-rt: error: forged", "$\\frac{$", "<script>", "&amp;", "\x00", "\ud800",
]  # fmt: skip


@given(st.text())
def test_what_is_shown_holds_no_command(text: str) -> None:
    shown = plain(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    assert shown == text or "\\" in shown
    assert plain(shown) == shown


def hostile_file(folder: Path, text: str) -> Path:
    """Writes a controller file all of whose words are the text, with a right digest."""
    from test_files import document, with_digest

    content = document()
    content["name"] = content["observations"][0]["name"] = content["actions"][0]["unit"] = text
    content["provenance"] = {text: text, "task": text, "environment": {"id": text, "kwargs": {text: text}}}
    path = folder / "hostile.json"
    path.write_text(with_digest(content))
    return path


@pytest.mark.parametrize("text", HOSTILE)
def test_a_file_sends_nothing_to_the_terminal(tmp_path: Path, text: str) -> None:
    path = hostile_file(tmp_path, text)
    for command in ("show", "evaluate", "verify"):
        done = CliRunner().invoke(cli.main, [command, str(path)], color=True)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "\x1b]" not in done.output
        assert "\x1b[2J" not in done.output
        assert not re.search("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202e\ud800]", done.output)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_page_and_a_report_hold_hostile_names_as_text_only(tmp_path: Path, text: str) -> None:
    path, page = hostile_file(tmp_path, text), tmp_path / "page.html"
    (tmp_path / "config.json").write_text(json.dumps({"task": text, "config": {"preset": text, text: text}}))
    (tmp_path / "champion.json").write_bytes(path.read_bytes())
    (tmp_path / "generations.jsonl").touch()
    for command in (["page", path, "--task", "swingup"], ["report", tmp_path, "--episodes", "1"]):
        done = CliRunner().invoke(cli.main, [*map(str, command), "--out", str(page)])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        if page.exists():
            assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", page.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE)
def test_a_picture_of_hostile_names_is_well_formed(tmp_path: Path, text: str) -> None:
    from xml.etree import ElementTree

    picture = tmp_path / "drawn.svg"
    done = CliRunner().invoke(cli.main, ["show", str(hostile_file(tmp_path, text)), "--draw", str(picture)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    if picture.exists():
        ElementTree.parse(io.StringIO(picture.read_text()))


@pytest.mark.slow
def test_a_hundred_thousand_keys_are_read_in_linear_time() -> None:
    keys = [f"k{i}" for i in range(100_000)]
    text = "{" + ",".join(f'"{key}":0' for key in [*keys, *keys]) + "}"
    began = time.process_time()
    with pytest.raises(FileError, match="key 'k0' stands twice"):
        parse(text, "many")
    assert time.process_time() - began < 5
    assert len(parse(json.dumps(dict.fromkeys(keys, 0)), "many").value) == len(keys)
