"""Laws of packaging: what ships, that it runs where it was not built, and under which names.

Nothing is downloaded: builds run without isolation, and the empty environment borrows the
dependencies of the running one.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest

import wann_rt

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {"wann_rt": "wann_rt", "exporters": "wann_rt/exporters", "runtime_c": "wann_rt/runtime_c"}
HEAVY = {"gymnasium", "matplotlib", "numba", "onnx", "onnxruntime"}  # 0.2 to 2 s each to import
TRACES = shutil.ignore_patterns("__pycache__", ".*")  # what running code leaves in a source folder

# The builds are shared by the tests of this file: keep them on one worker.
pytestmark = [pytest.mark.xdist_group("packaging"), pytest.mark.slow]


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command away from this checkout's influence; return what it printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


def build(kind: str, source: Path, out: Path) -> Path:
    """Build a wheel or an sdist of the project in `source` and return its path."""
    run(sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "-o", out, ".", cwd=source)
    (built,) = out.iterdir()
    return built


def package_files(wheel: Path) -> set[str]:
    """Return the names of all files in a wheel but its metadata."""
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def sources(folder: Path) -> Path:
    """Copies what a build reads."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        shutil.copy2(ROOT / name, folder)
    for name in (*SHIPPED, "build_backend"):
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=TRACES)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources, symlinks as symlinks, so that a build leaves nothing behind here."""
    copy = tmp_path_factory.mktemp("source")
    return sources(copy)


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def empty_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and only the wheel, into a new environment; return its bin folder.

    The dependencies come from the running environment by a .pth line. Python does not read the
    .pth files of a folder added in this way, and an editable install is such a file: so the
    checkout stays out of reach, and what is imported is what the wheel holds.
    """
    env = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", env, cwd=env)
    python = env / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check",
        "install", "-q", "--no-index", "--no-deps", wheel, cwd=env)  # fmt: skip
    paths = sysconfig.get_paths()
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=env)
    Path(site.strip(), "borrowed.pth").write_text(f"{paths['purelib']}\n{paths['platlib']}\n")
    return python.parent


def test_wheel_holds_exactly_the_files_of_the_package_folders(source: Path, wheel: Path) -> None:
    expected = {
        f"{package}/{path.relative_to(source / folder).as_posix()}"
        for folder, package in SHIPPED.items()
        for path in (source / folder).rglob("*")
        if path.is_file()  # rglob does not follow the two symlinks
    }
    assert package_files(wheel) == expected


def test_a_published_sdist_builds_the_same_wheel_and_says_where_its_sources_lie(
    source: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANN_RT_SOURCES", "https://example.org/wann_rt/")
    sdist = build("sdist", source, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        # Debian 12 has Python 3.11.2, and filters came with 3.11.4; 3.12 and 3.13 warn where there is none.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path)
    rebuilt = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "wheel")
    assert rebuilt.name == wheel.name
    assert package_files(rebuilt) == package_files(wheel)
    with zipfile.ZipFile(rebuilt) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith("/METADATA"))
        told = archive.read(name).decode()
    assert "Project-URL: Source, https://example.org/wann_rt\n" in told
    version = wann_rt.__version__
    assert f"](https://example.org/wann_rt/raw/v{version}/docs/terminal/search.svg)" in told
    assert f"](https://example.org/wann_rt/blob/v{version}/DESIGN.md)" in told
    assert not re.search(r"\]\((?!https://)", told)


def test_wheel_and_sdist_have_the_same_bytes_when_built_again_from_a_newer_copy(
    source: Path, wheel: Path, tmp_path: Path
) -> None:
    again = sources(Path(tempfile.mkdtemp(dir=tmp_path)))
    for path in again.rglob("*"):
        os.utime(path, (2e9, 2e9), follow_symlinks=False)
    assert build("wheel", again, tmp_path / "wheel").read_bytes() == wheel.read_bytes()
    first = build("sdist", source, tmp_path / "first").read_bytes()
    assert build("sdist", again, tmp_path / "again").read_bytes() == first


def test_installed_packages_come_from_the_wheel(empty_environment: Path, tmp_path: Path) -> None:
    code = "import wann_rt.exporters as e, wann_rt.runtime_c as r; print(e.__file__, r.__file__)"
    site = empty_environment.parent
    for file in run(empty_environment / "python", "-c", code, cwd=tmp_path).split():
        assert Path(file).is_relative_to(site)


def test_installed_runtime_sources_are_where_include_dir_says(empty_environment: Path, tmp_path: Path) -> None:
    code = "import wann_rt.runtime_c as r; print(*(p.name for p in r.include_dir().iterdir()))"
    found = set(run(empty_environment / "python", "-c", code, cwd=tmp_path).split())
    assert found >= {path.name for path in (ROOT / "runtime_c").glob("*.[ch]")}


def test_installed_command_shows_its_help(empty_environment: Path, tmp_path: Path) -> None:
    assert "search" in run(empty_environment / "wann-rt", "--help", cwd=tmp_path)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from wann_rt.cli import main; sys.argv = ['wann-rt', '--help']\n"
        "try: main()\n"
        f"finally: print('\\nheavy:', *sorted({HEAVY} & set(sys.modules)))"
    )
    assert run(sys.executable, "-c", code, cwd=tmp_path).splitlines()[-1].split() == ["heavy:"]


def test_exporters_refuse_any_other_name() -> None:
    done = subprocess.run([sys.executable, "-c", "import exporters"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "ImportError: expected `import wann_rt.exporters`" in done.stderr


def test_a_clone_without_symbolic_links_works(tmp_path: Path) -> None:
    for name in (*SHIPPED, "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=TRACES)
    for link in ("exporters", "runtime_c"):  # as git clone -c core.symlinks=false writes them
        target = (tmp_path / "wann_rt" / link).readlink()
        (tmp_path / "wann_rt" / link).unlink()
        (tmp_path / "wann_rt" / link).write_text(str(target))
    code = (
        "import wann_rt.exporters.to_c.header as h, wann_rt.runtime_c as r, wann_rt as wr\n"
        "print(h.__file__, r.include_dir(), len(h.to_c(wr.load('examples/swingup.json'))) > 1000)"
    )
    header, sources, has_text = run(sys.executable, "-c", code, cwd=tmp_path).split()
    assert (Path(header), Path(sources)) == (tmp_path / "exporters" / "to_c" / "header.py", tmp_path / "runtime_c")
    assert has_text == "True"


def test_version_has_one_source(wheel: Path) -> None:
    import wann_rt

    assert wheel.name == f"wann_rt-{wann_rt.__version__}-py3-none-any.whl"
    assert f"\nversion: {wann_rt.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
