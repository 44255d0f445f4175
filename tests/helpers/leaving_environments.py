"""An environment that starts other processes and does not end them."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

SLEEP = ("sleep", "600")


class Leaving(gymnasium.Env[Any, Any]):
    """Starts two simulators when it is made: one in its process group, one that leaves it as a daemon does."""

    def __init__(self, told: str, how: str = "") -> None:
        self.observation_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1, 1, (1,), np.float32)
        self.told, self.how = Path(told), how
        started = [subprocess.Popen(SLEEP, start_new_session=alone) for alone in (False, True)]
        with self.told.open("a") as file:
            file.write("".join(f"{process.pid}\n" for process in started))

    def reset(self, **_: Any) -> tuple[Any, dict[str, Any]]:
        """Returns the first observation, if it lives."""
        if self.how == "dies":
            os._exit(1)
        return np.zeros(2, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Returns the same observation again."""
        time.sleep(0.02 if self.how == "slow" else 0.0)
        return np.zeros(2, np.float32), 1.0, False, False, {}

    def close(self) -> None:
        """Says that it was called."""
        with self.told.with_suffix(".closed").open("a") as file:
            file.write("closed\n")
        if self.how == "never closes":
            time.sleep(600)
