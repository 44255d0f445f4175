"""Figures: the look that all plots share, and a file that is written only once a figure is whole.

SVG, PNG or PDF by the file's suffix: same data, same bytes. Needs matplotlib (the extra ``plots``), of which only
figures are used: no window opens, and no global state stays changed.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wann_rt.core.controller import Channel
from wann_rt.core.errors import FileError, MissingExtraError
from wann_rt.core.files import shortest, write_atomic
from wann_rt.core.plain import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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


@contextmanager
def figure_file(
    path: str | os.PathLike[str], size: tuple[float, float] = (WIDTH, HEIGHT), layout: Any = "constrained"
) -> Iterator["Figure"]:
    """Gives a figure to draw on, and writes it to the file once that is done without an error."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise FileError(f"{path}: a plot is written as {', '.join(FORMATS)}; its name must end in one of these")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("drawing", "matplotlib", "plots") from None
    except OSError:  # it wants a folder for its fonts
        raise FileError(
            "matplotlib needs a folder that can be written, and finds none: name one in the variable MPLCONFIGDIR"
        ) from None
    buffer = BytesIO()
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a user's own matplotlibrc must not change what is drawn
        matplotlib.rcParams.update(STYLE)
        figure = Figure(figsize=size, dpi=DPI, layout=layout)
        yield figure
        _disarm(figure)
        figure.savefig(buffer, format=suffix[1:], metadata=FORMATS[suffix])
    data = buffer.getvalue()
    write_atomic(path, _numbered(data) if suffix == ".svg" else data)


def _disarm(figure: "Figure") -> None:
    """Shows what is no visible character as an escape: names come from files, and XML cannot hold every character."""
    from matplotlib.text import Text

    for artist in figure.findobj(Text):
        if isinstance(artist, Text) and plain(artist.get_text(), kept="\n") != artist.get_text():
            artist.set_text(plain(artist.get_text(), kept="\n"))


def signed(value: float) -> str:
    """Returns a weight's shortest text, with a minus as long as a plus."""
    return f"{shortest(value):g}".replace("-", "\N{MINUS SIGN}")


def label(channel: Channel) -> str:
    """Returns a channel's name, cut where it is too long for a margin."""
    return channel.name if len(channel.name) <= 24 else channel.name[:23] + "…"
