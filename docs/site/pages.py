"""What the pages of the site hold that is not written by hand, and where their links lead.

A page names it by a comment: ``<!-- site: NAME ARGUMENT -->`` becomes what the function of that name in ``GENERATED``
returns.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wann_rt as wr

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
# Files of the repository that are pages of the site, too.
PROJECT = {
    ROOT / "README.md": "readme",
    ROOT / "CHANGELOG.md": "changelog",
    ROOT / "CODE_OF_CONDUCT.md": "conduct",
    ROOT / "CONTRIBUTING.md": "contributing",
    ROOT / "DESIGN.md": "design",
    ROOT / "FORMAT.md": "format",
    ROOT / "SECURITY.md": "security",
}
_MARK = re.compile(r"<!-- site: (\w+) ?(.*?) -->")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def read(docname: str, text: str) -> str:
    """Returns a page as Sphinx is to read it: with what is generated, and links that lead to pages of the site.

    Args:
        docname: the page, a path below ``docs`` without suffix.
        text: what the file of the page holds.
    """
    if docname.endswith("notebooks/") or text.startswith("{"):
        return text  # a notebook, which is JSON
    text = _MARK.sub(lambda found: GENERATED[found[1]](found[2]), text)
    folder = ROOT if docname.startswith("project/") else (DOCS / docname).parent
    parts = _CODE.split(text)
    parts[::2] = [_LINK.sub(lambda found: _link(found, docname, folder), part) for part in parts[::2]]
    return "".join(parts)


def _link(found: re.Match[str], docname: str, folder: Path) -> str:
    """Returns a link of a page as one of the site; without its address, where that is no part of the site."""
    image, label, address, anchor = found[1], found[2], found[3], found[4] or ""
    if not address or "://" in address or address.startswith("mailto:"):
        return found[0]
    aim = Path(os.path.normpath(folder / address))
    if aim in PROJECT:
        aim = DOCS / "project" / f"{PROJECT[aim]}.md"
    elif not aim.is_relative_to(DOCS) or aim.is_dir():
        return f"{label} (`{aim.relative_to(ROOT)}` in the repository)"
    return f"{image}[{label}]({os.path.relpath(aim, (DOCS / docname).parent)}{anchor})"


def _file(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def _settings(kind: str) -> str:
    """A table of all settings of a kind; see ``wann-rt settings --of``."""
    from wann_rt.cli.settings import settings_of

    rows = ["| name | default | meaning |", "|---|---|---|"]
    rows += [f"| `{row['name']}` | {_cell(row['default'])} | {_cell(row['meaning'])} |" for row in settings_of(kind)]
    return "\n".join(rows)


def _presets(_: str) -> str:
    """A section for each preset: what it is for, and its settings."""
    from wann_rt.evolution import config

    found = []
    for name in config.presets():
        found += [f"### {name}", "", config.purpose(name), "", "| setting | value |", "|---|---|"]
        found += [f"| `{key}` | {_cell(value)} |" for key, value in config.own_settings(name).items()]
        found += [""]
    return "\n".join(found)


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_cell, value)) or "none"
    return str(value).replace("|", "\\|").replace("<", "&lt;")


def _members(_: str) -> str:
    """A directive for each public name, functions first."""
    names = [name for name in wr.__all__ if name not in ("__version__", "zoo")]
    lines = []
    for name in sorted(names, key=lambda name: (isinstance(getattr(wr, name), type), name.lower())):
        value = getattr(wr, name)
        if not hasattr(value, "__qualname__"):  # ``wr.plot``, which can be called and has methods besides
            value = type(value)
        kind = "autoclass" if isinstance(value, type) else "autofunction"
        lines += ["```{eval-rst}", f".. {kind}:: {value.__module__}.{value.__qualname__}"]
        lines += ["   :members:", "   :special-members: __call__"] * (kind == "autoclass") + ["```", ""]
    return "\n".join(lines)


def _gallery(_: str) -> str:
    """A picture of each champion of the zoo, which leads to its live page; see ``gallery.py``."""
    rows = []
    for name in wr.zoo.names():
        size = wr.zoo.load(name).network.n_connections
        rows += [f'<p><a href="live/{name}.html"><img src="live/{name}.svg" alt="The network of {name}" width="560">']
        rows += [f"<br><b>{name}</b>, {size} connections: open the live page</a></p>"]
    return "\n".join(rows)


GENERATED: dict[str, Callable[[str], str]] = {
    "file": _file,
    "gallery": _gallery,
    "members": _members,
    "presets": _presets,
    "settings": _settings,
}
