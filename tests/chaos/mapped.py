"""Network randomisation (K. Lee and others, 2019) as a disturbance of searches: does it help a controller?"""

from typing import Any

import wann_rt as wr
from wann_rt.evaluation.robustness import robustness
from wann_rt.play.plain import play_controller
from wann_rt.play.rollouts import starts_of

TASK, SEEDS, STRENGTH, EPISODES, FIRST_SEED = "cartpole-swingup", 8, 0.1, 100, 760_000_000
SMALL: dict[str, Any] = {
    "population": 64, "generations": 64, "restarts": 2, "restart_every": 16, "episodes": 6, "scored_episodes": 2,
}  # fmt: skip
# How each arm is searched: under the usual disturbances, and under a random map of the observations.
ARMS = {"disturbances": (True, 0.0), "disturbances and map": (True, STRENGTH)}


def scored(arm: str, seed: int) -> dict[str, float]:
    """Returns the scores of what a search finds: on the task as it is, under each disturbance, all, and under maps."""
    is_disturbed, strength = ARMS[arm]
    task = wr.task(TASK, observation_map=strength) if strength else wr.task(TASK)
    found = wr.search(task, preset="robust", seed=seed, threads=1, disturbed=is_disturbed, **SMALL)
    judged, mapped = robustness(found, wr.task(TASK), episodes=EPISODES), wr.task(TASK, observation_map=STRENGTH)
    starts = starts_of(mapped, range(FIRST_SEED, FIRST_SEED + EPISODES))
    scores = {name: score.mean for name, score in judged.scores.items()}
    return {
        "as it is": judged.plain.mean,
        **scores,
        "map": float(play_controller(mapped, found, starts, 1).returns.mean()),
    }


def all_scores() -> dict[str, list[dict[str, float]]]:
    """Returns the scores of each arm and seed."""
    found: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    for seed in range(1, SEEDS + 1):
        for arm, rows in found.items():
            rows.append({name: round(value, 1) for name, value in scored(arm, seed).items()})
            print(arm, seed, rows[-1], flush=True)
    return found
