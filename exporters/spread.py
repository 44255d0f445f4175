"""How far an ensemble's members are apart, as an output of a format: which formats have it, and what is said if not."""

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError

FORMS = "the C header in float32 (--to c), the blob (--to blob), exact ONNX (--to onnx-exact) and the page (--to html)"


def only_ensembles(controller: Controller) -> None:
    """Refuses a controller of which no members can be apart.

    Raises:
        ExportError: it is no ensemble.
    """
    if not controller.lowered.averages:
        raise ExportError(
            f"controller {controller.name!r} is no ensemble, so there are no members to be apart: leave out "
            f"spread=true, or give it a weight of kind 'ensemble'; this one is of kind {controller.weight.kind!r}"
        )


def only_true_or_false(spread: object) -> None:
    """Refuses what is no truth value, such as a text.

    Raises:
        ExportError: what came.
    """
    if not isinstance(spread, bool):
        raise ExportError(f"spread is {spread!r}; expected true or false")


def only_where_it_is(what: str) -> ExportError:
    """Returns the error of a form that cannot say how far members are apart."""
    return ExportError(f"{what} cannot say how far the members of an ensemble are apart (spread=true): {FORMS} can")
