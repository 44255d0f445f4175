"""Ending a process that runs an environment, with everything that the environment has started.

A worker leads a process group of its own, which is killed as a whole. What has left the group (a daemon does) still
carries the worker's mark in its environment variables, where the system shows them (Linux).
"""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import NoReturn

MARK = "WANN_RT_WORKER"  # the variable that holds the mark
ROUNDS = 20  # at most: what is killed may have started another process just before


def kill_group(leader: int) -> None:
    """Kills the process group of a worker."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):  # all of it has ended
            os.killpg(leader, signal.SIGKILL)


def end_with_everything() -> NoReturn:
    """Ends this process, and what its environment has started, in its process group or out of it."""
    kill_marked(os.environ.get(MARK, ""), but=os.getpid())
    if os.name == "posix" and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def kill_marked(mark: str, but: int = 0) -> None:
    """Kills every process that carries the mark, but one."""
    for _ in range(ROUNDS if mark else 0):
        found = [process for process in marked(mark) if process != but]
        for process in found:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)


def marked(mark: str) -> list[int]:
    """Returns the processes that carry the mark and have not ended."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended just now, or is of another user
            if wanted in (folder / "environ").read_bytes().split(b"\0") and state(int(folder.name)) not in "ZX":
                found.append(int(folder.name))
    return found


def state(process: int) -> str:
    """Returns the letter that /proc has for what a process does, such as T for stopped; R where there is no /proc."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return "R"
