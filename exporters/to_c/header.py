"""Writes a controller as one C header: C99 and C++11, no library, straight-line code, exact bits.

The arithmetic is not written here: activations and channels are traced from their one definition
and printed. Only the sums of a node are spelled out, in the order of ``reference.forward``.
"""

from wann_rt.core.controller import Controller, Vector
from wann_rt.core.files import digest
from wann_rt.core.sight import Sight
from wann_rt.exporters.contract import interface_hash, test_vectors
from wann_rt.exporters.sighted import places
from wann_rt.exporters.spread import only_ensembles
from wann_rt.exporters.to_c import checked, memory, monitor, spread
from wann_rt.exporters.to_c import sight as frames
from wann_rt.exporters.to_c.banner import banner
from wann_rt.exporters.to_c.frame import Unit, enumeration, float_unit, rate
from wann_rt.exporters.to_c.functions import functions
from wann_rt.exporters.to_c.names import Names, c_prefix, checked_prefix
from wann_rt.exporters.to_c.selftest import faults, selftest
from wann_rt.exporters.to_c.steps import steps
from wann_rt.exporters.to_c.text import define, literal

_CONTRACT = """\
/* A hash of all channels - names, units, order, ranges, scales - and the rate. Your code may say:
 * #if <P>_CONTRACT != <value>, the one it was written for, then #error. */
#define <P>_CONTRACT <value>"""

_WEIGHT = """\
/* Define it before the include to run under another weight. */
#ifndef <P>_WEIGHT
#define <P>_WEIGHT <value>
#endif"""


def to_c(
    controller: Controller,
    *,
    prefix: str | None = None,
    file: str | None = None,
    is_checked: bool = False,
    sight: Sight | None = None,
    spread: bool = False,
) -> str:
    """Returns the header's text; same controller and options, same bytes.

    Args:
        controller: any controller, with any kind of weight.
        prefix: of every name in the header; by default made from the controller's name.
        file: the header's name, as the comment at its head includes it; by default ``<prefix>.h``.
        is_checked: whether it has ``<prefix>_step_checked``, too; see ``checked.py``.
        sight: how observations are read from frames, by ``<prefix>_row`` and ``<prefix>_observe``; see ``sight.py``.
        spread: whether an ensemble has ``<prefix>_step_spread``, too; see ``spread.py``.

    Raises:
        ExportError: the prefix is no C identifier, an observation is not read from frames, or there is no ensemble.
    """
    made = unit(controller, prefix, is_checked=is_checked, sight=sight, has_spread=spread)
    return made.header(file or f"{made.names.p}.h")


def unit(
    controller: Controller,
    prefix: str | None = None,
    *,
    is_checked: bool = False,
    sight: Sight | None = None,
    has_spread: bool = False,
) -> Unit:
    """Returns what is written for a controller, as one file or two; see ``to_c``."""
    default = c_prefix(controller)
    names = Names.of(controller, default if prefix is None else checked_prefix(prefix))
    if sight is not None:
        places(controller, sight)
    if has_spread:
        only_ensembles(controller)
    named = ("" if names.p == default else f" --set prefix={names.p}") + " --checked" * is_checked
    named += "" if sight is None else f" --encoder {sight.encoder.name}"
    named += " --set spread=true" * has_spread
    vectors = test_vectors(controller)
    body = [*functions(controller, names), *steps(controller, names)]
    body += [
        *(checked.functions(controller, names) if is_checked else []),
        *(spread.functions(controller, names) if has_spread else []),
        *monitor.functions(controller, names),
        *selftest(controller, vectors, names, is_checked=is_checked, has_spread=has_spread),
    ]
    if sight is not None:
        body += [*frames.functions(controller, sight, names), *frames.selftest(controller, sight, names)]
    regenerate = f"wann-rt export controller.json --to c{named}"
    declarations = [
        *_macros(controller, names, vectors, faults(is_checked=is_checked, has_spread=has_spread)),
        *map(enumeration, (names.observations, names.actions)),
        *memory.declarations(controller, names),
        *monitor.declarations(controller, names),
    ]
    declarations += checked.macros(controller, names) if is_checked else []
    declarations += frames.declarations(controller, sight, names) if sight is not None else []
    return float_unit(names, lambda file: banner(controller, names, regenerate, file, sight), declarations, body)


def _macros(controller: Controller, names: Names, vectors: tuple[Vector, ...], said: str) -> list[str]:
    values = {
        "N_OBSERVATIONS": str(len(controller.observations)),
        "N_ACTIONS": str(len(controller.actions)),
        **memory.counts(controller),
        **monitor.macros(controller),
        "N_CONNECTIONS": str(controller.network.n_connections),
        "N_VECTORS": str(len(vectors)),
        **rate(controller.rate_hz),
        "DIGEST": f'"{digest(controller)}"',
    }
    texts = ["\n".join(define(f"{names.P}_{name}", value) for name, value in values.items())]
    texts += [contract_macro(names, interface_hash(controller)), names.fill(said)]
    if controller.lowered.shared and not controller.lowered.averages:
        value = literal(controller.lowered.shared[0])
        value = f"({value})" if value.startswith("-") else value
        texts.append(names.fill(_WEIGHT).replace("<value>", value))
    return texts


def contract_macro(names: Names, value: int) -> str:
    """Returns the macro that user code compares with what it was written for."""
    return names.fill(_CONTRACT).replace("<value>", f"0x{value:08x}u")
