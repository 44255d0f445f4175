"""Figures: the look that all plots share, and a file that is written only once a figure is whole.

SVG, PNG or PDF by the file's suffix: same data, same bytes. Needs matplotlib (the extra ``plots``), of which only
figures are used: no window opens, and no global state stays changed.
"""

import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wann_rt.core.controller import Channel
from wann_rt.core.errors import FileError, MissingExtraError
from wann_rt.core.files import shortest, write_atomic
from wann_rt.core.plain import plain
from wann_rt.display.fonts import say, set_fonts

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FORMATS = {".svg": {"Date": None}, ".png": {}, ".pdf": {"CreationDate": None}}  # suffix -> what makes bytes repeatable
WIDTH, HEIGHT, DPI = 8.0, 5.0, 150  # inches; DPI for PNG only

# Okabe and Ito's palette: told apart with any colour vision, and in print.
BLUE, ORANGE, GREEN, VERMILLION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
INK, GREY, LIGHT = "#333333", "#777777", "#E4E4E4"
STYLE: dict[Any, Any] = {  # matplotlib types each key as a literal
    "svg.hashsalt": "wann_rt",  # ids in SVG are random without it
    "text.parse_math": False,  # a name may hold a dollar sign
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": LIGHT,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.5,
}
SERIES = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, "#56B4E9", INK)  # colours of lines, in order


def _numbered(svg: bytes) -> bytes:
    """Returns the SVG with its made-up ids numbered: matplotlib hashes memory addresses into some of them."""
    for number, name in enumerate(dict.fromkeys(re.findall(rb'id="([a-z][0-9a-f]{10})"', svg))):
        svg = svg.replace(name, b"i%d" % number)
    return svg


class Canvas(NamedTuple):
    """Where a plot is drawn: a figure of its own, or axes that a caller gave, in whose place it then stays."""

    figure: "Figure"
    place: "Axes | None"

    def axes(self, **labels: Any) -> "Axes":
        """Returns the only axes, labelled."""
        axes: Axes = self.place if self.place is not None else self.figure.add_subplot()
        axes.set(**labels)
        return axes

    def rows(self, heights: Sequence[float]) -> "list[Axes]":
        """Returns axes under each other that share what they have from left to right."""
        if self.place is None:
            return list(self.figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0])
        self.place.axis("off")
        ends = 1 - np.cumsum(heights) / sum(heights)
        rows: list[Axes] = []
        for end, height in zip(ends, heights, strict=True):
            share: Any = {"sharex": rows[0]} if rows else {}
            rows.append(self.place.inset_axes((0, end, 1, 0.86 * height / sum(heights)), **share))
        for row in rows[:-1]:
            row.tick_params(labelbottom=False)
        return rows

    def legend(self, axes: "Axes", ncols: int) -> None:
        """Explains what one of the axes shows, above all of a figure of its own, else within these axes."""
        if self.place is None:
            self.figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=ncols)
        else:
            axes.legend()


@contextmanager
def canvas(
    out: str | os.PathLike[str] | None,
    axes: "Axes | None" = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
    layout: Any = "constrained",
) -> Iterator[Canvas]:
    """Gives a place to draw on, and writes its figure to the file, if there is one, once that is done without an error.

    Raises:
        MissingExtraError: matplotlib is not installed.
        FileError: the suffix is none of ``FORMATS``, or the file cannot be written.
    """
    suffix = _suffix(out)
    new = _figure_class()
    with style():
        # The outermost one, where figures lie in figures; `get_figure(root=True)` came with matplotlib 3.10.
        own = None if axes is None else axes.figure.figure
        figure = new(figsize=size, dpi=DPI, layout=layout) if own is None else own
        before = {} if axes is None else {text: text.get_text() for text in _texts(axes)}
        yield Canvas(figure, axes)
        ours = [text for text in _texts(axes or figure) if text.get_text() != before.get(text)]
        _disarm(ours)
        for text in ours:
            text.set_parse_math(False)  # a title of a caller's axes was made in the caller's style
        set_fonts(ours)
        if out is not None:
            write_atomic(out, pictured(figure, suffix))


def _suffix(out: str | os.PathLike[str] | None) -> str:
    suffix = ".svg" if out is None else Path(out).suffix.lower()
    if suffix not in FORMATS:
        raise FileError(f"{out}: a plot is written as {', '.join(FORMATS)}; its name must end in one of these")
    return suffix


def _figure_class() -> "type[Figure]":
    """Returns matplotlib's figure, once that can be imported."""
    try:
        import matplotlib  # noqa: F401
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing", "matplotlib", "plots") from None
    except OSError:  # it wants a folder for its fonts
        raise FileError(
            "matplotlib needs a folder that can be written, and finds none: name one in the variable MPLCONFIGDIR"
        ) from None
    return _styled(Figure)


@cache
def _styled(figure: "type[Figure]") -> "type[Figure]":
    """Returns a figure that has our style whenever it is saved, and is shown by a notebook as it is."""

    class Picture(figure):  # type: ignore[misc, valid-type]
        def savefig(self, fname: Any, **options: Any) -> None:
            with style():
                super().savefig(fname, **options)

        def _repr_svg_(self) -> str:
            with style():
                return pictured(self, ".svg").decode()

    return Picture


@contextmanager
def style() -> Iterator[None]:
    """Draws in our style: a user's own matplotlibrc must not change what is drawn."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def pictured(figure: "Figure", suffix: str) -> bytes:
    """Returns a figure as a file's bytes, in the style of the moment; letters without a font stay letters in SVG."""
    import matplotlib
    from matplotlib.figure import Figure

    lacking = set_fonts(_texts(figure))
    as_letters = bool(lacking) and suffix == ".svg"
    if lacking and not as_letters:
        say(lacking)
    buffer = BytesIO()
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.fonttype": "none"} if as_letters else {}):
        warnings.filterwarnings("ignore", "Glyph .* missing from")  # which has been said
        Figure.savefig(figure, buffer, format=suffix[1:], metadata=FORMATS[suffix])
    data = buffer.getvalue()
    return _numbered(data) if suffix == ".svg" else data


def _texts(drawn: "Artist") -> "list[Text]":
    from matplotlib.text import Text

    return [artist for artist in drawn.findobj(Text) if isinstance(artist, Text)]


def _disarm(texts: "Iterable[Text]") -> None:
    """Shows what is no visible character as an escape: names come from files, and XML cannot hold every character."""
    for text in texts:
        if plain(text.get_text(), kept="\n") != text.get_text():
            text.set_text(plain(text.get_text(), kept="\n"))


def signed(value: float) -> str:
    """Returns a weight's shortest text, with a minus as long as a plus."""
    return f"{shortest(value):g}".replace("-", "\N{MINUS SIGN}")


def label(channel: Channel) -> str:
    """Returns a channel's name, cut where it is too long for a margin."""
    return channel.name if len(channel.name) <= 24 else channel.name[:23] + "…"
