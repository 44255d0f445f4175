"""Laws of the exact form in compilers that merge constants, and of both forms where nobody reads an observation."""

from dataclasses import replace
from typing import Any

import numpy as np
import onnx
import pytest
from helpers import builders
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from wann_rt.core.activations import BY_NAME, EVEN_MAGIC, PALETTE, reduced
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.reference import evaluate
from wann_rt.core.symbols import lift, schedule, trace
from wann_rt.core.weight import Weight
from wann_rt.exporters.parity.error_bound import error_bound
from wann_rt.exporters.parity.run_onnx import OnnxEvaluator, session
from wann_rt.exporters.to_onnx.exact import add_expression
from wann_rt.exporters.to_onnx.graph import Graph
from wann_rt.exporters.to_onnx.model import to_onnx
from wann_rt.exporters.to_onnx.rewriting import with_reductions

Floats = NDArray[np.float32]
FORMS = pytest.mark.parametrize("exact", [False, True], ids=["standard", "exact"])
KINDS = pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])
SPECIAL = np.array([np.inf, -np.inf, np.nan, 3.4028235e38, -0.0], np.float32)


def around(centres: NDArray[np.float32], steps: int) -> Floats:
    """Returns the floats up to so many steps from each, both signs."""
    bits = centres.view(np.int32)[:, np.newaxis] + np.arange(-steps, steps + 1, dtype=np.int32)
    floats = bits.reshape(-1).view(np.float32)
    return np.concatenate([floats, -floats])


def floats_of_interest() -> Floats:
    """Returns every 4099th float, all whole and half numbers up to 4096, powers of two, and their neighbours."""
    every = np.arange(0, 2**32, 4099, dtype=np.uint32).view(np.float32)
    whole = np.arange(0.5, 4096, 0.5, dtype=np.float32)
    powers = np.exp2(np.arange(-126, 128, dtype=np.float32))
    return np.concatenate([every, builders.SPECIAL, around(whole, 2), around(powers, 8)])


def round_form() -> onnx.ModelProto:
    """Returns the graph of the range reduction alone."""
    graph = Graph()
    result = add_expression(graph, with_reductions(trace(reduced, "x")), {"x": "x"}, "y")
    values = [onnx.helper.make_tensor_value_info(name, 1, ["batch", 1]) for name in ("x", result)]
    constants = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    proto = onnx.helper.make_graph(graph.nodes, "reduced", values[:1], values[1:], constants)
    return onnx.helper.make_model(proto, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=7)


@pytest.mark.parametrize("runtime", ["onnxruntime", "onnx.reference"])
def test_the_reduction_by_round_has_the_bits_of_its_definition(runtime: str) -> None:
    # All 2^32 floats were compared once in numpy, with Round as np.rint: no difference.
    x = floats_of_interest()[:, np.newaxis]
    model = round_form()
    assert [node.op_type for node in model.graph.node].count("Round") == 1
    with np.errstate(all="ignore"):
        if runtime == "onnxruntime":
            found = session(model.SerializeToString()).run(None, {"x": x})[0]
        else:
            found = ReferenceEvaluator(model).run(None, {"x": x})[0]  # type: ignore[index]
        assert builders.same_bits(found, reduced(x))


def test_no_exact_graph_rounds_by_adding_and_subtracting_a_number() -> None:
    for activation in PALETTE:
        symbols = schedule([with_reductions(trace(activation.function, "x"))])
        assert not any(s.op == "constant" and abs(s.value) >= abs(EVEN_MAGIC) for s in symbols), activation.name
        assert any(s.op == "reduced" for s in symbols) == (activation.name in ("sin", "cos"))


def test_only_the_reduction_itself_is_taken_for_one() -> None:
    def other_magic(x: Any) -> Any:
        return x - ((x + lift(np.float32(2**23))) - lift(np.float32(2**23)))

    assert not any(s.op == "reduced" for s in schedule([with_reductions(trace(other_magic, "x"))]))


def merged(model: onnx.ModelProto) -> list[str]:
    """Returns where one Add, Sub, Mul or Div with a constant feeds a Mul or Div with another.

    That is what compilers merge: ``(x + a) * b``, ``(x * a) * b``. A factor of a power of two is left out, because a
    merge with it is exact. Rows of constants, as channels have, may not be added behind a Mul either: OpenVINO fuses.
    """
    constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    linear: dict[str, str] = {}
    found = []
    for node in model.graph.node:
        fixed = [name for name in node.input if name in constants]
        if node.op_type == "Neg" and node.input[0] in linear:
            linear[node.output[0]] = linear[node.input[0]]
        if node.op_type not in ("Add", "Sub", "Mul", "Div") or not fixed:
            continue
        before = [linear[name] for name in node.input if name in linear]
        is_exact = node.op_type in ("Mul", "Div") and is_power_of_two(constants[fixed[0]])
        if (node.op_type in ("Mul", "Div") and not is_exact) or constants[fixed[0]].size > 1:
            found += [f"{name} -> {node.name}" for name in before]
        if not is_exact or before:
            linear[node.output[0]] = node.name
    return found


def is_power_of_two(values: NDArray[Any]) -> bool:
    return bool(np.all(np.abs(np.frexp(values)[0]) == 0.5))


@pytest.mark.slow
@KINDS
def test_no_two_steps_with_constants_follow_each_other_where_a_merge_would_round_otherwise(kind: Any) -> None:
    for seed in range(40):
        subject = builders.controller(np.random.default_rng(seed), kind)
        ends = (replace(c, offset=0.3, scale=0.7) for c in subject.actions)
        subject = replace(subject, actions=tuple(ends))
        subject = replace(subject, observations=tuple(replace(c, offset=0.3, scale=0.7) for c in subject.observations))
        assert merged(onnx.load_from_string(to_onnx(subject, exact=True))) == []


@pytest.mark.slow
@FORMS
def test_an_observation_that_no_node_reads_changes_nothing_whatever_it_is(exact: bool) -> None:
    tested = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        subject = builders.controller(rng)
        unread = [k for k in range(subject.network.n_inputs) if 1 + k not in subject.lowered.used]
        observations = rng.normal(size=(1 + len(SPECIAL) * len(unread), subject.network.n_inputs)).astype(np.float32)
        observations[:] = observations[0]
        for row, (k, value) in enumerate(((k, value) for k in unread for value in SPECIAL), 1):
            observations[row, k] = value
        evaluator = OnnxEvaluator(subject, exact)
        for actions in (
            evaluator.run(observations),
            np.concatenate([evaluator.run(o[np.newaxis]) for o in observations]),
        ):
            # onnxruntime's Sin gives the last rows of a batch other bits.
            spread = 0 if exact else 4e-7
            assert np.allclose(actions, actions[:1], rtol=spread, atol=spread, equal_nan=True), seed
        bound, is_promised = error_bound(subject, observations)
        assert is_promised.all()  # what is not in the graph is no excuse
        assert np.all(np.abs(actions - evaluate(subject, observations)) <= (0 if exact else bound))
        tested += len(unread)
    assert tested > 50


@FORMS
@pytest.mark.parametrize("opset", [13, 21])
def test_a_network_that_reads_nothing_gives_constants_for_every_batch(exact: bool, opset: int) -> None:
    ids = {name: BY_NAME[name].id for name in BY_NAME}
    bare = Network.build(2, {}, {3: ids["cos"], 4: ids["sigmoid"]}, [])[0]
    biased = Network.build(2, {5: ids["tanh"]}, {3: ids["cos"], 4: ids["linear"]}, [Connection(0, 5), Connection(5, 4)])
    for network in (bare, biased[0]):
        names = ("a", "b")
        for weight in (Weight.shared(-0.7), Weight("ensemble", (-0.7, 1.5))):
            ends = tuple(Channel(name, low=-1, high=1, clip=True, scale=0.5) for name in names)
            subject = Controller("bare", network, weight, ends, ends)
            run = session(to_onnx(subject, exact=exact, opset=opset)).run
            for batch in (1, 3):
                observations = np.resize(SPECIAL, (batch, 2)).astype(np.float32)
                actions = run(None, {"obs": observations})[0]
                expected = evaluate(subject, observations)
                assert actions.shape == expected.shape
                assert builders.same_bits(actions, expected) if exact else np.allclose(actions, expected, atol=1e-5)


@KINDS
def test_no_action_depends_on_what_a_comparison_says_of_nan(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from onnx.reference.ops import op_greater, op_greater_or_equal, op_less, op_less_or_equal

    def with_nan_true(operator: Any) -> Any:
        plain = operator._run
        return lambda self, a, b, *more: (plain(self, a, b, *more)[0] | np.isnan(a) | np.isnan(b),)

    models = []
    for seed in range(12):
        subject = builders.controller(np.random.default_rng(seed), kind)
        observations = builders.inputs(np.random.default_rng(seed), 60, subject.network.n_inputs)
        models.append((subject, observations, onnx.load_from_string(to_onnx(subject, exact=True))))
    for module, name in (
        (op_greater, "Greater"), (op_greater_or_equal, "GreaterOrEqual"),
        (op_less, "Less"), (op_less_or_equal, "LessOrEqual"),
    ):  # fmt: skip
        operator = getattr(module, name)
        monkeypatch.setattr(operator, "_run", with_nan_true(operator))
    for subject, observations, model in models:
        with np.errstate(all="ignore"):
            actions = ReferenceEvaluator(model).run(None, {"obs": observations})[0]  # type: ignore[index]
        assert builders.same_bits(actions, evaluate(subject, observations))
