"""Laws of the back end "ray": a cluster plays the episodes of one machine, whatever becomes of its nodes."""

import importlib
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import builders, needs

import wann_rt as wr
from wann_rt.core import files
from wann_rt.core.errors import ClusterError, TaskError
from wann_rt.core.network import Network
from wann_rt.evolution.search import Generation
from wann_rt.play.backends import processes, ray_cluster, ray_connection
from wann_rt.play.backends.ray_player import Player
from wann_rt.play.environment import environment
from wann_rt.play.rollouts import play, starts_of
from wann_rt.tasks.environment.task import EnvironmentTask, with_options

ray = needs.module("ray")
pytestmark = [
    pytest.mark.xdist_group("ray"),
    pytest.mark.long,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
    ),  # Ray's
]

TINY: dict[str, Any] = {"population": 8, "generations": 3, "drawn_weights": 2, "retest_episodes": 1, "retest_every": 1}
NETWORK = Network.build(2, *builders.parts(np.random.default_rng(0), 2, 1, 4, 0.6, True), prune=True)[0]
PLAYER, NODE = 1, 2  # as ancestors of the process that plays


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster whose head plays nothing; see ``grow``."""
    made = importlib.import_module("ray.cluster_utils").Cluster(
        initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False}
    )
    yield made
    ray_cluster.close()
    processes.close()
    made.shutdown()


@pytest.fixture(scope="module")
def flag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that makes environments go bad."""
    return tmp_path_factory.mktemp("ray") / "flag"


@pytest.fixture(scope="module")
def deadly(flag: Path) -> dict[str, Any]:
    """The environment of all searches here."""
    return {
        "env": "helpers.odd_environments:Deadly",
        "kwargs": {"flag": str(flag)},
        "max_steps": 20,
    }


@pytest.fixture(scope="module")
def champion(deadly: dict[str, Any]) -> str:
    """What one machine finds."""
    return files.to_text(wr.search(environment(**deadly), threads=2, **TINY))


@pytest.fixture
def known_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has nobody try the cluster in a process of its own first, which takes seconds: others test just that."""
    monkeypatch.setattr(ray_connection, "_try", lambda _: None)


def grow(cluster: Any, nodes: int) -> str:
    """Gives the cluster at least so many nodes of one processor each, besides its head; returns its address."""
    for _ in range(nodes - (living(cluster) - 1)):
        cluster.add_node(num_cpus=1)
    return str(cluster.address)


def living(cluster: Any) -> int:
    """Returns how many nodes a cluster has, with its head."""
    return len(cluster.global_state._live_node_ids())


def task_of(env_id: str, address: str | None, **kwargs: Any) -> EnvironmentTask:
    """Returns a task with short episodes; without an address, for processes of this machine."""
    backend: Any = {"backend": "ray", "address": address} if address else {}
    return with_options(environment(env_id, kwargs=kwargs, step_timeout=2.0, **backend), max_steps=20)


def played(task: EnvironmentTask, episodes: int = 6) -> list[float]:
    """Returns what some episodes earn."""
    weights = np.linspace(-1, 1, episodes).astype(np.float32)
    returns: list[float] = play(task, NETWORK, weights, starts_of(task, range(episodes)), 2).returns[0].tolist()
    return returns


@pytest.mark.parametrize("ancestor", [PLAYER, NODE], ids=["player", "node"])
def test_what_is_killed_in_mid_generation_costs_time_but_not_the_result(
    ancestor: int, cluster: Any, flag: Path, deadly: dict[str, Any], champion: str
) -> None:
    address = grow(cluster, 2)
    before = living(cluster)

    def kill(report: Generation) -> None:
        if report.generation == 0:
            whole = flag.with_suffix(".new")
            whole.write_text(str(ancestor))
            whole.rename(flag)

    found = wr.search(environment(backend="ray", address=address, **deadly), on_generation=kill, **TINY)
    assert files.to_text(found) == champion
    assert not flag.exists()
    assert living(cluster) == before - (ancestor == NODE)


def test_a_search_goes_on_where_it_stopped_on_another_back_end(
    cluster: Any, deadly: dict[str, Any], champion: str, tmp_path: Path
) -> None:
    def stop(report: Generation) -> None:
        if report.generation == 1:
            raise KeyboardInterrupt

    on_ray = environment(backend="ray", address=grow(cluster, 1), **deadly)
    wr.search(on_ray, out=tmp_path, on_generation=stop, **TINY)
    assert files.to_text(wr.search(environment(**deadly), out=tmp_path, **TINY)) == champion


@pytest.mark.usefixtures("known_good")
@pytest.mark.parametrize("how", ["raises", "nan", "hangs", "dies"])
def test_an_environment_that_goes_bad_is_the_error_that_it_is_on_one_machine(
    how: str, cluster: Any, tmp_path: Path
) -> None:
    bad = tmp_path / "flag"
    tasks = [task_of("helpers.odd_environments:Moody", a, flag=str(bad)) for a in (None, grow(cluster, 1))]
    bad.write_text(how)
    said = []
    for task in tasks:
        with pytest.raises(TaskError) as caught:
            played(task, episodes=1)  # of more, any may be the first to go bad
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.usefixtures("known_good")
def test_warnings_of_an_environment_reach_the_search(cluster: Any) -> None:
    with pytest.warns(RuntimeWarning, match="Unrepeatable: the same seed and actions give other observations"):
        played(task_of("helpers.odd_environments:Unrepeatable", grow(cluster, 1)))


def interrupt_when_one_plays() -> None:
    """Presses Ctrl-C once a player of this process's connection has got something to play."""
    until = time.monotonic() + 300
    while not any(each._playing for each in ray_cluster._clusters) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("known_good")
def test_ctrl_c_leaves_no_player_behind(cluster: Any) -> None:
    moody = task_of("helpers.odd_environments:Moody", grow(cluster, 1), flag="/nonexistent")
    task = replace(moody, step_timeout=3600.0)
    wanted = played(task)
    slow = task_of("helpers.odd_environments:Slow", cluster.address)
    slow = replace(slow, params=task.params._replace(max_steps=10**6))
    threading.Thread(target=interrupt_when_one_plays).start()
    with pytest.raises(KeyboardInterrupt):
        play(slow, NETWORK, np.zeros(64, np.float32), starts_of(slow, range(64)), 2)
    assert not ray.is_initialized()
    ray.init(address=cluster.address, **ray_connection.QUIET)
    try:
        until = time.monotonic() + 300  # a deadline, not an expectation
        while ray.available_resources().get("CPU", 0) < ray.cluster_resources()["CPU"]:
            assert time.monotonic() < until, "a player still holds a processor"
            time.sleep(0.1)
        assert played(task) == wanted  # through a connection that is not ours
        ray_cluster.close()
        assert ray.is_initialized()
    finally:
        ray.shutdown()


@pytest.mark.usefixtures("known_good")
def test_ctrl_c_while_connecting_leaves_no_connection(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    task = task_of("helpers.odd_environments:Moody", grow(cluster, 1), flag="/nonexistent")
    ray_cluster.close()
    monkeypatch.setattr(ray_cluster.Cluster, "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        played(task)
    assert not ray.is_initialized()
    assert ray_cluster._clusters == []


@pytest.mark.usefixtures("known_good")
def test_a_node_with_another_version_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of("Pendulum-v1", grow(cluster, 1))
    ray_cluster.close()
    monkeypatch.setattr(wr, "__version__", "99.0")
    with pytest.raises(ClusterError, match=r"node \S+ has wann_rt \S+, but the search wann_rt 99.0: install the same"):
        played(task)


def test_a_node_says_all_that_it_lacks() -> None:
    said = Player().begin({"numpy": np.__version__, "gymnasium": "0.0.1", "no-such-library": "1.0"}, "", [])
    assert "has gymnasium" in said
    assert "no-such-library missing" in said
    assert "but the search gymnasium 0.0.1, no-such-library 1.0" in said
    assert "lacks the module no_such.module of the environment" in Player().begin({}, "no_such.module", [])
    assert Player().begin({"numpy": np.__version__}, "helpers.odd_environments", []) == ""


def test_a_cluster_without_room_is_an_error(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task = task_of("Pendulum-v1", grow(cluster, 1))
    ray_cluster.close()
    monkeypatch.setattr(ray_cluster, "PATIENCE", 1.0)
    ray.init(address=cluster.address, **ray_connection.QUIET)
    try:
        holders = [ray.remote(num_cpus=1)(Player).remote() for _ in range(living(cluster) - 1)]
        ray.get([holder.begin.remote({}, "", []) for holder in holders])
        with pytest.raises(ClusterError, match="no room for a player within 1 seconds: 0 of its"):
            played(task)
    finally:
        ray.shutdown()


@pytest.mark.parametrize("address", ["localhost:1", "ray://localhost:1", "nowhere"])
def test_a_cluster_that_is_not_there_is_an_error(address: str) -> None:
    ray_cluster.close()
    with pytest.raises(ClusterError, match=f"the Ray cluster '{address}' cannot be reached: "):
        played(task_of("Pendulum-v1", address))


def test_an_address_where_something_else_listens_is_an_error_within_the_stated_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray_cluster.close()
    monkeypatch.setattr(ray_connection, "SECONDS_TO_CONNECT", 5.0)
    with socket.create_server(("", 0)) as silent:
        task = task_of("Pendulum-v1", f"localhost:{silent.getsockname()[1]}")
        with pytest.raises(ClusterError, match="no Ray of this version answers within 5 seconds"):
            played(task)


def test_without_an_address_the_variable_names_the_cluster_or_one_is_started_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    task = environment("Pendulum-v1", backend="ray")
    assert ray_connection.address_of(task) == "local"
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    assert ray_connection.address_of(task) == "head:6379"
    assert ray_connection.address_of(replace(task, address="other:1")) == "other:1"


def test_a_search_without_an_address_plays_on_a_cluster_of_its_own_and_ends_it(
    deadly: dict[str, Any], champion: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray_cluster.close()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert files.to_text(wr.search(environment(backend="ray", **deadly), threads=1, **TINY)) == champion
    assert ray.cluster_resources()["CPU"] == 1
    ray_cluster.close()
    assert not ray.is_initialized()


def test_an_address_without_a_cluster_is_refused() -> None:
    with pytest.raises(TaskError, match="use --backend ray"):
        environment("Pendulum-v1", address="auto")


def test_chunks_are_worth_a_message_and_leave_no_player_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def size(players: int, pace: float, episodes: int) -> int:
        known = type("Known", (), {"size": players, "pace": pace})
        monkeypatch.setattr(ray_cluster, "_clusters", [known])
        return ray_cluster.chunk_size(episodes, 1)

    assert size(4, 1.0, 1) == 1
    assert size(4, 1.0, 320) == 10  # eight chunks a player
    assert size(4, 1.0, 100_000) == 64  # what is lost with a player
    assert size(4, 0.001, 320) == 50  # 50 ms
    assert size(4, 0.0001, 320) == 80  # one chunk a player
