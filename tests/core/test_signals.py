"""Laws of interrupts: they come where they do no harm, and none is lost."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import numba
import pytest
from click.testing import CliRunner

from wann_rt import cli
from wann_rt.core.signals import ended_like_ctrl_c, interrupted, uninterrupted
from wann_rt.kernels.jit import jit


def interrupt(name: str = "SIGINT") -> None:
    os.kill(os.getpid(), getattr(signal, name))


@pytest.fixture
def as_a_terminal_starts_it() -> Iterator[None]:
    """Undoes what ``nohup make test`` does to this process, for one test: who has said nohup means it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("as_a_terminal_starts_it")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_each_signal_is_an_interrupt_and_the_handlers_come_back(name: str) -> None:
    before = [signal.getsignal(getattr(signal, other)) for other in ("SIGINT", "SIGTERM", "SIGHUP")]
    with pytest.raises(KeyboardInterrupt), ended_like_ctrl_c():
        interrupt(name)
    assert interrupted()
    assert [signal.getsignal(getattr(signal, other)) for other in ("SIGINT", "SIGTERM", "SIGHUP")] == before


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_the_first_is_held_back_and_the_second_comes_at_once(name: str) -> None:
    done = []

    def held(times: int) -> None:
        with uninterrupted(), uninterrupted():
            for _ in range(times):
                interrupt(name)
            done.append("inner")
        done.append("outer")

    for times in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            held(times)
    assert done == ["inner"]
    held(0)
    assert done == ["inner", "inner", "outer"]


def test_a_handler_of_the_users_own_stays() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        with ended_like_ctrl_c(), uninterrupted():
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [signal.SIGINT]


def test_other_threads_are_left_alone() -> None:
    def work() -> None:
        with ended_like_ctrl_c(), uninterrupted():
            pass

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_kernel_is_compiled_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = type(numba.njit(lambda x: x))
    compiling, seen = kind._compile_for_args, []

    def interrupted_within(self: Any, *arguments: Any, **named: Any) -> Any:
        interrupt()  # in the midst of numba and LLVM, where it may become any error
        seen.append(compiling(self, *arguments, **named))
        return seen[-1]

    monkeypatch.setattr(kind, "_compile_for_args", interrupted_within)

    def doubled(x: float) -> float:
        return 2.0 * x

    with pytest.raises(KeyboardInterrupt):
        jit(doubled)(4.0)
    assert len(seen) == 1


def test_what_a_library_makes_of_an_interrupt_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def importing(**_: Any) -> None:
        try:
            interrupt()
        except KeyboardInterrupt:
            raise RuntimeError("generator did not stop after throw()") from None

    monkeypatch.setattr(cli.tasks.tasks, "callback", importing)
    done = CliRunner().invoke(cli.main, ["tasks"])
    assert done.exit_code == 130
    assert done.stderr == "wann-rt: interrupted before there was a result\n"


def test_where_ctrl_c_is_ignored_an_earlier_interrupt_is_forgotten() -> None:
    with pytest.raises(KeyboardInterrupt), ended_like_ctrl_c():
        interrupt("SIGTERM")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell starts what is to run in the background
    try:
        with ended_like_ctrl_c():
            assert not interrupted()
    finally:
        signal.signal(signal.SIGINT, before)
