"""What the knob buys, on the terminal: one row for each changed plant."""

from wann_rt.core.files import shortest
from wann_rt.display.live import Live, Showing
from wann_rt.display.tables import console, escape, paragraph, table
from wann_rt.tuning.knob import WORST
from wann_rt.tuning.knob_gain import Gain, KnobSettings

COLUMNS = ("plant", ">own weight", ">best weight", ">at", ">the knob", ">at", ">reached")


class KnobTable(Showing):
    """Shows which plant is being tried, and in the end a table."""

    def __init__(
        self, name: str, own: float, bounds: tuple[float, float], settings: KnobSettings, *, quiet: bool = False
    ) -> None:
        """Prepares for a controller of a shared weight; ``quiet`` shows nothing."""
        self._name, self._own, self._bounds, self._settings, self._quiet = name, own, bounds, settings, quiet
        self._gains: list[Gain] = []
        self._live = Live("knob", None, quiet=quiet)

    def told(self, gain: Gain) -> Gain:
        """Takes what was found on one plant; returns it."""
        self._gains.append(gain)
        self._live.update(len(self._gains), plant(gain))
        return gain

    def _ended(self) -> None:
        if not self._quiet:
            self._show()

    def _show(self) -> None:
        settings, (low, high) = self._settings, self._bounds
        made = table(
            f"{escape(self._name)}: one knob on the robot, {settings.budget} episodes, weight {self._own:g} at first",
            *COLUMNS,
        )
        for gain in self._gains:
            made.add_row(*cells(gain))
        console().print(made)
        paragraph(
            f"mean returns over {settings.episodes} held-out episodes; the knob: the mean of {settings.trials} "
            "searches; reached: the way from the worst weight of a fine sweep to its best"
        )
        floor = "WANN_TUNE_NO_FLOOR" if settings.floor <= WORST else literal(settings.floor)
        numbers = ", ".join(map(literal, (self._own, low, high)))
        paragraph(f"in the firmware: wann_tune_start(&tune, {numbers}, {floor}, {settings.budget}u)")


def literal(value: float) -> str:
    """Returns a number as C writes a float."""
    return f"{float(shortest(value))!r}f"


def plant(gain: Gain) -> str:
    """Returns what is changed, e.g. "max_force = 6"."""
    return ", ".join(f"{name} = {value:g}" for name, value in gain.changed.items()) or "as it is"


def cells(gain: Gain) -> tuple[str, ...]:
    """Returns a row of the table."""
    returns = f"{gain.own:.1f}", f"{gain.best:.1f}", f"{gain.best_weight:.3g}"
    return plant(gain), *returns, f"{gain.knob:.1f}", f"{gain.knob_weight:.3g}", f"{gain.reached:.0%}"
