"""The processors on which cost is measured: how an image is built for each, and what counts there."""

import platform
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LEVELS = ("-Os", "-O2")


@dataclass(frozen=True)
class Processor:
    """One row.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        prefix: of its tools' names.
        flags: for compiler and linker.
        board: C file in ``exporters/boards``.
        run: the simulator's command, before its plugin; empty: simavr, which counts cycles.
        stack: how many bytes of it may be looked at.
        packages: of Debian 12.
        has_float: whether it has a floating-point unit.
    """

    key: str
    title: str
    prefix: str
    flags: tuple[str, ...]
    board: str
    run: tuple[str, ...]
    stack: int
    packages: tuple[str, ...]
    has_float: bool

    @property
    def unit(self) -> str:
        """What is counted."""
        return "instructions" if self.run else "cycles"

    def missing(self) -> str | None:
        """Returns why nothing can be measured, or None."""
        if not self.prefix and platform.machine() != self.key:
            return f"this computer is no {self.key} but {platform.machine()}"
        commands = (f"{self.prefix}gcc", "cc", *self.run[:1])
        absent = [command for command in commands if shutil.which(command) is None]
        hint = f"(Debian: apt install {' '.join(self.packages)})"
        if absent:
            return f"{absent[0]} is not installed {hint}"
        # Libraries have no command: whether the compilers find them is seen by asking.
        probes = [(f"{self.prefix}gcc", *self.flags)]
        if not self.run:
            probes.append(("cc", "-include", "simavr/sim_avr.h", "-include", "libelf.h"))
        return None if all(map(_preprocesses, probes)) else f"its libraries are not installed {hint}"


@cache
def _preprocesses(command: tuple[str, ...]) -> bool:
    done = subprocess.run([*command, "-E", "-x", "c", "/dev/null"], capture_output=True, check=False)
    return done.returncode == 0


def _cortex_m(key: str, title: str, cpu: tuple[str, ...], machine: str, sizes: tuple[str, str]) -> Processor:
    flags = (
        *("-mthumb", *cpu, "-nostartfiles", "--specs=picolibc.specs"),
        *(f"-T{HERE / 'cortex_m.ld'}", f"-Wl,--defsym=__flash_size={sizes[0]}"),
        *(f"-Wl,--defsym=__ram_size={sizes[1]}", "-Wl,--no-warn-rwx-segments"),
    )
    run = (
        *("qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"),
        *("-semihosting-config", "enable=on,target=native", "-kernel"),
    )
    packages = ("gcc-arm-none-eabi", "picolibc-arm-none-eabi", "qemu-system-arm")
    return Processor(key, title, "arm-none-eabi-", flags, "cortex_m.c", run, 8000, packages, "-mfloat-abi=hard" in cpu)


def _riscv() -> Processor:
    flags = (
        *("-march=rv32imac", "-mabi=ilp32", "-mcmodel=medany", "-nostartfiles"),
        *("--specs=picolibc.specs", f"-T{HERE / 'riscv.ld'}", "-Wl,--no-warn-rwx-segments"),
    )
    run = (
        *("qemu-system-riscv32", "-M", "virt", "-bios", "none", "-nographic", "-monitor", "none"),
        *("-serial", "stdio", "-kernel"),
    )
    packages = ("gcc-riscv64-unknown-elf", "picolibc-riscv64-unknown-elf", "qemu-system-misc")
    tools = "riscv64-unknown-elf-"
    return Processor("rv32", "RISC-V RV32IMAC", tools, flags, "riscv.c", run, 32000, packages, False)


def _avr() -> Processor:
    flags = ("-mmcu=atmega328p", "-DF_CPU=16000000UL")
    packages = ("gcc-avr", "avr-libc", "libsimavr-dev", "libelf-dev")
    return Processor("avr", "AVR ATmega328P", "avr-", flags, "avr.c", (), 900, packages, False)


_M4F = ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
PROCESSORS: tuple[Processor, ...] = (
    _cortex_m("m0", "ARM Cortex-M0", ("-mcpu=cortex-m0",), "microbit", ("256K", "16K")),
    _cortex_m("m4f", "ARM Cortex-M4F", _M4F, "mps2-an386", ("4M", "4M")),
    _riscv(),
    _avr(),
    Processor("x86_64", "x86-64", "", ("-static",), "hosted.c", ("qemu-x86_64",), 32000, ("gcc", "qemu-user"), True),
)
BY_KEY = {processor.key: processor for processor in PROCESSORS}


def compiler_version(processor: Processor) -> str:
    """Returns the first line of what its compiler says about itself."""
    command = [f"{processor.prefix}gcc", "--version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
