"""A MicroPython native module: one ``.mpy`` file that a board imports, without another firmware."""

import json

from wann_rt.core.errors import ExportError
from wann_rt.exporters.packages.example import fixed_observation
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject
from wann_rt.exporters.to_c.text import literal

# MicroPython compiles with -Werror, and a compiler that was never tried has to remain a warning.
_MAKE = """\
# make MPY_DIR=/path/to/micropython ARCH=armv7emsp
# ARCH: x64, x86, armv6m, armv7m, armv7emsp, armv7emdp, xtensawin, rv32imc, ...
MPY_DIR ?= ../micropython
ARCH    ?= x64
MOD     = <p>
SRC     = module.c <p>.c
CFLAGS  += -Wno-error=cpp
<runtime>
include $(MPY_DIR)/py/dynruntime.mk
"""
# q12 is integers only, so an armv6m needs nothing of libgcc for it; a float there does.
_RUNTIME = """
# Without a floating-point unit, arithmetic comes from libgcc (MicroPython 1.25 or newer).
ifneq ($(filter $(ARCH),armv6m armv7m xtensa rv32imc rv64imc),)
LINK_RUNTIME = 1
endif
"""

_MODULE = """\
/* <p> as a MicroPython module: a step allocates nothing. */
#include "py/dynruntime.h"

#include "<p>.h"

/* Returns the memory of an array of this type and size, or raises ValueError. */
static void *elements(mp_obj_t from, int typecode, size_t bytes, mp_uint_t use) {
    mp_buffer_info_t found;
    mp_get_buffer_raise(from, &found, use);
    if (found.typecode != typecode || found.len != bytes) {
        mp_raise_ValueError(MP_ERROR_TEXT("<p>: array of another type or length"));
    }
    return found.buf;
}

<reset>/* step(<given>observations, actions): reads the one array, writes the other<returns>. */
static mp_obj_t step(<taken>mp_obj_t observations, mp_obj_t actions) {
    const <obs> *obs =
        elements(observations, '<obscode>', sizeof(<obs>[<P>_N_OBSERVATIONS]), MP_BUFFER_READ);
    <act> *act = elements(actions, '<actcode>', sizeof(<act>[<P>_N_ACTIONS]), MP_BUFFER_WRITE);
<step>
}
static MP_DEFINE_CONST_FUN_OBJ_<arguments>(step_obj, step);

/* selftest(): 0 if this board computes the bits of the search; on anything else, do not run it. */
static mp_obj_t selftest(void) {
    return mp_obj_new_int(<p>_selftest());
}
static MP_DEFINE_CONST_FUN_OBJ_0(selftest_obj, selftest);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_step, MP_OBJ_FROM_PTR(&step_obj));
    mp_store_global(MP_QSTR_selftest, MP_OBJ_FROM_PTR(&selftest_obj));
<stored><constants>
    MP_DYNRUNTIME_INIT_EXIT
}
"""
_CHECKED = "    return mp_obj_new_int(<p>_step_checked(obs, act));"
# The state is an array of the caller's: a module of its own memory could run only one controller.
_RESET = """\
/* What is remembered from step to step: array("f", [0] * N_STATE), of zeros before the first step. */
static <p>_state *state_in(mp_obj_t from) {
    return elements(from, 'f', sizeof(<p>_state), MP_BUFFER_RW);
}

/* reset(state): begins anew, after a switch of modes, a fault, or steps that were left out. */
static mp_obj_t reset(mp_obj_t state) {
    <p>_reset(state_in(state));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(reset_obj, reset);

"""
_STATEFUL = "    return mp_obj_new_int(<p>_step_checked(state_in(state), obs, act));"
_FIXED = "    <p>_step(obs, act);\n    return mp_const_none;"

_STEP = 'status = <p>.step(observations, actions)\nprint("status", status)'

_MAIN = """\
# Tests the controller on this board, then steps it for a recorded observation.
from array import array

import <p>

faults = <p>.selftest()
if faults:
    raise RuntimeError("this build computes other bits, faults %d" % faults)
print("self-test passed")
observations = array("<obscode>", [<values>])
actions = array("<actcode>", [0] * <p>.N_ACTIONS)
<stepped>
print("actions", list(actions))
"""

_USE = """\
## Use

Build it once for the processor of your board, with MicroPython's sources of the version that runs there (its headers
want a C library: with picolibc, add `CFLAGS_EXTRA=--specs=picolibc.specs`):

```sh
make MPY_DIR=/path/to/micropython ARCH=armv7emsp
mpremote cp <p>.mpy :lib/
mpremote run main.py
```

`step(<given>observations, actions)` takes `array("<obscode>", ...)` \
and writes into `array("<actcode>", ...)`, so that a step
allocates nothing<returns>.<kept>`package.json` lets `mip` install the built `<p>.mpy` from where you publish it.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the module.

    Raises:
        ExportError: the state would be one of integers of two sizes, for which MicroPython has no array.
    """
    if made.is_fixed and made.has_state:
        raise ExportError(
            f"controller {made.controller.name!r} has a state; a module of MicroPython keeps one in float32 alone: "
            "leave out --number q12, or take another kind of package"
        )
    observation = fixed_observation(made) if made.is_fixed else made.recorded().observation
    values = ", ".join(str(v) if made.is_fixed else literal(v).removesuffix("f") for v in observation)
    fills = {
        "obs": "int16_t" if made.is_fixed else "float",
        "act": "int32_t" if made.is_fixed else "float",
        "obscode": "h" if made.is_fixed else "f",
        "actcode": "i" if made.is_fixed else "f",
        "step": made.fill(_STATEFUL if made.has_state else _FIXED if made.is_fixed else _CHECKED),
        "runtime": "" if made.is_fixed else _RUNTIME,
        "values": values,
        "returns": "" if made.is_fixed else ", and returns the status",
        **_state(made),
        "constants": _constants(made),
    }
    mip = {"urls": [[f"{made.names.p}.mpy", f"{made.names.p}.mpy"]], "deps": [], "version": made.version}
    return {
        "Makefile": made.fill(_MAKE, **fills),
        "module.c": made.fill(_MODULE, **fills),
        **made.code(),
        "main.py": made.fill(_MAIN, **fills),
        "package.json": json.dumps(mip, indent=2) + "\n",
        "README.md": readme(made, made.fill(_USE, **fills)),
        "LICENSE": LICENCE,
    }


def _state(made: Subject) -> dict[str, str]:
    """Returns what is filled in where a step takes a state, and where it takes none."""
    if not made.has_state:
        return {
            **dict.fromkeys(("reset", "given", "taken", "stored"), ""),
            "kept": " ",
            "arguments": "2",
            "stepped": made.fill(_STEP),
        }
    return {
        "reset": made.fill(_RESET),
        "given": "state, ",
        "taken": "mp_obj_t state, ",
        "arguments": "3",
        "stored": "    mp_store_global(MP_QSTR_reset, MP_OBJ_FROM_PTR(&reset_obj));\n",
        "stepped": made.fill('state = array("f", [0] * <p>.N_STATE)\n' + _STEP.replace("(", "(state, ", 1)),
        "kept": (
            '\nThe state is `array("f", [0] * N_STATE)`, one for each controller that runs; `reset(state)` makes it '
            "zeros again,\nafter a switch of modes, a fault, or steps that were left out.\n"
        ),
    }


def _constants(made: Subject) -> str:
    """Returns what stores indices and, in fixed point, formats among the module's names."""
    macros = ["N_OBSERVATIONS", "N_ACTIONS", *(["N_STATE"] if made.has_state else [])]
    for name in (*made.names.observations, *made.names.actions):
        short = name.removeprefix(f"{made.names.P}_")
        macros += [short, f"{short}_FRACTION"] if made.is_fixed else [short]
    rate = made.controller.rate_hz
    macros += ["DT_US"] if rate is not None and 1e-3 <= rate <= 1e6 else []
    stored = "    mp_store_global(MP_QSTR_{0}, mp_obj_new_int({1}_{0}));"
    return "\n".join(stored.format(macro, made.names.P) for macro in macros)
