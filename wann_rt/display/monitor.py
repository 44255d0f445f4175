"""What is said of a monitor."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wann_rt.analysis.stated import stated
from wann_rt.analysis.words import certificate_words
from wann_rt.core.controller import Controller
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Monitor
from wann_rt.display.formulas import number
from wann_rt.display.tables import console, controller_dict, escape, paragraph, show_controller, table
from wann_rt.monitoring.cost import cost

if TYPE_CHECKING:
    from wann_rt.monitoring.make import Monitored


def whole_dict(controller: Controller) -> dict[str, Any]:
    """Returns a summary of a controller, its certificate and its monitor as JSON values."""
    return controller_dict(controller) | {"certificate": stated(controller)} | monitor_dict(controller)


def show_whole(controller: Controller) -> None:
    """Prints what a controller is, how sharply it reacts, and its monitor."""
    show_controller(controller)
    _show_certificate(controller)
    show_monitor(controller)


def _show_certificate(controller: Controller) -> None:
    console().print("\n[bold]Certificate[/]")
    for text in certificate_words(controller):
        paragraph(text, hang=4)
    paragraph("Tighter bounds, or other ranges: wann-rt analyze")


def monitor_dict(controller: Controller) -> dict[str, Any]:
    """Returns a summary of a controller's monitor as JSON values; nothing where it has none."""
    monitor = controller.monitor
    if monitor is None:
        return {}
    return {
        "monitor": {
            "kinds": kinds(monitor),
            "false_alarms": monitor.false_alarms,
            "watched": [controller.observations[k].name for k in monitor.watched],
            "levels": [_level(level) for level in monitor.levels],
            "operations": len(monitor.program),
            "state": monitor.size,
            "fail_safe": {c.name: value for c, value in zip(controller.actions, monitor.fail_safe, strict=True)},
        }
    }


def _level(level: Level | Mean) -> list[int] | dict[str, float]:
    if isinstance(level, Mean):
        return {"share": float(level.share), "above": float(level.above)}
    return [level.hits, level.of]


def _words(level: Level | Mean) -> str:
    if isinstance(level, Mean):
        return f"squares whose mean over about {1 / level.share:.0f} steps is above {number(level.above)}"
    return f"{level.hits} of {level.of} hits"


def kinds(monitor: Monitor) -> list[str]:
    """Returns the kinds of features that a monitor has."""
    return list(dict.fromkeys(feature.kind for feature in monitor.features))


def show_monitor(controller: Controller) -> None:
    """Prints what a controller's monitor watches; nothing where it has none."""
    monitor = controller.monitor
    if monitor is None:
        return
    levels = " or ".join(map(_words, monitor.levels))
    console().print("\n[bold]Monitor[/]")
    paragraph(
        f"{escape(', '.join(kinds(monitor)))}; alarms after {levels}, at {monitor.false_alarms:g} false alarms a "
        f"step as stated; {len(monitor.program)} operations, {monitor.size} numbers of state"
    )
    made = table("", "observation", "what", ">center", ">usual distance")
    for feature in monitor.features:
        names = ", ".join(controller.observations[k].name for k in feature.channels)
        made.add_row(escape(names), escape(feature.kind), number(feature.center), number(1 / feature.scale))
    console().print(made)
    safe = [f"{c.name} = {number(v)}" for c, v in zip(controller.actions, monitor.fail_safe, strict=True)]
    paragraph(f"Fail-safe actions: {', '.join(safe)}")


def show_monitored(made: "Monitored", path: Path) -> None:
    """Prints how a monitor was calibrated."""
    found = made.calibration
    show_monitor(made.controller)
    spread = ", ".join(f"{name} {value:g}" for name, value in made.spread.items())
    paragraph(f"\nKind {made.kind}. Machines differ by: {spread}")
    paragraph(
        f"Calibrated on {found.steps:,} steps of {found.episodes:,} episodes: {found.alarms} false alarms, "
        f"{found.alarms / found.steps:.2g} a step; {found.monitor.false_alarms:g} are stated"
    )
    watched = "all" if found.watched == found.made else f"{found.watched} of {found.made}, those that find most,"
    paragraph(
        f"It takes about {cost(found.monitor)} on a Cortex-M4F; of its features {watched} are watched "
        "(--instructions, --bytes)"
    )
    paragraph(f"wrote {path}")
