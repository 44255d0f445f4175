"""The example that packages of C have: the self-test, then a step for a recorded observation."""

from wann_rt.exporters.packages.subject import Subject
from wann_rt.exporters.to_c.text import literal

_MAIN = """\
/* Tests the controller on this machine, then steps it for a recorded observation. */
#include <stdio.h>

#include "<p>.h"

int main(void) {
    <obs> obs[<P>_N_OBSERVATIONS];
    <act> actions[<P>_N_ACTIONS];
<state>    int k;

    const int faults = <p>_selftest();
    if (faults != 0) {
        printf("refused: this build computes other bits, faults %d\\n", faults);
        return 1;
    }
    printf("self-test passed\\n");
    /* Here your sensors are read, <P>_DT_US microseconds after the last time. */
<sensors>
<step>
    for (k = 0; k < <P>_N_ACTIONS; k++) {
        printf("action %d: <format>\\n", k, <cast>actions[k]);
    }
    return 0;
}
"""
_CHECKED = """\
    printf("status %d\\n", <p>_step_checked(obs, actions));"""
_STATEFUL = """\
    /* Reset it also after a switch of modes, a fault, or steps that were left out. */
    <p>_reset(&state);
    printf("status %d\\n", <p>_step_checked(&state, obs, actions));"""
_FIXED = """\
    <p>_step(obs, actions);"""
_FIXED_STATEFUL = """\
    /* Reset it also after a switch of modes, a fault, or steps that were left out. */
    <p>_reset(&state);
    <p>_step(&state, obs, actions);"""


def sensors(made: Subject) -> list[str]:
    """Returns assignments of a recorded observation."""
    values = [literal(value) for value in made.recorded().observation]
    if made.is_fixed:
        values = [str(value) for value in fixed_observation(made)]
    return [f"obs[{name}] = {value};" for name, value in zip(made.names.observations, values, strict=True)]


def fixed_observation(made: Subject) -> list[int]:
    """Returns the recorded observation in the formats of a controller in fixed point."""
    from wann_rt.core.fixed.reference import FixedController
    from wann_rt.exporters.to_c_fixed.selftest import recorded

    return [int(value) for value in recorded(FixedController.of(made.controller))[0]]


def example(made: Subject) -> str:
    """Returns the text of ``main.c``."""
    kinds = {"obs": "int16_t", "act": "int32_t", "format": "%ld", "cast": "(long)", "step": _FIXED}
    if not made.is_fixed:
        kinds = {"obs": "float", "act": "float", "format": "%.9g", "cast": "(double)", "step": _CHECKED}
    kinds["state"] = "    <p>_state state;\n" if made.has_state else ""
    if made.has_state:
        kinds["step"] = _FIXED_STATEFUL if made.is_fixed else _STATEFUL
    template = _MAIN
    for mark, value in kinds.items():
        template = template.replace(f"<{mark}>", value)
    rate = made.controller.rate_hz
    if rate is None or not 1e-3 <= rate <= 1e6:
        template = template.replace(", <P>_DT_US microseconds after the last time", "")
    return made.fill(template, sensors="\n".join(f"    {line}" for line in sensors(made)))
