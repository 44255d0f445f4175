"""Law of every door for what others have written: it is taken, or refused in one line; never a traceback."""

import fuzz_inputs
import pytest


@pytest.mark.parametrize("door", fuzz_inputs.DOORS)
def test_mutated_inputs_are_taken_or_refused_in_one_line(door: str) -> None:
    seen = fuzz_inputs.tried(door, cases=20 if door == "controller file" else 120, seed=1)
    assert seen["first"] == []
    assert seen["taken"] > 0
    assert seen["refused"] > 0
