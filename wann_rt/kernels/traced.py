"""Compiles an expression that was traced: each symbol becomes an instruction on blocks of lanes, or on a scalar.

numba sees one operation, not the functions that were traced. So whatever Python can compute with symbols compiles, and
in a fraction of the time that numba would need to infer the types of those functions.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import types

from wann_rt.core.symbols import Symbol, schedule
from wann_rt.kernels.block import Block, fabs, is_block, lanewise, spread

extending: Any = numba.extending
types_: Any = types
FLOAT = ir.FloatType()
_ARITHMETIC = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_COMPARISONS = {"lt": "<", "gt": ">", "ge": ">=", "le": "<="}


def said(results: Sequence[Symbol]) -> str:
    """Returns what expressions compute, as text: the same text, the same operations in the same order."""
    order = {symbol: k for k, symbol in enumerate(schedule(results))}
    lines = [(s.op, s.name, s.value.tobytes().hex(), *(order[arg] for arg in s.args)) for s in order]
    return repr((lines, [order[result] for result in results]))


def compiled(results: Sequence[Symbol], inputs: Sequence[str], conditions: int = 0) -> Any:
    """Returns an intrinsic that computes expressions: width, params, values -> a tuple of blocks.

    Args:
        results: the expressions; the last ``conditions`` of them are conditions, the others float32.
        inputs: names of the inputs: of the members of the params, a tuple of scalars, and then of the values, a tuple
            of blocks.
        conditions: how many of the results are.
    """
    order = schedule(results)

    def typed(context: Any, width: Any, params: Any, values: Any) -> Any:
        floats, booleans = Block(types_.float32, width.lanes), Block(types_.boolean, width.lanes)
        n = len(results) - conditions
        result = types_.Tuple([floats] * n + [booleans] * conditions)

        def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            known: dict[Symbol, Any] = {}
            members = [(arguments[1], k) for k in range(len(params))] + [(arguments[2], k) for k in range(len(values))]
            read = {name: builder.extract_value(*member) for name, member in zip(inputs, members, strict=True)}
            for symbol in order:
                known[symbol] = _emitted(builder, symbol, [known[arg] for arg in symbol.args], read, floats)
            blocks = [spread(builder, known[symbol], kind) for symbol, kind in zip(results, result.types, strict=True)]
            return context.make_tuple(builder, result, blocks)

        return result(width, params, values), lower

    return extending.intrinsic(typed)


def _emitted(builder: Any, symbol: Symbol, args: list[Any], read: dict[str, Any], block: Block) -> Any:
    """Returns the value of a symbol; a scalar meets a block as the same number in every lane."""
    if symbol.op == "input":
        return read[symbol.name]
    if symbol.op == "constant":
        return ir.Constant(FLOAT, float(symbol.value))
    if symbol.op == "select":
        return _selected(builder, args, block)
    emit = _operation(builder, symbol.op)
    if any(map(is_block, args)):
        return lanewise(builder, emit, *(spread(builder, arg, block) for arg in args))
    return emit(*args)


def _operation(builder: Any, op: str) -> Callable[..., Any]:
    """Returns what emits an operation of scalars or vectors."""
    emit: Callable[..., Any] = builder.fneg
    if op == "neg":
        return emit
    if op == "abs":
        return partial(fabs, builder)
    if op in _COMPARISONS:
        return partial(builder.fcmp_ordered, _COMPARISONS[op])
    emit = getattr(builder, _ARITHMETIC[op])
    return emit


def _selected(builder: Any, args: list[Any], block: Block) -> Any:
    """Returns a choice; of conditions too."""
    condition, if_true, if_false = args
    if not any(map(is_block, args)):
        return builder.select(condition, if_true, if_false)
    bits = _element(if_true) == ir.IntType(1)
    kind = Block(types_.boolean if bits else types_.float32, block.lanes)
    if_true, if_false = (spread(builder, arg, kind) for arg in (if_true, if_false))
    if is_block(condition):
        return lanewise(builder, builder.select, condition, if_true, if_false)
    return lanewise(builder, partial(builder.select, condition), if_true, if_false)


def _element(value: Any) -> Any:
    """Returns the type of a scalar, or of a block's lanes."""
    vector = value.type.elements[0] if isinstance(value.type, ir.LiteralStructType) else value.type
    return vector.element if isinstance(vector, ir.VectorType) else vector
