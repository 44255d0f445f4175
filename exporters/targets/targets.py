"""The instruction sets on which generated code is run: how to compile for each, and what runs the result.

One row a target. No row says a word on contraction: the code under test must hold under the defaults.
"""

from dataclasses import replace
from pathlib import Path

from wann_rt.exporters.targets.target import BOARDS, HOST_LEVELS, Target, zig_folder


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
    key: str,
    title: str,
    stands_for: str,
    cpu: tuple[str, ...],
    machine: str,
    capacity: int | None = None,
    compiler: str = "arm-none-eabi-gcc",
) -> Target:
    """Returns a row for a bare Cortex-M, under system emulation."""
    flash, ram = _SIZES.get(machine, ("4M", "4M"))
    is_clang = compiler.startswith("clang")
    linker = ("--target=arm-none-eabi", "-fuse-ld=lld") if is_clang else ("-Wl,--no-warn-rwx-segments",)
    flash_at, ram_at = _MEMORY.get(machine, ("0", "0x20000000"))
    flags = (
        *("-mthumb", *cpu, "-ffreestanding", "-nostdlib", f"-Wl,-T,{BOARDS / 'cortex_m.ld'}"),
        *(f"-Wl,--defsym=__flash_at={flash_at}", f"-Wl,--defsym=__ram_at={ram_at}"),
        *(f"-Wl,--defsym=__flash_size={flash}", f"-Wl,--defsym=__ram_size={ram}", *linker),
    )
    run = (
        *("qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"),
        *("-semihosting-config", "enable=on,target=native", "-kernel", "{image}"),
    )
    packages = (compiler, "lld", "qemu-system-arm") if is_clang else ("gcc-arm-none-eabi", "qemu-system-arm")
    fuses = "-mfloat-abi=hard" in cpu
    found = Target(key, title, stands_for, packages, compiler, flags, "cortex_m.c", run, fuses, capacity)
    return replace(found, libraries=()) if is_clang else found


# Where flash and RAM are in the secure state, in which a Cortex-M33 or M55 starts.
_MEMORY = {"mps2-an505": ("0x10000000", "0x38000000"), "mps3-an547": ("0x10000000", "0x30000000")}
_SIZES = {"microbit": ("256K", "16K"), "mps2-an505": ("4M", "2M"), "mps3-an547": ("512K", "512K")}


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
    return Target("wasm32", "WebAssembly, clang", "browsers", packages, "clang", flags, "wasm.c", run, libraries=())


def _zig(version: str, clang: str, triple: str, run: tuple[str, ...], *flags: str, fuses: bool = False) -> Target:
    """Returns a row for the clang that a version of the PyPI package ziglang brings."""
    package, architecture = f"ziglang=={version}", triple.split("-")[0]
    options = ("cc", "-target", triple, *flags, "-fno-sanitize=undefined", "-static")
    return Target(
        f"{architecture}-clang-{clang}-zig",
        f"{architecture}, clang {clang} of ziglang",
        f"ziglang {version}",
        (package, "qemu-user"),
        str(zig_folder(package) / "ziglang" / "zig"),
        options,
        "hosted.c",
        (*run, "{image}"),
        fuses,
        levels=FURTHER_LEVELS,
        version=("cc", "--version"),
        libraries=(),
        is_further=True,
    )


def _further_host(command: str, *flags: str) -> Target:
    """Returns a row for a further compiler of this computer."""
    key = f"x86_64-{command}{'-fma' if flags else ''}"
    found = _host(key, command, *flags)
    levels = ("-O1", "-O2", "-O3") if command != "tcc" else ("-O2",)
    return replace(found, levels=levels, is_further=True)


def _further_linux(
    key: str, triple: str, libc: str, stands_for: str, emulator: tuple[str, ...], *flags: str, fuses: bool = True
) -> Target:
    """Returns a row for Linux on a further processor, or for another model of one."""
    found = _linux(key, triple, libc, stands_for)
    run, title = (*emulator, "{image}"), f"{key}, gcc"
    flags = (*found.flags, *flags)
    return replace(found, title=title, flags=flags, run=run, fuses=fuses, levels=FURTHER_LEVELS, is_further=True)


def _cross_clang(
    clang: str, key: str, triple: str, libc: str, stands_for: str, emulator: tuple[str, ...], *flags: str
) -> Target:
    """Returns a row for Debian's clang with the C library of another processor; it vectorises what GCC does not."""
    packages = (clang, f"gcc-{triple}", f"libc6-dev-{libc}-cross", "qemu-user")
    options = (f"--target={triple}", "-static", *flags)
    title = f"{key}, {clang}"
    return Target(
        *(f"{key}-{clang}", title, stands_for, packages, clang, options, "hosted.c", (*emulator, "{image}")),
        fuses=True, levels=FURTHER_LEVELS, is_further=True, beside=(f"{triple}-gcc",),
    )  # fmt: skip


FURTHER_LEVELS = ("-O2", "-O3")
_M33 = ("-mcpu=cortex-m33", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16")
_M55 = ("-mcpu=cortex-m55", "-mfloat-abi=hard")
_NEON = ("-mcpu=cortex-a7", "-mfpu=neon-vfpv4", "-mfloat-abi=hard")
_NEON_FUSING = ("-mcpu=cortex-a15", *_NEON[1:])  # clang, left alone, fuses for an A15 and not for an A7
_VECTORS = ("qemu-riscv64", "-cpu", "rv64,v=true")

FIRST: tuple[Target, ...] = (
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
FURTHER: tuple[Target, ...] = (
    _further_host("gcc-11"),
    _further_host("clang-13"),
    _further_host("clang-15"),
    _further_host("clang-16"),
    _further_host("clang-19"),
    _further_host("clang-22"),
    _further_host("clang-19", "-march=haswell"),
    _further_host("clang-22", "-march=haswell"),
    replace(_further_host("tcc"), version=("-v",), libraries=()),
    _zig("0.13.0", "18", "x86_64-linux-musl", ()),
    _zig("0.15.2", "20", "x86_64-linux-musl", ()),
    _zig("0.16.0", "21", "x86_64-linux-musl", ()),
    _zig("0.14.1", "19", "aarch64-linux-musl", ("qemu-aarch64",), fuses=True),
    _zig("0.15.2", "20", "loongarch64-linux-musl", ("qemu-loongarch64",), fuses=True),
    _zig("0.17.1", "22", "powerpc64le-linux-musl", ("qemu-ppc64le",), fuses=True),
    _zig("0.17.1", "22", "riscv32-linux-musl", ("qemu-riscv32",), fuses=True),
    replace(_cortex_m("cortex-m33", "ARM Cortex-M33, gcc", "STM32L5 and U5, nRF53, RP2350", _M33, "mps2-an505"),
            levels=FURTHER_LEVELS, is_further=True),
    replace(_cortex_m("cortex-m55", "ARM Cortex-M55, gcc", "Ensemble, RA8", _M55, "mps3-an547", 300_000),
            levels=FURTHER_LEVELS, is_further=True),
    *(
        replace(_cortex_m(f"cortex-m55-{clang}", f"ARM Cortex-M55 with MVE, {clang}", "Ensemble, RA8", _M55,
                          "mps3-an547", 300_000, clang), levels=FURTHER_LEVELS, is_further=True)
        for clang in ("clang-19", "clang-22")
    ),
    _further_linux("armv7-neon", "arm-linux-gnueabihf", "armhf", "Raspberry Pi 2, BeagleBone", ("qemu-arm",), *_NEON),
    _cross_clang("clang", "armv7-neon", "arm-linux-gnueabihf", "armhf", "Jetson TK1", ("qemu-arm",), *_NEON_FUSING),
    _cross_clang("clang-19", "armv7-neon", "arm-linux-gnueabihf", "armhf", "Jetson TK1", ("qemu-arm",), *_NEON_FUSING),
    _further_linux("armel", "arm-linux-gnueabi", "armel", "old routers; soft float", ("qemu-arm",), fuses=False),
    _cross_clang("clang-19", "aarch64", "aarch64-linux-gnu", "arm64", "Jetson, phones", ("qemu-aarch64",)),
    _further_linux("rv64gc-linux", "riscv64-linux-gnu", "riscv64", "boards with Linux", ("qemu-riscv64",)),
    _cross_clang("clang-19", "rv64gcv", "riscv64-linux-gnu", "riscv64", "with vectors", _VECTORS, "-march=rv64gcv"),
    _cross_clang("clang-22", "rv64gcv", "riscv64-linux-gnu", "riscv64", "with vectors", _VECTORS, "-march=rv64gcv"),
    _further_linux("ppc64le-power8", "powerpc64le-linux-gnu", "ppc64el", "servers", ("qemu-ppc64le",)),
    *(
        _further_linux(f"ppc64le-{cpu}", "powerpc64le-linux-gnu", "ppc64el", "servers; their minimum orders zeros",
                       ("qemu-ppc64le", "-cpu", cpu), f"-mcpu={cpu}")
        for cpu in ("power9", "power10")
    ),
    _further_linux("ppc64", "powerpc64-linux-gnu", "ppc64", "big-endian", ("qemu-ppc64",)),
    _further_linux("ppc", "powerpc-linux-gnu", "powerpc", "big-endian, 32 bits; avionics", ("qemu-ppc",)),
    _further_linux("mips", "mips-linux-gnu", "mips", "big-endian; its quiet NaN is signaling elsewhere",
                   ("qemu-mips",), fuses=False),
    _further_linux("mips64el", "mips64el-linux-gnuabi64", "mips64el", "routers", ("qemu-mips64el",), fuses=False),
    _further_linux("sparc64", "sparc64-linux-gnu", "sparc64", "big-endian; space", ("qemu-sparc64",), fuses=False),
    # A program of all subjects is longer than a call of PA-RISC reaches.
    _further_linux("hppa", "hppa-linux-gnu", "hppa", "big-endian; its quiet NaN is signaling elsewhere",
                   ("qemu-hppa",), "-mlong-calls", fuses=False),
    _further_linux("i686", "i686-linux-gnu", "i386", "old PCs, with SSE2", ("qemu-i386",), "-msse2", "-mfpmath=sse",
                   fuses=False),
)  # fmt: skip
TARGETS = FIRST + FURTHER
BY_KEY = {target.key: target for target in TARGETS}
