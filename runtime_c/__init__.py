"""The C runtime's sources, shipped with the package so that a build can find them."""

from pathlib import Path


def include_dir() -> Path:
    """Return the folder that holds ``wann_rt.h`` and ``wann_rt.c`` (for ``cc -I``)."""
    return Path(__file__).resolve().parent
