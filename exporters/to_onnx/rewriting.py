"""Finds the range reduction of sin and cos in a traced definition, so that ONNX can say it in its own words.

``activations.reduced`` rounds by absorption, ``(x + M) - M``, and algebra says that this is x. A compiler that merges
constants, as OpenVINO does, cancels M and with it the reduction: sin and cos are then those of another argument.
"""

from collections.abc import Iterator, Sequence

from wann_rt.core.activations import reduced
from wann_rt.core.symbols import Op, Symbol, schedule, trace

REDUCED = trace(reduced, "x")


def with_reductions(result: Symbol) -> Symbol:
    """Returns the expression with one symbol ``reduced`` for all that ``activations.reduced`` traces to."""
    return all_with_reductions([result])[0]


def all_with_reductions(results: Sequence[Symbol]) -> list[Symbol]:
    """Returns expressions so rewritten; what they share stays shared."""
    done: dict[Symbol, Symbol] = {}
    for symbol in schedule(results):
        x = _argument_of_reduced(symbol)
        op: Op = "reduced" if x else symbol.op
        args = (x,) if x else symbol.args
        done[symbol] = Symbol(op, tuple(done[arg] for arg in args), symbol.name, symbol.value)
    return [done[result] for result in results]


def _argument_of_reduced(symbol: Symbol) -> Symbol | None:
    """Returns x where the symbol is ``reduced(x)``, else None."""
    found: dict[str, Symbol] = {}
    return found["x"] if all(_fits(REDUCED, symbol, found)) else None


def _fits(pattern: Symbol, symbol: Symbol, found: dict[str, Symbol]) -> Iterator[bool]:
    """Yields whether each operation of a pattern is that of an expression; ``found`` takes its inputs."""
    if pattern.op == "input":
        yield found.setdefault(pattern.name, symbol) is symbol
        return
    yield (pattern.op, pattern.value.tobytes()) == (symbol.op, symbol.value.tobytes())
    for one, other in zip(pattern.args, symbol.args, strict=True):
        yield from _fits(one, other, found)
