"""The racing car with one shared weight is what its command makes of the linear law, term by term."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from wann_rt.core import files
from wann_rt.core.controller import Weight

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import car_shared  # noqa: E402
from powers import Term, network_of  # noqa: E402


def test_the_committed_network_is_that_of_the_terms() -> None:
    start, made = (files.load(ROOT / "examples" / "car" / name) for name in ("tuned.json", "shared.json"))
    weight = made.weight.values[0]
    terms = car_shared.terms_of(car_shared.law_of(start), float(str(np.float32(weight))))
    assert made.network == network_of(terms, len(start.observations), len(start.actions))
    assert made.network.n_connections <= car_shared.CONNECTIONS
    assert made.provenance["from"] == files.digest(start)


def test_a_network_of_terms_computes_the_sum_of_powers() -> None:
    start = files.load(ROOT / "examples" / "car" / "tuned.json")
    terms = [Term(0, 1, 3, 1), Term(0, 2, 1, -1), Term(2, 0, 2, 1)]
    network = network_of(terms, 18, 3)
    assert network.n_connections == len(terms) + 2 + 1
    made = replace(start, network=network, weight=Weight.shared(0.5), vectors=())
    seen = np.zeros(18, np.float32)
    seen[:2] = 4.0, 0.25
    steering, _, brake = made(seen)
    assert (steering, brake) == (4.0 * 0.5**3 - 0.25 * 0.5, 0.5**2)
