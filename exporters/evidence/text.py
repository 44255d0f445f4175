"""The evidence of a controller in words, for the engineer who has to argue with it."""

from collections.abc import Sequence
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.version import __version__
from wann_rt.exporters.evidence.trace import Row

_CLAIM = """\
# Evidence for the controller {name}

Written by `wann-rt evidence` of wann_rt {version}. It is evidence, not certification: what is assumed is said.

* Controller: `controller.json`, digest `{digest}`
* Generated code: `{prefix}.h`, which carries the same digest (`{macro}_DIGEST`) and the interface {interface}
* Verdict: **{verdict}**

**Exact replication.** The trained model and the implementation are one function on float32: same observation, same
bits of the actions. This is the *exact replication* criterion of ARP6983/ED-324, and the SONNX profile's tolerance with
epsilon = 0. It is not a bound on an error: there is no error to bound. Every NaN counts as the same.

**Back-to-back test** (ISO 26262-6, IEC 61508-3) between the model - the reference evaluator in Python, which wrote the
recorded vectors - and each implementation, on the same vectors: recorded ones, special values, random ones.
"""
_STATE = """
**State.** The controller remembers {count} numbers, in a `{prefix}_state` that is the caller's; nothing is hidden. One
function takes state and observation to actions and state: that is what is replicated. So the tests above run sequences
with resets, and the self-test compares what is remembered as well as the actions. When it is reset is the integrator's
to show: before the first step, after a switch of modes, a fault, a restart of the plant, or steps that were left out.
"""
_ASSUMED = """\
## Assumed, not shown here

* That training was right: the model is what was asked for. No statement is made about its behaviour in the field.
* That the compiler used in the end is one of those above, or that `{prefix}_selftest()` is called at start-up and its
  result obeyed: it computes recorded and drawn vectors on the very processor, and returns the sum of the faults found.
* Vectors are samples. For all inputs at once, small champions of the zoo are proven by translation validation (the
  project's `make translation`); this command proves nothing by itself.
* Instruction counts are no time: caches, wait states and interrupts are the board's.
"""


def document(controller: Controller, prefix: str, found: dict[str, Any], rows: Sequence[Row]) -> str:
    """Returns EVIDENCE.md."""
    claim = _CLAIM.format(
        name=_cell(controller.name),
        version=__version__,
        digest=found["digest"],
        prefix=prefix,
        macro=prefix.upper(),
        interface=found["interface"],
        verdict=found["verdict"],
    )
    parts = [
        claim,
        *_table("evaluator", ("promise", "vectors", "bits equal", "kept"), _back_to_back(found)),
        *([_STATE.format(count=controller.memory.size, prefix=prefix)] if controller.derived else []),
        "\n## Compilers and targets tried\n",
        *_table("target", ("compiler", "level", "vectors", "mismatches", "self-test"), _targets(found)),
        "\n## Static bounds of one step, -O2\n",
        *_table("target", ("instructions at most", "stack in bytes at most", "note"), _bounds(found)),
        f"\n## MISRA C:2012, {prefix}.h\n",
        *_misra(found["misra"]),
        "\n## Traceability\n",
        "Each element of the controller file (JSON pointers) and the lines that compute it; also in `trace.csv`.\n",
        *_table("element", ("controller.json", "line", "C"), _traced(rows)),
        "",
        _ASSUMED.format(prefix=prefix),
        "`SHA256SUMS` holds the digest of every file here (`sha256sum -c SHA256SUMS`), `sbom.cdx.json` a bill of",
        "materials in CycloneDX 1.5, `vectors.csv` the recorded vectors as exact hexadecimal floats.",
    ]
    return "\n".join(parts) + "\n"


def _table(first: str, others: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    head = [f"| {' | '.join((first, *others))} |", "|---" * (1 + len(others)) + "|"]
    return [*head, *(f"| {' | '.join(_cell(value) for value in row)} |" for row in rows)]


def _cell(value: object) -> str:
    """Returns a value as the text of a cell."""
    shown = {None: "-", True: "yes", False: "no"}.get(value, value) if isinstance(value, bool | None) else value
    text = f"{shown:,}" if isinstance(shown, int) else str(shown)
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _back_to_back(found: dict[str, Any]) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = []
    for values in found["back_to_back"].values():
        said = values["skipped"] or values["failed"]
        kept = f"not run: {said}" if said else ("not tested" if values["kept"] is None else values["kept"])
        rows.append((values["title"], values["promise"], values["vectors"], values["bit_equal"], kept))
    return rows


def _targets(found: dict[str, Any]) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = []
    for values in found["targets"].values():
        said = values["skipped"] or values["failed"]
        result = f"not run: {said.splitlines()[0]}" if said else ("fails" if values["refusing"] else "passes")
        compiler = f"{values['compiler']} {' '.join(values['flags'])}"
        counts = (values["vectors"], values["mismatches"]) if not said else (None, None)
        rows.append((values["title"], compiler, " ".join(values["levels"]), *counts, result))
    return rows


def _bounds(found: dict[str, Any]) -> list[Sequence[object]]:
    return [(b["compiler"], b["instructions"], b["stack"], b["note"]) for b in found["bounds"]]


def _misra(found: dict[str, Any]) -> list[str]:
    if found["not_run"]:
        return [f"Not run: {found['not_run']}."]
    rows = [(rule, one["count"], one["reason"] or "NO REASON RECORDED") for rule, one in found["findings"].items()]
    said = f"Checked with the addon of {found['tool']}, which covers a part of the rules; no claim of compliance.\n"
    return [said, *_table("rule", ("findings", "reason"), rows)]


def _traced(rows: Sequence[Row]) -> list[Sequence[object]]:
    return [
        (row.element, " ".join(row.json), "-" if row.lines is None else f"{row.lines[0]}", f"`{row.text}`")
        for row in rows
    ]
