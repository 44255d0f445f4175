"""Measures how fast the search is, within one run; writes build/bench.json, docs/bench.md and .svg (``make bench``).

The work: random networks of 20 hidden nodes, 52 connections and 7 activations play the swing-up, 1000 steps an
episode, on a track so long that none ends early. Competitors take turns; a figure is the median over the rounds of
steps per second of CPU time, a ratio the median of the rounds' ratios.
"""

import argparse
import ctypes
import importlib
import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy_twin
from numpy.typing import NDArray

from wann_rt import config, files, scoring, tasks
from wann_rt.evolution import Search
from wann_rt.kernels.rollout import Programs, select, single
from wann_rt.network import Connection, Network, Program
from wann_rt.rollouts import default_threads, play, starts_of
from wann_rt.tasks import Task

ROOT = Path(__file__).parents[2]
TRACK = 1e5  # m, half its length: nobody reaches it in 10 s
HIDDEN = {9: 3, 52: 20, 200: 80}  # connections: hidden nodes
ACTIVATIONS = (1, 3, 4, 5, 6, 8, 9)  # linear, sin, gauss, tanh, sigmoid, abs, relu
NETWORKS, PAPER_LANES, LANES = 20, 18, (18, 32, 64, 128)
POPULATION, GENERATIONS, STEPS = 192, 1024, 1000  # of the paper
ROUNDS = 7
WARM_UP, TIMED = 200, 40  # generations

Job = Callable[[], int]  # plays, returns the steps taken


def main() -> None:
    """Measures all and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    load = os.getloadavg()[0]
    base = tasks.get("cartpole-swingup")
    params: Any = base.params
    task = replace(base, params=params._replace(track=np.float32(TRACK)))
    with tempfile.TemporaryDirectory() as folder:
        compiled = compiled_scalar(Path(folder))
        check_same_work(task, compiled)
        rates = per_core(task, compiled)
    print("rates of each competitor and lane count done", flush=True)
    sizes = by_connections(task)
    walls, cpu = by_threads(task)
    print("connections and threads done; now the paper's search", flush=True)
    seconds, outside = paper_search(base)
    reference = rates["lockstep, 18 lanes"]
    document: dict[str, Any] = {
        "vs_scalar_c": ratio(reference, rates["scalar C"]),
        "vs_scalar_c_by_lanes": {n: ratio(rates[f"lockstep, {n} lanes"], rates["scalar C"]) for n in LANES},
        "vs_neat_python": ratio(reference, rates["neat-python"]) if "neat-python" in rates else None,
        "vs_numpy_twin": ratio(reference, rates["numpy twin"]),
        "two_threads": ratio(walls[1], walls[2]),
        "paper_budget_seconds": seconds,
        "paper_budget_seconds_52_connections": statistics.median(walls[2]) * GENERATIONS,
        "outside_rollouts": outside,
        "steps_per_cpu_second": {name: statistics.median(values) for name, values in rates.items()},
        "steps_per_cpu_second_by_connections": {n: statistics.median(values) for n, values in sizes.items()},
        "two_threads_cpu": ratio(cpu[2], cpu[1]),
        "load": load,
        "machine": machine(),
    }
    (ROOT / "build").mkdir(exist_ok=True)
    files.write_atomic(ROOT / "build" / "bench.json", (json.dumps(document, indent=1) + "\n").encode())
    draw(document["steps_per_cpu_second"], ROOT / "docs" / "bench.svg")
    text = report(document)
    files.write_atomic(ROOT / "docs" / "bench.md", text.encode())
    print(text)


def network(rng: np.random.Generator, connections: int) -> Network:
    """Returns a random network without idle nodes: each hidden one has a source and a target, the rest is chance."""
    hidden = HIDDEN[connections]
    first, output = 6, 6 + hidden
    pairs = {(int(rng.integers(k)), k) for k in range(first, output)}
    pairs |= {(k, int(rng.integers(k + 1, output + 1))) for k in range(first, output)}
    while len(pairs) < connections:
        target = int(rng.integers(first, output + 1))
        pairs.add((int(rng.integers(min(target, output))), target))
    signed = [Connection(*pair, int(rng.choice([-1, 1]))) for pair in sorted(pairs)]
    ids = {k: ACTIVATIONS[int(rng.integers(len(ACTIVATIONS)))] for k in range(first, output)}
    built = Network.build(5, ids, {output: 5}, signed)[0]
    assert built.n_connections == connections
    return built


def population(count: int, connections: int) -> Programs:
    """Returns random networks of one size."""
    rng = np.random.default_rng(connections)
    singles = [single(network(rng, connections)) for _ in range(count)]
    rows: list[NDArray[Any]] = [np.concatenate(column) for column in zip(*(p[2:] for p in singles), strict=True)]
    return Programs(5, 1, *rows)


def episodes(task: Task, lanes: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns shared weights [lanes] and starts [state, lanes]: the paper's six weights in turn."""
    weights = np.resize(np.array([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], np.float32), lanes)
    return weights, starts_of(task, range(lanes))


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
    few = select(programs, np.arange(7))
    jobs: dict[str, Job] = {f"lockstep, {lanes} lanes": lockstep(task, programs, lanes) for lanes in LANES}
    jobs["scalar C"] = lambda: scalar.play(task, programs, PAPER_LANES)[1]
    jobs["numpy twin"] = lambda: acted(task, few, numpy_twin.dense)[1]
    feed_forward = neat_class()
    if feed_forward is not None:
        make = lambda program, weight: numpy_twin.neat_network(feed_forward, program, weight)  # noqa: E731
        jobs["neat-python"] = lambda: acted(task, few, make)[1]
    return alternating(jobs)


def lockstep(task: Task, programs: Programs, lanes: int) -> Job:
    """Returns a job of the kernel, on one thread, long enough to be timed."""
    given = episodes(task, lanes)
    repeats = max(1, 64 // lanes)

    def job() -> int:
        return sum(int(play(task, programs, *given, threads=1).lengths.sum()) for _ in range(repeats))

    return job


def alternating(jobs: Mapping[Any, Job]) -> dict[Any, list[float]]:
    """Returns steps per CPU-second of each job and round; the jobs take turns, after one round unmeasured."""
    rates: dict[Any, list[float]] = {name: [] for name in jobs}
    for turn in range(ROUNDS + 1):
        for name, job in jobs.items():
            before = time.process_time()
            steps = job()
            if turn > 0:
                rates[name].append(steps / (time.process_time() - before))
    return rates


def by_connections(task: Task) -> dict[int, list[float]]:
    """Returns steps per CPU-second at the paper's lanes by size of the networks."""
    return alternating({n: lockstep(task, population(NETWORKS, n), PAPER_LANES) for n in HIDDEN})


def by_threads(task: Task) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
    """Returns wall and CPU seconds, by threads, of a generation's rollouts: 192 networks of 52 connections."""
    programs, given = population(POPULATION, 52), episodes(task, PAPER_LANES)
    walls: dict[int, list[float]] = {1: [], 2: []}
    cpu: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(2 * ROUNDS + 1):
        for threads in walls:
            wall_before, cpu_before = time.perf_counter(), time.process_time()
            play(task, programs, *given, threads=threads)
            if turn > 0:
                walls[threads].append(time.perf_counter() - wall_before)
                cpu[threads].append(time.process_time() - cpu_before)
    return walls, cpu


def paper_search(task: Task) -> tuple[float, float]:
    """Times generations of the paper's preset on two threads.

    Returns:
        Wall seconds for the paper's full budget, and the share of a generation's time that is not rollouts.
    """
    search = Search(task, config.load("paper", {"seed": 0}), threads=2)
    generations = search.run()
    for _ in range(WARM_UP):
        next(generations)
    in_rollouts, original = 0.0, scoring.scores

    def timed(*given: Any) -> tuple[NDArray[np.float64], int]:
        nonlocal in_rollouts
        before = time.perf_counter()
        scores = original(*given)
        in_rollouts += time.perf_counter() - before
        return scores

    scoring.scores = timed  # type: ignore[assignment]
    try:
        steps, before = search.env_steps, time.perf_counter()
        for _ in range(TIMED):
            next(generations)
        wall, steps = time.perf_counter() - before, search.env_steps - steps
    finally:
        scoring.scores = original
    budget = POPULATION * GENERATIONS * PAPER_LANES * STEPS
    return wall / steps * budget, 1 - in_rollouts / wall


def ratio(these: list[float], those: list[float]) -> float:
    """Returns the median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


def machine() -> str:
    """Returns what the figures depend on, in a line."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.exists() else []
    names = [row.split(":")[1].strip() for row in rows if row.startswith("model name")]
    software = f"Python {platform.python_version()}, numba {numba.__version__}, numpy {version('numpy')}"
    return f"{(names or [platform.machine()])[0]}, {default_threads()} processors; {software}"


def draw(rates: Mapping[str, float], path: Path) -> None:
    """Draws the rates, a bar each on a logarithmic scale."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context({"svg.hashsalt": "bench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 3), layout="constrained")
        axes = figure.add_subplot()
        bars = axes.barh(list(rates), list(rates.values()), log=True, color="#4878a8")
        axes.bar_label(bars, [f"{rate / 1e6:.3g} M" for rate in rates.values()], padding=3)
        axes.set_xlim(right=4 * max(rates.values()))
        axes.set_xlabel("steps per CPU-second, 52 connections")
        axes.spines[["top", "right"]].set_visible(False)
        axes.invert_yaxis()
        figure.savefig(path, metadata={"Date": None})


def report(document: Mapping[str, Any]) -> str:
    """Returns docs/bench.md."""
    rates, by_lanes = document["steps_per_cpu_second"], document["vs_scalar_c_by_lanes"]
    slowest = rates["scalar C"]
    rows = [f"| {name} | {rate / 1e6:.3g} M | {rate / slowest:.3g} |" for name, rate in rates.items()]
    sizes = [f"| {n} | {r / 1e6:.3g} M |" for n, r in document["steps_per_cpu_second_by_connections"].items()]
    neat = document["vs_neat_python"]
    figures = [
        ("scalar C, per core, 18 lanes", f"{document['vs_scalar_c']:.1f}x", ">= 8x"),
        ("scalar C, per core, 128 lanes", f"{by_lanes[128]:.1f}x", ""),
        ("neat-python, per core, 18 lanes", f"{neat:.0f}x" if neat else "not installed", ">= 500x"),
        ("plain numpy, per core, 18 lanes", f"{document['vs_numpy_twin']:.0f}x", ""),
        ("two threads against one, wall", f"{document['two_threads']:.2f}x", ">= 1.8x"),
        ("the paper's budget, two threads", f"{document['paper_budget_seconds']:.0f} s", "< 240 s"),
        (
            "the same, every network with 52 connections",
            f"{document['paper_budget_seconds_52_connections']:.0f} s",
            "< 240 s",
        ),
        ("of a generation outside rollouts", f"{document['outside_rollouts']:.1%}", "< 10 %"),
    ]
    return "\n".join(
        [
            "# How fast the search is",
            "",
            f"{document['machine']}. Written by `make bench`; ratios hold within one run.",
            "",
            "| against | measured | wanted |",
            "|---|---:|---:|",
            *(f"| {name} | {measured} | {wanted} |" for name, measured, wanted in figures),
            "",
            "Steps (a network's evaluation and a step of the swing-up) per second of CPU time: networks of 20",
            "hidden nodes, 52 connections and 7 activations, 1000 steps an episode, the track so long that none",
            f"ends early. Competitors take turns; medians of {ROUNDS} rounds. Scalar C is float64 and libm, a sparse",
            "list of edges, one episode at a time, `cc -O3 -march=native`; the numpy twin is the published algorithm,",
            "a dense dot product per node; neat-python has plain activations in place of its own, which clamp and",
            "are slower. That all play the same is checked before.",
            "",
            "| competitor | steps per CPU-second | scalar C = 1 |",
            "|---|---:|---:|",
            *rows,
            "",
            "By size of the networks, 18 lanes:",
            "",
            "| connections | steps per CPU-second |",
            "|---:|---:|",
            *sizes,
            "",
            "![steps per CPU-second by lanes](bench.svg)",
            "",
            f"The paper's budget is {POPULATION} networks x {GENERATIONS} generations x {PAPER_LANES} episodes"
            f" x {STEPS} steps. The first",
            f"figure times generations {WARM_UP} to {WARM_UP + TIMED} of preset `paper`, retests and breeding included,"
            " and scales",
            "the wall time by the steps actually taken; the second is the rollouts alone, all of networks as large as",
            "the paper's champion. Wall times hold for a machine with nothing else to do: the load average was",
            f"{document['load']:.1f} before this run, and two threads took {document['two_threads_cpu']:.2f} times the"
            " CPU time of one.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
