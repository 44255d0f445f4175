"""Laws of resuming where something has changed: refused, unless the user says so; then tested anew and recorded."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import wann_rt as wr
from wann_rt.core.errors import FileError

MODULE = """
import gymnasium, numpy as np
REWARD = 1.0
class E(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-9, 9, (1,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    dt = 0.1
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = self.np_random.normal(size=1)
        return self.s.copy(), {}
    def step(self, a):
        self.s = self.s + 0.1 * a
        return self.s.copy(), REWARD * float(self.s[0]), False, False, {}
"""
SMALL: dict[str, Any] = {
    "population": 6, "drawn_weights": 2, "episodes": 1, "retest_episodes": 2, "sweep_weights": 3, "sweep_episodes": 2,
    "scored_episodes": 4, "threads": 1,
}  # fmt: skip


def environment(folder: Path, reward: str, **more: Any) -> wr.EnvironmentTask:
    (folder / "edited_env.py").write_text(MODULE.replace("REWARD = 1.0", f"REWARD = {reward}"))
    sys.modules.pop("edited_env", None)
    return wr.environment("edited_env:E", max_steps=20, trial=False, **more)


def begun(task: wr.EnvironmentTask, out: Path, **settings: Any) -> wr.Controller:
    """Begins a run of 6 generations and ends it after 3."""
    return wr.search(task, out=out, generations=6, on_generation=lambda r: r.generation == 2, **SMALL | settings)


@pytest.mark.slow
def test_other_code_is_refused_unless_told_and_then_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    out = tmp_path / "run"
    begun(environment(tmp_path, "1.0"), out)
    before = last(out)["champion"]
    edited = environment(tmp_path, "-50.0")
    with pytest.raises(FileError, match=r"code of the environment was another one.*--changed-code"):
        wr.search(edited, out=out, generations=6, **SMALL)
    assert last(out)["generation"] == 2
    found = wr.search(edited, out=out, generations=6, changed_code=True, **SMALL)
    told = found.provenance["changed_code"]
    assert [one["until_generation"] for one in told] == [3]
    assert told[0]["source"] != found.provenance["environment"]["source"]
    assert json.loads((out / "config.json").read_text())["changed_code"] == told
    assert last(out)["generation"] == 5
    assert abs(last(out)["champion"]) > 2 * abs(before)  # the old champion's fitness is that of the new reward, too
    assert wr.load(out / "champion.json").provenance["changed_code"] == told


def last(out: Path) -> dict[str, Any]:
    line: dict[str, Any] = json.loads((out / "generations.jsonl").read_text().splitlines()[-1])
    return line


@pytest.mark.slow
def test_other_conditioning_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    out = tmp_path / "run"
    scaled: dict[str, Any] = {"channels": {"observations": [{"scale": 0.5}]}}
    found = begun(environment(tmp_path, "1.0", **scaled), out)
    assert found.provenance["environment"]["channels"].startswith("sha256:")
    other: dict[str, Any] = {"channels": {"observations": [{"scale": 0.25}]}}
    for changed in (False, True):  # it is no code
        for task in (environment(tmp_path, "1.0"), environment(tmp_path, "1.0", **other)):
            with pytest.raises(FileError, match="conditioning of the environment's channels were other ones"):
                wr.search(task, out=out, generations=6, changed_code=changed, **SMALL)
    wr.search(environment(tmp_path, "1.0", **scaled), out=out, generations=6, **SMALL)
    assert last(out)["generation"] == 5


@pytest.mark.slow
def test_channels_that_say_what_is_known_anyway_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    plain = environment(tmp_path, "1.0", channels={"observations": ["obs_0"], "rate_hz": 10})
    assert "channels" not in begun(plain, tmp_path / "run").provenance["environment"]
