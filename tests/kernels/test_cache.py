"""Laws of the kernels' cache: nothing is loaded that somebody else could have written, and no folder is no error."""

import contextlib
import errno
import hashlib
import os
import pickle
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import numba
import pytest
from helpers import needs

from wann_rt.kernels import cache, jit
from wann_rt.kernels.jit import source_stamp
from wann_rt.kernels.turns import in_turn

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


def plant(folder: Path, mark: Path, *, knows_the_form: bool = True) -> None:
    """Puts a hostile file in the place of every index in the folder, with version and digest if its writer knows."""
    found = list(folder.rglob("*.nbi"))
    assert found
    for index in found:
        planted = pickle.dumps(Planted(mark))
        digest = hashlib.sha256(planted).digest()
        version = pickle.dumps(numba.__version__, protocol=-1)
        index.write_bytes(version + planted + digest if knows_the_form else planted)


@pytest.mark.slow
def test_kernels_are_kept_in_a_private_folder_of_the_user(tmp_path: Path) -> None:
    before = run(XDG_CACHE_HOME=str(tmp_path)).stdout
    assert str(tmp_path / "wann_rt" / "kernels_") in before
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert run(XDG_CACHE_HOME=str(tmp_path)).stdout == before


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_hostile_file_does_run_where_nobody_checks(tmp_path: Path) -> None:
    """What the refusal is for: in a private folder, where only this user can have put it, such a file is believed."""
    folder, mark = tmp_path / "own", tmp_path / "mark"
    run(NUMBA_CACHE_DIR=str(folder))
    plant(folder, mark)
    with contextlib.suppress(subprocess.CalledProcessError):  # it is not the index that numba expects
        run(NUMBA_CACHE_DIR=str(folder))
    assert mark.is_dir()


@pytest.mark.slow
def test_what_is_no_index_is_not_even_read_as_a_pickle(tmp_path: Path) -> None:
    folder, mark = tmp_path / "own", tmp_path / "mark"
    answer = run(NUMBA_CACHE_DIR=str(folder)).stdout
    plant(folder, mark, knows_the_form=False)
    assert run(NUMBA_CACHE_DIR=str(folder)).stdout == answer
    assert not mark.exists()


@pytest.mark.slow
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


@pytest.mark.slow
def test_without_a_folder_functions_are_compiled_without_a_cache(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    seen = run(NUMBA_CACHE_DIR=str(tmp_path / "file" / "below"))
    assert seen.stdout.split()[1] == "None"
    assert not seen.stderr


def test_a_relative_home_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "~")
    monkeypatch.setattr(cache, "chosen_folder", lambda: "")
    assert list(cache._candidates(Path(cache.__file__))) == [Path(cache.__file__).parent / "__pycache__"]


FULL = """
import resource
import warnings

resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))  # no file may become larger: writing fails as on a full disk
warnings.simplefilter("always")
"""


@pytest.mark.slow
def test_a_full_disk_is_one_warning_and_the_kernels_work_uncached(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL + CHECK],
        capture_output=True,
        text=True,
        env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiled kernels cannot be kept: File too large; this process goes on") == 1
    assert not list(tmp_path.rglob("*.nbc"))
    assert not list(tmp_path.rglob("*.tmp.*"))


GONE = """
import sys
from typing import NamedTuple

sys.path.insert(0, sys.argv[1])
from wann_rt.kernels.jit import jit

@jit
def total(values):
    return values[0] + values[1]

if sys.argv[2] == "with":
    from gone import Pair
    print(total(Pair(1.0, 2.0)))
else:
    print(total((1.0, 2.0)))
"""


@pytest.mark.slow
def test_an_index_that_names_a_module_that_is_gone_counts_as_empty(tmp_path: Path) -> None:
    module, program = tmp_path / "gone.py", tmp_path / "program.py"
    module.write_text("from typing import NamedTuple\n\nclass Pair(NamedTuple):\n    a: float\n    b: float\n")
    program.write_text(GONE)

    def total(how: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), str(tmp_path), how]
        settings = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(command, capture_output=True, text=True, env=settings, check=False)

    assert total("with").stdout == "3.0\n"
    assert list((tmp_path / "cache").rglob("*total*.nbi"))
    module.unlink()
    for _ in range(2):  # the second one reads what the first one wrote
        done = total("without")
        assert done.stdout == "3.0\n", done.stderr
        assert not done.stderr


COUNT = """
import numpy as np
from wann_rt.kernels.mutation import below
print(below(np.uint64(1), 0, 5), sum(below.stats.cache_misses.values()))
"""


@pytest.mark.slow
def test_of_processes_that_start_together_one_compiles(tmp_path: Path) -> None:
    own = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COUNT]
    started = [subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True) for _ in "ab"]
    answers = [process.communicate()[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert answers[0][0] == answers[1][0]
    assert sum(int(misses) for _, misses in answers) == 1


def test_an_edit_of_a_command_leaves_the_kernels_as_they_are(tmp_path: Path) -> None:
    for room in ("core", "kernels", "tasks", "cli"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "some.py").write_text("1\n")
    before = source_stamp(tmp_path)
    (tmp_path / "cli" / "some.py").write_text("2\n")
    assert source_stamp(tmp_path) == before
    for room in ("core", "kernels", "tasks"):
        (tmp_path / room / "some.py").write_text("2\n")
        assert source_stamp(tmp_path) != before
        before = source_stamp(tmp_path)


def test_nothing_outside_the_stamped_rooms_is_compiled() -> None:
    package = Path(jit.__file__).parents[1]
    outside = [path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in jit.ROOMS]
    compiles = re.compile(r"\bimport (inlined|jit)\b|@numba|@njit")
    assert [path for path in outside if compiles.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["nbc", "nbi"])
@pytest.mark.parametrize("damage", ["empty", "cut", "one bit", "zeros"])
def test_a_damaged_file_of_the_cache_is_compiled_again(tmp_path: Path, kind: str, damage: str) -> None:
    """By itself numba fails for ever after with EOFError (numba#10434), or runs what is no code."""
    program = tmp_path / "program.py"
    program.write_text(GONE)

    def total() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(program), str(tmp_path), "without"]
        settings = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(command, capture_output=True, text=True, env=settings, check=False)

    assert total().stdout == "3.0\n"
    [path] = (tmp_path / "cache").rglob(f"*total*.{kind}")
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    path.write_bytes({"empty": b"", "cut": whole[:100], "one bit": bytes(flipped), "zeros": bytes(len(whole))}[damage])
    done = total()
    assert (done.stdout, done.stderr) == ("3.0\n", "")
    assert path.read_bytes() != b""


def test_where_there_are_no_locks_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    began = time.monotonic()
    assert in_turn(lambda signature: signature, tmp_path / "some.lock")(3) == 3
    assert time.monotonic() - began < 5
