"""The main job, end to end: search a controller, score it, export it, prove it, plot it - `make demo`."""

import json
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

import wann_rt as wr

TASK = "cartpole-swingup"
SETTINGS = {"preset": "minimal", "seed": 1, "generations": 512}
FORMATS = {"onnx": "champion.onnx", "onnx-exact": "champion.exact.onnx", "c": "champion.h"}
FOLDER = Path("runs") / "demo"

console = Console(highlight=False)


def main() -> None:
    """Runs every stage and leaves its results in runs/demo."""
    began = time.monotonic()
    console.rule("1/5  search: a network that swings the pole up with one weight shared by all its connections")
    with wr.SearchProgress(SETTINGS["generations"]) as progress:
        controller = wr.search(TASK, out=FOLDER, overwrite=True, on_generation=progress.update, **SETTINGS)
    seconds = time.monotonic() - began
    wr.show(controller)

    console.rule("2/5  evaluate: fresh episodes in the paper's conditions")
    result = wr.evaluate(controller, episodes=200)
    wr.show(result)

    console.rule("3/5  export")
    for to, name in FORMATS.items():
        wr.export(controller, to, out=FOLDER / name)

    console.rule("4/5  verify: every form of the controller on the same vectors")
    report = wr.verify(controller)
    wr.show(report)

    console.rule("5/5  plot")
    draw(controller, result)
    summarise(controller, result, report, seconds)
    show_files()
    raise SystemExit(0 if report.ok else 1)


def draw(controller: wr.Controller, result: wr.Evaluation) -> None:
    """Draws the network, its score over the shared weight, an episode and the search."""
    wr.plot(controller, FOLDER / "network.svg")
    wr.plot(result, FOLDER / "weights.svg", own=controller.weight.values[0])
    wr.plot(controller, FOLDER / "episode.svg", episode=0)
    wr.plot(FOLDER, FOLDER / "search.svg")


def summarise(controller: wr.Controller, result: wr.Evaluation, report: wr.Report, seconds: float) -> None:
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
    (FOLDER / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")


def show_files() -> None:
    """Prints what was made and where."""
    made = Table("file", "bytes", "what it is", title="Made", title_justify="left")
    for name, what in WHAT.items():
        made.add_row(str(FOLDER / name), str((FOLDER / name).stat().st_size), what)
    console.print(made)


WHAT = {
    "champion.json": "the controller: what every other file says, and what wann-rt reads",
    "champion.onnx": "for onnxruntime: standard operators, readable",
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
