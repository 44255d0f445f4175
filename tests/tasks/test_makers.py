"""Laws of environments as objects and of their code: other processes play what was given here, as it is now."""

import importlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from helpers import odd_environments
from helpers.odd_environments import Glider

from wann_rt.core.errors import TaskError
from wann_rt.play.environment import environment
from wann_rt.tasks.any_task import identity
from wann_rt.tasks.environment.maker import Maker, json_values
from wann_rt.tasks.environment.source import source_digest

MODULE = """
import gymnasium, numpy as np, {helper}
class E(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9, 9, (1,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    def reset(self, *, seed=None, options=None):
        return np.zeros(1), {{}}
    def step(self, action):
        return np.zeros(1), {helper}.REWARD, False, False, {{}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "name"),
    [(Glider, "Glider"), (lambda: Glider(discrete=True), "lambda"), (odd_environments.wrapped, "wrapped")],
)
def test_what_makes_an_environment_may_be_given(given: Any, name: str) -> None:
    task = environment(given)
    assert (task.name, task.env_id.count(":")) == (name, 1)
    assert Maker.of(given).make({}).observation_space.shape == (2,)
    json.dumps(identity(task))


def test_what_a_script_registers_is_known_to_other_processes() -> None:
    make: Any = lambda: Glider(low=-3.0)  # noqa: E731
    gymnasium.register("here/Glider-v3", make, max_episode_steps=40)
    try:
        task = environment("here/Glider-v3")
        assert (task.max_steps, task.actions[0].low) == (40, -3)
        del gymnasium.registry["here/Glider-v3"]  # as in a process that did not register it
        assert task.maker.make({}).action_space.low[0] == -3
    finally:
        gymnasium.registry.pop("here/Glider-v3", None)


def test_numbers_of_numpy_are_arguments() -> None:
    plain = json_values("e", {"g": np.float32(0.5), "n": np.int64(3), "ok": np.bool_(True), "text": "t"})
    assert plain == {"g": 0.5, "n": 3, "ok": True, "text": "t"}
    assert [type(value) for value in plain.values()] == [float, int, bool, str]


def test_what_cannot_be_sent_is_refused() -> None:
    lock = threading.Lock()  # no other process can be given it
    with pytest.raises(TaskError, match="cannot be sent to the processes that play it: TypeError"):
        environment(lambda: Glider(low=-float(lock.locked())))


@pytest.mark.slow
def test_the_digest_is_of_the_files_that_no_package_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    helper, module = tmp_path / "physics_of_mine.py", tmp_path / "plant_of_mine.py"
    helper.write_text("REWARD = 1.0\n")
    module.write_text(MODULE.format(helper="physics_of_mine"))
    first = environment("plant_of_mine:E").source
    assert first is not None
    assert environment("plant_of_mine:E").source == first
    helper.write_text("REWARD = 2.0\n")  # what it imports counts, too
    assert environment("plant_of_mine:E").source != first
    assert environment("Pendulum-v1").source is None
    assert "source" not in identity(environment("Pendulum-v1"))["environment"]
    importlib.invalidate_caches()


def made(reward: float, other: int = 0) -> Any:
    """Returns a class as a notebook would define it."""
    space: dict[str, Any] = {"gymnasium": gymnasium, "np": np, "__name__": "__main__"}
    text = MODULE.format(helper="math").replace("math.REWARD", repr(reward)) + f"\ndef unrelated(): return {other}\n"
    exec("\n" * other + text, space)  # what a cell of a notebook does
    return space["E"]


def test_of_a_notebook_the_code_of_the_class_counts_and_not_what_stands_around_it() -> None:
    assert source_digest([made(1.0)]) == source_digest([made(1.0, other=7)])
    assert source_digest([made(1.0)]) != source_digest([made(2.0)])


SCRIPT = """
import hashlib, gymnasium, numpy as np, wann_rt as wr
class Cart(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = self.np_random.normal(size=2)
        return self.s, {}
    def step(self, a):
        self.s = self.s + 0.1 * np.array([self.s[1], a[0]])
        return self.s, -abs(self.s[0]), False, False, {}
gymnasium.register("mine/Cart-v0", Cart, max_episode_steps=20)
gymnasium.register("mine/Cart-v1", "__main__:Cart", max_episode_steps=20)
for env in ("__main__:Cart", Cart, lambda: Cart(), "mine/Cart-v0", "mine/Cart-v1"):
    task = wr.environment(env, channels={"rate_hz": 10}, max_steps=20)
    found = wr.search(task, generations=1, population=4, drawn_weights=2, retest_episodes=1, threads=1)
    print(found.provenance["score"]["mean"], found.provenance["environment"]["source"])
"""


@pytest.mark.long
@pytest.mark.parametrize("piped", [False, True])
def test_a_class_of_a_script_is_searched_in(piped: bool, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-"] if piped else [sys.executable, "script.py"]
    done = subprocess.run(
        command, input=SCRIPT if piped else None, cwd=tmp_path, capture_output=True, text=True, timeout=600
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 5, done.stderr
    assert len({line.split()[0] for line in lines}) == 1
    assert all("sha256:" in line for line in lines)
    assert done.stderr == ""
