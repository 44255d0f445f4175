"""Packages of a controller with a state: each step takes the state, and gives the oracle's sequence."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers import needs, small_controllers
from helpers.packages import run
from test_packages_micropython import STAND_IN

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.reference import evaluate_sequence
from wann_rt.exporters.contract import test_vectors as vectors
from wann_rt.exporters.packages import package

SUBJECTS = pytest.mark.parametrize("make", [small_controllers.remembering, small_controllers.recurrent])


def actions(controller: Controller, steps: int, resets: Sequence[int] = (0,)) -> list[float]:
    """Returns the oracle's first actions for the recorded observation, again and again."""
    observations = np.array([vectors(controller)[0].observation] * steps, np.float32)
    return [float(a) for a in evaluate_sequence(controller, observations, np.isin(np.arange(steps), resets))[:, 0]]


def printed_actions(text: str) -> list[float]:
    return [float(np.float32(number)) for number in re.findall(r"action(?: 0)?:? (\S+)", text)]


@SUBJECTS
@pytest.mark.parametrize("kind", ["platformio", "cmake", "zephyr"])
def test_an_example_resets_steps_and_gives_the_oracles_action(make: object, kind: str, tmp_path: Path) -> None:
    controller: Controller = make()  # type: ignore[operator]
    folder = package(controller, kind, out=tmp_path / "made")
    (main,) = folder.rglob("main.c")
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", *(f"-I{path.parent}" for path in folder.rglob("*.h"))]
    sources = [main, folder / "src" / f"{controller.name}.c"]
    run(needs.any_compiler(), *flags, *sources, "-o", "example", cwd=tmp_path)
    printed = run("./example", cwd=tmp_path)
    assert "self-test passed" in printed
    assert printed_actions(printed) == actions(controller, 1)
    assert "The state is reset to zeros before the first step" in (folder / "README.md").read_text()


BOARD = """
#include <cstdio>
struct { void begin(long) {} template <class T> void print(T x) { std::printf("%s", x); }
    void println(const char *x) { std::printf("%s\\n", x); } void println(int) {}
    void println(float x, int) { std::printf("action %.9g\\n", (double)x); } } Serial;
static unsigned long now;
static unsigned long micros() { return now; }
#define F(x) x
#include "Steps.ino"
int main() {
    setup();
    for (int k = 0; k < 4; k++) { loop(); now += k == 1 ? 900000 : 20000; } // two steps, a pause, two steps
}
"""


@SUBJECTS
def test_a_sketch_steps_and_begins_anew_after_a_pause(make: object, tmp_path: Path) -> None:
    controller: Controller = make()  # type: ignore[operator]
    folder = package(controller, "arduino", out=tmp_path / "made")
    (tmp_path / "board.cpp").write_text(BOARD)
    run(needs.any_compiler(), "-O1", "-c", folder / "src" / f"{controller.name}.c", "-o", "made.o", cwd=tmp_path)
    folders = [f"-I{folder / 'src'}", f"-I{folder / 'examples' / 'Steps'}"]
    run(needs.compiler("g++"), "-O1", *folders, "board.cpp", "made.o", "-o", "board", cwd=tmp_path)
    printed = run("./board", cwd=tmp_path)
    assert "self-test passed" in printed
    assert printed_actions(printed) == actions(controller, 4, resets=(0, 2))
    assert f"{controller.name}_reset\tKEYWORD2" in (folder / "keywords.txt").read_text()


USER = """
#include "module.c"
static mp_obj_t global(const char *name) {
    int k;
    for (k = 0; k < n_stored; k++) {
        if (strcmp(stored[k].name, name) == 0) { return stored[k].value; }
    }
    exit(4);
}
int main(int argc, char **argv) {
    static float state[99];
    float obs[] = {<values>}, act[9] = {0};
    const size_t floats = (mpy_init(0, 0, 0, 0), (size_t)global("N_STATE"));
    mp_buffer_info_t o = {obs, sizeof obs, 'f'}, a = {act, sizeof act[0] * <actions>, 'f'};
    mp_buffer_info_t s = {state, 4 * floats, 'f'};
    int k;
    s.len -= argc > 1 ? 4 : 0;
    (void)argv;
    if (((const function *)global("selftest"))->none() != 0) { return 1; }
    for (k = 0; k < 4; k++) {
        if (k == 2) { ((const function *)global("reset"))->one(&s); }
        ((const function *)global("step"))->three(&s, &o, &a);
        printf("action %.9g\\n", (double)act[0]);
    }
    return 0;
}
"""


@SUBJECTS
def test_a_module_for_micropython_takes_the_state_as_an_array(make: object, tmp_path: Path) -> None:
    controller: Controller = make()  # type: ignore[operator]
    folder = package(controller, "micropython", out=tmp_path / "made")
    stand_in = STAND_IN.replace(
        "mp_obj_t (*two)(mp_obj_t, mp_obj_t);",
        "mp_obj_t (*one)(mp_obj_t); mp_obj_t (*three)(mp_obj_t, mp_obj_t, mp_obj_t);",
    )
    stand_in = stand_in.replace("2(name, f) const function name = {0, f}", "1(name, f) const function name = {0, f, 0}")
    stand_in += "#define MP_DEFINE_CONST_FUN_OBJ_3(name, f) const function name = {0, 0, f}\n#define MP_BUFFER_RW 3\n"
    (folder / "py").mkdir()
    (folder / "py" / "dynruntime.h").write_text(stand_in.replace("{f, 0}", "{f, 0, 0}"))
    values = ", ".join(map(repr, vectors(controller)[0].observation))
    user = USER.replace("<values>", values).replace("<actions>", str(len(controller.actions)))
    (folder / "user.c").write_text(user)
    flags = ["-std=c99", "-Os", "-Wall", "-Werror", "-I.", "user.c", f"{controller.name}.c", "-o", "user"]
    run(needs.any_compiler(), *flags, cwd=folder)
    assert printed_actions(run("./user", cwd=folder)) == actions(controller, 4, resets=(0, 2))
    done = subprocess.run([folder / "user", "short"], capture_output=True, text=True, check=False)
    assert (done.returncode, "array of another type or length" in done.stdout) == (3, True)


def test_a_kind_that_cannot_says_so_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"has a state; a module of MicroPython keeps one in float32 alone"):
        package(small_controllers.remembering(), "micropython", number="q12", out=tmp_path / "made")
    assert not (tmp_path / "made").exists()
