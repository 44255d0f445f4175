"""The plant of an episode: each param, within its spread."""

from typing import Any

from wann_rt.tasks.composed.layout import Layout
from wann_rt.tasks.composed.pieces import Piece, all_of, times_drawn


def machine_of(layout: Layout) -> Piece:
    """Returns the params of this episode's plant."""
    plain, n = layout.plain.params, len(layout.plain.params._fields)
    values = all_of([_spread(layout, k, name) for k, name in enumerate(plain._fields)])

    def spread(p: Any, v: Any) -> Any:
        return plain(*values(p, v, ()))

    def as_it_is(p: Any, v: Any) -> Any:
        return plain(*p[:n])

    varied = [name for name in layout.used if name.endswith("_spread")]
    return spread if varied or (layout.plain.motor and layout.has("actuator_gain")) else as_it_is


def _spread(layout: Layout, k: int, name: str) -> Piece:
    made: Piece = _param(k)
    if layout.has(f"{name}_spread"):
        made = times_drawn(made, layout.param(f"{name}_spread"), layout.at(f"{name}_spread"))
    if layout.has("actuator_gain") and name == layout.plain.motor:
        made = times_drawn(made, layout.param("actuator_gain"), layout.at("actuator_0"))
    return made


def _param(k: int) -> Piece:
    def param(p: Any, v: Any, x: Any) -> Any:
        return p[k]

    return param
