"""What every generated header has around its functions: include guard, compiler guards, C++ linkage."""

from collections.abc import Sequence

import numpy as np

from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, literal

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
UNGUARD = """\
#undef <P>_EXACT
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif"""

_INFINITY = """\
#if defined(__GNUC__)
#define <P>_INF __builtin_inff()
#else
#define <P>_INF ((float)(1e+300 * 1e+300))
#endif"""

_ONE_COPY = """\
/* One copy for all who call it: flash is dearer than the few instructions of a call. */
#if defined(__GNUC__)
#define <P>_ONE_COPY static __attribute__((noinline, unused))
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


def framed(names: Names, banner: str, declarations: Sequence[str], functions: Sequence[str]) -> str:
    """Returns the text of a header.

    Args:
        names: its names.
        banner: the comment at its head.
        declarations: macros and enumerations.
        functions: callees first; where one needs ``<P>_INF``, ``<P>_ONE_COPY`` or ``<P>_IF``, that is defined too.
    """
    wanted = {"<P>_INF": _INFINITY, "<P>_ONE_COPY": _ONE_COPY, "<P>_IF(": _IF}
    helpers = [text for name, text in wanted.items() if any(names.fill(name) in function for function in functions)]
    parts = [
        banner,
        names.fill("#ifndef <P>_WANN_H\n#define <P>_WANN_H"),
        "#include <stdint.h>",
        names.fill(GUARDS),
        *declarations,
        *map(names.fill, helpers),
        OPEN,
        *functions,
        CLOSE,
        names.fill(UNGUARD),
        names.fill("#endif /* <P>_WANN_H */"),
    ]
    return "\n\n".join(parts) + "\n"


def enumeration(names: Sequence[str]) -> str:
    """Returns an enumeration of indices."""
    lines = [f"{INDENT}{name} = {k}," for k, name in enumerate(names)]
    return "\n".join(["enum {", *lines, "};"])


def rate(rate_hz: float | None) -> dict[str, str]:
    """Returns the rate and the period where they are known and C can hold them."""
    if rate_hz is None or not 1e-3 <= rate_hz <= 1e6:
        return {}
    return {"RATE_HZ": literal(float(np.float32(rate_hz))), "DT_US": str(round(1e6 / rate_hz))}
