"""Stories of people with an environment of their own: each from their class to what they want in the end.

Nothing but ``wann_rt`` and Gymnasium is used, as in their scripts. Each story asserts the outcome that its user wants.
"""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import NormalizeObservation
from helpers import needs
from numpy.typing import NDArray

import wann_rt as wr

pytestmark = pytest.mark.slow
FEW: dict[str, Any] = {
    "population": 24, "weights": [1.0], "drawn_weights": 0, "episodes": 2, "retest_every": 2, "retest_episodes": 4,
    "sweep_weights": 5, "sweep_episodes": 2, "scored_episodes": 20, "threads": 1,
}  # fmt: skip


class Oven(gymnasium.Env[NDArray[np.float32], NDArray[np.float32]]):
    """Hold an oven at its set point: what it lacks, in 20 degrees, how fast that changes; the heater's power."""

    metadata = {"dt": 0.5}  # noqa: RUF012  # as Gymnasium has it
    observation_space: Any = spaces.Box(-10, 10, (2,), np.float32)
    action_space: Any = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins an episode."""
        super().reset(seed=seed)
        self.lacks, self.before = (self.np_random.uniform(-20, 20) for _ in "ab")
        return self.observed(), {}

    def observed(self) -> Any:
        """What the sensors say."""
        return np.array([self.lacks, self.lacks - self.before], np.float32) / 20

    def step(self, action: Any) -> Any:
        """Goes on by one step."""
        self.before, self.lacks = self.lacks, self.lacks - 2 * float(action[0]) + self.np_random.normal(0, 0.05)
        return self.observed(), -abs(self.lacks) / 20, False, False, {}


def played(controller: wr.Controller, env: gymnasium.Env[Any, Any], seeds: range, steps: int, act: Any = None) -> float:
    """What a user's own loop gets: the mean return over seeds."""
    total = 0.0
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        for _ in range(steps):
            action = (act or controller.decide)(observation)
            observation, reward, terminated, truncated, _ = env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
    return total / len(seeds)


@pytest.mark.long
def test_from_a_class_in_a_script_to_firmware_that_does_the_same(tmp_path: Any) -> None:
    needs.any_compiler()
    found = wr.search(wr.environment(Oven, max_steps=40), generations=4, **FEW)
    tuned = wr.tune(found, wr.environment(Oven, max_steps=40), steps=20_000, episodes=2, population=8, threads=1)
    best = tuned.controller
    nothing = played(best, Oven(), range(20), 40, lambda _: np.zeros(1))
    mine = played(best, Oven(), range(20), 40)
    assert mine > nothing / 2, "the oven is closer to its set point than without a controller"
    assert played(best, Oven(), range(20), 40, best.compiled()) == mine, "the compiled C header does the very same"
    assert best.rate_hz == 2
    assert b"oven" in wr.export(best, out=tmp_path / "oven.h").lower()
    assert wr.verify(best, n_random=100).ok


class Tank(Oven):
    """The same, observed as a dictionary."""

    observation_space: Any = spaces.Dict(
        {"level": spaces.Box(-10, 10, (1,), np.float32), "valve_open": spaces.Discrete(2)}
    )

    def observed(self) -> Any:
        """What the sensors say."""
        return {"level": np.array([self.lacks / 20], np.float32), "valve_open": int(self.lacks > 0)}


def test_a_dictionary_is_observed_by_its_names_wherever_the_controller_goes() -> None:
    found = wr.search(wr.environment(Tank, max_steps=20, trial=False), generations=2, **FEW)
    names = [channel.name for channel in found.observations]
    assert names == ["level", "valve_open_is_0", "valve_open_is_1"]
    by_name = found(level=3.0, valve_open_is_0=0.0, valve_open_is_1=1.0)
    assert by_name.tolist() == found([3.0, 0.0, 1.0]).tolist()
    header = wr.export(found, "c").decode()
    assert [header.find(name) >= 0 for name in names] == [True] * 3


class Gears(gymnasium.Env[NDArray[np.float32], int]):
    """Three gears, of which one is locked in turn; the highest that is free is best, a locked one breaks the box."""

    metadata = {"dt": 0.1}  # noqa: RUF012
    observation_space: Any = spaces.Box(0, 1, (3,), np.float32)
    action_space: Any = spaces.Discrete(3)

    def free(self) -> Any:
        """Which gears are free."""
        free = np.ones(3, np.int8)
        free[self.locked] = 0
        return free

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins an episode."""
        super().reset(seed=seed)
        self.locked = int(self.np_random.integers(3))
        return self.free().astype(np.float32), {"action_mask": self.free()}

    def step(self, action: int) -> Any:
        """Goes on by one step."""
        if action == self.locked:
            raise RuntimeError("the gear box is broken")
        self.locked = int(self.np_random.integers(3))
        return self.free().astype(np.float32), float(action), False, False, {"action_mask": self.free()}


def test_a_mask_keeps_a_search_from_what_is_forbidden() -> None:
    found = wr.search(wr.environment(Gears, max_steps=20, trial=False), generations=12, **FEW)
    best = 20 * (2 * 2 / 3 + 1 / 3)
    assert found.decision == "argmax"
    assert found.provenance["score"]["mean"] > 0.9 * best, "it shifts to the highest gear that is free"


class Car(Oven):
    """Two wishes: to be where one should, and to spend little."""

    reward_space: Any = spaces.Box(-np.inf, np.inf, (2,))

    def step(self, action: Any) -> Any:
        """Goes on by one step."""
        observation, there, terminated, truncated, info = super().step(action)
        return observation, np.array([there, -(float(action[0]) ** 2)]), terminated, truncated, info


def test_weights_of_a_vector_reward_decide_what_is_wanted() -> None:
    def effort(weights: list[float]) -> float:
        task = wr.environment(Car, max_steps=20, trial=False, reward_weights=weights)
        found = wr.search(task, generations=5, **FEW)
        observations = np.random.default_rng(1).uniform(-1, 1, (200, 2))
        return float(np.abs(found(observations)).mean())

    assert effort([1, 0.02]) > 2 * effort([0.02, 1])


class Fragile(Oven):
    """A simulator that diverges now and then."""

    def step(self, action: Any) -> Any:
        """Goes on by one step."""
        observation, reward, *rest = super().step(action)
        if self.lacks > 15:
            reward = float("nan")
        return observation, reward, *rest


def test_a_simulator_that_diverges_costs_an_episode_and_not_the_search() -> None:
    task = wr.environment(Fragile, max_steps=20, trial=False, failures="end", failure_reward=-50)
    failed: list[int] = []
    with pytest.warns(RuntimeWarning, match="a failure has ended an episode, which is counted.*the reward is nan"):
        found = wr.search(task, generations=3, on_generation=lambda report: failed.append(report.failed), **FEW)
    assert found.provenance["generations"] == 3
    assert sum(failed) > 0


class Rig(Oven):
    """An oven on a table: each episode takes its time, and everything that is asked of it is written down."""

    def __init__(self, diary: str) -> None:
        self.diary = diary
        self.wrote("built")

    def wrote(self, what: str) -> None:
        """Writes a word into the diary."""
        with Path(self.diary).open("a") as file:
            file.write(f"{what} ")

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins an episode."""
        self.wrote("episode")
        return super().reset(seed=seed)


def test_a_rig_on_a_table_plays_what_it_was_told_and_is_built_once(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    task = wr.environment(Rig, kwargs={"diary": str(diary)}, max_steps=10, trial=False)
    few = FEW | {"population": 4, "episodes": 1, "retest_episodes": 1, "sweep_weights": 1, "scored_episodes": 3}
    found = wr.search(task, generations=50, budget="20 episodes", **few)
    lines = diary.read_text().split()
    assert lines.count("episode") <= 20 + 8 + 4, "the budget ends it after a generation; then it is scored"
    assert lines.count("built") == 2, "once to read its spaces, once to play"
    assert found.provenance["stopped"] == "the budget of 20 episodes is spent"


def test_a_frozen_normaliser_ships_inside_the_controller() -> None:
    statistics = NormalizeObservation(Oven())
    for seed in range(20):
        statistics.reset(seed=seed)
        for _ in range(20):
            statistics.step(statistics.action_space.sample())
    mean, var = statistics.obs_rms.mean.copy(), statistics.obs_rms.var.copy()

    def normalised() -> gymnasium.Env[Any, Any]:
        wrapped = NormalizeObservation(Oven())
        wrapped.obs_rms.mean, wrapped.obs_rms.var = mean, var
        wrapped.update_running_mean = False
        return wrapped

    found = wr.search(wr.environment(normalised, max_steps=20, trial=False), generations=2, **FEW)
    scales = [channel.scale for channel in found.observations]
    assert np.allclose(scales, 1 / np.sqrt(var + statistics.epsilon), rtol=1e-3)
    score = found.provenance["score"]["mean"]
    plain = played(found, Oven(), range(40), 20)
    assert abs(plain - score) < 4 * found.provenance["score"]["ci95"] + 1, "it takes what the sensor says"


class Lessons(Oven):
    """Starts close to the set point, and further away with each generation."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Begins an episode."""
        super().reset(seed=seed)
        ease = 1.0 if options is None else min(1.0, 0.2 + 0.1 * options["generation"])
        self.lacks *= ease
        self.before = self.lacks
        return self.observed(), {}


def test_a_curriculum_has_a_door_and_the_score_is_of_the_whole_task() -> None:
    task = wr.environment(Lessons, max_steps=20, trial=False, curriculum=True)
    found = wr.search(task, generations=3, **FEW)
    scored = played(found, Lessons(), range(40), 20)
    assert abs(scored - found.provenance["score"]["mean"]) < 4 * found.provenance["score"]["ci95"] + 1
