"""Headers in fixed point as subjects that run on targets."""

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.plan import INT16, Ranges
from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.targets.inputs import observations, seed_of
from wann_rt.exporters.targets.program import RESET_EVERY, Subject, stateful_entry
from wann_rt.exporters.to_c_fixed.header import fixed_prefix, to_c_fixed

_RUN_FLOAT = """\
static void <name>_run(const float *observation, float *actions) {
    <name>_step_float(observation, actions);
}
"""

_RUN_ALL = """\
static void <name>_run(const float *observation, float *actions) {
    static uint16_t row;
    const int16_t obs = (int16_t)((int32_t)row - 32768);
    int32_t action;
    (void)observation;
    row++;
    <name>_step(&obs, &action);
    *actions = (float)action;
}
"""


def fixed_subject(controller: Controller, name: str, rows: int = 128, ranges: Ranges | None = None) -> Subject:
    """Returns a controller's header in fixed point, called with numbers in their units.

    Args:
        controller: the controller; one with a state runs its rows as a sequence.
        name: prefix of the header.
        rows: how many observations.
        ranges: see ``core.fixed.plan.plan``.
    """
    n_observations, seed = len(controller.observations), seed_of(controller)
    fixed, inputs = FixedController.of(controller, ranges), observations(n_observations, rows, seed)
    if controller.derived:
        entry = stateful_entry(name, "step_float")
        expected = fixed.evaluate_sequence(inputs, np.arange(rows) % RESET_EVERY == 0)
    else:
        entry, expected = _RUN_FLOAT.replace("<name>", name), fixed(inputs)
    header = f"#define {name.upper()}_FLOAT\n{to_c_fixed(controller, prefix=name, ranges=ranges)}"
    code = f"{header}\n{entry}"
    return Subject(name, code, n_observations, len(controller.actions), rows, seed, False, expected)


def subjects_of(controller: Controller, rows: int) -> list[Subject]:
    """Returns a controller's header in fixed point as a list of one subject; of none where it does not fit."""
    try:
        return [fixed_subject(controller, fixed_prefix(controller), rows)]
    except ExportError:
        return []


def exhaustive_subject(controller: Controller, name: str) -> Subject:
    """Returns the header of a controller with one observation and one action, called with every integer there is.

    Args:
        controller: the controller; its actions must be less than 2^24, which float32 holds exactly.
        name: prefix of the header.
    """
    every = np.arange(INT16[0], INT16[1] + 1)[:, np.newaxis]
    expected = FixedController.of(controller).run(every).astype(np.float32)
    code = f"{to_c_fixed(controller, prefix=name)}\n{_RUN_ALL.replace('<name>', name)}"
    return Subject(name, code, 1, 1, len(every), seed_of(controller), False, expected)
