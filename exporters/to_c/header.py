"""Writes a controller as one C header: C99 and C++11, no library, straight-line code, exact bits.

The arithmetic is not written here: activations and channels are traced from their one definition
and printed. Only the sums of a node are spelled out, in the order of ``reference.forward``.
"""


from wann_rt.core.controller import Controller, Vector
from wann_rt.core.files import digest
from wann_rt.exporters.contract import test_vectors
from wann_rt.exporters.to_c.banner import banner
from wann_rt.exporters.to_c.frame import enumeration, framed, rate
from wann_rt.exporters.to_c.functions import functions
from wann_rt.exporters.to_c.names import Names, c_prefix, checked_prefix
from wann_rt.exporters.to_c.selftest import selftest
from wann_rt.exporters.to_c.steps import steps
from wann_rt.exporters.to_c.text import define, literal

_WEIGHT = """\
/* Define it before the include to run under another weight. */
#ifndef <P>_WEIGHT
#define <P>_WEIGHT <value>
#endif"""


def to_c(controller: Controller, *, prefix: str | None = None) -> str:
    """Returns the header's text; same controller, same bytes.

    Args:
        controller: any controller, with any kind of weight.
        prefix: of every name in the header; by default made from the controller's name.

    Raises:
        ExportError: the prefix is no C identifier.
    """
    default = c_prefix(controller)
    names = Names.of(controller, default if prefix is None else checked_prefix(prefix))
    named = "" if names.p == default else f" --set prefix={names.p}"
    vectors = test_vectors(controller)
    body = [*functions(controller, names), *steps(controller, names), *selftest(vectors, names)]
    head = banner(controller, names, f"wann-rt export controller.json --to c{named}")
    declarations = [*_macros(controller, names, vectors), *map(enumeration, (names.observations, names.actions))]
    return framed(names, head, declarations, body)


def _macros(controller: Controller, names: Names, vectors: tuple[Vector, ...]) -> list[str]:
    values = {
        "N_OBSERVATIONS": str(len(controller.observations)),
        "N_ACTIONS": str(len(controller.actions)),
        "N_CONNECTIONS": str(controller.network.n_connections),
        "N_VECTORS": str(len(vectors)),
        **rate(controller.rate_hz),
        "DIGEST": f'"{digest(controller)}"',
    }
    texts = ["\n".join(define(f"{names.P}_{name}", value) for name, value in values.items())]
    if controller.weight.kind == "shared":
        value = literal(controller.weight.values[0])
        value = f"({value})" if value.startswith("-") else value
        texts.append(names.fill(_WEIGHT).replace("<value>", value))
    return texts


