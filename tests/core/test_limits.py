"""Laws of hostile size: what is too much is refused before it costs, in linear time, each limit by its sentence."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import needs
from test_files import document, with_digest

from wann_rt.core import files
from wann_rt.core.errors import FileError
from wann_rt.core.strict_json import DEEPEST, parse

MANY, KEYS = 100_000, 10_000


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def changed(**keys: Any) -> str:
    return json.dumps(document() | keys)


CASES: dict[str, tuple[Callable[[], str], str]] = {
    "keys": (lambda: changed(provenance={f"k{i}": i for i in range(3 * MANY)}), "an object has 300000 keys"),
    "keys at the top": (lambda: changed(**{f"k{i}": i for i in range(3 * MANY)}), "keys; at most 200000"),
    "nesting": (lambda: changed(provenance={"a": nested(DEEPEST)}), "nested too deeply; at most 64"),
    "deep nesting": (lambda: changed(provenance=None).replace("null", "[" * 50_000), "nested too deeply"),
    "lists": (lambda: changed(vectors=[]).replace("[]", "[" + "[]," * 2_600_000 + "[]]"), "lists and objects"),
    "values": (lambda: changed(vectors=[]).replace("[]", "[" + "0," * 5_100_000 + "0]"), "at most .* 5000000"),
    "connections": (
        lambda: with_digest(document() | {"network": document()["network"] | {"connections": [[0, 3]] * 1_000_001}}),
        "connections has 1000001 entries; at most 1000000",
    ),
    "members": (
        lambda: with_digest(document() | {"weight": {"kind": "ensemble", "values": [0.5] * MANY}}),
        "values has 100000 entries; at most 10000",
    ),
    "vectors": (lambda: with_digest(document() | {"vectors": [[[], []]] * 100_001}), "vectors has 100001 entries"),
    "channels": (lambda: with_digest(document() | {"observations": [{}] * 65_536}), "at most 65535"),
    "half a character": (lambda: changed(name="x").replace('"x"', '"\\ud800"'), "half a character"),
    "digits": (lambda: changed(rate_hz=7).replace("7,", "9" * 5000 + ",", 1), "is not valid JSON|too large a number"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", list(CASES))
def test_too_much_is_refused_in_its_own_words(case: str) -> None:
    text, says = CASES[case][0](), CASES[case][1]
    begin = time.process_time()
    with pytest.raises(FileError, match=says):
        files.from_text(text)
    assert time.process_time() - begin < 10


@pytest.mark.slow
def test_time_grows_as_the_text_does() -> None:
    def seconds(count: int) -> float:
        keys = {f"k{k}": k for k in range(KEYS)}
        text = json.dumps({str(i): keys for i in range(count // KEYS)})
        begin = time.process_time()
        parse(text, "keys")
        return time.process_time() - begin

    small, large = min(seconds(MANY) for _ in range(3)), min(seconds(4 * MANY) for _ in range(2))
    assert large < 16 * max(small, 0.01)


MEASURE = """
import resource, sys
from wann_rt.core import files
from wann_rt.core.errors import WannError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    files.load(sys.argv[1])
except WannError as error:
    print(str(error)[:200], file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@needs.proc
@pytest.mark.slow
@pytest.mark.parametrize("piece", ["12345", '"ab"'])
def test_memory_is_at_most_ten_times_the_file(piece: str, tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    count = 18_000_000 // (len(piece) + 1)
    path.write_text(changed(vectors=[]).replace('"vectors": []', f'"vectors": [{",".join([piece] * count)}]'))
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) * 1024 < 10 * path.stat().st_size, done.stderr
