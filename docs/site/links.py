"""Checks a built site without a network: each link within it leads to a page and a place that exist.

python docs/site/links.py FOLDER
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that a link may name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if "src" in values:
            self.loaded.append(values["src"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(values.get("href", ""))


def problems(folder: Path) -> list[str]:
    """Returns what is wrong with the links of a site, a line each."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        where = path.relative_to(folder)
        for address in page.links + page.loaded:
            parts = urlsplit(address)
            if parts.scheme in ("data", "mailto", "javascript") or (parts.scheme and address not in page.loaded):
                continue
            if parts.scheme or parts.netloc:
                found.append(f"{where} loads {address} from elsewhere")
                continue
            aim = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
            aim = aim / "index.html" if aim.is_dir() else aim
            if not aim.exists():
                found.append(f"{where} links to {address}, which does not exist")
            elif parts.fragment and aim in pages and unquote(parts.fragment) not in pages[aim].places | {"top"}:
                found.append(f"{where} links to {address}, a place that does not exist")
    return found


def main() -> int:
    """Prints the problems; returns the exit code."""
    folder = Path(sys.argv[1]).resolve()
    found = problems(folder)
    print("\n".join(found) or f"every link of {len(list(folder.rglob('*.html')))} pages leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
