"""Programs of step functions for a target: what they consist of, how they are built, what they print."""

import errno
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import ExportError
from wann_rt.core.reference import evaluate, evaluate_sequence
from wann_rt.exporters.parity.compiler import WARNINGS
from wann_rt.exporters.targets.inputs import STRATIFIED, fnv, observations, seed_of, stratified
from wann_rt.exporters.targets.target import BOARDS, Target
from wann_rt.exporters.to_c.header import to_c

SECONDS = 600  # seconds after which a program is taken to hang
LINE = re.compile(r"(\w+) ([0-9a-f]{8}) ([0-9a-f]{8})")  # simulators print text of their own around it
PASSED = "00000000"  # what a self-test says
TOO_LARGE = ("too large", "")  # printed instead of a hash when the vectors exceed the target's memory
RESET_EVERY = 97  # steps of a sequence: reset at no multiple of a delay, nor of the inputs' own period
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Subject:
    """Something with a step function that runs on targets.

    Attributes:
        name: a C identifier, unique in a program.
        code: what defines ``void <name>_run(const float *, float *)`` and ``int <name>_selftest(void)``.
        n_observations: of the step.
        n_actions: of the step.
        rows: how many vectors it runs.
        seed: of the inputs.
        is_scalar: whether its inputs are the stratified ones instead of observations.
        files: further text files beside the program: name -> content.
        expected: the actions of the oracle, [rows, actions].
    """

    name: str
    code: str
    n_observations: int
    n_actions: int
    rows: int
    seed: int
    is_scalar: bool
    expected: NDArray[np.float32] = field(repr=False)
    files: tuple[tuple[str, str], ...] = ()

    @cached_property
    def hash(self) -> str:
        """What the target must print after the name."""
        return f"{fnv(self.expected):08x}"

    @property
    def size(self) -> int:
        """How much C it is, in characters."""
        return len(self.code) + sum(len(text) for _, text in self.files)


def subject_entry(name: str) -> str:
    """Returns the C by which a program calls a header's step: as a user would, so that it may be inlined."""
    return f"""\
static void {name}_run(const float *observation, float *actions) {{
    {name}_step(observation, actions);
}}
"""


_STATEFUL = """\
static <name>_state <name>_memory;
static uint8_t <name>_turn;
static void <name>_run(const float *observation, float *actions) {
    if (<name>_turn == 0) {
        <name>_reset(&<name>_memory);
    }
    <name>_turn = (uint8_t)((<name>_turn + 1) % <every>);
    <name>_<step>(&<name>_memory, observation, actions);
}
"""


def stateful_entry(name: str, step: str = "step") -> str:
    """Returns the C by which a program calls the step of a header with a state, which it resets now and then."""
    return _STATEFUL.replace("<name>", name).replace("<every>", str(RESET_EVERY)).replace("<step>", step)


def expected_of(controller: Controller, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the oracle's actions: of a controller with a state, those of one sequence that is reset now and then."""
    if not controller.derived:
        return evaluate(controller, inputs)
    return evaluate_sequence(controller, inputs, np.arange(len(inputs)) % RESET_EVERY == 0)


def header_subject(controller: Controller, name: str, rows: int | None = 128) -> Subject:
    """Returns a controller's generated header as a subject.

    Args:
        controller: the controller; one with a state runs its rows as a sequence.
        name: prefix of the header.
        rows: how many observations; None: the stratified inputs, for a controller with one observation.
    """
    seed = seed_of(controller)
    inputs = stratified(seed) if rows is None else observations(len(controller.observations), rows, seed)
    return Subject(
        name,
        f"{to_c(controller, prefix=name)}\n{(stateful_entry if controller.derived else subject_entry)(name)}",
        len(controller.observations),
        len(controller.actions),
        STRATIFIED if rows is None else rows,
        seed,
        rows is None,
        expected_of(controller, inputs),
    )


def packed(subjects: Sequence[Subject], capacity: int | None) -> list[tuple[Subject, ...]]:
    """Returns subjects as programs that fit into a target; one that is too large comes alone."""
    programs: list[list[Subject]] = []
    room = 0
    for subject in subjects:
        if not programs or (capacity is not None and subject.size > room):
            programs.append([])
            room = capacity or 0
        programs[-1].append(subject)
        room -= subject.size
    return [tuple(program) for program in programs]


def run_fitting(subjects: Sequence[Subject], target: Target, level: str) -> dict[str, tuple[str, str]]:
    """Runs subjects as one program, or as several where the linker finds one too large."""
    try:
        return run_program(subjects, target, level)
    except ExportError as error:
        if "will not fit" not in str(error):
            raise
    if len(subjects) == 1:
        return {subjects[0].name: TOO_LARGE}
    half = len(subjects) // 2
    return run_fitting(subjects[:half], target, level) | run_fitting(subjects[half:], target, level)


def run_program(subjects: Sequence[Subject], target: Target, level: str) -> dict[str, tuple[str, str]]:
    """Compiles and runs one program; returns what it printed: name -> hash and result of the self-test.

    Raises:
        ExportError: the compiler refuses it, or it does not end well; with the tool's own words.
    """
    with temporary_folder() as folder:
        for subject in subjects:
            for file, text in subject.files:
                (folder / file).write_text(text, encoding="utf-8")
        source, image = folder / "program.c", folder / "program"
        source.write_text(program_text(subjects), encoding="utf-8")
        strict = WARNINGS if target.is_strict else ()
        options = [
            *target.flags,
            *strict,
            *filter(None, [level]),
            f"-I{BOARDS}",
            str(source),
            str(BOARDS / target.board),
        ]
        _tool([target.compiler, *options, "-o", str(image), *target.libraries])
        printed = _tool([part.replace("{image}", str(image)) for part in target.run])
    return {found[1]: (found[2], found[3]) for found in LINE.finditer(COLOUR.sub("", printed))}


def program_text(subjects: Sequence[Subject]) -> str:
    """Returns the C of a program that checks subjects."""
    rows = []
    for s in subjects:
        source = "wann_stratified" if s.is_scalar else "wann_observation"
        values = f'"{s.name}", {s.name}_run, {s.name}_selftest, {source}, {s.rows}u, {s.seed}u'
        rows.append(f"        {{{values}, {s.n_observations}, {s.n_actions}}},")
    return "\n".join(
        [
            f"#define WANN_MAX_OBSERVATIONS {max(s.n_observations for s in subjects)}",
            f"#define WANN_MAX_ACTIONS {max(s.n_actions for s in subjects)}",
            '#include "harness.h"',
            *(s.code for s in subjects),
            "void wann_check_all(void) {",
            "    static const wann_subject subjects[] = {",
            *rows,
            "    };",
            "    uint8_t k;" if len(subjects) < 256 else "    uint16_t k;",
            f"    for (k = 0; k < {len(subjects)}; k++) {{",
            "        wann_check(&subjects[k]);",
            "    }",
            "}",
            "",
        ]
    )


def compiler_version(target: Target) -> str:
    """Returns the first line of what the compiler says about itself, or its name if it says nothing."""
    try:
        return next(iter(_tool([target.compiler, *target.version]).splitlines()), target.compiler)
    except ExportError:
        return target.compiler


def _tool(command: Sequence[str]) -> str:
    """Returns what a command printed, on both channels: semihosting uses the second."""
    shown = Path(command[0]).name
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=SECONDS,
        )
    except OSError as error:
        hint = "; a program for another processor needs an emulator (--run)" if error.errno == errno.ENOEXEC else ""
        raise ExportError(f"{shown} does not run: {error.strerror}{hint}") from None
    except subprocess.TimeoutExpired:
        raise ExportError(f"{shown} did not end within {SECONDS} s") from None
    printed = done.stdout + done.stderr
    if done.returncode != 0:
        raise ExportError(f"{shown} failed with code {done.returncode}:\n{printed.strip()[:4000]}")
    return printed
