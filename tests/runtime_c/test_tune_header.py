"""Laws of ``wann_tune.h``: the bits of its Python twin, weights within the bounds, the best kept, a state resumes."""

import ctypes
import struct
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from helpers import needs
from helpers.c_library import STRICT, every_compiler, fused_flags

from wann_rt.core.errors import ConfigError, ControllerError, ExportError, FileError
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.runtime_c import include_dir
from wann_rt.tuning.knob import KEPT, LAYOUT, WORST, Knob, _seal

pytestmark = needs.c_compiler
HEADER = Path(str(include_dir())) / "wann_tune.h"
SIZE = 84
NO_FLOOR = float(WORST)

EXPORTED = """
#include "wann_tune.h"
int start(wann_tune *t, float own, float low, float high, float floor, uint16_t budget);
int start(wann_tune *t, float own, float low, float high, float floor, uint16_t budget) {
    return wann_tune_start(t, own, low, high, floor, budget);
}
int tell(wann_tune *t, float value);
int tell(wann_tune *t, float value) { return wann_tune_tell(t, value); }
int is_whole(const wann_tune *t);
int is_whole(const wann_tune *t) { return wann_tune_is_whole(t); }
int is_done(const wann_tune *t);
int is_done(const wann_tune *t) { return wann_tune_is_done(t); }
float best(const wann_tune *t);
float best(const wann_tune *t) { return wann_tune_best(t); }
unsigned size(void);
unsigned size(void) { return (unsigned)sizeof(wann_tune); }
"""


class Library:
    """The header's functions, compiled."""

    def __init__(self, folder: Path, text: str, *flags: str, compiler: str = "") -> None:
        (folder / "wann_tune.h").write_text(text)
        (folder / "exported.c").write_text(EXPORTED)
        output = folder / "tune.so"
        sources = ["-shared", "-fPIC", f"-I{folder}", str(folder / "exported.c"), "-o", str(output)]
        compile_with(compiler or needs.any_compiler(), ["-std=c99", *(flags or (*STRICT, "-O2")), *sources])
        self.c = ctypes.CDLL(str(output))
        self.c.best.restype = ctypes.c_float

    def started(
        self, own: float, low: float, high: float, floor: float = NO_FLOOR, budget: int = 20
    ) -> tuple[ctypes.Array[ctypes.c_char], int]:
        """Returns a state that has been started, and what the start has returned."""
        state = ctypes.create_string_buffer(b"\x07" * SIZE, SIZE)  # as memory may be before
        values = [ctypes.c_float(x) for x in (own, low, high, floor)]
        return state, int(self.c.start(state, *values, budget))

    def tell(self, state: ctypes.Array[ctypes.c_char], value: float) -> int:
        """Reports an episode; returns whether there is another."""
        return int(self.c.tell(state, ctypes.c_float(value)))


def weight_of(state: ctypes.Array[ctypes.c_char]) -> np.float32:
    return np.float32(np.frombuffer(state.raw, np.float32, 1)[0])


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(tmp_path_factory.mktemp("tune"), HEADER.read_text())


def returns(rng: np.random.Generator) -> Callable[[float], float]:
    """Returns a landscape of returns, drawn: peaks, noise, plateaus, and episodes whose return is no number."""
    centre, width, noise = rng.uniform(0.05, 2.5), rng.uniform(0.05, 1.0), rng.choice([0.0, 30.0])
    odd, scale = rng.choice([0.0, 0.2]), rng.choice([1.0, 700.0, 3e37])

    def value(weight: float) -> float:
        if rng.random() < odd:
            return float(rng.choice([np.nan, np.inf, -np.inf, 0.0]))
        peak = np.exp(-(((abs(weight) - centre) / width) ** 2))
        return float(np.float32(scale * np.floor(8 * peak) / 8 + rng.normal(0, noise)))

    return value


def twin_runs(library: Library, seeds: range = range(150)) -> None:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        sign = rng.choice([-1.0, 1.0])
        own = float(sign * rng.uniform(0.1, 2.0))
        low, high = sorted((own * rng.uniform(0.1, 1.0), own * rng.uniform(1.0, 4.0)))
        floor = float(rng.choice([NO_FLOOR, 0.0, 100.0]))
        budget = int(rng.choice([1, 2, 5, 20, 60]))
        knob = Knob.start(own, low, high, floor=floor, budget=budget)
        state, is_good = library.started(own, low, high, floor, budget)
        played = returns(rng)
        assert is_good == 1
        goes_on = True
        while goes_on:
            assert state.raw == knob.state(), (seed, knob.told)
            assert np.float32(library.c.best(state)) == knob.best
            value = played(float(knob.weight))
            goes_on = knob.tell(value)
            assert library.tell(state, value) == int(goes_on)
        assert state.raw == knob.state()
        assert knob.told == budget
        assert weight_of(state) == knob.best
        assert library.tell(state, 1e9) == 0, "what comes too late"
        assert state.raw == knob.state(), "changes nothing"


def bounds(library: Library) -> None:
    for own, low, high in ((1.0, 0.5, 1.5), (-1.0, -3.0, -0.9), (0.2, 0.2, 0.2), (1.0, 0.01, 900.0)):
        state, _ = library.started(own, low, high, budget=40)
        seen, rng = [], np.random.default_rng(1)
        while not library.c.is_done(state):
            seen.append(weight_of(state))
            library.tell(state, float(rng.normal()))
        assert len(seen) == 40
        assert all(np.float32(low) <= weight <= np.float32(high) for weight in [*seen, weight_of(state)])


def floors(library: Library) -> None:
    state, _ = library.started(1.0, 0.1, 10.0, floor=100.0, budget=60)
    seen = []
    while not library.c.is_done(state):
        weight = float(weight_of(state))
        seen.append(weight)
        library.tell(state, 50.0 if weight < 0.7 or weight > 2.0 else 500.0)
    assert min(seen) > 0.7 / 1.4**2, "no further than the first weight that cannot be borne"
    assert 2.0 < max(seen) < 2.0 * 1.4**2


def keeping(library: Library) -> None:
    for peak in (0.15, 0.4, 1.0, 1.7):
        state, _ = library.started(1.0, 0.1, 2.0)
        while library.tell(state, 800 * float(np.exp(-((np.log(weight_of(state) / peak) / 0.3) ** 2)))):
            pass
        found = float(weight_of(state))
        assert 800 * np.exp(-((np.log(found / peak) / 0.3) ** 2)) > 0.9 * 800, (peak, found)
    state, _ = library.started(1.0, 0.1, 2.0)
    while library.tell(state, 500.0):
        pass
    assert weight_of(state) == 1.0, "of equal ones the own weight stays"
    luck = iter([500.0, *[650.0 if k == 3 else 400.0 for k in range(19)]])  # one lucky episode elsewhere
    state, _ = library.started(1.0, 0.1, 2.0)
    while library.tell(state, 500.0 if weight_of(state) == 1.0 else next(luck)):
        pass
    assert weight_of(state) == 1.0, "one episode of luck is not trusted"


def refusals(library: Library) -> None:
    nan, inf = float("nan"), float("inf")
    bad = ((0.0, -1.0, 1.0), (1.0, -1.0, 2.0), (1.0, 2.0, 3.0), (1.0, 0.1, 0.9), (1.0, 2.0, 0.5))
    odd = ((nan, 0.1, 2.0), (1.0, nan, 2.0), (1.0, 0.1, inf), (-1.0, -inf, -0.1), (1.0, 0.0, 2.0), (-1.0, -2.0, 0.0))
    for own, low, high in (*bad, *odd):
        state, is_good = library.started(own, low, high)
        assert (is_good, library.c.is_done(state)) == (0, 1), (own, low, high)
        assert weight_of(state) == np.float32(own) or np.isnan(own)
        with pytest.raises((ConfigError, ControllerError), match=r"weight|number"):
            Knob.start(own, low, high)
    assert library.started(1.0, 0.5, 2.0, floor=nan)[1] == 0


def saved(library: Library) -> None:
    state, _ = library.started(1.0, 0.1, 2.0)
    for k in range(9):
        library.tell(state, 100.0 * k)
    assert library.c.is_whole(state) == 1
    resumed = Knob.restored(state.raw)
    assert resumed.state() == state.raw
    resumed.tell(3.0)
    library.tell(state, 3.0)
    assert resumed.state() == state.raw
    for place in range(SIZE):
        bad = bytearray(state.raw)
        bad[place] ^= 4
        assert library.c.is_whole(bytes(bad)) == 0, place
        with pytest.raises(FileError, match="damaged"):
            Knob.restored(bytes(bad))
    for erased in (b"\xff" * SIZE, b"\x00" * SIZE):
        assert library.c.is_whole(erased) == 0
    *values, _ = struct.unpack(LAYOUT, state.raw)
    values[25] = KEPT + 1  # more weights than there is room for, under a right seal
    seal = _seal(values[:8], [values[8:12], values[12:16], values[16:20]], values[20:26])
    crowded = struct.pack(LAYOUT, *values, seal)
    assert library.c.is_whole(crowded) == 0
    with pytest.raises(FileError, match="keeps 5 weights; at most 4"):
        Knob.restored(crowded)
    with pytest.raises(FileError, match="84 bytes"):
        Knob.restored(state.raw[:-1])


LAWS: Mapping[str, Callable[[Library], None]] = {
    law.__name__: law for law in (twin_runs, bounds, floors, keeping, refusals, saved)
}


@pytest.mark.parametrize("law", LAWS)
def test_the_knob_keeps_its_law(law: str, library: Library) -> None:
    LAWS[law](library)


def test_the_state_is_of_a_few_bytes(library: Library) -> None:
    assert library.c.size() == SIZE == len(Knob.start(1.0, 0.5, 2.0).state())


# What is broken, and the law that notices.
SEEDED: Mapping[str, tuple[str, str, str]] = {
    "bounds are not asked in the scan": ("if ((t->low <= end) && (end <= t->high)) {", "if (end != 0.0f) {", "bounds"),
    "nor beside the leader": ("(t->low <= near_by) && (near_by <= t->high)", "near_by != 0.0f", "bounds"),
    "a floor is not": ("limited < t->floor", "limited < -t->floor", "floors"),
    "luck leads": ("wann_tune_lead(t, WANN_TUNE_AGAIN)", "wann_tune_lead(t, 1u)", "twin_runs"),
    "later ones win": ("t->means[k] > t->means[best])", "t->means[k] >= t->means[best])", "keeping"),
    "NaN counts": ("(wann_tune_is_number(value) == 0) ||", "", "twin_runs"),
    "the mean is the last": ("(float)t->counts[place]", "1.0f", "twin_runs"),
    "the own may be forgotten": ("place = 1u;", "place = 0u;", "twin_runs"),
    "it never comes nearer": ("t->reach *= 0.5f", "t->reach *= 1.0f", "twin_runs"),
    "0 may be enclosed": ("((low > 0.0f) || (high < 0.0f)) && (low <= own)", "(low <= own)", "refusals"),
    "a word is not sealed": ("    seal = wann_tune_mixed(seal, t->tried);\n", "", "saved"),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_breaks_its_law(fault: str, tmp_path: Path) -> None:
    old, new, law = SEEDED[fault]
    text = HEADER.read_text()
    assert text.count(old) >= 1, "the fault has nowhere to go"
    with pytest.raises((AssertionError, StopIteration, FileError)):
        LAWS[law](Library(tmp_path, text.replace(old, new), "-w"))


@pytest.mark.parametrize("name", every_compiler() or ["cc"])
@pytest.mark.parametrize("level", ["-O0", "-O3"])
def test_every_compiler_computes_the_twins_bits(name: str, level: str, tmp_path: Path) -> None:
    needs.program(name)
    flags = [level, *(() if name == "tcc" else fused_flags())]
    twin_runs(Library(tmp_path, HEADER.read_text(), *flags, compiler=name), range(20))


def test_fast_math_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="changes results"):
        Library(tmp_path, HEADER.read_text(), "-O2", "-ffast-math", "-nostartfiles")


def test_the_knob_is_cplusplus_too(tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text('#include "wann_tune.h"\nint main() { return 0; }\n')
    command = [needs.compiler("g++"), "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", f"-I{include_dir()}"]
    subprocess.run([*command, "-c", "main.cpp"], cwd=tmp_path, check=True)
