"""Laws of plots: files valid, repeatable, and whole or absent; what is drawn is what was given."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import small_controllers
from helpers.networks import networks
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

import wann_rt as wr
from wann_rt import tasks
from wann_rt.cli import main
from wann_rt.cli.plot import DRAWN
from wann_rt.core.activations import PALETTE
from wann_rt.core.controller import Channel, Controller, Weight, WeightKind
from wann_rt.core.errors import FileError, MissingExtraError, TaskError, WannError
from wann_rt.core.network import BIAS, Connection, Network
from wann_rt.display import comparisons, fonts, plots
from wann_rt.display import network as drawing
from wann_rt.display.layout import lay_out
from wann_rt.evaluation.conditions import Evaluation
from wann_rt.evaluation.robustness import Robustness
from wann_rt.evaluation.score import Score
from wann_rt.evaluation.sweep import Sweep
from wann_rt.evolution.search import Generation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TASK = replace(tasks.get("cartpole-swingup"), max_steps=40)
WRITERS: dict[str, Callable[..., "Figure"]] = {
    "network": lambda path=None, **where: drawing.draw_network(controller(), path, **where),
    "weight_profile": lambda path=None, **where: plots.plot_weight_profile(swept(), path, own=0.5, **where),
    "episode": lambda path=None, **where: plots.plot_episode(TASK, controller(), path, seed=3, **where),
    "progress": lambda path=None, **where: plots.plot_progress(generations(), path, title="swingup", cap=25, **where),
    "disturbed": lambda path=None, **where: comparisons.plot_disturbed(robust(), path, **where),
    "conditions": lambda path=None, **where: comparisons.plot_conditions(evaluated(), path, **where),
    "front": lambda path=None, **where: comparisons.plot_front(front(), path, **where),
}
every_plot = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def controller() -> Controller:
    """A controller of the swing-up: three hidden nodes, a long connection, a minus sign, an input without use."""
    connections = [(1, 6), (2, 6), (3, 7, -1), (6, 7), (7, 8), (5, 8, -1), (8, 9), (1, 9)]
    network, _ = Network.build(5, {6: 3, 7: 5, 8: 9}, {9: 1}, [Connection(*c) for c in connections])
    return Controller(TASK.name, network, Weight.shared(-0.78), TASK.observations, TASK.actions, TASK.rate_hz)


def swept() -> Sweep:
    weights = np.linspace(-2, 2, 401).astype(np.float32)
    return Sweep(weights, 500 * np.cos(weights.astype(float) - 0.7), np.zeros(len(weights)))


def scored(mean: float) -> Score:
    return Score.of(np.array([mean - 10, mean, mean + 10]))


def robust() -> Robustness:
    return Robustness(TASK.name, scored(900), {"delay = 2": scored(700), "all of these": scored(-20)})


def evaluated() -> Evaluation:
    return Evaluation(TASK.name, 0, 7, 1.4, {"random_shared": scored(500), "own_weight": scored(800)}, swept())


def front() -> list[Controller]:
    told = [{"score": {"mean": 700.0 + 10 * k, "ci95": 5.0}} for k in range(3)]
    return [replace(controller(), provenance=one) for one in told]


def generations() -> list[Generation]:
    return [
        Generation(i, 30.0 + i, 10.0 + i, 5, 4.5, 25.0 + i // 5, 6, 2_000_000 * (i + 1), 0, 0.5 * i) for i in range(20)
    ]


# Files


@pytest.mark.slow
@every_plot
def test_svg_is_well_formed_and_repeatable(write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path / "a.svg")
    write(tmp_path / "b.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag == "{http://www.w3.org/2000/svg}svg"
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@every_plot
@pytest.mark.parametrize(
    ("suffix", "begin", "end"), [("png", b"\x89PNG", b"IEND\xaeB`\x82"), ("PDF", b"%PDF", b"%%EOF\n")]
)
@pytest.mark.long
def test_png_and_pdf_are_whole_and_repeatable(
    write: Callable[[Path], object], suffix: str, begin: bytes, end: bytes, tmp_path: Path
) -> None:
    write(tmp_path / f"a.{suffix}")
    write(tmp_path / f"b.{suffix}")
    data = (tmp_path / f"a.{suffix}").read_bytes()
    assert data.startswith(begin)
    assert data.endswith(end)
    assert data == (tmp_path / f"b.{suffix}").read_bytes()


@every_plot
@pytest.mark.parametrize("name", ["plot.gif", "plot"])
def test_other_suffixes_are_refused_by_naming_those_allowed(
    write: Callable[[Path], object], name: str, tmp_path: Path
) -> None:
    with pytest.raises(FileError, match=r"\.svg, \.png, \.pdf"):
        write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@every_plot
def test_without_matplotlib_the_error_names_the_extra(
    write: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"drawing needs matplotlib.*wann-rt\[plots\]"):
        write(tmp_path / "plot.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_plot_that_fails_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    path = tmp_path / "plot.svg"
    path.write_text("old")
    monkeypatch.setattr(drawing, "_draw_key", fail)
    with pytest.raises(ZeroDivisionError):
        drawing.draw_network(controller(), path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_folder_that_does_not_exist_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written"):
        drawing.draw_network(controller(), tmp_path / "none" / "plot.svg")


def test_own_settings_of_matplotlib_neither_matter_nor_change(tmp_path: Path) -> None:
    import matplotlib

    drawing.draw_network(controller(), tmp_path / "a.svg")
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red", "savefig.bbox": "tight"}):
        before = dict(matplotlib.rcParams)
        drawing.draw_network(controller(), tmp_path / "b.svg")
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_importing_plots_imports_nothing_heavy() -> None:
    modules = "wann_rt.display.network, wann_rt.display.plots"
    code = f"import sys, {modules}; print({{'matplotlib', 'numba', 'gymnasium'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# What is drawn


def test_every_family_of_activations_has_a_colour_and_every_strip_a_task() -> None:
    assert set(drawing.COLOURS) == {activation.family for activation in PALETTE}
    assert len(set(drawing.COLOURS.values())) == len(drawing.COLOURS)
    assert set(plots.STRIPS) <= {task.name for task in tasks.TASKS}


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(networks(), st.sampled_from(["shared", "ensemble", "connections"]))
def test_any_network_is_drawn_under_any_weight(network: Network, kind: WeightKind) -> None:
    per_connection = tuple(np.linspace(-2, 2, network.n_connections))
    weights = {"shared": (1.0,), "ensemble": (-1.0, 1.0), "connections": per_connection}
    if kind == "connections":
        network = replace(network, signs=tuple((1,) * len(signs) for signs in network.signs))
    channels = [tuple(Channel(f"_{i} $x_i^{{" + "y" * i * 9) for i in range(n)) for n in (network.n_inputs, 3)]
    actions = channels[1][: network.n_outputs]
    with tempfile.TemporaryDirectory() as folder:
        drawing.draw_network(
            Controller("any", network, Weight(kind, weights[kind]), channels[0], actions), f"{folder}/a.svg"
        )


def test_an_episode_needs_the_channels_of_its_task(tmp_path: Path) -> None:
    other = replace(controller(), actions=(Channel("torque"),))
    with pytest.raises(TaskError, match="torque"):
        plots.plot_episode(TASK, other, tmp_path / "plot.svg")
    assert list(tmp_path.iterdir()) == []


def test_an_episode_that_fails_is_plotted_up_to_its_end() -> None:
    pushing = replace(
        controller(), network=Network.build(5, {}, {6: 1}, [Connection(BIAS, 6)])[0], weight=Weight.shared(1)
    )
    episode = plots._record(replace(TASK, max_steps=1000), pushing, seed=0)
    assert 10 < len(episode.rewards) < 1000
    assert (episode.actions == 1).all()


def test_a_recording_is_the_episode_that_the_kernels_play() -> None:
    from wann_rt.play.rollouts import play, starts_of

    episode = plots._record(TASK, controller(), seed=3)
    played = play(TASK, controller().network, np.array([-0.78], np.float32), starts_of(TASK, range(3, 4)))
    assert episode.rewards.astype(float).sum() == played.returns[0, 0]


@pytest.mark.slow
def test_an_episode_of_a_disturbed_task_is_plotted(tmp_path: Path) -> None:
    plots.plot_episode(tasks.with_params(TASK, delay=1), controller(), tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").exists()


@every_plot
def test_in_axes_of_a_users_own_a_plot_leaves_the_others_alone(write: Callable[..., "Figure"]) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert write(axes=left) is figure
    assert left.get_children() != right.get_children()
    assert not any((right.lines, right.patches, right.texts, right.collections, right.child_axes))
    assert any((left.lines, left.patches, left.child_axes))


def test_what_is_drawn_without_a_file_is_a_figure_that_a_notebook_shows(tmp_path: Path) -> None:
    figure = wr.plot(swept(), own=0.5)
    wr.plot(swept(), tmp_path / "weights.svg", own=0.5)
    shown: Any = figure
    assert shown._repr_svg_() == (tmp_path / "weights.svg").read_text()
    figure.savefig(tmp_path / "weights.png")
    assert (tmp_path / "weights.png").read_bytes().startswith(b"\x89PNG")


def test_letters_that_no_font_has_are_said_and_stay_letters_in_svg(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "OTHERS", ())
    channels = (replace(TASK.observations[0], name="温度"), *TASK.observations[1:])
    named = replace(controller(), observations=channels)
    wr.plot(named, tmp_path / "network.svg")
    assert "温度" in (tmp_path / "network.svg").read_text()
    assert not caplog.records
    wr.plot(named, tmp_path / "network.png")
    assert "has 度 温: boxes" in caplog.text


def test_a_dollar_sign_is_one_in_axes_of_a_users_own_whose_own_formulas_stay_formulas() -> None:
    from matplotlib.figure import Figure

    figure: Any = Figure()
    axes = figure.subplots()
    axes.text(0.5, 0.5, "$x^2$")
    plots.plot_weight_profile(swept(), axes=axes, title=r"a $\frac$ b")
    figure.savefig(BytesIO())
    assert {text.get_text(): text.get_parse_math() for text in axes.texts} == {"$x^2$": True}


def test_a_figure_without_a_file_has_fonts_for_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_installed", lambda: frozenset({"Noto Sans"}))
    monkeypatch.setattr(fonts, "_glyphs", lambda family: range(128) if family == fonts.OURS else range(2**21))
    channels = (replace(TASK.observations[0], name="温度"), *TASK.observations[1:])
    figure: Any = wr.plot(replace(controller(), observations=channels))
    families = {text.get_text(): text.get_fontfamily() for text in figure.findobj(Text)}
    assert families["温度"] == [fonts.OURS, "Noto Sans"]


def test_what_stands_in_axes_already_keeps_its_size() -> None:
    from matplotlib.figure import Figure

    axes = Figure(figsize=(2, 2)).subplots()
    mine = axes.text(0.1, 0.1, "mine", size=30)
    wr.plot(controller(), axes=axes)
    assert mine.get_fontsize() == 30
    assert min(float(text.get_fontsize()) for text in axes.texts) < 6


def test_axes_of_a_figure_within_a_figure_are_drawn_in() -> None:
    from matplotlib.figure import Figure

    outer: Any = Figure()
    assert wr.plot(controller(), axes=outer.subfigures(1, 2)[1].subplots()) is outer


def test_each_subject_has_its_usual_picture() -> None:
    subjects: dict[str, Any] = {"theta_dot": controller(), "under disturbances": robust(), "shared weight": swept()}
    for says, subject in (subjects | {"environment steps": generations()}).items():
        figure = wr.plot(subject)
        texts = [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]
        assert any(says in text for text in texts)


def test_progress_without_generations_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WannError, match="no generations"):
        plots.plot_progress([], tmp_path / "plot.svg")


def test_generations_without_a_finite_score_are_plotted(tmp_path: Path) -> None:
    bad = [report._replace(mean=-np.inf, best=np.nan) for report in generations()]
    plots.plot_progress([*bad, *generations()], tmp_path / "plot.png")
    assert (tmp_path / "plot.png").exists()


def test_the_margins_of_a_network_hold_the_names_of_wide_letters_and_of_recurrent_nodes() -> None:
    def gap(drawn: Controller) -> float:
        return drawing._Sheet.of(lay_out(drawn.network), drawn).left

    latin, wide = (
        replace(controller(), observations=(Channel(20 * letter), *TASK.observations[1:])) for letter in "a度"
    )
    assert gap(wide) == pytest.approx(2 * gap(latin) - 0.6)
    late = small_controllers.recurrent()
    sheet = drawing._Sheet.of(lay_out(late.network), late)
    ends = [sheet.width - sheet.place(*lay_out(late.network).positions[late.network.n_nodes - 1])[0]]
    assert ends == pytest.approx([0.6 + 0.076 * len("next leaky")])


def test_a_front_without_scores_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WannError, match="none of the controllers has a score"):
        comparisons.plot_front([controller()], tmp_path / "plot.svg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("score", [{"mean": "9"}, {"mean": None}, {"mean": 9.0, "ci95": "x"}, {}, 9.0])
def test_a_front_leaves_out_what_has_no_score_in_numbers(score: Any) -> None:
    odd = replace(controller(), provenance={"score": score})
    with pytest.raises(WannError, match="none of the controllers has a score"):
        comparisons.plot_front([odd])
    comparisons.plot_front([odd, *front()])


def test_what_has_no_usual_picture_is_said_by_name() -> None:
    nothing: Any = [None, (1, 2)]
    for subject in nothing:
        with pytest.raises(WannError, match=f"a run folder or a search's generations; {type(subject).__name__} came"):
            wr.plot(subject)


def test_the_rarer_sign_and_thin_lines_are_drawn_last() -> None:
    order = drawing._from_back_to_front(np.array([-1.0, 0.2, -0.1, 0.9, -0.5]))
    assert order.tolist() == [0, 4, 2, 3, 1]


@pytest.mark.long
def test_every_picture_of_the_command_line_is_drawn(tmp_path: Path) -> None:
    run = tmp_path / "run"
    settings_of = ["--generations", "2", "--population", "8", "--out", str(run), "--quiet"]
    searched = CliRunner().invoke(main, ["search", "swingup", *settings_of])
    assert searched.exit_code == 0, searched.output
    champion = str(run / "champion.json")
    digits = Path(__file__).parents[2] / "examples" / "digits" / "digits.json"
    subjects = {"search": str(run), "front": str(tmp_path / "front"), "stencils": str(digits)}
    (tmp_path / "front").mkdir()
    (tmp_path / "front" / "005.json").write_text((run / "champion.json").read_text())
    for kind in DRAWN:
        out = tmp_path / f"{kind}.svg"
        done = CliRunner().invoke(
            main, ["plot", kind, subjects.get(kind, champion), "--out", str(out), "--episodes", "4"]
        )
        assert done.exit_code == 0, done.output
        assert ElementTree.parse(out).getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["sketch", "zoo:pendulum"], "pictures: network, weights"), (["front", "."], "no folder with controller files")],
)
def test_a_picture_that_cannot_be_is_one_line(arguments: list[str], says: str, tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        done = CliRunner().invoke(main, ["plot", *arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.output.split())
