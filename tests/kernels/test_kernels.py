"""Laws of the compiled evaluator: it equals the oracle bit for bit, and no kernel outlives a change of its source."""

import math
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from helpers import builders
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from wann_rt import tasks
from wann_rt.core import reference
from wann_rt.core.activations import PALETTE
from wann_rt.core.network import Connection, Network
from wann_rt.core.terms import Lowered, lowered
from wann_rt.core.weight import Weight
from wann_rt.kernels.block import Width
from wann_rt.kernels.counter import draw
from wann_rt.kernels.forward import BATCH, forward_batch
from wann_rt.kernels.programs import single
from wann_rt.kernels.rollout import WIDTHS, Lanes, Results, rollouts, width_for
from wann_rt.kernels.rows import load, load_at, pointer, store_at, store_rows
from wann_rt.kernels.tasks import plant_of
from wann_rt.play.rollouts import starts_of
from wann_rt.tasks.traced import traced

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
SWING = tasks.get("cartpole-swingup")
PACKAGE = Path(reference.__file__).parents[1]


def assert_twins_agree(network: Network, weight: Weight, inputs: NDArray[np.float32]) -> None:
    listed = lowered(network, weight)
    assert_alike(listed, listed.multipliers[0], inputs)


def assert_alike(listed: Lowered, multiplier: float | None, inputs: NDArray[np.float32]) -> None:
    with np.errstate(all="ignore"):
        wanted = reference.forward(listed, multiplier, inputs)
    assert builders.same_bits(forward_batch(listed, multiplier, inputs), wanted)


@given(seeds, st.sampled_from([1, 7, 64]))
def test_compiled_forward_equals_the_oracle_with_a_shared_weight(rng: np.random.Generator, lanes: int) -> None:
    network = builders.network(rng)
    weight = builders.inputs(rng, 1, 1)[0, 0] if rng.random() < 0.3 else rng.normal(0, 2)
    any_weight = lowered(network, Weight.shared(1.0))  # infinity and NaN too, which no controller has
    assert_alike(any_weight, float(weight), builders.inputs(rng, network.n_inputs, lanes))


@given(seeds, st.sampled_from([1, 7, 64]))
def test_compiled_forward_equals_the_oracle_with_weights_per_connection(rng: np.random.Generator, lanes: int) -> None:
    network = builders.network(rng, signed=False)
    weights = Weight("connections", tuple(rng.normal(0, 2, network.n_connections)))
    assert_twins_agree(network, weights, builders.inputs(rng, network.n_inputs, lanes))


@pytest.mark.slow
@given(seeds)
def test_controllers_equal_the_oracle(rng: np.random.Generator) -> None:
    controller = builders.controller(rng)
    observations = builders.inputs(rng, len(controller.observations), 20).T
    actions = controller(observations)
    assert builders.same_bits(actions, reference.evaluate(controller, observations))
    assert builders.same_bits(controller(observations[3]), actions[3])
    for k, channel in enumerate(controller.actions):
        if channel.clip:
            assert ((actions[:, k] >= channel.low) & (actions[:, k] <= channel.high)).all()


def test_compiled_forward_equals_the_oracle_on_a_large_network() -> None:
    rng = np.random.default_rng(0)
    network, _ = Network.build(300, *builders.parts(rng, 300, 10, 150, 0.045, True), prune=True)
    assert network.n_connections > 2000
    assert_twins_agree(network, Weight.shared(0.1), builders.inputs(rng, 300, 300))


@pytest.mark.parametrize("activation", PALETTE, ids=lambda activation: activation.name)
def test_each_activation_compiles_to_its_definition(activation: Any) -> None:
    network, _ = Network.build(1, {}, {2: activation.id}, [Connection(1, 2)])
    rng = np.random.default_rng(activation.id)
    bits = rng.integers(0, 2**32, 100_000, dtype=np.uint32).view(np.float32)
    moderate = rng.uniform(-20, 20, 100_000).astype(np.float32)
    assert_twins_agree(network, Weight.shared(1), np.concatenate([builders.SPECIAL, bits, moderate])[np.newaxis])


@pytest.mark.parametrize("lanes", [BATCH.lanes - 1, BATCH.lanes, BATCH.lanes + 1, 3 * BATCH.lanes + 5])
def test_long_batches_are_computed_in_blocks_without_a_seam(lanes: int) -> None:
    rng = np.random.default_rng(lanes)
    network = builders.network(rng, signed=False)
    inputs = builders.inputs(rng, network.n_inputs, lanes)
    assert_twins_agree(network, Weight.shared(-1.3), inputs)
    assert_twins_agree(network, Weight("connections", tuple(rng.normal(size=network.n_connections))), inputs)


@pytest.mark.slow
@given(seeds)
def test_every_width_plays_the_same_episodes(rng: np.random.Generator) -> None:
    programs = single(Network.build(5, *builders.parts(rng, 5, 1, 8, 0.4, True), prune=True)[0])
    lanes = math.lcm(*(width.lanes for width in WIDTHS))
    weights, starts = rng.normal(size=(1, lanes)).astype(np.float32), starts_of(SWING, range(lanes))
    played = []
    plant = plant_of(traced(SWING))
    for width in WIDTHS:
        shape = lanes // width.lanes, width.lanes
        blocks = Lanes(weights.reshape(shape)[:, None], False, starts.reshape(-1, *shape).swapaxes(0, 1).copy(), 50)
        results = Results(np.empty(shape), np.empty(shape, np.int64))
        rollouts(plant, tuple(SWING.params), width, programs, blocks, np.zeros(1, np.int64), results)
        played.append(np.stack([results.returns.ravel(), results.lengths.ravel()]))
    first, *others = played
    assert all(np.array_equal(first, other, equal_nan=True) for other in others)


def test_threads_draw_each_number_once() -> None:
    @numba.njit(nogil=True)
    def drawn(counter: Any, numbers: Any) -> None:
        for i in range(len(numbers)):
            numbers[i] = draw(counter)

    counter, numbers = np.zeros(1, np.int64), np.zeros((4, 100_000), np.int64)
    drawn(np.zeros(1, np.int64), numbers[0, :1])  # compiles
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda row: drawn(counter, row), numbers))
    assert np.array_equal(np.sort(numbers, axis=None), np.arange(numbers.size))


@pytest.mark.parametrize(
    ("lanes", "width"),
    [(1, 16), (12, 16), (17, 24), (18, 24), (25, 32), (33, 24), (48, 24), (64, 64), (65, 24), (128, 64), (1000, 64)],
)
def test_few_lanes_are_played_in_a_narrow_block_and_many_in_wide_ones(lanes: int, width: int) -> None:
    assert width_for(lanes, [Width(n) for n in (16, 24, 32, 64)]).lanes == width
    assert width_for(lanes, [Width(n) for n in (16, 24, 32)]).lanes == min(width, 32)
    assert width_for(lanes) in WIDTHS


def test_a_constant_of_another_type_does_not_compile() -> None:
    @numba.njit(error_model="numpy")
    def doubled(width: Any, x: Any) -> Any:
        store_rows(width, x, 0, (load(width, x, 0) * 2.0,))

    with pytest.raises(numba.TypingError, match=r"constants as np\.float32"):
        doubled(WIDTHS[0], np.ones((1, 16), np.float32))


def test_rows_that_are_not_adjacent_in_memory_do_not_compile() -> None:
    @numba.njit(error_model="numpy")
    def copied(width: Any, x: Any) -> Any:
        store_rows(width, x, 0, (load(width, x, 1),))

    @numba.njit(error_model="numpy")
    def copied_by_pointer(width: Any, x: Any) -> Any:
        at = pointer(x)
        store_at(width, at, 0, load_at(width, at, width.lanes))

    for kernel in (copied, copied_by_pointer):
        with pytest.raises(numba.TypingError, match="in C order"):
            kernel(WIDTHS[0], np.ones((16, 2), np.float32).T)


PROBE = """\
import numpy as np
from wann_rt.core import activations
from wann_rt.kernels.jit import jit

@jit
def probe(x):
    return activations.square(x)

print(probe(np.float32(3)), sum(probe.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_a_cached_kernel_is_used_until_a_callee_in_another_file_changes(tmp_path: Path) -> None:
    copy = tmp_path / "wann_rt"
    skip = shutil.ignore_patterns("__pycache__", "exporters", "runtime_c")
    shutil.copytree(PACKAGE, copy, ignore=skip)
    (copy / "kernels" / "probe.py").write_text(PROBE)
    own = {"PYTHONPATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")} | own

    def run() -> str:
        command = [sys.executable, "-W", "ignore", "-m", "wann_rt.kernels.probe"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert [run(), run()] == ["9.0 0", "9.0 1"]
    palette = copy / "core" / "activations.py"
    palette.write_text(palette.read_text().replace("    return x * x\n", "    return x * x + x\n"))
    assert [run(), run()] == ["12.0 0", "12.0 1"]
