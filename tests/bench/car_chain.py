"""``make car-chain``: what the way from the camera's rows to the actions costs; writes docs/car_chain.json.

Instructions are counted in a simulator (``tests/size``), those of frames of grass and of noise; the greater number
counts. ``make car`` shows the figures in docs/car.md.
"""

import json
from pathlib import Path

from size.measure import Figures, Subject, measure
from size.processors import BY_KEY

from wann_rt.core import files
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_onnx.model import to_onnx
from wann_rt.tasks.car.sight import sight

ROOT = Path(__file__).parents[2]
STORE = ROOT / "docs/car_chain.json"
CARS = {"pca": "tuned.json", "random": "random.json"}
PROCESSORS, LEVEL, FRAMES = ("m4f", "rv32"), "-O2", 8
ROW_BYTES = 288
SOURCE = """\
#include "subject.h"
#include "sized.h"
static uint8_t rgb[SIZED_ROW_BYTES];
static sized_frame frame;
int size_setup(void) {
    uint32_t k;
    for (k = 0; k < SIZED_ROW_BYTES; k++) {
        rgb[k] = <pixel>;
    }
    sized_frame_reset(&frame);
    return 0;
}
void size_step(const size_value *observation, size_action *actions) {
    float seen[SIZED_N_OBSERVATIONS];
    unsigned k;
    (void)observation;
    <rows>
    <observe>
    <step>
    for (k = 0; k < 3u; k++) {
        actions[k] = <result>;
    }
}
"""
GRASS, NOISE = "k % 3u == 1u ? 230 : 100", "(uint8_t)((k * 2654435761u) >> 24)"
ALL = "for (k = 0; k < SIZED_FRAME_ROWS; k++) { sized_row(&frame, k, rgb); }"
# What a program does, so that differences say what each part costs: rows, observe and step.
PARTS = {
    "nothing": ("", "", "", "(float)frame.sums[k]"),
    "plain row": ("frame.next = 82; sized_row(&frame, 82, rgb);", "", "", "(float)frame.sums[k]"),
    "last row of a band": ("frame.next = 76; sized_row(&frame, 76, rgb);", "", "", "(float)frame.sums[k]"),
    "frame": (ALL, "", "", "(float)frame.sums[k]"),
    "frame and actions": (ALL, "(void)sized_observe(&frame, seen);", "sized_step(seen, actions);", "actions[k]"),
}


def measured(encoder: str, key: str, part: str, pixel: str = NOISE) -> Figures:
    """Returns what a program costs beyond an empty one."""
    text = to_c(files.load(ROOT / "examples/car" / CARS[encoder]), prefix="sized", sight=sight(encoder))
    marks = ("rows", "observe", "step", "result")
    source = SOURCE.replace("<pixel>", pixel)
    for mark, value in zip(marks, PARTS[part], strict=True):
        source = source.replace(f"<{mark}>", value)
    return measure(Subject("car", source, 18, 3, {"sized.h": text}), BY_KEY[key], LEVEL, FRAMES)


def costs(encoder: str, key: str) -> dict[str, int]:
    """Returns the figures of one encoder on one processor."""
    found = {part: measured(encoder, key, part) for part in PARTS}
    grass = {part: measured(encoder, key, part, GRASS).most for part in PARTS}
    most = {part: max(found[part].most, grass[part]) - found["nothing"].most for part in PARTS}
    whole = found["frame and actions"]
    return {
        "flash": whole.flash,
        "stack": whole.stack,
        "memory": whole.bss - ROW_BYTES,
        "plain_row": most["plain row"],
        "last_row": most["last row of a band"],
        "rows": most["frame"],
        "frame": most["frame and actions"],
    }


def main() -> None:
    """Measures all, prints it and keeps it."""
    found = {
        encoder: {key: costs(encoder, key) for key in PROCESSORS}
        | {"onnx_bytes": len(to_onnx(files.load(ROOT / "examples/car" / name), exact=True, sight=sight(encoder)))}
        for encoder, name in CARS.items()
    }
    text = json.dumps(found, indent=1)
    print(text)
    STORE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
