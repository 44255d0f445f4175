"""Law of packaging: a new folder of code is in the list of packages, or it would be missing from the wheel."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_pyproject_lists_every_folder_of_code_as_a_package() -> None:
    tops = {"wann_rt": "wann_rt", "exporters": "wann_rt.exporters", "runtime_c": "wann_rt.runtime_c"}
    folders = {path.parent.relative_to(ROOT) for top in tops for path in (ROOT / top).rglob("__init__.py")}
    found = {".".join([tops[folder.parts[0]], *folder.parts[1:]]) for folder in folders}
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    assert sorted(listed) == sorted(found), "packages in [tool.setuptools] of pyproject.toml"
