"""Writes docs/evidence.md."""

from evidence.rung import ROOT

DOCUMENT = ROOT / "docs" / "evidence.md"


def document() -> str:
    return ""
