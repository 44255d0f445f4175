"""Eigenvectors and products are right, and those of LAPACK where there is one answer only."""

import os
import subprocess
import sys

import numpy as np
import pytest

from wann_rt.kernels.linear import eigen, products

PROGRAM = """
import hashlib, numpy as np
from wann_rt.tuning.cma import Covariance
found = Covariance(np.zeros(30), 0.5, 8, 1)
for _ in range(20):
    asked = found.ask()
    found.tell(asked, (asked**2).sum(axis=1))
print(hashlib.sha256(found.ask().tobytes()).hexdigest())
"""


def symmetric(n: int, seed: int) -> np.ndarray:
    a = np.random.default_rng(seed).standard_normal((n, n))
    return (a + a.T) / 2


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25, 40])
def test_vectors_are_orthogonal_and_give_the_matrix_back(n: int) -> None:
    a = symmetric(n, n)
    values, vectors = eigen(a)
    assert np.allclose(vectors @ vectors.T, np.eye(n), atol=1e-13)
    assert np.allclose(vectors.T * values @ vectors, a, atol=1e-12)
    assert (np.diff(values) >= 0).all()


@pytest.mark.parametrize("n", [2, 5, 12, 25])
def test_vectors_have_the_signs_of_lapack(n: int) -> None:
    a = symmetric(n, 100 + n)
    values, vectors = eigen(a)
    wanted, columns = np.linalg.eigh(a)
    assert np.allclose(values, wanted, atol=1e-13)
    assert np.allclose(vectors.T, columns, atol=1e-9)


@pytest.mark.parametrize(
    "matrix",
    [
        np.eye(4),
        np.zeros((3, 3)),
        np.diag([3.0, 1.0, 2.0]),
        np.ones((6, 6)),
        1e-160 * symmetric(4, 1),
        1e-290 * symmetric(4, 1),
        1e200 * symmetric(4, 2),
        np.kron(np.eye(3), symmetric(2, 3)),  # blocks that nothing joins
    ],
)
def test_what_has_many_answers_gets_a_right_one(matrix: np.ndarray) -> None:
    values, vectors = eigen(matrix)
    scale = max(float(np.abs(matrix).max()), 1e-300)
    assert np.allclose(vectors @ vectors.T, np.eye(len(matrix)), atol=1e-13)
    assert np.allclose((vectors.T * (values / scale)) @ vectors, matrix / scale, atol=1e-12)


def test_a_matrix_without_numbers_ends() -> None:
    values, _ = eigen(np.full((3, 3), np.nan))
    assert np.isnan(values).all()


def test_a_product_is_the_sum_of_products() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((3, 7)), rng.standard_normal((5, 7))
    assert np.allclose(products(a, b), a @ b.T, atol=1e-14)


@pytest.mark.slow
def test_a_library_with_other_instructions_changes_no_candidate() -> None:
    found = set()
    for instructions in ("Haswell", "Prescott"):  # kernels of OpenBLAS with and without fused multiply-add
        environment = os.environ | {"OPENBLAS_CORETYPE": instructions}
        found.add(
            subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, capture_output=True).stdout
        )
    assert len(found) == 1
