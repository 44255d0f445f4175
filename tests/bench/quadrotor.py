"""Throws a quadrotor and counts how often it is caught; writes docs/quadrotor.md (`make quadrotor`).

python tests/bench/quadrotor.py [--throws N]
"""

import argparse
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from wann_rt import tasks, zoo
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.core.random import Purpose
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import Act, moments
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.law import Law
from wann_rt.rivals.textbook import laws
from wann_rt.tasks.conditions import tested
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import Arena, PolishSettings, polish

TASK = tasks.get("quadrotor")
STEPS = 40_000_000
SEED = 20261128  # of the throws; no command of the champion was chosen by them
LAST = 100  # steps, within which it has to be near
UNKNOWN = ("mass", "inertia", "inertia_z", "arm", "max_thrust", "lag")
NEAR, FLYING = 0.1, 0.5  # metres; the second where a wrong sensor or motor moves the place at which it hovers
PLANTS = {
    "plain": (TASK, NEAR),
    "disturbed": (tasks.with_params(TASK, **tested(TASK)), FLYING),
    "random quadrotors": (tasks.with_params(TASK, **{f"{name}_spread": 0.3 for name in UNKNOWN}), FLYING),
}
CHAMPIONS = ("quadrotor",)
UNTUNED = {"LQR": ", by theory", "cascaded PD": ", by hand"}
PUBLISHED = """
Others' times to train a controller that hovers, as they publish them: Crazyflow 0.38 s on a GPU, RLtools ("Learning to
fly in seconds") 4 s to 18 s on a laptop. Their networks have thousands of weights; their throws are narrower: 0.2 m,
1 m/s, 1 rad/s, 90 degrees.
"""


def main() -> None:
    """Throws, counts and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--throws", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("docs/quadrotor.md"))
    given = parser.parse_args()
    text = Path(__file__).with_suffix(".md.in").read_text(encoding="utf-8").replace("<throws>", f"{given.throws:,}")
    columns = [f"{name}, {near} m" for name, (_, near) in PLANTS.items()]
    lines = [f"| controller | size | {' | '.join(columns)} | sign changes / s, plain |", "|---|---|" + "---:|" * 4]
    found = [""]
    for name in CHAMPIONS:
        champion = zoo.load(name)
        size = f"{champion.network.n_connections} connections"
        lines.append(row(f"zoo:{name}", size, acting(champion), given.throws))
        found.append(f"`zoo:{name}` was found in {champion.provenance['recipe']['cpu_seconds']} CPU-seconds.")
    for law in laws(TASK)[1:]:
        lines.append(row(law.name + UNTUNED[law.name], f"{len(law.gains)} gains", asking(law), given.throws))
    found.append("Compiling the kernels is in these seconds. [zoo.md](zoo.md) has the commands.\n")
    seconds, share, weights = from_nothing(given.throws)
    found.append("The second of these commands alone, on one core, with kernels that are compiled already: from")
    found.append(f"{weights} weights of -0.01 to {100 * share:.1f} % caught, plain, in {seconds:.1f} CPU-seconds.")
    given.out.write_text("\n".join([text + lines[0], *lines[1:], *found, PUBLISHED]), encoding="utf-8")
    print("\n".join(lines))


def from_nothing(throws: int) -> tuple[float, float, int]:
    """Returns how long tuning a linear network takes, how many throws it then catches, and how many weights it has."""
    n_in, n_out = len(TASK.observations), len(TASK.actions)
    outputs = {1 + n_in + k: BY_NAME["linear"].id for k in range(n_out)}
    pairs = [Connection(a, b, 1) for a in range(1 + n_in) for b in outputs]
    network, _ = Network.build(n_in, {}, outputs, pairs)
    arena = Arena(tasks.with_params(TASK, smoothness_penalty=0.03), seed=0, threads=1)
    weights = np.full(len(pairs), -0.01)
    settings = PolishSettings("pepg", population=64, episodes=8, sigma=1.0, steps=1, threads=1)
    polish(arena, network, weights, settings)  # compiles what is compiled
    begun = process_time()
    best = polish(arena, network, weights, replace(settings, steps=STEPS)).weights
    seconds = process_time() - begun
    made = Controller("linear", network, Weight("connections", tuple(map(float, best.astype(np.float32)))),
                      TASK.observations, TASK.actions, TASK.rate_hz)  # fmt: skip
    return seconds, caught(TASK, acting(made), throws, NEAR)[0], len(pairs)


def acting(controller: Controller) -> Act:
    """Returns what a controller does."""
    return lambda seen: np.asarray(controller(seen), np.float32)


def asking(law: Law) -> Act:
    """Returns what a law without a memory asks for, limited as the task's channels say."""
    gains = tuple(np.float32(gain) for gain in law.start)

    def act(seen: NDArray[np.float32]) -> NDArray[np.float32]:
        asked = np.stack(np.broadcast_arrays(*law.act(gains, (), tuple(seen.T))[0]), axis=1)
        return np.asarray(np.clip(asked, -1.0, 1.0), np.float32)

    return act


def row(name: str, size: str, act: Act, throws: int) -> str:
    """Returns a row of the table."""
    found = [caught(plant, act, throws, near) for plant, near in PLANTS.values()]
    shares = " | ".join(f"{100 * share:.1f} %" for share, _ in found)
    return f"| {name} | {size} | {shares} | {found[0][1]:.1f} |"


def caught(task: Task, act: Act, throws: int, near: float) -> tuple[float, float]:
    """Returns the share of held-out throws that is caught, and how often actions change their sign in a second."""
    starts = starts_of(task, episode_seeds(Purpose.TEST, SEED, throws))
    farthest, changes, steps, before = np.zeros(throws), 0, 0, np.zeros((throws, len(task.actions)), np.float32)
    for k, moment in enumerate(moments(task, act, starts)):
        changes += int((moment.actions * before < 0)[moment.alive].sum())
        steps += int(moment.alive.sum())
        before = np.where(moment.actions != 0, moment.actions, before)
        away = np.sqrt(sum(np.square(axis, dtype=np.float64) for axis in moment.state[:3]))
        away = np.where(moment.alive, away, np.inf)
        farthest = np.maximum(farthest, away) if k >= task.max_steps - LAST else farthest
    held = farthest < near if k == task.max_steps - 1 else np.zeros(throws, np.bool_)
    return float(held.mean()), changes / steps * task.rate_hz


if __name__ == "__main__":
    main()
