"""Writes the live page and the picture of each champion of the zoo into build/gallery/live, for the site."""

from pathlib import Path

import wann_rt as wr
from wann_rt.display.page.of_controller import page_of

FOLDER = Path(__file__).resolve().parents[2] / "build" / "gallery" / "live"


def main() -> None:
    """Writes both for each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in wr.zoo.names():
        controller = wr.zoo.load(name)
        (FOLDER / f"{name}.html").write_text(page_of(controller), encoding="utf-8")
        wr.plot(controller, FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
