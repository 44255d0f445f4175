"""``make car-clone``: a linear controller that imitates a driver who knows the track.

``make car-clones`` makes those of other inputs in the same way: ``WAYS``. The driver says at each step what it would
do, also while the controller drives (DAgger: S. Ross, G. Gordon and D. Bagnell, 2011), and least squares do the rest.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from car_driver import FAST, Driver
from numpy.typing import NDArray

from wann_rt.core import files
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.core.version import __version__
from wann_rt.play.environment import environment
from wann_rt.play.plain import with_vectors
from wann_rt.tasks.environment.observed import memory_of
from wann_rt.tasks.environment.task import EnvironmentTask

FIRST_SEED, ROUNDS, DRIVES = 20_000, 4, 8
LATENTS = "wann_rt/CarRacingLatents-v0"
# What each file of examples/car sees: the environment, its arguments, and derived channels.
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "tuned.json": ("wann_rt/CarRacing-v0", {}, {}),
    "random.json": ("wann_rt/CarRacing-v0", {"encoder": "random"}, {}),
    "latents.json": (LATENTS, {}, {}),
    "random_latents.json": (LATENTS, {"encoder": "random"}, {}),
    "vae.json": ("wann_rt/CarRacing-v0", {"encoder": "vae", "frames": True}, {}),
    "vae_quarter.json": ("wann_rt/CarRacing-v0", {"encoder": "vae_quarter", "frames": True}, {}),
    "latents_rates.json": (LATENTS, {}, {f"rate_{k}": f"rate_of:latent_{k},filter:0.2" for k in range(16)}),
}
SPAN = 25  # steps for which either the driver or the controller drives
RIDGE, STALLED = 0.1, 100


class Lesson:
    """Collects what was seen and what the driver would have done."""

    def __init__(self, task: EnvironmentTask) -> None:
        self._task, self._environment = task, task.maker.make(task.kwargs)
        self._memory = memory_of(task)
        self._seen: list[NDArray[np.float64]] = []
        self._wanted: list[NDArray[np.float64]] = []
        self.weights: NDArray[np.float64] | None = None

    def drive(self, seed: int) -> None:
        """Plays one episode, turn by turn the driver and the controller; the driver alone where there is none yet."""
        rng, driver, best, at = np.random.default_rng(seed), Driver(FAST), 0.0, 0
        observation, _ = self._environment.reset(seed=seed)
        total, drives, state = 0.0, True, self._memory.start(1)
        for step in range(self._task.max_steps):
            action = driver.act(self._environment)
            seen, state = self._memory.observed(state, np.asarray(observation, np.float32)[None])
            entered = self._entered(seen[0])
            self._seen.append(entered)
            self._wanted.append(self._outputs(action))
            drives = rng.random() < 0.5 if step % SPAN == 0 else drives
            if self.weights is None:
                action[0] += 0.2 * rng.standard_normal()
            elif not drives:
                action = self._actions(self.weights @ entered)
            observation, reward, ended, *_ = self._environment.step(action)
            total += float(reward)
            best, at = (total, step) if total > best else (best, at)
            if ended or step - at > STALLED:
                return

    def learn(self) -> None:
        """Fits the weights, [3, 1 + observations]."""
        seen, wanted = np.array(self._seen, np.float64), np.array(self._wanted, np.float64)
        self.weights = np.asarray(
            np.linalg.solve(seen.T @ seen + RIDGE * np.eye(seen.shape[1]), seen.T @ wanted)
        ).T.astype(np.float64)

    def _entered(self, observation: Any) -> NDArray[np.float64]:
        pairs = zip(self._task.observations, observation, strict=True)
        return np.array([1.0, *(channel.condition_observation(value) for channel, value in pairs)])

    def _outputs(self, action: NDArray[np.float32]) -> NDArray[np.float64]:
        pairs = zip(self._task.actions, action, strict=True)
        return np.array([(float(value) - channel.offset) / channel.scale for channel, value in pairs])

    def _actions(self, outputs: NDArray[np.float64]) -> NDArray[np.float32]:
        pairs = zip(self._task.actions, outputs.astype(np.float32), strict=True)
        return np.array([channel.condition_action(value) for channel, value in pairs], np.float32)


def controller_of(task: EnvironmentTask, weights: NDArray[np.float64], command: str) -> Controller:
    """Returns the controller that has every input at every output."""
    inputs = len(task.observations)
    pairs = [(source, output) for output in range(3) for source in range(1 + inputs)]
    connections = [Connection(source, 1 + inputs + output) for source, output in pairs]
    outputs = {1 + inputs + output: BY_NAME["linear"].id for output in range(3)}
    network, order = Network.build(inputs, {}, outputs, connections)
    weight = Weight("connections", tuple(float(weights[pairs[k][1], pairs[k][0]]) for k in order))
    environment = {"id": task.env_id, "kwargs": dict(task.kwargs), "engine": "gymnasium"}
    origin = {"created_by": f"wann_rt {__version__}", "task": task.name, "task_version": task.version}
    made = Controller(
        task.name, network, weight, task.observations[: inputs - len(task.derived)], task.actions, task.rate_hz,
        derived=task.derived, provenance=origin | {"environment": environment, "command": command},
    )  # fmt: skip
    return with_vectors(task, made, FIRST_SEED)


def clone(name: str) -> Controller:
    """Returns the controller of a file of examples/car."""
    env, kwargs, derive = WAYS[name]
    task = environment(env, kwargs=kwargs, derive=derive)
    lesson = Lesson(task)
    for turn in range(ROUNDS):
        for drive in range(DRIVES):
            lesson.drive(FIRST_SEED + turn * DRIVES + drive)
        lesson.learn()
    assert lesson.weights is not None
    return controller_of(task, lesson.weights, "make car-clone" if name == "tuned.json" else "make car-clones")


def main() -> None:
    """Writes the controllers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=list(WAYS), metavar="NAME", help=", ".join(WAYS))
    parser.add_argument("--folder", type=Path, default=Path(__file__).parents[2] / "examples/car")
    args = parser.parse_args()
    for name in args.names:
        before = sum(os.times()[:4])
        made = clone(name)
        files.save(made, args.folder / name)
        used = sum(os.times()[:4]) - before
        connections = made.network.n_connections
        print(f"{args.folder / name}: {connections} connections, {used:.0f} CPU-seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
