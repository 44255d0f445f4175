"""Asking what an environment is like: the answer comes from a process of its own, and nothing of that is left."""

import builtins
import pickle
import queue
import sys
import warnings
from typing import Any

from wann_rt.core.errors import TaskError
from wann_rt.play.backends.worker_process import DESCRIBER, SECONDS_TO_CLOSE, SilentError, Worker, ended, next_answer
from wann_rt.tasks.environment.answering import Question, Said, Told
from wann_rt.tasks.environment.maker import Maker
from wann_rt.tasks.environment.task import EnvironmentTask


def described(maker: Maker, kwargs: dict[str, Any], step_timeout: float) -> tuple[EnvironmentTask, str | None]:
    """Returns an environment as a task, and the id under which what is inside of its wrappers is registered.

    Raises:
        WannError: there is no such environment, it cannot be made, it hangs or ends the process that makes it, or a
            controller cannot play it as it is.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    question = Question(maker, kwargs)
    worker = Worker(DESCRIBER, pickle.dumps(sys.path) + pickle.dumps(question), answers)
    worker.job = question
    try:
        told = _answer(worker, answers, maker.env_id, step_timeout)
        worker.job = None  # it may close the environment now, in limited time
    finally:
        worker.end(SECONDS_TO_CLOSE)
    for said in told.warnings:
        _warn(said)
    if told.error is not None:
        raise told.error
    assert told.task is not None
    return told.task, told.inner_id


def _answer(worker: Worker, answers: "queue.SimpleQueue[Any]", env_id: str, step_timeout: float) -> Told:
    while True:
        try:
            _, told = next_answer(answers, [worker], step_timeout)
        except SilentError as error:
            raise TaskError(error.about(env_id)) from None
        if told is None:
            worker.end()
            raise TaskError(
                f"environment {env_id} ended the process that made it ({ended(worker.process.returncode)}); its "
                "constructor, or importing its module, must neither exit nor crash"
            )
        if told.kind != "made":
            return told  # type: ignore[no-any-return]
        worker.hears(step_timeout)


def _warn(said: Said) -> None:
    """Warns here of what the other process was warned of, as if it had been here: the user's filters decide."""
    warnings.warn_explicit(said.text, getattr(builtins, said.kind), said.file, said.line)
