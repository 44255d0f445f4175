"""What a step costs at most: stack and instructions, read off the compiled code.

A step has no loop, so no instruction of it runs twice: all of them together, those of the functions it calls included
once for each call, are a bound. The assembly is looked through for cycles; with one there is no bound.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from wann_rt.core.disk import temporary_folder
from wann_rt.exporters.targets.targets import BY_KEY

SECONDS = 60
TARGETS = ("x86_64-gcc", "cortex-m0", "cortex-m4f", "rv32imafc", "aarch64", "atmega328p")
_LABEL = re.compile(r"^([\w.$]+):")
_OPERATION = re.compile(r"^\t([a-z][\w.]*)(?:[\t ](.*))?$")
_SYMBOL = re.compile(r"(?<![\w.$#])([A-Za-z_.][\w.$]*)\s*(?:@PLT|@plt)?$")
_CALLS = {"call", "bl", "blx", "jal", "rcall", "tail", "jmp", "b", "j", "rjmp"}
_LAST = re.compile(r"(ret|bx|br|jr|tail|r?jmp|j|b|b\.n|b\.w)( |$)|(pop|ldm).*pc")  # nothing follows it
_WIDE = {"call", "tail", "la", "lla", "li"}  # of RISC-V: written as one, may be two
_USAGE = re.compile(r":([\w.]+)\t(\d+)\t(\S+)$")


class Bound(NamedTuple):
    """The cost of a step on one target.

    Attributes:
        target: key of the target.
        compiler: its command line.
        instructions: at most so many a step; None where that is not known.
        stack: at most so many bytes, without what the call itself takes; None where that is not known.
        note: why something is not known, or "".
    """

    target: str
    compiler: str
    instructions: int | None
    stack: int | None
    note: str


def bounds(header: str, prefix: str, level: str = "-O2") -> list[Bound]:
    """Returns what a step costs on each target whose compiler is here; on the others, why it was not measured."""
    return [bound(header, prefix, key, level) for key in TARGETS]


def bound(header: str, prefix: str, key: str, level: str = "-O2") -> Bound:
    """Returns what a step costs on one target."""
    target = BY_KEY[key]
    flags = [f for f in target.flags if not f.startswith(("-Wl,", "-nostdlib", "-static", "-D"))]
    command = [target.compiler, *flags, level]
    shown = " ".join(command)
    if shutil.which(target.compiler) is None:
        return Bound(key, shown, None, None, f"not run: {target.compiler} is not installed")
    with temporary_folder() as folder:
        (folder / "step.h").write_text(header, encoding="utf-8")
        has_state = f"typedef struct {prefix}_state {{" in header
        taken, given = (f"{prefix}_state *state, ", "state, ") if has_state else ("", "")
        head = f"void bounded({taken}const float *obs, float *actions)"
        code = f'#include "step.h"\n{head} {{ {prefix}_step({given}obs, actions); }}\n'
        (folder / "step.c").write_text(code, encoding="utf-8")
        options = ["-w", "-fstack-usage", "-fno-pic", "-fno-asynchronous-unwind-tables", "-S", "step.c", "-o", "step.s"]
        error = _failure([*command, *options], folder)
        if error is not None:
            return Bound(key, shown, None, None, f"not compiled: {error}")
        listing = (folder / "step.s").read_text(encoding="utf-8")
        usage: dict[str, int | None] = {}
        for line in (folder / "step.su").read_text(encoding="utf-8").splitlines():
            if found := _USAGE.search(line):
                usage[found[1]] = int(found[2]) if found[3] == "static" else None
    return _bound(key, shown, functions(listing, is_riscv=key.startswith("rv")), usage)


class Code(NamedTuple):
    """A function: how many instructions, what it calls, and whether it jumps back."""

    instructions: int
    calls: tuple[str, ...]
    loops: bool


def _bound(key: str, shown: str, code: dict[str, Code], usage: dict[str, int | None]) -> Bound:
    try:
        instructions, stack = _cost("bounded", code, usage, ())
    except LookupError as error:
        return Bound(key, shown, None, None, str(error.args[0]))
    return Bound(key, shown, instructions, stack, "" if stack is not None else "the stack is not known")


def _cost(
    name: str, code: dict[str, Code], usage: dict[str, int | None], above: tuple[str, ...]
) -> tuple[int, int | None]:
    """Returns instructions and bytes of stack of a function and of all that it calls."""
    if name not in code:
        raise LookupError(f"calls {name} of the compiler's library, of which nothing is known here")
    if code[name].loops or name in above:
        raise LookupError(f"{name} has a loop")
    below = [_cost(called, code, usage, (*above, name)) for called in code[name].calls]
    own, deepest = usage.get(name, usage.get(name.split(".")[0])), [stack for _, stack in below]
    is_known = own is not None and None not in deepest
    stack = (own or 0) + max((s or 0 for s in deepest), default=0) if is_known else None
    return code[name].instructions + sum(count for count, _ in below), stack


def functions(listing: str, *, is_riscv: bool = False) -> dict[str, Code]:
    """Returns the functions of a compiler's assembly."""
    found: dict[str, Code] = {}
    name, blocks = "", [_Block("")]
    for line in [*listing.splitlines(), "end_of_all:"]:
        label = _LABEL.match(line)
        if label and not label[1].startswith("."):
            if name:
                count = sum(block.instructions for block in blocks)
                found[name] = Code(count, tuple(call for block in blocks for call in block.calls), _has_cycle(blocks))
            name, blocks = label[1], [_Block("")]
        elif label:
            blocks.append(_Block(label[1]))
        elif operation := _OPERATION.match(line):
            blocks[-1].add(operation[1], operation[2] or "", is_riscv)
    return found


class _Block:
    """The instructions from one label to the next."""

    def __init__(self, label: str) -> None:
        self.label, self.instructions, self.is_last = label, 0, False
        self.calls: list[str] = []
        self.jumps: list[str] = []

    def add(self, operation: str, operands: str, is_riscv: bool) -> None:
        """Takes one instruction."""
        self.instructions += 2 if is_riscv and operation in _WIDE else 1
        self.is_last = _LAST.match(f"{operation} {operands}".strip()) is not None
        symbol = _SYMBOL.search(operands.split("//")[0].split("@ ")[0].rstrip())
        if symbol is None:
            return
        if symbol[1].startswith(".") and operation[0] in "bcjrt":
            self.jumps.append(symbol[1])
        elif operation in _CALLS:
            self.calls.append(symbol[1])


def _has_cycle(blocks: list[_Block]) -> bool:
    """Whether some block can be reached from itself; one that was moved out of line comes back, but to a later one."""
    number = {block.label: k for k, block in enumerate(blocks)}
    after = [[number[label] for label in block.jumps if label in number] for block in blocks]
    for k, block in enumerate(blocks[:-1]):
        if not block.is_last:
            after[k].append(k + 1)
    left = dict(enumerate(map(set, after)))
    while left:  # blocks that lead to none of those left are on no cycle
        ends = {k for k, targets in left.items() if not targets & left.keys()}
        if not ends:
            return True
        left = {k: targets for k, targets in left.items() if k not in ends}
    return False


def _failure(command: list[str], folder: Path) -> str | None:
    """Runs a command in a folder; returns the first line of what it says where it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:200]
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason given"])[0][:200]
