"""What a process and its workers say to each other."""

from typing import Any, Literal, NamedTuple

from wann_rt.play.backends.chunks import Chunk


class Job(NamedTuple):
    """What a worker is asked for: to play a chunk, and with ``recorded`` to tell what was observed and done."""

    number: int
    chunk: Chunk
    recorded: bool = False


class Warned(NamedTuple):
    """Something odd about the environment; of each topic a user is told once."""

    topic: str
    text: str


class Answer(NamedTuple):
    """What a worker says: that it is alive, or makes its environment anew, what came of a job, or what is odd."""

    kind: Literal["alive", "making", "done", "failed", "warning"]
    number: int = -1
    result: Any = None
