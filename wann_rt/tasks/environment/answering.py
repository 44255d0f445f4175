"""A process of its own that says what an environment is like: its code runs there and never in the process that asks.

Whatever a constructor does - changes the folder, prints, ends the process, hangs, starts a simulator - is done to that
process alone. Messages are pickles between a process and its own child.
"""

import contextlib
import os
import pickle
import signal
import threading
import warnings
from typing import Any, BinaryIO, Literal, NamedTuple

from wann_rt.core.errors import TaskError, WannError
from wann_rt.tasks.environment.leftovers import end_with_everything
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.environment.task import EnvironmentTask


class Question(NamedTuple):
    """What is asked: what a maker makes with these arguments."""

    maker: Maker
    kwargs: dict[str, Any]


class Said(NamedTuple):
    """A warning that came while the environment was made: text, builtin class, file and line."""

    text: str
    kind: str
    file: str
    line: int


class Told(NamedTuple):
    """What is answered: first that the environment is made, then what it is like, or why it cannot be played."""

    kind: Literal["made", "described", "failed"]
    task: EnvironmentTask | None = None
    inner_id: str | None = None
    error: WannError | None = None
    warnings: tuple[Said, ...] = ()


def main(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answers one question, closes the environment and ends, with all that the environment has started."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the process that asks
    question: Question = pickle.load(questions)
    threading.Thread(target=_end_with, args=(questions,), daemon=True).start()

    process = os.getpid()

    def tell(told: Told) -> None:
        if os.getpid() != process:  # the environment has forked, and the copy has come here, too
            os._exit(0)
        pickle.dump(told, answers)
        answers.flush()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", ResourceWarning)  # about objects of this process, which ends
        answer, close = _answer(question, lambda: tell(Told("made")))
    tell(answer._replace(warnings=tuple(map(_said, seen))))
    with contextlib.suppress(BaseException):  # the answer is given; an error of closing changes nothing in it
        close()
    end_with_everything()


def _answer(question: Question, made: Any) -> tuple[Told, Any]:
    """Returns the answer, and what closes the environment."""
    from wann_rt.tasks.environment.describe import described  # imports Gymnasium, which may warn, too

    try:
        found = described(question.maker, question.kwargs, made)
    except WannError as error:
        return Told("failed", error=error), lambda: None
    except BaseException as error:  # the environment is somebody else's code: it may raise anything
        text = f"environment {question.maker.env_id} cannot be described: {type(error).__name__}: {error}"
        return Told("failed", error=TaskError(text)), lambda: None
    return Told("described", found.task, found.inner_id), found.close


def _said(warning: warnings.WarningMessage) -> Said:
    kind = next(kind.__name__ for kind in warning.category.__mro__ if kind.__module__ == "builtins")
    return Said(str(warning.message), kind, warning.filename, warning.lineno)


def _end_with(questions: BinaryIO) -> None:
    """Ends this process with the one that asked, however that ends: then nothing more comes, and the pipe is closed."""
    with contextlib.suppress(OSError, ValueError):
        questions.read()
    end_with_everything()
