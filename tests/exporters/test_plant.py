"""Laws of a plant as a C header: it steps bit for bit like the task that was traced."""

import ctypes
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import builders, needs, plant_files
from helpers.c_library import STRICT, fused_flags
from numpy.typing import NDArray

from wann_rt import cli, tasks
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_c.plant import to_plant
from wann_rt.tasks.task import Task

ROOT = Path(__file__).parents[2]
Floats = NDArray[np.float32]
SUBJECTS = {task.name.replace("-", "_"): task for task in tasks.TASKS} | {
    "long_pole": tasks.with_params(tasks.get("swingup"), pole_length=1.2, friction=0.0),
    "disturbed": tasks.with_params(tasks.get("swingup"), **dict(tasks.get("swingup").tested)),
    "two_motors": tasks.with_params(plant_files.two_motors(), **plant_files.EVERYTHING),
    "never_ending": plant_files.never_ending(),
    "elementary": plant_files.elementary_functions(),
    "penalised": tasks.with_params(tasks.get("swingup"), effort_penalty=0.1, smoothness_penalty=0.3),
}
BUILDS = [("gcc", "-O2"), ("gcc", "-O0"), ("gcc++", "-Os"), ("clang", "-O3")]
ENTRY = """
EXPORT void run_<p>(float *state, const float *actions, float *obs, float *rewards, int *failed, int rows);
EXPORT void start_<p>(float *state);
EXPORT int selftest_<p>(void);
EXPORT void run_<p>(float *state, const float *actions, float *obs, float *rewards, int *failed, int rows) {
    int i;
    for (i = 0; i < rows; i++) {
        <p>_observe(state + i * <P>_N_STATE, obs + i * <P>_N_OBSERVATIONS);
        failed[i] = <p>_step(state + i * <P>_N_STATE, actions + i * <P>_N_ACTIONS, rewards + i);
    }
}
EXPORT void start_<p>(float *state) { <p>_start(state); }
EXPORT int selftest_<p>(void) { return <p>_selftest(); }
"""
EXPORT = '#if defined(__cplusplus)\n#define EXPORT extern "C"\n#else\n#define EXPORT\n#endif\n'


@cache
def headers() -> dict[str, str]:
    return {prefix: to_plant(task, seed=7, prefix=prefix) for prefix, task in SUBJECTS.items()}


def library(name: str, flags: list[str], folder: Path, texts: dict[str, str]) -> ctypes.CDLL:
    found = needs.compiler(name)
    entries = "".join(ENTRY.replace("<p>", prefix).replace("<P>", prefix.upper()) for prefix in texts)
    (folder / "unit.c").write_text("\n".join([*texts.values(), EXPORT, entries]), encoding="utf-8")
    language = ["-x", "c++"] if name.endswith("++") else ["-std=gnu99"]
    options = [*STRICT, *flags, *language, "-shared", "-fPIC", str(folder / "unit.c"), "-o", str(folder / "unit.so")]
    compile_with(found, options)
    return ctypes.CDLL(str(folder / "unit.so"))


def pointer(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return array.ctypes.data_as(ctypes.c_void_p)


def run(
    code: ctypes.CDLL, prefix: str, states: Floats, actions: Floats
) -> tuple[Floats, Floats, Floats, NDArray[np.int32]]:
    """Returns observations, next states, rewards and failures, rows first, as C computes them."""
    state, rows = np.ascontiguousarray(states.T), len(states.T)
    observations = np.empty((rows, len(SUBJECTS[prefix].observations)), np.float32)
    rewards, failed = np.empty(rows, np.float32), np.empty(rows, np.int32)
    outputs = (observations, rewards, failed)
    code[f"run_{prefix}"](pointer(state), pointer(np.ascontiguousarray(actions.T)), *map(pointer, outputs), rows)
    return observations, state, rewards, failed


def test_a_plant_steps_bit_for_bit_like_its_task(tmp_path: Path) -> None:
    for number, (name, level) in enumerate(BUILDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        code = library(name, [level, *fused_flags()], folder, headers())
        for prefix, task in SUBJECTS.items():
            rng = np.random.default_rng(number)
            states = builders.inputs(rng, len(task.start(0)), 4000)
            actions = builders.inputs(rng, len(task.actions), 4000)
            with np.errstate(all="ignore"):
                observations = np.stack(task.observe(*states), axis=1)
                *state, reward, failed = task.step(task.params, *states, *actions)
            got = run(code, prefix, states, actions)
            for c, python in zip(got[:3], (observations, np.stack(state, axis=1), reward), strict=True):
                assert builders.same_bits(c, python), (prefix, name)
            np.testing.assert_array_equal(got[3] != 0, failed)


def test_a_plant_starts_where_the_episode_starts_and_passes_its_selftest(tmp_path: Path) -> None:
    code = library("gcc", ["-O2", *fused_flags()], tmp_path, headers())
    for prefix, task in SUBJECTS.items():
        state = np.empty(len(task.start(0)), np.float32)
        code[f"start_{prefix}"](pointer(state))
        assert builders.same_bits(state, task.start(7))
        assert code[f"selftest_{prefix}"]() == 0


def test_the_selftest_of_a_plant_notices_other_constants_and_fused_operations(tmp_path: Path) -> None:
    text = headers()["cartpole_swingup"]
    altered = text.replace("19.64f", "19.640001f")
    assert altered != text
    assert library("gcc", ["-O2"], tmp_path, {"cartpole_swingup": altered}).selftest_cartpole_swingup() == 1
    if fused_flags():
        folder = tmp_path / "fused"
        folder.mkdir()
        bare = re.sub(r"#pragma GCC optimize.*", "", text)
        code = library("gcc", ["-O2", *fused_flags()], folder, {"cartpole_swingup": bare})
        assert code.selftest_cartpole_swingup() != 0


@pytest.mark.slow
def test_a_plant_is_a_fixed_point_of_the_projects_format() -> None:
    formatter = needs.program("clang-format")
    command = [formatter, "--style=file", f"--assume-filename={ROOT / 'exporters' / 'plant.h'}"]
    for task in SUBJECTS.values():
        text = to_plant(task)
        formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        assert formatted.splitlines() == text.splitlines()


NAMED = {name: task for name, task in SUBJECTS.items() if task.name in [known.name for known in tasks.TASKS]}


@pytest.mark.parametrize("task", NAMED.values(), ids=NAMED)
def test_the_command_in_a_plant_writes_it_again(task: Task, tmp_path: Path) -> None:
    text = to_plant(task, seed=3, prefix="robot")
    command = re.search(r"    (wann-rt plant (?:.*\n)(?: \*     {4}.*\n)*)", text)
    assert command
    words = shlex.split(command[1].replace("\n *", " "))
    result = CliRunner().invoke(cli.main, [*words[1:], "--out", str(tmp_path / "robot.h")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "robot.h").read_text() == text


def test_a_prefix_that_is_no_name_in_c_is_refused() -> None:
    with pytest.raises(ExportError, match="cannot begin names in C"):
        to_plant(tasks.get("swingup"), prefix="2nd plant")
