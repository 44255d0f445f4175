"""The monitor of a blob: what the runtime remembers is what the oracle does, and no section of any bytes does harm."""

import ctypes
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from helpers import needs, small_controllers
from helpers.bad_blobs import BAD_MONITOR, GOOD, GOOD_MONITOR
from helpers.runtime_library import MANUAL, NAMES, SOURCE, built, load

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ControllerError, ExportError
from wann_rt.core.levels import Level, Mean
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import OPERATIONS, Operation
from wann_rt.exporters import blob_monitor
from wann_rt.exporters.parity import run_monitor
from wann_rt.exporters.parity.run_blob import BlobEvaluator
from wann_rt.exporters.to_blob import to_blob

pytestmark = needs.c_compiler
PATTERN = b"\xa5" * 64
N, M = 3, 1  # of ``small_controllers.remembering``: o 0..2, b 3..5, a 6, r 7..9, lines from 10


def everything(lines: int = 0) -> Monitor:
    """Returns a monitor with each operation, of readings before and repetitions of some channels only."""
    program = [Operation("constant", (), 1.5), Operation("sub", (0, 3)), Operation("gt", (9, 10))]
    for name, (wanted, _) in OPERATIONS.items():
        if name == "select":
            program.append(Operation(name, (12, 11, 6)))
        elif name in ("lt", "gt", "ge", "le"):
            program += [Operation(name, (2, 10)), Operation("select", (10 + len(program), 1, 11))]
        else:
            program.append(Operation(name, (11, 6)[:wanted]))
    last = 10 + len(program)
    program += [Operation("constant", (), 0.25)] * lines
    values = [k for k in range(10, last) if program[k - 10].op not in ("lt", "gt", "ge", "le")]
    features = tuple(Feature("f", (k % 3, (k + 1) % 3), k, 0.125 * (k % 3), 1 + k / 7) for k in values)
    levels = Level(1, 1, 40.0), Mean(0.1, 30.0, 300.0), Level(2, 3, 30.0), Level(5, 64, 2.0), Mean(1.0, 1e15, 2000.0)
    return Monitor(N, M, tuple(program), features, levels, (-0.5,), 1e-5)


@cache
def watched(lines: int = 0) -> Controller:
    return replace(small_controllers.remembering(), monitor=everything(lines))


@pytest.mark.parametrize("lines", [0, 300], ids=["operands of a byte", "operands of two"])
def test_a_blob_remembers_the_oracles_bits_whatever_the_program_does(lines: int) -> None:
    controller, rng = watched(lines), np.random.default_rng(3)
    seen, done = (rng.normal(size=(400, n)).astype(np.float32) for n in (N, M))
    seen[::97, 1], seen[5::101, 0], seen[100:110] = np.nan, np.inf, seen[100]
    seen[150:350] *= 0.01  # quiet: what is watched is not always beyond all thresholds
    given = run_monitor.Sequence(seen, done, rng.random(400) < 0.02)
    expected = run_monitor.oracle(everything(lines), given)
    same = run_monitor.run_blob(controller, given).view(np.uint32) == expected.view(np.uint32)
    assert (same | np.isnan(expected)).all()
    assert len(np.unique(expected[:, -1])) > 2


def test_a_blob_with_a_monitor_runs_its_controller_as_one_without() -> None:
    plain = small_controllers.remembering()
    seen = np.random.default_rng(0).normal(size=(200, N)).astype(np.float32)
    resets = np.arange(200) % 50 == 0
    alone, both = (BlobEvaluator(controller) for controller in (plain, watched()))
    assert both.selftest() == 0
    assert np.array_equal(alone.run_sequence(seen, resets), both.run_sequence(seen, resets))
    seen_only = Monitor(3, 2, (), (Feature("f", (0,), 0),), (Level(1, 1, 1.0),), (0.0, 1.0), 1e-5)
    stateless = replace(small_controllers.example(), monitor=seen_only)
    assert to_blob(stateless)[4] == 2
    assert load(to_blob(stateless)) == "OK"
    assert load(to_blob(stateless), built(flags=("-O0", "-DWANN_STATE=0"))) == "VERSION"
    assert to_blob(replace(stateless, monitor=None))[4] == 1


def test_the_text_is_found_behind_the_monitor() -> None:
    library, blob = built(), to_blob(watched(), contract=True)
    loaded, size = ctypes.create_string_buffer(128), ctypes.c_size_t()
    library.wann_text.restype = ctypes.c_void_p
    assert library.wann_load(loaded, blob, ctypes.c_size_t(len(blob))) == 0
    text = ctypes.string_at(library.wann_text(loaded, ctypes.byref(size)), size.value)
    assert (text[:1], text[-1:]) == (b"{", b"}")


def test_a_memory_beyond_the_format_is_an_export_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert blob_monitor.MOST_FLOATS == 65_535
    floats = blob_monitor.memory_floats(everything())
    monkeypatch.setattr(blob_monitor, "MOST_FLOATS", floats - 1)  # a program of 65,536 lines takes seconds
    with pytest.raises(ExportError, match=f"at most {floats - 1} numbers in its memory; this one has {floats}"):
        to_blob(watched())


def test_more_than_a_file_may_hold_is_refused_when_a_monitor_is_made() -> None:
    whole = everything()
    for change, says in (
        ({"levels": (Level(1, 1, 1.0),) * 17}, "17 levels came; a monitor has at most 16"),
        ({"features": whole.features[:1] * 1001}, "1001 features came; a monitor has at most 1000"),
        ({"program": whole.program[:1] * 10_001}, "10001 lines of its program came; a monitor has at most 10000"),
    ):
        with pytest.raises(ControllerError, match=says):
            replace(whole, **change)


def test_the_loop_in_the_header_compiles_and_calls_each_function() -> None:
    told = MANUAL[MANUAL.index(" * A monitor: it notices") :]
    loop = "\n".join(re.findall(r"^ \*     (.*)$", told[: told.index("*/")], re.MULTILINE))
    calls = re.findall(r"(\w+)\(", re.sub(r"//.*", "", loop))
    kept = ["read_sensors", "wann_monitor_step", "wann_step", "wann_fail_safe", "drive"]
    assert calls[-len(kept) :] == kept
    stubs = "".join(
        f"static void {name} {{}}\n" for name in ("stop(void)", "read_sensors(float *o)", "drive(float *a)")
    )
    sizes = "enum { FLOATS = 1, FLOATS_OF_SCRATCH = 1, ACTIONS = 1 };"
    head = "void loop(wann_controller c, float *obs, float *actions, float *scratch) {"
    assert built(f"{SOURCE}\n{stubs}{sizes}\n{head}\n{loop}\n}}\n", ("-O0", "-Werror=implicit-function-declaration"))


def said(library: ctypes.CDLL, blob: bytes, suffix: str = "") -> str:
    """Returns the name of what ``wann_monitor_load`` says of a blob that loads; on an error it wrote nothing."""
    loaded, monitor = ctypes.create_string_buffer(128), ctypes.create_string_buffer(PATTERN, len(PATTERN))
    kept = ctypes.create_string_buffer(blob, len(blob))
    assert library.wann_load(loaded, kept, ctypes.c_size_t(len(blob))) == 0
    error = int(getattr(library, f"wann_monitor_load{suffix}")(monitor, loaded))
    assert error == 0 or monitor.raw == PATTERN
    return NAMES[error]


def escaped(library: ctypes.CDLL, suffix: str = "") -> list[str]:
    cases = [(code, what, blob) for code, blobs in BAD_MONITOR.items() for what, blob in blobs.items()]
    cases += [("OK", what, blob) for what, blob in GOOD_MONITOR.items()]
    return [f"{code}: {what}" for code, what, blob in cases if said(library, blob, suffix) != code]


def test_every_kind_of_bad_monitor_has_its_own_error() -> None:
    assert escaped(built()) == []
    assert load(GOOD) == "OK"


FAULTS = {  # a condition, and what it becomes where somebody has forgotten it
    "m->observations > MOST_CHANNELS ||": "",
    "|| numbers + lines + 3u > WANN_MAX_NODES": "",
    "features == 0 ||": "",
    "|| levels == 0": "",
    "before >> m->observations != 0 ||": "",
    "|| (repeats & ~before) != 0": "",
    "share == 0 ||": "",
    "|| share >= ONE": "",
    "take(in, bytes) < numbers ? WANN_OK": "take(in, bytes) <= numbers ? WANN_OK",
    "operation < LINEAR ||": "",
    "|| operation > LINE_SELECT": "",
    "(operation > LAST_ACTIVATION && operation < LINE_CONSTANT)": "0",
    "error == WANN_OK && operation > LINE_CONSTANT": "0",
    "error == WANN_OK && operation == LINE_SELECT": "0",
    "channels != 0 &&": "",
    "&& channels >> observations == 0": "",
    "!is_positive(take(in, 4))": "take(in, 4) == 1u",
    "return bits > 0 && bits < INFINITE": "return bits < INFINITE",
    "bits > 0 && bits < INFINITE": "bits > 0",
    "hits > 0 &&": "",
    "&& hits <= of": "",
    "&& of <= MOST_OF": "",
    "if (hits == 0 && of == 2)": "if (hits == 0)",
    "share > 0 && share": "share",
    "&& share <= ONE && most": "&& most",
    "most > 0 &&": "",
    "&& most <= MOST_SCORE": "",
    "is_right && is_positive(above)": "is_right",
    "if (error == WANN_OK && in->left > 0)": "if (0)",
    "&& has_nothing_behind(c, in.left) != 0": "",
    "numbers + state > WANN_MAX_NODES": "0",
}


def test_no_check_of_a_monitor_can_be_forgotten_unnoticed() -> None:
    first, last = SOURCE.index("/* An operand that is one"), SOURCE.index("#endif\n\nconst char *wann_error_name")
    loading, copies = SOURCE[first:last], []
    functions = re.findall(r"^(?:static )?int (\w+)\(", loading, re.MULTILINE)
    for k, (condition, forgotten) in enumerate(FAULTS.items()):
        assert loading.count(condition) == 1, condition
        wrong = re.sub(rf"\b({'|'.join(functions)})\b", rf"\1_{k}", loading.replace(condition, forgotten))
        copies += [f"int wann_monitor_load_{k}(wann_monitor *m, const wann_controller *c);", wrong]
    library = built("\n".join([SOURCE, "#if WANN_STATE", *copies, "#endif", ""]))
    unnoticed = [condition for k, condition in enumerate(FAULTS) if not escaped(library, f"_{k}")]
    assert unnoticed == []
