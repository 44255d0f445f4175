"""The evidence folder: every figure in it is found again, it is whole or absent, its SBOM fits its schema."""

import csv
import hashlib
import io
import json
import re
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers import needs, small_controllers
from helpers.c_library import swing_up

from wann_rt import zoo
from wann_rt.cli import main
from wann_rt.core import disk, files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ExportError, FileError
from wann_rt.exporters.evidence import bounds, kit, misra
from wann_rt.exporters.evidence.sbom import sbom
from wann_rt.exporters.evidence.trace import trace
from wann_rt.exporters.targets.run import TargetResult
from wann_rt.exporters.targets.targets import BY_KEY
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import c_prefix

KINDS = {
    "shared": swing_up(),
    "ensemble": swing_up(Weight("ensemble", (-2.0, -0.5, 0.75))),
    "connections": swing_up(Weight("connections", tuple(0.3 * k - 2.0 for k in range(14)))),
}


def resolved(document: object, pointer: str) -> object:
    """Returns what a JSON pointer names."""
    for part in pointer.split("/")[1:]:
        document = document[int(part)] if isinstance(document, list) else document[part]  # type: ignore[index]
    return document


def test_both_tables_of_misra_give_a_rule_of_the_header_the_same_reason() -> None:
    table = tomllib.loads((Path(__file__).parents[1] / "evidence" / "misra.toml").read_text(encoding="utf-8"))
    rows = table["swing_up_shared.h"]
    assert {rule: misra.REASONS.get(rule) for rule in rows} == {rule: row["reason"] for rule, row in rows.items()}


# Traceability.


@pytest.mark.parametrize("kind", KINDS)
def test_every_element_leads_to_its_place_in_the_file_and_to_its_lines(kind: str) -> None:
    controller = KINDS[kind]
    header = to_c(controller)
    lines, document = header.splitlines(), json.loads(files.to_text(controller))
    rows = trace(controller, header)
    network = controller.network
    n_channels = network.n_inputs + network.n_outputs
    assert len(rows) == n_channels + network.n_hidden + network.n_outputs
    seen: list[str] = []
    for row in rows:
        for pointer in row.json:
            resolved(document, pointer)
            seen.append(pointer)
        if row.lines is not None:
            text = " ".join(line.strip() for line in lines[row.lines[0] - 1 : row.lines[1]])
            assert text == row.text
            assert row.c_name in text
    assert sorted(p for p in seen if "connections" in p) == sorted(
        f"/network/connections/{k}" for k in range(network.n_connections)
    )
    weights = [pointer for pointer in seen if pointer.startswith("/weight")]
    assert len(weights) == (network.n_connections if kind == "connections" else 0)


def test_a_node_is_led_to_by_its_own_connections() -> None:
    controller = KINDS["connections"]
    document = json.loads(files.to_text(controller))
    for row in trace(controller, to_c(controller)):
        found = re.match(r"(?:hidden node|output) (\d+)", row.element)
        if found:
            into = [resolved(document, p) for p in row.json if "connections" in p]
            assert {pair[1] for pair in into} == {int(found[1])}  # type: ignore[index]


def test_an_observation_that_no_node_reads_is_said_to_be_unread() -> None:
    controller = zoo.load("cartpole-swingup")
    unread = [row.element for row in trace(controller, to_c(controller)) if row.lines is None]
    used = controller.lowered.used
    assert unread == [f"observation {c.name}" for k, c in enumerate(controller.observations, 1) if k not in used]
    assert unread


def test_the_header_of_another_controller_has_no_trace() -> None:
    other = zoo.load("cartpole-swingup")
    with pytest.raises(ExportError, match="it was not written from this controller"):
        trace(replace(swing_up(), name="x"), to_c(other, prefix="x"))
    with pytest.raises(ExportError, match="the header has no function swing_up_step"):
        trace(swing_up(), to_c(other))


@pytest.mark.parametrize("made", [small_controllers.remembering, small_controllers.recurrent])
def test_every_derived_channel_and_every_number_of_a_state_leads_to_what_computes_it(
    made: Callable[[], Controller],
) -> None:
    controller = made()
    header = to_c(controller)
    document, lines = json.loads(files.to_text(controller)), header.splitlines()
    rows = {row.element: row for row in trace(controller, header)}
    for row in rows.values():
        assert all(resolved(document, pointer) for pointer in row.json)
        assert row.lines is not None
        assert row.text.endswith(lines[row.lines[1] - 1].strip())
    for number in controller.memory.names:
        assert rows[f"reset of {number}"].text.endswith(" = 0.0f;")
        assert f"state->{rows[f'state {number}'].c_name} = " in rows[f"state {number}"].text
    derived = [row for name, row in rows.items() if name.startswith("derived ")]
    assert [row.json for row in derived] == [(f"/derived/{k}",) for k in range(len(controller.derived))]
    assert {row.json for name, row in rows.items() if name.startswith("input ")} == {row.json for row in derived}
    assert "obs[" in rows["derived dx (" + controller.derived[0].told + ")"].text, "down to the reading"
    forgotten = re.sub(r"    state->m_dx_0 = 0\.0f;\n", "", header)
    with pytest.raises(ExportError, match="no line for reset of dx_0: it was not written from this controller"):
        trace(controller, forgotten)


def test_the_vectors_of_a_state_say_where_it_is_reset() -> None:
    rows = list(csv.reader(io.StringIO(kit._vectors(small_controllers.recurrent()).decode())))
    assert rows[0] == ["reset", "observation x", "observation angle", "action force"]
    assert [row[0] for row in rows[1:]] == ["1", *["0"] * 7]


# Bounds.


def test_a_step_with_a_state_has_a_bound() -> None:
    controller = small_controllers.recurrent()
    found = bounds.bound(to_c(controller), c_prefix(controller), "x86_64-gcc")
    assert found.note in ("", "not run: gcc is not installed")
    assert found.instructions is None or 100 < found.instructions < 1000


def test_instructions_are_counted_through_calls_and_a_cycle_has_no_bound() -> None:
    listing = """\
helper:
\tadd\tr0, r0, r1
\tbx\tlr
straight:
\tpush\t{r4, lr}
\tbl\thelper
\tbeq\t.L3
.L2:
\tbl\thelper
\tpop\t{r4, pc}
.L3:
\tmov\tr0, #0
\tb\t.L2
round:
.L7:
\tsubs\tr0, r0, #1
\tbne\t.L7
\tbx\tlr
far:
\tbl\t__aeabi_fadd
\tbx\tlr
"""
    code = bounds.functions(listing)
    assert [code[name].instructions for name in ("helper", "straight", "round", "far")] == [2, 7, 3, 2]
    assert code["straight"].calls == ("helper", "helper")
    assert [name for name in code if code[name].loops] == ["round"]
    assert bounds._cost("straight", code, {"straight": 8, "helper": 4}, ()) == (11, 12)
    assert bounds._cost("straight", code, {"straight": 8}, ()) == (11, None), "what nobody measured is not 0"
    for name, why in (("round", "has a loop"), ("far", "__aeabi_fadd of the compiler's library")):
        with pytest.raises(LookupError, match=why):
            bounds._cost(name, code, {}, ())


def test_the_bound_of_the_published_size_is_what_is_measured() -> None:
    needs.program("arm-none-eabi-gcc")
    controller = swing_up()
    found = bounds.bound(to_c(controller), c_prefix(controller), "cortex-m4f")
    assert found.note == ""
    assert found.instructions is not None
    assert 200 < found.instructions < 500
    assert found.stack is not None
    assert found.stack < 100
    soft = bounds.bound(to_c(controller), c_prefix(controller), "cortex-m0")
    assert soft.instructions is None
    assert "of the compiler's library" in soft.note


# The folder. A whole one takes seconds: it compiles, runs a model in onnxruntime and asks cppcheck.


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs.program("gcc")
    folder = tmp_path_factory.mktemp("evidence") / "new" / "swing"
    found = kit.write(swing_up(), folder, [BY_KEY["x86_64-gcc"]], vectors=50)
    assert found["verdict"] == "equal"
    return folder


@pytest.mark.slow
def test_the_folder_holds_what_it_says_under_the_digests_that_it_says(made: Path) -> None:
    lines = [line.partition("  ") for line in (made / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, _, name in lines}
    assert set(sums) | {"SHA256SUMS"} == {path.name for path in made.iterdir()}
    for name, digest in sums.items():
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest
    assert files.load(made / "controller.json") == swing_up()
    assert (made / "swing_up.h").read_text() == to_c(swing_up())
    assert not [path for path in made.parent.iterdir() if path != made]


@pytest.mark.slow
def test_the_document_speaks_the_words_of_the_field_and_makes_no_claim_beyond(made: Path) -> None:
    text = (made / "EVIDENCE.md").read_text()
    for words in ("exact replication", "ARP6983/ED-324", "epsilon = 0", "Back-to-back test", "no claim of compliance"):
        assert words.lower() in text.lower() or (words.startswith("no claim") and "Not run" in text)
    assert "not certification" in text
    assert "NO REASON RECORDED" not in text


@pytest.mark.slow
def test_the_table_of_trace_is_a_csv_of_all_elements(made: Path) -> None:
    rows = list(csv.reader(io.StringIO((made / "trace.csv").read_text())))
    assert rows[0] == ["element", "json", "c_name", "c_lines", "c_text"]
    assert len(rows) == 1 + len(trace(swing_up(), to_c(swing_up())))


@pytest.mark.slow
def test_the_same_controller_gives_the_same_bytes(made: Path) -> None:
    again, _ = kit.contents(swing_up(), [BY_KEY["x86_64-gcc"]], 50)
    assert {name: data for name, data in again.items() if (made / name).read_bytes() != data} == {}


def test_the_bill_of_materials_fits_its_schema() -> None:
    needs.module("cyclonedx")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    names = {"controller.json": "0" * 64, "swing_up.h": "f" * 64}
    bill = sbom(swing_up(), names, "controller.json")
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    assert validator.validate_str(json.dumps(bill)) is None
    del bill["components"][0]["name"]
    assert validator.validate_str(json.dumps(bill)) is not None
    assert bill["serialNumber"] == sbom(swing_up(), {}, "controller.json")["serialNumber"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileError, match="not an empty folder"):
        kit.write(swing_up(), tmp_path, [], vectors=1)
    with pytest.raises(FileError, match="not an empty folder"):
        kit.write(swing_up(), tmp_path / "mine", [], vectors=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = disk._write_flushed

    def broken(path: Path, data: bytes) -> None:
        if path.name == "trace.csv":
            raise OSError(28, "no space")
        written(path, data)

    monkeypatch.setattr(kit, "contents", lambda *_: ({"a": b"1", "trace.csv": b"2"}, {}))
    monkeypatch.setattr(disk, "_write_flushed", broken)
    with pytest.raises(FileError, match="no space"):
        kit.write(swing_up(), tmp_path / "evidence", [])
    assert list(tmp_path.iterdir()) == []


def test_what_was_not_run_is_said_and_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    counts, why_not = misra.misra("")
    assert (dict(counts), "cppcheck is not installed" in str(why_not)) == ({}, True)
    found = bounds.bound(to_c(swing_up()), "swing_up", "cortex-m4f")
    assert found.note == "not run: arm-none-eabi-gcc is not installed"
    skipped, ran = TargetResult(BY_KEY["cortex-m4f"], skipped="no compiler"), TargetResult(BY_KEY["x86_64-gcc"], 9)
    assert kit._verdict(broken=False, ok=False, ran=[ran]) == "not tested"
    assert kit._verdict(broken=False, ok=True, ran=[skipped]) == "not tested"
    assert kit._verdict(broken=False, ok=True, ran=[skipped, ran]) == "equal"
    assert kit._verdict(broken=False, ok=True, ran=[ran, replace(ran, mismatches=1)]) == "differs"
    assert kit._verdict(broken=True, ok=False, ran=()) == "differs"


@pytest.mark.slow
def test_each_rule_that_this_header_breaks_has_a_reason() -> None:
    needs.program("cppcheck")
    counts, why_not = misra.misra(to_c(swing_up()))
    assert why_not is None
    assert set(counts) <= set(misra.REASONS)


def test_the_command_writes_the_folder_and_says_what_came_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(controller: Controller, folder: Path, targets: object, vectors: int) -> dict[str, object]:
        return {"verdict": "differs" if vectors == 7 else "equal", "targets": {"a": {"skipped": None}}}

    monkeypatch.setattr(kit, "write", written)
    path = tmp_path / "controller.json"
    files.save(swing_up(), path)
    good = CliRunner().invoke(main, ["evidence", str(path), "--out", str(tmp_path / "e")])
    assert (good.exit_code, "equal; header run on 1 of 1 targets" in good.output) == (0, True)
    assert CliRunner().invoke(main, ["evidence", str(path), "--out", "e", "--vectors", "7"]).exit_code == 1
    assert CliRunner().invoke(main, ["evidence", str(path), "--out", "e", "--targets", "z80"]).exit_code == 2
