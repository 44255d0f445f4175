"""Plans in fixed point: ranges that hold for any observation, formats by hand, and refusals."""

import re
from dataclasses import replace

import numpy as np
import pytest
from helpers import builders
from helpers.c_library import swing_up
from helpers.strategies import random_controllers
from hypothesis import given, settings
from hypothesis import strategies as st

from wann_rt.core.controller import Channel, Controller, Vector, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.activations import FIXED
from wann_rt.core.fixed.nodes import Node
from wann_rt.core.fixed.plan import INT16, Affine, plan, unstated
from wann_rt.core.fixed.reference import FixedController, Integers, computed
from wann_rt.core.fixed.symbols import INT32
from wann_rt.core.network import Connection, Network


def adversarial(n: int, seed: int, rows: int = 200) -> Integers:
    """Returns observations: all ends of the type in all channels, ends here and there, and anything."""
    rng = np.random.default_rng(seed)
    ends = rng.choice([*INT16, 0, -1, 1], (rows, n))
    every = np.array([[end] * n for end in INT16])
    return np.concatenate([every, ends, rng.integers(INT16[0], INT16[1] + 1, (rows, n))])


def one_node(
    channel: Channel,
    activation: int = 1,
    weight: float = 1.0,
    action: Channel | None = None,
    vectors: tuple[Vector, ...] = (),
) -> Controller:
    network, _ = Network.build(1, {}, {2: activation}, [Connection(1, 2)])
    return Controller("one", network, Weight.shared(weight), (channel,), (action or Channel("y"),), vectors=vectors)


# Overflow.


@pytest.mark.slow
@given(random_controllers(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_nothing_leaves_its_proven_range_whatever_is_observed(controller: Controller, seed: int) -> None:
    fixed = FixedController.of(controller)
    inputs = fixed.inputs(adversarial(len(controller.observations), seed))
    for form, values in zip(fixed.plan.observations, inputs, strict=True):
        assert within(values, form.range)
    for nodes in fixed.plan.members:
        for node, found in zip(nodes, computed(nodes, inputs), strict=True):
            assert within(found.total, (-node.magnitude, node.magnitude))
            assert within(found.argument, node.argument)
            assert within(found.value, node.range)
            assert_fits(node)


def within(values: Integers, limits: tuple[int, int]) -> bool:
    return bool(limits[0] <= values.min() and values.max() <= limits[1])


def assert_fits(node: Node) -> None:
    """Asserts that a node's sum and product fit 32 bits and its argument what the activation is defined for."""
    assert node.magnitude <= INT32[1]
    held = node.magnitude if node.limit is None else min(node.magnitude, node.limit)
    assert held * abs(node.weight or 1) <= INT32[1]
    limit = FIXED[node.activation].limit
    assert -limit - 1 <= node.argument[0] <= node.argument[1] <= limit
    assert 0 <= node.shift <= 16


@given(random_controllers(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_actions_fit_32_bits_and_keep_to_their_clip(controller: Controller, seed: int) -> None:
    fixed = FixedController.of(controller)
    actions = fixed.run(adversarial(len(controller.observations), seed))
    assert within(actions, INT32)
    for form, channel, values in zip(fixed.plan.actions, controller.actions, actions.T, strict=True):
        if channel.clip:
            low, high = (np.clip(end * 2.0**form.fraction, *INT32) for end in (channel.low, channel.high))
            assert low - 0.5 <= values.min()
            assert values.max() <= high + 0.5


def test_a_sum_is_limited_only_where_it_can_leave_what_its_node_holds() -> None:
    small, large = Channel("x", low=-1.0, high=1.0), Channel("x", low=-8.0, high=8.0)
    tanh, linear = 5, 1
    assert plan(one_node(large, tanh, 0.49)).members[0][0].limit is None  # 8 * 0.5 is where tanh ends
    assert plan(one_node(large, tanh, 0.51)).members[0][0].limit == (2**30 - 1) // round(0.51 * 2**16)
    assert plan(one_node(large, linear, 15.9)).members[0][0].limit is None
    assert plan(one_node(large, linear, 16.1)).members[0][0].limit is not None
    assert plan(one_node(small, linear)).members[0][0].limit is None


def test_a_weight_has_as_many_bits_as_its_node_has_room_for() -> None:
    assert [plan(one_node(Channel("x", low=-8.0, high=8.0), 1, w)).members[0][0].shift for w in (0.9, 1.1, 7.9)] == [
        *(16, 15, 13),
    ]


WILD = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from([0.0, 1.0, 2.0**15, 1e-45])
)


@pytest.mark.slow
@given(WILD, WILD, WILD, WILD, WILD, st.booleans(), st.sampled_from(sorted(FIXED)), st.integers(0, 2**32 - 1))
@settings(max_examples=300, deadline=None)
def test_any_numbers_are_either_held_or_refused(
    low: float, high: float, offset: float, scale: float, weight: float, clip: bool, activation: int, seed: int
) -> None:
    low, high = sorted((low, high))
    observation = Channel("x", "", low, high, offset, scale, clip)
    action = Channel("y", "", low, high, scale, offset, clip)
    try:
        fixed = FixedController.of(one_node(observation, activation, weight, action))
    except ExportError as error:
        assert re.search(r"too (wide|much) for 32 bits|weights end at", str(error))  # noqa: PT017  either is fine
        return
    actions = fixed.run(adversarial(1, seed, 20))
    assert within(actions, INT32)
    assert np.isfinite(fixed(np.array([[0.0], [np.nan], [np.inf]], np.float32))).all()


# Formats.


@pytest.mark.parametrize(
    ("channel", "fraction"),
    [
        (Channel("x", low=-1.0, high=1.0), 12),  # the network's own: nothing is computed
        (Channel("x", low=-8.0, high=8.0), 12),
        (Channel("x", low=-8.1, high=8.0), 11),
        (Channel("x"), 11),  # the default: 16
        (Channel("x", scale=0.1), 7),  # 160
        (Channel("x", low=-1.0, high=1.0, scale=0.5), 15),
        (Channel("x", low=900.0, high=1100.0, offset=1000.0, scale=0.01), 4),
        (Channel("x", low=-1e5, high=1e5, scale=1e-5), -2),
        (Channel("x", low=100.0), 8),  # 100 to 116
        (Channel("x", low=0.0, high=0.0), 12),
    ],
)
def test_an_observation_has_the_finest_format_that_holds_its_range(channel: Channel, fraction: int) -> None:
    (form,) = plan(one_node(channel)).observations
    assert form.fraction == fraction
    assert max(map(abs, form.reach)) * 2.0**fraction <= 2**15


def test_an_unconditioned_channel_costs_at_most_a_shift() -> None:
    (form,) = plan(one_node(Channel("x", low=-1.0, high=1.0))).observations
    assert (form.condition, form.widen, form.limits) == (None, 1, None)
    (form,) = plan(one_node(Channel("x"))).observations
    assert (form.condition, form.widen, form.range) == (None, 2, (-(2**16), 2**16 - 2))


def test_conditioning_is_one_product() -> None:
    channel = Channel("x", low=0.0, high=4.0, offset=2.0, scale=0.5, clip=True)
    (form,) = plan(one_node(channel)).observations
    assert (form.fraction, form.limits, form.neutral) == (13, (0, 2**15 - 1), 0)
    assert form.condition is not None
    assert [form.condition.ends((x, x))[0] for x in (0, 2**13, 2**14)] == [-4096, -2048, 0]
    assert Affine(3, 2, 2).ends((-1, 5)) == (-1, 4)


def test_actions_are_as_fine_as_what_they_are_computed_from() -> None:
    for scale, fraction in ((1.0, 12), (10.0, 9), (0.01, 19), (-4.0, 10)):
        (form,) = plan(one_node(Channel("x", low=-1.0, high=1.0), action=Channel("y", scale=scale))).actions
        assert form.fraction == fraction
    (form,) = plan(one_node(Channel("x"), action=Channel("y", offset=1e6))).actions
    assert form.fraction == 9  # the offset takes the room


def test_a_stated_range_replaces_bounds_and_default_but_no_clip() -> None:
    stated = {"x": (-3.0, 100.0)}
    assert plan(one_node(Channel("x")), stated).observations[0].fraction == 8
    assert plan(one_node(Channel("x", low=-1.0, high=1.0)), stated).observations[0].fraction == 8
    clipped = Channel("x", low=-1.0, high=1.0, clip=True)
    assert plan(one_node(clipped), stated).observations[0].reach == (-1.0, 1.0)
    assert plan(one_node(replace(clipped, high=np.inf)), stated).observations[0].reach == (-1.0, 100.0)
    assert unstated(swing_up()) == {
        "x dot": pytest.approx((-160.0, 160.0)),
        "θ dot": pytest.approx((-79.5, 80.5)),
    }
    assert list(unstated(swing_up(), {"x dot": (-1.0, 1.0)})) == ["θ dot"]


# Refusals.


@pytest.mark.parametrize(
    ("controller", "ranges", "message"),
    [
        (one_node(Channel("x")), {"z": (0.0, 1.0)}, "a range came for 'z'; the observations are x"),
        (one_node(Channel("x")), {"x": (1.0, 1.0)}, "the lower one first"),
        (one_node(Channel("x")), {"x": (0.0, np.inf)}, "two finite numbers"),
        (one_node(Channel("x"), weight=40_000.0), {}, "weights end at 32767"),
        (one_node(Channel("x", low=-1e6, high=1e6)), {}, "observation x takes values too wide for 32 bits"),
        (one_node(Channel("x", low=-1.0, high=1.0, scale=1e6)), {}, "observation x takes values too wide"),
        (one_node(Channel("x", low=-1.0, clip=True)), {"x": (-3.0, -2.0)}, "beyond its clip"),
        (
            one_node(Channel("x"), vectors=(Vector((16.5,), (0.0,)),)),
            {},
            "takes the value 16.5 in a recorded vector; the default range ends at 16: state its range, --range x=",
        ),
    ],
)
def test_what_32_bits_cannot_hold_is_refused(
    controller: Controller, ranges: dict[str, tuple[float, float]], message: str
) -> None:
    with pytest.raises(ExportError, match=message.replace("(", r"\(")):
        plan(controller, ranges)


def test_a_vector_beyond_the_default_is_fine_once_its_range_is_stated() -> None:
    controller = one_node(Channel("x"), vectors=(Vector((16.5,), (16.5,)),))
    assert plan(controller, {"x": (-20.0, 20.0)}).observations[0].fraction == 10


def test_too_many_large_inputs_for_their_weights_are_refused() -> None:
    n = 40
    network, _ = Network.build(n, {}, {n + 1: 1}, [Connection(k + 1, n + 1) for k in range(n)])
    wide = tuple(Channel(f"x{k}", low=-1e5, high=1e5) for k in range(n))
    tuned = Controller("wide", network, Weight("connections", (0.5,) * n), wide, (Channel("y"),))
    with pytest.raises(ExportError, match=r"the sum of node 41 \(linear\) can reach 2.62e\+06"):
        plan(tuned)
    with pytest.raises(ExportError, match="state narrower ranges, or scale the observations"):
        plan(replace(tuned, weight=Weight.shared(0.5)))


def test_the_mean_of_too_many_wide_members_is_refused() -> None:
    controller = one_node(Channel("x"))
    for members, message in ((6, None), (100, "the mean of action y takes values too wide")):
        ensemble = replace(controller, weight=Weight("ensemble", (8.0,) * members))
        if message is None:
            assert plan(ensemble).mean[0].factor > 2**7
        else:
            with pytest.raises(ExportError, match=message):
                plan(ensemble)


@pytest.mark.slow
def test_random_controllers_fit() -> None:
    for k in range(30):
        assert plan(replace(builders.controller(np.random.default_rng(k)), vectors=())).members
