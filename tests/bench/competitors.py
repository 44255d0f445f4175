"""What the kernel is compared with by `make bench`: scalar C, neat-python, and plain numpy as published."""

import ctypes
import importlib
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy_twin
from numpy.typing import NDArray
from work import NETWORKS, PAPER_LANES, TRACK, Job, alternating, episodes, lockstep, population

from wann_rt.core.network import Program
from wann_rt.kernels.programs import Programs
from wann_rt.play.rollouts import play
from wann_rt.tasks.task import Task

LANES = (12, 18, 32, 64, 128, 512)  # 12: of preset minimal


def compare(task: Task) -> dict[str, list[float]]:
    """Returns the steps per CPU-second of each competitor, a figure a round."""
    with tempfile.TemporaryDirectory() as folder:
        compiled = compiled_scalar(Path(folder))
        check_same_work(task, compiled)
        return per_core(task, compiled)


class Scalar:
    """The compiled ``scalar.c``."""

    def __init__(self, library: Path) -> None:
        """Loads it."""
        self._play = ctypes.CDLL(str(library)).play
        self._play.restype = ctypes.c_int64

    def play(self, task: Task, programs: Programs, lanes: int) -> tuple[NDArray[np.float64], int]:
        """Plays every lane of every network; returns the returns and the steps taken."""
        weights, starts = episodes(task, lanes)
        returns = np.empty((len(programs.n_nodes), lanes))
        sizes = [len(programs.n_nodes), programs.activations.shape[1], programs.sources.shape[1]]
        arrays = [np.ascontiguousarray(a).ctypes for a in (programs.n_nodes, *programs[3:], weights, starts, returns)]
        pointers = [a.data_as(ctypes.c_void_p) for a in arrays]
        given = [*map(ctypes.c_int, sizes), *pointers[:5], ctypes.c_int(lanes), *pointers[5:7]]
        steps = self._play(*given, ctypes.c_int(task.max_steps), ctypes.c_double(TRACK), pointers[7])
        return returns, int(steps)


def compiled_scalar(folder: Path) -> Scalar:
    """Compiles the competitor for this very machine."""
    library = folder / "scalar.so"
    flags = ["-O3", "-march=native", "-std=c11", "-shared", "-fPIC"]
    source = Path(__file__).with_name("scalar.c")
    subprocess.run([os.environ.get("CC", "cc"), *flags, str(source), "-o", str(library), "-lm"], check=True)
    return Scalar(library)


@cache
def neat_class() -> Any:
    """Returns neat-python's class, or None where it is not installed."""
    try:
        return importlib.import_module("neat.nn").FeedForwardNetwork
    except ImportError:
        print("neat-python is not installed: left out (pip install neat-python)")
        return None


def program_of(programs: Programs, g: int) -> Program:
    """Returns one network of a population."""
    n = programs.n_nodes[g]
    row = programs.activations[g, :n], programs.offsets[g, : n + 1], programs.sources[g], programs.signs[g]
    return Program(programs.n_inputs, programs.n_outputs, *row)


def acted(task: Task, programs: Programs, make: Callable[[Program, float], numpy_twin.Act]) -> tuple[list[float], int]:
    """Plays one episode per network through a Python network."""
    weights, starts = episodes(task, len(programs.n_nodes))
    acts = [make(program_of(programs, g), float(weights[g])) for g in range(len(programs.n_nodes))]
    played = [
        numpy_twin.episode(act, start, task.max_steps, TRACK)
        for act, start in zip(acts, starts.T.tolist(), strict=True)
    ]
    return [score for score, _ in played], sum(steps for _, steps in played)


def check_same_work(task: Task, scalar: Scalar) -> None:
    """Refuses to compare competitors whose returns differ before chaos makes them."""
    task, programs = replace(task, max_steps=20), population(NETWORKS, 52)
    wanted = play(task, programs, *episodes(task, NETWORKS), threads=1).returns
    others = {"scalar C": scalar.play(task, programs, NETWORKS)[0]}
    makers = {"numpy twin": numpy_twin.dense}
    feed_forward = neat_class()
    if feed_forward is not None:
        makers["neat-python"] = lambda program, weight: numpy_twin.neat_network(feed_forward, program, weight)
    for name, make in makers.items():
        others[name] = np.array(acted(task, programs, make)[0])
    for name, returns in others.items():
        error = np.abs(returns - (wanted if returns.ndim == 2 else wanted.diagonal()))
        assert np.quantile(error, 0.95) < 1e-3, f"{name} plays something else: {error.max()}"


def per_core(task: Task, scalar: Scalar) -> dict[str, list[float]]:
    """Returns the steps per CPU-second of each competitor, a figure a round."""
    programs = population(NETWORKS, 52)
    jobs: dict[str, Job] = {f"lockstep, {lanes} lanes": lockstep(task, programs, lanes) for lanes in LANES}
    jobs["scalar C"] = lambda: scalar.play(task, programs, PAPER_LANES)[1]
    jobs["numpy twin"] = lambda: acted(task, programs, numpy_twin.dense)[1]
    feed_forward = neat_class()
    if feed_forward is not None:
        make = lambda program, weight: numpy_twin.neat_network(feed_forward, program, weight)  # noqa: E731
        jobs["neat-python"] = lambda: acted(task, programs, make)[1]
    return alternating(jobs)
