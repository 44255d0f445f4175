"""From the camera's frame to the actions: ONNX and C give the bits of Python, on Gymnasium's frames and on noise."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from click.testing import CliRunner
from helpers import needs
from helpers.c_library import Library
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

import wann_rt as wr
from wann_rt.cli import main
from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.core.errors import ControllerError, ExportError, TaskError
from wann_rt.core.network import Connection, Network
from wann_rt.core.sight import Bar, Box
from wann_rt.exporters import sighted
from wann_rt.exporters.to_c.header import to_c, unit
from wann_rt.exporters.to_onnx.model import to_onnx
from wann_rt.tasks.car import camera, encoders, indicators

Frames = NDArray[np.uint8]
CAR = Path(__file__).parents[2] / "examples/car/tuned.json"
SIDE, ROW = 96, 288
SLOW = pytest.mark.slow
ENTRY = """
EXPORT int read_<p>(const uint8_t *frame, float *obs, float *actions, int first, int last);
EXPORT int selftest_<p>(void);
EXPORT int read_<p>(const uint8_t *frame, float *obs, float *actions, int first, int last) {
    static <p>_frame kept;
    int y;
    int missing;
    for (y = first; y < last; y++) {
        <p>_row(&kept, (uint32_t)y, frame + <P>_ROW_BYTES * y);
    }
    missing = <p>_observe(&kept, obs);
    <step>
    return missing;
}
EXPORT int selftest_<p>(void) { return <p>_selftest() | <p>_selftest_frame(); }
"""
STEP = "<p>_step(obs, actions);"


def few(derived: bool) -> Controller:
    """Returns a controller that reads a latent and two bars, in another order, perhaps with a rate of one."""
    sensors = (Channel("yaw_rate", "rad/s", scale=0.5), Channel("latent_3"), Channel("speed", offset=30.0, scale=0.05))
    rates = (Derived(Channel("turning"), "rate_of", ("yaw_rate",)),) * derived
    inputs = 3 + len(rates)
    pairs = [(source, inputs + 1) for source in range(inputs + 1)]
    network, _ = Network.build(inputs, {}, {inputs + 1: 1}, [Connection(*pair) for pair in pairs])
    return Controller("few", network, Weight.shared(0.75), sensors, (Channel("steering"),), 50.0, derived=rates)


@pytest.fixture(scope="module")
def car() -> Controller:
    return wr.load(CAR)


@pytest.fixture(scope="module")
def noise() -> Frames:
    return np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def frames(noise: Frames) -> Frames:
    """Returns frames of a drive on the road, of a skid on the grass, and noise."""
    needs.module("Box2D")
    needs.module("pygame")
    import gymnasium

    environment = gymnasium.make("CarRacing-v3")
    seen = [environment.reset(seed=1)[0]]
    for step in range(42):
        action = np.array([0.0 if step < 28 else 1.0, 1.0, 0.0], np.float32)
        frame = environment.step(action)[0]
        seen += [frame] if step % 14 == 13 else []
    return np.concatenate([np.array(seen), noise])


@pytest.fixture(scope="module")
def library(car: Controller) -> Library:
    needs.program("cc")
    headers = {
        "pca": to_c(car, prefix="pca", sight=wr.sight("pca")),
        "random": to_c(car, prefix="random", sight=wr.sight("random")),
        "few": to_c(few(False), prefix="few", sight=wr.sight()),
    }
    return Library(headers, "cc", ("-O1",), ENTRY.replace("<step>", STEP))


def session_of(model: bytes) -> ort.InferenceSession:
    """Returns a session of one thread: more of them wait for each other where a machine is busy."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(model, options)


def read(library: Library, prefix: str, frame: Frames, rows: tuple[int, int] = (0, SIDE)) -> tuple[Any, Any, int]:
    """Returns observations, actions and what the header says of rows of a frame."""
    obs, actions = np.full(18, np.nan, np.float32), np.empty(3, np.float32)
    pointers = [array.ctypes.data for array in (np.ascontiguousarray(frame), obs, actions)]
    said = library.read(prefix, pointers, rows)
    return obs, actions, said


@pytest.mark.parametrize("encoder", [*encoders.names_of_cells(), "vae_quarter", pytest.param("vae", marks=SLOW)])
def test_the_one_model_from_frame_to_actions_has_pythons_bits(car: Controller, frames: Frames, encoder: str) -> None:
    sight = wr.sight(encoder)
    expected = np.array([car(sight.read(frame)) for frame in frames])
    exact, plain = (session_of(to_onnx(car, exact=exact, sight=sight)) for exact in (True, False))
    assert np.array_equal(exact.run(None, {"frame": frames})[0], expected)
    assert np.array_equal(exact.run(None, {"frame": frames[:1]})[0], expected[:1])
    assert np.abs(plain.run(None, {"frame": frames})[0] - expected).max() < 1e-5
    assert len(np.unique(expected, axis=0)) == len(frames)  # frames that differ


def test_other_runtimes_read_the_same_of_frames(car: Controller, frames: Frames) -> None:
    """Of a graph of integers OpenVINO made other actions altogether: it computes them in floats."""
    few_frames = frames[1:]
    expected = np.array([car(wr.sight().read(frame)) for frame in few_frames])
    model = to_onnx(car, exact=True, sight=wr.sight())
    found: Any = ReferenceEvaluator(onnx.load_from_string(model)).run(None, {"frame": few_frames})
    assert np.array_equal(found[0], expected)
    openvino = needs.module("openvino")
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert np.abs(compiled(few_frames)[0] - expected).max() < 1e-6


@pytest.mark.parametrize("encoder", encoders.names_of_cells())
def test_rows_one_by_one_give_pythons_bits(library: Library, car: Controller, frames: Frames, encoder: str) -> None:
    sight = wr.sight(encoder)
    for frame in frames:
        obs, actions, said = read(library, encoder, frame)
        assert said == 0
        assert np.array_equal(obs, sight.read(frame))
        assert np.array_equal(actions, car(obs))
    assert library.selftest(encoder) == 0


def test_what_a_sight_reads_is_what_the_environment_observes_of_frames(frames: Frames) -> None:
    for frame in frames:
        pca: Any = encoders.encoder("pca")
        latents = pca.latents(camera.cells_of(frame))
        assert np.array_equal(wr.sight().read(frame), [*latents, *indicators.read(frame)])


def test_a_controller_of_some_observations_in_another_order(library: Library, noise: Frames) -> None:
    controller, sight = few(False), wr.sight()
    names = [channel.name for channel in controller.observations]
    expected = np.array([controller(sight.read(frame, names)) for frame in noise])
    session = session_of(to_onnx(controller, exact=True, sight=sight))
    assert np.array_equal(session.run(None, {"frame": noise})[0], expected)
    assert [float(read(library, "few", frame)[1][0]) for frame in noise] == expected.ravel().tolist()
    assert library.selftest("few") == 0


def test_a_controller_with_a_state_sees_frame_after_frame(noise: Frames) -> None:
    needs.program("cc")
    controller, sight = few(True), wr.sight()
    names = [channel.name for channel in controller.observations]
    state, expected = controller.start(), []
    for frame in noise:
        action, state = controller.step(state, sight.read(frame, names))
        expected.append(action)
    session = session_of(to_onnx(controller, exact=True, sight=sight))
    h = np.zeros((1, controller.memory.size), np.float32)
    step = "static few_state state; few_step(&state, obs, actions);"  # cleared, which is what a reset does
    library = Library(
        {"few": to_c(controller, prefix="few", sight=sight)}, "cc", ("-O1",), ENTRY.replace("<step>", step)
    )
    for frame, action in zip(noise, expected, strict=True):
        given, h = session.run(None, {"frame": frame[None], "h_in": h})
        assert np.array_equal(given[0], action)
        assert read(library, "few", frame)[1][0] == action[0]


def test_a_frame_that_lacks_a_row_is_told_and_the_next_one_is_whole(library: Library, noise: Frames) -> None:
    for rows in ((0, 50), (51, 96), (3, 4), (95, 96)):
        obs, _, said = read(library, "pca", noise[0], rows)
        assert said == 1
        assert np.isnan(obs).all()
    obs, _, said = read(library, "pca", noise[1])
    assert said == 0
    assert np.array_equal(obs, wr.sight().read(noise[1]))


def test_the_self_test_of_frames_notices_what_is_not_as_it_was(car: Controller) -> None:
    needs.program("cc")
    changes = {
        "weight": ("{17, 27, 44,", "{17, 26, 44,"),
        "limit": ("> 100 ?", "> 101 ?"),
        "lift": ("3060 - 2", "3060 - 1"),
    }
    headers = {name: to_c(car, prefix=name, sight=wr.sight()) for name in changes}
    wrong = {name: text.replace(*changes[name]) for name, text in headers.items()}
    assert all(wrong[name] != text for name, text in headers.items())
    library = Library(wrong, "cc", ("-O0",), ENTRY.replace("<step>", STEP))
    assert [library.selftest(name) for name in changes] == [256, 256, 256]


def test_a_header_and_a_file_declare_what_reads_frames(car: Controller) -> None:
    header, source = unit(car, "pca", sight=wr.sight()).split("pca.h", "pca.c").values()
    for call in ("pca_frame_reset(", "pca_row(", "pca_observe(", "pca_selftest_frame("):
        assert any(call in line and line.endswith((");", ",")) for line in header.splitlines())
    assert "static inline void pca_row" not in source
    assert "{17, 27, 44," not in header


def test_bars_are_whole_numbers_of_what_their_pixels_say() -> None:
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    for total in range(0, 12 * 255 + 1, 7):
        frame[84:, 13, 0] = [min(max(total - 255 * k, 0), 255) for k in range(12)]
        assert indicators.SPEED.read(frame) == np.float32(max(round(total / 255 * 100 / 12 - 1.85), 0) / 0.4)
    frame[:] = 0
    for plus, minus in ((0, 0), (9, 0), (0, 11), (22, 0), (0, 24), (5, 17)):
        frame[88, 50:96, 0] = 0
        frame[88, 50 : 50 + plus, 0], frame[88, 72 : 72 + minus, 0] = 253, 253
        assert indicators.YAW.read(frame) == np.float32(np.floor((plus - minus) * 1000 / 96 + 0.5) / 20)


def test_what_cannot_be_read_from_frames_is_one_clear_error(car: Controller) -> None:
    other = replace(car, observations=(*car.observations[:17], Channel("yawrate")), vectors=())
    with pytest.raises(ExportError, match=r"observation 'yawrate' of .* cannot be read .*; did you mean 'yaw_rate'"):
        to_c(other, sight=wr.sight())
    with pytest.raises(ExportError, match=r"sight 'pca': expected what wr.sight\(encoder\) returns"):
        wr.export(car, "c", sight="pca")
    with pytest.raises(ExportError, match="without compat"):
        wr.export(car, "onnx", sight=wr.sight(), compat="onnx2c")
    with pytest.raises(ExportError, match="format blob has no option 'sight'"):
        wr.export(car, "blob", sight=wr.sight())
    with pytest.raises(ExportError, match="frames are read in float32; number q12 reads none"):
        wr.export(car, "c", sight=wr.sight(), number="q12")
    with pytest.raises(TaskError, match=r"no encoder \['pca'\]; encoders: pca, random"):
        wr.sight(["pca"])  # type: ignore[arg-type]
    with pytest.raises(ControllerError, match=r"no observation 'yaw' is read from a frame; latent_0, .*, yaw_rate are"):
        wr.sight().read(np.zeros((SIDE, SIDE, 3), np.uint8), ["speed", "yaw"])
    with pytest.raises(TaskError, match="no encoder 'vea'; encoders: pca, random, vae, vae_quarter"):
        wr.sight("vea")
    with pytest.raises(ExportError, match=r"encoder 'vae_quarter' has layers of convolutions.*: C reads a frame row"):
        to_c(car, sight=wr.sight("vae_quarter"))
    bar = replace(wr.sight().bars[0], gain=10_000)
    with pytest.raises(ExportError, match=r"the bar 'speed' may grow to \d+: float32 in ONNX holds whole numbers"):
        to_onnx(car, sight=replace(wr.sight(), bars=(bar, wr.sight().bars[1])))
    pca: Any = wr.sight().encoder
    large = replace(pca, weights=pca.weights * 1000)
    with pytest.raises(ExportError, match="the sums of encoder 'pca' may grow beyond 32 bits"):
        to_c(car, sight=replace(wr.sight(), encoder=large))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda frame: np.moveaxis(frame, -1, 0), r"uint8 .3, 96, 96. came: colours come last here"),
        (lambda frame: frame / np.float32(255), r"float32 .96, 96, 3. came: bytes of 0 to 255, neither divided"),
        (lambda frame: frame.astype(np.int8), r"int8 .96, 96, 3. came: bytes of 0 to 255"),
        (lambda frame: frame[None], r"came: one frame at a time"),
        (lambda frame: frame[:84], r"a frame is uint8 .96, 96, 3.; uint8 .84, 96, 3. came$"),
        (lambda frame: frame.tolist(), r"list without a shape came"),
    ],
)
def test_what_is_no_frame_is_refused_in_python_and_by_onnxruntime(noise: Frames, changed: Any, says: str) -> None:
    """Otherwise all of it is read as some frame: reports of transposed, twice divided and cropped images."""
    with pytest.raises(ControllerError, match=says):
        wr.sight().read(changed(noise[0]))
    session = session_of(to_onnx(few(False), sight=wr.sight()))
    with pytest.raises(Exception, match=r"(?i)invalid|unexpected"):
        session.run(None, {"frame": np.asarray(changed(noise[0]))[None] if "list" not in says else noise[0]})


def test_the_command_writes_both_forms_and_refuses_another_encoder(tmp_path: Path) -> None:
    ran = CliRunner().invoke(
        main, ["export", str(CAR), "--to", "c", "--to", "onnx-exact", "--encoder", "pca", "--out", f"{tmp_path}/"]
    )
    assert ran.exit_code == 0, ran.output
    assert "--to c --encoder pca" in (tmp_path / "tuned.h").read_text()
    model = onnx.load(tmp_path / "tuned.exact.onnx")
    assert [value.name for value in model.graph.input] == ["frame"]
    said = {prop.key: prop.value for prop in model.metadata_props}
    assert said["wann_rt.frame_digest"] == sighted.digest(wr.sight())
    assert json.loads(said["wann_rt.test_vectors"])
    for options, message in (
        (["--to", "c", "--encoder", "random"], "made with the latents of encoder 'pca'"),
        (["--to", "blob", "--encoder", "pca"], "--encoder is an option of the formats onnx, onnx-exact, c"),
        (["--to", "c", "--number", "q12", "--encoder", "pca"], "in float32"),
    ):
        ran = CliRunner().invoke(main, ["export", str(CAR), *options, "--out", f"{tmp_path}/no/"])
        assert ran.exit_code != 0
        assert message in ran.output + str(ran.exception)
    assert not (tmp_path / "no").exists()


def test_a_quotient_below_zero_is_rounded_down() -> None:
    bar = Bar("b", Box(0, 1, 0, 1), Box(0, 1, 1, 2), gain=3, shift=-5, per=7, least=None, times=1, by=1)
    frame = np.zeros((1, 2, 3), np.uint8)
    for value in range(256):
        frame[0, 1, 0] = value
        lifted = 3 * -value - 5 + bar.lift * 7
        assert lifted >= 0
        assert bar.read(frame) == (-3 * value - 5) // 7 == lifted // 7 - bar.lift
