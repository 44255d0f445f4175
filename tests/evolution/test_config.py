"""Laws of the settings: presets are whole, overlays are typed, wrong values are named."""

from typing import Any

import pytest

from wann_rt import tasks
from wann_rt.core.errors import ConfigError
from wann_rt.evolution import config
from wann_rt.evolution.config import default_preset
from wann_rt.play.environment import environment


def test_paper_preset_is_the_published_swingup_configuration() -> None:
    paper = config.load("paper")
    assert (paper.population, paper.generations, paper.episodes, paper.tournament) == (192, 1024, 3, 8)
    assert (paper.n_pool, paper.n_elites) == (154, 30)  # as tabulated for the reference
    assert paper.weights == (-2.0, -1.0, -0.5, 0.5, 1.0, 2.0)
    assert "square" not in paper.activations
    assert not paper.reference_quirks


@pytest.mark.parametrize("preset", config.presets())
def test_every_preset_loads(preset: str) -> None:
    assert config.load(preset).preset == preset


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("seed=3", "seed", 3), ("elite=0.5", "elite", 0.5), ("reference_quirks=true", "reference_quirks", True),
        ("weights=[1, -1]", "weights", [1, -1]), ("activations=tanh,sin", "activations", "tanh,sin"),
    ],
)  # fmt: skip
def test_settings_on_the_command_line_are_toml_values(text: str, name: str, value: Any) -> None:
    assert config.parse_setting(text) == (name, value)
    config.load(overlay={name: value})


@pytest.mark.parametrize(
    ("overlay", "message"),
    [
        ({"popsize": 3}, "no setting 'popsize'"),
        ({"population": 1}, "population is 1"),
        ({"population": "many"}, "'many' is not int"),
        ({"population": 2.5}, "2.5 is not int"),
        ({"generations": True}, "True is not int"),
        ({"cull": 1.0}, "leave a parent"),
        ({"elite": float("nan")}, "elite is nan"),
        ({"weights": []}, "at least one finite"),
        ({"weights": [float("nan")]}, "at least one finite"),
        ({"activations": ["tanh", "softmax"]}, r"\['softmax'\].*some of linear"),
        ({"enable": -1}, ">= 0"),
        ({"ranking": "nsga"}, "pareto or scalar"),
        ({"again": 1.5}, "again is 1.5"),
        ({"parsimony": -1}, "parsimony is -1"),
        ({"best_share": 1.1}, "best_share is 1.1"),
        ({"random_weights": -1}, "random_weights is -1"),
        ({"random_weights_floor": float("inf")}, "random_weights_floor is inf"),
        ({"reference_quirks": 1}, "1 is not bool"),
    ],
)
def test_wrong_settings_are_named(overlay: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(overlay=overlay)


def test_minimal_is_the_default() -> None:
    assert config.load() == config.load("minimal")
    assert default_preset(tasks.get("swingup")) == "robust"


def test_an_environment_has_the_preset_of_few_episodes_by_default() -> None:
    assert default_preset(environment("Pendulum-v1")) == "environment"
    few, many = config.load("environment"), config.load("minimal")
    assert few.population * few.generations * few.drawn_weights < 0.01 * many.population * many.generations * 12
    assert (few.add_node, few.again, few.ranking) == (many.add_node, many.again, many.ranking)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no preset 'best'; presets: .*paper"):
        config.load("best")


def test_digest_tells_any_two_configs_apart() -> None:
    assert config.load(overlay={"seed": 1}).digest != config.load(overlay={"seed": 2}).digest
    assert config.load().digest == config.load().digest


def test_a_setting_without_a_value_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected name=value"):
        config.parse_setting("seed")


@pytest.mark.parametrize(
    "text",
    ["population=inf", "population=1e400", "seed=" + "9" * 5000, "elite=nan", "weights=[[1]]", "episodes=2020-13-45",
     "generations=" + "[" * 5000, "again=" + "{a=" * 3000, "seed=-inf", "weights=[inf]", "activations=[1]"],
)  # fmt: skip
def test_hostile_settings_are_one_error(text: str) -> None:
    with pytest.raises(ConfigError):
        config.load(overlay=dict([config.parse_setting(text)]))
