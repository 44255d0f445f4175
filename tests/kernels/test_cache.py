"""Laws of the kernels' cache: nothing is loaded that somebody else could have written, and no folder is no error."""

import contextlib
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import needs

from wann_rt.kernels import cache

CHECK = """
import numpy as np
from wann_rt.kernels.mutation import below
print(below(np.uint64(1), 0, 5), below._cache.cache_path if hasattr(below._cache, "_cache_path") else None)
"""


class Planted:
    """What a hostile file holds: reading it as a pickle makes a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA") and k != "XDG_CACHE_HOME"}
    command = [sys.executable, "-c", CHECK]
    return subprocess.run(command, env=kept | variables, capture_output=True, text=True, check=True)


def plant(folder: Path, mark: Path) -> None:
    """Puts a hostile file in the place of every index in the folder."""
    found = list(folder.rglob("*.nbi"))
    assert found
    for index in found:
        index.write_bytes(pickle.dumps(Planted(mark)))


def test_kernels_are_kept_in_a_private_folder_of_the_user(tmp_path: Path) -> None:
    before = run(XDG_CACHE_HOME=str(tmp_path)).stdout
    assert str(tmp_path / "wann_rt" / "kernels_") in before
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert run(XDG_CACHE_HOME=str(tmp_path)).stdout == before


@pytest.mark.parametrize("open_folder", ["itself", "below"])
def test_a_folder_that_others_may_write_is_refused_and_nothing_in_it_is_run(tmp_path: Path, open_folder: str) -> None:
    folder, mark = tmp_path / "shared", tmp_path / "mark"
    answer = run(NUMBA_CACHE_DIR=str(folder)).stdout.split()[0]
    plant(folder, mark)
    (folder if open_folder == "itself" else next(folder.iterdir())).chmod(0o777)
    seen = run(NUMBA_CACHE_DIR=str(folder))
    assert seen.stdout.split() == [answer, "None"]
    assert "others may write" in seen.stderr
    assert not mark.exists()


def test_a_hostile_file_does_run_where_nobody_checks(tmp_path: Path) -> None:
    """What the refusal is for: in a private folder, where only this user can have put it, such a file is believed."""
    folder, mark = tmp_path / "own", tmp_path / "mark"
    run(NUMBA_CACHE_DIR=str(folder))
    plant(folder, mark)
    with contextlib.suppress(subprocess.CalledProcessError):  # it is not the index that numba expects
        run(NUMBA_CACHE_DIR=str(folder))
    assert mark.is_dir()


@needs.root
def test_a_file_of_another_user_makes_the_folder_unusable(tmp_path: Path) -> None:
    run(NUMBA_CACHE_DIR=str(tmp_path))
    assert cache.why_untrusted(tmp_path) is None
    os.chown(next(tmp_path.iterdir()), 12345, -1)
    assert "belongs to another user" in str(cache.why_untrusted(tmp_path))


def test_a_sticky_folder_above_is_no_danger(tmp_path: Path) -> None:
    above, own = tmp_path / "temporary", tmp_path / "temporary" / "own"
    own.mkdir(parents=True)
    above.chmod(0o1777)
    assert cache.why_untrusted(own) is None
    above.chmod(0o777)
    assert f"others may write {above}" in str(cache.why_untrusted(own))


def test_without_a_folder_functions_are_compiled_without_a_cache(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    seen = run(NUMBA_CACHE_DIR=str(tmp_path / "file" / "below"))
    assert seen.stdout.split()[1] == "None"
    assert not seen.stderr


def test_a_relative_home_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "~")
    monkeypatch.setattr(cache, "chosen_folder", lambda: "")
    assert list(cache._candidates(Path(cache.__file__))) == [Path(cache.__file__).parent / "__pycache__"]
