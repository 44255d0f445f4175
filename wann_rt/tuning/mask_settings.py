"""How a topology is proposed, see ``mask``."""

from dataclasses import dataclass

from wann_rt.core.errors import ConfigError

WIDTHS = (16, 32, 64, 128)


@dataclass(frozen=True, kw_only=True)
class MaskSettings:
    """How a topology is proposed.

    Attributes:
        connections: how many the network may have.
        hidden: nodes of the hidden layer: 16, 32, 64 or 128.
        upper: share of the connections that lead from hidden nodes to classes.
        epochs: passes over the training samples.
        weight_epochs: further passes in which each connection gets a weight of its own.
        batch: samples a step.
        rate: of learning, at first; it falls to 0 along half a cosine.
        thinned: the share of the training in which the number of connections falls to its end.
        blended: from which share to which the numbers become signs.
        frozen: the share after which the connections stay, and only signs may change.
        seed: all random numbers follow from it.
    """

    connections: int
    hidden: int = 64
    upper: float = 0.4
    epochs: int = 20
    weight_epochs: int = 10
    batch: int = 100
    rate: float = 3e-3
    thinned: float = 0.5
    blended: tuple[float, float] = (0.2, 0.6)
    frozen: float = 0.7
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuses values out of range, naming the setting."""
        low, high = self.blended
        checks = {
            "connections": (20 <= self.connections <= 100_000, "from 20 to 100000"),
            "hidden": (self.hidden in WIDTHS, " or ".join(map(str, WIDTHS))),
            "upper": (0 < self.upper < 1, "between 0 and 1"),
            "epochs": (1 <= self.epochs <= 10_000, "from 1 to 10000"),
            "weight_epochs": (0 <= self.weight_epochs <= 10_000, "from 0 to 10000"),
            "batch": (1 <= self.batch <= 1_000_000, "from 1 to 1000000"),
            "rate": (0 < self.rate <= 1, "above 0 and at most 1"),
            "thinned": (0 < self.thinned <= 1, "above 0 and at most 1"),
            "blended": (0 <= low < high <= self.frozen, "two shares, ascending, the second at most `frozen`"),
            "frozen": (self.thinned <= self.frozen <= 1, "from `thinned` to 1"),
            "seed": (0 <= self.seed <= 2**53, "from 0 to 2^53"),
        }
        for name, (holds, expected) in checks.items():
            if not holds:
                raise ConfigError(f"setting {name} is {getattr(self, name)!r}; expected {expected}")
