"""The lines of a run folder, one JSON object a generation: read back without trust, from the file or from a state."""

import json
import os
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.disk import read_bytes
from wann_rt.core.errors import FileError
from wann_rt.core.strict_json import shown
from wann_rt.evolution.checkpoint import Checkpoint, refuse
from wann_rt.evolution.search import Generation, Search

GENERATIONS = "generations.jsonl"
MOST_BYTES = 2**30  # millions of generations
MOST_OF_A_LINE = 1000  # bytes: some few kB can be packed so that they become gigabytes


def packed(lines: bytes) -> NDArray[np.uint8]:
    """Returns lines as an array for a state."""
    return np.frombuffer(zlib.compress(lines, 1), np.uint8)


def saved_lines(state: Checkpoint, found: bytes, running: Search, where: str) -> bytes:
    """Returns the lines that the state was saved with, if they tell of the same search as the rest of the state."""
    wrapped = state.arrays.get("journal")
    if wrapped is None:  # a state of wann_rt 0.1 does not hold them
        lines = b"".join(found.splitlines(keepends=True)[: running.generation])
    else:
        if wrapped.ndim != 1 or wrapped.dtype != np.uint8:
            refuse(where, "array journal is no text")
        unpacker = zlib.decompressobj()
        try:
            lines = unpacker.decompress(wrapped.tobytes(), MOST_OF_A_LINE * running.generation)
        except zlib.error as error:
            refuse(where, f"its journal cannot be unpacked: {error}")
        if not unpacker.eof or unpacker.unused_data:
            refuse(where, "its journal is cut, or too long")
    told = generations(lines, where)
    champion = running.champion
    last = told[-1] if told else None
    if (
        last is None
        or champion is None
        or (len(told), last.env_steps, last.champion) != (running.generation, running.env_steps, champion.fitness)
        or last.champion_connections != champion.network.n_connections
    ):
        refuse(where, "its journal is not that of its population and champion")
    return lines


def generations(lines: bytes, where: str) -> list[Generation]:
    """Reads lines, each with its end; ``where`` names them in errors."""
    *whole, rest = lines.split(b"\n")
    if rest:
        raise FileError(f"{where}: line {len(whole) + 1} is cut")
    return [_generation(line, number, where) for number, line in enumerate(whole)]


def _generation(line: bytes, number: int, where: str) -> Generation:
    """Reads the line of a generation; every value must be of its type, and be told at its place."""
    try:
        values = json.loads(line)
        report = Generation(**values)
    except (ValueError, TypeError, RecursionError) as error:
        raise FileError(f"{where}: line {number + 1} tells of no generation: {error}") from None
    for name, kind in Generation.__annotations__.items():
        value = getattr(report, name)
        whole = type(value) is int and abs(value) < 2**63
        if not (whole and value >= 0 if kind is int else whole or (type(value) is float and value == value)):
            raise FileError(f"{where}: line {number + 1}: {name} is {shown(value)}")
    if report.generation != number:
        raise FileError(f"{where}: line {number + 1} tells of generation {report.generation}")
    return report


def read_generations(folder: str | os.PathLike[str]) -> list[Generation]:
    """Reads the generations of a run folder back; a line that a kill has cut is left out.

    Raises:
        FileError: there are none, or a line is damaged.
    """
    path = Path(folder) / GENERATIONS
    data = read_bytes(path, MOST_BYTES)
    return generations(data[: data.rfind(b"\n") + 1], str(path))
