"""Measures how fast the search is, within one run; writes build/bench.json, docs/bench.md and .svg (``make bench``).

The work: random networks of 20 hidden nodes, 52 connections and 7 activations play the swing-up, 1000 steps an
episode, on a track so long that none ends early. Competitors take turns; a figure is the median over the rounds of
steps per second of CPU time, a ratio the median of the rounds' ratios.
"""

import argparse
import json
import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numba
from competitors import LANES, compare
from quality import LEVELS, start_up, time_to_quality
from roofline import measured
from sample_rates import sample_rates
from scaling import GENERATIONS, by_connections, by_population, by_threads, paper_search
from speed_report import draw, report
from work import PAPER_LANES, endless, ratio

from wann_rt.core import files
from wann_rt.play.rollouts import default_threads

ROOT = Path(__file__).parents[2]
PRESETS = ("minimal", "paper")


def main() -> None:
    """Measures all and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    document: dict[str, Any] = {"load": os.getloadavg()[0], "machine": machine()} | speed() | scale() | searches()
    (ROOT / "build").mkdir(exist_ok=True)
    files.write_atomic(ROOT / "build" / "bench.json", (json.dumps(document, indent=1) + "\n").encode())
    draw(document["steps_per_cpu_second"], ROOT / "docs" / "bench.svg")
    text = report(document)
    files.write_atomic(ROOT / "docs" / "bench.md", text.encode())
    print(text)


def speed() -> dict[str, Any]:
    """Returns figures per core beside the competitors."""
    rates = compare(endless())
    print("competitors and lane counts done", flush=True)
    roofline = measured()
    paper = rates[f"lockstep, {PAPER_LANES} lanes"]
    return {
        "vs_scalar_c": ratio(paper, rates["scalar C"]),
        "vs_scalar_c_by_lanes": {n: ratio(rates[f"lockstep, {n} lanes"], rates["scalar C"]) for n in LANES},
        "vs_neat_python": ratio(paper, rates["neat-python"]) if "neat-python" in rates else None,
        "vs_numpy_twin": ratio(paper, rates["numpy twin"]),
        "steps_per_cpu_second": {name: statistics.median(values) for name, values in rates.items()},
        "roofline": roofline._asdict() | {"parts": [part._asdict() for part in roofline.parts]},
    }


def scale() -> dict[str, Any]:
    """Returns figures by size of the networks, by threads and by population."""
    sizes, threads = by_connections(endless()), by_threads(endless())
    print("connections and threads done", flush=True)
    populations = by_population()
    print("populations done", flush=True)
    return {
        "two_threads": threads.speed_up[2],
        "two_threads_cpu": threads.cpu[2],
        "speed_up_by_threads": threads.speed_up,
        "paper_budget_seconds_52_connections": threads.seconds[2] * GENERATIONS,
        "steps_per_cpu_second_by_connections": sizes,
        "samples_per_cpu_second": sample_rates(),
        "by_population": {n: found._asdict() for n, found in populations.items()},
    }


def searches() -> dict[str, Any]:
    """Returns figures of whole searches."""
    seconds, outside = paper_search()
    print("the paper's search done; now to quality", flush=True)
    reached = {preset: time_to_quality(preset) for preset in PRESETS}
    started = start_up()
    return {
        "paper_budget_seconds": seconds,
        "outside_rollouts": outside,
        "seconds_to_500": finite(reached["minimal"][500].seconds),
        "to_quality": {
            preset: {level: [finite(figure) for figure in levels[level]] for level in LEVELS}
            for preset, levels in reached.items()
        },
        "first_generation_cold": started.cold,
        "first_generation_warm": started.warm,
    }


def finite(figure: float) -> float | None:
    """Returns the figure, None for infinity, which JSON has not."""
    return figure if figure < float("inf") else None


def machine() -> str:
    """Returns what the figures depend on, in a line."""
    info = Path("/proc/cpuinfo")
    rows = info.read_text().splitlines() if info.exists() else []
    names = [row.split(":")[1].strip() for row in rows if row.startswith("model name")]
    software = f"Python {platform.python_version()}, numba {numba.__version__}, numpy {version('numpy')}"
    return f"{(names or [platform.machine()])[0]}, {default_threads()} processors; {software}"


if __name__ == "__main__":
    main()
