"""Mutated inputs at every door that reads what somebody else may have written; each is taken, or refused in one line.

As a program it tries many (``make fuzz-inputs``) and prints what it saw as JSON; tests/cli/test_fuzz_inputs.py tries a
sample.
"""

import argparse
import functools
import json
import random
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from wann_rt import tasks
from wann_rt.cli.options import settings_of
from wann_rt.cli.search import _overlay
from wann_rt.core import files
from wann_rt.core.errors import WannError
from wann_rt.evolution import config
from wann_rt.evolution.journal import GENERATIONS, read_generations
from wann_rt.evolution.run_settings import SETTINGS, read_settings
from wann_rt.evolution.stopping import Stopping
from wann_rt.tasks.any_task import task
from wann_rt.tasks.environment import channels
from wann_rt.tasks.environment.maker import Maker, json_values
from wann_rt.tasks.environment.task import EnvironmentTask, with_options
from wann_rt.zoo import load
from wann_rt.zoo.published import load_out

LONGEST = 5.0  # seconds for one input
TASK = tasks.get("cartpole-swingup")
ENVIRONMENT = EnvironmentTask(
    "Mine", "mine:Mine", {}, Maker("mine:Mine"), "1", TASK.observations, TASK.actions, "values", 50.0, 100
)
NASTY = (
    "1e400", "-1e39", "1e18", "9" * 30, "9" * 400, "9" * 5000, "-1", "0", "-0.0", "0.5", "1e-50", "inf", "-inf", "nan",
    "NaN", "NAN", "-nan", "Infinity", "+inf", "1_000", "0x10", "0b1", "true", "null", "None", '""', '"x"', "''", "[]",
    "{}", "[[]]", "[1, [2]]", '{"a": 1}', "{a = 1}", '"\\ud800"', '"\\u0000"', '"\\u001b]0;x\\u0007"', '"[/b]"',
    "1979-05-27T07:32:00Z", "1979-02-31", "07:32:00", "[" * 3000, "{" * 3000, '[{"a":' * 900, '"' + "x" * 5000 + '"',
    "\u0661\u0662", "\x00", "\ufeff", "\u202e", "\xe9", "\x1b[2J", "\n", ",", "=", "#", "\\", '"""', "true, true",
    "18446744073709551616", "2.0", "1e3", "-2147483649",
)  # fmt: skip
PIECES = re.compile(r'"[^"\n]*"|[\w.+-]+|\s+|[^\w\s]')


def mutated(text: str, chance: random.Random) -> str:
    """Returns a text with one to four faults: pieces replaced, taken out, doubled or swapped; cut; bits turned."""
    pieces = PIECES.findall(text)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        k = chance.randrange(len(pieces))
        match chance.randrange(9):
            case 0 | 1 | 2 | 3:
                pieces[k] = chance.choice(NASTY)
            case 4:
                del pieces[k : k + chance.choice((1, 1, 2, 9))]
            case 5:
                pieces[k:k] = pieces[max(0, k - chance.choice((1, 3, 20))) : k]
            case 6:
                other = chance.randrange(len(pieces))
                pieces[k], pieces[other] = pieces[other], pieces[k]
            case 7:
                pieces = pieces[: max(1, k)]
            case _:
                flat = list(pieces[k])
                at = chance.randrange(len(flat))
                flat[at] = chr(ord(flat[at]) ^ (1 << chance.randrange(8)))
                pieces[k] = "".join(flat)
        pieces = pieces or ["0"]
    return "".join(pieces)


def signed(text: str) -> str:
    """Returns a controller file with the digest that its content should have, if it can have one."""
    try:
        content = json.loads(text)
        rest = {key: value for key, value in content.items() if key != "digest"}
        return json.dumps(rest | {"digest": files._digest(rest)})
    except (ValueError, AttributeError, RecursionError, WannError):
        return text


def _controller(text: str, folder: Path) -> Any:
    """A controller file with a right digest, so that more than the digest is asked."""
    found = files.from_text(signed(text), "fuzzed")
    files.to_text(found)
    return found([0.0] * len(found.observations))


def _settings(text: str, folder: Path) -> Any:
    (folder / "s.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    return config.load("minimal", _overlay(folder / "s.toml", (), {})).digest


def _set(text: str, folder: Path) -> Any:
    return config.load("minimal", settings_of(text.splitlines())).digest


def _task_set(text: str, folder: Path) -> Any:
    return task("swingup", **settings_of(text.splitlines()))


def _options(text: str, folder: Path) -> Any:
    return with_options(ENVIRONMENT, **settings_of(text.splitlines()))


def _env_set(text: str, folder: Path) -> Any:
    return json.dumps(json_values("mine:Mine", settings_of(text.splitlines())))


def _channels(text: str, folder: Path) -> Any:
    (folder / "c.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    return channels.named(ENVIRONMENT, channels.read(folder / "c.toml"))


def _published(text: str, folder: Path) -> Any:
    (folder / "p.out").write_text(text, encoding="utf-8", errors="surrogatepass")
    return files.to_text(load_out(folder / "p.out"))


def _tuned(text: str, folder: Path) -> Any:
    (folder / "p.out").write_text(PUBLISHED)
    (folder / "p.wann.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    return files.to_text(load_out(folder / "p.out", weights=folder / "p.wann.json", weight_bias=0.0))


def _run_settings(text: str, folder: Path) -> Any:
    (folder / SETTINGS).write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_settings(folder)


def _generations(text: str, folder: Path) -> Any:
    (folder / GENERATIONS).write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_generations(folder)


def _budget(text: str, folder: Path) -> Any:
    return Stopping.of(budget=text)


PUBLISHED = "0,0,0,1,0,0.5\n0,0,0,-1,0.5,1\n0,0,0,nan,1,1\n0,0,0,0,2,5\n0,0,0,0,0,1\n".replace(",0.5\n", ",1\n")
LINE = {
    "generation": 0, "best": 1.5, "mean": -0.5, "best_connections": 3, "mean_connections": 2.5, "champion": 1.0,
    "champion_connections": 3, "env_steps": 100, "failed": 0, "seconds": 0.5,
}  # fmt: skip
DOORS: dict[str, tuple[Callable[[str, Path], Any], Callable[[], str]]] = {
    "controller file": (_controller, lambda: files.to_text(load("cartpole-swingup"))),
    "settings (TOML)": (
        _settings,
        lambda: 'population = 12\nseed = 3\nweights = [-2.0, 1]\nranking = "scalar"\ndistinct = true\n'
        'activations = ["tanh", "relu"]\nadd_node = 0.25\nagain = 0.5\nepisodes = 2\n',
    ),
    "--set": (_set, lambda: "population=12\nranking=scalar\nweights=[1, 2]\nelite=0.25\ndistinct=true\nseed=4\n"),
    "--task-set": (_task_set, lambda: "pole_length=0.9\neffort_penalty=0.1\nobservation_noise=0.02\n"),
    "--task-set (environment)": (
        _options,
        lambda: "max_steps=100\nstall_reward=0.5\nfresh=true\nfailures=end\nreward_weights=[1, 2]\nfailure_reward=-1\n",
    ),
    "--env-set": (_env_set, lambda: 'low=-2\nname="a"\nflag=true\nlist=[1, 2]\n'),
    "--channels": (
        _channels,
        lambda: 'rate_hz = 50\nobservations = ["a", "b", {name = "c", unit = "m", low = -1, high = 2.5, clip = true}, '
        '"d", "e"]\nactions = [{name = "push", scale = 2.0, offset = 1}]\n',
    ),
    "published network": (_published, lambda: PUBLISHED),
    "published weights": (_tuned, lambda: "[[0.5, -1.5, 1, 2, 0.25], 300.5, 12]"),
    "config.json": (_run_settings, lambda: json.dumps({"task": "x", "config": {"seed": 1}, "config_digest": "sha"})),
    "generations.jsonl": (
        _generations, lambda: "".join(json.dumps(LINE | {"generation": k}) + "\n" for k in range(3)),
    ),
    "--budget": (_budget, lambda: "10min"),
}  # fmt: skip


def outcome(door: str, text: str, folder: Path) -> str:
    """Puts a text through a door; returns "taken", "refused", or what is wrong."""
    begin = time.monotonic()
    try:
        DOORS[door][0](text, folder)
        came = "taken"
    except WannError as error:
        came = "refused" if str(error) else "refused without a word"
    except Exception as error:  # anything else is a traceback for whoever gave the input
        came = f"{type(error).__name__}: {str(error)[:200]}"
    seconds = time.monotonic() - begin
    return came if seconds < LONGEST else f"took {seconds:.1f} s"


def tried(door: str, cases: int, seed: int) -> dict[str, Any]:
    """Tries so many mutants of a door's good input, which itself must be taken."""
    chance, good = random.Random(f"{door} {seed}"), DOORS[door][1]()
    seen: dict[str, Any] = {"taken": 0, "refused": 0, "wrong": 0, "first": []}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        DOORS[door][0](good, Path(folder))  # which may have to compile first
        for _ in range(cases):
            text = mutated(good, chance)
            came = outcome(door, text, Path(folder))
            if came in seen:
                seen[came] += 1
            else:
                seen["wrong"] += 1
                seen["first"] = [*seen["first"], f"{came} for {text[:300]!r}"][:5]
    return seen


def main() -> None:
    """Tries as many as the command says at each door."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--door", choices=list(DOORS), action="append")
    chosen = parser.parse_args()
    found = {door: tried(door, chosen.cases, chosen.seed) for door in chosen.door or DOORS}
    wrong = sum(seen["wrong"] for seen in found.values())
    total = functools.reduce(lambda n, seen: n + seen["taken"] + seen["refused"] + seen["wrong"], found.values(), 0)
    print(json.dumps({"cases": total, "wrong": wrong, "doors": found}))
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
