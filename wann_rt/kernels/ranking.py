"""Compiled ranking: non-dominated fronts in O(N log N) for two objectives, crowding distance within a front."""

import numpy as np
from numpy.typing import NDArray

from wann_rt.kernels.jit import jit


@jit
def fronts(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the front (0 is the best) of each point under two objectives, both to be maximised.

    Points are visited from best to worst first objective, ties from best to worst second; a point is dominated by an
    earlier one whose second objective is at least as great, equal points apart. The greatest second objectives of the
    fronts so far decrease from front to front, so the first front that does not dominate is found by bisection.
    Source: M. T. Jensen, "Reducing the run-time complexity of multiobjective EAs", IEEE TEC 7(5), 2003.
    """
    n = len(first)
    order = np.argsort(-second, kind="mergesort")
    order = order[np.argsort(-first[order], kind="mergesort")]
    front = np.empty(n, np.int64)
    tail = np.empty(n, np.int64)  # the last point of each front: it has the front's greatest second objective
    n_fronts = 0
    for i in order:
        low, high = 0, n_fronts
        while low < high:
            middle = (low + high) // 2
            j = tail[middle]
            equal = first[j] == first[i] and second[j] == second[i]
            if second[j] >= second[i] and not equal:
                low = middle + 1
            else:
                high = middle
        front[i] = low
        tail[low] = i
        n_fronts = max(n_fronts, low + 1)
    return front


@jit
def crowding(values: NDArray[np.float64], as_published: bool) -> NDArray[np.float64]:
    """Returns each point's crowding distance in one objective within one front; infinite at both ends.

    Args:
        values: the objective of the front's points.
        as_published: multiply the gaps by abs(1 / max - min), as the reference code does where it means to divide
            by (max - min).
    """
    n = len(values)
    distance = np.zeros(n)
    order = np.argsort(values, kind="mergesort")
    low, high = values[order[0]], values[order[-1]]
    distance[order[0]] = distance[order[-1]] = np.inf
    if not high > low:
        scale = 1.0
    elif as_published:
        scale = abs(1.0 / high - low)
    else:
        scale = 1.0 / (high - low)
    for k in range(1, n - 1):
        distance[order[k]] = (values[order[k + 1]] - values[order[k - 1]]) * scale
    return distance


@jit
def rank(first: NDArray[np.float64], second: NDArray[np.float64], as_published: bool) -> NDArray[np.int64]:
    """Returns the indices of the points from best to worst: by front, then by crowding distance, then by index.

    Source: K. Deb et al., "A fast and elitist multiobjective genetic algorithm: NSGA-II", IEEE TEC 6(2), 2002.
    """
    front = fronts(first, second)
    order = np.empty(len(first), np.int64)
    n_placed = 0
    for f in range(front.max() + 1):
        members = np.flatnonzero(front == f)
        distance = crowding(first[members], as_published) + crowding(second[members], as_published)
        members = members[np.argsort(-distance, kind="mergesort")]
        order[n_placed : n_placed + len(members)] = members
        n_placed += len(members)
    return order
