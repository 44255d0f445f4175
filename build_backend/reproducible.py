"""Builds with setuptools, so that the same sources give the same bytes: `pip` and `build` call this by pyproject.toml.

A wheel of setuptools holds the times of the source files, and a source distribution besides those of the build and the
name of the user. Here each time is that of ``SOURCE_DATE_EPOCH``, or of a fixed day.

Only the workflow that publishes the sources knows where that is. ``WANN_RT_SOURCES`` is their address: a source
distribution then names it, and the links of its README lead there, so that a package index shows its pictures.
"""

import gzip
import io
import os
import re
import tarfile
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import (  # the hooks that change nothing
    build_editable,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

DAY = "1767225600"  # 1 January 2026
Settings = dict[str, str | list[str] | None]


def build_wheel(
    wheel_directory: str, config_settings: Settings | None = None, metadata_directory: str | None = None
) -> str:
    """Builds a wheel; see PEP 517."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", DAY)  # setuptools takes the times of files from here
    return str(build_meta.build_wheel(wheel_directory, config_settings, metadata_directory))


def build_sdist(sdist_directory: str, config_settings: Settings | None = None) -> str:
    """Builds a source distribution and packs it again, in order, without times and users; see PEP 517."""
    time = int(os.environ.setdefault("SOURCE_DATE_EPOCH", DAY))
    name = str(build_meta.build_sdist(sdist_directory, config_settings))
    path = Path(sdist_directory, name)
    packed = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        version = name.removesuffix(".tar.gz").rpartition("-")[2]
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            data = old.extractfile(member).read() if member.isfile() else b""
            data = published(member.name.partition("/")[2], data, os.environ.get("WANN_RT_SOURCES", ""), version)
            member.size = len(data)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime, member.pax_headers = time, {}
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, io.BytesIO(data) if member.isfile() else None)
    path.write_bytes(gzip.compress(packed.getvalue(), mtime=time))
    return name


def published(name: str, data: bytes, sources: str, version: str) -> bytes:
    """Returns a file of a source distribution, with where its sources are published, if that is known.

    Args:
        name: the file's path in the distribution.
        data: what it holds.
        sources: address of the repository; empty: unknown.
        version: whose tag, v and the version, the links lead to.
    """
    if not sources or name not in ("README.md", "PKG-INFO", "pyproject.toml"):
        return data
    sources, text = sources.rstrip("/"), data.decode()
    urls = {"Source": sources, "Changelog": f"{sources}/blob/v{version}/CHANGELOG.md", "Issues": f"{sources}/issues"}
    if name == "pyproject.toml":
        return (text + "\n[project.urls]\n" + "".join(f'{k} = "{v}"\n' for k, v in urls.items())).encode()
    if name == "PKG-INFO":
        head, _, text = text.partition("\n\n")
        text = head + "".join(f"\nProject-URL: {k}, {v}" for k, v in urls.items()) + "\n\n" + text
    kinds = {"!": "raw", "": "blob"}
    link = re.compile(r"(!?)(\[[^\]\n]*\])\((?![a-z]+:|#)([^)\s]+)\)")
    return link.sub(lambda m: f"{m[1]}{m[2]}({sources}/{kinds[m[1]]}/v{version}/{m[3]})", text).encode()
