"""The racing car for any shared weight is the linear law in whole numbers, and decides alike with every weight."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wann_rt.core import files
from wann_rt.core.controller import Weight

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import car  # noqa: E402
import car_agnostic  # noqa: E402
import car_report  # noqa: E402
from car_shared import law_of  # noqa: E402

CARS = ROOT / "examples" / "car"


def test_the_committed_network_is_that_of_the_law() -> None:
    start, made = (files.load(CARS / name) for name in ("tuned.json", "agnostic.json"))
    law = law_of(start)
    networks = [car_agnostic.network_of(car_agnostic.counts_of(law, units)) for units in car_agnostic.UNITS]
    assert made.network in networks
    assert made.network.n_connections <= car_agnostic.CONNECTIONS
    assert made.provenance["from"] == files.digest(start)


def test_the_sums_are_the_law_in_units() -> None:
    law = np.zeros((3, 19))
    law[0, 1], law[0, 2], law[1, 17] = 0.31, -0.04, -0.75
    assert car_agnostic.counts_of(law, (0.1, 0.25)) == {0: {1: 3, 18: 2}, 1: {17: -3}}


def test_all_weights_that_are_not_near_0_decide_alike() -> None:
    made = files.load(CARS / "agnostic.json")
    rng = np.random.default_rng(1)
    seen = rng.normal(size=(60, 18)).astype(np.float32)
    seen[:, 16] = rng.uniform(0, 80, 60)  # the speed
    drives = []
    for weight in (-2.0, -0.7, 0.21, 1.3):
        with_weight = replace(made, weight=Weight.shared(weight), vectors=())
        steering, gas, brake = np.array([with_weight(one) for one in seen]).T
        assert (np.abs(steering) > 0.4).all()  # as far as wheels turn
        assert set(gas.tolist()) == {0.0, 1.0}
        assert (brake == 0).all()
        drives.append([*np.sign(steering), *gas])
    assert (np.array(drives) == drives[0]).all()


@pytest.mark.parametrize("kept", [0, 10])
def test_the_page_of_a_record_made_anew_says_what_is_not_scored_yet(kept: int) -> None:
    record = json.loads(car.RECORD.read_text(encoding="utf-8"))
    counts = {case.file: files.load(CARS / case.file).network.n_connections for case in car.CASES}
    assert car_report.page(car.CASES, counts, record) == car.PAGE.read_text(encoding="utf-8")
    begun = {key: row | {"returns": row["returns"][:kept]} for key, row in record.items() if kept}
    said = car_report.page(car.CASES, counts, begun)
    assert f"on the first {kept} tracks, which all three have driven, it scores {'9' if kept else '-'}" in said
    assert len(car_report.paper_rows(car.CASES, counts, begun)) == (6 if kept else 1)
