"""What a notebook shows of a value: the same as wr.show prints, and a controller's network."""

from pathlib import Path

import pytest
from helpers import needs

import wann_rt as wr


def test_a_controller_shows_its_network_and_its_tables() -> None:
    needs.module("matplotlib")
    shown = wr.zoo.load("pendulum")._repr_html_()
    assert '<img alt="the network of pendulum"' in shown
    assert "data:image/svg+xml;base64," in shown
    assert "cos_theta" in shown
    assert "Network" in shown


def test_without_matplotlib_it_shows_its_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    shown = wr.zoo.load("pendulum")._repr_html_()
    assert "<img" not in shown
    assert "cos_theta" in shown


def test_nothing_that_a_file_says_becomes_markup() -> None:
    from dataclasses import replace

    channel = wr.Channel("<script>alert(1)</script>\x1b[31m", '"><b>')
    network = wr.zoo.load("mountain-car-continuous")
    hostile = replace(network, name='"><script>', observations=(channel, network.observations[1]), vectors=())
    shown = hostile._repr_html_()
    assert "<script" not in shown
    assert "<b>" not in shown
    assert "\x1b" not in shown


def test_a_certificate_is_shown_and_what_is_none_of_ours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    found = wr.certify(wr.zoo.load("pendulum"), seconds=1)
    wr.show(found)
    printed = capsys.readouterr().out
    assert "Greatest slopes" in printed
    assert "Greatest slopes" in found._repr_html_()
    assert capsys.readouterr().out == ""
    with pytest.raises(wr.WannError, match=r"show\(\) prints one of Controller, .*; int came"):
        wr.show(3)  # type: ignore[arg-type]


def test_a_controller_is_a_line_at_the_prompt(tmp_path: Path) -> None:
    assert repr(wr.zoo.load("pendulum")) == "<Controller 'pendulum': 3 -> 3 -> 1 nodes, 6 connections, connections>"
