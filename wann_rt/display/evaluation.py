"""An evaluation on the terminal: its progress while an environment is played, then its scores."""

from typing import TYPE_CHECKING

from wann_rt.display.formulas import number
from wann_rt.display.live import Live, Showing
from wann_rt.display.tables import console, escape, paragraph, table
from wann_rt.evaluation.baseline import CONDITIONS as BASELINE_CONDITIONS
from wann_rt.evaluation.baseline import nearest

if TYPE_CHECKING:
    from wann_rt.evaluation.conditions import Evaluation
    from wann_rt.evaluation.robustness import Robustness

CONDITIONS = {
    "random_weights": "random weights",
    "random_shared": "random shared weight",
    "six_weights": "six shared weights",
    "tuned_shared": "tuned shared weight",
    "own_weight": "as it is",
}


LEGEND = (
    "random: from U(-2, 2), anew in each episode; six: -2, -1, -0.5, 0.5, 1, 2, their mean; effort: mean |action|; "
    "changes: of an action's sign"
)


class EvaluationProgress(Showing):
    """Shows episodes as they are played, and what for: a live line on a terminal, a line now and then elsewhere.

    Compiled tasks do not tell of episodes, because they are scored in seconds; of them only what is done is shown.
    """

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        """Prepares for ``total`` episodes; ``quiet`` shows nothing."""
        self.done = 0
        self._live = Live("scoring" if total is None else "episode", total, quiet=quiet)

    def update(self, episodes: int) -> None:
        """Shows that so many more episodes have been played."""
        self.done += episodes
        self._live.update(self.done)


def show_evaluation(result: "Evaluation") -> None:
    """Prints scores by condition."""
    made = table(
        f"{escape(result.task)}: {result.connections} connections",
        *("condition", ">mean", ">95 %", ">sd", ">episodes", ">effort", ">changes/s"),
        tight=True,
    )
    made.columns[0].no_wrap = True
    for name, score in result.scores.items():
        label = CONDITIONS[name] + (f" {number(result.tuned_weight)}" if name == "tuned_shared" else "")
        behaviour = ("" if x is None else f"{x:.{digits}f}" for x, digits in ((score.effort, 3), (score.chatter, 1)))
        figures = f"{score.mean:.1f}", f"± {score.ci95:.1f}", f"{score.sd:.1f}", str(score.episodes)
        made.add_row(label, *figures, *behaviour)
    console().print(made)
    paragraph(LEGEND)
    guessed = nearest(result.task, result.connections)
    if guessed is not None:
        for condition in BASELINE_CONDITIONS:
            text = f"{CONDITIONS[condition]}: {guessed.text(condition)}"
            paragraph(f"random networks of {guessed.connections} connections, {text}")


def show_robustness(result: "Robustness") -> None:
    """Prints scores by disturbance."""
    made = table(
        "\nThe controller as it is, disturbed; up to so much in each episode",
        *("disturbance", ">mean", ">95 %", ">sd", ">lowest", ">lost"),
    )
    for name, score in {"none": result.plain, **result.scores}.items():
        lost = result.plain.mean - score.mean
        made.add_row(
            name, f"{score.mean:.1f}", f"± {score.ci95:.1f}", f"{score.sd:.1f}", f"{score.low:.0f}", f"{lost:.1f}"
        )
    console().print(made)
