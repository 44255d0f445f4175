"""Searches the same controller on as many kinds of machine as this one can be, and compares every byte of it.

The kinds: processor features that kernels may use, how far LLVM optimises, threads; and each other Python that is
named, with the numpy and numba that it has. As a program it tries all and prints what it saw as JSON.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wann_rt.core.disk import write_atomic

ROOT = Path(__file__).parents[2]
SEARCH = """
import sys
import wann_rt as wr
from wann_rt.core import files
small = dict(population=12, generations=3, episodes=1, scored_episodes=4, sweep_weights=9, sweep_episodes=2)
print(files.to_text(wr.search("swingup", preset="minimal", threads=int(sys.argv[1]), seed=5, **small)))
"""
VERSIONS = "import sys, numpy, numba; print(sys.version.split()[0], numpy.__version__, numba.__version__)"
FEATURES = {
    "generic": "",
    "avx2": "+avx2",
    "fma": "+avx2,+fma",
    "avx512": "+avx512f,+avx512vl,+avx512bw,+avx512dq,+avx2,+fma",
}


class Machine(NamedTuple):
    """What is tried: a name, the Python, the environment variables, threads."""

    name: str
    python: str
    variables: dict[str, str]
    threads: int = 2


def machines(pythons: list[str]) -> Iterator[Machine]:
    """Yields what this machine can be, itself first."""
    yield Machine("as it is", sys.executable, {})
    known = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    for name, features in FEATURES.items():
        if all(feature.lstrip("+") in known for feature in features.split(",")):
            cpu = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": features}
            yield Machine(f"features: {name}", sys.executable, cpu)
    for threads in (1, 3):
        yield Machine(f"threads: {threads}", sys.executable, {}, threads)
    for level in range(4):
        yield Machine(f"NUMBA_OPT={level}", sys.executable, {"NUMBA_OPT": str(level)})
    for python in pythons:
        said = subprocess.run([python, "-c", VERSIONS], capture_output=True, text=True, check=True).stdout.split()
        yield Machine("Python {}, numpy {}, numba {}".format(*said), python, {})


def champion(machine: Machine, kernels: str) -> str:
    """Returns the digest of the champion's file that a machine finds; or what it said instead."""
    variables = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": kernels} | machine.variables
    command = [machine.python, "-c", SEARCH, str(machine.threads)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return hashlib.sha256(done.stdout.encode()).hexdigest()


def main() -> None:
    """Tries every machine; with a file, only those that are not in it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pythons", nargs="*", help="other Pythons that have what wann_rt needs")
    parser.add_argument("--quick", action="store_true", help="two machines only")
    parser.add_argument("--file", type=Path, help="what was found so far, written after each machine")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no further machine is tried")
    chosen = parser.parse_args()
    end = time.monotonic() + chosen.seconds
    known, found = _kept(chosen.file), {}
    with tempfile.TemporaryDirectory() as root:
        for machine in list(machines(chosen.pythons))[: 2 if chosen.quick else None]:
            if machine.name not in known and time.monotonic() > end:
                continue
            found[machine.name] = known.get(machine.name) or champion(machine, _kernels(machine, Path(root)))
            print(f"{machine.name}: {found[machine.name][:60]}", file=sys.stderr, flush=True)
            if chosen.file is not None:
                write_atomic(chosen.file, json.dumps(known | found).encode())
    wanted = found["as it is"]
    others = {name: said for name, said in found.items() if said != wanted}
    print(json.dumps({"tried": len(found), "wrong": len(others), "machines": list(found), "others": others}))


def _kept(file: Path | None) -> dict[str, str]:
    """Returns what an earlier call found."""
    if file is None or not file.exists():
        return {}
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _kernels(machine: Machine, root: Path) -> str:
    """Returns the folder of compiled kernels: other features, levels or Pythons must not share one, threads may."""
    key = hashlib.sha256(repr((machine.python, machine.variables)).encode()).hexdigest()
    (root / key).mkdir(mode=0o700, exist_ok=True)
    return str(root / key)


if __name__ == "__main__":
    main()
