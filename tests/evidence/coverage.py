"""Modified condition/decision coverage of wann_rt.c, by clang 19: every condition shown to decide by itself."""

import json
import math
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cross.blobs import palette
from helpers import bad_blobs
from helpers.runtime_library import example

from evidence import seeds
from evidence.fuzz import KEPT
from evidence.rung import HARNESSES, Result, must, runtime_copy, tool
from wann_rt.exporters.to_blob import to_blob
from wann_rt.runtime_c import include_dir

KINDS = ("functions", "lines", "branches", "mcdc")


def run() -> Result:
    """Measures all kinds of coverage, and again without the blobs of one error."""
    with tempfile.TemporaryDirectory() as name:
        summary = measured(Path(name, "all"), blobs())
        fewer = {key: blob for key, blob in blobs().items() if "ORDER" not in key and "kept" not in key}
        control = measured(Path(name, "fewer"), fewer)
    figures: dict[str, int | float | str] = {}
    problems = []
    for kind in KINDS:
        count, covered = summary[kind]["count"], summary[kind]["covered"]
        figures[kind] = f"{covered} of {count}"
        if covered != count or count == 0:
            problems.append(f"{covered} of {count} {kind} are covered")
    lost = summary["mcdc"]["covered"] - control["mcdc"]["covered"]
    seen = f"{lost} conditions fewer" if lost > 0 else None
    return Result("coverage", figures, {"no blob with a source out of order": seen}, tuple(problems))


def blobs() -> dict[str, bytes]:
    """Returns good and bad blobs by name; a good one, of few nodes, first."""
    bad = {f"{code} {what}": blob for code, of in bad_blobs.BAD.items() for what, blob in of.items()}
    bad |= {f"monitor {code} {what}": blob for code, of in bad_blobs.BAD_MONITOR.items() for what, blob in of.items()}
    kept = {f"kept {k}": bytes.fromhex(line) for k, line in enumerate(KEPT.read_text(encoding="ascii").split())}
    good = to_blob(example(), vectors=2, contract=True)
    pairs = ((1.0, math.nan), (math.nan, 1.0), (math.nan, math.copysign(math.nan, -1)), (1.0, 2.0))
    body = bad_blobs.WEIGHT + bad_blobs.NODES
    vectors = {
        f"vector {pair}": bad_blobs.sealed(body + bad_blobs.floats(*pair), counts=(1, 1, 1, 1, 1)) for pair in pairs
    }
    vectors["wide and signed"] = bad_blobs.sealed(bad_blobs.WEIGHT + bytes([0x11, 2, 0, 0x12, 0, 0, 3, 0]), flags=3)
    everything = {"good": good, "palette": to_blob(palette(), vectors=0), **vectors}
    return {**everything, **seeds.seeds(), **bad_blobs.GOOD_DERIVED, **bad_blobs.GOOD_MONITOR, **bad, **kept}


def measured(folder: Path, inputs: Mapping[str, bytes]) -> dict[str, Any]:
    """Returns llvm-cov's totals for wann_rt.c after a run on blobs."""
    runtime = runtime_copy(folder)
    paths = [folder / f"{k}.blob" for k in range(len(inputs))]
    for path, blob in zip(paths, inputs.values(), strict=True):
        path.write_bytes(blob)
    program, raw, profile = folder / "cover", folder / "raw", folder / "profile"
    instrument = ["-fprofile-instr-generate", "-fcoverage-mapping", "-fcoverage-mcdc"]
    flags = ["-std=c99", "-O0", *instrument, f"-I{include_dir()}"]
    must([tool("clang-19"), *flags, HARNESSES / "cover.c", runtime, "-o", program, "-lm"])
    subprocess.run([program, *paths], check=True, env=os.environ | {"LLVM_PROFILE_FILE": str(raw)})
    must([tool("llvm-profdata-19"), "merge", raw, "-o", profile])
    exported = must([tool("llvm-cov-19"), "export", "-summary-only", f"-instr-profile={profile}", program, runtime])
    totals: dict[str, Any] = json.loads(exported)["data"][0]["totals"]
    return totals
