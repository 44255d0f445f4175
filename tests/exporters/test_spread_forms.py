"""The spread of an ensemble as an output: the header and the exact graph have the oracle's bits, the others say no."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from helpers import builders, needs, small_controllers
from helpers.c_library import Library, fused_flags, swing_up
from helpers.small_controllers import lost
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from wann_rt.cli import main
from wann_rt.core import files
from wann_rt.core.controller import Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.reference import evaluate, evaluate_spread
from wann_rt.exporters import export
from wann_rt.exporters.parity import harness, run_spread
from wann_rt.exporters.parity.evaluators import SPREADS, rows_of
from wann_rt.exporters.parity.run_onnx import OPTIMIZATIONS, session
from wann_rt.exporters.parity.run_spread import BlobSpread, OnnxSpread
from wann_rt.exporters.parity.verify import verify
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.names import MAX_PREFIX
from wann_rt.exporters.to_c.text import COLUMNS
from wann_rt.exporters.to_onnx.model import to_onnx

Floats = NDArray[np.float32]
ENSEMBLE = swing_up(Weight("ensemble", (-2.0, -0.5, 0.75)))


SUBJECTS = {
    "limits": ENSEMBLE,
    "a lost member": lost(),
    "one member": swing_up(Weight("ensemble", (-2.0,))),
    "recurrent": small_controllers.recurrent(small_controllers.ENSEMBLE),
}
_ENTRY = """
EXPORT void run_<p>(const float *obs, float *actions, float *spread, int rows);
EXPORT int selftest_<p>(void);
EXPORT void run_<p>(const float *obs, float *actions, float *spread, int rows) {
    int i;
    for (i = 0; i < rows; i++) {
        <p>_step_spread(obs + i * <P>_N_OBSERVATIONS, actions + i * <P>_N_ACTIONS, spread + i * <P>_N_ACTIONS);
    }
}
EXPORT int selftest_<p>(void) { return <p>_selftest(); }
"""


COMPILERS = [
    ("gcc", "-O1"),
    pytest.param("gcc", "-O3", marks=pytest.mark.slow),
    pytest.param("clang", "-O2", marks=pytest.mark.slow),
    pytest.param("clang++", "-x c++ -std=c++11 -Os", marks=pytest.mark.slow),
]


def randoms(count: int) -> dict[str, tuple[Controller, Floats]]:
    """Returns random ensembles by prefix, each with ordinary, wild and special observations."""
    found = {}
    for k in range(count):
        rng = np.random.default_rng(k)
        controller = replace(builders.controller(rng, "ensemble", 4 + k), vectors=())
        found[f"e{k}"] = (controller, np.ascontiguousarray(builders.inputs(rng, len(controller.observations), 200).T))
    return found


@needs.c_compiler
@pytest.mark.parametrize(("name", "flags"), COMPILERS)
def test_a_header_has_the_actions_of_its_step_and_the_oracles_spread(name: str, flags: str) -> None:
    rows = np.ascontiguousarray(builders.inputs(np.random.default_rng(1), 1, 200).T)
    wide = np.ascontiguousarray(builders.inputs(np.random.default_rng(1), 5, 200).T)
    subjects = {**randoms(5), "l" * MAX_PREFIX: (replace(ENSEMBLE, vectors=()), wide), "lost": (lost(), rows)}
    headers = {prefix: to_c(controller, prefix=prefix, spread=True) for prefix, (controller, _) in subjects.items()}
    library = Library(headers, needs.compiler(name), [*flags.split(), *fused_flags()], _ENTRY)
    strange = 0
    for prefix, (controller, rows) in subjects.items():
        actions, spread = (np.empty((len(rows), len(controller.actions)), np.float32) for _ in range(2))
        library.call(f"run_{prefix}", (rows, actions, spread), len(rows))
        assert builders.same_bits(actions, evaluate(controller, rows))
        assert builders.same_bits(spread, evaluate_spread(controller, rows))
        assert library.selftest(prefix) == 0
        strange += int(np.sum(np.isnan(spread) & ~np.isnan(controller.members(rows)).all(axis=0)))
    assert strange > 10, "a member alone is lost"


@needs.c_compiler
@pytest.mark.parametrize("subject", SUBJECTS)
def test_verify_compares_the_spread_of_every_form_that_tells_it(subject: str) -> None:
    results = verify(SUBJECTS[subject], n_random=10, evaluators=SPREADS).results
    assert [(one.key, one.max_ulp, one.kept) for one in results] == [
        ("c_spread", 0, True),
        ("blob_spread", 0, True),
        ("onnx_exact_spread", 0, True),
    ]


def test_verify_compares_it_of_ensembles_alone() -> None:
    assert [row.key for row in rows_of(ENSEMBLE)[-3:]] == ["c_spread", "blob_spread", "onnx_exact_spread"]
    assert not set(SPREADS) & set(rows_of(swing_up()))


@needs.c_compiler
def test_verify_notices_another_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(controller: Controller, **options: Any) -> str:
        return to_c(controller, **options).replace("high[1] - low[1]", "low[1] - high[1]")

    monkeypatch.setattr(run_spread, "to_c", wrong)
    for kind in (OnnxSpread, BlobSpread):
        monkeypatch.setattr(kind, "run", lambda self, rows: np.zeros((len(rows), 2), np.float32))
    assert [one.kept for one in verify(ENSEMBLE, n_random=50, evaluators=SPREADS).results] == [False] * 3


# What seeded faults look like: a place in the header, and what stands there instead.
FAULTS: dict[str, Callable[[str], str]] = {
    "less the wrong way": lambda text: text.replace("high[0] - low[0]", "low[0] - high[0]"),
    "a least too great": lambda text: text.replace("    low[1] = more[1]", "    more[1] = more[1]"),
    "a member is left out": lambda text: text.replace("    p_add_apart(obs, sum, low, high, -0.5f);\n", ""),
    "a greatest too late": lambda text: text.replace("    high[0] = sum[0];\n", "    high[0] = 0.0f;\n"),
    "other actions": lambda text: re.sub(
        r"(_step_spread\([^)]*\) \{[^}]*)sum\[0\] \* 0.33333334f", r"\1sum[0] * 0.33333337f", text
    ),
}


@needs.c_compiler
def test_the_self_test_finds_a_spread_gone_wrong() -> None:
    text = to_c(ENSEMBLE, prefix="p", is_checked=True, spread=True)
    texts = {"right": text, **{name: fault(text) for name, fault in FAULTS.items()}}
    assert len(set(texts.values())) == len(texts)
    assert {name: said(one) for name, one in texts.items()} == {"right": 0, **dict.fromkeys(FAULTS, 256)}


@needs.c_compiler
def test_the_self_test_finds_a_members_nan_that_is_forgotten() -> None:
    text = to_c(lost(), prefix="p", spread=True)
    forgets = text.replace("low[0] = more[0] >= more[0] ?", "low[0] = 1 ?")
    assert np.isnan(lost().spread([3.0]))
    assert np.isfinite(lost().members([3.0])[[0, 2]]).all()
    assert (said(text), said(forgets)) == (0, 256)


@needs.c_compiler
def test_the_self_test_finds_a_state_that_the_spread_disturbs() -> None:
    text = to_c(SUBJECTS["recurrent"], prefix="p", spread=True)
    place = "    p_network_spread(seen, outputs, spread);\n"
    assert text.count(place) == 1
    again = text.replace(place, "    p_derive(state, obs, seen);\n" + place)
    assert (said(text), said(again)) == (0, 256)


def said(text: str) -> int:
    """Returns what the self-test of a header says."""
    sources = {"p.h": text, "unit.c": harness.header_harness("p")}
    return int(harness.compiled(sources, needs.any_compiler(), ("-O1", "-w")).selftest())


@needs.c_compiler
def test_two_files_declare_it_and_link(tmp_path: Path) -> None:
    export(SUBJECTS["recurrent"], "c", out=tmp_path / "p.h", split=True, prefix="p", spread=True)
    declared = (tmp_path / "p.h").read_text()
    assert "void p_step_spread(p_state *state," in declared
    assert "static" not in declared.partition('extern "C"')[2]
    sources = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert (
        harness.compiled({**sources, "unit.c": harness.header_harness("p")}, needs.any_compiler(), ()).selftest() == 0
    )


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_header_without_the_option_is_as_it_was_and_no_line_is_too_long(subject: str) -> None:
    controller = SUBJECTS[subject]
    prefix = None if controller.derived else "p" * MAX_PREFIX
    plain, spread = to_c(controller, prefix=prefix), to_c(controller, prefix=prefix, spread=True)
    assert "SPREAD" not in plain.upper()
    assert "--set spread=true" in spread
    assert max(map(len, spread.splitlines())) <= COLUMNS
    missing = set(plain.splitlines()) - set(spread.splitlines())
    assert all("WANN_H" in line or "export controller.json" in line for line in missing)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_it_is_a_fixed_point_of_the_projects_format(subject: str) -> None:
    place = Path(__file__).parents[2] / "exporters" / "controller.h"
    command = [needs.program("clang-format"), "--style=file", f"--assume-filename={place}"]
    text = to_c(SUBJECTS[subject], spread=True)
    formatted = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    assert formatted.splitlines() == text.splitlines()


@pytest.mark.parametrize("optimization", OPTIMIZATIONS)
def test_the_exact_graph_has_the_oracles_spread_however_it_is_rewritten(optimization: str) -> None:
    for controller, rows in randoms(5).values():
        found = OnnxSpread(controller, optimization).run(rows)
        assert builders.same_bits(found, evaluate_spread(controller, rows))


@pytest.mark.parametrize("opset", [13, 26])
def test_the_graph_has_it_as_second_output_in_the_reference_evaluator_too(opset: int) -> None:
    for controller, rows in randoms(4).values():
        model = onnx.load_from_string(to_onnx(controller, exact=True, opset=opset, ir_version=10, spread=True))
        onnx.checker.check_model(model, full_check=True)
        assert [value.name for value in model.graph.output] == ["actions", "spread"]
        with np.errstate(all="ignore"):
            actions, spread = ReferenceEvaluator(model).run(None, {"obs": rows})
        assert builders.same_bits(actions, evaluate(controller, rows))
        assert builders.same_bits(spread, evaluate_spread(controller, rows))


def test_the_graph_says_the_spread_of_its_test_vectors() -> None:
    for controller in SUBJECTS.values():
        ran = session(to_onnx(controller, exact=True, spread=True))
        said = ran.get_modelmeta().custom_metadata_map
        vectors, spreads = (json.loads(said[f"wann_rt.{name}"]) for name in ("test_vectors", "test_spreads"))
        first = np.array([[float.fromhex(number) for number in vectors[0][0]]], np.float32)
        state = {"h_in": controller.start(1)} if controller.derived else {}
        found = ran.run(["spread"], {"obs": first, **state})[0]
        assert builders.same_bits(found[0], [float.fromhex(number) for number in spreads[0]])
        assert len(spreads) == len(vectors)
        assert (
            "wann_rt.test_spreads" not in session(to_onnx(controller, exact=True)).get_modelmeta().custom_metadata_map
        )


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "onnx",
        {},
        r"the format onnx cannot say how far .*--to c.*--to blob.*--to onnx-exact.*--to html\) can",
    ),
    ("c", {"number": "q12"}, "the header in q12 cannot say how far"),
    ("onnx-exact", {"compat": "onnx2c"}, "ONNX with compat cannot say how far"),
]


@pytest.mark.parametrize(("to", "more", "says"), REFUSED)
def test_a_form_without_it_says_which_forms_have_it(to: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(ExportError, match=says):
        export(ENSEMBLE, to, spread=True, **more)


@pytest.mark.parametrize("to", ["c", "blob", "onnx-exact"])
def test_one_member_and_what_is_no_truth_value_are_one_error(to: str) -> None:
    with pytest.raises(ExportError, match=r"'swing up' is no ensemble.* leave out spread=true.* of kind 'shared'"):
        export(swing_up(), to, spread=True)
    with pytest.raises(ExportError, match="spread is 'maybe'; expected true or false"):
        export(ENSEMBLE, to, spread="maybe")


def test_the_command_line_has_it_as_a_setting(tmp_path: Path) -> None:
    files.save(ENSEMBLE, tmp_path / "both.json")
    export_both = ["export", str(tmp_path / "both.json"), "--set", "spread=true", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*export_both, "--to", "c", "--to", "blob", "--to", "onnx-exact"])
    assert done.exit_code == 0
    assert "WANN_SPREAD_FLOATS(WANN_SCRATCH_FLOATS(5, 4, 2), 2) is 16 floats" in done.output
    assert "swing_up_step_spread(" in (tmp_path / "out" / "both.h").read_text()
    assert "spread" in [one.name for one in session((tmp_path / "out" / "both.exact.onnx").read_bytes()).get_outputs()]
    done = CliRunner().invoke(main, [*export_both, "--to", "onnx"])
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert "error: the format onnx cannot say how far the members of an ensemble are apart" in done.output


def test_a_page_shows_it_with_or_without_the_setting_and_of_ensembles_alone(tmp_path: Path) -> None:
    for controller, name in ((lost(), "both"), (small_controllers.example(), "one")):
        files.save(controller, tmp_path / f"{name}.json")
    pages = []
    for more in ([], ["--set", "spread=true"]):
        done = CliRunner().invoke(main, ["export", str(tmp_path / "both.json"), "--to", "html", *more])
        assert done.exit_code == 0, done.output
        pages.append((tmp_path / "both.html").read_text())
    assert pages[0] == pages[1]
    done = CliRunner().invoke(main, ["export", str(tmp_path / "one.json"), "--to", "html", "--set", "spread=true"])
    assert (done.exit_code, "is no ensemble" in done.output) == (2, True)


@pytest.mark.parametrize("to", ["c", "blob", "onnx-exact", "html"])
@pytest.mark.parametrize("wrong", ["no", "1", "None"])
def test_what_is_no_truth_value_is_refused_by_every_form(tmp_path: Path, to: str, wrong: str) -> None:
    files.save(lost(), tmp_path / "both.json")
    done = CliRunner().invoke(main, ["export", str(tmp_path / "both.json"), "--to", to, "--set", f"spread={wrong}"])
    assert (done.exit_code, "expected true or false" in done.output) == (2, True), done.output
    assert [path.name for path in tmp_path.iterdir()] == ["both.json"]


def test_of_several_formats_none_is_written_where_one_refuses(tmp_path: Path) -> None:
    path, out = tmp_path / "several.json", tmp_path / "out"
    files.save(lost(), path)
    told = CliRunner().invoke(
        main, ["export", str(path), "--to", "c", "--to", "onnx", "--set", "spread=true", "--out", str(out)]
    )
    assert told.exit_code != 0
    assert "the format onnx cannot say" in str(told.exception) + told.output
    assert list(out.iterdir()) == []
