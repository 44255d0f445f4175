"""Writes a controller as one C header in fixed point: integers only, for processors without a floating-point unit.

What is computed stands in ``core/fixed/plan.py``, which the oracle in ``core/fixed/reference.py`` runs; here it is only
printed.
"""

from wann_rt.core.controller import Controller
from wann_rt.core.files import digest
from wann_rt.core.fixed.plan import Ranges
from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.contract import interface_hash
from wann_rt.exporters.to_c.frame import Unit, enumerated, enumeration, rate
from wann_rt.exporters.to_c.header import contract_macro
from wann_rt.exporters.to_c.names import MAX_PREFIX, Names, c_prefix, checked_prefix
from wann_rt.exporters.to_c.text import define
from wann_rt.exporters.to_c_fixed import memory
from wann_rt.exporters.to_c_fixed.banner import banner
from wann_rt.exporters.to_c_fixed.float_step import float_step
from wann_rt.exporters.to_c_fixed.functions import functions
from wann_rt.exporters.to_c_fixed.selftest import recorded, selftest
from wann_rt.exporters.to_c_fixed.selftest_text import FAULTS
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


def to_c_fixed(
    controller: Controller, *, prefix: str | None = None, ranges: Ranges | None = None, file: str | None = None
) -> str:
    """Returns the header's text; same controller and options, same bytes.

    Args:
        controller: any controller, with any kind of weight.
        prefix: of every name in the header; by default made from the controller's name.
        ranges: what observations' formats must hold; see ``core.fixed.plan.plan``.
        file: the header's name, as the comment at its head includes it; by default ``<prefix>.h``.

    Raises:
        ExportError: the prefix is no C identifier, or 32 bits do not suffice.
    """
    made = fixed_unit(controller, prefix, ranges)
    return made.header(file or f"{made.names.p}.h")


def fixed_unit(controller: Controller, prefix: str | None = None, ranges: Ranges | None = None) -> Unit:
    """Returns what is written for a controller, as one file or two; see ``to_c_fixed``."""
    default = fixed_prefix(controller)
    fixed = FixedController.of(controller, ranges)
    names = Names.of(controller, default if prefix is None else checked_prefix(prefix))
    names = names.remembering(fixed.memory.names) if fixed.memory else names
    vectors = recorded(fixed)
    options = "" if names.p == default else f" --set prefix={names.p}"
    options += "".join(f" --range '{name}={low:.9g}:{high:.9g}'" for name, (low, high) in (ranges or {}).items())
    regenerate = f"wann-rt export controller.json --to c --number {NUMBER}{options}"
    declarations = [
        *_macros(fixed, names, len(vectors)),
        enumeration(names.observations),
        enumeration(names.actions),
        *memory.declarations(fixed.memory, names),
        _fractions(fixed, names),
    ]
    body = [
        *functions(fixed, names),
        *steps(fixed, names),
        *float_step(fixed, names),
        *selftest(fixed, vectors, names),
    ]
    private = [names.fill(_FLASH), names.fill(_ARITHMETIC)]
    return Unit(names, lambda file: banner(fixed, names, regenerate, file), declarations, private, body)


def fixed_prefix(controller: Controller) -> str:
    """Returns the prefix by default: a program can have the float header, too."""
    return f"{c_prefix(controller)[: MAX_PREFIX - len(NUMBER) - 1].rstrip('_')}_{NUMBER}"


def _macros(fixed: FixedController, names: Names, n_vectors: int) -> list[str]:
    controller = fixed.controller
    values = {
        "N_OBSERVATIONS": str(len(controller.observations)),
        "N_ACTIONS": str(len(controller.actions)),
        **memory.counts(fixed.memory, names),
        "N_CONNECTIONS": str(controller.network.n_connections),
        "N_VECTORS": str(n_vectors),
        **rate(controller.rate_hz),
        "DIGEST": f'"{digest(controller)}"',
    }
    formats = [form.fraction for form in (*fixed.readings, *fixed.actions)]
    macros = "\n".join(define(f"{names.P}_{name}", value) for name, value in values.items())
    return [macros, contract_macro(names, interface_hash(controller, *formats)), names.fill(FAULTS)]


def _fractions(fixed: FixedController, names: Names) -> str:
    """Returns the formats as an enumeration."""
    derived = fixed.memory.derivations if fixed.memory else ()
    forms = (*fixed.readings, *derived, *fixed.actions)
    channels = (*names.observations, *names.derived, *names.actions)
    fractions = {f"{name}_FRACTION": form.fraction for name, form in zip(channels, forms, strict=True)}
    return f"/* Each channel counts 2^-fraction of its unit. */\n{enumerated(fractions)}"
