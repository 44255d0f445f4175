"""A notebook, run by a kernel as a reader would: classes of its cells, an edited cell, progress that does no harm."""

from pathlib import Path
from typing import Any

import pytest
from helpers import needs

pytestmark = pytest.mark.slow
CLASS = """
import gymnasium, numpy as np, wann_rt as wr

class Cart(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = self.np_random.normal(size=2)
        return self.s, {}

    def step(self, action):
        self.s = self.s + 0.1 * np.array([self.s[1], action[0]])
        return self.s, REWARD, False, False, {}
"""
SEARCH = """
task = wr.environment(Cart, channels={"rate_hz": 10}, max_steps=5)
found = wr.search(task, generations=1, population=4, drawn_weights=2, retest_episodes=1, scored_episodes=4, threads=1)
print(found.provenance["score"]["mean"], found.provenance["environment"]["source"])
"""


@pytest.mark.long
def test_a_notebook_searches_in_the_class_of_its_cell_as_it_is_now(tmp_path: Path) -> None:
    nbclient = needs.module("nbclient")
    needs.module("ipykernel")
    import nbformat  # which nbclient brings

    cell: Any = nbformat.v4.new_code_cell
    book: Any = nbformat.v4.new_notebook
    cells = [CLASS.replace("REWARD", "1.0"), SEARCH, CLASS.replace("REWARD", "2.0"), SEARCH]
    notebook = book(cells=[cell(text) for text in cells])
    nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    outputs = [output for one in notebook.cells for output in one.outputs if output.get("name") == "stdout"]
    (first, code), (second, other) = (output["text"].split() for output in outputs)
    assert (float(first), float(second)) == (5, 10)
    assert code != other
