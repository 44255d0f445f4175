"""Laws of the pictures of classifiers."""

from pathlib import Path

import numpy as np
import pytest
from helpers import needs

import wann_rt as wr
from wann_rt.core.activations import BY_NAME
from wann_rt.core.network import Connection
from wann_rt.display.figure import BLUE, ORANGE
from wann_rt.display.stencils import plot_stencils, rgb, stencils_of


def little() -> wr.Controller:
    """Returns a classifier of images of 2 x 2 pixels: output a adds a node, output b subtracts it."""
    absolute, linear = BY_NAME["abs"].id, BY_NAME["linear"].id
    connections = [Connection(1, 5), Connection(4, 5, -1), Connection(5, 6), Connection(5, 7, -1)]
    connections += [Connection(6, 8), Connection(7, 9)]
    network = wr.Network.build(4, {5: absolute, 6: linear, 7: linear}, {8: linear, 9: linear}, connections)[0]
    pixels, classes = tuple(map(wr.Channel, "pqrs")), tuple(map(wr.Channel, "ab"))
    return wr.Controller("little", network, wr.Weight.shared(1), pixels, classes, decision="argmax")


def test_a_stencil_shows_what_a_node_adds_and_its_frame_what_the_output_does() -> None:
    added, subtracted = (stencils_of(little(), output, 2)[0] for output in (0, 1))
    assert np.array_equal(added[1, 1], rgb(BLUE))
    assert np.array_equal(added[2, 2], rgb(ORANGE))
    assert np.array_equal(added[1:3, 1:3], subtracted[1:3, 1:3])
    assert np.array_equal(added[0, 0], 0.5 + 0.5 * rgb(BLUE))
    assert np.array_equal(subtracted[0, 0], 0.5 + 0.5 * rgb(ORANGE))


def test_the_same_controller_gives_the_same_picture(tmp_path: Path) -> None:
    needs.module("matplotlib")
    plot_stencils(little(), tmp_path / "one.svg")
    plot_stencils(little(), tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_what_observes_no_image_has_no_stencils(tmp_path: Path) -> None:
    with pytest.raises(wr.WannError, match="5 observations are no square image"):
        plot_stencils(wr.load("zoo:cartpole-swingup"), tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()
