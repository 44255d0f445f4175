"""The ladder of evidence notices what it is there for; the rungs themselves are run by `make evidence`."""

import tomllib
from collections import Counter

import pytest
from evidence import fuzz, misra, prove, rung
from evidence.fuzz import KEPT

from wann_rt.errors import ExportError


def test_a_rung_with_an_unnoticed_fault_has_a_problem() -> None:
    result = rung.Result("x", {}, {"seen": "by the linker", "unseen": None}, ("broken",))
    assert result.all_problems() == ["broken", "not noticed: unseen"]


@pytest.mark.parametrize("fault", rung.FAULTS)
def test_each_seeded_fault_changes_the_runtime_once(fault: str) -> None:
    old, new = rung.FAULTS[fault]
    changed = rung.replaced(rung.SOURCE, old, new)
    assert changed != rung.SOURCE
    with pytest.raises(ExportError, match="exactly once"):
        rung.replaced(changed, old, new)


def test_each_fault_of_a_fuzz_target_is_one_that_exists() -> None:
    assert {fault for target in fuzz.TARGETS for fault in target.faults} <= set(rung.FAULTS)


def test_a_function_without_its_body_is_declared_for_every_file() -> None:
    bare = prove.without_bodies(rung.SOURCE, prove.STUBBED)
    assert "\nint channel_error(cursor *in);\n" in bare
    assert all(f"static int {name}(" not in bare for name in prove.STUBBED)
    assert "static int channels_error(cursor *in, unsigned n) {" in bare
    with pytest.raises(ExportError, match="once"):
        prove.without_bodies(bare, prove.STUBBED)


def test_each_fault_of_a_proof_is_one_that_exists() -> None:
    assert {proof.fault for proof in prove.CONTROLS} <= set(rung.FAULTS)


def test_more_findings_fewer_findings_and_new_rules_are_differences() -> None:
    table: dict[str, dict[str, dict[str, int | str]]] = {"f": {"1.1": {"count": 2, "reason": "old"}}}
    assert misra.differences("f", Counter({"1.1": 2}), table) == []
    for found in (Counter({"1.1": 3}), Counter({"1.1": 1}), Counter({"1.1": 2, "9.9": 1})):
        assert len(misra.differences("f", found, table)) == 1


def test_every_misra_deviation_has_a_reason() -> None:
    for rows in tomllib.loads(misra.TABLE.read_text(encoding="utf-8")).values():
        assert all(row["count"] > 0 and len(row["reason"]) > 20 for row in rows.values())


def test_the_kept_inputs_are_distinct_and_short() -> None:
    kept = [bytes.fromhex(line) for line in KEPT.read_text(encoding="ascii").split()]
    assert len(set(kept)) == len(kept) > 0
    assert max(map(len, kept)) <= fuzz.TARGETS[0].longest
