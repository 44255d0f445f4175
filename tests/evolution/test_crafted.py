"""Laws of crafted checkpoints: whatever has a right digest is refused by name, or is safe to breed from."""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crafted import CONFIG, TASK, crafted, outcome, saved

from wann_rt.core.errors import FileError
from wann_rt.evolution import checkpoint
from wann_rt.evolution.checked_state import is_acyclic
from wann_rt.evolution.checkpoint import Checkpoint
from wann_rt.evolution.resume import restore
from wann_rt.evolution.search import Search

STATE = saved(12)
WITH_HELPERS = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}


def changed(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> bytes:
    values, arrays = dict(STATE.values), {name: array.copy() for name, array in STATE.arrays.items()}
    values["champion"] = dict(values["champion"])
    change(values, arrays)
    return checkpoint.to_bytes(Checkpoint(values, arrays))


def put(name: str, place: Any, value: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    def change(values: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays[name][place] = value

    return change


def loop(values: dict[str, Any], arrays: dict[str, Any]) -> None:
    first = 1 + len(TASK.observations) + len(TASK.actions)
    arrays["population.n_hidden"][0], arrays["population.n_genes"][0] = 2, 2
    arrays["population.sources"][0, :2] = first, first + 1
    arrays["population.targets"][0, :2] = first + 1, first
    arrays["population.signs"][0, :2] = 1


def no_room(values: dict[str, Any], arrays: dict[str, Any]) -> None:
    arrays["population.n_hidden"][:] = 0
    arrays["population.n_genes"][:] = 0
    for name in ("activations", "sources", "targets", "signs", "enabled"):
        arrays[f"population.{name}"] = arrays[f"population.{name}"][:, :0]


def value(key: str, to: Any) -> Callable[[dict[str, Any], dict[str, Any]], None]:
    return lambda values, arrays: values.update({key: to})


CRAFTED: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], None], str]] = {
    "source": (put("population.sources", (0, 0), 10**6), "joins nodes that do not exist"),
    "negative target": (put("population.targets", (0, 0), -5), "joins nodes that do not exist"),
    "many genes": (put("population.n_genes", 0, 10**6), "genes are out of range"),
    "many nodes": (put("population.n_hidden", 0, -1), "hidden nodes are out of range"),
    "sign": (put("population.signs", (0, 0), 0), "neither 1 nor -1"),
    "loop": (loop, "form a loop"),
    "no room": (no_room, "no room to grow"),
    "generation": (value("generation", 10**9), "generation is"),
    "steps": (value("env_steps", -1), "env_steps is"),
    "seconds": (value("seconds", None), "seconds is"),
    "champion": (value("champion", None), "has no champion"),
    "fitness": (value("champion", {"fitness": "nan", "generation": 1}), "fitness is nan"),
    "champion's source": (put("champion.connections", (0, 0), 999), "its champion: connection 999"),
    "champion's output": (put("champion.activations", -1, 3), "is not linear"),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_a_state_that_no_search_writes_is_refused_by_name(case: str) -> None:
    change, message = CRAFTED[case]
    running = Search(TASK, CONFIG, 1)
    before = running.population
    with pytest.raises(FileError, match=f"^x: .*{message}"):
        restore(running, checkpoint.from_bytes(changed(change), "x"), "x")
    assert running.population is before


@pytest.mark.slow
def test_a_sample_of_crafted_states_is_refused_or_safe() -> None:
    chance, running, seen = random.Random(1), Search(TASK, CONFIG, 1), Counter[str]()
    for _ in range(1500):
        seen[outcome(crafted(STATE, chance), running)] += 1
    assert seen["refused"] > 500
    assert seen["played"] > 20


@pytest.mark.parametrize("nodes", [2, 40, 5000])
def test_loops_are_found_however_long(nodes: int) -> None:
    chain = np.arange(nodes - 1), np.arange(1, nodes)
    assert is_acyclic(nodes, *chain)
    assert not is_acyclic(nodes, *(np.append(side, end) for side, end in zip(chain, (nodes - 1, 0), strict=True)))


APART = """
import os, signal, sys
from helpers import apart

def attempt(case):
    if case == 2:
        os.kill(os.getpid(), signal.SIGSEGV)
    if case == 4:
        os._exit(7)
    while case == 5:
        pass
    return "right"

print(apart.outcomes(attempt, range(7), 0.2))
"""


def test_a_case_that_ends_its_process_or_does_not_end_costs_itself_only() -> None:
    said = subprocess.run([sys.executable, "-c", APART], env=WITH_HELPERS, capture_output=True, text=True, check=True)
    wanted = ["right"] * 7
    wanted[2], wanted[4] = "the process died by SIGSEGV", "the process ended with exit code 7"
    wanted[5] = "it did not end"
    assert said.stdout == f"{wanted}\n"
