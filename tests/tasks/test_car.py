"""Laws of the racing car: it is Gymnasium's, number for number; its camera sees what is in Gymnasium's frames."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from helpers import needs
from numpy.typing import NDArray

from wann_rt.core.errors import FileError, MissingExtraError, TaskError
from wann_rt.play.environment import environment
from wann_rt.tasks.car import camera, encoders
from wann_rt.tasks.environment.describe import described
from wann_rt.tasks.environment.maker import Maker

ID = "wann_rt/CarRacing-v0"
STEPS = 90  # the first fifty of them with a camera that comes down from afar


def actions(steps: int) -> NDArray[np.float32]:
    """Returns a drive that leaves the road, spins and brakes."""
    time = np.arange(steps)
    steering, gas = np.sin(time / 7), np.where(time < 60, 1.0, 0.2)
    return np.stack([steering, gas, np.where(time % 30 > 25, 0.95, 0.0)], axis=1).astype(np.float32)


def made(**kwargs: Any) -> Any:
    needs.module("Box2D")
    return Maker.of(ID).make(kwargs)


def drive(environment: Any, seed: int, steps: int) -> tuple[NDArray[np.float32], list[Any]]:
    """Returns what is observed, and rewards and ends."""
    seen, rest = [environment.reset(seed=seed)[0]], []
    for action in actions(steps):
        observation, *said = environment.step(action)
        seen.append(observation)
        rest.append((*said[:3], tuple(environment.unwrapped.car.hull.position)))
    return np.array(seen), rest


@pytest.mark.slow
def test_the_car_moves_and_earns_as_gymnasiums_does_and_the_camera_sees_what_its_frames_show() -> None:
    """One drive, because a step with a frame takes as long as forty without."""
    mine, rest = drive(made(), 3, STEPS)
    reader = made(frames=True)
    read, same = drive(reader, 3, STEPS)
    environment = gymnasium.make("CarRacing-v3")
    frames, theirs = drive(environment, 3, STEPS)
    assert rest == same == theirs
    assert np.array_equal(reader.unwrapped.frame, frames[-1])
    encoder: Any = encoders.encoder("pca")
    assert np.array_equal(read[:, :16], [encoder.latents(camera.cells_of(frame)) for frame in frames])
    assert np.abs(mine - read)[:, :16].mean() < 0.05  # of their standard deviations; .025 on the road
    assert np.abs(mine - read)[:, :16].max() < 0.6
    assert np.array_equal(mine[:, 16], read[:, 16])  # speed, then yaw rate
    assert np.abs(mine - read)[:, 17].max() < 0.051
    assert np.abs(mine[:, 17]).max() > 0.5  # a drive on which there is something to agree upon


def test_an_episode_on_a_track_that_was_kept_has_the_bits_of_the_first() -> None:
    environment = made()
    first = drive(environment, 5, 60)
    drive(environment, 6, 60)
    again = drive(environment, 5, 60)
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert environment.unwrapped.np_random.random() == _after(5)


def test_a_picture_of_a_track_that_was_kept_shows_the_road() -> None:
    needs.module("pygame")
    drive(made(), 5, 1)
    pictures: list[NDArray[np.uint8]] = []
    for shown in (made(render_mode="rgb_array"), gymnasium.make("CarRacing-v3", render_mode="rgb_array")):
        shown.reset(seed=5)
        pictures.append(np.asarray(shown.render()))
    assert np.array_equal(pictures[0], pictures[1])


def _after(seed: int) -> float:
    """Returns the random number that Gymnasium's environment draws next on a track that was just made."""
    environment = made()
    environment.reset(seed=seed)
    return float(environment.unwrapped.np_random.random())


def test_cells_of_a_frame_count_what_is_greener_than_red_and_leave_the_bars_out() -> None:
    frame = np.zeros((96, 96, 3), np.uint8)
    frame[..., 1] = 255
    frame[84:] = 0
    assert (camera.cells_of(frame) == camera.FULL).all()
    frame[7:14, 8:16] = (102, 102, 102)
    frame[84:, :, 1] = 255
    cells = camera.cells_of(frame).reshape(12, 12)
    assert cells[1, 1] == 0
    assert cells.sum() == 143 * camera.FULL


@pytest.mark.parametrize("name", encoders.names_of_cells())
def test_an_encoder_computes_whole_numbers_and_one_product(name: str) -> None:
    encoder: Any = encoders.encoder(name)
    cells = np.random.default_rng(0).integers(0, camera.FULL + 1, 144)
    grid, features = cells.reshape(12, 12).tolist(), cells.tolist()
    if len(encoder.filters):
        features = [
            max(sum(f[i][j] * grid[2 * r + i][2 * c + j] for i in range(3) for j in range(3)), 0)
            for f in encoder.filters.tolist()
            for r in range(5)
            for c in range(5)
        ]
    sums = [sum(a * b for a, b in zip(row, features, strict=True)) for row in encoder.weights.tolist()]
    expected = [np.float32(s - o) * k for s, o, k in zip(sums, encoder.offsets.tolist(), encoder.scales, strict=True)]
    assert np.array_equal(encoder.latents(cells), np.array(expected, np.float32))
    largest = np.abs(encoder.weights).sum(axis=1) * np.maximum(
        np.abs(encoder.filters).sum(axis=(1, 2)).max(initial=1), 1
    )
    assert (largest * camera.FULL + np.abs(encoder.offsets) < 2**31).all()  # so 32 bits are enough for C and ONNX


def test_the_random_encoder_and_the_components_are_of_unit_size_over_what_they_were_fitted_to() -> None:
    rng = np.random.default_rng(1)
    cells = (rng.random((40, 144)) < rng.random(144)).astype(np.int64) * camera.FULL
    for encoder in (encoders.pca(cells), encoders.random_convolution(cells)):
        latents = np.array([encoder.latents(one) for one in cells])
        assert np.allclose(latents.mean(axis=0), 0, atol=0.01)
        assert np.allclose(latents.std(axis=0), 1, atol=0.01)


@pytest.mark.parametrize(("name", "products"), [("vae", 14_730_752), ("vae_quarter", 1_200_512)])
def test_the_autoencoders_are_of_the_papers_shape_and_of_under_a_megabyte(name: str, products: int) -> None:
    encoder: Any = encoders.encoder(name)
    assert encoder.products == products
    assert sum(array.nbytes for array in encoder.arrays.values()) < 1_000_000


def test_the_car_reads_pictures_with_an_autoencoder_and_asks_for_frames() -> None:
    with pytest.raises(TaskError, match="encoder 'vae' sees pictures, which our camera does not draw: say frames=True"):
        made(encoder="vae")
    reader = made(encoder="vae_quarter", frames=True)
    observation = reader.reset(seed=3)[0]
    assert np.array_equal(observation[:16], encoders.encoder("vae_quarter").read(reader.unwrapped.frame))


def test_an_unknown_encoder_is_refused_by_name() -> None:
    says = "no encoder 'pcs'; encoders: pca, random, vae, vae_quarter; did you mean 'pca'"
    with pytest.raises(TaskError, match=says):
        encoders.encoder("pcs")


@pytest.mark.parametrize(
    ("kwargs", "says"),
    [
        ({"continuous": False}, "no argument 'continuous', but encoder, frames and indicators"),
        ({"domain_randomize": True}, "no argument 'domain_randomize', .* on the colours of the road that"),
        ({"frames": "no"}, "frames='no', indicators=True: expected true or false"),
    ],
)
def test_what_gymnasiums_car_is_given_and_ours_cannot_be_is_refused(kwargs: dict[str, Any], says: str) -> None:
    needs.module("Box2D")
    with pytest.raises(TaskError, match=says):
        environment(ID, kwargs=kwargs)


def test_channels_are_named_and_an_output_of_nothing_does_not_brake() -> None:
    needs.module("Box2D")
    task = environment(ID)
    assert [channel.name for channel in task.observations] == [*(f"latent_{k}" for k in range(16)), "speed", "yaw_rate"]
    assert [channel.condition_action(np.float32(0)) for channel in task.actions] == [0, 0.5, 0]
    assert (task.rate_hz, task.max_steps) == (50, 1000)
    assert len(environment("wann_rt/CarRacingLatents-v0").observations) == 16


def test_who_asks_for_the_frames_is_told_of_the_numbers() -> None:
    needs.module("Box2D")
    with pytest.raises(
        TaskError, match=r"images \[96, 96, 3\].*wann_rt/CarRacing-v0 is the racing car with 18 of them"
    ):
        environment("CarRacing-v3")


def test_without_the_physics_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("gymnasium.envs.box2d", "wann_rt.tasks.car.racing"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "Box2D", None)
    with pytest.raises(
        MissingExtraError, match=r"environment wann_rt/CarRacing-v0 needs .*pip install 'wann-rt\[box2d\]'"
    ):
        described(Maker.of(ID), {})


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\xff", '{"weights": 1, "offsets": 2, "filters": 3}'])
def test_a_damaged_encoder_of_cells_is_one_clear_error(text: str, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "broken.json").write_text(text, encoding="latin-1")
    monkeypatch.setattr(encoders, "_FOLDER", tmp_path)
    with pytest.raises(FileError, match=r"broken\.json is no encoder, or a damaged one .*: install wann_rt anew"):
        encoders.encoder("broken")


def test_an_encoder_of_cells_with_another_number_of_features_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    whole: Any = encoders.encoder("pca")
    (tmp_path / "cut.json").write_text(encoders.to_json(replace(whole, weights=whole.weights[:, :-1])))
    monkeypatch.setattr(encoders, "_FOLDER", tmp_path)
    with pytest.raises(FileError, match=r"cut\.json is no encoder, or a damaged one \(arrays of shapes"):
        encoders.encoder("cut")
