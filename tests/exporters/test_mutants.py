"""The self-test of a generated header finds what can break: mutants of the header, killed by it."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from evidence.mutants import Mutant, mutants, survey
from helpers import builders, needs
from helpers.c_library import swing_up
from numpy.typing import NDArray

from wann_rt.core.controller import Controller, Weight
from wann_rt.core.symbols import Symbol, schedule, trace
from wann_rt.exporters import drawn
from wann_rt.exporters.to_c.header import to_c

pytestmark = needs.c_compiler

SAMPLE = 90
LEAST = 0.98
SUBJECTS: Mapping[str, Controller] = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", SUBJECTS)
def test_a_sample_of_mutants_is_killed(kind: str) -> None:
    every = mutants(to_c(SUBJECTS[kind], prefix="p"))
    chosen = np.random.default_rng(3).choice(len(every), SAMPLE, replace=False)
    found = survey(SUBJECTS[kind], [every[k] for k in chosen], needs.any_compiler(), ["-std=gnu99", "-O0"])
    assert len(found.equivalent) < SAMPLE / 5
    assert found.rate >= LEAST, [(mutant.line, mutant.changed) for mutant in found.survivors]


def test_mutants_change_each_operator_constant_limit_and_comparison() -> None:
    every = mutants(to_c(swing_up(), prefix="p"))
    changed = {(mutant.line, mutant.changed) for mutant in every}
    assert len(every) > 200
    assert all(before != after for before, after in changed)
    assert ("const float a = x >= x ? x : neutral;", "const float a = x >= x ? neutral : x;") in changed
    assert any(re.search(r"p_clip\(obs\[P_OBS_X\], -2\.4f, \(4\.8", after) for _, after in changed)
    assert any("selftest" in mutant.line for mutant in every) is False


def test_a_self_test_without_its_drawn_vectors_would_miss_mutants() -> None:
    text = to_c(swing_up(), prefix="p")
    blind = re.sub(r"hash != 0x\w+u", "hash == 0u", re.sub(r"p_functions\(\) != 0x\w+u", "p_functions() == 0u", text))
    every = mutants(blind)
    chosen: list[Mutant] = [every[k] for k in np.random.default_rng(3).choice(len(every), SAMPLE, replace=False)]
    assert survey(swing_up(), chosen, needs.any_compiler(), ["-std=gnu99", "-O0"]).rate < LEAST


def test_drawn_vectors_meet_both_sides_of_each_choice_in_conditioning() -> None:
    bits = np.random.default_rng(1).integers(0, 2**32, 10**6, np.uint32)
    wide = np.concatenate([bits.view(np.float32), np.linspace(-20, 20, 10**5, dtype=np.float32)])
    for controller in (swing_up(), *(builders.controller(np.random.default_rng(k), "shared", 6) for k in range(8))):
        observations = drawn.observations(controller.observations, 0)
        for column, channel in zip(observations.T, controller.observations, strict=True):
            assert np.isnan(column).any()
            assert np.isposinf(column).any() or np.isneginf(column).any()
            assert (np.abs(column[column != 0]) < 2.0**-126).any()
            root = trace(channel.condition_observation, "x")
            for taken, possible in zip(sides(root, column), sides(root, wide), strict=True):
                assert (taken.any(), taken.all()) == (possible.any(), possible.all())


def sides(root: Symbol, x: NDArray[np.float32]) -> list[NDArray[Any]]:
    """Returns which side each choice of an expression takes, for each x."""
    values: dict[Symbol, NDArray[Any]] = {}
    operate: dict[str, Any] = {"lt": np.less, "gt": np.greater, "ge": np.greater_equal, "le": np.less_equal}
    operate |= {"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "abs": np.abs}
    found = []
    with np.errstate(all="ignore"):
        for symbol in schedule([root]):
            operands = [values[argument] for argument in symbol.args]
            if symbol.op == "input":
                values[symbol] = x
            elif symbol.op == "constant":
                values[symbol] = np.full_like(x, symbol.value)
            elif symbol.op == "select":
                found.append(operands[0])
                values[symbol] = np.where(*operands)
            else:
                values[symbol] = operate[symbol.op](*operands)
    return found


def test_the_hash_notices_each_flipped_sign_and_the_order() -> None:
    values = np.linspace(-3, 3, 50).astype(np.float32)
    flipped = values.copy()
    flipped[[3, 17]] *= np.float32(-1)
    assert drawn.hashed(flipped) != drawn.hashed(values)
    assert drawn.hashed(values[::-1].copy()) != drawn.hashed(values)
