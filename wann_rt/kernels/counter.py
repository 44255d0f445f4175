"""A counter in an array from which threads draw numbers, each number once."""

from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import NumbaTypeError

extending: Any = numba.extending
types_: Any = types
utilities: Any = cgutils
INT64 = ir.IntType(64)


def _draw(_: Any, counter: Any) -> Any:
    """Returns ``counter[0]`` and adds 1 to it, in one indivisible step.

    Args:
        counter: int64, in C order. numba has atomic operations for GPUs only, so this one is LLVM's.
    """
    if not (isinstance(counter, types_.Array) and counter.dtype == types_.int64 and counter.layout == "C"):
        raise NumbaTypeError(f"expected an array of int64 in C order, got {counter}")

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = utilities.create_struct_proxy(counter)(context, builder, arguments[0])
        # Relaxed ordering ("monotonic") suffices: the counter only assigns rows, and joining the threads makes results
        # visible.
        return builder.atomic_rmw("add", array.data, ir.Constant(INT64, 1), "monotonic")

    return types_.int64(counter), codegen


draw = extending.intrinsic(_draw)
