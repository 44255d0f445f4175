"""A number type for compiled code: 16, 24, 32 or 64 lanes side by side, in the registers of the processor.

What is written in the primitives of ``arithmetic.py`` compiles for a ``Block`` as it does for a float32, into vector
instructions and nothing else. That is surer than loops over arrays, which LLVM may or may not vectorise, and several
times as fast: values stay in registers, no loop has a prologue, no store has to be checked for an alias. LLVM splits
a block into as many vectors as the processor needs. Operations are those of IEEE 754 lane by lane, no fastmath.
``rows.py`` moves blocks from and to memory.

How many lanes is part of a block's type; it enters a kernel as the type of its argument ``width``.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numba.extending
from llvmlite import ir
from numba.core import cgutils, types
from numba.core import imputils as numba_imputils
from numba.core.datamodel import models
from numba.core.errors import NumbaTypeError

from wann_rt.core import arithmetic

extending: Any = numba.extending  # numba's type hints contradict its documentation
types_: Any = types
imputils: Any = numba_imputils
models_: Any = models
intrinsic, overload = extending.intrinsic, extending.overload
insert_function: Any = cgutils.get_or_insert_function
INLINE = {"forceinline": True}

ELEMENTS: dict[Any, Any] = {
    types.float32: ir.FloatType(),
    types.float64: ir.DoubleType(),
    types.int64: ir.IntType(64),
    types.boolean: ir.IntType(1),
}


@dataclass(frozen=True)
class Width:
    """How many lanes a kernel plays side by side; a kernel is compiled for each width that it is called with."""

    lanes: int


class WidthType(types_.Type):  # type: ignore[misc]
    """numba's type of a ``Width``."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(f"Width({lanes})")


class Block(types_.Type):  # type: ignore[misc]
    """numba's type of ``lanes`` values of one type: float32, float64, int64 or boolean."""

    def __init__(self, dtype: Any, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"Block({dtype}, {lanes})")

    @property
    def vectors(self) -> list[Any]:
        """LLVM's types of its parts: one vector, or for 24 lanes two, of 16 and of 8.

        One vector of 24 ran at a quarter of the speed: LLVM takes it apart lane by lane where it chooses.
        """
        powers = [1 << k for k in reversed(range(self.lanes.bit_length())) if self.lanes >> k & 1]
        return [ir.VectorType(ELEMENTS[self.dtype], n) for n in powers]

    @property
    def llvm(self) -> Any:
        """LLVM's type of it: a vector, or a struct of vectors."""
        return self.vectors[0] if len(self.vectors) == 1 else ir.LiteralStructType(self.vectors)


class _BlockModel(models_.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, block: Block) -> None:
        super().__init__(manager, block, block.llvm)


extending.register_model(Block)(_BlockModel)
extending.register_model(WidthType)(models.OpaqueModel)
extending.typeof_impl.register(Width)(lambda width, context: WidthType(width.lanes))
imputils.lower_constant(WidthType)(lambda context, builder, type_, width: context.get_dummy_value())
extending.unbox(WidthType)(lambda _, value, c: extending.NativeValue(c.context.get_dummy_value()))


def _lanes(width: Any) -> Callable[..., int]:
    lanes: int = width.lanes
    return lambda width: lanes


extending.overload_attribute(WidthType, "lanes", strict=False)(_lanes)


# Operators and ``select``: a scalar argument is used for every lane.


def common(*arguments: Any) -> Any:
    """Returns the block type that numbers have in common; None where none of them is a block.

    Raises:
        NumbaTypeError: they are of different types.
    """
    blocks = [a for a in arguments if isinstance(a, Block)]
    if blocks and any(getattr(a, "dtype", a) != blocks[0].dtype for a in arguments):
        raise NumbaTypeError(f"expected numbers of one type, constants as np.float32; got {arguments}")
    return blocks[0] if blocks else None


def is_block(value: Any) -> bool:
    """Returns whether a value of LLVM is a block."""
    return isinstance(value.type, (ir.VectorType, ir.LiteralStructType))


def parts(builder: Any, block: Any) -> list[Any]:
    """Returns the vectors of which a block consists."""
    if isinstance(block.type, ir.VectorType):
        return [block]
    return [builder.extract_value(block, k) for k in range(len(block.type.elements))]


def joined(builder: Any, vectors: list[Any]) -> Any:
    """Returns the block that consists of these vectors."""
    if len(vectors) == 1:
        return vectors[0]
    block = ir.Constant(ir.LiteralStructType([vector.type for vector in vectors]), ir.Undefined)
    for k, vector in enumerate(vectors):
        block = builder.insert_value(block, vector, k)
    return block


def lanewise(builder: Any, emit: Callable[..., Any], *blocks: Any) -> Any:
    """Returns the block that an operation of vectors makes of blocks."""
    return joined(builder, [emit(*vectors) for vectors in zip(*(parts(builder, b) for b in blocks), strict=True)])


def spread(builder: Any, value: Any, block: Block) -> Any:
    """Returns a value as a block: a scalar in every lane, a block as it is."""
    if is_block(value):
        return value
    return joined(builder, [_repeated(builder, value, vector) for vector in block.vectors])


def _repeated(builder: Any, value: Any, vector: Any) -> Any:
    zero, undefined = ir.Constant(ir.IntType(32), 0), ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, zero)
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(zero.type, vector.count), None))


def _unary(function: Callable[..., Any], emit: Callable[..., Any]) -> None:
    """Defines an operator of one block."""

    def operation(context: Any, a: Any) -> Any:
        return a(a), lambda context, builder, signature, values: lanewise(builder, partial(emit, builder), *values)

    compiled = intrinsic(operation)
    overload(function, jit_options=INLINE)(lambda a: (lambda a: compiled(a)) if isinstance(a, Block) else None)


def _binary(function: Callable[..., Any], emit: Callable[..., Any], dtype: Any = None) -> None:
    """Defines an operator of two numbers, at least one of them a block; ``dtype`` of the result, if it is another."""

    def operation(context: Any, a: Any, b: Any) -> Any:
        block = common(a, b)

        def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return lanewise(builder, partial(emit, builder), *(spread(builder, value, block) for value in values))

        return Block(dtype or block.dtype, block.lanes)(a, b), lower

    compiled = intrinsic(operation)
    overload(function, jit_options=INLINE)(lambda a, b: (lambda a, b: compiled(a, b)) if common(a, b) else None)


def _arithmetic(name: str) -> Callable[..., Any]:
    """Returns what emits an operation of floats or integers."""

    def emit(builder: Any, a: Any, b: Any) -> Any:
        floats = a.type.element in (ELEMENTS[types.float32], ELEMENTS[types.float64])
        return getattr(builder, "f" + name if floats else name)(a, b)

    return emit


def _compare(name: str) -> Callable[..., Any]:
    """Returns what emits a comparison that is false with NaN."""
    return lambda builder, a, b: builder.fcmp_ordered(name, a, b)


def fabs(builder: Any, a: Any) -> Any:
    """Returns a float, or a block of floats, without its sign bit."""
    kind = f"v{a.type.count}f32" if isinstance(a.type, ir.VectorType) else "f32"
    name = f"llvm.fabs.{kind}"
    function = insert_function(builder.module, ir.FunctionType(a.type, [a.type]), name)
    return builder.call(function, [a])


_binary(operator.add, _arithmetic("add"))
_binary(operator.sub, _arithmetic("sub"))
_binary(operator.mul, _arithmetic("mul"))
_binary(operator.truediv, _arithmetic("div"))
_binary(operator.lt, _compare("<"), types.boolean)
_binary(operator.gt, _compare(">"), types.boolean)
_binary(operator.le, _compare("<="), types.boolean)
_binary(operator.ge, _compare(">="), types.boolean)
_binary(operator.and_, lambda builder, a, b: builder.and_(a, b))
_unary(operator.invert, lambda builder, a: builder.not_(a))
_unary(operator.neg, lambda builder, a: builder.fneg(a))
_unary(abs, fabs)


def _select(context: Any, condition: Any, if_true: Any, if_false: Any) -> Any:
    """Returns ``if_true`` in the lanes where ``condition`` holds, else ``if_false``."""
    known = common(if_true, if_false)
    result = known or Block(if_true, condition.lanes)
    common(result, if_true, if_false)

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return lanewise(builder, builder.select, values[0], *(spread(builder, value, result) for value in values[1:]))

    return result(condition, if_true, if_false), lower


select = intrinsic(_select)


def _overload_select(condition: Any, if_true: Any, if_false: Any) -> Callable[..., Any]:
    if any(isinstance(a, Block) for a in (condition, if_true, if_false)):
        return lambda condition, if_true, if_false: select(condition, if_true, if_false)
    return lambda condition, if_true, if_false: if_true if condition else if_false


overload(arithmetic.select, strict=False)(_overload_select)


# Blocks from scalars, and what blocks say.


def _spread_head(context: Any, width: Any, items: Any, like: Any) -> Any:
    """Returns the first members of a tuple, as many as ``like`` has, all as blocks of float32."""
    block = Block(types.float32, width.lanes)
    result = types_.UniTuple(block, len(like))
    common(block, *items[: len(like)])

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        members = [spread(builder, builder.extract_value(values[1], k), block) for k in range(len(like))]
        return context.make_tuple(builder, result, members)

    return result(width, items, like), lower


def _full(context: Any, width: Any, value: Any) -> Any:
    """Returns a scalar, or a block, as a block."""
    block = Block(getattr(value, "dtype", value), width.lanes)
    return block(width, value), lambda context, builder, signature, values: spread(builder, values[1], block)


def _widen(context: Any, a: Any) -> Any:
    """Returns a block of float32 as float64."""
    block = Block(types.float64, a.lanes)

    def wider(builder: Any, vector: Any) -> Any:
        return builder.fpext(vector, ir.VectorType(ELEMENTS[types.float64], vector.type.count))

    return block(a), lambda context, builder, signature, values: lanewise(builder, partial(wider, builder), *values)


def _any_lane(context: Any, a: Any) -> Any:
    """Returns whether any lane of a boolean block is true."""

    def any_of(builder: Any, vector: Any) -> Any:
        function_type = ir.FunctionType(ir.IntType(1), [vector.type])
        name = f"llvm.vector.reduce.or.v{vector.type.count}i1"
        return builder.call(insert_function(builder.module, function_type, name), [vector])

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return reduce(builder.or_, [any_of(builder, vector) for vector in parts(builder, values[0])])

    return types.boolean(a), lower


spread_head, full, widen, any_lane = map(intrinsic, (_spread_head, _full, _widen, _any_lane))
