"""Starting a search from a controller: its network, with the signs of its weights, and what the config says of it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ConfigError
from wann_rt.core.files import digest
from wann_rt.core.network import Network
from wann_rt.evolution.config import Config


def start_from(controller: Controller, config: Config) -> tuple[Network, Config]:
    """Returns the network to start from and the config that names it, so that a run with another start is another run.

    Of weights per connection only the signs are kept: a search knows no others.

    Raises:
        ConfigError: the network is larger than the config allows.
    """
    network = controller.network
    if config.most_connections and network.n_connections > config.most_connections:
        raise ConfigError(
            f"the search starts from {network.n_connections} connections, but setting most_connections is "
            f"{config.most_connections}: raise it, or set it to 0 for no limit"
        )
    return _signed(controller), replace(config, start_digest=digest(controller))


def _signed(controller: Controller) -> Network:
    network = controller.network
    if controller.weight.kind != "connections":
        return network
    signs = np.where(controller.weight.array < 0, -1, 1).tolist()
    bounds = network.program.offsets.tolist()
    rows = [tuple(signs[a:b]) for a, b in pairwise(bounds)]
    return replace(network, signs=tuple(rows))
