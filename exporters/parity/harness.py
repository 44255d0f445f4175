"""What evaluators that are C have in common: compile some files for this machine, load them, call them with rows."""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import ExportError
from wann_rt.exporters.parity.compiler import DIALECT, WARNINGS, compile_with, find_compiler

# A C loop of many steps a call, which ctypes would do too slowly.
_ROWS = """
void <name>(const <observation> *obs, <action> *actions, int rows<parameter>);

void <name>(const <observation> *obs, <action> *actions, int rows<parameter>) {
    for (int i = 0; i < rows; i++) {
        <p>_<step>(obs, actions<argument>);
        obs += <P>_N_OBSERVATIONS;
        actions += <P>_N_ACTIONS;
    }
}
"""
_SEQUENCE = """
void <name>(const <observation> *obs, <action> *actions, int rows, const unsigned char *resets);

void <name>(const <observation> *obs, <action> *actions, int rows, const unsigned char *resets) {
    <p>_state state;
    <p>_reset(&state);
    for (int i = 0; i < rows; i++) {
        if (resets[i] != 0) {
            <p>_reset(&state);
        }
        <p>_<step>(&state, obs, actions);
        obs += <P>_N_OBSERVATIONS;
        actions += <P>_N_ACTIONS;
    }
}
"""
# Each row has a state of its own; a struct of floats is an array of them.
_STATES = """
void run(<p>_state *states, const float *obs, float *actions, int rows);

void run(<p>_state *states, const float *obs, float *actions, int rows) {
    for (int i = 0; i < rows; i++) {
        <p>_step(&states[i], obs, actions);
        obs += <P>_N_OBSERVATIONS;
        actions += <P>_N_ACTIONS;
    }
}
"""
_SELFTEST = """
int selftest(void);

int selftest(void) { return <p>_selftest(); }
"""


def header_harness(prefix: str, before: str = "") -> str:
    """Returns the beginning of a harness: the header, after what must stand before it, and its self-test."""
    return _filled(f'{before}#include "<p>.h"\n{_SELFTEST}', prefix)


def rows_function(
    name: str, prefix: str, step: str, types: tuple[str, str] = ("float", "float"), weight: bool = False
) -> str:
    """Returns the text of a function that calls a header's step for each row.

    Args:
        name: of the function.
        prefix: of the header's names.
        step: what is called, without the prefix.
        types: of an observation and of an action.
        weight: whether a weight goes with every call.
    """
    text = _ROWS.replace("<name>", name).replace("<step>", step)
    text = text.replace("<observation>", types[0]).replace("<action>", types[1])
    text = text.replace("<parameter>", ", float weight" * weight).replace("<argument>", ", weight" * weight)
    return _filled(text, prefix)


def sequence_function(
    prefix: str, name: str = "sequence", step: str = "step", types: tuple[str, str] = ("float", "float")
) -> str:
    """Returns the text of a function that calls the step of a header with a state for each row, and resets at some.

    The arguments are those of ``rows_function``.
    """
    text = _SEQUENCE.replace("<name>", name).replace("<step>", step)
    return _filled(text.replace("<observation>", types[0]).replace("<action>", types[1]), prefix)


def states_function(prefix: str) -> str:
    """Returns the text of a function that calls the step of a header with a state once for each row and its state."""
    return _filled(_STATES, prefix)


def _filled(text: str, prefix: str) -> str:
    return text.replace("<p>", prefix).replace("<P>", prefix.upper())


def some_compiler(compiler: str | None) -> str:
    """Returns the compiler that was named, or that of ``find_compiler``.

    Raises:
        ExportError: there is none.
    """
    found = compiler or find_compiler()
    if found is None:
        raise ExportError("no C compiler was found: install gcc or clang, or name one in CC")
    return found


def compiled(
    files: Mapping[str, str], compiler: str, flags: Sequence[str], sources: Sequence[Path] = ()
) -> ctypes.CDLL:
    """Returns a shared library made of some files, those that end in .c being compiled.

    Args:
        files: text by name.
        compiler: command.
        flags: for the compiler.
        sources: what is compiled beside; their folders are searched for headers.

    Raises:
        ExportError: the compiler refuses, with its own words.
    """
    with temporary_folder() as folder:
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        units = [*(folder / file for file in files if file.endswith(".c")), *sources]
        output = folder / "harness.so"
        folders = [f"-I{path.parent}" for path in sources]
        options = [DIALECT, *WARNINGS, *flags, *folders, "-shared", "-fPIC", "-o", str(output)]
        compile_with(compiler, [*options, *map(str, units)])
        return ctypes.CDLL(str(output))  # once loaded, it outlives its file; Windows keeps the file


def rows(controller: Controller, observations: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns observations [batch, observations] as C reads them, and room for the actions [batch, actions]."""
    checked = np.ascontiguousarray(np.atleast_2d(controller.check_observation(observations)))
    return checked, np.empty((len(checked), len(controller.actions)), np.float32)


def pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    """Returns where an array's numbers stand."""
    return array.ctypes.data_as(ctypes.c_void_p)
