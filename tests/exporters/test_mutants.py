"""The self-test of a generated header finds what can break: mutants of the header, killed by it."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from evidence.mutants import FLAGS, FORMS, LEAST, SUBJECTS, blind, header, survey
from evidence.mutations import Mutant, mutants
from helpers import builders, needs
from helpers.c_library import swing_up
from numpy.typing import NDArray

from wann_rt.core.symbols import Symbol, schedule, trace
from wann_rt.exporters import drawn

pytestmark = needs.c_compiler

SAMPLE = 60
# Each form with one kind of weight, another each; `make mutants` has all pairs.
PAIRS = list(zip(FORMS, itertools.cycle(SUBJECTS), strict=False))
CHOSEN = 3  # one sample, always the same: docs/mutants.md has the rates of all


def sample(every: list[Mutant]) -> list[Mutant]:
    return [every[k] for k in np.random.default_rng(CHOSEN).choice(len(every), SAMPLE, replace=False)]


@pytest.mark.long
@pytest.mark.parametrize(("form", "kind"), PAIRS)
def test_a_sample_of_mutants_is_killed(form: str, kind: str) -> None:
    chosen = sample(mutants(header(form, SUBJECTS[kind])))
    found = survey(form, SUBJECTS[kind], chosen, needs.any_compiler(), FLAGS)
    assert len(found.equivalent) < SAMPLE / 5
    assert found.rate >= LEAST, [(mutant.line, mutant.changed) for mutant in found.survivors]


def test_mutants_change_each_operator_constant_limit_and_comparison() -> None:
    every = {form: mutants(header(form, swing_up())) for form in FORMS}
    assert all(len(found) > 200 for found in every.values())
    assert all(mutant.line != mutant.changed for found in every.values() for mutant in found)
    assert not any("selftest" in mutant.line for found in every.values() for mutant in found)
    changed = {form: {(mutant.line, mutant.changed) for mutant in found} for form, found in every.items()}
    choice = ("const float a = x >= x ? x : neutral;", "const float a = x >= x ? neutral : x;")
    assert choice in changed["float32"]
    assert any(re.search(r"p_clip\(obs\[P_OBS_X\], -2\.4f, \(4\.8", after) for _, after in changed["float32"])
    assert ("int status = 0;", "int status = (1);") in changed["float32, checked"]
    table = "4092, 4092, 4093, 4093, 4094,"
    assert (table, table.replace("4094", "(4098)")) in changed["q12"]
    held = "const int32_t held = p_clip(sum, -10922, 10922);"
    assert (held, held.replace(", 10922", ", (21844)")) in changed["q12"]


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_a_self_test_without_its_hashes_would_miss_mutants(form: str) -> None:
    chosen = sample(mutants(blind(header(form, swing_up()))))
    assert survey(form, swing_up(), chosen, needs.any_compiler(), FLAGS).rate < LEAST


def test_a_mutant_that_crashes_is_killed() -> None:
    text = header("q12", swing_up())
    wild = text.replace("READ16(&table[u2])", "READ16(&table[u2 * 100000000])")
    assert wild != text
    assert survey("q12", swing_up(), [Mutant("", "", wild)], needs.any_compiler(), FLAGS)[1:] == ((), ())


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
