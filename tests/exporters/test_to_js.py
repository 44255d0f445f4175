"""Laws of the JavaScript export: what it computes has Python's bits."""

import json
from typing import Any

import numpy as np
import pytest
from helpers import needs, plant_files
from helpers.javascript import in_node

from wann_rt import tasks
from wann_rt.core.activations import PALETTE
from wann_rt.core.symbols import Symbol, trace
from wann_rt.exporters.parity.vectors import SPECIAL
from wann_rt.exporters.to_js.controller import embedded, number
from wann_rt.exporters.to_js.expressions import JavaScript, function
from wann_rt.exporters.to_js.plant import plant_data, plant_functions
from wann_rt.tasks.task import Task

HEAD = """
const f = Math.fround;
const bits = (v) => new Uint32Array(Float32Array.from([v]).buffer)[0];
const same = (v) => Number.isNaN(v) ? "nan" : bits(v);
"""


def bits(values: Any) -> list[Any]:
    """Returns float32 values as the script above says them."""
    flat = np.asarray(values, np.float32).ravel()
    return ["nan" if np.isnan(v) else int(v.view(np.uint32)) for v in flat]


PLANTS = (
    *tasks.TASKS,
    tasks.with_params(plant_files.two_motors(), **plant_files.EVERYTHING),
    plant_files.never_ending(),
    plant_files.elementary_functions(),
)


@needs.node
def test_every_activation_has_the_same_bits_in_javascript() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.integers(0, 2**32, 4000, dtype=np.uint32).view(np.float32)
    inputs = np.concatenate([np.array(SPECIAL, np.float32), drawn, rng.normal(0, 3, 4000).astype(np.float32)])
    functions = ", ".join(function(["x"], [trace(a.function, "x")]) for a in PALETTE)
    values = json.dumps([number(float(v)) for v in inputs])
    computed = f"[{functions}].map((F) => X.map((x) => same(f(F(x)))))"
    found = in_node(f"{HEAD} const X = {values}.map(Number); console.log(JSON.stringify({computed}));")
    with np.errstate(all="ignore"):
        for activation, came in zip(PALETTE, found, strict=True):
            assert came == bits(activation.function(inputs)), activation.name


@needs.node
@pytest.mark.parametrize("task", PLANTS, ids=lambda task: task.name)
def test_a_plant_steps_with_the_same_bits_in_javascript(task: Task) -> None:
    rng = np.random.default_rng(2)
    actions = rng.normal(0, 1, (300, len(task.actions))).astype(np.float32)
    state = tuple(task.start(3))
    wanted = []
    with np.errstate(all="ignore"):
        for action in actions:
            observed = task.observe(*state)
            *after, reward, failed = task.step(task.params, *state, *action)
            state = tuple(after)
            wanted.append([*bits(observed), *bits(state), *bits([reward]), bool(failed)])
    data = plant_data(task, starts=4)
    script = f"""{HEAD} {plant_functions(task)}
    const P = {json.dumps([v for _, v in data["params"]])}; let s = {json.dumps(data["starts"][3])}; const rows = [];
    for (const a of {json.dumps(actions.tolist())}) {{
      const o = observe(s); const after = step(P, s, a);
      const failed = after.pop(); const reward = after.pop(); s = after;
      rows.push([...o.map(same), ...s.map(same), same(reward), Boolean(failed)]);
    }}
    console.log(JSON.stringify(rows));"""
    assert in_node(script) == wanted


def test_numbers_and_text_survive() -> None:
    values = (1.0, -0.0, 0.1, float("inf"), float("-inf"), float("nan"))
    texts = [JavaScript().literal(Symbol("constant", value=np.float32(value))) for value in values]
    assert texts == ["1", "-0", "0.10000000149011612", "Infinity", "-Infinity", "NaN"]
    hostile = {"</script><script>alert(1)</script>": "\u2028<!-- & \x1b"}
    text = embedded(hostile)
    assert "<" not in text
    assert ">" not in text
    assert "&" not in text
    assert "\u2028" not in text
    assert json.loads(text) == hostile
