"""Headers of other people stand before ours: their macros, and the warnings that their projects make errors."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import needs
from helpers.c_library import every_compiler, swing_up, write_unit

from wann_rt.core.controller import Weight
from wann_rt.core.derived import Derived
from wann_rt.core.levels import Level
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import Operation
from wann_rt.exporters import export
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c_fixed.header import to_c_fixed
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler

ENSEMBLE = swing_up(Weight("ensemble", (-1.0, 0.5)))
WATCHED = Monitor(
    observations=4,
    actions=2,
    program=(Operation("sub", (0, 4)), Operation("mul", (14, 14)), Operation("sin", (15,)), Operation("add", (15, 16))),
    features=(Feature("any", (0,), 17), Feature("stuck", (1,), 11)),
    levels=(Level(1, 1, 2.0), Level(2, 3, 1.0)),
    fail_safe=(0.0, 0.0),
    false_alarms=1e-6,
)
REMEMBERS = replace(
    swing_up(),
    observations=swing_up().observations[:4],
    derived=(Derived(swing_up().observations[4], "rate_of", ("cos(θ)", "sin(θ)"), 0.2),),
    rate_hz=50.0,
    vectors=(),
    monitor=WATCHED,
)
HEADERS = {
    "p": to_c(swing_up(), prefix="p", is_checked=True),
    "e": to_c(ENSEMBLE, prefix="e"),
    "m": to_c(REMEMBERS, prefix="m"),
    "q": f"#define Q_FLOAT\n{to_c_fixed(ENSEMBLE, prefix='q')}",
}
RUN_BLOB = """
#include "wann_guard.h"
#include "wann_rt.h"
#include "wann_tune.h"
int run_blob(void);
int run_blob(void) {
    static const uint8_t blob[] = {<bytes>};
    static wann_controller c;
    static wann_guard guard;
    float scratch[64];
    wann_guard_start(&guard, 20000u, 100u, 2u);
    (void)wann_guard_begin(&guard, 0xffffff00u, 1);
    (void)wann_guard_begin(&guard, 0x00004d20u, 1); /* the clock has wrapped */
    return wann_load(&c, blob, sizeof blob) | wann_selftest(&c, scratch, 64) | (int)wann_guard_faults(&guard);
}
"""
MAIN = "int main(void) { return p_selftest() | e_selftest() | m_selftest() | q_selftest(); }\n"
# Object-like macros, each with a header that has it. Those of C itself and of <math.h> are tested in test_c_files.py.
MACROS = {
    "altivec.h of GCC and clang": "vector pixel bool",
    "linux/compiler.h and its copies in firmware": "noinline unused likely packed fallthrough always_inline inline_",
    "sys/regdef.h of MIPS": "v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 t8 t9 s0 s1 s2 s3 k0 k1 gp sp fp ra zero",
    "Arduino.h": "F B0 B1 bit word min max round abs sq radians degrees constrain interrupts HIGH LOW INPUT PI DEG",
    "msp430.h": "C N Z V SR PC SP",
    "CMSIS, STM32Cube": "__I __O __IO RESET SET SUCCESS ERROR ENABLE DISABLE UNUSED BIT",
    "ctype.h of newlib": "_U _L _N _S _P _C _X _B",
    "windows.h": "near far small hyper interface IN OUT OPTIONAL",
    "X11/Xlib.h": "Status Bool None True False Success",
    "curses.h": "move clear erase refresh timeout OK ERR",
    "Qt": "signals slots emit foreach",
    "complex.h, and what glibc makes macros": "I imaginary errno stdin signal major minor s_addr h_addr st_atime",
    "compilers of 8051 and PIC": "data code xdata idata sbit reentrant using eeprom bank1 interrupt persistent",
    "names of processors": "linux unix i386 mips sparc sun arm target",
}


@pytest.mark.parametrize("name", every_compiler() or ["cc"])
def test_macros_of_system_headers_reach_nothing(name: str, tmp_path: Path) -> None:
    macros = [f"#define {word} (*broken_by_a_macro())\n" for words in MACROS.values() for word in words.split()]
    undone = [line.split(" (")[0].replace("define", "undef") + "\n" for line in macros]
    text = "".join(["#include <stdint.h>\n", *macros, *HEADERS.values(), *undone, MAIN])
    (tmp_path / "unit.c").write_text(text)
    command = [needs.program(name), "-std=c99", "-O1", "unit.c", "-o", "unit"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert subprocess.run(["./unit"], cwd=tmp_path, check=False).returncode == 0


@pytest.mark.parametrize("name", ["g++", "clang++"])
def test_projects_in_cpp_whose_warnings_are_errors_can_include_everything(name: str, tmp_path: Path) -> None:
    # ros2_control, PX4-Autopilot and AUTOSAR projects: casts of C are errors, and so are casts that do nothing.
    text = write_unit(
        tmp_path, HEADERS, '#include "wann_rt.h"\n#include "wann_guard.h"\n#include "wann_tune.h"\n' + MAIN
    )
    source = text.rename(tmp_path / "unit.cpp")
    only = ["-Wuseless-cast", "-Wduplicated-branches", "-Wlogical-op"] if name == "g++" else ["-Wnewline-eof"]
    flags = [*only, "-Wall", "-Wextra", "-Wold-style-cast", "-Wzero-as-null-pointer-constant", "-Wshadow", "-Wundef"]
    flags += [
        "-Wconversion",
        "-Wsign-conversion",
        "-Wdouble-promotion",
        "-Wcast-align",
        "-Wnull-dereference",
        "-Werror",
    ]
    command = [
        needs.program(name),
        "-std=c++17",
        "-Wno-unused-function",
        *flags,
        f"-I{include_dir()}",
        "-c",
        str(source),
    ]
    done = subprocess.run([*command, "-o", str(tmp_path / "unit.o")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_sanitizers_that_take_unsigned_sums_for_faults_find_none(tmp_path: Path) -> None:
    # libexpat#412, Perfect-Hash#2, nghttp2#364: Android and fuzzers have clang stop where an unsigned sum wraps.
    clang = needs.sanitizing_clang()
    blob = ", ".join(map(str, export(swing_up(), "blob")))
    body = RUN_BLOB.replace("<bytes>", blob) + MAIN.replace("return", "return run_blob() |")
    write_unit(tmp_path, HEADERS, body)
    flags = ["-std=c99", "-O1", "-fsanitize=integer,undefined,float-divide-by-zero", "-fno-sanitize-recover=all"]
    command = [clang, *flags, f"-I{include_dir()}", "unit.c", str(Path(str(include_dir())) / "wann_rt.c"), "-o", "unit"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(["./unit"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("words", ["x; x fraction; x_fraction; X; x 2", "x fraction; x; x 2 fraction; x 2; x 2 2"])
def test_no_channel_has_the_name_of_the_format_of_another_one(words: str, tmp_path: Path) -> None:
    base = swing_up()
    pairs = zip(base.observations, words.split("; "), strict=True)
    odd = replace(base, observations=tuple(replace(channel, name=name) for channel, name in pairs), vectors=())
    source = write_unit(tmp_path, {"p": to_c(odd, prefix="p"), "q": to_c_fixed(odd, prefix="q")})
    compile_with(needs.any_compiler(), ["-std=c99", "-c", str(source), "-o", str(tmp_path / "unit.o")])
