"""Laws of the MicroPython module: it fits the native interface, allocates nothing, and gives the oracle's bits.

MicroPython is no package of Debian or PyPI, so most of this runs against a stand-in for ``py/dynruntime.h``, written
from its documentation; where MPY_DIR names MicroPython's sources, the module is built with them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import needs
from helpers.c_library import swing_up

from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.reference import evaluate
from wann_rt.exporters.contract import test_vectors as vectors
from wann_rt.exporters.packages import package

pytestmark = pytest.mark.slow
NUMBERS = pytest.mark.parametrize("number", ["float32", "q12"])
NAME = {"float32": "swing_up", "q12": "swing_up_q12"}

STAND_IN = """
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef void *mp_obj_t;
typedef uintptr_t mp_uint_t;
typedef struct { void *buf; size_t len; int typecode; } mp_buffer_info_t;
typedef struct { int unused; } mp_obj_fun_bc_t;
typedef struct { mp_obj_t (*none)(void); mp_obj_t (*two)(mp_obj_t, mp_obj_t); } function;
#define MP_BUFFER_READ 1
#define MP_BUFFER_WRITE 2
#define MP_ERROR_TEXT(x) x
#define MP_OBJ_FROM_PTR(x) ((mp_obj_t)(uintptr_t)(x))
#define MP_DEFINE_CONST_FUN_OBJ_0(name, f) const function name = {f, 0}
#define MP_DEFINE_CONST_FUN_OBJ_2(name, f) const function name = {0, f}
#define MP_DYNRUNTIME_INIT_ENTRY (void)self; (void)n_args; (void)n_kw; (void)args;
#define MP_DYNRUNTIME_INIT_EXIT return mp_const_none;
#define mp_const_none ((mp_obj_t)0)
#define mp_obj_new_int(x) ((mp_obj_t)(intptr_t)(x))
#define mp_store_global(name, value) store(#name, value)
static struct { const char *name; mp_obj_t value; } stored[99];
static int n_stored;
static void store(const char *name, mp_obj_t value) {
    stored[n_stored].name = name + strlen("MP_QSTR_");
    stored[n_stored++].value = value;
}
static void mp_get_buffer_raise(mp_obj_t from, mp_buffer_info_t *found, mp_uint_t use) {
    *found = *(mp_buffer_info_t *)from;
    (void)use;
}
static void mp_raise_ValueError(const char *text) {
    printf("ValueError: %s\\n", text);
    exit(3);
}
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args);
"""

USER = """
#include "module.c"
static mp_obj_t global(const char *name) {
    int k;
    for (k = 0; k < n_stored; k++) {
        if (strcmp(stored[k].name, name) == 0) { return stored[k].value; }
    }
    printf("no %s\\n", name);
    exit(4);
}
int main(int argc, char **argv) {
    <obs> obs[] = {<values>};
    <act> act[9] = {0};
    mp_buffer_info_t o = {obs, sizeof obs, '<obscode>'}, a = {act, sizeof act[0] * <actions>, '<actcode>'};
    mpy_init(0, 0, 0, 0);
    if (argc > 1) { o.len -= sizeof obs[0]; }
    if (argc > 2) { o.len = sizeof obs; o.typecode = 'B'; }
    if (((const function *)global("selftest"))->none() != 0) { return 1; }
    printf("%d observations\\n", (int)(intptr_t)global("N_OBSERVATIONS"));
    ((const function *)global("step"))->two(&o, &a);
    printf("action %.9g, force is %d\\n", (double)act[0], (int)(intptr_t)global("ACTION_FORCE"));
    return 0;
}
"""


def packed(number: str, out: Path) -> Path:
    return package(swing_up(), "micropython", out=out / NAME[number], number=number)


def observed(number: str) -> tuple[list[float], float]:
    """Returns the recorded observation and the first action that the oracle gives for it."""
    x = np.array([vectors(swing_up())[0].observation], np.float32)
    if number == "float32":
        return x[0].tolist(), float(evaluate(swing_up(), x)[0, 0])
    fixed = FixedController.of(swing_up())
    counts = fixed.from_float(x)
    return counts[0].tolist(), float(fixed.run(counts)[0, 0])


@NUMBERS
def test_the_module_gives_the_oracles_action(number: str, tmp_path: Path) -> None:
    compiler, folder = needs.any_compiler(), packed(number, tmp_path)
    values, action = observed(number)
    (folder / "py").mkdir()
    (folder / "py" / "dynruntime.h").write_text(STAND_IN)
    fixed = number == "q12"
    fills = {"obs": "int16_t", "act": "int32_t", "obscode": "h", "actcode": "i"} if fixed else {
        "obs": "float", "act": "float", "obscode": "f", "actcode": "f"}  # fmt: skip
    text = USER.replace("<values>", ", ".join(map(repr, values))).replace("<actions>", str(len(swing_up().actions)))
    for mark, value in fills.items():
        text = text.replace(f"<{mark}>", value)
    (folder / "user.c").write_text(text)
    flags = ["-std=c99", "-Os", "-Wall", "-Werror", "-I.", "user.c", f"{NAME[number]}.c", "-o", "user"]
    subprocess.run([compiler, *flags], cwd=folder, check=True)
    printed = subprocess.run([folder / "user"], capture_output=True, text=True, check=True).stdout
    assert f"{len(values)} observations" in printed
    found = re.search(r"action (\S+), force is 0", printed)
    assert found is not None
    assert np.float32(found[1]) == np.float32(action)
    for wrong in (["short"], ["of", "bytes"]):
        done = subprocess.run([folder / "user", *wrong], capture_output=True, text=True, check=False)
        assert done.returncode == 3
        assert "array of another type or length" in done.stdout


def test_fixed_point_needs_nothing_of_libgcc_on_a_cortex_m0(tmp_path: Path) -> None:
    gcc, folder = needs.program("arm-none-eabi-gcc"), packed("q12", tmp_path)
    command = [gcc, "-std=c99", "-Os", "-mthumb", "-mcpu=cortex-m0", "-fpic", "-ffreestanding", "-c"]
    subprocess.run([*command, f"{NAME['q12']}.c", "-o", "made.o"], cwd=folder, check=True)
    listed = subprocess.run([gcc.replace("gcc", "nm"), "-u", "made.o"], cwd=folder, capture_output=True, text=True)
    assert set(listed.stdout.split()) <= {"U", "_GLOBAL_OFFSET_TABLE_"}


@pytest.mark.parametrize("architecture", ["x64", "armv6m", "armv7emsp"])
@NUMBERS
def test_micropythons_own_tools_build_it(number: str, architecture: str, tmp_path: Path) -> None:
    sources = Path(os.environ.get("MPY_DIR", "/nonexistent"))
    if not (sources / "py" / "dynruntime.mk").is_file():
        needs.skip("MPY_DIR names no sources of MicroPython: build it from https://github.com/micropython/micropython")
    make, folder, extra = needs.program("make"), packed(number, tmp_path), ""
    if architecture != "x64":
        needs.program("arm-none-eabi-gcc")
        extra = "--specs=picolibc.specs"
    words = [f"MPY_DIR={sources}", f"ARCH={architecture}", f"PYTHON={sys.executable}", f"CFLAGS_EXTRA={extra}"]
    done = subprocess.run([make, *words], cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / f"{NAME[number]}.mpy").read_bytes()[:1] == b"M"
    micropython = os.environ.get("MICROPYTHON")
    if architecture == "x64" and micropython:
        printed = subprocess.run(
            [micropython, "main.py"], cwd=folder, capture_output=True, text=True, check=True
        ).stdout
        assert "self-test passed" in printed
        found = re.search(r"actions \[([^,\]]+)", printed)
        assert found is not None
        assert np.float32(found[1]) == np.float32(observed(number)[1])
