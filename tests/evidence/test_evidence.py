"""The ladder of evidence notices what it is there for; the rungs themselves are run by `make evidence`."""

import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.strategies import KINDS

from evidence import fuzz, induction, misra, prove, rung, translation
from evidence.fuzz import KEPT
from evidence.oracle_c import oracle_text
from wann_rt.core.errors import ExportError
from wann_rt.core.reference import evaluate
from wann_rt.exporters.to_c.header import to_c


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
    bare = induction.without_bodies(rung.SOURCE, prove.PARTS)
    assert "\nint channel_error(cursor *in);\n" in bare
    assert all(f"static int {name}(" not in bare for name in prove.PARTS)
    assert "static int channels_error(cursor *in, unsigned n) {" in bare
    with pytest.raises(ExportError, match="once"):
        induction.without_bodies(bare, prove.PARTS)


def test_each_fault_of_a_proof_is_one_that_exists() -> None:
    assert {fault for proof in prove.PROOFS for fault in proof.faults} <= set(rung.FAULTS)


def harnesses() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in rung.HARNESSES.glob("prove*.[ch]")}


def test_every_harness_is_run_and_every_header_included() -> None:
    texts = harnesses()
    assert {proof.harness for proof in prove.PROOFS} == {name for name in texts if name.endswith(".c")}
    assert all(any(f'#include "{name}"' in text for text in texts.values()) for name in texts if name.endswith(".h"))


def test_every_loop_of_the_runtime_is_cut_but_short_ones_and_those_over_states_and_monitors() -> None:
    # Not cut yet: forget(), derive(), remember(), all_derived_error(), and that of derived_error(), which is unwound;
    # of monitors, whose parts are proven one by one: ones(), recall(), watch() and section_error() with three each,
    # wann_fail_safe(), watch_counts_error().
    loops = len(re.findall(r"^ +(?:for|while) \(", rung.SOURCE, re.MULTILINE))
    cut = len(re.findall(r"#define HOLDS_", "".join(harnesses().values())))
    assert cut == loops - 2 - 5 - 10  # the bytes of take(), the bits of crc32()


LOOP = """static int f(cursor *in, unsigned n) {
    unsigned k;
    for (k = 0; k < n; k++) {
        const unsigned own = take(in, 1);
        sum += own;
    }
}
"""
MACROS = """#define HOLDS_f_0(H) H(k <= n)
#define FORGET_f_0 (FORGET(in), k = any(), sum = any())
#define LEFT_f_0 (n - k)
"""


def test_a_loop_is_cut_at_its_head() -> None:
    assert "    for (k = 0, CUT(f_0); k < n; k++, AGAIN(f_0)) {\n" in induction.cut(LOOP, MACROS)
    more = MACROS + "#define START_f_0 a\n#define EACH_f_0 b\n"
    assert "    for (k = 0, START_f_0, CUT(f_0); k < n; k++, AGAIN(f_0)) { EACH_f_0;\n" in induction.cut(LOOP, more)


@pytest.mark.parametrize("forgotten", ["FORGET(in), ", "k = any(), ", ", sum = any()"])
def test_a_proof_must_forget_all_that_a_loop_writes(forgotten: str) -> None:
    assert MACROS.count(forgotten) == 1
    with pytest.raises(ExportError, match=r"does not forget (in|k|sum), which the loop writes"):
        induction.cut(LOOP, MACROS.replace(forgotten, ""))


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


def test_the_c_oracle_is_the_oracle(tmp_path: Path) -> None:
    main = "#include <stdio.h>\nint main(void) { float o[N_INPUTS], a[N_OUTPUTS]; int k;\n"
    main += "while (fread(o, 4, N_INPUTS, stdin) == N_INPUTS) { oracle(o, a); fwrite(a, 4, N_OUTPUTS, stdout); }\n"
    main += "return (k = 0); }\n"
    for kind in range(24):
        controller = builders.controller(np.random.default_rng(kind), KINDS[kind % 3])
        (tmp_path / "o.c").write_text(oracle_text(controller) + main, encoding="utf-8")
        rung.must([needs.compiler("gcc"), "-ffp-contract=off", tmp_path / "o.c", "-o", tmp_path / "o"])
        rows = np.ascontiguousarray(builders.inputs(np.random.default_rng(1), len(controller.observations), 64).T)
        done = subprocess.run([tmp_path / "o"], input=rows.tobytes(), capture_output=True, check=True)
        got = np.frombuffer(done.stdout, np.float32).reshape(64, -1)
        assert builders.same_bits(got, evaluate(controller, rows)), kind


def test_each_number_and_operator_of_a_step_has_a_faulty_copy() -> None:
    header = to_c(translation.champions()["cartpole"], prefix="subject")
    copies = translation.faulty(header)
    assert {what: len(texts) for what, texts in copies.items()} == {"a last bit": 4, "an operator": 1}
    assert all(text != header and text.count("\n") == header.count("\n") for texts in copies.values() for text in texts)
