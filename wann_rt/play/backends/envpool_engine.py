"""Back end "envpool": EnvPool's C++ versions of many environments, a chunk in lockstep, two chunks in turn.

EnvPool follows Gymnasium's physics and rewards but draws other numbers, so the episodes of a seed are not Gymnasium's:
it is an engine of its own, which a controller's provenance names. An episode's seed can only be given when the pool is
made, and only the first episode of a slot has it; so each chunk gets a new pool, and episodes that have ended are left
out of its steps. While the threads of one pool step, the actions for another are computed: no processor waits.
"""

import contextlib
import warnings
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import MissingExtraError, TaskError
from wann_rt.kernels.decide import NONE, act, open_books, tally
from wann_rt.play.backends.chunks import Chunk, Played, policy_of, rules_of
from wann_rt.play.backends.senses import Senses
from wann_rt.play.progress import tell
from wann_rt.tasks.environment.task import EnvironmentTask

AT_ONCE = 2  # chunks
SLOTS = 256  # environments of a chunk; more cost memory and gain nothing

Playing = Generator[None, None, Played]  # a chunk that is being played


def chunk_size(episodes: int, workers: int) -> int:
    """Returns how many episodes a chunk should have: at most as many as there are slots, in chunks of one size."""
    turns = max(1, -(-episodes // (AT_ONCE * SLOTS)))
    return max(1, -(-episodes // (AT_ONCE * turns)))


def library() -> ModuleType:
    """Returns the library, or raises MissingExtraError."""
    try:
        import envpool
    except ImportError as error:
        raise MissingExtraError("back end envpool", str(error.name), "envpool") from None
    module: ModuleType = envpool
    return module


def check(task: EnvironmentTask) -> str:
    """Returns the engine's version.

    Raises:
        TaskError: EnvPool does not have the environment, or not with these arguments or spaces.
    """
    envpool = library()
    if task.env_id not in envpool.list_all_envs():
        raise TaskError(f"EnvPool does not have {task.env_id}: use --backend processes")
    if task.kwargs:
        given = dict(task.kwargs)
        raise TaskError(f"EnvPool's {task.env_id} cannot be given the arguments {given}: use --backend processes")
    with _quiet():
        spec = envpool.make_spec(task.env_id)
        plain, observed = task.plain, spec.observation_space.shape
        acted = (spec.action_space.n,) if task.decision == "argmax" else spec.action_space.shape
    if (observed, acted) != ((len(plain.observations),), (len(plain.actions),)):
        raise TaskError(
            f"EnvPool's {task.env_id} has observations {observed} and actions {acted}, not Gymnasium's: "
            "use --backend processes"
        )
    return f"envpool {envpool.__version__}"


def play_chunks(task: EnvironmentTask, chunks: Sequence[Chunk], workers: int) -> list[Played]:
    """Plays chunks; see ``Backend.play``."""
    waiting, playing = deque(enumerate(chunks)), deque[tuple[int, Playing]]()
    results: dict[int, Played] = {}
    while waiting or playing:
        while waiting and len(playing) < AT_ONCE:
            number, chunk = waiting.popleft()
            playing.append((number, _playing(task, chunk, workers)))
        number, episodes = playing.popleft()
        try:
            next(episodes)
        except StopIteration as end:
            results[number] = end.value
        else:
            playing.append((number, episodes))
    return [results[number] for number in range(len(chunks))]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps back the warnings that EnvPool's own spaces cause."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def begun(task: EnvironmentTask, seeds: NDArray[np.int64], workers: int) -> tuple[Any, Any, NDArray[Any]]:
    """Returns a new pool, the type of its actions, and its first observations."""
    settings = {"num_envs": len(seeds), "seed": seeds.tolist(), "num_threads": min(workers, len(seeds))}
    with _quiet():
        pool = library().make(task.env_id, "gymnasium", max_episode_steps=task.max_steps, **settings)
        kind = np.int32 if task.decision == "argmax" else pool.action_space.dtype
        return pool, kind, pool.reset()[0]


def _playing(task: EnvironmentTask, chunk: Chunk, workers: int) -> Playing:
    """Plays all episodes of a chunk side by side until the last has ended; yields while the pool steps."""
    count, senses = len(chunk.seeds), Senses(task, len(chunk.seeds))
    policy, rules, books = policy_of(task, chunk), rules_of(task), open_books(count, len(task.acts))
    pool, kind, observations = begun(task, chunk.seeds, workers)
    running = np.arange(count)
    outputs, choices = np.zeros((count, len(task.actions)), np.float32), np.zeros(count, np.int64)
    while len(running):
        n = len(running)
        networks, lanes = chunk.networks[running], chunk.lanes[running]
        seen = senses.seen(running, _observed(observations))
        bad = act(policy, networks, lanes, seen, outputs[:n], choices[:n])
        if bad != NONE:
            _fail(task, chunk, running[bad], "the observation holds NaN")
        actions = senses.done(running, outputs[:n], choices)
        given = choices[:n] if task.decision == "argmax" else actions
        pool.send(given.astype(kind), running.astype(np.int32))
        yield
        observations, rewards, ended, cut_off, _ = pool.recv()
        over = ended | cut_off
        bad = tally(books, rules, running, actions, rewards.astype(np.float64), over)
        if bad != NONE:
            _fail(task, chunk, running[bad], f"the reward is {rewards[bad]}")
        if over.any():
            tell(int(over.sum()))
            running, observations = running[~over], observations[~over]
    pool.close()
    return Played.of(books)


def _observed(observations: NDArray[Any]) -> NDArray[np.float32]:
    return np.ascontiguousarray(observations, np.float32)


def _fail(task: EnvironmentTask, chunk: Chunk, episode: int, what: str) -> None:
    raise TaskError(f"environment {task.env_id} in EnvPool (seed {chunk.seeds[episode]}): {what}")
