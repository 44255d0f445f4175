"""An ONNX graph under construction: nodes and constants, each with a readable, unique name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from wann_rt.core.files import shortest

# Every operator used here exists since opset 13. Above 26 and IR 13 nothing has been tried yet.
OPSETS = range(13, 27)
IR_VERSIONS = range(4, 14)  # below 4 an initializer must be an input, so constants could be overridden

# Columns of the table beside the nodes'.
MINUS_ZERO = -1  # fills up sums
PLUS_ZERO = -2  # the sum of no sources


@dataclass(frozen=True)
class Value:
    """An input or output of the graph, float32 or ``kind``; ``doc`` is for people."""

    name: str
    shape: tuple[int | str, ...]
    is_input: bool
    doc: str
    kind: str = "float32"

    def proto(self) -> onnx.ValueInfoProto:
        """Returns it in ONNX's form."""
        element = helper.np_dtype_to_tensor_dtype(np.dtype(self.kind))
        return helper.make_tensor_value_info(self.name, element, self.shape, self.doc)


@dataclass(frozen=True)
class Table:
    """The values computed so far, [..., columns]; ``columns`` says where each node's stands."""

    name: str
    columns: Mapping[int, int]


class Graph:
    """Collects nodes; each has one name for itself and its result, e.g. ``level_2/tanh``."""

    FLOAT = TensorProto.FLOAT

    def __init__(self, batch: int | None = None) -> None:
        """Makes an empty graph for batches of one size, or of any."""
        self.batch = batch
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, NDArray[Any]] = {}
        self._uses: dict[str, int] = {}

    def add(self, op: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """Adds a node with one result and returns the name of that result."""
        name = self._unique(name)
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Adds a constant and returns its name."""
        name = self._unique(name)
        self.constants[name] = value
        return name

    def shared(self, name: str, value: NDArray[Any]) -> str:
        """Returns the constant of that name; the first to ask makes it."""
        return name if name in self.constants else self.constant(name, value)

    def number(self, value: np.float32) -> str:
        """Returns the constant of one number."""
        # [1, 1] rather than []: compilers from ONNX to C that we tried want constants of full rank.
        # Digits are Python's own: numpy writes 8388608 now so, now so, and the bytes of a file shall not differ.
        return self.shared(f"const/{shortest(float(value))!r}", np.full((1, 1), value, np.float32))

    def split(self, x: str, sizes: Sequence[int], names: Sequence[str], axis: int = -1) -> list[str]:
        """Cuts x into parts of the given sizes; one part costs nothing."""
        if len(sizes) == 1:
            return [x]
        parts = [self._unique(name) for name in names]
        lengths = self.constant(f"{parts[0]}/sizes", np.array(sizes, np.int64))
        self.nodes.append(helper.make_node("Split", [x, lengths], parts, name=f"{parts[0]}/split", axis=axis))
        return parts

    def concat(self, parts: Sequence[str], name: str) -> str:
        """Joins columns; one part costs nothing."""
        return self.add("Concat", parts, name, axis=-1) if len(parts) > 1 else parts[0]

    def gather(self, x: str, columns: Sequence[int], name: str) -> str:
        """Picks columns of x."""
        picked = self.constant(f"{name}/columns", np.array(columns, np.int64))
        return self.add("Gather", [x, picked], name, axis=-1)

    def apart(self, x: str, width: int, name: str) -> str:
        """Returns x, picked column by column, so that no compiler merges what stands before with what follows.

        By algebra ``(x - a) * b`` is ``x * b - a * b`` and ``(x * a) * b`` is ``x * (a * b)``, and ``x * a + b`` of
        whole rows is one fused operation; their bits differ. OpenVINO does all three, but not through a Gather.
        """
        return self.gather(x, range(width), name)

    def filled(self, x: str, value: float, name: str) -> str:
        """Returns a column that holds one value and has the batch of the matrix x."""
        if self.batch is not None:
            return self.constant(name, np.full((self.batch, 1), value, np.float32))
        rows = self.gather(self.add("Shape", [x], f"{name}/shape"), [0], f"{name}/rows")
        width = self.constant(f"{name}/width", np.array([1], np.int64))
        size = self.add("Concat", [rows, width], f"{name}/size", axis=0)
        filling = numpy_helper.from_array(np.array([value], np.float32))
        return self.add("ConstantOfShape", [size], name, value=filling)

    def append(self, x: str, value: float, name: str) -> str:
        """Appends a column that holds one value."""
        if self.batch is not None:
            column = self.constant(f"{name}/column", np.full((self.batch, 1), value, np.float32))
            return self.concat([x, column], name)
        widths = self.constant(f"{name}/widths", np.array([0, 0, 0, 1], np.int64))
        filling = self.constant(f"{name}/value", np.array(value, np.float32))
        return self.add("Pad", [x, widths, filling], name, mode="constant")

    def rename(self, old: str, new: str) -> None:
        """Renames a result wherever it stands."""
        for node in self.nodes:
            for side in (node.input, node.output):
                for i, name in enumerate(side):
                    if name == old:
                        side[i] = new

    def finish(self, name: str, values: Sequence[Value], doc: str) -> onnx.GraphProto:
        """Returns the graph; an input that is also a constant is optional."""
        return helper.make_graph(
            self.nodes,
            name,
            [value.proto() for value in values if value.is_input],
            [value.proto() for value in values if not value.is_input],
            [numpy_helper.from_array(value, key) for key, value in self.constants.items()],
            doc_string=doc,
        )

    def _unique(self, name: str) -> str:
        """Returns the name, numbered from its second use on."""
        uses = self._uses[name] = self._uses.get(name, 0) + 1
        return name if uses == 1 else f"{name}_{uses}"
