"""Mutated files given to commands; each command works, or ends with one line on standard error and nothing written.

As a program it tries many (``make fuzz-inputs``) and prints what it saw as JSON; tests/cli/test_fuzz_commands.py tries
a sample. Commands run in a process that was forked for many of them: see ``apart``.
"""

import argparse
import contextlib
import functools
import json
import random
import shutil
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner, Result
from fuzz_inputs import LINE, PUBLISHED, mutated, signed
from helpers import apart
from helpers.small_controllers import controller, example, row_of

from wann_rt.cli import main as wann_rt
from wann_rt.core import files
from wann_rt.core.controller import Weight
from wann_rt.core.disk import write_atomic
from wann_rt.zoo import load

BATCH = 25
LONGEST = 30.0  # seconds of a processor for one command
SECONDS = ("--episodes", "2", "--threads", "1")
RIGHT = ("taken", "refused")
_RUN = Path()  # a finished run, once there is one
VALUES: tuple[Any, ...] = (
    True, False, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100, 65_535, 2**31, -0.0, 0.1, 1.5, -2.25, 1e-45, 3e38, 1e39, "",
    "x", "x" * 5000, "\x1b]0;x\x07", "\x1b[2J", "\x9b31m", "[/b]", "[link=file:///x]x", "<b>&amp;", "*/ #error", "??/",
    "\\", '"', "'", "$(x)", "../../x", "/", "\n", "\r", "\t", "\x00", "\x7f", "\u202e", "\u2028", "\ufeff", "\ud800",
    "%s%n", "\U0001f600", "pendulum", "cartpole-swingup", "shared", "ensemble", "connections", "values", "argmax",
)  # fmt: skip
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # categories of characters that tell a terminal something, but the line's end


class Door(NamedTuple):
    """A command: its arguments, and what one of its files should hold; the others in the folder are good."""

    arguments: tuple[str, ...]
    file: str
    good: Callable[[], tuple[str, ...]]
    writes: tuple[str, ...] = ()


@functools.cache
def _controllers() -> tuple[str, ...]:
    """Files with a weight for each connection, a shared one, an ensemble; with scores, vectors and provenance."""
    several = replace(controller(row_of("tanh", 2)), weight=Weight("ensemble", (-1.0, 0.5, 2.0)))
    return (*(files.to_text(load(name)) for name in ("cartpole-swingup", "pendulum")), files.to_text(example()),
            files.to_text(several))  # fmt: skip


def _of_controller(*arguments: str, writes: str = "") -> Door:
    return Door(arguments, "c.json", _controllers, (writes,) if writes else ())


def _generations() -> tuple[str, ...]:
    return ("".join(json.dumps(LINE | {"generation": k}) + "\n" for k in range(3)),)


def _champions() -> tuple[str, ...]:
    found = [json.loads(files.to_text(load(name))) for name in ("cartpole-swingup", "cartpole-swingup-robust")]
    lines = [{"generation": k, "fitness": 1.5 * k, "controller": one} for k, one in enumerate(found)]
    return ("".join(json.dumps(line) + "\n" for line in lines),)


def _settings() -> tuple[str, ...]:
    return ('population = 4\ngenerations = 2\nseed = 3\nweights = [-2.0, 1]\nepisodes = 1\nretest_episodes = 1\n'
            'scored_episodes = 2\nsweep_weights = 1\nranking = "scalar"\n',)  # fmt: skip


def _run_settings() -> tuple[str, ...]:
    return ((_RUN / "config.json").read_text(),)


DOORS = {
    "show": _of_controller("show", "c.json"),
    "show --json": _of_controller("show", "c.json", "--json"),
    "evaluate": _of_controller("evaluate", "c.json", "--json", *SECONDS),
    "tune": _of_controller("tune", "c.json", "--method", "pepg", "--steps", "999", "-q", "--out", "t.json",
                           writes="t.json"),
    "export c": _of_controller("export", "c.json", "--out", "c.h", writes="c.h"),
    "export c q12": _of_controller("export", "c.json", "--out", "c.h", "--number", "q12", writes="c.h"),
    "export onnx": _of_controller("export", "c.json", "--out", "c.onnx", writes="c.onnx"),
    "export blob": _of_controller("export", "c.json", "--out", "c.bin", "--to", "blob", writes="c.bin"),
    "package": _of_controller("package", "c.json", "--for", "arduino", "--out", "made", writes="made"),
    "page": _of_controller("page", "c.json", "--no-curve", "--out", "p.html", writes="p.html"),
    "plot network": _of_controller("plot", "network", "c.json", "--out", "n.svg", writes="n.svg"),
    "verify": _of_controller("verify", "c.json", "--vectors", "20", "--json"),
    "search --start": _of_controller("search", "swingup", "--start", "c.json", "--config", "s.toml", "-q", "--out", "r",
                                     writes="r/champion.json"),
    "search --config": Door(("search", "swingup", "--config", "s.toml", "-q", "--out", "r"), "s.toml", _settings,
                            ("r/champion.json",)),
    "import": Door(("import", "p.out", "--out", "i.json"), "p.out", lambda: (PUBLISHED,), ("i.json",)),
    "plot search": Door(("plot", "search", "run", "--out", "s.svg"), "run/generations.jsonl", _generations, ("s.svg",)),
    "report, generations": Door(("report", "run", "--episodes", "2"), "run/generations.jsonl", _generations,
                                ("run/report.html",)),
    "report, champions": Door(("report", "run", "--episodes", "2"), "run/champions.jsonl", _champions,
                              ("run/report.html",)),
    "report, champion": Door(("report", "run", "--episodes", "2"), "run/champion.json", _controllers,
                             ("run/report.html",)),
    "report, settings": Door(("report", "run", "--episodes", "2"), "run/config.json",
                             _run_settings, ("run/report.html",)),
    "search, longer": Door(("search", "swingup", "--config", "s.toml", "--generations", "3", "-q", "--out", "run"),
                           "run/config.json", _run_settings),
}  # fmt: skip


def prepared(root: Path) -> None:
    """Searches the run folder of which commands get copies."""
    global _RUN
    _RUN = root / "run"
    (root / "s.toml").write_text(_settings()[0])
    with contextlib.chdir(root):
        CliRunner().invoke(wann_rt, ["search", "swingup", "--config", "s.toml", "-q", "--out", "run"])


def outcome(name: str, text: str, folder: Path) -> str:
    """Gives a command the text as its file; returns "taken", "refused", or what is wrong with how it ended."""
    door = DOORS[name]
    shutil.copytree(_RUN, folder / "run")
    (folder / "c.json").write_text(_controllers()[2])
    (folder / "s.toml").write_text(_settings()[0])
    (folder / door.file).write_text(text, encoding="utf-8", errors="surrogatepass")
    with contextlib.chdir(folder):
        came = CliRunner().invoke(wann_rt, door.arguments, color=True)
    written = [path for path in door.writes if (folder / path).exists()]
    return _judged(came, written == list(door.writes), written)


def _judged(came: Result, is_there: bool, written: list[str]) -> str:
    if came.exception is not None and not isinstance(came.exception, SystemExit):
        return f"{type(came.exception).__name__}: {str(came.exception)[:200]}"
    if any(unicodedata.category(c) in UNSEEN and c != "\n" for c in came.output):
        return f"control characters: {came.output[:300]!r}"
    if came.exit_code in (0, 1, 3):
        return "taken" if is_there else f"exit code {came.exit_code}, but nothing was written"
    lines = [line for line in came.stderr.splitlines() if not line.startswith("wann-rt: warning: ")]
    ours = [line for line in lines if line.startswith(("wann-rt: error: ", "Error: "))]
    if came.exit_code != 2 or len(ours) != 1 or came.stdout:
        return f"exit code {came.exit_code}, said {came.stdout[:100]!r} and {came.stderr[:300]!r}"
    return f"refused, but {written} is there" if written else "refused"


def changed(text: str, chance: random.Random) -> str:
    """Returns a JSON text in which one to three values are others of the same type, so that many are taken."""
    lines = text.splitlines()
    if len(lines) > 1 and lines[0].endswith("}"):  # JSON lines
        at = chance.randrange(len(lines))
        return "".join(f"{changed(line, chance) if k == at else line}\n" for k, line in enumerate(lines))
    content = json.loads(text)
    for _ in range(chance.randint(1, 3)):
        here: Any = content
        while True:
            key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
            if not isinstance(here[key], (dict, list)) or not here[key]:
                break
            here = here[key]
        kind = type(here[key])
        here[key] = chance.choice([v for v in VALUES if type(v) is kind] or [here[key]])
    return json.dumps(content)


def text_of(name: str, case: int, seed: int) -> str:
    """Returns a mutant of a door's file; most of them have a right digest, if they are to have one."""
    chance = random.Random(f"{name} {seed} {case}")
    good = chance.choice(DOORS[name].good())
    text = changed(good, chance) if good.startswith("{") and chance.random() < 0.5 else mutated(good, chance)
    return signed(text) if chance.random() < 0.8 and DOORS[name].good is _controllers else text


class Attempts:
    """Case after case of one door, each from a seed of its own; the door's good input must be taken."""

    def __init__(self, name: str, seed: int, root: Path) -> None:
        """Runs the command once, which may have to compile."""
        self.name, self.seed, self.root = name, seed, root
        came = self._tried(DOORS[name].good()[0])
        if came != "taken":
            raise SystemExit(f"{name}: a good file is not taken: {came}")

    def __call__(self, case: int) -> str:
        """Tries one; returns "taken", "refused", or what was wrong."""
        return self._tried(text_of(self.name, case, self.seed))

    def _tried(self, text: str) -> str:
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            return outcome(self.name, text, Path(folder))


def tried(attempts: Attempts, cases: range) -> dict[str, Any]:
    """Tries these; returns how many were taken and refused, and what went wrong."""
    came = apart.outcomes(attempts, cases, LONGEST)
    wrong = [f"case {case}: {said}" for case, said in zip(cases, came, strict=True) if said not in RIGHT]
    counts = {right: came.count(right) for right in RIGHT}
    return {"cases": len(cases), **counts, "wrong": len(wrong), "first": wrong[:5]}


def at_door(attempts: Attempts, seen: dict[str, Any], cases: int, seconds: float) -> Iterator[dict[str, Any]]:
    """Yields the sums so far, after each batch; ends at so many cases, or after so many seconds."""
    end = time.monotonic() + seconds
    while seen["cases"] < cases and time.monotonic() < end:
        begin, first = time.monotonic(), seen["cases"]
        more = tried(attempts, range(first, min(first + BATCH, cases)))
        seen = apart.together(seen, more | {"seconds": round(time.monotonic() - begin, 1)})
        yield seen


def main() -> None:
    """Tries as many as the command says with each command, and with a file goes on where an earlier call stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000, help="of each door in all, those in the file included")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, at each door, in this call")
    parser.add_argument("--seconds-in-all", type=float, default=float("inf"), help="the same for all doors together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--door", choices=list(DOORS), action="append")
    parser.add_argument("--file", type=Path, help="what was seen so far, written after each batch")
    parser.add_argument("--case", type=int, help="only print this one of --door")
    chosen = parser.parse_args()
    found: dict[str, Any] = {}
    if chosen.file is not None and chosen.file.exists():
        found = json.loads(chosen.file.read_text())
    with tempfile.TemporaryDirectory() as root:
        prepared(Path(root))
        if chosen.case is not None:
            sys.exit(text_of(chosen.door[0], chosen.case, chosen.seed))
        doors = chosen.door or list(DOORS)
        seconds = min(chosen.seconds, chosen.seconds_in_all / len(doors))
        for door in doors:
            none = {"cases": 0, "taken": 0, "refused": 0, "wrong": 0, "first": [], "seconds": 0.0}
            attempts = Attempts(door, chosen.seed, Path(root))
            for seen in at_door(attempts, found.get(door, none), chosen.cases, seconds):
                found[door] = seen
                if chosen.file is not None:
                    write_atomic(chosen.file, json.dumps(found).encode())
            print(f"{door}: {json.dumps(found.get(door))}", file=sys.stderr, flush=True)
    cases, wrong = (sum(at[key] for at in found.values()) for key in ("cases", "wrong"))
    print(json.dumps({"cases": cases, "wrong": wrong, "doors": found}))
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
