"""An evaluation on the terminal: its progress while an environment is played, then its scores."""

from types import TracebackType
from typing import TYPE_CHECKING

from wann_rt.display.formulas import number
from wann_rt.display.live import Live
from wann_rt.display.tables import console, table
from wann_rt.evaluation.baseline import CONDITIONS as BASELINE_CONDITIONS
from wann_rt.evaluation.baseline import nearest

if TYPE_CHECKING:
    from wann_rt.evaluation.conditions import Evaluation
    from wann_rt.evaluation.robustness import Robustness

CONDITIONS = {
    "random_weights": "random weights, U(-2, 2) each",
    "random_shared": "random shared weight, U(-2, 2)",
    "six_weights": "mean of the six shared weights",
    "tuned_shared": "tuned shared weight",
    "own_weight": "the controller as it is",
}


class EvaluationProgress:
    """Shows episodes as they are played, and what for: a live line on a terminal, a line now and then elsewhere.

    Compiled tasks do not tell of episodes, because they are scored in seconds; of them only what is done is shown.
    """

    def __init__(self, total: int | None, *, quiet: bool) -> None:
        """Prepares for ``total`` episodes; ``quiet`` shows nothing."""
        self.done = 0
        self._live = Live("scoring" if total is None else "episode", total, quiet=quiet)

    def __enter__(self) -> "EvaluationProgress":
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def update(self, episodes: int) -> None:
        """Shows that so many more episodes have been played."""
        self.done += episodes
        self._live.update(self.done)


def show_evaluation(result: "Evaluation") -> None:
    """Prints scores by condition."""
    made = table(
        f"{result.task}: {result.connections} connections",
        *("condition", ">mean", ">95 % interval", ">sd", ">episodes", ">effort", ">sign changes/s"),
    )
    for name, score in result.scores.items():
        label = CONDITIONS[name] + (f" {number(result.tuned_weight)}" if name == "tuned_shared" else "")
        behaviour = ("" if x is None else f"{x:.{digits}f}" for x, digits in ((score.effort, 3), (score.chatter, 1)))
        figures = f"{score.mean:.1f}", f"± {score.ci95:.1f}", f"{score.sd:.1f}", str(score.episodes)
        made.add_row(label, *figures, *behaviour)
    console().print(made)
    guessed = nearest(result.task, result.connections)
    if guessed is not None:
        for condition in BASELINE_CONDITIONS:
            text = f"{CONDITIONS[condition]}: {guessed.text(condition)}"
            console().print(f"random networks of {guessed.connections} connections, {text}", soft_wrap=True)


def show_robustness(result: "Robustness") -> None:
    """Prints scores by disturbance."""
    made = table(
        "The controller as it is, disturbed; up to so much in each episode",
        *("disturbance", ">mean", ">95 % interval", ">sd", ">lowest", ">lost"),
    )
    for name, score in {"none": result.plain, **result.scores}.items():
        lost = result.plain.mean - score.mean
        made.add_row(
            name, f"{score.mean:.1f}", f"± {score.ci95:.1f}", f"{score.sd:.1f}", f"{score.low:.0f}", f"{lost:.1f}"
        )
    console().print(made)
