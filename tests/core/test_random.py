"""Laws of the random numbers: the same for all time, independent of order, with the distributions they claim."""

import statistics

import numba
import numpy as np
import pytest

import wann_rt.kernels.variation  # noqa: F401  # registers the generator with numba
from wann_rt.core import random
from wann_rt.core.random import Purpose, normals, stream, uniforms

COUNT = 200_000


def test_streams_never_change() -> None:
    assert stream(0, Purpose.INITIAL) == 0x5E41AB087439611E
    assert stream(1, Purpose.VARIATION, 2, 3) == 0x76C5F99F7B8B1CDB
    assert stream(-1, Purpose.START) == stream(2**64 - 1, Purpose.START) == 0xCB8E650F5D9285BC


def test_numbers_never_change() -> None:
    key = stream(42, Purpose.TEST, 7)
    assert [x.hex() for x in uniforms(key, 4).tolist()] == [
        "0x1.405941bd1a92ep-2", "0x1.8f58967820cd2p-2", "0x1.4dd2106dcfd84p-1", "0x1.ede65e798c3dcp-3",
    ]  # fmt: skip
    assert [x.hex() for x in normals(key, 4).tolist()] == [
        "-0x1.f385be54d8139p-2", "-0x1.1e0f1dc78f15ap-2", "0x1.9015a24cbfe9dp-2", "-0x1.67b72fbf4e1ffp-1",
    ]  # fmt: skip


def test_the_mixer_is_that_of_splitmix64() -> None:
    state, outputs = random.u64(1234567), []
    with np.errstate(over="ignore"):
        for _ in range(3):  # the published algorithm: add the increment, mix
            state += random.GOLDEN
            outputs.append(int(random.mix(state)))
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    key = stream(5, Purpose.TEST)
    assert (uniforms(key, 1000)[:10] == uniforms(key, 10)).all()
    assert (normals(key, 1000)[:10] == normals(key, 10)).all()


def test_purposes_and_their_numbers_are_fixed() -> None:
    names = ["INITIAL", "VARIATION", "RANKING", "EPISODE", "RETEST", "TEST", "WEIGHTS", "SWEEP", "START", "VECTORS"]
    assert [purpose.name for purpose in Purpose][: len(names)] == names
    assert [int(purpose) for purpose in Purpose] == list(range(1, len(Purpose) + 1))


def test_streams_of_different_keys_differ_and_do_not_correlate() -> None:
    keys = [stream(s, p, i) for s in range(4) for p in (Purpose.TEST, Purpose.START) for i in range(8)]
    draws = np.array([uniforms(key, 4000) for key in keys])
    correlations = np.corrcoef(draws) - np.eye(len(keys))
    assert len(set(map(int, keys))) == len(keys)
    assert np.abs(correlations).max() < 5 / np.sqrt(4000)  # 5 sigma: 2016 pairs exceed it once in a thousand seeds


def test_uniform_numbers_are_uniform() -> None:
    numbers = uniforms(stream(1, Purpose.TEST), COUNT)
    counts = np.histogram(numbers, 64, (0, 1))[0]
    expected = COUNT / 64
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert 0 <= numbers.min() < numbers.max() < 1
    assert abs(chi_square - 63) < 5 * np.sqrt(2 * 63)
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 5 / np.sqrt(COUNT)


def test_uniform_numbers_lie_between_their_bounds() -> None:
    numbers = uniforms(stream(2, Purpose.TEST), COUNT, -2.0, 2.0)
    assert -2 <= numbers.min() < -1.99 < 1.99 < numbers.max() < 2


def test_normal_numbers_are_the_inverse_distribution_function_of_uniform_ones() -> None:
    key = stream(3, Purpose.TEST)
    inverse = statistics.NormalDist().inv_cdf
    exact = np.array([inverse(u) for u in (uniforms(key, 20_000) + 2.0**-54).tolist()])
    assert np.abs(normals(key, 20_000) - exact).max() < 1e-6  # the method's seven figures


def test_normal_numbers_have_normal_moments() -> None:
    numbers = normals(stream(4, Purpose.TEST), COUNT)
    error = 5 / np.sqrt(COUNT)  # five standard errors
    assert abs(numbers.mean()) < error
    assert abs((numbers**2).mean() - 1) < error * np.sqrt(2)
    assert abs((numbers**3).mean()) < error * np.sqrt(15)
    assert abs((numbers**4).mean() - 3) < error * np.sqrt(96)


@pytest.mark.parametrize("u", [0.0, 2.0**-53, 1e-12, 0.075, 0.4999, 0.5, 0.925, 1 - 1e-12, 1 - 2.0**-52, 1 - 2.0**-53])
def test_the_tails_are_right_to_the_last_cell(u: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniforms", lambda key, count: np.array([u]))
    inverse = statistics.NormalDist().inv_cdf
    exact = inverse(u + 2.0**-54) if u < 0.5 else -inverse((1.0 - u) - 2.0**-54)
    assert abs(normals(random.u64(0), 1)[0] - exact) < 1e-6 * max(1.0, abs(exact))


@pytest.mark.slow
def test_numba_draws_the_same_numbers_as_numpy() -> None:

    @numba.njit
    def draw(key: np.uint64, count: int) -> np.ndarray:
        numbers = np.empty(count)
        for i in range(count):
            numbers[i] = random.uniform(random.fold(key, np.uint64(3)), np.uint64(i))
        return numbers

    key = stream(6, Purpose.TEST)
    with np.errstate(over="ignore"):
        folded = random.fold(key, random.u64(3))
    assert (draw(key, 1000) == uniforms(folded, 1000)).all()
