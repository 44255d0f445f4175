"""What any compiled task can be played under: wrong sensors, a slow and wrong actuator, another plant, prices.

| condition | what it does |
|---|---|
| effort_penalty | each step's reward is reduced by this times the square of each action |
| smoothness_penalty | ... by this times the square of each action's change since the step before |
| chatter_penalty | ... by this for each action that changes its sign; an action of 0 changes none |
| observation_gain | each channel reads 1 + U(-g, g) times its value |
| observation_offset | each channel reads U(-o, o) times its typical size too much |
| observation_noise | each reading errs by uniform noise of this standard deviation, in typical sizes |
| quantisation | each reading is rounded to whole ticks of an encoder, each of so many typical sizes |
| observation_map | each channel reads U(-m, m) of each channel besides, in typical sizes; one episode of ten is clean |
| observation_delay | what is read is 0 to so many steps old |
| dropout | the share of steps whose readings are lost: those of the step before are read again |
| delay | an action takes effect 0 to so many steps late |
| dead_zone | an action within this share of the greatest one is none |
| rate_limit | an action changes by at most so many times the greatest one a second; 0: at once |
| actuator_gain | the actuator gives 1 + U(-a, a) times the action |
| PARAM_spread | the plant has 1 + U(-s, s) times its PARAM |

Every disturbance is drawn once per episode (noise and dropout: per step) from the episode's seed, so episodes differ as
machines differ. The first reading of an episode is exact. Prices are of the action that the controller asks for.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from wann_rt.tasks.task import Task

PENALTIES = ("effort_penalty", "smoothness_penalty", "chatter_penalty")
SENSORS = (
    "observation_gain",
    "observation_offset",
    "observation_noise",
    "observation_map",
    "observation_delay",
    "quantisation",
    "dropout",
)
ACTUATORS = ("delay", "dead_zone", "rate_limit", "actuator_gain")
OF_ACTIONS = (*PENALTIES, "dead_zone", "rate_limit", "actuator_gain")  # mean nothing where only the greatest counts
SPREAD = "_spread"
MOST_DELAY = 16  # steps: the delay line is part of the state
MOST_SPREAD = 0.95  # below 1: a pole of length 0 has no dynamics
LIMITS: Mapping[str, float] = {
    "observation_gain": 1.0,
    "observation_map": 1.0,
    "actuator_gain": 1.0,
    "dropout": 1.0,
    "quantisation": 1.0,
    "dead_zone": 1.0,
    "delay": MOST_DELAY,
    "observation_delay": MOST_DELAY,
}  # the greatest value that makes sense, where there is one
USUAL: Mapping[str, float] = {
    "observation_gain": 0.1,
    "observation_offset": 0.05,
    "observation_noise": 0.02,
    "delay": 2.0,
    "actuator_gain": 0.2,
}  # what robustness is judged by besides spreads: what one would expect of cheap sensors
USUAL_SPREAD = 0.2  # of a rough model
CERTAIN = ("dt", "gravity")  # params that nobody gets wrong
STARTS = 16  # from which typical sizes are taken


def names(task: Task) -> tuple[str, ...]:
    """Returns the conditions of a task, in order; a param of its own goes before a condition of the same name."""
    params = task.params._fields
    usual = [name for name in (*PENALTIES, *SENSORS, *ACTUATORS) if name not in params]
    if task.decision == "argmax":
        usual = [name for name in usual if name not in OF_ACTIONS]
    return (*usual, *(f"{param}{SPREAD}" for param in params))


def limit(task: Task, name: str) -> float:
    """Returns the greatest value of a condition that makes sense."""
    if name.endswith(SPREAD):
        return max(MOST_SPREAD, tested(task).get(name, 0.0))
    return LIMITS.get(name, np.inf)


def tested(task: Task) -> Mapping[str, float]:
    """Returns the disturbances by which a controller's robustness is judged, and how strong."""
    if task.tested:
        return dict(task.tested)
    known = names(task)
    spreads = {f"{param}{SPREAD}": USUAL_SPREAD for param in task.params._fields if param not in CERTAIN}
    return {name: level for name, level in ({**USUAL, **spreads}).items() if name in known}


def sizes(task: Task) -> tuple[float, ...]:
    """Returns a typical size of each observation, by which noise and offsets are scaled.

    What the task says; else half the width of the channel's range, where it has one; else the greatest of some first
    states, at least 1.
    """
    return task.sizes or tuple(_sizes(task))


def _sizes(task: Task) -> Iterator[float]:
    with np.errstate(all="ignore"):
        states = np.stack([task.start(seed) for seed in range(STARTS)], axis=1)
        seen = [float(np.max(np.abs(np.broadcast_to(o, STARTS)))) for o in task.observe(*states)]
    for channel, greatest in zip(task.observations, seen, strict=True):
        half = (channel.high - channel.low) / 2
        yield float(np.float32(half if np.isfinite(half) else max(1.0, greatest)))


def strengths(task: Task) -> tuple[float, ...]:
    """Returns the greatest size of each action, 1 where it has no limits."""
    greatest: Sequence[float] = [max(abs(channel.low), abs(channel.high)) for channel in task.actions]
    return tuple(float(value) if np.isfinite(value) else 1.0 for value in greatest)
