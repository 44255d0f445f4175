"""Turns a controller of acrobot-torque that reads rates into one that derives them, and looks ahead.

The angles' cosines and sines are all that it is fed. A rate that is derived of two readings is that of half a step ago,
and what the motor is asked for takes effect late; so feedback near the top is moved from the state that is seen to the
one in which the links will be: where the plant's own linearisation leads from here, under the torque of the step
before, which the controller remembers. That changes the four weights of its linear feedback, and adds a fifth.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.network import Connection, Network
from wann_rt.core.weight import Weight
from wann_rt.rivals.lqr import linearised
from wann_rt.tasks.deriving import seen_through
from wann_rt.tasks.task import Task

Vector = NDArray[np.float64]
DERIVED = {
    "shoulder_dot": "rate_of:cos_shoulder/sin_shoulder",
    "elbow_dot": "rate_of:cos_elbow/sin_elbow",
    "torque_before": "previous:torque",
}
SINES_AND_RATES = (2, 4, 5, 6)  # inputs of the network
BEFORE = 7  # the input that is new: the torque of the step before
DIGITS = 4  # kept of what is added to a weight: more would differ between processors


def seen(task: Task) -> Task:
    """Returns the task as the new controller sees it."""
    return seen_through(task, None, DERIVED)


def slopes(controller: Controller) -> Vector:
    """Returns how the torque changes with both angles and both rates where the links are upright at rest."""
    network, output = controller.network, controller.network.n_nodes - 1
    weights = np.zeros((output + 1, output + 1))
    for one, weight in zip(network.connections, controller.weight.array, strict=True):
        weights[one.source, one.target] = weight
    scales = np.array([channel.scale for channel in controller.inputs])
    upright = weights[[0, 1, 3]].sum(axis=0)  # the bias and both cosines are 1, all else is 0
    nodes = slice(network.first, output)
    through = weights[1 : network.first, nodes] @ ((1 - np.tanh(upright[nodes]) ** 2) * weights[nodes, output])
    found: Vector = (scales * (weights[1 : network.first, output] + through))[np.array(SINES_AND_RATES) - 1]
    return found


def ahead(task: Task, feedback: Vector, steps: float) -> Vector:
    """Returns the feedback of angles, derived rates and the torque before that equals one of the state so far ahead.

    Args:
        task: the plain task.
        feedback: of angles and rates.
        steps: how far ahead of the last reading.
    """
    plant, both = linearised(task, (0.0,) * 4), np.eye(2)
    move, push = plant.a, plant.b[:, 0]
    back = np.linalg.inv(move)[:2]  # to the angles of the step before: of angles and rates, which the torque moved
    rate = task.rate_hz
    # rate * (angles - back @ (state - push * torque)) is what is derived; solved for the rates:
    solved = np.linalg.inv(-rate * back[:, 2:])
    state = np.zeros((4, 5))
    state[:2, :2] = both
    state[2:] = solved @ np.hstack([-rate * (both - back[:, :2]), both, -rate * (back @ push)[:, None]])
    later = state + steps * (move - np.eye(4)) @ state
    later[:, 4] += steps * push
    return feedback @ later


def foresighted(task: Task, controller: Controller, steps: float) -> Controller:
    """Returns the controller that derives its rates and looks so many steps ahead; without vectors."""
    feedback, output = slopes(controller), controller.network.n_nodes
    gains = ahead(task, feedback, steps)
    places = [place + (place >= BEFORE) for place in range(output)]  # one more input stands before the nodes
    pairs = zip(controller.network.connections, controller.weight.array, strict=True)
    weights = {(places[c.source], places[c.target]): float(value) for c, value in pairs}
    for place, more in zip(SINES_AND_RATES, gains[:4] - feedback, strict=True):
        weights[place, output] += round(float(more) / controller.inputs[place - 1].scale, DIGITS)
    weights[BEFORE, output] = round(float(gains[4]), DIGITS)
    known = controller.network
    hidden = {BEFORE + 1 + k: name for k, name in enumerate(known.activations[:-1])}
    network, _ = Network.build(BEFORE, hidden, {output: known.activations[-1]}, [Connection(*pair) for pair in weights])
    values = tuple(float(np.float32(weights[c.source, c.target])) for c in network.connections)
    through, weight = seen(task), Weight("connections", values)
    return replace(
        controller, network=network, weight=weight, observations=through.sensors, derived=through.derived, vectors=()
    )
