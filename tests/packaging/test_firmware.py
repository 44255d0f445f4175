"""Laws of the firmware examples: they swing the pole up with Python's bits, and refuse to start with others."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import needs

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CHAMPION = EXAMPLES / "swingup.json"
ARDUINO_CORE = Path("/usr/share/arduino/hardware/arduino/avr/cores/arduino")
NEEDS = {
    "firmware_cortex_m": ("arm-none-eabi-gcc", "qemu-system-arm"),
    "firmware_arduino": ("avr-g++", "simavr", str(ARDUINO_CORE / "Arduino.h")),
}
INSTALL = {  # as the examples' own makefiles say
    "firmware_cortex_m": "apt install gcc-arm-none-eabi qemu-system-arm",
    "firmware_arduino": "apt install gcc-avr avr-libc simavr arduino-core-avr",
}
FOLDERS = pytest.mark.parametrize("folder", NEEDS)


def make(folder: str, target: str, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Runs make in an example's folder, its results elsewhere; skips the test without a toolchain."""
    for need in ("make", *NEEDS[folder]):
        if shutil.which(need) is None and not Path(need).is_file():
            needs.skip(f"{need} is not installed: {INSTALL[folder]}")
    variables = [f"BUILD={build}", f"PYTHON={sys.executable}", *more]
    command = ["make", "-C", str(EXAMPLES / folder), target, *variables]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def prepare(folder: str, build: Path) -> Path:
    """Returns the controller's header after all that a run needs has been made."""
    done = make(folder, str(build / "controller.h"), build)
    assert done.returncode == 0, done.stdout + done.stderr
    return build / "controller.h"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@FOLDERS
def test_the_firmware_swings_the_pole_up_with_pythons_bits(folder: str, tmp_path: Path) -> None:
    done = make(folder, "run", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1000 of 1000 steps have the bits that Python computes" in done.stdout
    assert "self-test passed" in (tmp_path / "trajectory.txt").read_text()
    angles = [float(angle) for angle in re.findall(r"(\d+\.\d) deg", done.stdout)]
    assert 120 < angles[0] < 240, "the pole hangs at first"
    assert all(angle < 15 or angle > 345 for angle in angles[5:]), "and stands later"


def test_another_controller_needs_no_other_firmware(tmp_path: Path) -> None:
    other = ROOT / "docs" / "pareto" / "07.json"  # a weight per connection
    done = make("firmware_cortex_m", "run", tmp_path, f"CONTROLLER={other}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1000 of 1000 steps have the bits that Python computes" in done.stdout


@FOLDERS
def test_a_firmware_that_computes_other_bits_does_not_start(folder: str, tmp_path: Path) -> None:
    done = make(folder, "refused", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@FOLDERS
def test_one_wrong_bit_in_a_vector_keeps_the_firmware_from_starting(folder: str, tmp_path: Path) -> None:
    header = prepare(folder, tmp_path)
    bits = re.findall(r"{0x(\w{8})u}", header.read_text())[-1]
    edit(header, bits, f"{int(bits, 16) ^ 1:08x}")
    done = make(folder, "run", tmp_path)
    assert done.returncode != 0
    printed = (tmp_path / "trajectory.txt").read_text()
    assert "refused: this build" in printed
    assert "self-test passed" not in printed


def test_a_missed_period_stops_the_firmware(tmp_path: Path) -> None:
    header = prepare("firmware_cortex_m", tmp_path)
    edit(header, "DT_US 10000", "DT_US 20")  # time for 300 instructions: too little for a step
    done = make("firmware_cortex_m", "run", tmp_path)
    assert done.returncode != 0
    assert "stopped: a period was missed" in (tmp_path / "trajectory.txt").read_text()


def test_each_seeded_fault_stops_the_guarded_firmware(tmp_path: Path) -> None:
    done = make("firmware_cortex_m", "guarded", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for fault, words in (("NAN", "no number"), ("STALE", "nothing new"), ("HANG", "watchdog was not fed")):
        printed = (tmp_path / f"guarded_{fault}.txt").read_text()
        assert words in printed.splitlines()[-1]
        assert "self-test passed" in printed
        assert len(printed.splitlines()) > 100, "it ran until the fault came"


@pytest.mark.long
@FOLDERS
def test_the_knob_finds_what_a_worn_motor_needs_with_pythons_bits(folder: str, tmp_path: Path) -> None:
    done = make(folder, "knob", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 of 20 episodes have the weight and the return that Python computes" in done.stdout
    assert "1000 of 1000 steps have the bits that Python computes" in done.stdout
    own, knob, best = map(
        int, re.findall(r"(\d+) with the own weight, (\d+) with the knob; .* gives (\d+)", done.stdout)[0]
    )
    assert knob >= 0.9 * best > own


@pytest.mark.long
def test_the_comparison_of_the_knob_wants_every_bit(tmp_path: Path) -> None:
    assert make("firmware_cortex_m", "knob", tmp_path).returncode == 0
    printed = (tmp_path / "knob.txt").read_text()
    (weight, total) = re.findall(r"knob (\w+) (\w+)", printed)[-1]
    shared = ROOT / "wann_rt" / "zoo" / "cartpole-swingup.shared.json"
    command = [sys.executable, str(EXAMPLES / "firmware_knob_check.py"), str(shared), "max_force=6"]
    for bad in (printed.replace(f"knob {weight} {total}", f"knob {weight} {int(total, 16) ^ 1:08x}"), ""):
        done = subprocess.run(command, input=bad, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stderr
        assert not done.stderr


# The comparison.

EPISODE = """
import sys
import firmware_check, wann_rt
for row in firmware_check.episode(wann_rt.load(sys.argv[1])):
    print(*(f"{word:08x}" for word in row))
"""


@pytest.fixture(scope="module")
def trajectory() -> list[str]:
    """What a firmware has to print, from Python."""
    command = [sys.executable, "-c", EPISODE, str(CHAMPION)]
    done = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def check(lines: list[str]) -> tuple[int, str]:
    """Returns the exit code and the last line of the comparison."""
    command = [sys.executable, str(EXAMPLES / "firmware_check.py"), str(CHAMPION)]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()[-1]


@pytest.mark.long
def test_the_comparison_wants_every_step_and_every_bit(trajectory: list[str]) -> None:
    assert check(["something else", *trajectory])[0] == 0
    assert check([line.upper() + ".." for line in trajectory])[0] == 0
    wrong = trajectory[500][:-1] + ("1" if trajectory[500][-1] != "1" else "2")
    assert check([*trajectory[:500], wrong, *trajectory[501:]]) == (
        1,
        "999 of 1000 steps have the bits that Python computes",
    )
    assert check(trajectory[:-1])[0] == 1
    assert check(trajectory[1:])[0] == 1
    assert check([*trajectory, trajectory[-1]])[0] == 1
    assert check([]) == (1, "0 of 1000 steps have the bits that Python computes")
