"""Writes a controller as one C header in fixed point: integers only, for processors without a floating-point unit.

What is computed stands in ``fixed_plan``, which the oracle ``fixed_point`` runs; here it is only printed.
"""

from collections.abc import Sequence

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.files import digest
from wann_rt.core.fixed.plan import INT16, Ranges
from wann_rt.core.fixed.reference import FixedController, Integers
from wann_rt.exporters.contract import test_vectors
from wann_rt.exporters.to_c.frame import CLOSE, OPEN, enumeration, rate
from wann_rt.exporters.to_c.names import MAX_PREFIX, Names, c_prefix, checked_prefix
from wann_rt.exporters.to_c.text import INDENT, braced, define
from wann_rt.exporters.to_c_fixed.banner import banner
from wann_rt.exporters.to_c_fixed.float_step import float_step
from wann_rt.exporters.to_c_fixed.functions import functions
from wann_rt.exporters.to_c_fixed.steps import steps

NUMBER = "q12"  # the option's word: values in the network count 2^-12

_ARITHMETIC = """\
/* Refuses a compiler whose right shifts do not round down, or with unusual negative numbers. */
typedef char <p>_shifts_round_down[(-1 >> 1) == -1 ? 1 : -1];
typedef char <p>_is_twos_complement[(-1 & 3) == 3 ? 1 : -1];"""

# The reads of the self-test's loop are volatile, or it would become a call of memcpy: see c_selftest. Those of a
# step are not, which would cost instructions.
_FLASH = """\
/* Tables stay in flash, also where that is a memory of its own. */
#if defined(__AVR__)
#include <avr/pgmspace.h>
#define <P>_FLASH PROGMEM
#define <P>_READ16(address) ((int16_t)pgm_read_word(address))
#define <P>_READ_OBS(address) <P>_READ16(address)
#define <P>_READ32(address) ((int32_t)pgm_read_dword(address))
#else
#define <P>_FLASH
#define <P>_READ16(address) (*(address))
#define <P>_READ_OBS(address) (*(const volatile int16_t *)(address))
#define <P>_READ32(address) (*(address))
#endif"""

_SELFTEST = """\
/*
 * Replays vectors: recorded ones, and all observations at either end of their type. Returns 0 if
 * all actions agree, else the number (from 1) of the first vector that does not: refuse to run on
 * anything but 0.
 */
static inline int <p>_selftest(void) {
    /* clang-format off */
    static const int16_t observations[<P>_N_VECTORS]
        [<P>_N_OBSERVATIONS] <P>_FLASH = {
<observations>
    };
    static const int32_t expected[<P>_N_VECTORS]
        [<P>_N_ACTIONS] <P>_FLASH = {
<expected>
    };
    /* clang-format on */
    volatile int first = 0; /* volatile: the steps must run here, not in the compiler */
    int16_t obs[<P>_N_OBSERVATIONS];
    int32_t actions[<P>_N_ACTIONS];
    int i;
    int k;
    for (i = first; i < <P>_N_VECTORS; i++) {
        for (k = 0; k < <P>_N_OBSERVATIONS; k++) {
            obs[k] = <P>_READ_OBS(&observations[i][k]);
        }
        <p>_step(obs, actions);
        for (k = 0; k < <P>_N_ACTIONS; k++) {
            if (actions[k] != <P>_READ32(&expected[i][k])) {
                return i + 1;
            }
        }
    }
    return 0;
}"""


def to_c_fixed(controller: Controller, *, prefix: str | None = None, ranges: Ranges | None = None) -> str:
    """Returns the header's text; same controller and ranges, same bytes.

    Args:
        controller: any controller, with any kind of weight.
        prefix: of every name in the header; by default made from the controller's name.
        ranges: what observations' formats must hold; see ``core.fixed.plan.plan``.

    Raises:
        ExportError: the prefix is no C identifier, or 32 bits do not suffice.
    """
    default = fixed_prefix(controller)
    names = Names.of(controller, default if prefix is None else checked_prefix(prefix))
    fixed = FixedController.of(controller, ranges)
    observations = _vectors(fixed)
    options = "" if names.p == default else f" --set prefix={names.p}"
    options += "".join(f" --range '{name}={low:.9g}:{high:.9g}'" for name, (low, high) in (ranges or {}).items())
    parts = [
        banner(fixed, names, f"wann-rt export controller.json --to c --number {NUMBER}{options}"),
        names.fill("#ifndef <P>_WANN_H\n#define <P>_WANN_H"),
        "#include <stdint.h>",
        _macros(controller, names, len(observations)),
        enumeration(names.observations),
        enumeration(names.actions),
        _fractions(fixed, names),
        names.fill(_FLASH),
        names.fill(_ARITHMETIC),
        OPEN,
        *functions(fixed.plan, names),
        *steps(controller, fixed.plan, names),
        _selftest(names, observations, fixed.run(observations)),
        float_step(fixed, names),
        CLOSE,
        names.fill("#endif /* <P>_WANN_H */"),
    ]
    return "\n\n".join(parts) + "\n"


def fixed_prefix(controller: Controller) -> str:
    """Returns the prefix by default: a program can have the float header, too."""
    return f"{c_prefix(controller)[: MAX_PREFIX - len(NUMBER) - 1].rstrip('_')}_{NUMBER}"


def _vectors(fixed: FixedController) -> Integers:
    """Returns the self-test's observations: those of the contract, and the ends of the type."""
    floats = np.array([vector.observation for vector in test_vectors(fixed.controller)], np.float32)
    ends = np.repeat(np.array(INT16)[:, np.newaxis], floats.shape[1], axis=1)
    return np.concatenate([fixed.from_float(floats), ends])


def _macros(controller: Controller, names: Names, n_vectors: int) -> str:
    values = {
        "N_OBSERVATIONS": str(len(controller.observations)),
        "N_ACTIONS": str(len(controller.actions)),
        "N_CONNECTIONS": str(controller.network.n_connections),
        "N_VECTORS": str(n_vectors),
        **rate(controller.rate_hz),
        "DIGEST": f'"{digest(controller)}"',
    }
    return "\n".join(define(f"{names.P}_{name}", value) for name, value in values.items())


def _fractions(fixed: FixedController, names: Names) -> str:
    """Returns the formats as an enumeration."""
    channels = [*zip(names.observations, fixed.plan.observations, strict=True)]
    pairs = [(name, form.fraction) for name, form in channels]
    pairs += [(name, form.fraction) for name, form in zip(names.actions, fixed.plan.actions, strict=True)]
    lines = [f"{INDENT}{name}_FRACTION = {fraction}," for name, fraction in pairs]
    return "\n".join(["/* Each channel counts 2^-fraction of its unit. */", "enum {", *lines, "};"])


def _selftest(names: Names, observations: Integers, expected: Integers) -> str:
    text = names.fill(_SELFTEST)
    text = text.replace("<observations>", _rows(observations))
    return text.replace("<expected>", _rows(expected))


def _rows(values: Sequence[Sequence[int]] | Integers) -> str:
    return "\n".join(line for row in values for line in braced([str(int(value)) for value in row]))
