"""Blocks in memory: rows of arrays [rows, lanes], and blocks that begin at any number of one.

An array has as many columns as a block has lanes. In place of an array there may be its ``pointer``: numba counts
references to arrays wherever they are handed on, and no longer to pointers.
"""

from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import types
from numba.core.errors import NumbaTypeError

from wann_rt.kernels.block import Block, common, joined, parts, spread

extending: Any = numba.extending  # numba's type hints contradict its documentation
types_: Any = types


def _pointer(context: Any, array: Any) -> Any:
    """Returns the address of an array's first number; who takes it keeps the array.

    Raises:
        NumbaTypeError: its numbers do not lie one behind another.
    """
    if not (isinstance(array, types_.Array) and array.layout == "C"):
        raise NumbaTypeError(f"expected an array in C order; got {array}")

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _data(context, builder, array, values[0])

    return types_.CPointer(array.dtype)(array), lower


def _data(context: Any, builder: Any, array: Any, value: Any) -> Any:
    """Returns the address of the first number of an array, or of what is one already."""
    return value if isinstance(array, types_.CPointer) else context.make_array(array)(context, builder, value).data


def _row(array: Any, width: Any) -> Block:
    """Returns the type of a row.

    Raises:
        NumbaTypeError: the array is of another kind.
    """
    fits = isinstance(array, types_.CPointer) or (array.ndim == 2 and array.layout == "C")
    if not fits or array.dtype not in (types.float32, types.float64, types.int64):
        raise NumbaTypeError(f"expected an array [rows, lanes] in C order of float32, float64 or int64; got {array}")
    return Block(array.dtype, width.lanes)


def _address(context: Any, builder: Any, block: Block, array: Any, values: Any, k: int = 0) -> Any:
    """Returns the address of the row ``k`` after a row; ``values``: width, array, row."""
    row = builder.add(values[2], ir.Constant(values[2].type, k))
    first = builder.mul(row, ir.Constant(row.type, block.lanes))
    return builder.gep(_data(context, builder, array, values[1]), [first])


def _vectors(builder: Any, address: Any, types_of: list[Any]) -> list[Any]:
    """Returns the addresses of vectors of these types that lie one behind another."""
    begins = [sum(vector.count for vector in types_of[:k]) for k in range(len(types_of))]
    firsts = [builder.gep(address, [ir.Constant(ir.IntType(64), begin)]) for begin in begins]
    return [builder.bitcast(at, vector.as_pointer()) for at, vector in zip(firsts, types_of, strict=True)]


def _read(builder: Any, block: Block, address: Any) -> Any:
    """Returns the block that begins at an address."""
    return joined(builder, [builder.load(at, align=4) for at in _vectors(builder, address, block.vectors)])


def _write(builder: Any, value: Any, address: Any) -> None:
    """Writes a block; it begins at an address then."""
    vectors = parts(builder, value)
    for vector, at in zip(vectors, _vectors(builder, address, [v.type for v in vectors]), strict=True):
        builder.store(vector, at, align=4)


def _load(context: Any, width: Any, array: Any, row: Any) -> Any:
    """Returns a row of an array."""
    block = _row(array, width)

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _read(builder, block, _address(context, builder, block, array, values))

    return block(width, array, types.intp), lower


def _load_rows(context: Any, width: Any, array: Any, row: Any, like: Any) -> Any:
    """Returns a tuple of the rows from a row on, as many as ``like`` has members."""
    block = _row(array, width)
    result = types_.UniTuple(block, len(like))

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        addresses = [_address(context, builder, block, array, values, k) for k in range(len(like))]
        return context.make_tuple(builder, result, [_read(builder, block, address) for address in addresses])

    return result(width, array, types.intp, like), lower


def _store_rows(context: Any, width: Any, array: Any, row: Any, items: Any) -> Any:
    """Writes a tuple into the rows from a row on."""
    block = _row(array, width)
    common(block, *items)

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        for k in range(len(items)):
            item = spread(builder, builder.extract_value(values[3], k), block)
            _write(builder, item, _address(context, builder, block, array, values, k))
        return context.get_dummy_value()

    return types.void(width, array, types.intp, items), lower


def _load_at(context: Any, width: Any, array: Any, first: Any) -> Any:
    """Returns the block whose first lane is the number ``first`` of an array, its rows counted through."""
    block = _row(array, width)

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address = builder.gep(_data(context, builder, array, values[1]), [values[2]])
        return _read(builder, block, address)

    return block(width, array, types.intp), lower


def _store_at(context: Any, width: Any, array: Any, first: Any, item: Any) -> Any:
    """Writes a block; its first lane becomes the number ``first`` of an array, its rows counted through."""
    block = _row(array, width)
    common(block, item)

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        address = builder.gep(_data(context, builder, array, values[1]), [values[2]])
        _write(builder, spread(builder, values[3], block), address)
        return context.get_dummy_value()

    return types.void(width, array, types.intp, item), lower


load, load_rows, store_rows = map(extending.intrinsic, (_load, _load_rows, _store_rows))
pointer, load_at, store_at = map(extending.intrinsic, (_pointer, _load_at, _store_at))
