"""Deploy a controller twice, to onnxruntime and to compiled C, and compare every action of an episode bit for bit.

    python 04_deploy.py [CONTROLLER.json | zoo:NAME]

Each plays an environment of its own in Gymnasium, so one different bit would lead to another episode.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import gymnasium
import numpy as np
import onnxruntime

import wann_rt as wr
from wann_rt.core.controller import greatest
from wann_rt.display.watch import shown
from wann_rt.exporters.parity.error_bound import error_bound

Act = Callable[[np.ndarray], np.ndarray]  # observation [observations] -> actions [actions], float32
SEED = 0
SOURCE = """
#include "controller.h"
int selftest(void) { return controller_selftest(); }
void step(const float *obs, float *actions) { controller_step(obs, actions); }
"""


def through_onnxruntime(controller: wr.Controller, path: Path) -> Act:
    """Exports the controller, exact or standard by the file's suffix, and returns what runs it."""
    wr.export(controller, out=path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda observation: session.run(["actions"], {"obs": observation[np.newaxis]})[0][0]


def through_c(controller: wr.Controller, folder: Path) -> Act:
    """Exports the controller as a header, compiles it, and returns what runs it."""
    wr.export(controller, out=folder / "controller.h", prefix="controller")
    (folder / "controller.c").write_text(SOURCE)
    files = "-o", str(folder / "controller.so"), str(folder / "controller.c")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC", *files], check=True)
    library = ctypes.CDLL(str(folder / "controller.so"))
    assert library.selftest() == 0, "this compiler computes other bits"
    as_floats = np.ctypeslib.ndpointer(np.float32, flags="C_CONTIGUOUS")
    library.step.argtypes = as_floats, as_floats

    def act(observation: np.ndarray) -> np.ndarray:
        actions = np.empty(len(controller.actions), np.float32)
        library.step(observation, actions)
        return actions

    return act


def episode(controller: wr.Controller, act: Act) -> tuple[np.ndarray, np.ndarray, float]:
    """Plays in a fresh environment; returns observations [steps, observations], actions [steps, actions], return."""
    task = shown(wr.task_of(controller))
    env = gymnasium.make(task.env_id, **task.kwargs)
    observation, _ = env.reset(seed=SEED)
    observations, actions, total, over = [], [], 0.0, False
    while not over:
        observations.append(np.asarray(observation, np.float32))
        actions.append(act(observations[-1]))
        given = actions[-1] if controller.decision == "values" else int(greatest(actions[-1]))
        observation, reward, terminated, truncated, _ = env.step(given)
        total, over = total + float(reward), terminated or truncated
    env.close()
    return np.array(observations), np.array(actions), total


def main(name: str) -> int:
    """Plays and compares; returns the exit code."""
    controller = wr.load(name)
    observations, expected, total = episode(controller, controller)
    print(f"{controller.name} in Python: {len(expected)} steps, return {total:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        deployed = {
            "onnxruntime, exact form": through_onnxruntime(controller, Path(folder, "controller.exact.onnx")),
            "compiled C": through_c(controller, Path(folder)),
        }
        standard = through_onnxruntime(controller, Path(folder, "controller.onnx"))
    same = True
    for title, act in deployed.items():
        _, actions, total = episode(controller, act)
        same &= actions.tobytes() == expected.tobytes()
        verdict = "the identical actions, bit for bit" if actions.tobytes() == expected.tobytes() else "OTHER ACTIONS"
        print(f"{title}: {len(actions)} steps, return {total:.2f}: {verdict}")
    errors = np.abs(np.array([standard(o) for o in observations]).astype(float) - expected)
    bound, promised = error_bound(controller, observations)
    inside = bool((errors <= bound)[promised].all())
    print(f"onnxruntime, standard form: differs by at most {errors.max():.1e}; within its bound: {inside}")
    return 0 if same and inside else 1


if __name__ == "__main__":
    default = "zoo:bipedal-walker" if "bipedal-walker" in wr.zoo.names() else "zoo:pendulum"
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else default))
