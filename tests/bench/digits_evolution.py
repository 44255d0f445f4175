"""Digits by evolution: curves of the presets that use no gradients, and what the operators add to a proposal.

python tests/bench/digits_evolution.py [--data PATH]; ``make digits-evolution`` does. What is measured is kept in
build/digits_evolution.json after each point, so that the command can be stopped; it then begins anew with the run that
was stopped, and with no other. What is there becomes docs/digits_evolution.json and a section of docs/digits.md. A new
checkout begins with what docs/digits_evolution.json has; without that file all is measured anew.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from digits import shared_scores, write_json
from digits_report import evolution

from wann_rt.core.files import write_atomic
from wann_rt.evolution import config
from wann_rt.evolution.search import Search
from wann_rt.tasks.dataset import mnist

ROOT = Path(__file__).resolve().parents[2]
PAGE, BEGIN, END = ROOT / "docs" / "digits.md", "## Evolution alone\n\n", "\n\n## Not reached"
KEPT, RECORD = ROOT / "build" / "digits_evolution.json", ROOT / "docs" / "digits_evolution.json"
# preset: after which generations its champion is scored; the preset mask's generation 1 is the proposal as it was
MARKS: dict[str, tuple[int, ...]] = {
    "paper-digits": (25, 50, 100, 400, 1000, 2000),
    "digits": (400, 800, 1600),
    "mask": (1, 300),
}


def main() -> None:
    """Runs what is missing, and keeps each curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the package's archive, or a folder of the four files; once")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--presets", nargs="+", default=list(MARKS))
    parser.add_argument("--most", type=int, default=1000, help="end after so many runs; the next call goes on")
    asked = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    if asked.data is not None:
        mnist.keep(asked.data)
    kept = kept_curves()
    wanted = [(preset, seed) for seed in range(1, asked.seeds + 1) for preset in asked.presets]
    for preset, seed in [one for one in wanted if not is_whole(kept, *one)][: asked.most]:
        for found in curve(preset, seed):
            kept = kept_curves()  # another process may have added to it
            kept[name_of(preset, seed)] = found
            write_json(KEPT, kept)
    write_json(RECORD, kept)
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    write_atomic(PAGE, (text[:before] + evolution(kept) + text[after:]).encode())


def kept_curves() -> dict[str, Any]:
    """Returns the curves that are there: of this checkout's runs, or before the first of them the committed ones."""
    path = KEPT if KEPT.exists() else RECORD
    kept: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return kept


def name_of(preset: str, seed: int) -> str:
    """Returns what a run is called."""
    return f"{preset} {seed}"


def is_whole(kept: dict[str, Any], preset: str, seed: int) -> bool:
    """Returns whether a run's curve goes to its end; one that was stopped is run anew, and has the same points."""
    points = kept.get(name_of(preset, seed), [])
    return bool(points) and points[-1]["generation"] == MARKS[preset][-1]


def curve(preset: str, seed: int) -> Iterator[list[dict[str, float]]]:
    """Yields what the champion of a search scores on the test images after some of its generations, so far."""
    marks, task = MARKS[preset], mnist.task()
    settings = {"seed": seed, "generations": marks[-1]}
    running, points, scoring = Search(task, config.load(preset, settings), 1), [], 0.0
    begun = time.process_time()
    for report in running.run():
        if report.generation + 1 in marks:
            before = time.process_time()
            assert running.champion is not None
            network = running.champion.network
            points.append(
                {
                    "generation": report.generation + 1,
                    "cpu_seconds": round(before - begun - scoring, 1),
                    "samples": report.env_steps,
                    "connections": network.n_connections,
                    **{name: round(score, 2) for name, score in shared_scores(task, network, seed).items()},
                }
            )
            print(preset, seed, points[-1], flush=True)
            scoring += time.process_time() - before
            yield points


if __name__ == "__main__":
    main()
