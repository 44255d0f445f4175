"""The conditioning of a channel as compiled code, with its numbers compiled in: what is not there costs nothing."""

from collections.abc import Callable
from typing import Any

from numba.extending import register_jitable

from wann_rt.core import conditioning
from wann_rt.core.channel import Channel
from wann_rt.kernels.jit import inlined

Function = Callable[[Any], Any]
for _formula in (conditioning.limit_action, conditioning.condition_action, conditioning.condition_observation):
    register_jitable(_formula)


def observation_function(channel: Channel) -> Function:
    """Returns what makes an observation an input of the network."""
    formula, numbers = conditioning.condition_observation, channel.conditioning
    function: Function = inlined(lambda o: formula(numbers, o))
    return function


def action_function(channel: Channel) -> Function:
    """Returns what makes an output of the network an action."""
    formula, numbers = conditioning.condition_action, channel.conditioning
    function: Function = inlined(lambda y: formula(numbers, y))
    return function
