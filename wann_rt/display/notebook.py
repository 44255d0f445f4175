"""What a notebook shows of a value: the tables of ``wr.show`` as HTML, and a controller's network above them."""

from base64 import b64encode
from html import escape
from io import StringIO

from rich.console import Console

from wann_rt.core.controller import Controller
from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import FileError, MissingExtraError
from wann_rt.display.network import draw_network
from wann_rt.display.show import Showable, show
from wann_rt.display.tables import printed_on

WIDTH = 110  # characters of a line
TEXT = '<pre style="line-height: normal; font-family: monospace">{code}</pre>'


def html(subject: Showable) -> str:
    """Returns a value as a piece of HTML, which asks for nothing and runs nothing."""
    out = Console(record=True, file=StringIO(), width=WIDTH, force_jupyter=False, highlight=False, emoji=False)
    with printed_on(out):
        show(subject)
    text = out.export_html(inline_styles=True, code_format=TEXT)
    return _picture(subject) + text if isinstance(subject, Controller) else text


def _picture(controller: Controller) -> str:
    """Returns the network as an image, whose ids thus meet none of the page; nothing without matplotlib."""
    try:
        with temporary_folder() as folder:
            draw_network(controller, folder / "network.svg")
            svg = (folder / "network.svg").read_bytes()
    except (FileError, MissingExtraError):
        return ""
    name = escape(f"the network of {controller.name}", quote=True)
    return f'<img alt="{name}" style="max-width: 100%" src="data:image/svg+xml;base64,{b64encode(svg).decode()}">'
