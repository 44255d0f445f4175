"""docs/bench.md and its plot, from what ``speed.py`` measured."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from quality import LEVELS, SEEDS
from scaling import GENERATIONS, MEASURED, POPULATION, STEPS, TIMED, WARM_UP, YOUNG
from work import PAPER_LANES, ROUNDS

PAPER = f"lockstep, {PAPER_LANES} lanes"


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
    parts = (_head, _competitors, roofline, _scaling, _quality, _notes)
    return "\n".join(line for part in parts for line in part(document))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Returns a table whose first columns are text and the others numbers."""
    rules = ["---" if k < left else "---:" for k in range(len(titles))]
    lines = ["| " + " | ".join(cells) + " |" for cells in (titles, *rows)]
    return ["", lines[0], "|" + "|".join(rules) + "|", *lines[1:], ""]


def _head(document: Mapping[str, Any]) -> Iterator[str]:
    neat, reached = document["vs_neat_python"], document["seconds_to_500"]
    yield "# How fast the search is"
    yield ""
    yield f"{document['machine']}. Written by `make bench`; ratios hold within one run."
    yield from _table(
        ("against", "measured", "wanted"),
        [
            ("scalar C, per core, 18 lanes", f"{document['vs_scalar_c']:.1f}x", ">= 8x"),
            ("steps per CPU-second, 18 lanes", f"{document['steps_per_cpu_second'][PAPER] / 1e6:.0f} M", ">= 110 M"),
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
            ("six-weight mean of 500, two threads", f"{reached:.1f} s" if reached else "not reached", ""),
            ("first generation, warm cache", f"{document['first_generation_warm']:.1f} s", "< 3 s"),
            ("first generation, nothing compiled", f"{document['first_generation_cold']:.0f} s", "< 30 s"),
        ],
    )


def _competitors(document: Mapping[str, Any]) -> Iterator[str]:
    rates = document["steps_per_cpu_second"]
    yield "Steps (a network's evaluation and a step of the swing-up) per second of CPU time: networks of 20"
    yield "hidden nodes, 52 connections and 7 activations, 1000 steps an episode, the track so long that none"
    yield f"ends early. Competitors take turns; medians of {ROUNDS} rounds. Scalar C is float64 and libm, a sparse"
    yield "list of edges, one episode at a time, `cc -O3 -march=native`; the numpy twin is the published algorithm,"
    yield "a dense dot product per node; neat-python has plain activations in place of its own, which clamp and"
    yield "are slower. That all play the same is checked before."
    rows = [(name, f"{rate / 1e6:.3g} M", f"{rate / rates['scalar C']:.3g}") for name, rate in rates.items()]
    yield from _table(("competitor", "steps per CPU-second", "scalar C = 1"), rows)
    yield "![steps per CPU-second by lanes](bench.svg)"
    yield ""
    yield "Lanes are played in blocks of 16, 24 or 32, with AVX-512 of 64, too: 12 fill a block of 16, 18 one of 24."
    yield "Preset `minimal` plays 12, preset `paper` 18."
    yield ""


def roofline(document: Mapping[str, Any]) -> Iterator[str]:
    """Yields where the time of a step goes."""
    found = document["roofline"]
    lanes, peak, parts = found["lanes"], found["peak"], found["parts"]
    yield f"Where a step of {PAPER_LANES} lanes, a block of {lanes}, spends its time (`tests/bench/roofline.py`):"
    every = {"name": "together"} | {key: sum(part[key] for part in parts) for key in ("cycles", "operations")}
    rows = []
    for part in (*parts, every):
        rate = part["operations"] / part["cycles"]
        share = f"{part['cycles'] / every['cycles']:.0%}"
        cells = f"{part['cycles']:.0f}", share, str(part["operations"]), f"{rate:.1f}", f"{rate / peak:.0%}"
        rows.append((part["name"], *cells))
    yield from _table(("part", "cycles", "of the time", "+ - * /, all lanes", "per cycle", "of the peak"), rows)
    yield f"The peak is {peak:.1f} operations a cycle, the cycle 1/{found['gigahertz']:.2f} ns, both measured: half"
    yield "additions and half multiplications, nothing loaded, nothing waited for. The sums compute"
    connections, activations = (f"{found[name]:.1f}" for name in ("connections", "activations"))
    yield f"{connections} connections a cycle, the activations {activations} activations. A sum only adds, which is"
    yield "half the peak; each source is loaded, and AVX2 machines load two registers a cycle for the two that they"
    yield "add; and each connection reads a number of the network's tape, tests its sign and its size. Activations"
    yield "compare, choose, load constants and jump besides, and the division in tanh and sigmoid keeps its unit busy"
    yield "for several cycles. What we think limits it, without having measured it: a step waits for its own results,"
    yield "each node for its sources, level by level, and a sine, adding up what its operations take, for some forty"
    yield "cycles. What comes behind can be computed meanwhile, but only as far as a processor looks ahead, perhaps one"
    yield "activation of a block; two networks played in turns, node by node, gained but a few percent. Lanes that"
    yield "18 episodes leave idle are computed as well, so they count here, but not in steps per second."
    yield ""


def _scaling(document: Mapping[str, Any]) -> Iterator[str]:
    yield "By size of the networks, 18 lanes:"
    sizes = document["steps_per_cpu_second_by_connections"].items()
    yield from _table(
        ("connections", "steps per CPU-second", "connections computed per CPU-second"),
        [(str(n), f"{rate / 1e6:.3g} M", f"{n * rate / 1e9:.2g} G") for n, rate in sizes],
        left=0,
    )
    yield "Data sets of 256 inputs and 10 classes, networks of 64 hidden nodes (wanted: 10 M at 500, 5 M at 1849):"
    yield from _table(
        ("connections", "samples x networks per CPU-second"),
        [(str(n), f"{rate / 1e6:.3g} M") for n, rate in document["samples_per_cpu_second"].items()],
        left=0,
    )
    yield f"By threads, {POPULATION} networks of 52 connections, 18 lanes:"
    threads = document["speed_up_by_threads"].items()
    yield from _table(("threads", "times as fast"), [(str(n), f"{up:.2f}") for n, up in threads], left=0)
    yield f"By population, two threads: generations {YOUNG + 1} to {YOUNG + MEASURED} of preset `paper`, breeding and"
    yield "retests included. Networks are small then and many episodes end early."
    rows = []
    for n, found in document["by_population"].items():
        seconds, rate = found["seconds"] / MEASURED, found["steps"] / found["seconds"]
        rows.append((str(n), f"{seconds:.2g} s", f"{rate / 1e6:.3g} M", f"{1 - found['rollouts']:.1%}"))
    yield from _table(("population", "a generation", "steps per second", "outside rollouts"), rows, left=0)


def _quality(document: Mapping[str, Any]) -> Iterator[str]:
    yield "Time to quality, two threads: until the champion's mean return over the paper's six shared weights and"
    yield f"held-out episodes passes a level; medians over {len(SEEDS)} seeds."
    rows = []
    for preset, levels in document["to_quality"].items():
        cells = [
            f"{seconds:.1f} s, {steps / 1e6:.0f} M steps" if seconds is not None else "not reached"
            for seconds, steps in (levels[level] for level in LEVELS)
        ]
        rows.append((f"`{preset}`", *cells))
    yield from _table(("preset", *(f"> {level}" for level in LEVELS)), rows)


def _notes(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"The paper's budget is {POPULATION} networks x {GENERATIONS} generations x {PAPER_LANES} episodes x {STEPS}"
    yield f"steps. The first figure times generations {WARM_UP} to {WARM_UP + TIMED} of preset `paper`, retests and"
    yield "breeding included, and scales the wall time by the steps actually taken; the second is the rollouts alone,"
    yield "all of networks as large as the paper's champion. Wall times hold for a machine with nothing else to do:"
    yield f"the load average was {document['load']:.1f} before this run, and two threads took"
    yield f"{document['two_threads_cpu']:.2f} times the CPU time of one."
    yield ""
