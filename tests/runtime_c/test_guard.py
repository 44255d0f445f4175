"""Laws of ``wann_guard.h``: each fault is noticed, stays, and gives the fail-safe actions; no action jumps."""

import ctypes
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs
from helpers.c_library import STRICT

from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler
HEADER = Path(str(include_dir())) / "wann_guard.h"
STALE, EARLY, LATE, INPUT, ORDER, MEMORY = (1 << k for k in range(6))
ANY = float(np.float32(3.4028235e38))
PERIOD, TOLERANCE = 10_000, 500

EXPORTED = """
#include "wann_guard.h"
void start(wann_guard *g, uint32_t p, uint32_t t, uint16_t s);
void start(wann_guard *g, uint32_t p, uint32_t t, uint16_t s) { wann_guard_start(g, p, t, s); }
uint32_t begin(wann_guard *g, uint32_t now, int is_new);
uint32_t begin(wann_guard *g, uint32_t now, int is_new) { return wann_guard_begin(g, now, is_new); }
void latch(wann_guard *g, uint32_t f);
void latch(wann_guard *g, uint32_t f) { wann_guard_latch(g, f); }
uint32_t faults(wann_guard *g);
uint32_t faults(wann_guard *g) { return wann_guard_faults(g); }
void reset(wann_guard *g);
void reset(wann_guard *g) { wann_guard_reset(g); }
float slew(float wanted, float last, float most);
float slew(float wanted, float last, float most) { return wann_guard_slew(wanted, last, most); }
void act(wann_guard *g, const float *w, const float *s, const float *m, float *a, uint16_t n);
void act(wann_guard *g, const float *w, const float *s, const float *m, float *a, uint16_t n) {
    wann_guard_act(g, w, s, m, a, n);
}
void stage(wann_guard *g, uint16_t stage);
void stage(wann_guard *g, uint16_t stage) { wann_guard_pass(g, stage); }
int end(wann_guard *g, uint16_t stages);
int end(wann_guard *g, uint16_t stages) { return wann_guard_end(g, stages); }
void renew(wann_guard *g);
void renew(wann_guard *g) { wann_guard_renew(g); }
int renews(wann_guard *g);
int renews(wann_guard *g) { return wann_guard_renews(g); }
"""


class Guard(ctypes.Structure):
    """The state of a guard."""

    _fields_ = (
        *((name, ctypes.c_uint32) for name in ("period", "tolerance", "last", "faults", "not_faults")),
        *((name, ctypes.c_uint16) for name in ("most_stale", "stale", "stage", "has_last", "renews")),
    )


class Library:
    """The header's functions, compiled."""

    def __init__(self, folder: Path, text: str, *flags: str) -> None:
        (folder / "wann_guard.h").write_text(text)
        (folder / "exported.c").write_text(EXPORTED)
        options = ["-std=c99", *(flags or (*STRICT, "-Wmissing-prototypes", "-O2"))]
        output = folder / "guard.so"
        sources = ["-shared", "-fPIC", f"-I{folder}", str(folder / "exported.c"), "-o", str(output)]
        compile_with(needs.any_compiler(), [*options, *sources])
        self.c = ctypes.CDLL(str(output))
        self.c.begin.restype = self.c.faults.restype = ctypes.c_uint32
        self.c.slew.restype = ctypes.c_float

    def slew(self, wanted: float, last: float, most: float) -> np.float32:
        """Returns what a limited change gives."""
        return np.float32(self.c.slew(ctypes.c_float(wanted), ctypes.c_float(last), ctypes.c_float(most)))

    def started(self, most_stale: int = 0) -> Guard:
        """Returns a guard that has been started."""
        guard = Guard(*[7] * 10)  # as memory may be before
        self.c.start(ctypes.byref(guard), PERIOD, TOLERANCE, most_stale)
        return guard

    def begin(self, guard: Guard, now: int, is_new: int = 1) -> int:
        """Begins a period; returns the faults."""
        return int(self.c.begin(ctypes.byref(guard), ctypes.c_uint32(now), is_new))

    def act(self, guard: Guard, wanted: float, last: float, safe: float = 0.25, most: float = ANY) -> float:
        """Returns the one action."""
        numbers = [(ctypes.c_float * 2)(x, 9.0) for x in (wanted, safe, most, last)]
        self.c.act(ctypes.byref(guard), *numbers, 1)
        assert numbers[3][1] == 9.0, "no more than n actions are written"
        return float(numbers[3][0])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("guard"), HEADER.read_text())


def periods(library: Library) -> None:
    for start in (0, 123, 2**32 - 1, 2**32 - PERIOD // 2):  # the clock runs over
        guard = library.started()
        assert library.begin(guard, start) == 0
        for k, off in enumerate((0, TOLERANCE, -TOLERANCE, 0), start=1):
            start += PERIOD + off
            assert library.begin(guard, start % 2**32) == 0, (k, off)
    for off, fault in ((TOLERANCE + 1, LATE), (-TOLERANCE - 1, EARLY), (-PERIOD, EARLY), (2**31, LATE)):
        guard = library.started()
        library.begin(guard, 5)
        assert library.begin(guard, (5 + PERIOD + off) % 2**32) == fault


def stale(library: Library) -> None:
    for most in (0, 1, 3, 65535):
        guard = library.started(most)
        guard.stale = max(0, most - 3)  # not 65,535 periods
        now = 0
        for _ in range(min(most, 3)):
            assert library.begin(guard, now, 0) == 0
            now += PERIOD
        assert library.begin(guard, now, 0) == STALE
    guard = library.started(1)
    for k in range(9):  # every other period brings something new
        assert library.begin(guard, k * PERIOD, k % 2) == 0


def latching(library: Library) -> None:
    guard = library.started()
    library.begin(guard, 0)
    library.c.latch(ctypes.byref(guard), INPUT)
    library.c.latch(ctypes.byref(guard), 256)
    assert library.begin(guard, PERIOD) == INPUT | 256
    assert library.act(guard, 1.0, 0.0) == 0.25
    library.c.reset(ctypes.byref(guard))
    assert library.begin(guard, 3 * PERIOD) == 0, "a reset begins anew, without a period before it"
    assert library.act(guard, 1.0, 0.0) == 1.0


def memory(library: Library) -> None:
    for field in ("faults", "not_faults"):
        for bit in range(32):
            guard = library.started()
            setattr(guard, field, getattr(guard, field) ^ (1 << bit))
            assert library.c.faults(ctypes.byref(guard)) & MEMORY
            assert library.act(guard, 1.0, 0.0) == 0.25


def order(library: Library) -> None:
    for stages, expected in (((0, 1), 1), ((1, 0), 0), ((0,), 0), ((0, 0, 1), 1), ((), 0), ((0, 1, 2), 0), ((1,), 0)):
        guard = library.started()
        for _ in range(2):  # a period begins with the first stage again
            for stage in stages:
                library.c.stage(ctypes.byref(guard), stage)
            assert library.c.end(ctypes.byref(guard), 2) == expected, stages
        is_right = stages == (0, 1)
        assert library.c.faults(ctypes.byref(guard)) == (0 if is_right else ORDER), stages


def slews(library: Library) -> None:
    rng = np.random.default_rng(3)
    ordinary = [*rng.normal(0, 2, 40), 0.0, 1e-40, -1e-40, ANY, -ANY]
    for wanted in [*ordinary, *builders.SPECIAL.tolist()]:
        for last in ordinary:
            for most in (0.0, 0.1, 1.0, ANY):
                wanted, last, most = (float(np.float32(x)) for x in (wanted, last, most))
                got = float(library.slew(wanted, last, most))
                if not np.isfinite(wanted):
                    assert got == last
                    continue
                expected = min(max(wanted, last - most), last + most)
                assert got == pytest.approx(expected, abs=1e-6 * max(abs(last), most, 1.0))
                assert abs(wanted - last) > most or got == wanted, "what is in reach is taken as it is"
                assert np.isfinite(got)
    for bad in (-1.0, np.nan, np.inf, -np.inf):
        assert library.slew(5.0, 1.0, bad) == 1.0


def acting(library: Library) -> None:
    guard = library.started()
    assert library.act(guard, 1.0, -1.0) == 1.0
    assert library.act(guard, 1.0, -1.0, most=0.5) == -0.5
    assert library.act(guard, float("nan"), -1.0) == -1.0
    library.c.latch(ctypes.byref(guard), LATE)
    assert library.act(guard, 1.0, -1.0, most=0.5) == -0.5, "the way to the fail-safe action is limited, too"
    assert library.act(guard, 1.0, 0.0, most=0.5) == 0.25


def renewing(library: Library) -> None:
    guard = library.started(2)

    def due(period: int, is_new: int = 1) -> int:
        library.begin(guard, period * PERIOD, is_new)
        return int(library.c.renews(ctypes.byref(guard)))

    assert [due(0), due(1), due(2)] == [1, 0, 0], "before the first step, once"
    assert [due(3, 0), due(4, 0), due(5), due(6)] == [0, 1, 1, 0], "as long as the period before had nothing new"
    library.c.renew(ctypes.byref(guard))
    assert [due(7), due(8)] == [1, 0], "where the user asks for it"
    library.c.latch(ctypes.byref(guard), INPUT)
    assert [due(9), due(10)] == [1, 1], "while a fault is latched"
    library.c.reset(ctypes.byref(guard))
    assert [due(20), due(21), due(30), due(31)] == [1, 0, 1, 1], "anew after a fault, and after a late period"


LAWS: Mapping[str, Callable[[Library], None]] = {
    law.__name__: law for law in (periods, stale, latching, memory, order, slews, acting, renewing)
}


@pytest.mark.parametrize("law", LAWS)
def test_the_guard_keeps_its_law(law: str, library: Library) -> None:
    LAWS[law](library)


# What is broken, and the law that notices.
SEEDED: Mapping[str, tuple[str, str, str]] = {
    "a state is not reset at the start": (
        "    g->has_last = 0u;\n    wann_guard_renew(g);",
        "    g->has_last = 0u;",
        "renewing",
    ),
    "a stale period is forgotten": ("if (g->stale != 0u) {", "if (g->stale > 65534u) {", "renewing"),
    "a state is reset for ever": ("        g->renews = 0u;\n", "", "renewing"),
    "late is off by one": ("off > g->tolerance_us", "off > g->tolerance_us + 1u", "periods"),
    "the clock may not run over": (
        "now_us - g->last_us",
        "(now_us > g->last_us ? now_us - g->last_us : 0u)",
        "periods",
    ),
    "early is late": ("? WANN_GUARD_LATE : WANN_GUARD_EARLY", "? WANN_GUARD_LATE : WANN_GUARD_LATE", "periods"),
    "the first period counts": ("(g->has_last != 0u) &&", "", "periods"),
    "one more stale": ("g->stale < g->most_stale", "g->stale <= g->most_stale", "stale"),
    "stale for ever": ("        g->stale = 0u;\n    } else", "    } else", "stale"),
    "faults are forgotten": ("g->faults | faults | found", "faults | found", "latching"),
    "a reset keeps the time": ("    g->has_last = 0u;\n    wann_guard_renew(g);\n}", "}", "latching"),
    "the complement is not asked": ("(intact == 0u) ? 0u", "(intact != 1u) ? 0u", "memory"),
    "any stage will do": ("g->stage == stage)", "g->stage <= stage)", "order"),
    "the end asks nothing": ("(g->stage == stages) ? 1", "(g->stage <= stages) ? 1", "order"),
    "NaN passes": ("(wann_guard_is_number(wanted) != 0) &&", "", "slews"),
    "a negative limit": ("(most >= 0.0f)", "(most <= 3.4e38f)", "slews"),
    "the wrong way": ("found = last - most", "found = last + most", "slews"),
    "a fault changes nothing": ("(faults == 0u) ? wanted[k]", "(faults == faults) ? wanted[k]", "acting"),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_breaks_its_law(fault: str, tmp_path: Path) -> None:
    old, new, law = SEEDED[fault]
    text = HEADER.read_text()
    assert text.count(old) >= 1, "the fault has nowhere to go"
    with pytest.raises((AssertionError, subprocess.CalledProcessError)):
        LAWS[law](Library(tmp_path, text.replace(old, new), "-w"))


def test_fast_math_lets_no_nan_through(tmp_path: Path) -> None:
    fast = Library(tmp_path, HEADER.read_text(), "-O2", "-ffast-math", "-nostartfiles")  # see conftest.py
    assert fast.slew(float("nan"), 0.5, 1.0) == 0.5
    assert fast.slew(0.75, 0.5, float("nan")) == 0.5
    assert fast.act(fast.started(), float("inf"), 0.5) == 0.5


def test_the_guard_is_cplusplus_too(tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text('#include "wann_guard.h"\nint main() { return 0; }\n')
    command = [needs.compiler("g++"), "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{include_dir()}"]
    subprocess.run([*command, "-c", "main.cpp"], cwd=tmp_path, check=True)
