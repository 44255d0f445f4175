"""The C runtime as a subject: blobs in program memory, loaded, tested and run as a user would."""

from wann_rt.core.controller import Controller
from wann_rt.exporters.targets.inputs import observations, seed_of
from wann_rt.exporters.targets.program import RESET_EVERY, Subject, expected_of
from wann_rt.exporters.to_blob import scratch_floats, to_blob
from wann_rt.runtime_c import include_dir

FILES = tuple((file, (include_dir() / file).read_text(encoding="utf-8")) for file in ("wann_rt.h", "wann_rt.c"))

# The runtime's pragmas hold for all that follows, so these subjects come last in a program: see all_subjects().
_CODE = """\
#ifndef WANN_RT_HERE
#define WANN_RT_HERE
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define WANN_READ_U8(address) pgm_read_byte(address)
#define IN_FLASH PROGMEM
#else
#define IN_FLASH
#endif
#include "wann_rt.c"
#endif
static const uint8_t <name>_blob[] IN_FLASH = {
<bytes>
};
static wann_controller <name>_controller;
static int <name>_ready(void) {
    wann_controller *const c = &<name>_controller;
    return wann_digest(c) != NULL ? WANN_OK : wann_load(c, <name>_blob, sizeof <name>_blob);
}
static void <name>_run(const float *observation, float *actions) {
<scratch>
    (void)wann_step(&<name>_controller, observation, actions, scratch, <floats>);
}
static int <name>_selftest(void) {
    float scratch[<floats>];
    const int error = <name>_ready();
    return error != WANN_OK ? error : wann_selftest(&<name>_controller, scratch, <floats>);
}
"""


_SCRATCH = """\
    float scratch[<floats>];
    (void)<name>_ready();"""
# A state is the end of the scratch, so this one stays from step to step.
_STATE = """\
    static float scratch[<floats>];
    static uint8_t turn;
    (void)<name>_ready();
    if (turn == 0) {
        (void)wann_reset(&<name>_controller, scratch, <floats>);
    }
    turn = (uint8_t)((turn + 1) % <every>);"""


def blob_subject(controller: Controller, name: str, rows: int) -> Subject:
    """Returns a controller's blob, run by the C runtime, as a subject; one with a state runs its rows as a sequence."""
    blob = to_blob(controller, vectors=2)
    lines = [", ".join(map(str, blob[k : k + 20])) for k in range(0, len(blob), 20)]
    seed, scratch = seed_of(controller), _STATE if controller.derived else _SCRATCH
    code = _CODE.replace("<scratch>", scratch.replace("<every>", str(RESET_EVERY))).replace("<name>", name)
    code = code.replace("<floats>", str(scratch_floats(controller))).replace("<bytes>", ",\n".join(lines))
    sides = len(controller.observations), len(controller.actions)
    expected = expected_of(controller, observations(sides[0], rows, seed))
    return Subject(name, code, *sides, rows, seed, False, expected, files=FILES)
