"""The line below each picture of a film."""

from dataclasses import replace

import numpy as np
from helpers import needs

import wann_rt as wr
from wann_rt.display.caption import LARGEST, caption, captioned


def test_it_says_time_action_and_return() -> None:
    pendulum = wr.zoo.load("pendulum")
    assert caption(pendulum, 30, [-2.0], -129.04) == "  1.50 s   torque -2.00   return -129.0"
    assert caption(pendulum, 0, (), 0.0) == "  0.00 s   return 0.0"
    assert caption(replace(pendulum, rate_hz=None), 7, [0.5], 1.0).startswith("step 7 ")


def test_of_many_actions_it_names_the_first() -> None:
    walker = wr.zoo.load("bipedal-walker")
    many = replace(walker, actions=walker.actions)
    assert "and" not in caption(many, 1, [0.0] * 4, 0.0)
    names = tuple(wr.Channel(f"a{k}") for k in range(6))
    network = wr.Network.build(1, {}, dict.fromkeys(range(2, 8), 1), [])[0]
    six = wr.Controller("six", network, wr.Weight.shared(1.0), (wr.Channel("x"),), names)
    assert caption(six, 1, [0.0] * 6, 0.0).endswith("a3 +0.00   and 2 more   return 0.0")


def test_the_picture_stays_as_it_is_above_the_line() -> None:
    needs.module("pygame")
    picture = np.random.default_rng(0).integers(0, 256, (90, 300, 3), np.uint8)
    found = captioned(picture, "0.00 s   return 0.0")
    assert np.array_equal(found[:90], picture)
    assert found.shape[1:] == (300, 3)
    assert 90 < len(found) <= 90 + LARGEST + 10
    assert (found[90:] < 128).any()
    assert np.array_equal(captioned(picture, "0.00 s   return 0.0"), found)


def test_no_character_of_a_name_is_more_than_a_character() -> None:
    needs.module("pygame")
    hostile = replace(
        wr.zoo.load("pendulum"), actions=(wr.Channel("a\0\x1b[31m\nb", low=-2, high=2, clip=True),), vectors=()
    )
    line = caption(hostile, 1, [1.0], 0.0)
    assert not {"\0", "\x1b", "\n"} & set(line)
    captioned(np.zeros((40, 40, 3), np.uint8), line)
