"""How Sphinx builds the documentation site: ``make site``."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pages

from wann_rt.core.version import __version__

project = "wann_rt"
author = "The wann_rt authors"
copyright = "The wann_rt authors, Apache-2.0"
release = version = __version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
exclude_patterns = ["site", "**.ipynb_checkpoints"]
suppress_warnings = ["myst.header"]  # README begins its sections where a package index wants them
myst_heading_anchors = 3
# Notebooks are committed with what they print; `make notebooks` runs them again.
nb_execution_mode = os.environ.get("NOTEBOOKS", "off")
nb_execution_timeout = 300
nb_execution_raise_on_error = True
add_module_names = False  # what is public is a name of wann_rt, wherever it is defined
napoleon_use_ivar = True  # or attributes of dataclasses are described twice
autodoc_member_order = "bysource"
linkcheck_ignore = [r"https?://.*"]  # checked without a network: other people's pages come and go

html_theme = "furo"
html_title = f"wann_rt {version}"
html_extra_path = [str(pages.ROOT / "build" / "gallery")]
html_copy_source = False


def setup(app: object) -> None:
    """Has each page read as ``pages.read`` returns it."""
    app.connect("source-read", _read)  # type: ignore[attr-defined]


def _read(_: object, docname: str, source: list[str]) -> None:
    source[0] = pages.read(docname, source[0])
