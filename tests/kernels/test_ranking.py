"""Laws of the ranking: fronts by definition, crowding by the gap between neighbours, ranks as published."""

from typing import Any

import numpy as np
import pytest
from helpers import builders, reference_data  # noqa: F401  # its profile: the first example compiles
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from wann_rt.kernels.ranking import crowding, fronts, rank

grid = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40)
plane = st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 1)), min_size=1, max_size=40)


def columns(points: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    array = np.array(points, np.float64)
    return np.ascontiguousarray(array[:, 0]), np.ascontiguousarray(array[:, 1])


def plain_fronts(first: NDArray[np.float64], second: NDArray[np.float64]) -> list[int]:
    """Peels off what nothing left dominates, front by front."""
    points = list(zip(first.tolist(), second.tolist(), strict=True))
    front: dict[int, int] = {}
    while len(front) < len(points):
        left = [i for i in range(len(points)) if i not in front]
        best = [i for i in left if not any(dominates(points[j], points[i]) for j in left)]
        front |= dict.fromkeys(best, max(front.values(), default=-1) + 1)
    return [front[i] for i in range(len(points))]


def dominates(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return a != b and a[0] >= b[0] and a[1] >= b[1]


@given(grid | plane)
def test_fronts_are_those_of_the_definition(points: Any) -> None:
    first, second = columns(points)
    assert fronts(first, second).tolist() == plain_fronts(first, second)


def standing(first: NDArray[np.float64], second: NDArray[np.float64], as_published: bool) -> list[tuple[int, float]]:
    """Returns (front, -crowding distance) of each point: what ranks are sorted by."""
    front = fronts(first, second)
    distance = np.empty(len(front))
    for f in range(front.max() + 1):
        members = np.flatnonzero(front == f)
        distance[members] = crowding(first[members], as_published) + crowding(second[members], as_published)
    return list(zip(front.tolist(), (-distance).tolist(), strict=True))


@pytest.mark.slow
@given(grid | plane, st.booleans())
def test_ranks_go_by_front_then_crowding_then_index(points: Any, as_published: bool) -> None:
    first, second = columns(points)
    keys = [(*key, i) for i, key in enumerate(standing(first, second, as_published))]
    order = rank(first, second, as_published).tolist()
    assert sorted(order) == list(range(len(keys)))
    if not np.isnan([key[1] for key in keys]).any():
        assert [keys[i] for i in order] == sorted(keys)


@given(st.lists(st.sampled_from([-np.inf, -1.0, 0.0, 1.0]), min_size=1, max_size=12), st.booleans())
def test_ranks_survive_infinite_fitness(fitness: list[float], as_published: bool) -> None:
    first = np.array(fitness)
    order = rank(first, np.linspace(-1, 0, len(first)), as_published)
    assert sorted(order.tolist()) == list(range(len(first)))


def test_ranks_are_those_of_the_reference() -> None:
    for case in reference_data.golden()["nsga"]:
        first, second = columns(case["obj"])
        keys = standing(first, second, as_published=True)
        theirs = [keys[i] for i in np.argsort(case["rank"])]
        ours = [keys[i] for i in rank(first, second, True)]
        assert [key[0] for key in theirs] == [key[0] for key in ours]
        np.testing.assert_allclose([key[1] for key in theirs], [key[1] for key in ours], rtol=1e-9)


@settings(max_examples=50)
@given(st.lists(st.floats(-100, 100), min_size=3, max_size=20, unique=True))
def test_crowding_is_the_gap_between_the_neighbours(values: list[float]) -> None:
    array = np.array(values)
    ordered = sorted(values)
    spread = ordered[-1] - ordered[0]
    gaps = {v: (ordered[k + 2] - ordered[k]) for k, v in enumerate(ordered[1:-1])}
    wanted = [gaps[v] / spread if v in gaps else np.inf for v in values]
    np.testing.assert_allclose(crowding(array, False), wanted, rtol=1e-12)
    published = [gaps[v] * abs(1 / ordered[-1] - ordered[0]) if v in gaps and ordered[-1] else np.inf for v in values]
    if ordered[-1]:
        np.testing.assert_allclose(crowding(array, True), published, rtol=1e-12)
