"""An environment that misbehaves in one of its methods, in one way."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from helpers.odd_environments import Glider

# A number that nothing else on the machine sleeps for, nor another of the processes that run tests at the same time.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
SLEEP = ("sleep", os.environ.get("RUDE_SECONDS", str(611 + WORKER)))
METHODS = ("constructor", "reset", "step", "close")


def _crowd() -> None:
    for k in range(40):
        subprocess.Popen(SLEEP, start_new_session=k % 2 == 0)


def _thread() -> None:
    threading.Thread(target=time.sleep, args=(611,), daemon=False).start()


def _no_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _deaf() -> None:
    _no_signals()
    time.sleep(611)


def _interrupted() -> None:
    raise KeyboardInterrupt


def _told_to_stop() -> None:
    raise StopIteration("no more")


DEEDS: dict[str, Callable[[], Any]] = {
    "prints": lambda: (print("{}", flush=True), os.write(1, b"raw {}")),
    "changes the folder": lambda: os.chdir("/"),
    "exits": lambda: sys.exit(0),
    "exits at once": lambda: os._exit(0),
    "kills itself": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "is interrupted": _interrupted,
    "stops": _told_to_stop,
    "reads": lambda: sys.stdin.read(),
    "closes the output": lambda: (sys.stdout.close(), sys.stderr.close()),
    "closes all files": lambda: os.closerange(0, 64),
    "forks": os.fork,
    "starts a crowd": _crowd,
    "starts a thread": _thread,
    "ignores signals": _no_signals,
    "ignores signals and hangs": _deaf,
    "clears the environment": os.environ.clear,
    "forgets modules": lambda: [sys.modules.pop(name) for name in list(sys.modules) if name.startswith("wann_rt")],
}


class Rude(Glider):
    """Misbehaves once: the first time that the method is called."""

    def __init__(self, where: str = "", how: str = "") -> None:
        super().__init__()
        self.where, self.how = where, how
        self._misbehave("constructor")

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins."""
        self._misbehave("reset")
        return super().reset(seed=seed)

    def step(self, action: Any) -> Any:
        """Goes on."""
        self._misbehave("step")
        return super().step(action)

    def close(self) -> None:
        """Ends."""
        self._misbehave("close")

    def _misbehave(self, method: str) -> None:
        if self.where == method:
            self.where = ""
            with contextlib.suppress(OSError) if method == "close" else contextlib.nullcontext():
                DEEDS.get(self.how, bool)()
