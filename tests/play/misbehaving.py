"""Searches with environments that misbehave in each method in each way; looks at what came of it, and what is left.

As a program it tries all of them and prints what it saw as JSON; tests/play/test_misbehaving.py tries a sample.
"""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers.rude_environments import DEEDS, METHODS, SLEEP

TINY = ["--population", "4", "--generations", "1", "--set", "drawn_weights=1", "--set", "retest_episodes=1"]
BRIEF = ["--set", "scored_episodes=2", "--set", "sweep_weights=1", "--task-set", "max_steps=5", "--threads", "1"]
LONGEST = 300.0


def searched(where: str, how: str, folder: Path) -> str:
    """Searches with such an environment; returns what is wrong with how it ended, or nothing."""
    script = Path(sys.executable).with_name("wann-rt")
    named = ["--env", "helpers.rude_environments:Rude", "--env-set", f"where={where}", "--env-set", f"how={how}"]
    command = [str(script), "search", *named, *TINY, *BRIEF, "--step-timeout", "20", "--out", "run", "--json"]
    seconds = str(700 + os.getpid())
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "RUDE_SECONDS": seconds}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=LONGEST, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:  # it hangs, or what it left keeps its output open
        return f"{where} {how}: there was no end"
    finally:
        left = _left(seconds)
    wrong = [f"{len(left)} processes are left"] if left else []
    wrong += _of_output(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"), folder)
    return f"{where} {how}: {'; '.join(wrong)}" if wrong else ""


def _of_output(code: int, output: str, said: str, folder: Path) -> list[str]:
    """Returns what is wrong with what a command printed: a champion in the run folder, or one error."""
    if code == 0:
        champion = folder / "run" / "champion.json"
        try:
            found = json.loads(output)["champion"]
        except (ValueError, KeyError):
            return [f"it printed {output[:80]!r}"]
        return [] if found == "run/champion.json" and champion.exists() else ["there is no champion"]
    ours = [line for line in said.splitlines() if line.startswith("wann-rt: error: environment")]
    right = code == 2 and len(ours) == 1 and output == ""
    return [] if right else [f"exit code {code}, printed {output[:80]!r}, said {said[-300:]!r}"]


def _left(seconds: str = SLEEP[1]) -> list[int]:
    """Returns the simulators that still run, and ends them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes() == "\0".join((SLEEP[0], seconds, "")).encode():
                found.append(int(path.parent.name))
    for pid in found:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return found


def main() -> None:
    """Tries every deed in every method."""
    wrong = []
    for where, how in itertools.product(METHODS, DEEDS):
        with tempfile.TemporaryDirectory() as folder:
            wrong.append(searched(where, how, Path(folder)))
        print(f"{where} {how}: {wrong[-1] or 'right'}", file=sys.stderr, flush=True)
    found = [text for text in wrong if text]
    print(json.dumps({"tried": len(wrong), "wrong": len(found), "first": found[:9]}))


if __name__ == "__main__":
    main()
