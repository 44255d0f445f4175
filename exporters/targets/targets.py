"""The instruction sets on which generated code is run: how to compile for each, and what runs the result.

One row a target. No row says a word on contraction: the code under test must hold under the defaults.
"""

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

BOARDS = Path(__file__).parent / "boards"
LEVELS = ("-O2", "-O3", "-Os")
HOST_LEVELS = ("-O0", "-O1", *LEVELS)


@dataclass(frozen=True)
class Target:
    """A processor, a compiler for it, and what runs its programs here.

    Attributes:
        key: its name in reports that programs read.
        title: its name for people.
        stands_for: products that have such a processor.
        packages: of Debian 12; what must be installed.
        compiler: the command.
        flags: what selects the processor.
        board: C file in ``boards`` that starts a program and writes its characters.
        run: the command that runs ``{image}``.
        fuses: whether the compiler, left alone, would fuse a multiply and an add here.
        capacity: how much generated C, in characters, fits into its memory at once; None: as much as you like.
        machine: the processor that this computer must have, or "" for any.
        levels: of optimisation, at which a whole check runs it.
    """

    key: str
    title: str
    stands_for: str
    packages: tuple[str, ...]
    compiler: str
    flags: tuple[str, ...]
    board: str
    run: tuple[str, ...]
    fuses: bool = False
    capacity: int | None = None
    machine: str = ""
    levels: tuple[str, ...] = LEVELS

    @property
    def commands(self) -> tuple[str, ...]:
        """What must be on the path."""
        linker = ("wasm-ld",) if self.board == "wasm.c" else ()
        return (self.compiler, *linker, *(() if self.run[0] == "{image}" else (self.run[0],)))

    def missing(self) -> str | None:
        """Returns why it cannot run here, or None."""
        if self.machine and self.machine != platform.machine():
            return f"this computer is no {self.machine} but {platform.machine()}"
        absent = [command for command in self.commands if shutil.which(command) is None]
        return f"{absent[0]} is not installed (Debian: apt install {' '.join(self.packages)})" if absent else None


def _host(key: str, compiler: str, *flags: str) -> Target:
    """Returns a row for this computer; where it cannot fuse itself, an emulator runs code that does."""
    fuses = "-march=haswell" in flags
    run = ("qemu-x86_64", "-cpu", "max", "{image}") if fuses and not _has_fma() else ("{image}",)
    title = f"x86-64, {compiler}{' with FMA' if fuses else ''}"
    packages = (compiler, "libc6-dev", *(() if run == ("{image}",) else ("qemu-user",)))
    return Target(key, title, "PCs", packages, compiler, flags, "hosted.c", run, fuses, None, "x86_64", HOST_LEVELS)


def _has_fma() -> bool:
    try:
        return "fma" in Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False


def _linux(key: str, triple: str, libc: str, stands_for: str) -> Target:
    """Returns a row for Linux on another processor, under user-mode emulation."""
    packages = (f"gcc-{triple}", f"libc6-dev-{libc}-cross", "qemu-user")
    run = (f"qemu-{key}", "{image}")
    return Target(key, f"{key}, gcc", stands_for, packages, f"{triple}-gcc", ("-static",), "hosted.c", run, True)


def _cortex_m(
    key: str, title: str, stands_for: str, cpu: tuple[str, ...], machine: str, capacity: int | None = None
) -> Target:
    """Returns a row for a bare Cortex-M, under system emulation."""
    flash, ram = ("256K", "16K") if machine == "microbit" else ("4M", "4M")
    flags = (
        *("-mthumb", *cpu, "-ffreestanding", "-nostdlib", f"-Wl,-T,{BOARDS / 'cortex_m.ld'}"),
        *(f"-Wl,--defsym=__flash_size={flash}", f"-Wl,--defsym=__ram_size={ram}", "-Wl,--no-warn-rwx-segments"),
    )
    run = (
        *("qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"),
        *("-semihosting-config", "enable=on,target=native", "-kernel", "{image}"),
    )
    packages = ("gcc-arm-none-eabi", "qemu-system-arm")
    fuses = "-mfloat-abi=hard" in cpu
    return Target(key, title, stands_for, packages, "arm-none-eabi-gcc", flags, "cortex_m.c", run, fuses, capacity)


def _riscv(key: str, stands_for: str, march: str, abi: str) -> Target:
    """Returns a row for a bare RISC-V, under system emulation."""
    flags = (
        *(f"-march={march}", f"-mabi={abi}", "-mcmodel=medany", "-ffreestanding", "-nostdlib"),
        *(f"-Wl,-T,{BOARDS / 'riscv.ld'}", "-Wl,--no-warn-rwx-segments"),
    )
    run = (
        *(f"qemu-system-{march[:4].replace('rv', 'riscv')}", "-M", "virt", "-bios", "none", "-nographic"),
        *("-monitor", "none", "-serial", "stdio", "-kernel", "{image}"),
    )
    packages = ("gcc-riscv64-unknown-elf", "qemu-system-misc")
    fuses = "f" in march[4:] or "g" in march
    return Target(key, f"{key}, gcc", stands_for, packages, "riscv64-unknown-elf-gcc", flags, "riscv.c", run, fuses)


def _avr() -> Target:
    return Target(
        "atmega328p",
        "AVR ATmega328P, gcc",
        "Arduino Uno and Nano; 8 bits, soft float, 32 kB flash, 2 kB RAM",
        ("gcc-avr", "avr-libc", "simavr"),
        "avr-gcc",
        ("-mmcu=atmega328p", "-DF_CPU=16000000UL"),
        "avr.c",
        ("simavr", "-m", "atmega328p", "-f", "16000000", "{image}"),
        capacity=20_000,
        levels=("-O2", "-Os"),  # at -O3 the largest champion leaves no room for anything else
    )


def _wasm() -> Target:
    flags = ("--target=wasm32", "-ffreestanding", "-nostdlib", "-Wl,--no-entry", "-Wl,--allow-undefined")
    run = ("node", str(BOARDS / "wasm.js"), "{image}")
    packages = ("clang", "lld", "nodejs")
    return Target("wasm32", "WebAssembly, clang", "browsers", packages, "clang", flags, "wasm.c", run)


TARGETS: tuple[Target, ...] = (
    _host("x86_64-gcc", "gcc"),
    _host("x86_64-clang", "clang"),
    _host("x86_64-gcc-fma", "gcc", "-march=haswell"),
    _host("x86_64-clang-fma", "clang", "-march=haswell"),
    _linux("aarch64", "aarch64-linux-gnu", "arm64", "Raspberry Pi, Jetson, phones"),
    _cortex_m(
        "cortex-m0",
        "ARM Cortex-M0, gcc",
        "micro:bit, STM32F0, RP2040 (M0+); soft float",
        ("-mcpu=cortex-m0",),
        "microbit",
        300_000,
    ),
    _cortex_m("cortex-m3", "ARM Cortex-M3, gcc", "STM32F1; soft float", ("-mcpu=cortex-m3",), "mps2-an385"),
    _cortex_m(
        "cortex-m4f",
        "ARM Cortex-M4F, gcc",
        "STM32F4, nRF52; Crazyflie, flight controllers",
        ("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
        "mps2-an386",
    ),
    _cortex_m(
        "cortex-m7",
        "ARM Cortex-M7, gcc",
        "STM32F7 and H7, Teensy 4; flight controllers",
        ("-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-d16"),
        "mps2-an500",
    ),
    _riscv("rv32imac", "ESP32-C3, GD32V, CH32V; soft float", "rv32imac", "ilp32"),
    _riscv("rv32imafc", "microcontrollers with a single-precision unit", "rv32imafc", "ilp32f"),
    _riscv("rv64gc", "Linux-class RISC-V", "rv64gc", "lp64d"),
    _avr(),
    _linux("s390x", "s390x-linux-gnu", "s390x", "the big-endian ones"),
    _wasm(),
)
BY_KEY = {target.key: target for target in TARGETS}
