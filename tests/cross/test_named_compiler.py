"""``wann-rt verify --cc``: exactly the user's command line, and one clear line for whatever is wrong with it."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import builders, needs, small_controllers

from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.targets.blobs import blob_subject
from wann_rt.exporters.targets.program import RESET_EVERY, Subject, header_subject
from wann_rt.exporters.targets.run import run_targets
from wann_rt.exporters.targets.target import named_target
from wann_rt.exporters.targets.targets import BY_KEY, FURTHER, TARGETS

pytestmark = needs.c_compiler


def verified(folder: Path, *arguments: str, of: Controller | None = None) -> tuple[int, str]:
    """Returns the exit code of a verification of a small controller, and what it printed."""
    path = folder / "c.json"
    files.save(of or builders.controller(np.random.default_rng(8), "shared"), path)
    done = CliRunner().invoke(main, ["verify", str(path), "--vectors", "5", *arguments])
    return done.exit_code, done.output + (str(done.exception) if done.exception else "")


def test_header_fixed_point_and_blob_run_under_exactly_this_command_line(tmp_path: Path) -> None:
    code, printed = verified(tmp_path, "--cc", "gcc -O3 -march=x86-64", "--json")
    row = json.loads(printed)["targets"]["cc"]
    assert (code, row["mismatches"], row["refusing"], row["flags"]) == (0, 0, [], ["-O3", "-march=x86-64"])
    assert row["vectors"] == 3 * 256
    assert named_target("gcc -O3").levels == ("",)


@pytest.mark.parametrize("make", [small_controllers.remembering, small_controllers.recurrent])
def test_a_controller_with_a_state_runs_as_a_sequence_with_resets(
    make: Callable[[], Controller], tmp_path: Path
) -> None:
    code, printed = verified(tmp_path, "--cc", "gcc -O1", "--json", of=make())
    row = json.loads(printed)["targets"]["cc"]
    assert (code, row["mismatches"], row["refusing"], row["vectors"]) == (0, 0, [], 3 * 256)


@pytest.mark.parametrize("subject_of", [header_subject, blob_subject])
def test_a_forgotten_reset_is_noticed_on_a_target(subject_of: Callable[..., Subject]) -> None:
    subject = subject_of(small_controllers.remembering(), "remembering", 200)
    forgotten = replace(subject, code=subject.code.replace(f"% {RESET_EVERY}", "% 251"))
    results = (
        run_targets([subject], [BY_KEY["x86_64-gcc"]], ("-O1",)),
        run_targets([forgotten], [BY_KEY["x86_64-gcc"]], ("-O1",)),
    )
    assert [result.mismatches for (result,) in results] == [0, 200]


def test_a_compiler_that_was_told_otherwise_is_an_error_with_its_words(tmp_path: Path) -> None:
    code, printed = verified(tmp_path, "--cc", "gcc -O2 -ffast-math")
    assert code == 1
    assert "compile this file without it" in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cc", "no-such-cc -O2"), "--cc: there is no program 'no-such-cc' on the path"),
        (("--cc", "gcc", "--run", "no-such-emulator"), "--run: there is no program 'no-such-emulator' on the path"),
        (("--cc", "gcc 'x"), "is no command line"),
        (("--cc", " "), "--cc wants a command line"),
        (("--run", "qemu-arm"), "name a compiler there"),
    ],
)
def test_what_cannot_be_run_is_one_clear_error(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, printed = verified(tmp_path, *arguments)
    assert code != 0
    assert said in printed


def test_a_program_for_another_processor_asks_for_an_emulator(tmp_path: Path) -> None:
    needs.program("arm-linux-gnueabihf-gcc")
    code, printed = verified(tmp_path, "--cc", "arm-linux-gnueabihf-gcc -static -O2")
    assert code == 1
    assert "needs an emulator (--run)" in printed


def test_the_matrix_has_at_least_thirty_cells_and_every_further_one_says_how_to_install_it() -> None:
    assert len(TARGETS) >= 30
    assert len(BY_KEY) == len(TARGETS)
    missing = [target.missing() for target in FURTHER]
    assert all("apt install" in text or "pip install" in text or "no x86_64" in text for text in missing if text)


def test_a_missing_ziglang_names_its_version() -> None:
    zig = next(target for target in FURTHER if target.packages[0].startswith("ziglang=="))
    assert zig.compiler.endswith("ziglang/zig")
    with pytest.raises(ExportError):
        named_target("no-such-cc")


def test_a_clang_without_the_c_library_of_its_processor_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = "arm-linux-gnueabihf-gcc"
    monkeypatch.setattr(shutil, "which", lambda command: None if command == absent else f"/usr/bin/{command}")
    said = BY_KEY["armv7-neon-clang"].missing()
    assert said is not None
    assert said.startswith(f"{absent} is not installed (Debian: apt install clang gcc-arm-linux-gnueabihf ")
