"""Laws of checkpoints: what is read is what was written, or it is refused and the one before is used."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from wann_rt.core.errors import FileError
from wann_rt.evolution import checkpoint
from wann_rt.evolution.checkpoint import Checkpoint

DTYPES = ["bool", "int8", "int32", "int64", "uint64", "float32", "float64"]
SMALL = Checkpoint({"generation": 3}, {"a": np.arange(6, dtype=np.int32).reshape(2, 3), "b": np.array([np.nan, -0.0])})
numbers = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@pytest.mark.slow
@given(
    st.dictionaries(st.text(), st.recursive(numbers, st.lists, max_leaves=5)),
    st.dictionaries(
        st.text(),
        st.sampled_from(DTYPES).flatmap(lambda d: numpy_st.arrays(d, numpy_st.array_shapes(min_dims=0, min_side=0))),
        max_size=3,
    ),
)
def test_what_is_written_is_read(values: dict[str, object], arrays: dict[str, np.ndarray]) -> None:
    read = checkpoint.from_bytes(checkpoint.to_bytes(Checkpoint(values, arrays)), "x")
    assert read.values == values
    for name, array in arrays.items():
        assert read.arrays[name].dtype == array.dtype
        assert read.arrays[name].shape == array.shape
        assert read.arrays[name].tobytes() == array.tobytes()


def test_every_flipped_bit_is_refused() -> None:
    good = checkpoint.to_bytes(SMALL)
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FileError, match=r"checkpoint of this version|damaged"):
            checkpoint.from_bytes(bytes(bad), "x")


def test_every_truncation_and_extension_is_refused() -> None:
    good = checkpoint.to_bytes(SMALL)
    for length in range(len(good)):
        with pytest.raises(FileError, match="x: "):
            checkpoint.from_bytes(good[:length], "x")
    with pytest.raises(FileError, match="damaged"):
        checkpoint.from_bytes(good + b"\0", "x")


def at(generation: int) -> Checkpoint:
    return SMALL._replace(values={"generation": generation})


def test_the_newest_whole_checkpoint_is_used(tmp_path: Path) -> None:
    path = tmp_path / "state.checkpoint"
    for generation in (1, 2, 3):
        checkpoint.save(path, at(generation))
    assert checkpoint.load(path).values == {"generation": 3}
    path.write_bytes(path.read_bytes()[:-1])
    assert checkpoint.load(path).values == {"generation": 2}
    checkpoint.previous(path).write_bytes(b"")
    with pytest.raises(FileError, match=r"state\.checkpoint: is damaged"):
        checkpoint.load(path)


@pytest.mark.parametrize("moment", ["before the old one is moved", "before the new one is moved in"])
def test_a_kill_between_renames_loses_nothing(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "state.checkpoint"
    checkpoint.save(path, at(1))
    path.with_suffix(".new").write_bytes(checkpoint.to_bytes(at(2)))
    if moment == "before the new one is moved in":
        path.replace(checkpoint.previous(path))
    assert checkpoint.load(path).values == {"generation": 2}
    checkpoint.save(path, at(3))
    assert checkpoint.load(path).values == {"generation": 3}


def test_removing_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.checkpoint"
    checkpoint.save(path, at(1))
    checkpoint.save(path, at(2))
    checkpoint.remove(path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileError, match="cannot be read"):
        checkpoint.load(path)
