"""Config: every setting of a search in one frozen dataclass; presets are TOML files laid over its defaults."""

import functools
import hashlib
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from wann_rt.core.activations import BY_NAME
from wann_rt.core.errors import ConfigError
from wann_rt.core.guess import near
from wann_rt.evolution.preset_files import default_preset as default_preset
from wann_rt.evolution.preset_files import own_settings as own_settings
from wann_rt.evolution.preset_files import presets as presets
from wann_rt.evolution.preset_files import purpose as purpose
from wann_rt.evolution.preset_files import text_of
from wann_rt.evolution.values import CONVERTERS
from wann_rt.evolution.values import parse_setting as parse_setting
from wann_rt.kernels import operators
from wann_rt.kernels.operators import default
from wann_rt.tasks.dataset.task import SCORINGS

DEFAULT_PRESET = "minimal"
LATER = (
    "disturbed", "effort_penalty", "smoothness_penalty", "chatter_penalty", "cvar_weight", "cvar_share",
    "restarts", "restart_every", "polish_share", "polish_finalists", "polish_method", "polish_episodes",
    "polish_chatter_penalty", "scoring", "proposal", "proposal_connections", "proposal_hidden", "proposal_epochs",
)  # fmt: skip
MOST = 1_000_000  # of what is counted
MOST_TOGETHER = 100_000_000  # episodes whose results are in memory at once, some 3 GB
RANKINGS = ("pareto", "scalar")
POLISHERS = ("cma", "pepg")
SCORED = ("", *SCORINGS)
PROPOSALS = ("none", "mask")


@dataclass(frozen=True)
class Config:
    """Settings of a search; defaults are those of the reference code's ``swingup.json``.

    Attributes:
        preset: the preset these settings started from.
        seed: all random numbers of the search follow from it.
        start_digest: of the controller whose network the first generation copies; empty: it is drawn at random.
        population: genomes in a generation.
        generations: how many generations to run.
        episodes: episodes per shared weight and genome in a generation; the same start states for all genomes.
        weights: the shared weights every genome is scored with.
        initial_enabled: chance that a connection of the first generation is enabled.
        add_connection, add_node, enable, change_activation, delete_connection, delete_node, flip_sign, move_connection:
            shares of the search operators among the mutations of children; ``kernels.operators.OPERATORS`` says what
            each does. If ``flip_sign`` is not 0, new connections get random signs.
        cull: fraction of the generation, the worst, that never become parents.
        elite: fraction of the possible parents, the best, that are copied unchanged.
        tournament: contestants in each tournament; the better winner of two tournaments becomes the parent.
        again: chance that a mutation is followed by another one.
        drawn_weights: score with this many shared weights drawn anew each generation, stratified over U(-2, 2), each
            episode with a start state of its own; 0: with ``weights``.
        best_share: share of the best shared weight in the fitness; the rest is the mean over all of them.
        random_weights: score also with this many sets of random weights, every connection's drawn from U(-2, 2) anew
            each episode, as the condition of that name of an evaluation does; 0: with none.
        random_weights_floor: the mean return that is wanted with random weights; what is above counts nothing.
        random_weights_price: points of fitness that each point of return below ``random_weights_floor`` costs.
        ranking: "pareto" as in the paper, see ``complexity_share``; "scalar": by fitness minus the price of the
            connections.
        parsimony: what a connection costs, in points of fitness, where ``ranking`` is scalar.
        most_connections: networks with more are never parents while there are others, nor champions; 0: no limit.
        distinct: of genomes that score alike with every shared weight, all but the first rank last.
        complexity_share: chance, in Pareto ranking, that a generation is ranked by (mean fitness, fewest
            connections); else it is ranked by (mean fitness, fitness of the best shared weight).
        activations: activations that hidden nodes may have.
        reference_quirks: also reproduce two defects of the published code: disabled connections between hidden
            nodes stay alive, and crowding distances are scaled by abs(1 / max - min).
        retest_every: generations between retests of the best genomes for the title of champion.
        retest_top: how many of the generation's best are retested.
        retest_episodes: held-out episodes per shared weight of a retest.
        sweep_weights: shared weights that the champion is tried with in the end; 1: none is tried, it keeps the one
            that it was searched with; 0: as many as a sweep has by itself, 401, or 41 for an environment.
        sweep_episodes: episodes with each weight of that last sweep; 0: as many as a sweep has by itself, 32, or 8 for
            an environment.
        scored_episodes: fresh episodes that the champion is scored with.
        disturbed: search a compiled task under all disturbances by which its robustness is judged, see
            ``tasks.conditions``, drawn anew each episode and the same for all genomes; the champion's score is still
            that on the task as it is given.
        effort_penalty, smoothness_penalty, chatter_penalty: search under these prices of actions, see
            ``tasks.conditions``; a task has none for actions of which only the greatest counts.
        cvar_weight: share in a score of the mean over the worst episodes (CVaR); the rest is the mean over all.
        cvar_share: which share of the episodes is the worst.
        restarts: begin anew with drawn genomes so many times, then go on from copies of the champion; 0: never.
        restart_every: generations before each new beginning.
        polish_share: tune the champion's individual weights in the end, with this many times the steps of the search;
            0: the champion has one shared weight.
        polish_finalists: how many networks of the last generation are tuned beside the champion, before the best of
            them all gets the other half of these steps.
        polish_chatter_penalty: added to ``chatter_penalty`` while they are tuned.
        polish_method: the strategy that does: "pepg" or "cma".
        polish_episodes: fresh episodes that each candidate plays.
        scoring: what an answer to a sample of a data set is worth while searching, see ``core.sample_scores``; empty:
            as the task says.
        proposal: "mask": the first generation copies a topology that gradients propose for the classes of a data set,
            see ``tuning.mask``, and goes on from it; "none": it is drawn.
        proposal_connections, proposal_hidden, proposal_epochs: settings of that, see ``MaskSettings``.
    """

    preset: str = DEFAULT_PRESET
    seed: int = 0
    start_digest: str = ""
    population: int = 192
    generations: int = 1024
    episodes: int = 3
    weights: tuple[float, ...] = (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
    initial_enabled: float = 0.5
    add_connection: float = default("add_connection")
    add_node: float = default("add_node")
    enable: float = default("enable")
    change_activation: float = default("change_activation")
    delete_connection: float = default("delete_connection")
    delete_node: float = default("delete_node")
    flip_sign: float = default("flip_sign")
    move_connection: float = default("move_connection")
    again: float = 0.0
    drawn_weights: int = 0
    best_share: float = 0.0
    random_weights: int = 0
    random_weights_floor: float = 0.0
    random_weights_price: float = 2.5
    ranking: str = "pareto"
    parsimony: float = 0.0
    most_connections: int = 0
    distinct: bool = False
    cull: float = 0.2
    elite: float = 0.2
    tournament: int = 8
    complexity_share: float = 0.8
    activations: tuple[str, ...] = (
        "linear", "step", "sin", "gauss", "tanh", "sigmoid", "inverse", "abs", "relu", "cos",
    )  # fmt: skip
    reference_quirks: bool = False
    retest_every: int = 8
    retest_top: int = 4
    retest_episodes: int = 32
    sweep_weights: int = 0
    sweep_episodes: int = 0
    scored_episodes: int = 100
    disturbed: bool = False
    effort_penalty: float = 0.0
    smoothness_penalty: float = 0.0
    chatter_penalty: float = 0.0
    cvar_weight: float = 0.0
    cvar_share: float = 0.25
    restarts: int = 0
    restart_every: int = 64
    polish_share: float = 0.0
    polish_finalists: int = 3
    polish_chatter_penalty: float = 0.0
    polish_method: str = "pepg"
    polish_episodes: int = 16
    scoring: str = ""
    proposal: str = "none"
    proposal_connections: int = 985
    proposal_hidden: int = 64
    proposal_epochs: int = 20

    def __post_init__(self) -> None:
        """Refuses values out of range, naming the setting."""
        for name in ("population", "generations", "retest_every"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, "at least 1")
        for name in (
            "episodes", "tournament", "retest_top", "retest_episodes", "scored_episodes", "polish_episodes",
            "restart_every",
        ):  # fmt: skip
            _check(name, getattr(self, name), 1 <= getattr(self, name) <= MOST, f"from 1 to {MOST}")
        _check("generations", self.generations, self.generations <= 10**9, "at most 1000000000")
        _check("seed", self.seed, 0 <= self.seed <= 2**53, "from 0 to 2^53")
        for name in ("sweep_weights", "sweep_episodes"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) <= 100_000, "from 0 to 100000")
        _check("population", self.population, 2 <= self.population <= 1_000_000, "from 2 to 1000000")
        for name in ("initial_enabled", "cull", "elite", "complexity_share", "again", "best_share", "cvar_weight"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) <= 1, "from 0 to 1")
        _check("cull", self.cull, self.n_pool >= 1, "small enough to leave a parent")
        shares = tuple(self.shares.values())
        fit = all(0 <= share <= MOST for share in shares) and sum(shares) > 0
        _check(", ".join(self.shares), shares, fit, ">= 0, not all 0")
        for name in (
            "drawn_weights", "most_connections", "parsimony", "random_weights", "random_weights_price", "restarts",
            "effort_penalty", "smoothness_penalty", "chatter_penalty", "polish_share", "polish_chatter_penalty",
        ):  # fmt: skip
            _check(name, getattr(self, name), 0 <= getattr(self, name) <= 1e6, "from 0 to 1000000")
        floor = self.random_weights_floor
        _check("random_weights_floor", floor, -1e9 <= floor <= 1e9, "a finite number")
        for name, words in (("ranking", RANKINGS), ("polish_method", POLISHERS), ("proposal", PROPOSALS)):
            word = getattr(self, name)
            _check(name, word, word in words, " or ".join(words) + near(word, words))
        in_range = bool(self.weights) and all(-1e6 <= w <= 1e6 for w in self.weights)
        _check("weights", self.weights, in_range, "at least one finite number")
        few = f"so much that {MOST_TOGETHER} episodes are played at once, not {self._together}: that is memory"
        _check("population", self.population, self._together <= MOST_TOGETHER, few)
        _check("cvar_share", self.cvar_share, 0 < self.cvar_share <= 1, "above 0 and at most 1")
        _check("scoring", self.scoring, self.scoring in SCORED, " or ".join(map(repr, SCORED)))
        for name, low, high in (
            ("proposal_connections", 20, 100_000), ("proposal_hidden", 16, 128), ("proposal_epochs", 1, 10_000),
        ):  # fmt: skip
            _check(name, getattr(self, name), low <= getattr(self, name) <= high, f"from {low} to {high}")
        if self.proposal != "none" and self.most_connections:
            fits = self.proposal_connections <= self.most_connections
            _check("proposal_connections", self.proposal_connections, fits, "at most most_connections")
        _check("polish_finalists", self.polish_finalists, 0 <= self.polish_finalists <= 1000, "from 0 to 1000")
        unknown = [name for name in self.activations if name not in BY_NAME]
        known = f"some of {', '.join(BY_NAME)}{near(unknown[0], BY_NAME) if unknown else ''}"
        _check("activations", unknown or self.activations, bool(self.activations) and not unknown, known)

    @property
    def _together(self) -> int:
        """How many episodes are played at once, at most: of a generation, or of a retest."""
        lanes = (self.drawn_weights or len(self.weights) * self.episodes) + self.random_weights
        retested = (self.drawn_weights or len(self.weights)) + self.random_weights
        return max(self.population * lanes, self.retest_top * retested * self.retest_episodes)

    @property
    def shares(self) -> dict[str, float]:
        """Each search operator's share of the mutations."""
        return {name: getattr(self, name) for name in operators.NAMES}

    @property
    def n_pool(self) -> int:
        """How many of a generation may become parents."""
        return self.population - int(self.cull * self.population)

    @property
    def n_elites(self) -> int:
        """How many of a generation are copied unchanged."""
        return int(self.elite * self.n_pool)

    @functools.cached_property
    def digest(self) -> str:
        """Returns "sha256:<hex>" over all settings."""
        return "sha256:" + hashlib.sha256(json.dumps(self.said, sort_keys=True).encode()).hexdigest()

    @property
    def said(self) -> dict[str, Any]:
        """Returns the settings as files say them: of those that came later, the ones that differ from none at all.

        So a search without them is the search that it was before: same digest, same bytes, and its runs go on.
        """
        unset = unsaid()
        return {name: value for name, value in asdict(self).items() if name not in unset or value != unset[name]}


operators.check(Config.__dataclass_fields__, "setting", "Config in wann_rt/evolution/config.py")


def unsaid() -> dict[str, Any]:
    """Returns the settings that files do not say where they have these values, see ``Config.said``."""
    return {name: Config.__dataclass_fields__[name].default for name in LATER}


def load(preset: str = DEFAULT_PRESET, overlay: Mapping[str, Any] | None = None) -> Config:
    """Returns a preset with some settings replaced.

    Args:
        preset: name of a shipped preset.
        overlay: settings to replace, as from a TOML file or keyword arguments.

    Raises:
        ConfigError: unknown preset or setting, or a value of the wrong type or out of range.
    """
    return overlaid(replace(_preset(preset), preset=preset), overlay or {})


def _preset(name: str) -> Config:
    """Returns a shipped preset: its settings over those of the preset that it extends, or over the defaults."""
    if name not in presets():
        raise ConfigError(f"there is no preset {name!r}; presets: {', '.join(presets())}{near(name, presets())}")
    settings = tomllib.loads(text_of(name))
    base = settings.pop("extends", None)
    return overlaid(Config() if base is None else _preset(base), settings)


def overlaid(config: Config, overlay: Mapping[str, Any]) -> Config:
    """Returns the config with some settings replaced; see ``load``."""
    return replace(config, **{name: _typed(name, value) for name, value in overlay.items()})


def _typed(name: str, value: Any) -> Any:
    """Returns the value as the setting's type, or raises ConfigError."""
    types = {f.name: f.type.__name__ if type(f.type) is type else str(f.type) for f in fields(Config)}
    if name not in types:
        raise ConfigError(f"there is no setting {name!r}; settings: {', '.join(types)}{near(name, types)}")
    convert: Callable[[Any], Any] = CONVERTERS[types[name]]
    try:
        return convert(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(f"setting {name}: {value!r} is not {types[name]}") from None


def _check(name: str, value: Any, holds: bool, expected: str) -> None:
    if not holds:
        raise ConfigError(f"setting {name} is {value!r}; expected {expected}")
