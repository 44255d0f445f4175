"""What all rungs share: tools, copies with a seeded fault, and where results go."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from wann_rt.core.errors import ExportError
from wann_rt.core.files import write_atomic
from wann_rt.runtime_c import include_dir

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "evidence"
HARNESSES = ROOT / "tests" / "runtime_c"
GOLDEN = ROOT / "tests" / "golden"
SOURCE = (include_dir() / "wann_rt.c").read_text(encoding="utf-8")
PACKAGES = {
    "clang": "clang",
    "gcc": "gcc",
    "g++": "g++",
    "clang-19": "clang-19 libclang-rt-19-dev",
    "llvm-profdata-19": "llvm-19",
    "llvm-cov-19": "llvm-19",
    "cppcheck": "cppcheck",
}
FAULTS = {  # a line of wann_rt.c, and what it is where somebody has made a mistake
    "an unchecked source": ("if (source < least || source >= end) {", "if (source < least) {"),
    "an unchecked end": ("if (bytes > in->left) {", "if (bytes > in->left + 1) {"),
    "a narrower node": ("        count = (unsigned)take(in, 2);\n", "        count = (unsigned)take(in, 1);\n"),
    "a wrong constant": ("2.5413868f", "2.5413866f"),
    # What only a proof has to notice.
    "a forgotten node": (
        "results[k] = computed(&p, flags, weight, values);",
        "const uint8_t *q = p;\n        results[k] = computed(&q, flags, weight, values);",
    ),
    "a forgotten observation": (
        "channel = condition(channel, inputs, c->inputs, 0);",
        "(void)condition(channel, inputs, c->inputs, 0);",
    ),
    "a forgotten channel": ("channel = condition(channel, &x, 1, 0);", "(void)condition(channel, &x, 1, 0);"),
    "a forgotten clip": (
        "values[k] = conditioned(&p, values[k], is_action);",
        "const uint8_t *q = p;\n        values[k] = conditioned(&q, values[k], is_action);",
    ),
    "a walk that goes on": (
        "k < n; k++) {\n        results[k] = computed(&p",
        "k <= n; k++) {\n        results[k] = computed(&p",
    ),
    "a wide walk that goes on": (
        "k < n; k++) {\n        results[k] = computed_wide",
        "k <= n; k++) {\n        results[k] = computed_wide",
    ),
    "a forgotten small node": (
        "results[k] = computed_short(&p, weight, values);",
        "const uint8_t *q = p;\n        results[k] = computed_short(&q, weight, values);",
    ),
    "an input too many": ("while (k < n) {\n        to[k]", "while (k <= n) {\n        to[k]"),
    "a sum too far": ("sums[k] = sums[k] + x;", "sums[k + 1] = sums[k] + x;"),
    "a span too far": ("widen(spans + 2u * k, x);", "widen(spans + 2u * k + 1u, x);"),
    "a weight too far": ("float_at(own + 4u * k)", "float_at(own + 4u * k + 4u * n)"),
    "a third of two": (
        "if (count > 1) {\n        sum = sum + values[WANN_READ_U8(p + 1)]",
        "if (count > 1) {\n        sum = sum + values[WANN_READ_U8(p + 2)]",
    ),
    "a fifteenth of fourteen": ("values[WANN_READ_U8(end - count)]", "values[WANN_READ_U8(end - count - 1)]"),
    "a forgotten first byte": ("p += 1 + (count);", "p += (count);"),
    "a tenth of nine": ("p += 2u + 2u * ((count - 1u) & 7u);", "p += 2u + 2u * (count & 7u);"),
    "a skipped node": ("node < sources + c->outputs; node++) {", "node < sources + c->outputs; node += 2u) {"),
    "an unread channel": ("error == WANN_OK && n > 0; n--) {", "error == WANN_OK && n > 1u; n--) {"),
    "an unread weight": ("k < c->members; k++) {", "k + 1u < c->members; k++) {"),
    "a CRC as a node": ("in.left = size - MIN_BYTES;", "in.left = size - HEADER_BYTES;"),
    "a shorter weight": ("            p += 4;\n        }\n        sum", "            p += 2;\n        }\n        sum"),
    "a longer clip": ("            p += 4;\n        } else", "            p += 8;\n        } else"),
    "an unknown operation": ("} else if (operation != END) {", "} else if (operation > END) {"),
    "every second byte": ("        p++;\n        for (bit", "        p += 2;\n        for (bit"),
    "an unchecked scratch": ("scratch_floats < wann_scratch_floats(c)", "scratch_floats == 0"),
    "an unchecked longer scratch": ("c->floats + 2u * (uint32_t)c->actions", "c->floats + 1u * (uint32_t)c->actions"),
    "a vector too many": ("vector < c->vectors; vector++", "vector <= c->vectors; vector++"),
    "a longer vector": (
        "error = WANN_E_MISMATCH;\n            }\n            at += 4;",
        "error = WANN_E_MISMATCH;\n            }\n            at += 8;",
    ),
    "an unchecked setting": ("is_right = steps > 0 && steps <= MOST_STEPS;", "is_right = steps <= MOST_STEPS;"),
    "a source of its own": ("take(in, 2) >= (kind", "take(in, 2) > (kind"),
    "a longer line": ("unsigned k = u16_at(p + AT_SOURCES + 2) - 1u;", "unsigned k = u16_at(p + AT_SOURCES + 2);"),
    "an operand of its own": ("take(in, bytes) < numbers", "take(in, bytes) <= numbers"),
    "a hit too many": ("for (k = 0; k < others; k++) {", "for (k = 0; k <= others; k++) {"),
    "a longer text": ("- CRC_BYTES - (size_t)(at - c->blob);", "- (size_t)(at - c->blob);"),
}


@dataclass(frozen=True)
class Result:
    """What a rung found.

    Attributes:
        rung: its name.
        figures: what was measured, by name.
        controls: seeded fault -> how the rung noticed it, or None where it did not.
        problems: what is wrong, a line each.
    """

    rung: str
    figures: dict[str, int | float | str]
    controls: dict[str, str | None]
    problems: tuple[str, ...] = ()

    def all_problems(self) -> list[str]:
        """Returns what is wrong, unnoticed faults included."""
        return [*self.problems, *(f"not noticed: {fault}" for fault, seen in self.controls.items() if seen is None)]

    def save(self) -> None:
        """Writes build/evidence/<rung>.json."""
        BUILD.mkdir(parents=True, exist_ok=True)
        write_atomic(BUILD / f"{self.rung}.json", (json.dumps(asdict(self), indent=2) + "\n").encode())


def tool(name: str) -> str:
    """Returns the path of a command, or says what to install."""
    path = shutil.which(name)
    if path is None:
        raise ExportError(f"{name} is not installed; on Debian 12: apt-get install {PACKAGES[name]}")
    return path


def call(command: Sequence[str | Path], seconds: int = 900) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, whatever that is."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise ExportError(f"{Path(words[0]).name} did not end within {seconds} s") from None


def must(command: Sequence[str | Path]) -> str:
    """Runs a command that has to succeed; returns what it printed."""
    done = call(command)
    if done.returncode != 0:
        raise ExportError(f"{' '.join(map(str, command))}\nfailed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def runtime_copy(folder: Path, fault: str | None = None) -> Path:
    """Writes wann_rt.c, with a seeded fault if one is named, into a folder; returns its path."""
    text = SOURCE
    if fault is not None:
        text = replaced(text, *FAULTS[fault])
    path = folder / "wann_rt.c"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def replaced(text: str, old: str, new: str) -> str:
    """Returns text with its only ``old`` replaced."""
    if text.count(old) != 1:
        raise ExportError(f"a seeded fault needs {old!r} exactly once; it is there {text.count(old)} times")
    return text.replace(old, new)
