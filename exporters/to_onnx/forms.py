"""The two forms of the graph, and the compilers that want a dialect of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from wann_rt.exporters.to_onnx import exact as onnx_exact
from wann_rt.exporters.to_onnx import native as onnx_native
from wann_rt.exporters.to_onnx.graph import Graph, Table
from wann_rt.exporters.to_onnx.levels import Level


@dataclass(frozen=True)
class Form:
    """What the two forms do differently: the table of values, sums, clips, activations and NaN."""

    name: str
    doc: str
    table: Callable[[Graph, list[Level], Table], Table]
    add_sums: Callable[[Graph, Level, Table], str]
    add_clip: Callable[[Graph, str, str, str, str, str], str]
    add_activation: Callable[[Graph, str, str, str], str]
    keep_nan: Callable[[Graph, Level, str, str], str]


NATIVE = Form(
    "standard",
    "Standard operators: equal to the reference within a stated bound",
    onnx_native.table,
    onnx_native.add_sums,
    onnx_native.add_clip,
    onnx_native.add_activation,
    onnx_native.keep_nan,
)
EXACT = Form(
    "exact",
    "Elementary operators: equal to the reference bit for bit",
    onnx_exact.table,
    onnx_exact.add_sums,
    onnx_exact.add_clip,
    onnx_exact.add_activation,
    onnx_exact.keep_nan,
)


@dataclass(frozen=True)
class Dialect:
    """What a reader of ONNX understands.

    Attributes:
        batch: the one size it accepts, or None for any. With it, the weight must be a constant, too.
        native: the readable form.
        exact: the exact form.
    """

    batch: int | None
    native: Form
    exact: Form


# onnx2c wants one size of batch and constants of full rank, and knows no IsNaN. Its Max and Min (ea045cc) take the
# first number of a row for all where the other side has one axis more, as in ensembles: limits are compared and chosen.
PLAIN = replace(NATIVE, add_clip=onnx_exact.add_plain_clip, add_activation=onnx_native.add_plain_activation)
PLAIN_EXACT = replace(
    EXACT,
    add_clip=onnx_exact.add_plain_clip,
    add_activation=onnx_exact.add_plain_activation,
    keep_nan=onnx_native.keep_nan,  # C's comparisons with NaN are false, as the definitions have it
)
ANY_READER = Dialect(None, NATIVE, EXACT)
DIALECTS: Mapping[str, Dialect] = {"onnx2c": Dialect(1, PLAIN, PLAIN_EXACT)}
