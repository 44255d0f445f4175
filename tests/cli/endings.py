"""Ends each long command by each signal that ends a program, and looks for what is left.

As a program it tries all of them and prints what it saw as JSON; tests/cli/test_endings.py tries a sample.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
ENDLESS = "1000000"
COMMANDS = {
    "search": ["search", "swingup", "--generations", ENDLESS, "--population", "64", "--out", "run"],
    "search --env": ["search", "--env", "Pendulum-v1", "--generations", ENDLESS, "--population", "8", "--out", "run"],
    "tune": ["tune", "zoo:cartpole-swingup", "--method", "pepg", "--steps", "100000000000", "--out", "tuned.json"],
    "tune --env": ["tune", "zoo:pendulum", "--env", "Pendulum-v1", "--method", "pepg", "--out", "tuned.json"],
    "evaluate": ["evaluate", "zoo:cartpole-swingup", "--episodes", "200000"],
    "evaluate --env": ["evaluate", "zoo:pendulum", "--env", "Pendulum-v1", "--episodes", "100000"],
    "plot disturbed": ["plot", "disturbed", "zoo:cartpole-swingup", "--episodes", "100000", "--out", "plot.svg"],
}
SECONDS_TO_BEGIN, SECONDS_TO_END = 90.0, 60.0
CPU_SECONDS = 4.0  # after which a command is at work, whatever it had to import
RIGHT = (0, 130)  # with a result, or without one


def ended(command: str, name: str, folder: Path) -> str:
    """Runs a command, sends it a signal once it is at work; returns what is wrong with its end, or nothing."""
    script = Path(sys.executable).with_name("wann-rt")
    with (folder / "said").open("w+b") as said, _running([str(script), *COMMANDS[command]], folder, said) as process:
        if not _at_work(process):
            return f"{command}: ended by itself with {process.returncode}: {(folder / 'said').read_text()[-300:]}"
        process.send_signal(getattr(signal, name))
        try:
            code = process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            return f"{command}: {name} did not end it"
        left = [pid for pid in _of_session(process.pid) if pid != process.pid]
        text = (folder / "said").read_text(errors="replace")
    wrong = []
    if code not in RIGHT:
        wrong.append(f"exit code {code}")
    if "Traceback" in text or "Exception" in text:
        wrong.append(f"it said {text[-300:]!r}")
    if left:
        wrong.append(f"{len(left)} processes are left")
    half = [path.name for path in folder.rglob(".*.tmp")]
    wrong += [f"{half} are half written"] if half else []
    return f"{command} {name}: {'; '.join(wrong)}" if wrong else ""


@contextlib.contextmanager
def _running(command: list[str], folder: Path, said: object) -> Iterator[subprocess.Popen[bytes]]:
    """Runs in a session of its own; whoever started this program may have had Ctrl-C ignored, as shells do with &."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=said, stderr=said, start_new_session=True, preexec_fn=_heeding,
    )  # type: ignore[call-overload]  # fmt: skip
    try:
        yield process
    finally:
        for pid in _of_session(process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def _heeding() -> None:
    for name in SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def _at_work(process: subprocess.Popen[bytes]) -> bool:
    """Waits until the command has computed for a while; returns whether it still runs."""
    end = time.monotonic() + SECONDS_TO_BEGIN
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError, IndexError):
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > CPU_SECONDS:
                return True
            if len(_marked_children(process.pid)) > 0 and time.monotonic() > end - SECONDS_TO_BEGIN + CPU_SECONDS:
                return True
        time.sleep(0.05)
    return process.poll() is None


def _marked_children(parent: int) -> list[int]:
    return [pid for pid, fields in _processes() if fields[1] == str(parent)]


def _of_session(session: int) -> list[int]:
    """Returns what runs in a session, and the workers of its processes, which have sessions of their own."""
    found = {pid for pid, fields in _processes() if fields[3] == str(session) and fields[0] not in "ZX"}
    workers = {pid for pid, fields in _processes() if fields[1] in map(str, found) and fields[0] not in "ZX"}
    return sorted(found | workers)


def _processes() -> Iterator[tuple[int, list[str]]]:
    """Yields each process with state, parent, group, session, ... as /proc has them."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), path.read_text().rpartition(")")[2].split()


def main() -> None:
    """Tries every signal on every command."""
    wrong = []
    for command, name in itertools.product(COMMANDS, SIGNALS):
        with tempfile.TemporaryDirectory() as folder:
            wrong.append(ended(command, name, Path(folder)))
        print(f"{command} {name}: {wrong[-1] or 'right'}", file=sys.stderr, flush=True)
    found = [text for text in wrong if text]
    print(json.dumps({"tried": len(wrong), "wrong": len(found), "first": found[:5]}))


if __name__ == "__main__":
    main()
