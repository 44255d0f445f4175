"""No blob, however bad, gets past the checks of the C runtime, and none of its checks can be forgotten."""

import ctypes
import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import needs, small_controllers
from helpers.bad_blobs import BAD, CLIPS, GOOD, GOOD_DERIVED, GOOD_MONITOR, INF, NODES, WEIGHT, floats, sealed
from helpers.runtime_library import ERRORS, ROOT, SOURCE, built, example, load, subject

from wann_rt.core import files
from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.errors import ExportError
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.parity.compiler import compile_with
from wann_rt.exporters.to_blob import HEADER, to_blob
from wann_rt.runtime_c import include_dir

pytestmark = needs.c_compiler

HARNESSES = Path(__file__).parent


# The blob.


def test_the_documented_example_is_what_is_written() -> None:
    text = (ROOT / "FORMAT.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| *\d+ \| `([0-9a-f ]+)` \|", text, re.MULTILINE)
    assert bytes.fromhex("".join(rows)) == to_blob(example(), vectors=1)
    assert load(to_blob(example(), vectors=1)) == "OK"


def test_the_network_of_the_size_budget_takes_182_bytes() -> None:
    inward = [(k % 25, 25 + k // 2) for k in range(60)]
    outward = [(25 + k, 55 + k % 4) for k in range(30)] + [(k, 55 + k % 4) for k in range(20)]
    connections = [Connection(*pair) for pair in inward + outward]
    network, _ = Network.build(24, dict.fromkeys(range(25, 55), 5), dict.fromkeys(range(55, 59), 5), connections)
    sides = [tuple(Channel(f"{k}") for k in range(n)) for n in (24, 4)]
    blob = to_blob(Controller("budget", network, Weight.shared(1.0), sides[0], sides[1]), vectors=0)
    assert (network.n_hidden, network.n_connections) == (30, 110)
    assert len(blob) == 34 + 110 + HEADER.size + 4 + 4  # nodes, sources; fixed part, weight, CRC


def test_the_same_controller_gives_the_same_bytes_and_another_other_ones() -> None:
    controller = subject(4)[0]
    assert to_blob(controller) == to_blob(subject(4)[0])
    assert to_blob(controller) != to_blob(replace(controller, name="renamed"))  # the digest


def test_the_contract_travels_where_it_is_asked_for() -> None:
    blob = to_blob(example(), contract=True)
    controller, size = ctypes.create_string_buffer(128), ctypes.c_size_t()
    library = built()
    library.wann_text.restype = library.wann_digest.restype = ctypes.c_void_p
    assert library.wann_load(controller, blob, ctypes.c_size_t(len(blob))) == 0
    text = ctypes.string_at(library.wann_text(controller, ctypes.byref(size)), size.value)
    said = json.loads(text)
    assert said["wann_rt.obs_units"] == '["m", "m/s"]'
    assert (
        said["wann_rt.digest"]
        == "sha256:" + ctypes.string_at(library.wann_digest(controller), 8).hex() + (files.digest(example())[-48:])
    )


def test_what_a_blob_cannot_hold_is_an_export_error() -> None:
    controller = subject(0)[0]
    with pytest.raises(ExportError, match="at most 255 members"):
        to_blob(replace(controller, weight=Weight("ensemble", (0.5,) * 256)))
    with pytest.raises(ExportError, match="0 to 255 vectors"):
        to_blob(controller, vectors=256)
    many = range(3, 33_000)
    connections = [*(Connection(1, k) for k in many), *(Connection(k, 2, -1) for k in many)]
    network, _ = Network.build(1, dict.fromkeys(many, 1), {2: 1}, connections)
    with pytest.raises(ExportError, match="32767 is the limit"):
        to_blob(Controller("signed", network, Weight.shared(1.0), (Channel("o"),), (Channel("a"),)))


# Bad blobs.


def escaped(library: ctypes.CDLL) -> list[str]:
    """Returns the bad blobs that get another answer than they should."""
    cases = [(code, what, blob) for code, blobs in BAD.items() for what, blob in blobs.items()]
    return [f"{code}: {what}" for code, what, blob in cases if load(blob, library) != code]


def test_every_kind_of_bad_blob_has_its_own_error() -> None:
    assert load(GOOD) == load(sealed(WEIGHT + CLIPS + floats(-INF, INF) + b"\1" + NODES, flags=8)) == "OK"
    assert {name: load(blob) for name, blob in GOOD_DERIVED.items()} == dict.fromkeys(GOOD_DERIVED, "OK")
    assert escaped(built()) == []
    said_by_load = set(ERRORS) - {"NULL", "NOT_LOADED", "SCRATCH", "PER_CONNECTION", "NO_WEIGHTS", "NO_VECTORS"}
    assert set(BAD) == said_by_load - {"MISMATCH", "NO_MONITOR"}


FAULTS = {  # a condition, and what it becomes where somebody has forgotten it
    "u32_at(blob) != 0x4e4e4157u": "0",
    "version < 1 ||": "",
    "|| version > LAST_VERSION": "",
    "if (size != stated)": "if (size > stated)",
    "size < stated ? WANN_E_TRUNCATED : WANN_E_TRAILING": "WANN_E_TRUNCATED",
    "crc32(blob, size) == u32_at(blob + size)": "1",
    "!= (c->flags > FLAGS ? 2u : 1u)": "< (c->flags > FLAGS ? 2u : 1u)",
    "kind < RATE_OF ||": "",
    "kind > COSINE ||": "",
    "count > most ||": "",
    "|| (count == 0 && most > 0)": "",
    "(kind == PREVIOUS ? c->actions : number)": "number",
    "take(in, 2) >= (kind": "take(in, 2) > (kind",
    "steps > 0 &&": "",
    "&& steps <= MOST_STEPS": "",
    "setting.bits > 0 &&": "",
    "&& setting.bits < INFINITE": "",
    "&& 2.0f * setting.value <= c->rate_hz": "",
    "&& setting.bits <= ONE": "",
    "is_right && has_rate(c)": "is_right",
    "c->rate_hz >= 1e-6f &&": "",
    "&& c->rate_hz <= 1e6f": "",
    "state > MOST_STATE ||": "",
    "outputs + state + c->inputs + c->hidden + 1u > WANN_MAX_NODES": "0",
    "if (n == 0)": "if (n > 65535u)",
    "(uint32_t)c->observations + c->hidden + c->actions + n + 2u > WANN_MAX_NODES": "n == 0",
    "(kind == RECURRENT ? 1u : 0u)": "0u",
    "skip(in, resets_bytes(c));": "",
    "c->observations == 0 ||": "",
    "c->actions == 0 ||": "",
    "|| c->members == 0": "",
    ">= WANN_MAX_NODES": "> WANN_MAX_NODES",
    "rate.bits < INFINITE": "1",
    "low.value <= high.value &&": "",
    "low.bits != INFINITE &&": "",
    "&& high.bits != (INFINITE | 0x80000000u)": "",
    "(take(in, 4) & INFINITE) != INFINITE": "take(in, 4) != INFINITE",
    "operation == ADD || operation == MULTIPLY": "operation > END",  # 0 as well would never end
    "head < LINEAR << 4 ||": "",
    "|| head >= (LAST_ACTIVATION + 1) << 4": "",
    "source < least ||": "",
    "|| source >= end": "",
    "least = source + 1": "least = source",
    "node < sources ? node : sources": "node",
    "finite_error(in) != WANN_OK": "finite_error(in) > WANN_OK",
    "(c->flags & (FLAG_TEXT | FLAG_MONITOR)) == 0": "0",
    "in->has_overrun ? WANN_E_LAYOUT : error": "error",
}


@pytest.mark.parametrize("condition", FAULTS)
def test_no_check_can_be_forgotten_unnoticed(condition: str) -> None:
    assert SOURCE.count(condition) == 1
    assert escaped(built(SOURCE.replace(condition, FAULTS[condition]))) != []


def test_every_flipped_bit_and_every_other_length_is_refused_and_nothing_is_written() -> None:
    magic, version, size = {"MAGIC"}, {"VERSION"}, {"TRUNCATED", "TRAILING"}
    envelope = [magic] * 4 + [version] + [size] * 4
    for k in range(3):  # a weight of each kind
        blob = to_blob(subject(k, 3)[0], vectors=k)
        for at in range(len(blob)):
            for bit in range(8):
                flipped = blob[:at] + bytes([blob[at] ^ 1 << bit]) + blob[at + 1 :]
                assert load(flipped) in (envelope[at] if at < len(envelope) else {"CRC"})
        assert {load(blob[:size]) for size in range(len(blob))} == {"TRUNCATED"}
        assert {load(blob + bytes(more)) for more in range(1, 20)} == {"TRAILING"}


def test_lower_limits_refuse_larger_networks() -> None:
    assert load(GOOD, built(flags=("-DWANN_MAX_NODES=4",))) == "OK"
    assert load(GOOD, built(flags=("-DWANN_MAX_NODES=3",))) == "LIMIT"
    with pytest.raises(ExportError, match="at most 65535"):
        built(flags=("-DWANN_MAX_NODES=65536",))


# Sanitizers.


def mutated(tmp_path: Path, source: str, rounds: int) -> subprocess.CompletedProcess[str]:
    """Runs the mutations of good blobs under AddressSanitizer and UndefinedBehaviorSanitizer."""
    (tmp_path / "wann_rt.c").write_text(source, encoding="utf-8")
    flags = ["-std=c99", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    paths = [HARNESSES / "mutate.c", tmp_path / "wann_rt.c", "-o", tmp_path / "mutate"]
    compile_with(needs.sanitizing_clang(), [*flags, f"-I{include_dir()}", *map(str, paths)])
    blobs = []
    for k in range(6):
        blobs.append(tmp_path / f"{k}.blob")
        blobs[-1].write_bytes(to_blob(subject(k, 4)[0], vectors=k // 3))
    for name in ("remembering", "recurrent"):
        blobs.append(tmp_path / f"{name}.blob")
        blobs[-1].write_bytes(to_blob(getattr(small_controllers, name)(), vectors=1))
    blobs.append(tmp_path / "monitor.blob")
    blobs[-1].write_bytes(GOOD_MONITOR["each operation"])
    command = [str(tmp_path / "mutate"), str(rounds), *map(str, blobs)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_mutated_blobs_break_nothing_under_sanitizers_and_meet_every_check(tmp_path: Path) -> None:
    done = mutated(tmp_path, SOURCE, 5000)
    assert done.returncode == 0, done.stderr
    counts = dict(line.split() for line in done.stdout.splitlines())
    assert set(counts) == {"OK", *BAD} - {"MAGIC", "VERSION", "TRAILING", "CRC"}


@pytest.mark.parametrize(
    ("condition", "report"),
    [
        ("bytes > in->left", "AddressSanitizer: heap-buffer-overflow"),
        ("|| source >= end", "AddressSanitizer: heap-buffer-overflow"),
        ("scratch_floats < wann_scratch_floats(c)", "broken promise"),
        ("if (error == WANN_OK) {\n                copy(c", "broken promise"),
    ],
)
def test_the_sanitizers_see_a_forgotten_bound(condition: str, report: str, tmp_path: Path) -> None:
    assert SOURCE.count(condition) == 1
    without = {"|": "", "i": "{\n        copy(c"}.get(condition[0], "0")
    assert report in mutated(tmp_path, SOURCE.replace(condition, without), 5000).stderr
