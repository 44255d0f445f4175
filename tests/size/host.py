"""What a step takes on this computer in runtimes that cannot be counted: onnxruntime and TensorFlow Lite Micro."""

import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from size.networks import AbsentError, controller
from size.scalar_graph import dense_weights
from wann_rt.exporters import export
from wann_rt.exporters.parity.run_c import CEvaluator

ROUNDS, CALLS = 30, 500
ARENA = 64 * 1024  # bytes; more than enough
SCHEMA = 3  # the version of the flatbuffer


def microseconds(network: str) -> dict[str, float | str]:
    """Returns the microseconds of a step, or why there are none, by name of the runtime."""
    found: dict[str, float | str] = {}
    for name, make in RUNTIMES.items():
        try:
            found[name] = _timed(*make(network))
        except AbsentError as error:
            found[name] = str(error)
    return found


def _timed(call: Callable[[], object], steps: int) -> float:
    """Returns the microseconds of one of the steps that a call makes: the best tenth of the rounds."""
    rounds = []
    for _ in range(ROUNDS):
        before = time.perf_counter()
        for _ in range(CALLS):
            call()
        rounds.append((time.perf_counter() - before) / CALLS / steps * 1e6)
    return statistics.quantiles(rounds, n=10)[0]


def _header(network: str) -> tuple[Callable[[], object], int]:
    """A thousand rows a call, so that what is timed is the step and not the way into C."""
    evaluator = CEvaluator(controller(network))
    return (lambda: evaluator.run(rows)), len(rows := _observations(network, 1000))


def _compiled(network: str) -> tuple[Callable[[], object], int]:
    """One row a call, the way into C and back included."""
    call, row = controller(network).compiled(), _observations(network, 1)[0]
    return (lambda: call(row)), 1


def _onnxruntime(network: str, form: str) -> tuple[Callable[[], object], int]:
    """Its own tensors are bound once, so that a call copies nothing."""
    ort = importlib.import_module("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3  # errors only
    session = ort.InferenceSession(export(controller(network), to=form), options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_ortvalue_input("obs", ort.OrtValue.ortvalue_from_numpy(_observations(network, 1)))
    binding.bind_output("actions")
    return (lambda: session.run_with_iobinding(binding)), 1


def _tflite_micro(network: str) -> tuple[Callable[[], object], int]:
    """The dense network: its interpreter has no sparse form."""
    try:
        runtime = importlib.import_module("tflite_micro").runtime
    except ImportError:
        raise AbsentError("tflite-micro is not installed (pip install tflite-micro)") from None
    interpreter = runtime.Interpreter.from_bytes(dense_flatbuffer(network), arena_size=ARENA)
    interpreter.set_input(_observations(network, 1), 0)
    interpreter.invoke()
    w = dense_weights(controller(network))
    expected = np.tanh(np.tanh(_observations(network, 1) @ w[0] + w[1]) @ w[2] + w[3])
    assert np.allclose(interpreter.get_output(0), expected, atol=1e-5)
    return interpreter.invoke, 1


def dense_flatbuffer(network: str) -> bytes:
    """Returns the dense network as TensorFlow Lite has it: two times FULLY_CONNECTED and TANH."""
    schema: Any = importlib.import_module("tflite_micro.tensorflow.lite.micro.python.schema_py_generated")
    flatbuffers: Any = importlib.import_module("flatbuffers")
    model = schema.ModelT()
    model.version, model.description = SCHEMA, "dense"
    model.buffers, graph = [schema.BufferT()], schema.SubGraphT()
    graph.tensors, graph.operators = [], []

    def tensor(shape: tuple[int, ...], value: NDArray[np.float32] | None = None) -> int:
        made, buffer = schema.TensorT(), schema.BufferT()
        made.shape, made.type, made.name = list(shape), schema.TensorType.FLOAT32, f"t{len(graph.tensors)}"
        if value is not None:
            buffer.data = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        model.buffers.append(buffer)
        made.buffer = len(model.buffers) - 1
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def operator(code: int, inputs: list[int], shape: tuple[int, ...], options: Any = None) -> int:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = code, inputs, [tensor(shape)]
        if options is not None:
            made.builtinOptionsType, made.builtinOptions = schema.BuiltinOptions.FullyConnectedOptions, options
        graph.operators.append(made)
        return int(made.outputs[0])

    weights = dense_weights(controller(network))
    last = tensor((1, len(weights[0])))
    graph.inputs = [last]
    for matrix, bias in (weights[:2], weights[2:]):
        constants = [tensor(matrix.T.shape, matrix.T), tensor(bias.shape, bias)]
        last = operator(0, [last, *constants], (1, len(bias)), schema.FullyConnectedOptionsT())
        last = operator(1, [last], (1, len(bias)))
    graph.outputs, model.subgraphs, model.operatorCodes = [last], [graph], []
    for builtin in (schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.TANH):
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode, code.version = builtin, builtin, 1
        model.operatorCodes.append(code)
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _observations(network: str, rows: int) -> NDArray[np.float32]:
    n = controller(network).network.n_inputs
    return np.random.default_rng(1).uniform(-1, 1, (rows, n)).astype(np.float32)


RUNTIMES: dict[str, Callable[[str], tuple[Callable[[], object], int]]] = {
    "header": _header,
    "header, `controller.compiled()`": _compiled,
    "onnxruntime": lambda network: _onnxruntime(network, "onnx"),
    "onnxruntime, exact form": lambda network: _onnxruntime(network, "onnx-exact"),
    "TensorFlow Lite Micro, dense": _tflite_micro,
}
