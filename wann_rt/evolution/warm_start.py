"""Starting a search from a controller: its network, with the signs of its weights, and what the config says of it."""

from dataclasses import replace

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
    signs = tuple(tuple(-1 if term.factor < 0 else 1 for term in node.terms) for node in controller.lowered.nodes)
    return replace(controller.network, signs=signs)
