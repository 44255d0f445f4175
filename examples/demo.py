"""The main job, end to end: search a controller, score it, export it, prove it, plot it - `make demo`."""

import json
import time
from pathlib import Path

from rich.console import Console

import wann_rt as wr
from wann_rt import exporters, tasks
from wann_rt.core import files
from wann_rt.display import network as drawing
from wann_rt.display import plots
from wann_rt.display import tables as display
from wann_rt.evolution.journal import read_generations
from wann_rt.exporters.parity.report import Report
from wann_rt.exporters.parity.table import report_table
from wann_rt.exporters.parity.verify import verify as parity

TASK = "cartpole-swingup"
SETTINGS = {"preset": "minimal", "seed": 1, "generations": 512}
FORMATS = ("onnx", "onnx-exact", "c")
FOLDER = Path("runs") / "demo"

console = Console(highlight=False)


def main() -> None:
    """Runs every stage and leaves its results in runs/demo."""
    began = time.monotonic()
    console.rule("1/5  search: a network that swings the pole up with one weight shared by all its connections")
    with display.Progress(SETTINGS["generations"], quiet=False) as progress:
        controller = wr.search(TASK, out=FOLDER, overwrite=True, on_generation=progress.update, **SETTINGS)
    seconds = time.monotonic() - began
    display.show_controller(controller)

    console.rule("2/5  evaluate: fresh episodes in the paper's conditions")
    result = wr.evaluate(controller, episodes=200)
    display.show_evaluation(result)

    console.rule("3/5  export")
    made = [FOLDER / "champion.json", *(write(controller, name) for name in FORMATS)]

    console.rule("4/5  verify: every back end on the same vectors")
    report = parity.verify(controller)
    display.console().print(report_table(report))

    console.rule("5/5  plot")
    made += draw(controller, result.sweep)
    made.append(summarise(controller, result, report, seconds))
    show_files(made)
    raise SystemExit(0 if report.ok else 1)


def write(controller: wr.Controller, name: str) -> Path:
    """Exports to one format."""
    path = exporters.default_path(FOLDER / "champion.json", name)
    exporters.write(controller, path, name)
    return path


def draw(controller: wr.Controller, sweep: wr.Sweep) -> list[Path]:
    """Draws the network, its score over the shared weight, an episode and the search."""
    names = ("network.svg", "weights.svg", "episode.svg", "search.svg")
    network, weights, episode, search = paths = [FOLDER / name for name in names]
    drawing.draw_network(controller, network)
    plots.plot_weight_profile(sweep, weights, own=controller.weight.values[0])
    plots.plot_episode(tasks.get(TASK), controller, episode)
    plots.plot_progress(read_generations(FOLDER), search)
    return paths


def summarise(controller: wr.Controller, result: wr.Evaluation, report: Report, seconds: float) -> Path:
    """Writes the figures of the whole run as JSON."""
    means = {name: round(score.mean, 2) for name, score in result.scores.items()}
    figures = ("bit_equal", "max_ulp", "max_abs")
    found = {name: {k: result[k] for k in figures} for name, result in report.to_dict().items()}
    summary = {
        "mean_six_weights": means["six_weights"],
        "random_weights": means["random_weights"],
        "random_shared": means["random_shared"],
        "tuned_shared": means["tuned_shared"],
        "connections": result.connections,
        "env_steps": controller.provenance["env_steps"],
        "seconds": round(seconds, 1),
        "parity": found,
    }
    path = FOLDER / "summary.json"
    files.write_atomic(path, (json.dumps(summary, indent=2) + "\n").encode())
    return path


def show_files(paths: list[Path]) -> None:
    """Prints what was made and where."""
    made = display.table("Made", "file", ">bytes", "what it is")
    for path in paths:
        made.add_row(str(path), str(path.stat().st_size), WHAT[path.name])
    console.print(made)


WHAT = {
    "champion.json": "the controller: what every other file says, and what wann-rt reads",
    "champion.onnx": "for onnxruntime: standard operators, the shared weight as an input",
    "champion.exact.onnx": "for onnxruntime: elementary operators, the very bits that were searched",
    "champion.h": "for firmware: one C header with its own self-test",
    "network.svg": "the network",
    "weights.svg": "its score over the shared weight",
    "episode.svg": "one episode",
    "search.svg": "the search, generation by generation",
    "summary.json": "the figures of this run",
}

if __name__ == "__main__":
    main()
