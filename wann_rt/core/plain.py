"""Text that came from a file, made fit to be shown: nothing a file says changes what a terminal or a picture does."""

import html
import unicodedata

# Controls (an ESC begins a command to the terminal), invisible formatting that reorders or hides text, halves of
# characters that cannot be encoded, private and unassigned characters, separators that begin a new line.
UNSAFE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def plain(text: str, kept: str = "") -> str:
    r"""Returns the text with every character that is no visible one as an escape, such as ``\x1b``.

    Args:
        text: anything.
        kept: characters that may stay as they are, e.g. line ends in a message of several lines.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in kept or unicodedata.category(c) not in UNSAFE else _escaped(c) for c in text)


def columns(text: str) -> int:
    """Returns how many Latin letters a text is about as wide as: an East Asian one is as wide as two."""
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in plain(text))


def in_html(text: str) -> str:
    """Returns the text as it may stand in HTML or SVG: as text, and with escapes that mean nothing to a terminal."""
    return html.escape(plain(text, kept="\n"))


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}" if number < 65536 else f"\\U{number:08x}"
