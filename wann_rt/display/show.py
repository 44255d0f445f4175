"""``wr.show``: one function that prints for people what the library returns."""

from collections.abc import Callable
from typing import Any

from wann_rt.analysis.certificate import Certificate
from wann_rt.core.controller import Controller
from wann_rt.core.errors import WannError
from wann_rt.display.analysis import show_certificate, show_knockout
from wann_rt.display.evaluation import show_evaluation, show_robustness
from wann_rt.display.monitor import show_whole
from wann_rt.display.tables import console
from wann_rt.display.tuning import show_tuned
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.knockout import Knockout
from wann_rt.evaluation.robustness import Robustness
from wann_rt.exporters.parity.report import Report
from wann_rt.exporters.parity.table import report_table
from wann_rt.tuning.tune import Tuned

Showable = Controller | Evaluation | Robustness | Report | Certificate | Knockout | Tuned


def show(subject: Showable) -> None:
    """Prints tables.

    Args:
        subject: a controller: what it observes, computes and does; an evaluation, a robustness, a report of
            ``verify``, a certificate, a knock-out or what ``tune`` returned: its figures.

    Raises:
        WannError: it is something else.
    """
    for kind, printed in PRINTED.items():
        if isinstance(subject, kind):
            printed(subject)
            return
    listed = ", ".join(kind.__name__ for kind in PRINTED)
    raise WannError(f"show() prints one of {listed}; {type(subject).__name__} came")


def _show_report(report: Report) -> None:
    console().print(report_table(report))


PRINTED: dict[type, Callable[[Any], None]] = {
    Controller: show_whole,
    Evaluation: show_evaluation,
    Robustness: show_robustness,
    Report: _show_report,
    Certificate: show_certificate,
    Knockout: show_knockout,
    Tuned: show_tuned,
}
