"""Laws of the tables: what has a row for each activation refuses to be imported without one, by name and file."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.extending import register_jitable

import wann_rt
from wann_rt.core import activations
from wann_rt.core.activations import BY_ID, PALETTE, Activation, covered
from wann_rt.core.arithmetic import ONE, Number, absolute
from wann_rt.core.errors import ExportError, TableError
from wann_rt.exporters.parity.run_blob import runtime_activations
from wann_rt.exporters.to_blob import MAX_ACTIVATION, checked_id
from wann_rt.kernels.forward import activated, chain
from wann_rt.runtime_c import include_dir

PACKAGE = Path(wann_rt.__file__).parent
FORMAT = PACKAGE.parent / "FORMAT.md"
SOFTSIGN = """
def softsign(x: Number) -> Number:
    return x / (ONE + absolute(x))


PALETTE: tuple[Activation, ...] = (
    Activation(127, "softsign", "x / (1 + |x|)", softsign, since=2),
"""
TABLES = {
    "wann_rt.core.fixed.activations": "FIXED",
    "wann_rt.exporters.to_onnx.palette": "STANDARD",
}
IMPORTS = """
import importlib, sys
from wann_rt.core.errors import TableError
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
        print("none")
    except TableError as error:
        print(error)
"""


def softsign(x: Number) -> Number:
    return x / (ONE + absolute(x))


register_jitable(softsign)


def test_a_forgotten_row_is_one_error_that_names_table_and_file(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "wann_rt", ignore=shutil.ignore_patterns("__pycache__"))
    palette = tmp_path / "wann_rt" / "core" / "activations.py"
    text = palette.read_text(encoding="utf-8")
    palette.write_text(text.replace("\nPALETTE: tuple[Activation, ...] = (\n", SOFTSIGN), encoding="utf-8")
    command = [sys.executable, "-c", IMPORTS, *TABLES]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    for (module, table), line in zip(TABLES.items(), done.stdout.splitlines(), strict=True):
        where = f"table {table} in {module.replace('.', '/')}.py"
        assert line.startswith(f"{where} has no row for activation softsign (id 127)")


@pytest.mark.parametrize("key", ["id", "name"])
def test_a_table_has_a_row_for_each_activation_and_for_nothing_else(key: str) -> None:
    rows = {getattr(activation, key): 0 for activation in PALETTE}
    assert covered(rows, "T", "a.b") is rows
    for activation in PALETTE:
        fewer = {k: 0 for k in rows if k != getattr(activation, key)}
        with pytest.raises(TableError, match=rf"table T in a/b\.py has no row for activation {activation.name} "):
            covered(fewer, "T", "a.b")
    with pytest.raises(TableError, match=r"table T in a/b\.py has a row 'softsign'"):
        covered({**{a.name: 0 for a in PALETTE}, "softsign": 0}, "T", "a.b")


@pytest.mark.slow
def test_the_kernels_chain_follows_the_palette_and_ends_in_nan() -> None:
    longer = chain((*PALETTE, Activation(127, "softsign", "x / (1 + |x|)", softsign, since=2)))

    @numba.njit(error_model="numpy")
    def both(k: int, x: Number) -> tuple[Number, Number]:
        return activated(k, x), longer(k, x)

    x = np.float32(-0.7)
    for k in range(0, 128):
        known, all_known = both(k, x)
        assert np.array_equal(known, BY_ID[k].function(x) if k in BY_ID else np.float32(np.nan), equal_nan=True)
        assert np.array_equal(all_known, softsign(x) if k == 127 else known, equal_nan=True)


def test_a_later_activation_says_which_version_of_the_controller_file_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for row in (Activation(127, "softsign", "", softsign), Activation(1, "linear", "x", softsign, since=2)):
        monkeypatch.setattr(activations, "PALETTE", (row,))
        with pytest.raises(TableError, match=rf"PALETTE in wann_rt/core/activations\.py: {row.name} .* has since="):
            activations._check_palette()


def test_the_c_runtime_computes_the_palette() -> None:
    source = (include_dir() / "wann_rt.c").read_text(encoding="utf-8")
    assert runtime_activations(source) == {a.name: a.id for a in PALETTE}
    for broken, error in [
        (source.replace("    case COS:\n", ""), "has no row for activation cos"),
        (source.replace("    GAUSS = 4,\n", ""), "has no row for activation gauss"),
        (source.replace("COS = 10,", "COS = 100,"), "the id of cos is not that of PALETTE"),
        (re.sub(r"LAST_ACTIVATION = \w+", "LAST_ACTIVATION = COS", source), "LAST_ACTIVATION"),
    ]:
        assert broken != source
        with pytest.raises(TableError, match=rf"in runtime_c/wann_rt\.c.* {error}"):
            runtime_activations(broken)


def test_the_formats_page_lists_the_palette() -> None:
    section = FORMAT.read_text(encoding="utf-8").partition("## Activations")[2].partition("\n## ")[0]
    rows = re.findall(r"\| (\d+) \| `(\w+)` \|", section)
    assert {(int(number), name) for number, name in rows} == {(a.id, a.name) for a in PALETTE}


def test_a_blob_refuses_an_activation_whose_id_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(checked_id(a.id) == a.id <= MAX_ACTIVATION for a in PALETTE)
    monkeypatch.setitem(BY_ID, 16, Activation(16, "softsign", "x / (1 + |x|)", softsign))
    with pytest.raises(ExportError, match="numbers activations with 4 bits, up to 15; softsign is 16"):
        checked_id(16)
