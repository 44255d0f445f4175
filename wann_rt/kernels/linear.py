"""Products of matrices and the eigenvectors of a symmetric one, as loops with one order.

A library's depend on the processor: OpenBLAS has kernels of its own for AVX-512, AVX2 and SSE3, which add in different
orders, and where eigenvalues are equal the last bit decides which eigenvectors come out. These add in the order in
which they are written, so they give the same bits everywhere. The steps are those of LAPACK (E. Anderson et al.,
"LAPACK Users' Guide", 3rd edition, 1999): Householder reflections to a tridiagonal matrix (DSYTD2), then implicit QL or
QR with Wilkinson's shift (DSTEQR).
"""

import numpy as np
from numpy.typing import NDArray

from wann_rt.kernels.jit import inlined, jit

Matrix = NDArray[np.float64]
EPSILON = 2.0**-53  # half a unit in the last place of 1
TINY = 2.0**-1022
SMALL = 2.0**-400
MOST_TURNS = 30  # iterations for each eigenvalue; two or three are usual


@jit
def products(rows: Matrix, columns: Matrix) -> Matrix:
    """Returns the product of each row of one matrix and each row of another, ``rows @ columns.T``."""
    out = np.empty((rows.shape[0], columns.shape[0]))
    for i in range(rows.shape[0]):
        for j in range(columns.shape[0]):
            total = 0.0
            for k in range(rows.shape[1]):
                total += rows[i, k] * columns[j, k]
            out[i, j] = total
    return out


@jit
def eigen(symmetric: Matrix) -> tuple[Matrix, Matrix]:
    """Returns the eigenvalues of a symmetric matrix, ascending, and its eigenvectors, a row each, [n, n].

    Only the lower triangle is read. A matrix with a number that is not finite gives values that are not; one whose
    largest number is not 0 but beyond 1e-270 or 1e270 gives less exact ones.
    """
    n = len(symmetric)
    scale = _scale(symmetric)
    diagonal, beside, vectors = _tridiagonal(symmetric * scale)
    end = 0
    while end < n:
        first, end = end, _block_end(diagonal, beside, end)
        _diagonalised(diagonal, beside, vectors, first, end - 1)
    for i in range(n - 1):
        least = i
        for k in range(i + 1, n):
            if diagonal[k] < diagonal[least]:
                least = k
        diagonal[i], diagonal[least] = diagonal[least], diagonal[i]
        for k in range(n):
            vectors[i, k], vectors[least, k] = vectors[least, k], vectors[i, k]
    return diagonal / scale, vectors


@inlined
def _scale(matrix: Matrix) -> float:
    """Returns a power of two by which numbers come to where their squares neither vanish nor overflow; mostly 1."""
    largest = np.abs(matrix).max()
    if largest == 0.0 or SMALL <= largest <= 1.0 / SMALL:
        return 1.0
    return 2.0**512 if largest < SMALL else 2.0**-512


@jit
def _tridiagonal(a: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Returns diagonal, subdiagonal and the orthogonal matrix whose columns make ``a`` tridiagonal, a row for each.

    ``a`` is overwritten.
    """
    n = len(a)
    beside, taus, work = np.zeros(n), np.zeros(n), np.zeros(n)
    for i in range(n - 1):
        beside[i], taus[i] = _reflection(a, i)
        if taus[i] != 0.0:
            _reflected(a, i, taus[i], work)
    diagonal, q = np.empty(n), np.eye(n)
    for i in range(n):
        diagonal[i] = a[i, i]
    for i in range(n - 2, -1, -1):  # q = H(0) H(1) ... H(n - 2), from the last on
        for column in range(i + 1, n):
            total = q[column, i + 1]
            for k in range(i + 2, n):
                total += a[k, i] * q[column, k]
            total *= taus[i]
            q[column, i + 1] -= total
            for k in range(i + 2, n):
                q[column, k] -= total * a[k, i]
    return diagonal, beside, q


@inlined
def _reflection(a: Matrix, i: int) -> tuple[float, float]:
    """Leaves in column i, from row i + 2 on, the vector of the reflection that clears it.

    Returns:
        What is left of the column, and tau.
    """
    norm = 0.0
    for k in range(i + 2, len(a)):
        norm += a[k, i] * a[k, i]
    alpha = a[i + 1, i]
    if norm == 0.0:
        return alpha, 0.0
    beta = -np.copysign(np.sqrt(alpha * alpha + norm), alpha)
    for k in range(i + 2, len(a)):
        a[k, i] /= alpha - beta
    return beta, (beta - alpha) / beta


@inlined
def _reflected(a: Matrix, i: int, tau: float, work: Matrix) -> None:
    """Applies the reflection of column i from both sides to what is below and right of it, in the lower triangle."""
    n = len(a)
    a[i + 1, i] = 1.0
    inner = 0.0
    for r in range(i + 1, n):
        total = 0.0
        for k in range(i + 1, n):
            total += (a[r, k] if k <= r else a[k, r]) * a[k, i]
        work[r] = tau * total
        inner += work[r] * a[r, i]
    shift = -0.5 * tau * inner
    for r in range(i + 1, n):
        work[r] += shift * a[r, i]
    for r in range(i + 1, n):
        for k in range(i + 1, r + 1):
            a[r, k] -= a[r, i] * work[k] + work[r] * a[k, i]


@inlined
def _block_end(diagonal: Matrix, beside: Matrix, first: int) -> int:
    """Returns where the block that begins at ``first`` ends, by the first subdiagonal that counts as 0."""
    for m in range(first, len(diagonal) - 1):
        least = np.sqrt(abs(diagonal[m])) * np.sqrt(abs(diagonal[m + 1])) * EPSILON
        if abs(beside[m]) <= least:
            beside[m] = 0.0
            return m + 1
    return len(diagonal)


@jit
def _diagonalised(diagonal: Matrix, beside: Matrix, vectors: Matrix, first: int, last: int) -> None:
    """Turns a block into its eigenvalues, in place, and the vectors with it.

    It is worked on from the end with the smaller number, which keeps small eigenvalues accurate: by QL from the first,
    by QR from the last, which is QL with all indices counted from the other end (``way`` is -1).
    """
    way = -1 if abs(diagonal[last]) < abs(diagonal[first]) else 1
    at, end = (last, first) if way < 0 else (first, last)
    left = MOST_TURNS * len(diagonal)
    while (end - at) * way >= 0:
        m = at
        while m != end and not _is_small(diagonal, beside, m, way):
            m += way
        if m != end:
            beside[min(m, m + way)] = 0.0
        if m == at:
            at += way
        elif m == at + way:
            _pair(diagonal, beside, vectors, min(at, m))
            at += 2 * way
        elif left > 0:
            left -= 1
            _turn(diagonal, beside, vectors, at, m, way)
        else:
            return


@inlined
def _is_small(diagonal: Matrix, beside: Matrix, m: int, way: int) -> bool:
    """Returns whether the number between m and its neighbour counts as 0."""
    off = beside[min(m, m + way)]
    return bool(off * off <= EPSILON * EPSILON * abs(diagonal[m]) * abs(diagonal[m + way]) + TINY)


@jit
def _pair(diagonal: Matrix, beside: Matrix, vectors: Matrix, low: int) -> None:
    """Diagonalises two by two (DLAEV2)."""
    a, b, c = diagonal[low], beside[low], diagonal[low + 1]
    total, difference, twice = a + c, a - c, b + b
    root = np.sqrt(difference * difference + twice * twice)
    big, small = (a, c) if abs(a) > abs(c) else (c, a)
    sign = -1.0 if total < 0.0 else 1.0
    greater = 0.5 * (total + sign * root)
    if total == 0.0:
        greater, lesser = 0.5 * root, -0.5 * root
    else:
        lesser = (big / greater) * small - (b / greater) * b
    side = 1.0 if difference >= 0.0 else -1.0
    leading = difference + side * root
    if abs(leading) > abs(twice):
        tangent = -twice / leading
        sine = 1.0 / np.sqrt(1.0 + tangent * tangent)
        cosine = tangent * sine
    elif twice == 0.0:
        cosine, sine = 1.0, 0.0
    else:
        tangent = -leading / twice
        cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
        sine = tangent * cosine
    if sign == side:
        cosine, sine = -sine, cosine
    diagonal[low], diagonal[low + 1], beside[low] = greater, lesser, 0.0
    _rotated(vectors, low, low + 1, cosine, sine)


@jit
def _turn(diagonal: Matrix, beside: Matrix, vectors: Matrix, at: int, m: int, way: int) -> None:
    """Does one implicit QL step from m back to ``at``."""
    p, off = diagonal[at], beside[min(at, at + way)]
    g = (diagonal[at + way] - p) / (2.0 * off)
    g = diagonal[m] - p + off / (g + np.copysign(np.sqrt(g * g + 1.0), g))
    s, c, p = 1.0, 1.0, 0.0
    i = m
    while i != at:
        i -= way
        off = beside[min(i, i + way)]
        f, b = s * off, c * off
        r = np.copysign(np.sqrt(f * f + g * g), g)
        if f == 0.0:
            c, s, r = 1.0, 0.0, g
        elif g == 0.0:
            c, s, r = 0.0, np.copysign(1.0, f), abs(f)
        else:
            c, s = abs(g) / abs(r), f / r
        if i + way != m:
            beside[min(i + way, i + 2 * way)] = r
        g = diagonal[i + way] - p
        r = (diagonal[i] - g) * s + 2.0 * c * b
        p = s * r
        diagonal[i + way] = g + p
        g = c * r - b
        _rotated(vectors, i, i + way, c, -s)
    diagonal[at] -= p
    beside[min(at, at + way)] = g


@inlined
def _rotated(vectors: Matrix, j: int, k: int, cosine: float, sine: float) -> None:
    """Turns two vectors by an angle."""
    for i in range(vectors.shape[1]):
        x, y = vectors[j, i], vectors[k, i]
        vectors[k, i] = cosine * y - sine * x
        vectors[j, i] = sine * y + cosine * x
