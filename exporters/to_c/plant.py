"""Writes a compiled task as one C header, so that firmware can close its loop with the plant it was searched on.

Nothing of the task is written here: its ``observe`` and ``step`` are traced, as activations are, and printed. So the
header performs the very float32 operations of the search, and gives its bits.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import PALETTE
from wann_rt.core.arithmetic import Number
from wann_rt.core.controller import Channel
from wann_rt.core.files import shortest
from wann_rt.core.symbols import Symbol, is_condition, lift, lift_condition, schedule
from wann_rt.exporters.contract import CREATED_BY
from wann_rt.exporters.to_c.frame import enumeration, framed
from wann_rt.exporters.to_c.functions import calling_printer, function_texts
from wann_rt.exporters.to_c.names import Names, checked_prefix, enumerators
from wann_rt.exporters.to_c.selftest_text import ARITHMETIC, SAME
from wann_rt.exporters.to_c.text import (
    COLUMNS,
    INDENT,
    assignment,
    comment,
    define,
    identifier,
    literal,
    paragraph,
    signature,
    table,
)

if TYPE_CHECKING:
    from wann_rt.tasks.task import Task

_SELFTEST_STEPS = 64
_PARAMETERS = ("state", "obs", "actions", "reward")

_USE = """\
Use:
    float state[<P>_N_STATE];
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
    float reward;

    <p>_start(state);
    <p>_observe(state, obs);
    ... // a controller computes actions from obs
    if (<p>_step(state, actions, &reward) != 0) {
        stop(); // the episode has failed
    }"""

_SELFTEST = """\
/*
 * Drives the plant with full actions to and fro. Returns 0 if it ends with the bits of the search,
 * else 1, or -1 if single operations differ.
 */
static inline int <p>_selftest(void) {
    volatile int first = 0; /* volatile: the steps must run here, not in the compiler */
    float state[<P>_N_STATE];
    float obs[<P>_N_OBSERVATIONS];
    float actions[<P>_N_ACTIONS];
    float reward = 0.0f;
    int same;
    int k;
    if (<p>_faults() != 0) {
        return -1;
    }
    <p>_start(state);
    for (k = first; k < <steps>; k++) {
<actions>
        (void)<p>_step(state, actions, &reward);
    }
    <p>_observe(state, obs);
    same = <p>_same(reward, <reward>);
<comparisons>
    return same ? 0 : 1;
}"""


class _Plant(NamedTuple):
    """A task, traced.

    Attributes:
        task: the task.
        names: of its header.
        state: name of each state variable as an enumerator.
        inputs: name of each state variable, then of each action, as an input of the expressions.
        observations: expressions.
        results: expressions of the next state, the reward and the failure.
    """

    task: "Task"
    names: Names
    state: tuple[str, ...]
    inputs: tuple[str, ...]
    observations: tuple[Symbol, ...]
    results: tuple[Symbol, ...]


def to_plant(task: "Task", *, seed: int = 0, prefix: str = "plant") -> str:
    """Returns a task as a C header's text; same task, same bytes.

    Args:
        task: a compiled task, with whatever params.
        seed: of the episode that ``<p>_start`` begins.
        prefix: of every name in the header.

    Raises:
        ExportError: the prefix is no C identifier.
    """
    plant = _traced(task, checked_prefix(prefix))
    start = task.start(seed)
    functions = [
        *_helpers(plant),
        _start(plant, seed, start),
        _observe(plant),
        _step(plant),
        *map(plant.names.fill, (SAME, ARITHMETIC)),
        _selftest(plant, start),
    ]
    declarations = [
        _macros(plant),
        *map(enumeration, (plant.state, plant.names.observations, plant.names.actions)),
    ]
    return framed(plant.names, _banner(plant, seed), declarations, functions)


def _traced(task: "Task", prefix: str) -> _Plant:
    variables = task.variables
    sides = enumerators(prefix, "obs", task.observations), enumerators(prefix, "action", task.actions)
    inputs: list[str] = []
    for name in (*variables, *(channel.name for channel in task.actions)):
        inputs.append(identifier(name, "v", {*_PARAMETERS, *inputs}))
    symbols = [Symbol("input", name=name) for name in inputs]
    state = symbols[: len(variables)]
    return _Plant(
        task,
        Names(prefix, prefix.upper(), *sides, ()),
        enumerators(prefix, "state", tuple(map(Channel, variables))),
        tuple(inputs),
        tuple(map(lift, task.observe(*state))),
        _lifted(task.step(task.params, *symbols)),
    )


def _lifted(results: tuple[Number, ...]) -> tuple[Symbol, ...]:
    """Returns what a step gives as symbols: numbers, and last a condition."""
    return (*map(lift, results[:-1]), lift_condition(results[-1]))


def _helpers(plant: _Plant) -> list[str]:
    """Returns the text of each function that the expressions call, callees first."""
    called = calling_printer(plant.names).called([*plant.observations, *plant.results])
    used = [activation for activation in PALETTE if plant.names.function(activation) in called]
    clips, absolute = (plant.names.fill(name) in called for name in ("<p>_clip", "<p>_abs"))
    return function_texts(used, plant.names, clips=clips, absolute=absolute)


def _start(plant: _Plant, seed: int, start: NDArray[np.float32]) -> str:
    note = f"Puts the plant where the episode of seed {seed} starts."
    lines = _head(plant, note, "void", "start", ["float state[<P>_N_STATE]"])[:-1]
    for target, value in zip(plant.state, start, strict=True):
        lines += assignment(f"state[{target}]", literal(value))
    return "\n".join([*lines, "}"])


def _observe(plant: _Plant) -> str:
    names = plant.names
    parameters = ["const float state[<P>_N_STATE]", "float obs[<P>_N_OBSERVATIONS]"]
    lines = _head(plant, "Computes what a controller sees of a state.", "void", "observe", parameters)
    results, texts = _body(plant, plant.observations)
    lines += results
    for target, text in zip(names.observations, texts, strict=True):
        lines += assignment(f"obs[{target}]", text)
    return "\n".join([*lines, "}"])


def _step(plant: _Plant) -> str:
    note = "Advances the state by one period; returns 1 if the episode has failed, else 0."
    parameters = ["float state[<P>_N_STATE]", "const float actions[<P>_N_ACTIONS]", "float *reward"]
    lines = _head(plant, note, "int", "step", parameters)
    results, (*state, reward, failed) = _body(plant, plant.results)
    lines += results
    for target, text in zip(plant.state, state, strict=True):
        lines += assignment(f"state[{target}]", text)
    lines += assignment("*reward", reward)
    return "\n".join([*lines, f"{INDENT}return {failed};", "}"])


def _head(plant: _Plant, note: str, result: str, name: str, parameters: Sequence[str]) -> list[str]:
    """Returns a comment, the signature and what opens each body."""
    fill = plant.names.fill
    lines = signature(f"static inline {result}", fill(f"<p>_{name}"), list(map(fill, parameters)))
    return [f"/* {note} */", *lines, fill(f"{INDENT}<P>_EXACT")]


def _body(plant: _Plant, roots: Sequence[Symbol]) -> tuple[list[str], list[str]]:
    """Returns the lines that read the inputs and compute the locals, and the text of each root."""
    used = {symbol.name for symbol in schedule(roots) if symbol.op == "input"}
    places = (
        *(f"state[{name}]" for name in plant.state),
        *(f"actions[{name}]" for name in plant.names.actions),
    )
    lines = []
    for name, place in zip(plant.inputs, places, strict=True):
        if name in used:
            lines += assignment(f"const float {name}", place)
    locals_, texts = calling_printer(plant.names).expressions(roots, limit=COLUMNS - 3 * len(INDENT))
    for local in locals_:
        kind = "int" if is_condition(local.symbol) else "float"
        lines += assignment(f"const {kind} {local.name}", local.text)
    return [*lines, ""], texts


def _macros(plant: _Plant) -> str:
    values = {
        "N_STATE": str(len(plant.state)),
        "N_OBSERVATIONS": str(len(plant.observations)),
        "N_ACTIONS": str(len(plant.names.actions)),
        "DT_US": str(round(1e6 / plant.task.rate_hz)),
    }
    return "\n".join(define(f"{plant.names.P}_{name}", value) for name, value in values.items())


def _selftest(plant: _Plant, start: NDArray[np.float32]) -> str:
    """Returns the text of the self-test, whose results are those of the task's own functions."""
    lows, highs = (np.array(side, np.float32) for side in zip(*map(_drive, plant.task.actions), strict=True))
    state, reward = tuple(start), np.float32(0.0)
    with np.errstate(all="ignore"):
        for k in range(_SELFTEST_STEPS):
            *state, reward, _ = plant.task.step(plant.task.params, *state, *(highs if k & 8 else lows))
        observations = plant.task.observe(*state)
    places = [*(f"state[{name}]" for name in plant.state), *(f"obs[{name}]" for name in plant.names.observations)]
    comparisons = [
        f"{INDENT}same &= {plant.names.p}_same({place}, {_bits(value)});"
        for place, value in zip(places, (*state, *observations), strict=True)
    ]
    actions = [
        f"{INDENT * 2}actions[{name}] = (k & 8) != 0 ? {literal(high)} : {literal(low)};"
        for name, low, high in zip(plant.names.actions, lows, highs, strict=True)
    ]
    text = plant.names.fill(_SELFTEST).replace("<steps>", str(_SELFTEST_STEPS)).replace("<reward>", _bits(reward))
    return text.replace("<actions>", "\n".join(actions)).replace("<comparisons>", "\n".join(comparisons))


def _drive(channel: Channel) -> tuple[float, float]:
    """Returns the two values between which the self-test switches an action."""
    return max(channel.low, -1.0), min(channel.high, 1.0)


def _bits(value: np.float32) -> str:
    return f"0x{int(np.float32(value).view(np.uint32)):08x}u"


def _banner(plant: _Plant, seed: int) -> str:
    task, names = plant.task, plant.names
    params = [f"{name} = {shortest(value)!r}" for name, value in task.params._asdict().items()]
    return comment(
        [
            *paragraph(f"{task.name}: a simulated plant as one C header, written by wann_rt."),
            *paragraph(f"Task: {task.title or task.name}. Its version: {task.version}."),
            "",
            f"Generated by {CREATED_BY}: do not edit it. To write it again:",
            *paragraph(_command(plant, seed), INDENT, INDENT),
            "SPDX-License-Identifier: 0BSD (this generated file: do with it what you like)",
            "",
            *names.fill(_USE).splitlines(),
            "",
            *_channels("Observations", task.observations),
            "",
            *_channels("Actions", task.actions),
            "",
            *paragraph(f"Params: {', '.join(params)}."),
            *paragraph(f"Rate: {task.rate_hz:g} Hz. First state: of the episode of seed {seed}."),
        ]
    )


def _command(plant: _Plant, seed: int) -> str:
    """Returns the command that writes the same header."""
    params, usual = plant.task.params, plant.task.params._field_defaults
    changes = [f"--task-set {n}={shortest(v)!r}" for n, v in params._asdict().items() if v != usual.get(n)]
    seeded = [f"--seed {seed}"] if seed else []
    named = [f"--prefix {plant.names.p}"] if plant.names.p != "plant" else []
    return " ".join(["wann-rt plant", plant.task.given or plant.task.name, *changes, *seeded, *named])


def _channels(title: str, channels: Sequence[Channel]) -> list[str]:
    rows = [[str(k), c.name, c.unit or "-"] for k, c in enumerate(channels)]
    return [f"{title}, in this order:", *table([["index", "name", "unit"], *rows])]
