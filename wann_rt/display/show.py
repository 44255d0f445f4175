"""``wr.show``: one function that prints for people what the library returns."""

from wann_rt.core.controller import Controller
from wann_rt.display.evaluation import show_evaluation, show_robustness
from wann_rt.display.tables import console, show_controller
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.robustness import Robustness
from wann_rt.exporters.parity.report import Report
from wann_rt.exporters.parity.table import report_table


def show(subject: Controller | Evaluation | Robustness | Report) -> None:
    """Prints tables.

    Args:
        subject: a controller: what it observes, computes and does; an evaluation, a robustness or a report of
            ``verify``: its figures.
    """
    if isinstance(subject, Controller):
        show_controller(subject)
    elif isinstance(subject, Evaluation):
        show_evaluation(subject)
    elif isinstance(subject, Robustness):
        show_robustness(subject)
    else:
        console().print(report_table(subject))
