"""A certificate and a knock-out on the terminal."""

from typing import TYPE_CHECKING

from rich.table import Table

from wann_rt.core.controller import Controller
from wann_rt.display.formulas import node_names
from wann_rt.display.tables import console, escape, table

if TYPE_CHECKING:
    from wann_rt.analysis.certificate import Certificate
    from wann_rt.evaluation.knockout import Knockout


def show_certificate(certificate: "Certificate") -> None:
    """Prints what is proven of a controller, for people."""
    controller = certificate.controller
    out, names = console(), [escape(name) for name in node_names(controller)]
    ranges = ", ".join(f"{escape(name)} {low:g} to {high:g}" for name, (low, high) in certificate.box.items())
    out.print(f"For every observation with {ranges}:", soft_wrap=True)
    out.print(_slopes(certificate))
    flat = [f"{escape(s.action)} on {escape(s.observation)}" for s in certificate.slopes if s.bound == 0]
    if flat:
        out.print(f"No slope: {', '.join(flat)}\n", soft_wrap=True)
    if certificate.jumps:
        made = table("Jumps of step nodes", "node", "action", ">at most", "unit")
        for jump in certificate.jumps:
            made.add_row(names[jump.node], escape(jump.action), f"{jump.bound:.4g}", _unit(controller, jump.action))
        out.print(made)
    out.print(_nodes(names, certificate))
    for name, (low, high) in certificate.limits.items():
        unmet = [end for end, met in (("lower", low), ("upper", high)) if not met]
        if unmet:
            out.print(f"{escape(name)}: its {' and its '.join(unmet)} limit cannot be met", soft_wrap=True)
    wrong = ", ".join(f"{escape(name)} {error:.2g}" for name, error in certificate.rounding.items())
    out.print(f"float32 differs from these formulas in real numbers by at most: {wrong}", soft_wrap=True)


def _slopes(certificate: "Certificate") -> Table:
    made = table("\nGreatest slopes between jumps", "action", "observation", ">proven", ">found", ">ratio")
    for slope in certificate.slopes:
        if slope.bound > 0:
            ratio = f"{slope.bound / slope.found:.2f}" if slope.found else "-"
            figures = f"{slope.bound:.4g}", f"{slope.found:.4g}", ratio
            made.add_row(escape(slope.action), escape(slope.observation), *figures)
    return made


def _nodes(names: list[str], certificate: "Certificate") -> Table:
    made = table("Ranges of nodes", "node", "activation", ">lowest", ">highest", "")
    for node in certificate.nodes:
        made.add_row(names[node.node], node.activation, f"{node.low:.4g}", f"{node.high:.4g}", node.note)
    return made


def _unit(controller: Controller, action: str) -> str:
    return next(escape(channel.unit) for channel in controller.actions if channel.name == action)


def show_knockout(result: "Knockout") -> None:
    """Prints what each part is worth, the dearest first."""
    names = [escape(name) for name in node_names(result.controller)]
    made = table(
        f"Without one part of it; with all: {result.whole.mean:.1f} ± {result.whole.ci95:.1f}",
        *("part", ">score", ">lost", ">95 % interval", ""),
    )
    for part in sorted(result.parts, key=lambda part: -part.lost):
        what = f"node {names[part.target]}" if part.source is None else f"{names[part.source]} -> {names[part.target]}"
        figures = f"{part.score.mean:.1f}", f"{part.lost:.1f}", f"± {part.lost_ci95:.1f}"
        made.add_row(what, *figures, "dead" if part.is_dead else "")
    console().print(made)
