"""What every generated header has around its functions: include guard, compiler guards, C++ linkage."""

from collections.abc import Sequence

from wann_rt.exporters.c_banner import GUARDS, UNGUARD
from wann_rt.exporters.c_names import Names
from wann_rt.exporters.c_text import INDENT

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
