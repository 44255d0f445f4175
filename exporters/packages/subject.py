"""What every kind of package is made from: names, texts and code of one controller."""

import re
from dataclasses import dataclass
from typing import Any

from wann_rt.core.controller import Channel, Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.files import digest
from wann_rt.exporters.contract import CREATED_BY, test_vectors
from wann_rt.exporters.packages.taken import TAKEN
from wann_rt.exporters.to_c.banner import shown
from wann_rt.exporters.to_c.frame import Unit
from wann_rt.exporters.to_c.names import Names, c_prefix, checked_prefix
from wann_rt.exporters.to_c.text import plain

LICENCE = """\
BSD Zero Clause License (0BSD)

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
"""
VERSION = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)
URL = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")
MOST_TEXT = 200  # characters of an author or an address


@dataclass(frozen=True)
class Subject:
    """What is packed.

    Attributes:
        controller: the controller.
        kind: of the package.
        names: of the code; ``names.p`` is the name of package and files, too.
        version: of the package.
        author: who is responsible; a placeholder where nobody is named.
        url: of the package's page, or None.
        number: "float32" or "q12".
        options: of the command that writes the package again.
    """

    controller: Controller
    kind: str
    names: Names
    version: str
    author: str
    url: str | None
    number: str
    options: str

    @property
    def is_fixed(self) -> bool:
        """Whether it computes with integers."""
        return self.number != "float32"

    @property
    def has_state(self) -> bool:
        """Whether a step takes a state, which is reset before the first one."""
        return bool(self.controller.derived)

    @property
    def title(self) -> str:
        """The controller's name, or so much of it as no manifest can mistake."""
        return harmless(self.controller.name) or self.names.p

    @property
    def sentence(self) -> str:
        """What the package is, in a sentence that fits each manifest."""
        arithmetic = "integers only" if self.is_fixed else "float only"
        return f"A controller of {self.controller.network.n_connections} connections for {self.title}: {arithmetic}."

    @property
    def paragraph(self) -> str:
        """More about it."""
        digits = digest(self.controller).partition(":")[2][:16]
        return (
            "Straight-line C without library, heap or loop, which computes the very bits of the search and tests "
            f"itself on the target. Written by {CREATED_BY} from controller {digits}."
        )

    def code(self, header: str = "", source: str = "") -> dict[str, str]:
        """Returns the header and the C file by path.

        Args:
            header: the folder of the header, with a slash at its end.
            source: that of the C file.
        """
        made = _unit(self)
        texts = made.split(f"{self.names.p}.h", f"{self.names.p}.c")
        (h, header_text), (c, source_text) = texts.items()
        return {f"{header}{h}": header_text, f"{source}{c}": source_text}

    def fill(self, template: str, **more: str) -> str:
        """Returns a template with ``<p>``, ``<P>``, ``<version>`` and ``more`` in place of its marks."""
        text = self.names.fill(template).replace("<version>", self.version)
        for mark, value in more.items():
            text = text.replace(f"<{mark}>", value)
        return text

    def recorded(self) -> Any:
        """Returns the first recorded vector."""
        return test_vectors(self.controller)[0]


def _unit(made: Subject) -> Unit:
    if made.is_fixed:
        from wann_rt.exporters.to_c_fixed.header import fixed_unit

        return fixed_unit(made.controller, made.names.p)
    from wann_rt.exporters.to_c.header import unit

    return unit(made.controller, made.names.p, is_checked=True)


def subject(
    controller: Controller,
    kind: str,
    *,
    version: str,
    author: str | None,
    url: str | None,
    number: str,
    prefix: str | None,
) -> Subject:
    """Returns what is packed, or raises ExportError; see ``package``."""
    if VERSION.fullmatch(version) is None:
        raise ExportError(f"version {version!r} of a package: expected three numbers, such as 1.0.2")
    if url is not None and (URL.fullmatch(url) is None or len(url) > MOST_TEXT):
        raise ExportError(f"address {url!r} of a package: expected one that begins with https://")
    if author is not None:
        author = _author(author)
    p = _prefix(controller, number) if prefix is None else checked_prefix(prefix).lower()
    if prefix is not None and p in TAKEN:
        raise ExportError(f"prefix {prefix!r} is the name of something else in some ecosystem: choose another one")
    said = {"number": number if number != "float32" else None, "version": version, "author": author, "url": url}
    options = "".join(f" --{name} {_quoted(value)}" for name, value in said.items() if value is not None)
    options += "" if prefix is None else f" --prefix {p}"
    names = Names.of(controller, p)
    return Subject(controller, kind, names, version, author or "the author of this controller", url, number, options)


def _author(author: str) -> str:
    text = author.strip()
    if not text or not text.isprintable() or len(text) > MOST_TEXT:
        raise ExportError(
            f"author {author!r} of a package: expected a name on one line, of {MOST_TEXT} letters at most"
        )
    return text


def _prefix(controller: Controller, number: str) -> str:
    """Returns the name of the package: one that says something else to some compiler or registry gets a word before."""
    p = c_prefix(controller)
    if number != "float32":
        from wann_rt.exporters.to_c_fixed.header import fixed_prefix

        p = fixed_prefix(controller)
    return f"controller_{p}" if p in TAKEN or p.startswith("arduino") else p


def _quoted(value: str) -> str:
    return value if re.fullmatch(r"[\w.:/@+-]+", value) else "'" + value.replace("'", "'\\''") + "'"


def harmless(text: str) -> str:
    """Returns text on one line, in ASCII, without what means something in Markdown, HTML, YAML, Kconfig or a shell."""
    return " ".join(re.sub(r"[^A-Za-z0-9 .,:;+/()_-]", " ", plain(text)).split())


def channel_table(title: str, channels: tuple[Channel, ...], enumerators: tuple[str, ...]) -> list[str]:
    """Returns a table of channels in Markdown; no name can end it or bring markup of its own."""
    lines = [f"| {title} | name | unit | low | high |", "|---|---|---|---|---|"]
    for name, c in zip(enumerators, channels, strict=True):
        cells = [f"`{name}`", _cell(c.name), _cell(c.unit or "-"), shown(c.low), shown(c.high)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _cell(text: str) -> str:
    safe = " ".join(plain(text).replace("`", "'").replace("|", "/").split())
    return f"`{safe or '-'}`"
