"""What every generated header has around its functions: include guard, compiler guards, C++ linkage."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wann_rt.core.errors import ExportError
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, comment, literal

# The pragmas sit where the compilers want them: GCC ignores the standard one; clang's would leak into
# the includer's code if it stood outside of a function. GCC keeps functions of other options out of
# line, and must: it contracts by the options of the function into which it has inlined. Tried for
# clang and rejected: `#pragma clang fp exceptions(maytrap)` withstands even -ffp-contract=fast, but
# turns selects into branches. MSVC's pragma holds for the rest of the file.
# Jump threading and partial redundancy elimination make a path of its own out of a limited argument,
# whose square and so on are then constants: no result changes, but a step's time would depend on
# what is observed. Both must be off: tests/size/test_size.py counts the instructions of 1,000 steps.
GUARDS = """\
#if defined(__FAST_MATH__) || defined(__RECIPROCAL_MATH__) || defined(__ASSOCIATIVE_MATH__) ||     \\
    defined(__NO_SIGNED_ZEROS__)
#error "-ffast-math, or a part of it, changes results: compile this file without it"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0
#error "-ffinite-math-only changes results: compile this file without it"
#endif
#if defined(_M_FP_FAST) || defined(__FP_FAST)
#error "/fp:fast or --fpmode=fast changes results: compile this file with precise floating point"
#endif
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16
#error "computes float in a wider type: add -msse2 -mfpmath=sse (s390: -fexcess-precision=fast)"
#endif

/*
 * A multiply and an add must not become one fused operation, which rounds only once. And a choice
 * must not become a jump over what follows: a step shall always take the same time.
 */
#if defined(__clang__)
#define <P>_EXACT _Pragma("STDC FP_CONTRACT OFF")
#else
#define <P>_EXACT
#if defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off", "no-thread-jumps", "no-tree-pre")
#elif defined(_MSC_VER)
#pragma fp_contract(off)
#endif
#endif"""
# Seen with clang 14 and 19 on ARMv7, with clang 14 to 22 and GCC 12 on Cortex-M55: neighbouring sums of a step become
# one vector operation. What is inlined into the includer's function is vectorised there, and another time in the
# self-test, which then proves nothing: so nothing is.
ONE_BY_ONE = """\
/*
 * Vector units of 32-bit ARM, and AltiVec, take subnormal numbers for 0: compilers shall not use
 * them here, nor in what calls these functions.
 */
#if defined(__clang__) && defined(__arm__) && (defined(__ARM_NEON) || defined(__ARM_FEATURE_MVE))
#pragma clang attribute push(__attribute__((__noinline__)), apply_to = function)
#if defined(__ARM_NEON)
#pragma clang attribute push(__attribute__((__target__("no-neon"))), apply_to = function)
#else
#pragma clang attribute push(__attribute__((__target__("no-mve"))), apply_to = function)
#endif
#elif defined(__ARM_FEATURE_MVE) || (defined(__ALTIVEC__) && !defined(__VSX__))
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-vectorize", "no-tree-slp-vectorize")
#endif
#endif"""
# Of each family the oldest and the newest with which tests passed; `make cross` says which, docs/parity.md lists them.
UNTRIED = """\
/* A compiler that was never tried is not refused: its first proof is the self-test. */
#if !defined(WANN_ANY_COMPILER)
#if defined(__clang__)
#if __clang_major__ < 13 || __clang_major__ > 22 || defined(__apple_build_version__) ||            \\
    defined(__INTEL_LLVM_COMPILER) || defined(__ARMCC_VERSION)
#define WANN_UNTRIED
#endif
#elif defined(__GNUC__)
#if __GNUC__ < 5 || __GNUC__ > 12 || defined(__INTEL_COMPILER)
#define WANN_UNTRIED
#endif
#elif !defined(__TINYC__)
#define WANN_UNTRIED
#endif
#if defined(WANN_UNTRIED)
#undef WANN_UNTRIED
#if defined(_MSC_VER)
#pragma message("untried compiler: trust the self-test (WANN_ANY_COMPILER silences this)")
#else
#warning "untried compiler: trust the self-test (WANN_ANY_COMPILER silences this)"
#endif
#endif
#endif"""
UNGUARD = """\
#undef <P>_EXACT
#if defined(__clang__) && defined(__arm__) && (defined(__ARM_NEON) || defined(__ARM_FEATURE_MVE))
#pragma clang attribute pop
#pragma clang attribute pop
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif"""

_INFINITY = """\
#if defined(__GNUC__)
#define <P>_INF __builtin_inff()
#else
#define <P>_INF ((float)(1e+300 * 1e+300))
#endif"""

# Kernels and firmware have macros noinline and unused; CUDA's headers have one named __noinline__.
_ONE_COPY = """\
/* One copy for all who call it: flash is dearer than the few instructions of a call. */
#if defined(__GNUC__) && !defined(__noinline__)
#define <P>_ONE_COPY static __attribute__((__noinline__, __unused__))
#else
#define <P>_ONE_COPY static inline
#endif"""

# Seen with clang 14, from -O1 on, where one of the two is a zero in the source.
_IF = """\
/* Of a plain choice clang makes WebAssembly's f32.max, which orders zeros: never -0 for 0. */
#if defined(__wasm__)
static inline int <p>_unknown(int condition) {
    __asm__("" : "+r"(condition)); /* for all that the compiler knows, changed */
    return condition;
}
#define <P>_IF(condition) <p>_unknown(condition)
#else
#define <P>_IF(condition) (condition)
#endif"""

OPEN = """\
#if defined(__cplusplus)
extern "C" {
#endif"""

CLOSE = """\
#if defined(__cplusplus)
}
#endif"""

# Projects in C++ make these warnings errors; g++ gives the first one in extern "C" not at all, clang++ does.
# Android has clang's check of unsigned sums that wrap on, and self-tests and orders of floats wrap.
OPEN_CODE = """\
#if defined(__clang__) /* unsigned sums wrap here, as C says they do: no fault for a sanitizer */
#pragma clang attribute push(                                                                      \\
    __attribute__((__no_sanitize__("unsigned-integer-overflow", "unsigned-shift-base"))),          \\
    apply_to = function)
#endif
#if defined(__cplusplus)
#if defined(__GNUC__)
#pragma GCC diagnostic push /* both languages have no casts but those of C */
#pragma GCC diagnostic ignored "-Wold-style-cast"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuseless-cast"
#endif
#endif
extern "C" {
#endif"""

CLOSE_CODE = """\
#if defined(__cplusplus)
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#if defined(__clang__)
#pragma clang attribute pop
#endif"""


@dataclass(frozen=True)
class Unit:
    """What is written: as one header, or as a header and a file to compile.

    Attributes:
        names: its names.
        banner: from the file's name to the comment at its head.
        declarations: macros and enumerations for those who include it.
        private: what the functions need: guards against compilers, macros.
        functions: callees first; those in ``PUBLIC`` are for the includer.
        undone: what takes back ``private`` at the end of a header.
    """

    names: Names
    banner: Callable[[str], str]
    declarations: Sequence[str]
    private: Sequence[str]
    functions: Sequence[str]
    undone: Sequence[str] = ()

    @property
    def identity(self) -> str:
        """A number that says whether two headers are the same: of all that is compiled."""
        code = "\n".join([*self.declarations, *self.functions])
        return f"0x{hashlib.sha256(code.encode()).hexdigest()[:8]}u"

    def header(self, file: str) -> str:
        """Returns the text of the one header."""
        body = [*self.declarations, *self.private, OPEN_CODE, *self.functions, CLOSE_CODE, *self.undone]
        return self._guarded(file, body)

    def split(self, header: str, source: str) -> dict[str, str]:
        """Returns the texts of a header and of the one file that is compiled and linked, by file name.

        Raises:
            ExportError: a name cannot be included.
        """
        if not header.isascii() or any(c in header for c in '"\\') or not header.isprintable():
            raise ExportError(f"file name {header!r} cannot stand in an #include: use ASCII, no quote and no backslash")
        prototypes = [text for function in self.functions for text in _prototypes(function, self.names)]
        declared = self._guarded(header, [*self.declarations, OPEN, *prototypes, CLOSE])
        note = comment([f"{source}: compile and link it once; {header} says all about it."])
        functions = [_external(function, self.names) for function in self.functions]
        parts = [note, f'#include "{header}"', *self.private, OPEN_CODE, *functions, CLOSE_CODE, *self.undone]
        return {header: declared, source: "\n\n".join(parts) + "\n"}

    def _guarded(self, file: str, body: Sequence[str]) -> str:
        guard = self.names.fill(_GUARD).replace("<identity>", self.identity)
        end = self.names.fill("#endif /* <P>_WANN_H */")
        return "\n\n".join([self.banner(file), guard, "#include <stdint.h>", *body, end]) + "\n"


# Two controllers whose names begin alike have one prefix, and the second header would silently be the first.
_GUARD = """\
#if defined(<P>_WANN_H)
#if <P>_WANN_H != <identity>
#error "two headers that differ have one prefix: write one with --set prefix=NAME"
#endif
#else
#define <P>_WANN_H <identity>"""

PUBLIC = (
    "step",
    "reset",
    "monitor_step",
    "monitor_reset",
    "fail_safe",
    "step_weight",
    "step_float",
    "step_checked",
    "step_spread",
    "selftest",
    "frame_reset",
    "row",
    "observe",
    "selftest_frame",
)


def _public(names: Names) -> "re.Pattern[str]":
    """Returns what the signature of a function for the includer looks like."""
    return re.compile(rf"^static inline (\w+)(\s)({names.p}_(?:{'|'.join(PUBLIC)})\([^)]*\)) \{{$", re.MULTILINE)


def _external(function: str, names: Names) -> str:
    """Returns a function's text with external linkage, if it is for the includer."""
    return _public(names).sub(lambda m: _aligned(f"{m[1]}{m[2]}{m[3]}", m[3]) + " {", function)


def _prototypes(function: str, names: Names) -> list[str]:
    """Returns what declares a function's text to the includer: the comment above and the signature."""
    found = _public(names).search(function)
    if found is None:
        return []
    before = function[: found.start()].rstrip()
    condition, _, note = before.rpartition("/*")
    text = f"/*{note}\n{_aligned(f'{found[1]}{found[2]}{found[3]}', found[3])};"
    guard = next((line for line in condition.splitlines() if line.startswith("#if ")), None)
    return [f"{guard}\n{text}\n#endif" if guard else text]


def _aligned(signature: str, call: str) -> str:
    """Returns a signature without its storage class, the later parameters below the first."""
    head, *rest = signature.splitlines()
    if not rest or "(" not in head:
        return signature
    return "\n".join([head, *(" " * (head.index("(") + 1) + line.strip() for line in rest)])


def framed(names: Names, banner: str, declarations: Sequence[str], functions: Sequence[str]) -> str:
    """Returns the text of a header of float functions; see ``float_unit``."""
    return float_unit(names, lambda _: banner, declarations, functions).header("")


def float_unit(
    names: Names, banner: Callable[[str], str], declarations: Sequence[str], functions: Sequence[str]
) -> Unit:
    """Returns a unit of float functions, which refuses compilers that would change them.

    Args:
        names: its names.
        banner: see ``Unit``.
        declarations: see ``Unit``.
        functions: callees first; where one needs ``<P>_INF``, ``<P>_ONE_COPY`` or ``<P>_IF``, that is defined too.
    """
    wanted = {"<P>_INF": _INFINITY, "<P>_ONE_COPY": _ONE_COPY, "<P>_IF(": _IF}
    helpers = [text for name, text in wanted.items() if any(names.fill(name) in function for function in functions)]
    private = [names.fill(text) for text in (GUARDS, ONE_BY_ONE, UNTRIED, *helpers)]
    return Unit(names, banner, declarations, private, functions, (names.fill(UNGUARD),))


def enumeration(names: Sequence[str]) -> str:
    """Returns an enumeration of indices."""
    return enumerated({name: k for k, name in enumerate(names)})


def enumerated(values: Mapping[str, int]) -> str:
    """Returns an enumeration; without the last comma, which C++98 does not know."""
    lines = ",\n".join(f"{INDENT}{name} = {value}" for name, value in values.items())
    return f"enum {{\n{lines}\n}};"


def rate(rate_hz: float | None) -> dict[str, str]:
    """Returns the rate and the period where they are known and C can hold them."""
    if rate_hz is None or not 1e-3 <= rate_hz <= 1e6:
        return {}
    return {"RATE_HZ": literal(float(np.float32(rate_hz))), "DT_US": str(round(1e6 / rate_hz))}
