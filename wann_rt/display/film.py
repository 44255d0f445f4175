"""Films: pictures in, an MP4 or a GIF out, by the file's suffix; it is written only once the film is whole.

ffmpeg encodes, in one thread and without its version in the file; imageio-ffmpeg (the extra ``play``) brings it. Same
pictures, same bytes.
"""

import math
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.disk import temporary_folder
from wann_rt.core.errors import FileError, MissingExtraError
from wann_rt.core.files import write_atomic

Picture = NDArray[np.uint8]


class Format(NamedTuple):
    """A kind of film.

    Attributes:
        most: pictures a second; of faster films, each second, third ... picture is left in.
        arguments: of ffmpeg.
    """

    most: int
    arguments: tuple[str, ...]


EVEN = "pad=ceil(iw/2)*2:ceil(ih/2)*2"  # many video players need even widths and heights
PALETTE = "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none"  # anew for each picture
H264 = ("-c:v", "libx264", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart")
FORMATS: Mapping[str, Format] = {
    ".mp4": Format(60, ("-vf", EVEN, *H264)),
    ".gif": Format(25, ("-filter_complex", PALETTE)),
}
REPEATABLE = ("-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1")


class Reel:
    """A film in the making."""

    def __init__(self, path: Path, program: str, rate: float) -> None:
        """Prepares to write the file, whose pictures come at so many a second."""
        self.path, self._program, self._kind = path, program, FORMATS[path.suffix]
        self._every = math.ceil(rate / self._kind.most)
        self._rate = rate / self._every
        self._seen = 0
        self._shape: tuple[int, ...] = ()
        self._encoder: subprocess.Popen[bytes] | None = None
        self._complaints = path.with_suffix(".txt")

    def add(self, draw: Callable[[], Picture]) -> None:
        """Takes the next picture, [height, width, 3]; it is drawn only if it is left in.

        Raises:
            FileError: it is not as large as the first, or the encoder fails.
        """
        self._seen += 1
        if self._seen % self._every != 1 % self._every:
            return
        picture = draw()
        if self._encoder is None:
            self._shape, self._encoder = picture.shape, self._begun(*picture.shape[:2])
        if picture.shape != self._shape:
            raise FileError(f"a film's pictures must be of one size: {picture.shape} came after {self._shape}")
        assert self._encoder.stdin is not None
        try:
            self._encoder.stdin.write(np.ascontiguousarray(picture).data)
        except OSError:
            self.end()

    def end(self) -> None:
        """Finishes the file, or raises FileError: the encoder failed, or there was no picture."""
        if self._encoder is None:
            raise FileError("a film needs at least one picture")
        self._encoder.communicate()
        if self._encoder.returncode != 0:
            raise FileError(f"the film cannot be encoded: {self._complaints.read_text(errors='replace').strip()}")

    def abandon(self) -> None:
        """Ends the encoder, if it still runs."""
        if self._encoder is not None and self._encoder.poll() is None:
            self._encoder.kill()
            self._encoder.communicate()

    def _begun(self, height: int, width: int) -> "subprocess.Popen[bytes]":
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{self._rate:.6f}", "-i", "-")
        command = [self._program, "-v", "error", *raw, *self._kind.arguments, *REPEATABLE, str(self.path)]
        with self._complaints.open("wb") as complaints:
            # In a session of its own, so that Ctrl-C reaches only this process, which then deletes the unfinished film.
            return subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints, start_new_session=True)


def check(path: str | os.PathLike[str]) -> None:
    """Raises FileError unless a film can be written there, MissingExtraError unless there is an encoder."""
    if Path(path).suffix.lower() not in FORMATS:
        raise FileError(f"{path}: a film is written as {' or '.join(FORMATS)}; its name must end in one of these")
    if not Path(path).parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {Path(path).parent}")
    encoder()


def encoder() -> str:
    """Returns the path of ffmpeg, or raises MissingExtraError."""
    try:
        import imageio_ffmpeg
    except ImportError:
        raise MissingExtraError("writing a film", "imageio-ffmpeg", "play") from None
    program: str = imageio_ffmpeg.get_ffmpeg_exe()
    return program


@contextmanager
def film_file(path: str | os.PathLike[str], rate: float) -> Iterator[Reel]:
    """Gives a film to add pictures to, so many for a second, and writes it once that is done without an error.

    Raises:
        FileError: see ``check`` and ``Reel.add``.
        MissingExtraError: imageio-ffmpeg is not installed.
    """
    check(path)
    with temporary_folder() as folder:
        reel = Reel(folder / f"film{Path(path).suffix.lower()}", encoder(), rate)
        try:
            yield reel
            reel.end()
        finally:
            reel.abandon()
        write_atomic(path, reel.path.read_bytes())
