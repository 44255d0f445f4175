"""The walker's gait as a state machine in numpy, and the search of its numbers, from which the network's search begins.

It is what ``walker_gait`` is as a network, but for details of time: there a state can end a step later. So a candidate
costs nothing but EnvPool's steps. A fall costs 50 here and a stall 30, which makes neither falling nor standing pay.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from walker_gait import (
    BEHIND,
    CALM,
    FAST,
    HIP_DAMPER,
    HIP_SPRING,
    KNEE_DAMPER,
    KNEE_SPRING,
    NUMBERS,
    PUSHED,
    SCALE,
    START,
    UPRIGHT,
    UPRIGHT_DOT,
)  # fmt: skip

from wann_rt.tuning.cma import Covariance

GENERATIONS, POPULATION, EPISODES, SIGMA, SEED = 20, 14, 2, 0.2, 1
MOST_STEPS, STALL_STEPS, STALL_REWARD = 1600, 150, 2.0
FALL, FALL_BACK, STALL = -50.0, 50.0, -30.0  # a fall is known by such a reward; what is given back; what a stall adds
SPRUNG = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])  # whether the hip has a spring, by phase and role
Vector = NDArray[np.float64]


class Places(NamedTuple):
    """Where each machine is: the phase, and which leg is moving, [machines]."""

    phase: NDArray[np.int64]
    moving: NDArray[np.int64]


def stepped(numbers: Vector, at: Places, seen: Vector) -> tuple[Vector, Places]:
    """Returns what machines do, [machines, 4], and where they are then."""
    rows, phase, (moving, standing) = np.arange(len(seen)), at.phase, (at.moving, 1 - at.moving)
    legs = seen[:, 4:14].reshape(-1, 2, 5)
    phase = np.where((phase == 0) & (legs[rows, standing, 0] < numbers[:, BEHIND]), 1, phase)
    touched = (phase == 1) & (legs[rows, moving, 4] > 0.5)
    phase = np.where(touched, 2, phase)
    done = (legs[rows, standing, 2] > numbers[:, PUSHED]) | (seen[:, 2] > numbers[:, FAST])
    done &= (phase == 2) & ~touched
    actions = np.zeros((len(seen), 2, 2))
    for role, which in ((0, moving), (1, standing)):
        leg, spring = legs[rows, which], SPRUNG[phase, role]
        hip = numbers[rows, phase * 2 + role]
        hip = hip + spring * (-numbers[:, HIP_SPRING] * leg[:, 0] - numbers[:, HIP_DAMPER] * leg[:, 1])
        hip = hip + numbers[:, UPRIGHT] * seen[:, 0] + numbers[:, UPRIGHT_DOT] * seen[:, 1]
        knee = numbers[rows, 6 + phase * 2 + role] - numbers[:, KNEE_SPRING] * leg[:, 2]
        knee = knee - numbers[:, KNEE_DAMPER] * leg[:, 3] - numbers[:, CALM] * seen[:, 3]
        actions[rows, which, 0], actions[rows, which, 1] = hip, knee
    return actions.reshape(-1, 4), Places(np.where(done, 0, phase), np.where(done, standing, moving))


def played(numbers: Vector, seeds: list[int]) -> tuple[Vector, int]:
    """Returns the score of a machine for each row of numbers, and the steps taken."""
    import envpool

    count = len(numbers)
    pool: Any = envpool.make("BipedalWalker-v3", "gymnasium", num_envs=count, num_threads=1, seed=seeds)
    seen, running = pool.reset()[0], np.arange(count)
    scores, record, since = np.zeros(count), np.zeros(count), np.zeros(count, np.int64)
    places, steps = Places(np.zeros(count, np.int64), np.zeros(count, np.int64)), 0
    for step in range(MOST_STEPS):
        actions, places = stepped(numbers[running], places, seen)
        seen, rewards, ended, cut, _ = pool.step(np.clip(actions, -1, 1).astype(np.float32), running)
        scores[running] += rewards
        scores[running] += np.where(ended & (rewards <= FALL), FALL_BACK, 0)
        best = scores[running] > record[running] + STALL_REWARD
        record[running], since[running] = (
            np.where(best, a[running], b[running]) for a, b in ((scores, record), (np.full(count, step), since))
        )
        stalled = step - since[running] >= STALL_STEPS
        scores[running] += np.where(stalled, STALL, 0)
        steps, on = steps + len(running), ~(ended | cut | stalled)
        running, seen, places = running[on], seen[on], Places(*(part[on] for part in places))
        if not len(running):
            break
    pool.close()
    return scores, steps


def found() -> tuple[Vector, int]:
    """Returns the numbers that the search finds, rounded, and the steps that it takes."""
    strategy = Covariance(np.zeros(NUMBERS), SIGMA, POPULATION, SEED)
    rng, steps = np.random.default_rng(SEED), 0
    for _ in range(GENERATIONS):
        tried = strategy.ask()
        seeds = [int(seed) for seed in rng.integers(1, 2**30, EPISODES)]
        scores, taken = played(np.repeat(START + SCALE * tried, EPISODES, axis=0), seeds * POPULATION)
        strategy.tell(tried, -scores.reshape(-1, EPISODES).mean(1))
        steps += taken
    return np.round(START + SCALE * strategy.mean, 3), steps
