"""The champions of a search, one after another: a line each in its run folder, for whoever wants to see how it went.

Nothing of a search depends on them: what is lost of them is missing in a report, and no more.
"""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wann_rt.core import files
from wann_rt.core.controller import Controller
from wann_rt.core.disk import read_bytes, write_atomic
from wann_rt.core.errors import FileError, WannError
from wann_rt.core.strict_json import Reader, value_of
from wann_rt.evolution.search import Search

CHAMPIONS = "champions.jsonl"
MOST_BYTES = 2**28


class Ancestor(NamedTuple):
    """One champion of a search.

    Attributes:
        generation: in which it was found, from 0.
        fitness: what it scored in the retest: its mean return less prices.
        controller: with a shared weight of 1, not tuned.
    """

    generation: int
    fitness: float
    controller: Controller


class Ancestors:
    """Writes the file of champions of a run folder, a line whenever there is another."""

    def __init__(self, folder: Path, before: int = 0) -> None:
        """Keeps of what is there the champions that were found before a generation."""
        self._path = folder / CHAMPIONS
        kept = [line for line, found in _lines(self._path) if found < before]
        self._last = _generation(kept[-1]) if kept else -1
        text = b"".join(line + b"\n" for line in kept)
        if kept or self._path.exists():
            write_atomic(self._path, text)

    def told(self, running: Search) -> None:
        """Appends the champion of a search if it is another, and has a score: the first of all may have none.

        Raises:
            FileError: the file cannot be written.
        """
        champion = running.champion
        if champion is None or champion.generation == self._last or not math.isfinite(champion.fitness):
            return
        document = json.loads(files.to_text(running.controller()))
        line = {"generation": champion.generation, "fitness": champion.fitness, "controller": document}
        try:
            with self._path.open("ab") as file:
                file.write(json.dumps(line).encode() + b"\n")
        except OSError as error:
            raise FileError(f"{self._path}: cannot be written: {error.strerror}") from None
        self._last = champion.generation


def read_ancestors(folder: str | os.PathLike[str]) -> list[Ancestor]:
    """Reads the champions of a run folder in the order in which they were found; none where there is no such file.

    Raises:
        FileError: a line is no champion, or of no later generation than the one before.
    """
    path = Path(folder) / CHAMPIONS
    whole, good = _whole_lines(path), list(_lines(path))
    if len(good) < len(whole):
        where = f"{path}, line {len(good) + 1}"
        raise FileError(f"{where}: is no champion of a later generation; without this file, a report leaves them out")
    return [_ancestor(line, f"{path}, line {k}") for k, (line, _) in enumerate(good, 1)]


def _ancestor(line: bytes, where: str) -> Ancestor:
    found = value_of(line.decode(), where)
    fitness = float(Reader.check(found["fitness"], f"{where}: fitness", int, float))
    controller = files.from_text(json.dumps(found["controller"]), where)
    return Ancestor(found["generation"], fitness, controller)


def _lines(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yields the whole lines of the file that name a generation after that of the line before; stops at others."""
    last = -1
    for line in _whole_lines(path):
        generation = _generation(line)
        if generation <= last:
            return
        yield line, generation
        last = generation


def _whole_lines(path: Path) -> list[bytes]:
    """Returns the lines that are there to their end: a search that is just writing has not ended its last one."""
    try:
        data = read_bytes(path, MOST_BYTES)
    except FileError:
        return []
    return data[: data.rfind(b"\n") + 1].split(b"\n")[:-1]


def _generation(line: bytes) -> int:
    """Returns the generation that a line names, -1 where it is no line of this file."""
    try:
        found = value_of(line.decode(), CHAMPIONS)
    except (WannError, UnicodeDecodeError):
        return -1
    whole = isinstance(found, dict) and {"generation", "fitness", "controller"} <= found.keys()
    generation = found["generation"] if whole else -1
    return generation if type(generation) is int else -1
