"""What functions that take a controller say where something else came."""

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError


def only_a_controller(given: object) -> None:
    """Refuses what is no controller, such as the name of one.

    Raises:
        ControllerError: it is none.
    """
    if not isinstance(given, Controller):
        name = given if isinstance(given, str) else "zoo:pendulum"
        raise ControllerError(
            f"expected a Controller, such as wr.load({name!r}) returns; a value of type {type(given).__name__} came"
        )
