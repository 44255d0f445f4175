"""Laws of the example that takes raw images: what it prepares and decides has the bits of Python."""

import subprocess
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from helpers import needs
from helpers.digits import drawn_digits

import wann_rt as wr
from wann_rt.core.reference import evaluate
from wann_rt.tasks.dataset.images import prepared

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits"
PRINTS = """
#include <stdio.h>
#include "prepare.h"
int main(void) {
    uint8_t raw[DIGITS_RAW * DIGITS_RAW];
    float observation[DIGITS_SIDE * DIGITS_SIDE];
    while (fread(raw, sizeof raw, 1, stdin) == 1) {
        digits_prepare(raw, observation);
        fwrite(observation, sizeof observation, 1, stdout);
    }
    return 0;
}
"""


def built(source: Path, folder: Path) -> Path:
    """Compiles a program."""
    flags = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", f"-I{EXAMPLE}", f"-I{folder}")
    subprocess.run([needs.any_compiler(), *flags, "-o", folder / "program", source], check=True)
    return folder / "program"


def images() -> np.ndarray:
    """Returns digits, noise, flat images and empty ones."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8)
    flat = np.zeros((2, 28, 28), np.uint8)
    flat[0, 13] = 255
    return np.concatenate([drawn_digits(40)[0], noise, flat])


def test_prepared_images_have_the_bits_of_python(tmp_path: Path) -> None:
    (tmp_path / "prints.c").write_text(PRINTS)
    raw = images()
    done = subprocess.run(
        [built(tmp_path / "prints.c", tmp_path)], input=raw.tobytes(), capture_output=True, check=True
    )
    assert np.array_equal(np.frombuffer(done.stdout, np.float32).reshape(-1, 256), prepared(raw))


def test_raw_images_are_decided_as_in_python(tmp_path: Path) -> None:
    controller = wr.load(EXAMPLE / "digits.json")
    wr.export(controller, out=tmp_path / "digits.h")
    raw = images()
    done = subprocess.run([built(EXAMPLE / "digits.c", tmp_path)], input=raw.tobytes(), capture_output=True, check=True)
    assert [int(line) for line in done.stdout.split()] == controller.decide(prepared(raw)).tolist()


def test_the_exact_model_takes_the_image_of_16_by_16_and_has_the_bits_of_python() -> None:
    controller = wr.load(EXAMPLE / "digits.json")
    session = ort.InferenceSession(wr.export(controller, "onnx-exact"))
    x = prepared(images())
    assert session.get_inputs()[0].shape == ["batch", 16 * 16]
    assert np.array_equal(session.run(None, {"obs": x})[0], evaluate(controller, x))


@pytest.mark.long
def test_every_form_of_the_example_s_classifier_keeps_its_promise() -> None:
    needs.any_compiler()
    controller = wr.load(EXAMPLE / "digits.json")
    assert controller.provenance["task"] == "mnist"
    assert controller.network.n_connections <= 1000
    assert wr.verify(controller).ok
