"""The page of an ensemble says how far its members are apart, in Python's bits; its own vectors notice another one."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs, small_controllers
from helpers.c_library import swing_up
from helpers.javascript import engine, in_chromium, in_node
from helpers.small_controllers import lost
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Vector, Weight
from wann_rt.core.reference import evaluate_sequence, evaluate_spread
from wann_rt.display.page.page import page
from wann_rt.exporters.to_js.controller import number

Floats = NDArray[np.float32]
SUBJECTS = {
    "random": builders.controller(np.random.default_rng(5), "ensemble"),
    "limits": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "one member": swing_up(Weight("ensemble", (-2.0,))),
    "a lost member": lost(),
    "a state": small_controllers.recurrent(small_controllers.ENSEMBLE),
}
ASK = """
const state = fresh();
const out = ROWS.map((row) => act(row.map(Number), NET.weight, state).spread);
console.log(JSON.stringify(out.map((row) => Array.from(new Uint32Array(Float32Array.from(row).buffer)))));
"""


@needs.node
@pytest.mark.parametrize("subject", SUBJECTS)
def test_it_has_python_s_bits(subject: str) -> None:
    controller = SUBJECTS[subject]
    rows = builders.inputs(np.random.default_rng(6), len(controller.observations), 60).T
    rows = np.ascontiguousarray(rows, np.float32)
    asked = json.dumps([[number(value) for value in row] for row in rows])
    found = in_node(engine(page(controller)) + ASK.replace("ROWS", asked))
    expected = evaluate_spread(controller, rows, np.zeros(len(rows), np.bool_))
    assert builders.same_bits(np.array(found, np.uint32).view(np.float32), expected)


def recorded(controller: Controller) -> Controller:
    """Returns it with vectors of a sequence in which the members are apart."""
    rows = np.random.default_rng(7).normal(size=(5, len(controller.observations))).astype(np.float32)
    actions = evaluate_sequence(controller, rows, np.zeros(5, np.bool_)) if controller.derived else controller(rows)
    pairs = [Vector(tuple(map(float, o)), tuple(map(float, a))) for o, a in zip(rows, actions, strict=True)]
    if controller.derived:
        return replace(controller, vectors=tuple(pairs), resets=(0,))
    return replace(controller, vectors=tuple(pairs))


@needs.node
@pytest.mark.parametrize("subject", ["limits", "a state"])
def test_the_page_s_vectors_notice_a_spread_gone_wrong(subject: str) -> None:
    right = engine(page(recorded(SUBJECTS[subject])))
    faults = {
        "less the wrong way": right.replace("f(span[1] - span[0])", "f(span[0] - span[1])"),
        "a member is left out": right.replace(
            "let m = 1; m < members.length; m++) span", "let m = 2; m < 0; m++) span"
        ),
    }
    assert in_node(right + "\nconsole.log(differing());") == 0
    for name, wrong in faults.items():
        assert wrong != right, name
        assert in_node(wrong + "\nconsole.log(differing());") == 5, name


def test_only_an_ensemble_has_the_section() -> None:
    assert 'data-spread="1"' in page(SUBJECTS["limits"])
    assert "data-spread=" not in page(swing_up()).partition("<script")[0]
    assert "const WIDEN" not in page(swing_up())


@needs.chromium
def test_chromium_shows_it_beside_each_action(tmp_path: Path) -> None:
    controller = recorded(SUBJECTS["limits"])
    (tmp_path / "page.html").write_text(page(controller))
    shown = in_chromium(tmp_path / "page.html", tmp_path)
    assert "every bit is equal" in shown
    told = re.findall(r'data-spread="(\d)">([\d.]+)<', shown)
    assert [k for k, _ in told] == ["0", "1"]
    rows = np.array([vector.observation for vector in controller.vectors], np.float32)
    spreads = evaluate_spread(controller, rows)
    assert any(np.allclose(row, [float(value) for _, value in told], rtol=1e-3) for row in spreads)
