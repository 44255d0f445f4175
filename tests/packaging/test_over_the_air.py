"""Laws of the example over the air: only what is signed, whole, newer and ours is taken; power may go at any time."""

import importlib
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers import needs

import wann_rt as wr
from wann_rt.core.files import digest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "over_the_air"
HEAD, SIGNATURE, SLOT = 52, 64, 4096

pytestmark = pytest.mark.slow


class Device(NamedTuple):
    """The example, built, and what makes updates for it."""

    host: Path
    maker: Any
    key: Any
    folder: Path

    def update(self, controller: wr.Controller, counter: int, key: Any = None) -> bytes:
        """Returns a signed update."""
        made: bytes = self.maker.update(controller, key or self.key, counter)
        return made

    def install(self, flash: Path, update: bytes, *cut: int) -> str:
        """Returns what the device says of an update."""
        path = flash.with_name("update.bin")
        path.write_bytes(update)
        return self.run(flash, "install", path, *cut)

    def run(self, flash: Path, *words: object) -> str:
        """Returns what the device prints."""
        command = [str(self.host), str(flash), *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
        assert done.stderr == ""
        return done.stdout.strip()

    def runs(self, flash: Path) -> str:
        """Returns the digest of the controller that the device runs."""
        return self.run(flash, "boot").rpartition(" ")[2]


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    needs.module("nacl")
    signing = importlib.import_module("nacl.signing")
    compiler = needs.any_compiler()
    if not any(Path(folder, "sodium.h").is_file() for folder in ("/usr/include", "/usr/local/include")):
        needs.skip("libsodium is not installed: apt install libsodium-dev")
    folder = tmp_path_factory.mktemp("device")
    sys.path.insert(0, str(FOLDER))
    make_update = importlib.import_module("make_update")
    sys.path.remove(str(FOLDER))
    make_update.make_key(folder / "secret")
    key = signing.SigningKey((folder / "secret").read_bytes())
    (folder / "update_config.h").write_text(make_update.config(first(), key))
    sources = [FOLDER / name for name in ("host.c", "update.c", "verify_sodium.c")]
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{folder}", f"-I{FOLDER}"]
    runtime = ROOT / "runtime_c"
    command = [compiler, *flags, f"-I{runtime}", *map(str, sources), str(runtime / "wann_rt.c"), "-lsodium"]
    command += ["-o", str(folder / "host")]
    subprocess.run(command, check=True)
    return Device(folder / "host", make_update, key, folder)


def first() -> wr.Controller:
    return wr.load(ROOT / "examples" / "swingup.json")


def second() -> wr.Controller:
    return wr.load(ROOT / "docs" / "pareto" / "07.json")


@pytest.fixture
def flash(device: Device, tmp_path: Path) -> Path:
    """The flash of a device that runs the first controller, with counter 5."""
    assert device.install(tmp_path / "flash", device.update(first(), 5)) == "ok"
    return tmp_path / "flash"


def test_updates_take_turns_in_two_slots(device: Device, tmp_path: Path) -> None:
    assert device.run(tmp_path / "flash", "boot") == "none"
    for counter, controller in ((1, first()), (2, second()), (3, first()), (2**32 - 1, second())):
        assert device.install(tmp_path / "flash", device.update(controller, counter)) == "ok"
        assert device.runs(tmp_path / "flash") == digest(controller)


@pytest.mark.parametrize(("counter", "said"), [(4, "old"), (5, "old"), (0, "old"), (6, "ok")])
def test_an_update_that_is_not_newer_is_refused(counter: int, said: str, device: Device, flash: Path) -> None:
    assert device.install(flash, device.update(second(), counter)) == said
    assert device.runs(flash) == digest(second() if said == "ok" else first())


def test_each_changed_byte_is_refused(device: Device, flash: Path) -> None:
    update, before = device.update(second(), 6), flash.read_bytes()
    for at in range(len(update)):
        changed = bytearray(update)
        changed[at] ^= 1 << at % 8
        assert device.install(flash, bytes(changed)) in ("signature", "magic", "size"), at
    assert flash.read_bytes() == before


def test_each_truncation_and_more_than_all_is_refused(device: Device, flash: Path) -> None:
    update, before = device.update(second(), 6), flash.read_bytes()
    for length in range(len(update)):
        assert device.install(flash, update[:length]) == "size", length
    assert device.install(flash, update + b"\0") == "size"
    assert device.install(flash, update + bytes(SLOT)) == "size"
    assert flash.read_bytes() == before


def with_interface(update: bytes, key: Any) -> bytes:
    signed = update[:12] + struct.pack("<I", 1) + update[16:-SIGNATURE]
    return signed + bytes(key.sign(signed).signature)


def with_other_digest(update: bytes, key: Any) -> bytes:
    signed = update[:20] + bytes(32) + update[HEAD:-SIGNATURE]
    return signed + bytes(key.sign(signed).signature)


def with_damaged_blob(update: bytes, key: Any) -> bytes:
    signed = update[: HEAD + 60] + b"\xff" + update[HEAD + 61 : -SIGNATURE]
    return signed + bytes(key.sign(signed).signature)


SIGNED_FAULTS: Mapping[str, tuple[Callable[[bytes, Any], bytes], str]] = {
    "another interface": (with_interface, "interface"),
    "a digest of another controller": (with_other_digest, "blob"),
    "a damaged blob": (with_damaged_blob, "blob"),
}


@pytest.mark.parametrize("fault", SIGNED_FAULTS)
def test_what_is_signed_but_wrong_is_refused(fault: str, device: Device, flash: Path) -> None:
    change, said = SIGNED_FAULTS[fault]
    assert device.install(flash, change(device.update(second(), 6), device.key)) == said
    assert device.runs(flash) == digest(first())


def test_another_key_is_refused(device: Device, flash: Path) -> None:
    other = type(device.key).generate()
    assert device.install(flash, device.update(second(), 6, other)) == "signature"
    assert device.runs(flash) == digest(first())


def test_a_controller_of_other_channels_is_refused(device: Device, flash: Path) -> None:
    wider = replace(first().observations[0], high=3.0, low=-3.0)
    changed = replace(first(), observations=(wider, *first().observations[1:]))
    assert device.install(flash, device.update(changed, 6)) == "interface"


def test_a_controller_that_computes_something_else_here_is_refused(device: Device, flash: Path) -> None:
    vector = first().vectors[0]
    wrong = replace(first(), vectors=(vector._replace(action=(vector.action[0] * 0.5,)), *first().vectors[1:]))
    assert device.install(flash, device.update(wrong, 6)) == "blob"


def test_power_may_go_at_any_byte(device: Device, flash: Path) -> None:
    assert device.install(flash, device.update(second(), 6)) == "ok"
    update, kept = device.update(first(), 7), flash.read_bytes()
    for cut in sorted({*range(0, len(update) - SIGNATURE, 4), *range(len(update) - SIGNATURE, len(update) + 2)}):
        flash.write_bytes(kept)
        said = device.install(flash, update, cut)
        whole = cut > len(update)
        assert said == ("ok" if whole else "power cut"), cut
        assert device.runs(flash) == digest(first() if whole else second()), cut
    assert device.install(flash, update) in ("ok", "old")
    assert device.runs(flash) == digest(first()), "the same update comes again and is whole"


def test_a_slot_that_was_damaged_leaves_the_other_one(device: Device, flash: Path) -> None:
    assert device.install(flash, device.update(second(), 6)) == "ok"
    damaged = bytearray(flash.read_bytes())
    damaged[SLOT + 100] ^= 1
    flash.write_bytes(damaged)
    assert device.runs(flash) == digest(first())
    damaged[100] ^= 1
    flash.write_bytes(damaged)
    assert device.run(flash, "boot") == "none"


def test_a_secret_is_never_overwritten_and_nobody_else_reads_it(device: Device) -> None:
    secret = device.folder / "secret"
    with pytest.raises(FileExistsError):
        device.maker.make_key(secret)
    assert secret.stat().st_mode & 0o777 == 0o600
    assert secret.read_bytes().hex() not in (device.folder / "update_config.h").read_text()


# Seeded faults: an update check that is left out is missed by none of the above.

SEEDED = {
    "nothing at all is long enough": ("size == 0 || size >", "size >"),
    "the signature is not asked": (
        ") != 1) {\n        return UPDATE_SIGNATURE",
        ") == 7) {\n        return UPDATE_SIGNATURE",
    ),
    "any counter will do": ("received.counter <= running.counter", "received.counter < running.counter"),
    "the running slot is overwritten": ("1u - running.slot", "running.slot"),
    "the digest is not compared": ("found->digest, WANN_DIGEST_BYTES)", "found->digest, 0)"),
    "any interface will do": ("!= UPDATE_INTERFACE_HASH", "== 7u"),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_fault_is_noticed(fault: str, device: Device, tmp_path: Path) -> None:
    for path in FOLDER.glob("*.[ch]"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / "update.c").read_text()
    assert SEEDED[fault][0] in text
    (tmp_path / "update.c").write_text(text.replace(*SEEDED[fault]))
    runtime, include = ROOT / "runtime_c", [f"-I{device.folder}", f"-I{ROOT / 'runtime_c'}"]
    sources = ["host.c", "update.c", "verify_sodium.c", str(runtime / "wann_rt.c")]
    command = [needs.any_compiler(), "-std=c99", "-w", *include, *sources, "-lsodium", "-o", "host"]
    subprocess.run(command, cwd=tmp_path, check=True)
    broken = device._replace(host=tmp_path / "host")
    with pytest.raises(AssertionError):
        laws(broken, tmp_path / "flash")


def laws(device: Device, flash: Path) -> None:
    """The laws above, shortened."""
    assert device.install(flash, device.update(first(), 5)) == "ok"
    assert device.install(flash, device.update(second(), 5)) == "old"
    assert device.install(flash, device.update(second(), 6, type(device.key).generate())) == "signature"
    for change, said in SIGNED_FAULTS.values():
        assert device.install(flash, change(device.update(second(), 6), device.key)) == said
    assert device.install(flash, b"") == "size"
    assert device.install(flash, device.update(second(), 6), 50) == "power cut"
    assert device.runs(flash) == digest(first())


def test_the_example_runs(tmp_path: Path, device: Device) -> None:
    make = needs.program("make")
    command = [make, "-C", str(FOLDER), "run", f"BUILD={tmp_path / 'build'}", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, env={**os.environ}, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"2 slot 1 {digest(second())}" in done.stdout
