"""``wann-rt export --to html``: the page, as one more format."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from wann_rt.cli import main


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["export", "zoo:pendulum", *arguments])
    return done.exit_code, done.output


def test_it_is_the_page_that_the_command_page_writes(tmp_path: Path) -> None:
    assert run("--to", "html", "--to", "c", "--out", str(tmp_path))[0] == 0
    CliRunner().invoke(main, ["page", "zoo:pendulum", "--out", str(tmp_path / "page.html")])
    assert (tmp_path / "pendulum.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    assert (tmp_path / "pendulum.h").exists()


def test_the_suffix_says_it(tmp_path: Path) -> None:
    code, output = run("--out", str(tmp_path / "mine.html"))  # where nothing was compiled yet, it says so first
    assert (code, output.splitlines()[-1]) == (0, f"wrote {tmp_path / 'mine.html'}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "htm"), "unknown format 'htm'; known formats: onnx, onnx-exact, c, blob, html; did you mean 'html'?"),
        (("--to", "html", "--set", "opset=13"), "format html has no option 'opset': it has only spread"),
    ],
)
def test_what_it_cannot_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, output = run(*arguments, "--out", str(tmp_path / "a"))
    assert (code, output) == (2, f"wann-rt: error: {said}\n")
    assert not any((tmp_path / "a").glob("*"))
