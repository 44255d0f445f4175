"""What plays chunks on a node of a Ray cluster.

Sent to the node by value, so that a node with another wann_rt, or none, can say so: nothing of wann_rt is imported
before the versions have been compared.
"""

import importlib
import importlib.metadata
import importlib.util
import socket
import sys
import time
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wann_rt.play.backends.chunks import Chunk
    from wann_rt.play.backends.messages import Answer
    from wann_rt.tasks.environment.task import EnvironmentTask


class Player:
    """One processor of a cluster: the back end "processes" with one worker."""

    def begin(self, wanted: dict[str, str], module: str, path: list[str]) -> str:
        """Makes ready, and returns what is wrong with this node; nothing, if nothing is.

        Args:
            wanted: versions that must be the same, by name of the distribution.
            module: what the environment is imported from; empty: nothing but Gymnasium.
            path: where the search imports from; what exists here is looked through last.
        """
        sys.path.extend(folder for folder in path if folder and folder not in sys.path)
        if module and importlib.util.find_spec(module.partition(".")[0]) is None:
            return (
                f"node {socket.gethostname()} lacks the module {module} of the environment: install it there, or put "
                "it in a folder that all nodes share, and start the search there"
            )
        found = {name: self._version(name) for name in wanted}
        here = ", ".join(f"{name} {version}" for name, version in found.items() if version != wanted[name])
        there = ", ".join(f"{name} {version}" for name, version in wanted.items() if version != found[name])
        return here and f"node {socket.gethostname()} has {here}, but the search {there}: install the same on all nodes"

    def play(self, task: "EnvironmentTask", chunk: "Chunk") -> "Answer":
        """Plays a chunk.

        Returns:
            "done" with what came of it, the seconds that it took, and warnings; or "failed" with what went wrong.
        """
        from wann_rt.core.errors import TaskError
        from wann_rt.play.backends import processes
        from wann_rt.play.backends.messages import Answer

        began = time.monotonic()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            try:
                [played] = processes.play_chunks(task, [chunk], 1)
            except TaskError as error:
                return Answer("failed", result=str(error))
        said = [str(warning.message) for warning in caught if warning.category is RuntimeWarning]
        return Answer("done", result=(played, time.monotonic() - began, said))

    def _version(self, name: str) -> str:
        """Returns the version that this node has; "missing" if none."""
        try:
            if name == "wann_rt":  # the package works without being installed, too
                return str(importlib.import_module(name).__version__)
            return importlib.metadata.version(name)
        except (ImportError, AttributeError):
            return "missing"
