"""``make car``: scores racing cars on Gymnasium's CarRacing-v3 with its own frames, in the paper's conditions.

What is scored stands in ``CASES``, by our camera and by the frames; what docs/car.json has of the same file is not
played again, so an interrupted run goes on. ``--check N`` plays N tracks of each file in Gymnasium's untouched
CarRacing-v3, too, and compares the returns: what reads the frames here draws them faster, to the same pixels.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from car_report import SEED, page, paper_rows, shared_weights
from paper_store import whole

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.random import Purpose, stream
from wann_rt.play.backends.processes import session
from wann_rt.play.episodes import episode_seeds, weights_per_connection
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import play, starts_of
from wann_rt.play.task_of import environment_of
from wann_rt.tasks.car.sight import sight
from wann_rt.tasks.environment.task import SEEDS

ROOT = Path(__file__).parents[2]
RECORD, PAGE, PAPER = ROOT / "docs/car.json", ROOT / "docs/car.md", ROOT / "docs/paper.json"
CARS = ROOT / "examples/car"
TRACKS, AT_ONCE = 100, 10
EYES = ("camera", "frames")


class Case(NamedTuple):
    """A controller, and the conditions in which it is scored.

    Attributes:
        name: of its row.
        file: of the controller, in ``CARS``.
        conditions: "own": its own weight; "random_shared": one weight from U(-2, 2) an episode; "random_weights": one
            for each connection.
    """

    name: str
    file: str
    conditions: tuple[str, ...]


CASES = (
    Case("any shared weight", "agnostic.json", ("random_weights", "random_shared")),
    Case("one shared weight", "shared.json", ("own",)),
    Case("individual weights", "tuned.json", ("own",)),
    Case("16 latents alone", "latents.json", ("own",)),
    Case("16 latents and their rates", "latents_rates.json", ("own",)),
    Case("random features", "random.json", ("own",)),
    Case("16 random latents alone", "random_latents.json", ("own",)),
    Case("the paper's autoencoder", "vae.json", ("own",)),
    Case("a quarter of it", "vae_quarter.json", ("own",)),
)


def kwargs_of(controller: Controller) -> dict[str, Any]:
    """Returns the arguments of the environment in which a controller was searched."""
    says: dict[str, Any] = controller.provenance["environment"]["kwargs"]
    return dict(says)


def id_of(controller: Controller) -> str:
    """Returns the environment in which a controller was searched."""
    return str(controller.provenance["environment"]["id"])


@session()
def scored(case: Case, condition: str, eyes: str, tracks: int, known: list[float], most: int) -> list[float]:
    """Returns the returns of the first tracks: those that are known, and so many more."""
    controller = files.load(CARS / case.file)
    task = environment_of(controller, id_of(controller), kwargs=kwargs_of(controller) | {"frames": eyes == "frames"})
    part = slice(len(known), min(tracks, len(known) + most))
    starts = starts_of(task, episode_seeds(Purpose.TEST, SEED, tracks)[part])
    if condition == "own":
        played = play_controller(task, controller, starts, 1)
    else:
        count = controller.network.n_connections
        if condition == "random_shared":
            weights: Any = shared_weights(tracks)
        else:
            weights = weights_per_connection(stream(SEED, Purpose.WEIGHTS, 2), count, tracks)
        played = play(task, controller.network, weights[..., part].astype(np.float32), starts, 1)
    return known + [round(float(value), 1) for value in played.returns.ravel()]


def in_gymnasium(controller: Controller, seed: int) -> float:
    """Returns the return of one episode of Gymnasium's own CarRacing-v3, by nothing of this repository but numbers."""
    import gymnasium

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        car = gymnasium.make("CarRacing-v3")
    how, total, over = sight(kwargs_of(controller).get("encoder", "pca")), 0.0, False
    names, state = [channel.name for channel in controller.observations], controller.start()
    frame, _ = car.reset(seed=seed)
    while not over:
        action, state = controller.step(state, how.read(frame, names))
        frame, reward, ended, cut, _ = car.step(np.asarray(action, np.float32))
        total, over = total + float(reward), ended or cut
    return total


def checked(controller: Controller, tracks: int, known: list[float]) -> int:
    """Returns on how many tracks Gymnasium's own environment gives the returns that are known, of so many."""
    seeds = episode_seeds(Purpose.TEST, SEED, tracks)
    return sum(
        abs(in_gymnasium(controller, int(seed) % SEEDS) - value) < 0.05
        for seed, value in zip(seeds, known, strict=True)
    )


def main() -> None:
    """Scores what is not scored yet, and writes the record, the page and the paper's rows after each ten tracks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=TRACKS)
    parser.add_argument("--eyes", choices=EYES, nargs="*", default=EYES)
    parser.add_argument("--only", help="one file and condition, as docs/car.json has it: 'tuned.json own'")
    parser.add_argument(
        "--check", type=int, default=0, help="tracks to play in Gymnasium's CarRacing-v3 itself, and no more"
    )
    args = parser.parse_args()
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    if args.check:
        for case in (case for case in CASES if "own" in case.conditions):
            known = record[f"{case.file} own frames"]["returns"][: args.check]
            agreed = checked(files.load(CARS / case.file), args.check, known)
            print(f"{case.file}: {agreed} of {args.check} returns are those of Gymnasium's CarRacing-v3")
        return
    for case, condition, eyes in ((a, b, c) for c in args.eyes for a in CASES for b in a.conditions):
        name = f"{case.file} {condition}"
        while args.only in (None, name) and _score_more(record, case, condition, eyes, args.tracks):
            _write(record)
    _write(record)


def _score_more(record: dict[str, Any], case: Case, condition: str, eyes: str, tracks: int) -> bool:
    """Plays ten more tracks where some lack; returns whether it did. Our camera has no pictures to show."""
    controller = files.load(CARS / case.file)
    if eyes == "camera" and kwargs_of(controller).get("frames"):
        return False
    digest = files.digest(controller)
    row = record.setdefault(f"{case.file} {condition} {eyes}", {"digest": digest, "returns": []})
    if row["digest"] != digest:
        row |= {"digest": digest, "returns": []}
    if len(row["returns"]) >= tracks:
        return False
    row["returns"] = scored(case, condition, eyes, tracks, row["returns"], AT_ONCE)
    return True


def _write(record: dict[str, Any]) -> None:
    played = {key: row for key, row in record.items() if row["returns"]}
    RECORD.write_text(json.dumps(played, sort_keys=True).replace("}, ", "},\n ") + "\n", encoding="utf-8")
    counts = {case.file: files.load(CARS / case.file).network.n_connections for case in CASES}
    PAGE.write_text(page(CASES, counts, played), encoding="utf-8")
    paper: dict[str, Any] = json.loads(PAPER.read_text(encoding="utf-8"))
    paper["car-racing"] = whole(paper_rows(CASES, counts, played))
    PAPER.write_text(json.dumps(paper, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
