"""Reaching a Ray cluster: which one, by what address, and an error within a minute where there is none."""

import importlib
import logging
import os
import socket
import subprocess
import sys
from types import ModuleType

from wann_rt.core.errors import ClusterError, MissingExtraError
from wann_rt.tasks.environment.task import EnvironmentTask

LOCAL = "local"
QUIET = {"log_to_driver": False, "logging_level": logging.ERROR}
SECONDS_TO_ANSWER = 10.0  # seconds to wait for an answer from the address
SECONDS_TO_CONNECT = 60.0  # Ray itself would try for four minutes, and then end the process that tries
TRIAL = """
import logging, sys, ray

class Probe:
    def answer(self):
        pass

try:
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level=logging.ERROR)
    ray.get(ray.remote(num_cpus=0)(Probe).remote().answer.remote())
except Exception as error:
    print(error)
    sys.exit(1)
"""
TOKENS = (
    "; either the cluster asks for a token, or this machine has one (~/.ray/auth_token) and the cluster does not want "
    "it: set RAY_AUTH_MODE to token or to disabled, as on its nodes"
)


def library() -> ModuleType:
    """Returns the library, or raises MissingExtraError."""
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingExtraError("back end ray", str(error.name), "ray") from None


def address_of(task: EnvironmentTask) -> str:
    """Returns the address of the cluster that plays a task, as ``ray.init`` reads it."""
    return task.address or os.environ.get("RAY_ADDRESS") or LOCAL


def connect(ray: ModuleType, address: str, workers: int) -> None:
    """Connects to a cluster, or starts one of so many processors on this machine; ClusterError if that fails."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    own = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        if address != LOCAL:
            _knock(address)
            _try(address)
        ray.init(address=address, **QUIET, **own)
    except Exception as error:  # Ray raises many kinds of exceptions here
        raise ClusterError(
            f"the Ray cluster {address!r} cannot be reached: {error} (--address, address=: 'auto' for the cluster that "
            "this machine is a node of, HOST:PORT, ray://HOST:10001, or 'local' to start one here)"
        ) from None


def _knock(address: str) -> None:
    """Raises OSError where nobody listens at HOST:PORT, which is soon known."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), SECONDS_TO_ANSWER).close()


def _try(address: str) -> None:
    """Starts an actor, in a process of its own, which may be ended; raises ConnectionError where that does not work."""
    command = [sys.executable, "-c", TRIAL, address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_TO_CONNECT)
    except subprocess.TimeoutExpired:
        raise ConnectionError(f"no Ray of this version answers within {SECONDS_TO_CONNECT:g} seconds") from None
    if done.returncode:
        said = (done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]).partition("\n")[0].rstrip(".")
        raise ConnectionError(said + (TOKENS if "AuthToken" in done.stderr or "actor" in said else ""))
