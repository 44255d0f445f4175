"""The evaluators whose bits ``verify`` compares: one row of a table each.

The oracle is ``reference.evaluate``, for fixed point ``core.fixed.reference.FixedController``.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError, TableError
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.reference import evaluate, evaluate_sequence, evaluate_spread
from wann_rt.core.stateful import only_without_feedback
from wann_rt.exporters import EXPORTERS
from wann_rt.exporters.parity.report import Promise
from wann_rt.exporters.parity.vectors import Floats


class Evaluator(Protocol):
    """Anything that runs a controller."""

    def run(self, observations: Floats, /) -> Floats:
        """Returns the actions [batch, actions] for observations [batch, observations]."""


class SequenceEvaluator(Protocol):
    """Anything that runs a controller with a state."""

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_], /) -> Floats:
        """Returns the actions [steps, actions] for observations [steps, observations]; some steps begin anew."""


@dataclass(frozen=True)
class EvaluatorRow:
    """A way to run controllers.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        promise: "0 ulp": equal to the oracle bit for bit on every vector; "bound": within ``error_bound`` of it on
            every vector whose intermediate values stay finite.
        make: prepares it for a controller.
        missing: why it cannot run here, or None.
        timed_rows: how many rows of one call it steps through one by one; more than 1 where the call itself would cost
            more than the steps; 0 where what a call takes says nothing of a step.
        unfit: why it cannot run a controller, or None.
        oracle: what it is compared with: controller, observations -> actions; of one with a state with ``resets``, too.
        keeps_state: whether it runs controllers with a state: what it makes is a ``SequenceEvaluator`` then.
    """

    key: str
    title: str
    promise: Promise
    make: Callable[[Controller], Evaluator]
    missing: Callable[[], str | None] = lambda: None
    timed_rows: int = 1
    unfit: Callable[[Controller], str | None] = lambda _: None
    oracle: Callable[..., Floats] = evaluate
    keeps_state: bool = False


@dataclass(frozen=True)
class Oracle:
    """The reference as an evaluator: equal to itself, and timed."""

    controller: Controller

    def run(self, observations: Floats) -> Floats:
        """Returns the actions."""
        return evaluate(self.controller, observations)

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        """Returns the actions of a sequence."""
        return evaluate_sequence(self.controller, observations, resets)


@dataclass(frozen=True)
class _Kernels:
    """The compiled evaluator of the search."""

    controller: Controller

    def run(self, observations: Floats) -> Floats:
        from wann_rt.kernels.forward import forward_batch

        return self.controller.run(forward_batch, observations)

    def run_sequence(self, observations: Floats, resets: NDArray[np.bool_]) -> Floats:
        from wann_rt.kernels.forward import forward_batch

        return evaluate_sequence(self.controller, observations, resets, forward_batch)


def _onnx(exact: bool) -> Callable[[Controller], Evaluator]:
    def make(controller: Controller) -> Evaluator:
        from wann_rt.exporters.parity.run_onnx import OnnxEvaluator

        return OnnxEvaluator(controller, exact)

    return make


def _c(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_c import CEvaluator

    return CEvaluator(controller)


def _c_spread(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_spread import CSpread

    return CSpread(controller)


def _blob_spread(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_spread import BlobSpread

    return BlobSpread(controller)


def _onnx_spread(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_spread import OnnxSpread

    return OnnxSpread(controller)


def _blob(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_blob import BlobEvaluator

    return BlobEvaluator(controller)


def _c_fixed(controller: Controller) -> Evaluator:
    from wann_rt.exporters.parity.run_fixed import FixedEvaluator

    return FixedEvaluator(controller)


def _unfit_for_fixed(controller: Controller) -> str | None:
    try:
        FixedController.of(controller)
    except ExportError as error:
        return str(error)
    return None


def _unfit_for_standard(controller: Controller) -> str | None:
    try:
        only_without_feedback(controller, "ONNX of standard operators")
    except ExportError as error:
        return str(error)
    return None


def _fixed(controller: Controller, observations: Floats, resets: NDArray[np.bool_] | None = None) -> Floats:
    fixed = FixedController.of(controller)
    return fixed(observations) if resets is None else fixed.evaluate_sequence(observations, resets)


def _no_compiler() -> str | None:
    from wann_rt.exporters.parity.compiler import find_compiler

    return None if find_compiler() else "no C compiler was found: install gcc or clang, or name one in CC"


# What a package holds is one of these, but for its Rust, which no format writes: tests/exporters/test_packages_code.py
# compares that.
EVALUATORS: tuple[EvaluatorRow, ...] = (
    EvaluatorRow("oracle", "oracle", "0 ulp", Oracle, keeps_state=True),
    EvaluatorRow("kernels", "kernels", "0 ulp", _Kernels, keeps_state=True),
    EvaluatorRow("c", "C header", "0 ulp", _c, _no_compiler, timed_rows=1000, keeps_state=True),
    EvaluatorRow("blob", "blob, C runtime", "0 ulp", _blob, _no_compiler, timed_rows=1000, keeps_state=True),
    EvaluatorRow("c_q12", "C header, q12", "0 ulp", _c_fixed, _no_compiler, 1000, _unfit_for_fixed, _fixed, True),
    EvaluatorRow("onnx_exact", "ONNX exact", "0 ulp", _onnx(exact=True), keeps_state=True),
    EvaluatorRow("onnx", "ONNX standard", "bound", _onnx(exact=False), unfit=_unfit_for_standard, keeps_state=True),
)

# Of an ensemble also how far its members are apart, where a form says so; an exporter's option `spread` is off by
# default, so these are forms of their own.
SPREADS: tuple[EvaluatorRow, ...] = (
    EvaluatorRow(
        *("c_spread", "C header, spread", "0 ulp", _c_spread, _no_compiler, 1000),
        oracle=evaluate_spread, keeps_state=True,
    ),
    EvaluatorRow("blob_spread", "blob, C runtime, spread", "0 ulp", _blob_spread, _no_compiler, 1000,
                 oracle=evaluate_spread, keeps_state=True),
    EvaluatorRow("onnx_exact_spread", "ONNX exact, spread", "0 ulp", _onnx_spread,
                 oracle=evaluate_spread, keeps_state=True),
)  # fmt: skip


def rows_of(controller: Controller) -> tuple[EvaluatorRow, ...]:
    """Returns all that is compared of a controller."""
    return (*EVALUATORS, *(SPREADS if controller.lowered.averages else ()))


def _check_tables(formats: Iterable[str], keys: Collection[str]) -> None:
    """Refuses a format that no evaluator runs: nothing is exported that is not verified.

    Raises:
        TableError: naming the format and the table that lacks it.
    """
    for name in formats:
        if name.replace("-", "_") not in keys:
            raise TableError(
                f"table EVALUATORS in exporters/parity/evaluators.py has no row {name.replace('-', '_')!r} for the "
                f"format {name} of EXPORTERS in exporters/__init__.py: add one, or its bits are never compared"
            )


_check_tables(EXPORTERS, [row.key for row in EVALUATORS])
