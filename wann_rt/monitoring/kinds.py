"""What a monitor can watch: one row of ``KINDS`` for each kind, all made through one interface.

A kind makes features: expressions of ``o0``, ... the readings, ``b0``, ... those before, ``a0``, ... the actions taken
in between, and ``r0``, ... how often each reading has been repeated, bit for bit. Their centres and scales are
calibrated afterwards, whatever the kind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.activations import tanh
from wann_rt.core.arithmetic import ZERO, Number, absolute, select
from wann_rt.core.derived import LARGEST
from wann_rt.core.errors import TaskError
from wann_rt.core.symbols import Symbol, lift
from wann_rt.monitoring.decouple import decoupled
from wann_rt.monitoring.machines import Record
from wann_rt.monitoring.predictor import predicted
from wann_rt.tasks.task import Task

f32 = np.float32
FEWEST_REPEATS = 4  # equal readings that make a sensor stuck, where nominal machines never have as many
RANDOM, HIDDEN = 4, 8  # outputs of the random target of ``rnd``, and hidden nodes of it and of the predictor
RIDGE = 1e-4


class Made(NamedTuple):
    """A feature before it is calibrated.

    Attributes:
        kind: what it is.
        channels: to blame.
        value: expression.
        is_fixed: whether it keeps its centre of 0 and its scale of 1.
        is_residual: whether it is about 0 by its nature.
    """

    kind: str
    channels: tuple[int, ...]
    value: Symbol
    is_fixed: bool = False
    is_residual: bool = False


@dataclass(frozen=True)
class Given:
    """What a kind makes its features of.

    Attributes:
        task: the plain compiled task; None where the plant is an environment.
        record: episodes of nominal machines.
        observations: how many there are.
        actions: how many there are.
        seed: of what is drawn.
        motors: episodes of machines whose motors differ much, if the machines differ in them; see ``decouple``.
    """

    task: Task | None
    record: Record
    observations: int
    actions: int
    seed: int = 0
    motors: Record | None = None

    def inputs(self, letter: str) -> list[Symbol]:
        """Returns the inputs of a letter."""
        count = self.actions if letter == "a" else self.observations
        return [Symbol("input", name=f"{letter}{k}") for k in range(count)]

    def is_binary(self, k: int) -> bool:
        """Whether an observation has two values at most, of which each is as usual as the other."""
        return len(np.unique(self.record.seen[:, k][self.record.alive][:10_000])) <= 2

    def samples(self, most: int = 40_000) -> NDArray[np.float64]:
        """Returns some steps: readings before, actions, readings, one row each."""
        seen, done, alive = self.record
        usable = np.argwhere(alive[1:])
        steps = usable[np.linspace(0, len(usable) - 1, min(most, len(usable))).astype(int)]
        t, lane = steps.T
        return np.concatenate([seen[t, :, lane], done[t, :, lane], seen[t + 1, :, lane]], axis=1).astype(np.float64)


@dataclass(frozen=True)
class Kind:
    """A kind of features.

    Attributes:
        name: in files and tables.
        told: what it watches, for people.
        make: its features.
        needs_plant: whether the task's step must be at hand.
    """

    name: str
    told: str
    make: Callable[[Given], list[Made]]
    needs_plant: bool = False


def _range(given: Given) -> list[Made]:
    return [Made("range", (k,), o) for k, o in enumerate(given.inputs("o")) if not given.is_binary(k)]


def _change(given: Given) -> list[Made]:
    pairs = zip(given.inputs("o"), given.inputs("b"), strict=True)
    made = [Made("change", (k,), o - b, is_residual=True) for k, (o, b) in enumerate(pairs)]
    return [one for k, one in enumerate(made) if not given.is_binary(k)]


def _stuck(given: Given) -> list[Made]:
    """Binary channels repeat themselves by nature and are left out; others may repeat as often as they did here."""
    made = []
    for k, repeats in enumerate(given.inputs("r")):
        if not given.is_binary(k):
            beyond = f32(max(FEWEST_REPEATS - 1, 1 + _longest(given.record, k)) - 0.5)
            made.append(Made("stuck", (k,), select(repeats > beyond, LARGEST, ZERO), is_fixed=True))
    return made


def _longest(record: Record, k: int) -> int:
    """Returns how often a channel repeated its reading at most."""
    count = longest = np.zeros(record.alive.shape[1], np.int64)
    for t in range(1, len(record.seen)):
        same = (record.seen[t, k] == record.seen[t - 1, k]) & record.alive[t]
        count = np.where(same, count + 1, 0)
        longest = np.maximum(longest, count)
    return int(longest.max())


def _plant(given: Given) -> list[Made]:
    if given.task is None:
        raise TaskError(
            "a monitor of kind plant predicts with the step of a compiled task, and this controller's plant is an "
            "environment: name a compiled one (--task), or take --kind range, linear or rnd"
        )
    expected = predicted(given.task, _steepest(given))
    residuals = [o - e for o, e in zip(given.inputs("o"), expected, strict=False)]
    watched = decoupled(residuals, given.motors) if given.motors else residuals
    return [Made("plant", (k,), residual, is_residual=True) for k, residual in enumerate(watched)]


def _residuals(kind: str, given: Given, expected: Sequence[Number]) -> list[Made]:
    """Returns what the readings are more than expected."""
    pairs = zip(given.inputs("o"), expected, strict=True)
    return [Made(kind, (k,), o - e, is_residual=True) for k, (o, e) in enumerate(pairs)]


def _steepest(given: Given) -> dict[str, float]:
    """Returns the most by which an observed angle turned in a step, radians."""
    seen, alive = given.record.seen, given.record.alive
    names = [c.name for c in given.task.observations] if given.task else []
    found = {}
    for k, name in enumerate(names):
        if name.startswith("cos_") and f"sin_{name[4:]}" in names:
            c, s = seen[:, k], seen[:, names.index(f"sin_{name[4:]}")]
            turned = np.abs(c[:-1] * s[1:] - s[:-1] * c[1:])[alive[1:]]
            found[name[4:]] = float(np.quantile(turned, 0.9999))
    return found


def _linear(given: Given) -> list[Made]:
    samples, n = given.samples(), given.observations
    before, after = samples[:, :-n], samples[:, -n:]
    weights = _fitted(np.column_stack([before, np.ones(len(before))]), after)
    inputs = [*given.inputs("b"), *given.inputs("a")]
    laws = [
        _sum([*(f32(w) * x for w, x in zip(column, inputs, strict=False)), f32(column[-1])]) for column in weights.T
    ]
    return [
        Made("linear", (k,), o - law, is_residual=True)
        for k, (o, law) in enumerate(zip(given.inputs("o"), laws, strict=True))
    ]


def _rnd(given: Given) -> list[Made]:
    """Random network distillation, Burda 2018: how far a small predictor is from the random network it was fitted to.

    Both see the whitened readings, their changes and the actions; whitening is part of their first weights.
    """
    samples, n = given.samples(), given.observations
    before, done, after = samples[:, :n], samples[:, n:-n], samples[:, -n:]
    seen = np.column_stack([after, after - before, done])
    mean, spread = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
    rng, width = np.random.default_rng(given.seed), seen.shape[1]
    drawn = [_whitened(rng.normal(size=(width, HIDDEN)) / np.sqrt(width), mean, spread) for _ in range(2)]
    hidden = [np.tanh(seen @ weights[:-1] + weights[-1]) for weights in drawn]
    target = rng.normal(size=(HIDDEN, RANDOM))
    fitted = _fitted(np.column_stack([hidden[1], seen, np.ones(len(seen))]), hidden[0] @ target)
    inputs = [*given.inputs("o"), *(o - b for o, b in zip(given.inputs("o"), given.inputs("b"), strict=True))]
    inputs += given.inputs("a")
    nodes = [[tanh(_weighted(column, inputs)) for column in weights.T] for weights in drawn]
    errors = [
        _sum([f32(w) * x for w, x in zip(t, nodes[0], strict=True)]) - _weighted(p, [*nodes[1], *inputs])
        for t, p in zip(target.T, fitted.T, strict=True)
    ]
    return [Made("rnd", tuple(range(n)), _sum([absolute(error) for error in errors]))]


def _whitened(
    weights: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Returns weights of raw inputs, their bias last, for weights of whitened ones."""
    raw = weights / spread[:, np.newaxis]
    return np.vstack([raw, -(mean @ raw)])


def _fitted(inputs: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the weights of the least squares, a little regularised: [inputs, outputs]."""
    size = np.maximum(inputs.std(axis=0), 1e-9)
    size[-1] = 1.0
    scaled = inputs / size
    gram = scaled.T @ scaled + RIDGE * np.eye(inputs.shape[1])
    return np.asarray(np.linalg.solve(gram, scaled.T @ wanted) / size[:, np.newaxis])


def _weighted(weights: NDArray[np.float64], inputs: Sequence[Number]) -> Number:
    """Returns the weighted sum of inputs and of the bias, whose weight is the last."""
    return _sum([*(f32(w) * x for w, x in zip(weights, inputs, strict=False)), f32(weights[-1])])


def _sum(terms: Sequence[Number]) -> Number:
    first, *rest = terms
    return sum(rest, first)


def folded(made: Sequence[Made]) -> list[Made]:
    """Returns features with "stuck" as part of another one of the same channel, where there is one: that costs less."""
    stuck = {one.channels: one for one in made if one.kind == "stuck"}
    found = []
    for one in made:
        if one.kind != "stuck" and one.channels in stuck:
            condition = stuck.pop(one.channels).value.args[0]
            value = Symbol("select", (condition, lift(LARGEST), one.value))
            one = one._replace(kind=f"{one.kind}, stuck", value=value)
        found.append(one)
    return [one for one in found if one.kind != "stuck" or one.channels in stuck]


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("range", "each reading within its usual range", _range),
        Kind("change", "its change in a step within the usual one", _change),
        Kind("stuck", "no reading repeated bit for bit", _stuck),
        Kind("plant", "each reading as the task's own step predicts it", _plant, needs_plant=True),
        Kind("linear", "each reading as a linear law predicts it", _linear),
        Kind("rnd", "a random network of the readings as its small predictor says", _rnd),
    )
}
# What is asked for by one name: which kinds it has.
RECIPES: Mapping[str, tuple[str, ...]] = {
    "plant": ("plant", "stuck"),
    "range": ("range", "change", "stuck"),
    "linear": ("linear", "stuck"),
    "rnd": ("rnd", "stuck"),
}
AUTO = "auto"  # plant where there is one, else range
