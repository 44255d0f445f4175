"""Back end "ray": any environment, on all processors of a Ray cluster.

On each processor sits a player, which runs the back end "processes" with one worker: an environment that raises, hangs
or dies is found out there, and by the same code as on one machine. A player that is lost, alone or with its node, is
replaced as soon as there is room; its chunk goes to whoever is free. Ray's own retries would not do: a chunk would wait
for its actor to start again, and on a cluster that has lost a node there is no room for that.
"""

import atexit
import contextlib
import importlib.metadata
import sys
import warnings
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import wann_rt
from wann_rt.core.errors import ClusterError, TaskError
from wann_rt.play.backends import ray_player
from wann_rt.play.backends.chunks import Chunk, Played
from wann_rt.play.backends.pool import ATTEMPTS
from wann_rt.play.backends.processes import CHUNKS_PER_WORKER, MOST_EPISODES
from wann_rt.play.backends.ray_connection import address_of, connect, library
from wann_rt.play.progress import tell
from wann_rt.tasks.environment.task import EnvironmentTask

SECONDS_PER_CHUNK = 0.05  # least work per message, because a message takes 1 to 2 ms
PATIENCE = 300.0  # seconds to wait for the first player; some clusters start nodes only on demand


def chunk_size(episodes: int, workers: int) -> int:
    """Returns how many episodes a chunk should have: few, so that all players end together, but worth a message."""
    players, pace = (_clusters[0].size, _clusters[0].pace) if _clusters else (workers, 0.0)
    balanced = min(MOST_EPISODES, -(-episodes // (CHUNKS_PER_WORKER * players)))
    worthwhile = min(SECONDS_PER_CHUNK / pace if pace else 1, episodes / players)
    return max(1, balanced, int(worthwhile))


def play_chunks(task: EnvironmentTask, chunks: Sequence[Chunk], workers: int) -> list[Played]:
    """Plays chunks; see ``Backend.play``. Only a cluster that is started for this has ``workers`` players.

    Raises:
        TaskError: the environment fails.
        ClusterError: the cluster cannot be reached, is no place for this search, or loses its nodes again and again.
    """
    cluster = _cluster(task, workers)
    try:
        return cluster.play(task, chunks)
    except BaseException:
        close()
        raise


class Key(NamedTuple):
    """What a connection and its players are made for.

    Attributes:
        address: of the cluster.
        version: of what computes the episodes.
        module: what the environment is imported from; empty: Gymnasium alone.
        workers: how many players there shall be on a cluster that is started for this.
    """

    address: str
    version: str
    module: str
    workers: int


class Cluster:
    """A connection to a cluster, and the players on it.

    Attributes:
        key: what it was made for.
        pace: seconds that an episode took of late.
    """

    def __init__(self, key: Key, wanted: dict[str, str]) -> None:
        """Connects, and starts the players; ``wanted``: versions that each node must have."""
        self.key, self.pace = key, 0.0
        self._ray = library()
        self._begin = wanted, key.module, list(sys.path)
        self._idle: list[Any] = []
        self._starting: dict[Any, Any] = {}
        self._playing: dict[Any, tuple[Any, int]] = {}
        self._alive: set[Any] = set()  # the same players, and one that is on its way from here to there
        self._ours = not self._ray.is_initialized()
        try:
            if self._ours:
                connect(self._ray, key.address, key.workers)
            self._ray.cloudpickle.register_pickle_by_value(ray_player)
            self._kind = self._ray.remote(num_cpus=1)(ray_player.Player)
            self._fill()
        except BaseException:  # Ctrl-C, too: nobody but us knows of the connection yet
            self.close()
            raise

    @property
    def size(self) -> int:
        """How many players there are, or will be when there is room for them."""
        return len(self._idle) + len(self._starting) + len(self._playing)

    def close(self) -> None:
        """Ends all players and the connection, and the cluster, if it was started here."""
        if self._ray.is_initialized():
            for player in tuple(self._alive):
                self._kill(player)
        if self._ours:
            self._ray.shutdown()

    def play(self, task: EnvironmentTask, chunks: Sequence[Chunk]) -> list[Played]:
        """Returns what came of each chunk, in order; see ``play_chunks``."""
        self._fill()
        waiting, lost = deque(range(len(chunks))), Counter[int | None]()
        results: dict[int, Played] = {}
        seconds = 0.0
        while len(results) < len(chunks):
            while waiting and self._idle:
                player, number = self._idle.pop(), waiting.popleft()
                self._playing[player.play.remote(task, chunks[number])] = player, number
            reference = self._next()
            player, which = self._playing.pop(reference, None) or (self._starting.pop(reference), None)
            try:
                answer = self._ray.get(reference)
            except self._ray.exceptions.RayError as error:
                self._lose(player, which, lost, error)
                if which is not None:
                    waiting.appendleft(which)
                continue
            self._idle.append(player)
            if which is None:
                _check(answer)
            else:
                results[which], took = _result(answer)
                seconds += took
                tell(len(chunks[which].seeds))
        self.pace = seconds / max(1, sum(len(chunk.seeds) for chunk in chunks))
        return [results[number] for number in range(len(chunks))]

    def _fill(self) -> None:
        """Starts as many players as the cluster has processors; nodes may have joined it."""
        for _ in range(self.size, max(1, int(self._ray.cluster_resources().get("CPU", 0)))):
            self._start()

    def _start(self) -> None:
        player = self._kind.remote()
        self._alive.add(player)
        self._starting[player.begin.remote(*self._begin)] = player

    def _next(self) -> Any:
        """Waits until a player has something to say."""
        patience = None if self._playing else PATIENCE
        done, _ = self._ray.wait([*self._playing, *self._starting], num_returns=1, timeout=patience)
        if not done:
            free, all_ = (r().get("CPU", 0) for r in (self._ray.available_resources, self._ray.cluster_resources))
            raise ClusterError(
                f"the Ray cluster has found no room for a player within {PATIENCE:g} seconds: {free:g} of its {all_:g} "
                "processors are free ('ray status' says more)"
            )
        return done[0]

    def _lose(self, player: Any, number: int | None, lost: "Counter[int | None]", error: Exception) -> None:
        """Replaces a player that was lost while it played a chunk, or while it started (None)."""
        self._kill(player)
        lost[number] += 1
        if lost[number] >= ATTEMPTS * (1 + self.size if number is None else 1):  # a node is lost with all its players
            doing = "starting" if number is None else "playing the same episodes"
            raise ClusterError(f"the Ray cluster lost {lost[number]} players while {doing}, the last one by: {error}")
        self._start()

    def _kill(self, player: Any) -> None:
        self._alive.discard(player)
        with contextlib.suppress(Exception):  # the player may be dead, and the cluster, too
            self._ray.kill(player)


def _check(complaint: str) -> None:
    """Raises ClusterError if a player finds that its node is no place for it."""
    if complaint:
        raise ClusterError(complaint)


def _result(answer: Any) -> tuple[Played, float]:
    """Returns what came of a chunk, and the seconds that it took."""
    if answer.kind == "failed":
        raise TaskError(answer.result)
    played, seconds, said = answer.result
    for text in said:
        warnings.warn(text, RuntimeWarning, stacklevel=2)
    return played, seconds


def _versions(task: EnvironmentTask) -> dict[str, str]:
    """Returns what the bits of the task's episodes depend on."""
    libraries = dict(part.split(" ") for part in task.version.split(", "))
    return {"wann_rt": wann_rt.__version__, "numpy": importlib.metadata.version("numpy"), **libraries}


_clusters: list[Cluster] = []  # at most one: that of the task played last


def _cluster(task: EnvironmentTask, workers: int) -> Cluster:
    """Returns the cluster at the task's address, with players for its versions."""
    key = Key(address_of(task), task.version, task.env_id.rpartition(":")[0], workers)
    if not _clusters or _clusters[0].key != key:
        close()
        _clusters.append(Cluster(key, _versions(task)))
    return _clusters[0]


@atexit.register
def close() -> None:
    """Ends all players; the next call that needs some starts them again."""
    while _clusters:
        _clusters.pop().close()
