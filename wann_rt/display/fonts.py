"""Fonts for names in any script: matplotlib's own has no glyph for many, and draws boxes in their place."""

import logging
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.text import Text

LOG = logging.getLogger("wann_rt")
OURS = "DejaVu Sans"  # comes with matplotlib, so that a picture is the same everywhere
# Families with the glyphs of many scripts, of Linux, Windows and macOS, in the order in which they are asked.
OTHERS = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Noto Sans", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Droid Sans Fallback", "Unifont", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Segoe UI", "Nirmala UI"),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS"),
)


def set_fonts(texts: "Iterable[Text]") -> set[str]:
    """Gives texts fonts of this machine for the letters that matplotlib's own font lacks; returns those no font has."""
    nowhere: set[str] = set()
    for text in texts:
        lacking = {letter for letter in text.get_text() if letter.isprintable() and ord(letter) not in _glyphs(OURS)}
        if lacking:
            found = [family for family in OTHERS if family in _installed()]
            text.set_fontfamily([OURS, *found])
            nowhere |= {letter for letter in lacking if all(ord(letter) not in _glyphs(one) for one in found)}
    return nowhere


def say(letters: Iterable[str]) -> None:
    """Warns that letters are drawn as boxes."""
    some = " ".join(sorted(letters)[:8])
    LOG.warning(f"no font of this machine that is known to wann_rt has {some}: boxes stand in their place; on Debian, "
                "fonts-noto-cjk brings them, or write .svg, whose viewer has fonts of its own")  # fmt: skip


@cache
def _installed() -> frozenset[str]:
    from matplotlib.font_manager import fontManager

    return frozenset(font.name for font in fontManager.ttflist)


@cache
def _glyphs(family: str) -> frozenset[int]:
    """Returns the characters of a font."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(family, fallback_to_default=False)).get_charmap())
