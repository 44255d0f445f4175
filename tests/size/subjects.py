"""Our own code as subjects: the generated header, the blob in the tiny runtime."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from size.measure import Subject
from size.processors import Processor
from wann_rt.core.controller import Controller
from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.to_blob import to_blob
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c_fixed.header import to_c_fixed
from wann_rt.runtime_c import include_dir

HEADER = """\
#include "subject.h"
#include "sized.h"
int size_setup(void) { return 0; }
void size_step(const size_value *observation, size_action *actions) { sized_step(observation, actions); }
"""

STATEFUL = """\
#include "subject.h"
#include "sized.h"
static sized_state state;
int size_setup(void) {
    sized_reset(&state);
    return 0;
}
void size_step(const size_value *observation, size_action *actions) { sized_step(&state, observation, actions); }
"""

_RUNTIME = """\
#include "subject.h"
#if defined(__AVR__)
#include <avr/pgmspace.h>
#else
#define PROGMEM
#endif
#include "wann_rt.h"
enum { FLOATS = <floats> };
static const uint8_t blob[] PROGMEM = {<bytes>};
static wann_controller controller;
int size_setup(void) { return wann_load(&controller, blob, sizeof blob); }
void size_step(const size_value *observation, size_action *actions) {
    float scratch[FLOATS];
    wann_step(&controller, observation, actions, scratch, FLOATS);
}
"""
_AVR = ("-include", "avr/pgmspace.h", "-DWANN_READ_U8(address)=pgm_read_byte(address)")


def header(controller: Controller, processor: Processor) -> Subject:
    """Returns the generated float header; a state is reset once."""
    shape = len(controller.observations), len(controller.actions)
    source = STATEFUL if controller.derived else HEADER
    return Subject("header", source, *shape, {"sized.h": to_c(controller, prefix="sized")})


def checked(controller: Controller, processor: Processor) -> Subject:
    """Returns the generated float header, called by its checked step."""
    shape = len(controller.observations), len(controller.actions)
    source = HEADER.replace("{ sized_step(", "{ (void)sized_step_checked(")
    return Subject("checked", source, *shape, {"sized.h": to_c(controller, prefix="sized", is_checked=True)})


def runtime(controller: Controller, processor: Processor) -> Subject:
    """Returns the runtime with a blob that carries no vectors; its scratch is on the stack."""
    blob = to_blob(controller, vectors=0)
    network = controller.network
    source = _RUNTIME.replace("<floats>", str(network.n_nodes)).replace("<bytes>", ",".join(map(str, blob)))
    folder = include_dir()
    shape = len(controller.observations), len(controller.actions)
    flags = (f"-I{folder}", *(_AVR if processor.key == "avr" else ()))
    return Subject("runtime", source, *shape, units=(folder / "wann_rt.c",), flags=flags)


def fixed(controller: Controller, processor: Processor) -> Subject:
    """Returns the generated header in fixed point."""
    shape = len(controller.observations), len(controller.actions)
    text = to_c_fixed(controller, prefix="sized")
    return Subject("fixed", HEADER, *shape, {"sized.h": text}, flags=("-DSIZE_FIXED",))


def fixed_oracle(controller: Controller, observations: NDArray[np.int16]) -> NDArray[np.int64]:
    """Returns the actions [batch, actions] that the fixed-point header must compute."""
    return FixedController.of(controller).run(observations.astype(np.int64))


OURS: dict[str, Callable[[Controller, Processor], Subject]] = {
    "header": header,
    "checked": checked,
    "fixed": fixed,
    "runtime": runtime,
}
