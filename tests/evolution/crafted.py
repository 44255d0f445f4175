"""Crafted checkpoints: states with right digests that no search has written; each is refused, or every kernel is safe.

As a program it tries many (``make fuzz-states``), with compiled code that checks every index (NUMBA_BOUNDSCHECK) and a
cache of its own, in processes that a crash may end; stopped, it goes on after the last whole batch. Prints what it saw
as JSON.
"""

import argparse
import copy
import hashlib
import json
import random
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from helpers import apart

from wann_rt import tasks
from wann_rt.core.disk import write_atomic
from wann_rt.core.errors import FileError
from wann_rt.evolution import checkpoint, config
from wann_rt.evolution.checkpoint import Checkpoint
from wann_rt.evolution.resume import restore, state_of
from wann_rt.evolution.search import Search

TASK = tasks.get("cartpole-swingup")
CONFIG = config.load("minimal", {"population": 6, "generations": 40, "episodes": 1, "retest_episodes": 1, "seed": 3})
NUMBERS = (-(2**63), -(2**31), -129, -2, -1, 0, 1, 2, 3, 5, 6, 7, 8, 12, 127, 128, 255, 1000, 65535, 2**31 - 1, 2**62)
WORDS: tuple[Any, ...] = (
    None, True, "", "nan", "inf", "0x1p+2000", "-0x1p3", [], {}, 1e308, -1.5, 2**70, 10**400, "\ud7ff"
)  # fmt: skip
SHAPES: tuple[Callable[[Any], Any], ...] = (
    lambda a: a.reshape(-1)[:-1],
    lambda a: a.reshape(-1),
    lambda a: a[None],
    lambda a: a.reshape(-1)[:0],
    lambda a: np.atleast_1d(a).repeat(2, axis=0),
    lambda a: a.reshape(-1)[:1].reshape(()) if a.size else a,
)
BATCH = 10_000
LONGEST = 20.0  # seconds of a processor for one case
DTYPES = ("bool", "int8", "uint8", "int16", "int32", "int64", "uint64", "float32", "float64")


def saved(generations: int) -> Checkpoint:
    """Returns what a search has after some generations."""
    running = Search(TASK, CONFIG, 1)
    for _ in zip(range(generations), running.run(), strict=False):
        pass
    return state_of(running)


def crafted(state: Checkpoint, chance: random.Random) -> bytes:
    """Returns a checkpoint with one to three faults and a right digest."""
    values: dict[str, Any] = copy.deepcopy(state.values)
    arrays = {name: array.copy() for name, array in state.arrays.items()}
    for _ in range(chance.randint(1, 3)):
        name = chance.choice(list(arrays)) if arrays else ""
        match chance.randrange(8):
            case 0 | 1 | 2 | 3 if name and arrays[name].size:  # an element
                flat = arrays[name].reshape(-1)
                used = max(1, min(flat.size, chance.choice((4, 40, flat.size))))
                new = np.array(chance.choice(NUMBERS)).astype(np.int64)
                with np.errstate(all="ignore"):
                    flat[chance.randrange(used)] = new.astype(flat.dtype)
            case 4 if name:  # a type
                dtype = chance.choice(DTYPES)
                with np.errstate(all="ignore"):
                    arrays[name] = arrays[name].astype(dtype)
            case 5 if name:  # a shape
                arrays[name] = chance.choice(SHAPES)(arrays[name])
            case 6:  # an array gone, or another in its place
                if name and chance.random() < 0.5:
                    del arrays[name]
                elif name:
                    arrays[chance.choice((name, "population.more", "journal"))] = arrays[chance.choice(list(arrays))]
            case _:  # a value
                champion = values.get("champion")
                inner = champion if isinstance(champion, dict) and chance.random() < 0.4 else values
                key = chance.choice([*inner, "more"])
                if chance.random() < 0.2:
                    inner.pop(key, None)
                else:
                    inner[key] = chance.choice(WORDS + NUMBERS)
    data = checkpoint.to_bytes(Checkpoint(values, arrays))
    return broken_header(data, chance) if chance.random() < 0.1 else data


def broken_header(data: bytes, chance: random.Random) -> bytes:
    """Changes a byte of the header, or its length, and makes the digest right again."""
    content = bytearray(data[: -checkpoint.DIGEST_BYTES])
    end = 12 + struct.unpack_from("<I", content, 8)[0]
    if chance.random() < 0.3:
        struct.pack_into("<I", content, 8, chance.choice((0, 1, end, len(content), 2**32 - 1)))
    else:
        content[chance.randrange(8, end)] = chance.choice(b'0129-[]{}",:e\x00\xff')
    return bytes(content) + hashlib.sha256(content).digest()


def outcome(data: bytes, running: Search) -> str:
    """Restores a checkpoint and, if that is allowed, plays and breeds one generation from it with every kernel."""
    try:
        restore(running, checkpoint.from_bytes(data, "crafted"), "crafted")
    except FileError:
        return "refused"
    if running.generation < CONFIG.generations:
        programs = running.ask()
        running.tell(programs, running.score(programs))
    return "played"


class Attempts:
    """Case after case, each from a seed of its own, so that one can be tried again alone."""

    def __init__(self, seed: int) -> None:
        """Runs the searches whose states are changed, which compiles the kernels before processes are forked."""
        self.seed = seed
        self._states, self._running = [saved(n) for n in (1, 12, 30)], Search(TASK, CONFIG, 1)
        for state in self._states:
            assert outcome(checkpoint.to_bytes(state), self._running) == "played"

    def __call__(self, case: int) -> str:
        """Tries one; returns "refused", "played", or what went wrong."""
        chance = random.Random(f"{self.seed} {case}")
        data = crafted(chance.choice(self._states), chance)
        try:
            return outcome(data, self._running)
        except Exception as error:  # anything but a refusal is what this program looks for
            return f"{type(error).__name__}: {error}"


def tried(attempts: Attempts, cases: range) -> dict[str, Any]:
    """Tries these; returns how many were refused and played, and what went wrong."""
    came = apart.outcomes(attempts, cases, LONGEST)
    seen = {right: came.count(right) for right in ("refused", "played")}
    wrong = [f"case {case}: {said}" for case, said in zip(cases, came, strict=True) if said not in seen]
    return {"cases": len(cases), **seen, "wrong": len(wrong), "first": wrong[:5]}


def main() -> None:
    """Tries as many as the command says, and with a file goes on where an earlier call stopped."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1_000_000, help="in all, those in the file included")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=BATCH, help="cases of a batch, after which the file is written")
    parser.add_argument("--file", type=Path, help="what was seen so far, written after each batch")
    parser.add_argument("--case", type=int, help="only this one, in this process")
    chosen = parser.parse_args()
    attempts = Attempts(chosen.seed)
    if chosen.case is not None:
        sys.exit(attempts(chosen.case))
    seen: dict[str, Any] = {"cases": 0, "refused": 0, "played": 0, "wrong": 0, "first": [], "seconds": 0.0}
    if chosen.file is not None and chosen.file.exists():
        seen = json.loads(chosen.file.read_text())
    while seen["cases"] < chosen.cases:
        begin, first = time.monotonic(), seen["cases"]
        more = tried(attempts, range(first, min(first + chosen.at_once, chosen.cases)))
        seen = apart.together(seen, more | {"seconds": round(time.monotonic() - begin, 1)})
        if chosen.file is not None:
            write_atomic(chosen.file, json.dumps(seen).encode())
        print(json.dumps(seen), file=sys.stderr, flush=True)
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
