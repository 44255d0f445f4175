"""Where compiled kernels are kept: in a folder that nobody else may write, because loading one runs what it says.

numba's cache is a pickle of machine code. Whoever can write one runs code as whoever loads it, so a folder is used only
if this user (or root) owns it and everything in it, and if nobody else may write it or replace a folder above it.
"""

import contextlib
import functools
import hashlib
import os
import pickle
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from numba.core import caching, config
from numba.misc.appdirs import AppDirs


def cache_for(function: Callable[..., Any], source_stamp: str) -> Any:
    """Returns numba's cache of a function; None where no folder is both private and writable.

    Args:
        function: to be compiled.
        source_stamp: what is cached is used as long as this stays the same.
    """
    source = Path(function.__code__.co_filename)
    for folder in _candidates(source):
        if usable(folder):
            return _cache_in(folder, function, source_stamp)
    return None


def _candidates(source: Path) -> Iterator[Path]:
    """Yields where kernels of a source file may be kept, best first."""
    place = source.absolute().parent
    subfolder = f"{place.name}_{hashlib.sha256(os.fsencode(place)).hexdigest()[:40]}"
    if chosen_folder():
        yield Path(chosen_folder()).absolute() / subfolder
        return
    folders: Any = AppDirs
    home = Path(folders(appname="wann_rt", appauthor=False).user_cache_dir)
    if home.is_absolute():  # it begins with "~" for a user without a home
        yield home / subfolder
    yield place / "__pycache__"


def chosen_folder() -> str:
    """Returns NUMBA_CACHE_DIR, empty if it is not set."""
    return str(getattr(config, "CACHE_DIR", ""))


@functools.cache
def usable(folder: Path) -> bool:
    """Returns whether the folder, which is made if need be, is private and writable; warns if others may write it."""
    try:
        _make_private(folder)
        reason = why_untrusted(folder)
        if reason is None:
            tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return False
    if reason is not None and chosen_folder():
        warnings.warn(
            f"compiled kernels are not kept in NUMBA_CACHE_DIR: {reason}, so somebody else could put code there that "
            "this process would run; name a folder of your own",
            RuntimeWarning,
            stacklevel=2,
        )
    return reason is None


def _make_private(folder: Path) -> None:
    """Makes the folder and what is missing above it, for this user alone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):  # another process was faster
            path.mkdir(mode=0o700)


def why_untrusted(folder: Path) -> str | None:
    """Returns why somebody else may have written a file in the folder, or may yet; None if nobody else could."""
    if not hasattr(os, "getuid"):
        return None  # Windows: a user's folders are private by their access lists
    real = folder.resolve()
    for path in (real, *real.parents):
        reason = _why_others_may_write(path, path.lstat(), above=path != real)
        if reason is not None:
            return reason
    for path in real.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process tidied up
            reason = _why_others_may_write(path, path.lstat(), above=False)
            if reason is not None:
                return reason
    return None


def _why_others_may_write(path: Path, found: os.stat_result, above: bool) -> str | None:
    if found.st_uid not in (0, os.getuid()):
        return f"{path} belongs to another user"
    kept = above and bool(found.st_mode & stat.S_ISVTX)  # as in /tmp: others add to it but replace nothing
    by_group = found.st_mode & stat.S_IWGRP and not _is_private_group(found.st_gid)
    if not kept and not stat.S_ISLNK(found.st_mode) and (found.st_mode & stat.S_IWOTH or by_group):
        return f"others may write {path}"
    return None


def _is_private_group(gid: int) -> bool:
    """Returns whether a group is this user's own and has no other member, as many systems make one for each user."""
    import grp
    import pwd

    try:
        me = pwd.getpwuid(os.getuid())
        return gid == me.pw_gid and set(grp.getgrgid(gid).gr_mem) <= {me.pw_name}
    except KeyError:
        return False


class _Locator:
    """What numba asks for where a function is cached; one subclass for each folder."""

    folder: Path
    stamp: str

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file, self._lineno = py_file, py_func.__code__.co_firstlineno

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "_Locator":
        return cls(py_func, py_file)

    def ensure_cache_path(self) -> None:
        _make_private(self.folder)

    def get_cache_path(self) -> str:
        return str(self.folder)

    def get_source_stamp(self) -> str:
        return self.stamp

    def get_disambiguator(self) -> str:
        return str(self._lineno)


class _Forgiving:
    """What a cache of numba does where it cannot write: go on without, and say so once."""

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)  # type: ignore[misc]
        except OSError as error:
            _warn_unsaved(error.strerror or str(error))


@functools.cache
def _warn_unsaved(reason: str) -> None:
    warnings.warn(
        f"compiled kernels cannot be kept: {reason}; this process goes on, and the next one compiles them again",
        RuntimeWarning,
        stacklevel=2,
    )


class _Checked:
    """What a cache of numba keeps on disk, each file with a digest; what is damaged is compiled again.

    A process that is killed, or a disk that is full or fails, leaves a file that is empty, cut or altered, and numba
    believes it: every later run ends with an error of pickle's, or runs what is no code. An index may also name classes
    that are gone after an upgrade.
    """

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)  # type: ignore[misc]
        return data + hashlib.sha256(data).digest()

    def _load_index(self) -> Any:
        try:
            data = Path(self._index_path).read_bytes()  # type: ignore[attr-defined]
            version = pickle.dumps(self._version, protocol=-1)  # type: ignore[attr-defined]
            # numba writes it before the index. Nothing is unpickled before all of it is known to be whole.
            whole = data.startswith(version) and _is_whole(data[len(version) :])
            return super()._load_index() if whole else {}  # type: ignore[misc]
        except (AttributeError, EOFError, ImportError, LookupError, TypeError, ValueError, pickle.UnpicklingError):
            return {}
        except FileNotFoundError:
            return {}

    def _load_data(self, name: str) -> Any:
        path = Path(self._data_path(name))  # type: ignore[attr-defined]
        if not _is_whole(path.read_bytes()):
            raise OSError(f"{path} is damaged")  # as one that is gone: the kernel is compiled again
        return super()._load_data(name)  # type: ignore[misc]


def _is_whole(data: bytes) -> bool:
    """Returns whether what was written has the digest that stands after it."""
    size = hashlib.sha256().digest_size
    return hashlib.sha256(data[:-size]).digest() == data[-size:]


def _cache_in(folder: Path, function: Callable[..., Any], source_stamp: str) -> Any:
    """Returns numba's cache in that folder; None where this numba makes its caches otherwise."""
    numbas: Any = caching
    locator = type("Locator", (_Locator,), {"folder": folder, "stamp": source_stamp})
    try:
        implementation = type("Implementation", (numbas.CompileResultCacheImpl,), {"_locator_classes": [locator]})
        cache = type("Cache", (_Forgiving, numbas.FunctionCache), {"_impl_class": implementation})(function)
        index = type("Index", (_Checked, numbas.IndexDataCacheFile), {})
        cache._cache_file = index(cache.cache_path, cache._impl.filename_base, source_stamp)
    except (AttributeError, TypeError):
        return None
    return cache if cache.cache_path == str(folder) else None  # unless NUMBA_CACHE_LOCATOR_CLASSES says otherwise
