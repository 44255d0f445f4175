"""Weight: one value shared by all connections, several whose actions are averaged, or one value per connection."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ControllerError

WeightKind = Literal["shared", "ensemble", "connections"]


@dataclass(frozen=True)
class Weight:
    """The weight of a controller.

    Attributes:
        kind: "shared": one value for all connections; "ensemble": several shared values whose actions are averaged;
            "connections": one value for each connection, in canonical order.
        values: float32 values as Python floats.
    """

    kind: WeightKind
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Rounds to float32 and refuses NaN, infinity and a wrong number of values."""
        if self.kind not in ("shared", "ensemble", "connections"):
            raise ControllerError(f"weight kind {self.kind!r} is unknown: shared, ensemble or connections")
        values = tuple(float32(v, "weight") for v in self.values)
        bad = [v for v in values if not np.isfinite(v)]
        if bad:
            raise ControllerError(f"weight {bad[0]} is not a finite number")
        if self.kind == "shared" and len(values) != 1:
            raise ControllerError(f"a shared weight is one value; {len(values)} came")
        if self.kind == "ensemble" and not values:
            raise ControllerError("an ensemble needs at least one shared weight")
        object.__setattr__(self, "values", values)

    @classmethod
    def shared(cls, value: float) -> "Weight":
        """One weight for all connections."""
        return cls("shared", (value,))

    @property
    def array(self) -> NDArray[np.float32]:
        """The values, float32."""
        return np.array(self.values, np.float32)


def float32(value: Any, what: str) -> float:
    """Returns the nearest float32 as a Python float; refuses NaN and what is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating, np.integer)) or value != value:
        raise ControllerError(f"{what} is {value!r}; expected a number")
    if isinstance(value, int) and abs(value) > 2**1023:  # more than numpy converts
        raise ControllerError(f"{what} is too large a number")
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def shortest(value: float) -> float:
    """Returns the number with the fewest digits that reads back as the same float32."""
    short = float(str(np.float32(value)))
    return short if np.float32(short) == np.float32(value) else float(np.float32(value))
