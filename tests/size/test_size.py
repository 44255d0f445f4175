"""Generated code stays within its budget, and what measures it measures what it says."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from helpers import needs

from size import __main__ as commands
from size import budget, inputs, report, state
from size.cells import Cell, cell
from size.host import RUNTIMES, dense_flatbuffer
from size.measure import Figures, MeasureError, Subject, measure
from size.networks import NAMES, AbsentError, controller
from size.peers import PEERS, Peer
from size.processors import BY_KEY, LEVELS, PROCESSORS, Processor
from size.scalar_graph import scalar_graph
from size.subjects import OURS, header
from wann_rt.core.reference import evaluate

ROWS = 100
CODE = """\
#include "subject.h"
int size_setup(void) { return <setup>; }
void size_step(const size_value *observation, size_action *actions) {
    <body>
    actions[0] = observation[0];
}
"""


def installed(key: str) -> Processor:
    return needs.installed(BY_KEY[key])


def by_hand(body: str = "", setup: str = "0") -> Subject:
    return Subject("by_hand", CODE.replace("<body>", body).replace("<setup>", setup), 2, 1)


# What is promised.


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("subject", OURS)
@pytest.mark.parametrize("key", BY_KEY)
def test_generated_code_stays_within_its_budget_and_computes_the_oracles_bits(
    key: str, subject: str, level: str
) -> None:
    found = cell("n110", installed(key), subject, level, ROWS)
    assert (found.skipped, found.wrong) == (None, None)
    assert budget.excesses([found], budget.load()) == []
    assert budget.broken_promises([found]) == []


@pytest.mark.long
@pytest.mark.parametrize("name", ["a derived rate", "a recurrent node, leaky"])
def test_what_is_remembered_costs_no_more_than_promised(name: str) -> None:
    installed("m4f")
    assert 0 < state.cost(name, "-O2") <= state.KINDS[name][1]


@pytest.mark.parametrize("level", [*LEVELS, "-O1", "-O3"])
def test_a_step_with_a_floating_point_unit_takes_the_same_time_whatever_is_observed(level: str) -> None:
    found = cell("n110", installed("m4f"), "header", level, 1000).figures
    assert found is not None
    assert found.least == found.most


def test_the_budget_covers_every_subject_on_every_processor() -> None:
    keys = [f"n110 {p.key} {subject} {level}" for p in PROCESSORS for subject in OURS for level in LEVELS]
    assert set(keys) <= set(budget.load())


def test_two_turns_measure_both_levels(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    taken: list[str] = []

    def measured(*arguments: Any) -> list[Cell]:
        taken.extend(arguments[-1])
        return []

    monkeypatch.setattr(commands, "all_cells", measured)
    assert [commands.main("ours", turn) for turn in ("6", "7")] == [0, 0]
    assert sorted(taken) == sorted(LEVELS)
    assert commands.main("ours", "all") == 2
    assert "ours [TURN]" in capsys.readouterr().err


# The measurement.


@pytest.mark.parametrize("key", BY_KEY)
def test_n_instructions_more_are_counted_as_n(key: str) -> None:
    processor = installed(key)
    few, many = (measure(by_hand('__asm__ volatile("nop");' * n), processor, "-O2", 16) for n in (1, 8))
    assert many.least - few.least == 7
    assert many.most == many.least
    assert few.actions == tuple(inputs.floats(2, 8)[:, 0].view("uint32").tolist())


@pytest.mark.parametrize("key", BY_KEY)
def test_memory_is_found_where_it_is(key: str) -> None:
    processor = installed(key)
    plain = measure(by_hand(), processor, "-O2", 8)
    stack = measure(by_hand("volatile char on_stack[100]; on_stack[0] = 1;"), processor, "-O2", 8)
    memory = "static volatile char cleared[64]; static volatile char set[32] = {1}; set[1] = cleared[0];"
    static = measure(by_hand(memory), processor, "-O2", 8)
    assert (plain.rodata, plain.data, plain.bss) == (0, 0, 0)
    assert 100 <= stack.stack - plain.stack <= 120
    assert static.data == 32
    assert 64 <= static.bss <= 96  # some processors align it
    assert static.flash == static.text + 32


def test_what_does_not_compile_fit_or_start_says_so() -> None:
    processor = installed("avr")
    with pytest.raises(MeasureError, match="nonsense"):
        measure(by_hand("nonsense;"), processor, "-O2", 8)
    with pytest.raises(MeasureError) as caught:
        measure(by_hand("static volatile char big[4096]; big[0] = 1;"), processor, "-O2", 8)
    assert report.is_too_large(str(caught.value))
    with pytest.raises(MeasureError, match="setup returned 0x7"):
        measure(by_hand(setup="7"), processor, "-O2", 8)


def test_a_wrong_bit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = installed("m4f")
    sound = header(controller("n110"), processor)
    text = sound.files["sized.h"].replace("_WEIGHT 1.5f", "_WEIGHT 1.5000001f")
    assert text != sound.files["sized.h"]
    monkeypatch.setitem(OURS, "header", lambda *_: replace(sound, files={"sized.h": text}))
    assert cell("n110", processor, "header", "-O2", 16).wrong == "other bits than the oracle's"
    monkeypatch.delitem(OURS, "header")
    text = text.replace("1.5000001f", "1.75f")
    peer = Peer("header", "", False, lambda *_: (text, "sized_step(observation, actions)"), lambda: "")
    monkeypatch.setattr("size.cells.PEERS", (peer,))
    assert (cell("n110", processor, "header", "-O2", 16).skipped or "").startswith(
        "computes something else: it differs"
    )


@pytest.mark.slow
def test_what_is_not_installed_is_skipped_with_the_packages_to_install() -> None:
    no_compiler = replace(BY_KEY["avr"], prefix="no-such-")
    packages = " ".join(no_compiler.packages)
    assert no_compiler.missing() == f"no-such-gcc is not installed (Debian: apt install {packages})"
    # Its simulator is taken for there: which of the two is absent first is not what this is about.
    no_library = replace(BY_KEY["x86_64"], flags=("--specs=no-such.specs",), run=("true",))
    assert (no_library.missing() or "").startswith("its libraries are not installed (Debian: apt install ")


def test_random_networks_have_the_stated_counts() -> None:
    shapes = {name: controller(name).network for name in ("n110", "n1849")}
    counts = {name: (n.n_inputs, n.n_hidden, n.n_outputs, n.n_connections) for name, n in shapes.items()}
    assert counts == {"n110": (24, 30, 4, 110), "n1849": (256, 100, 10, 1849)}
    assert max(shapes["n110"].levels) == 5


# The peers: their code needs them, their input does not.


@pytest.mark.parametrize("name", NAMES)
def test_peers_get_the_same_function(name: str) -> None:
    try:
        given = controller(name)
    except AbsentError as error:
        needs.skip(str(error))
    session = ort.InferenceSession(scalar_graph(given).SerializeToString(), providers=["CPUExecutionProvider"])
    rows = inputs.floats(given.network.n_inputs, 20)
    got = np.concatenate([session.run(None, {"obs": row[np.newaxis]})[0] for row in rows])
    expected = evaluate(given, rows)
    assert np.max(np.abs(got - expected)) < 1e-3 * max(1.0, float(np.max(np.abs(expected))))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.key)
def test_a_peer_computes_the_same_function_or_is_skipped_with_a_reason(peer: Peer) -> None:
    found = cell("n110", installed("x86_64"), peer.key, "-O2", 16)
    if found.skipped:
        needs.skip(found.skipped)
    assert found.wrong is None


def test_the_dense_flatbuffer_holds_every_weight() -> None:
    needs.module("tflite_micro")
    shape = controller("n110").network
    weights = (shape.n_inputs + 1) * shape.n_hidden + (shape.n_hidden + 1) * shape.n_outputs
    assert 4 * weights < len(dense_flatbuffer("n110")) < 4 * weights + 2000


# The budget and the report.


def figures(most: int = 100, flash: int = 500, bss: int = 0) -> Figures:
    return Figures(flash, 0, 0, bss, 16, most, most, most, 10, ())


def test_a_cost_above_the_budget_is_noticed_and_one_below_is_not() -> None:
    place = "n110", "m4f", "header", "-Os"
    limits = {"n110 m4f header -Os": budget.costs(figures())}
    assert budget.excesses([Cell(*place, figures())], limits) == []
    assert budget.excesses([Cell(*place, figures(99, 400))], limits) == []
    (problem,) = budget.excesses([Cell(*place, figures(101))], limits)
    assert problem == "n110 m4f header -Os: most is 101, the budget 100"
    (problem,) = budget.excesses([Cell(*place, figures())], {})
    assert "has no budget" in problem


def test_a_written_budget_reads_back_as_the_costs(tmp_path: Path) -> None:
    path = tmp_path / "budget.toml"
    cells = [Cell("n110", p, s, "-O2", figures(k)) for k, (p, s) in enumerate([("m0", "header"), ("avr", "fixed")])]
    path.write_text(budget.text([*cells, Cell("n110", "avr", "emx", "-O2", figures())]))
    expected = {c.key: budget.costs(c.figures) for c in cells if c.figures}
    assert budget.load(path) == expected


def test_a_broken_promise_is_noticed() -> None:
    broken = [
        Cell("n110", "m4f", "header", "-O2", figures(1001, 1201)),
        Cell("n110", "m0", "fixed", "-O2", figures(1000)),
        Cell("n110", "m0", "emx", "-O2", figures(49_000)),
        Cell("swing", "m0", "header", "-O2", figures(bss=4)),
    ]
    assert len(budget.broken_promises(broken)) == 4
    kept = [replace(broken[0], figures=figures(1000, 1200)), replace(broken[2], figures=figures(50_000)), broken[1]]
    assert budget.broken_promises(kept) == []


def test_the_document_shows_every_figure_and_each_reason() -> None:
    cells = [
        Cell("n110", "m4f", "header", "-Os", figures(856, 1136)),
        Cell("n110", "m4f", "emx", "-Os", figures(5033)),
        Cell("n110", "avr", "emx_dense", "-Os", skipped="ld: section `.data' is not within region `data'"),
    ]
    times = {"n110": {name: 0.125 if name == "header" else "absent" for name in RUNTIMES}}
    text = report.document(cells, times, "a processor")
    for expected in (
        "| header | 0.125 |",
        "| onnxruntime | - |",
        "1,136 / 0 / 16<br>**856**",
        "**5,033**",
        "too large for the memory: n110 avr emx_dense -Os.",
    ):
        assert expected in text
    assert "<" not in text.replace("<br>", "").replace("<=", "")
