"""Laws of the live page: Python's bits in the browser, no request, no injection, something to read without scripts."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import builders, needs, observed
from helpers.javascript import engine, in_chromium, in_node
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core.controller import Channel, Controller
from wann_rt.core.levels import Level
from wann_rt.core.monitor import Feature, Monitor
from wann_rt.core.program import Operation
from wann_rt.core.reference import evaluate
from wann_rt.display.formulas import node_names
from wann_rt.display.page.of_controller import MOST_RECORDED, compiled_task, page_of, recorded
from wann_rt.display.page.page import _noise, page
from wann_rt.display.page.svg import network_svg
from wann_rt.exporters.parity import run_monitor
from wann_rt.exporters.parity.vectors import observations, resets
from wann_rt.exporters.to_js.controller import number
from wann_rt.play.plain import with_vectors
from wann_rt.play.task_of import compiled_task_of
from wann_rt.tasks import get
from wann_rt.tasks.task import Task

NAMES = ("cartpole-swingup.shared", "pendulum", "cartpole", "acrobot", "mountain-car-continuous")
BROWSER_S_OWN = re.compile(r"https?://[\w.]*(google|googleapis|gvt1)\.com/")  # its updates, its clock
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&"
PLAY = """
const game = new Episode(DATA.plant.starts[0], DATA.plant.params.map((e) => e[1]), CALM, 1);
const hex = (v) => new Uint32Array(Float32Array.from([v]).buffer)[0];
const rows = [];
for (let k = 0; k < 1000; k++) {
  const { actions } = act(game.observe(), NET.weight);
  game.advance(actions);
  rows.push([...game.state, ...actions].map(hex));
}
"""


def played(controller: Controller, task: Task) -> NDArray[np.uint32]:
    """Returns the bits of states and actions over 1,000 steps, by the oracle and the task's own functions."""
    state, rows = tuple(task.start(0)), []
    with np.errstate(all="ignore"):
        for _ in range(1000):
            action = evaluate(controller, np.array([task.observe(*state)], np.float32))[0]
            *after, _, _ = task.step(task.params, *state, *action)
            state = tuple(after)
            rows.append([*state, *action])
    return np.array(rows, np.float32).view(np.uint32)


def requests(log: Path) -> set[str]:
    """Returns the addresses in a browser's log of its network that are not its own files."""
    found = set(re.findall(r'"url":"((?:http|ws|ftp)[^"]*)"', log.read_text()))
    return {url for url in found if not BROWSER_S_OWN.match(url)}


@needs.node
@pytest.mark.parametrize("name", NAMES)
def test_a_thousand_steps_have_python_s_bits(name: str) -> None:
    controller = zoo.load(name)
    task = compiled_task_of(controller)
    rows = in_node(f"{engine(page(controller, task))}\n{PLAY}\nconsole.log(JSON.stringify(rows));")
    assert np.array_equal(np.array(rows, np.uint32), played(controller, task))


@needs.node
@pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])
def test_any_controller_has_python_s_bits(kind: Any) -> None:
    controller = builders.controller(np.random.default_rng(5), kind)
    observations = builders.inputs(np.random.default_rng(6), len(controller.observations), 50).T
    asked = json.dumps([[str(v) for v in row] for row in observations.astype(float)]).replace('"inf"', '"Infinity"')
    asked = asked.replace('"-inf"', '"-Infinity"').replace('"nan"', '"NaN"')
    script = f"""{engine(page(controller))}
    const out = {asked}.map((row) => act(row.map(Number), NET.weight).actions);
    console.log(JSON.stringify(out.map((row) => Array.from(new Uint32Array(Float32Array.from(row).buffer)))));"""
    found = np.array(in_node(script), np.uint32).view(np.float32)
    assert builders.same_bits(found, evaluate(controller, observations))


def with_memory() -> tuple[Controller, Task]:
    """Returns a swing-up from positions by a controller with every kind of derived channel, and its task."""
    task = wr.task("swingup", observe=observed.POSITIONS[::-1], derive=observed.DERIVE)
    return with_vectors(task, observed.subject(task), 0), task


@needs.node
def test_steps_with_a_state_have_python_s_bits_and_vectors_are_sequences() -> None:
    controller, task = with_memory()
    play = PLAY.replace("act(game.observe(), NET.weight)", "act(fed(game.observe()), NET.weight, game.memory)")
    play = play.replace("k < 1000", "k < 250")
    text = page(controller, task)
    script = f"{engine(text)}\n{play}\nconst gone = NET.memory.resets;\nconst right = differing();"
    script += "\nNET.memory.resets = [];\nNET.vectors = [...NET.vectors, NET.vectors[0]];"
    rows, right, wrong = in_node(f"{script}\nconsole.log(JSON.stringify([rows, right, differing()]));")
    raw, wanted = get("cartpole-swingup"), []
    state, memory = tuple(raw.start(0)), controller.start()
    with np.errstate(all="ignore"):
        for _ in range(250):
            seen = dict(zip((c.name for c in raw.observations), raw.observe(*state), strict=True))
            action, memory = controller.step(memory, np.array([seen[c.name] for c in controller.observations]))
            *after, _, _ = raw.step(raw.params, *state, *action)
            state = tuple(after)
            wanted.append([*state, *action])
    assert np.array_equal(np.array(rows, np.uint32), np.array(wanted, np.float32).view(np.uint32))
    assert (right, wrong) == (0, 1)  # the last one needs the reset that was taken away
    assert 'id="forget"' in text
    assert "theta_dot_0" in text


@needs.node
def test_any_readings_and_resets_have_python_s_bits() -> None:
    controller, _ = with_memory()
    readings = observations(controller, 120)
    begins = resets(controller, len(readings))
    asked = json.dumps([[number(float(v)) for v in row] for row in readings])
    script = f"""{engine(page(controller))}
    const state = fresh(); const begins = {json.dumps(begins.tolist())};
    const out = {asked}.map((row, k) => {{
      if (begins[k]) state.fill(0);
      return [...act(row.map(Number), NET.weight, state).actions, ...state]; }});
    console.log(JSON.stringify(out.map((row) => Array.from(new Uint32Array(Float32Array.from(row).buffer)))));"""
    found, state, wanted = np.array(in_node(script), np.uint32).view(np.float32), controller.start(), []
    for row, reset in zip(readings, begins, strict=True):
        action, state = controller.step(controller.start() if reset else state, row)
        wanted.append([*action, *state])
    assert builders.same_bits(found, np.array(wanted, np.float32))


def with_monitor() -> Controller:
    """Returns the pendulum with a monitor of its changes and of repeated readings."""
    repeats = (Operation("constant", (), 2.5), Operation("gt", (7, 10)), Operation("constant", (), 9.0))
    program = (*repeats, Operation("sub", (0, 3)), Operation("select", (11, 12, 13)), Operation("sub", (2, 5)))
    features = Feature("change, stuck", (0,), 14, 0.0, 4.0), Feature("change", (2,), 15, 0.0, 0.75)
    levels = Level(1, 1, 1.0), Level(2, 3, 0.5)
    return replace(zoo.load("pendulum"), monitor=Monitor(3, 1, program, features, levels, (0.5,), 1e-5))


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (5, 0.005),
        ({"spread": [1]}, 0.005),
        ({"spread": {"observation_noise": "x"}}, 0.005),
        ({"spread": {"observation_noise": -3}}, 0.005),
        ({"spread": {"observation_noise": 0.02}}, 0.02),
        ({"spread": {"observation_noise": 2}}, 0.1),
        ({"spread": {"observation_noise": 10**400}}, 0.1),
    ],
)
def test_a_provenance_of_any_shape_gives_the_page_a_noise_that_its_slider_shows(told: Any, shown: float) -> None:
    assert _noise({"monitor": told}) == shown


@needs.node
def test_a_monitor_remembers_python_s_bits_over_a_thousand_steps_with_resets() -> None:
    controller, rng = with_monitor(), np.random.default_rng(4)
    readings = rng.normal(0, 0.2, (1000, 3)).astype(np.float32)
    readings[::90, 2], readings[200:206] = np.nan, readings[200]
    readings[300:900] *= np.float32(0.1)
    done, begins = rng.normal(size=(1000, 1)).astype(np.float32), rng.random(1000) < 0.02
    given = run_monitor.Sequence(readings, done, begins)
    rows = [[number(float(v)) for v in row] for row in np.hstack([readings, done])]
    script = f"""{engine(page(controller, compiled_task_of(controller)))}
    const watcher = new Watcher(); const begins = {json.dumps(begins.tolist())};
    const out = {json.dumps(rows)}.map((row, k) => {{
      if (begins[k]) watcher.reset();
      watcher.done = [f(row[3])];
      watcher.judge(row.slice(0, 3).map(Number));
      return Array.from(watcher.state); }});
    console.log(JSON.stringify(out.map((row) => Array.from(new Uint32Array(Float32Array.from(row).buffer)))));"""
    found = np.array(in_node(script), np.uint32).view(np.float32)
    assert controller.monitor is not None
    wanted = run_monitor.oracle(controller.monitor, given)
    assert builders.same_bits(found, wanted)
    assert set(np.unique(wanted[:, -1])) >= {0, 1, 4}


def stepped(text: str, steps: int) -> str:
    """Returns a page that makes so many steps and stops: how many frames a browser draws, its machine decides."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)  # which forbids a script of a test
    script = f"running = false; for (let k = 0; k < {steps}; ++k) tick(); draw();"
    return text.replace("</body>", f"<script>{script}</script></body>")


@needs.chromium
def test_chromium_shows_an_alarm(tmp_path: Path) -> None:
    controller = with_monitor()
    assert controller.monitor is not None
    loud = replace(controller, monitor=replace(controller.monitor, levels=(Level(1, 1, 1e-6),)))
    (tmp_path / "page.html").write_text(stepped(page(loud, compiled_task_of(loud)), 5))
    shown = in_chromium(tmp_path / "page.html", tmp_path)
    assert re.search(r'id="alarm"[^>]*class="broken"[^>]*>Alarm: (cos_theta|theta_dot)<', shown)


@needs.chromium
def test_chromium_shows_what_is_remembered(tmp_path: Path) -> None:
    controller, task = with_memory()
    (tmp_path / "page.html").write_text(stepped(page(controller, task), 5))
    seen = in_chromium(tmp_path / "page.html", tmp_path)
    assert "every bit is equal" in seen
    assert re.search(r'data-memory="0">1\.000<', seen)


@needs.chromium
def test_chromium_has_python_s_bits_and_asks_nobody(tmp_path: Path) -> None:
    controller = zoo.load("cartpole-swingup.shared")
    task = compiled_task_of(controller)
    text = page(controller, task)
    (tmp_path / "page.html").write_text(text)
    seen = in_chromium(tmp_path / "page.html", tmp_path, f"--log-net-log={tmp_path / 'net.json'}")
    assert "every bit is equal" in seen
    assert 'class="live"' in seen
    assert not requests(tmp_path / "net.json")
    (tmp_path / "asks.html").write_text("<img src='http://127.0.0.1:9/seen'>")
    in_chromium(tmp_path / "asks.html", tmp_path, f"--log-net-log={tmp_path / 'asks.json'}")
    assert requests(tmp_path / "asks.json") == {"http://127.0.0.1:9/seen"}
    # The same scripts in a page whose policy lets a test look at the results.
    script = f"{engine(text)}\n{PLAY}\ndocument.body.textContent = JSON.stringify(rows);"
    (tmp_path / "test.html").write_text(f"<body></body><script>{script}</script>")
    rows = re.search(r"\[\[.*\]\]", in_chromium(tmp_path / "test.html", tmp_path))
    assert rows is not None
    assert np.array_equal(np.array(json.loads(rows[0]), np.uint32), played(controller, task))


def hostile_controller() -> Controller:
    """Returns a controller whose every text is an attack."""
    plain = builders.controller(np.random.default_rng(1))
    observations, actions = (
        tuple(Channel(f"{HOSTILE}{k}", HOSTILE) for k in range(len(channels)))
        for channels in (plain.observations, plain.actions)
    )
    told = {"task": HOSTILE, "score": {"mean": HOSTILE}}
    return replace(plain, name=HOSTILE, observations=observations, actions=actions, provenance=told)


def test_no_text_of_a_file_becomes_markup() -> None:
    text = page(hostile_controller())
    assert "<img" not in text
    assert text.count("<script") == 5 == text.count("</script>")


@needs.chromium
def test_a_hostile_controller_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(page(hostile_controller()))
    seen = in_chromium(tmp_path / "page.html", tmp_path, "--force-prefers-reduced-motion")
    assert 'class="live"' in seen
    assert "<img" not in seen
    assert re.search(r'id="play"[^>]*>Play<', seen)  # who asks for less motion starts it


@needs.box2d
def test_a_page_of_an_environment_replays_an_episode_of_it() -> None:
    observed = recorded(zoo.load("lunar-lander"))
    assert observed is not None
    assert observed.shape[1] == 8
    assert 50 < len(observed) <= MOST_RECORDED
    assert recorded(replace(zoo.load("lunar-lander"), provenance={})) is None


@needs.chromium
def test_without_a_plant_recorded_observations_move_the_network(tmp_path: Path) -> None:
    observed = np.full((3, 3), 0.5, np.float32)
    text = page(zoo.load("pendulum"), episode=observed)
    (tmp_path / "page.html").write_text(text)
    assert re.search(r'id="play"[^>]*>Pause<', in_chromium(tmp_path / "page.html", tmp_path))
    (tmp_path / "stepped.html").write_text(stepped(text, 5))
    seen = in_chromium(tmp_path / "stepped.html", tmp_path)
    glows = [float(value) for value in re.findall(r'class="glow[^"]*"[^>]*opacity="([\d.]+)"', seen)]
    assert max(glows) > 0


def test_without_scripts_there_is_a_drawing_and_the_formulas() -> None:
    text = re.sub(r"<script.*?</script>", "", page(zoo.load("pendulum"), tasks.get("pendulum")), flags=re.DOTALL)
    assert text.count("data-node") == zoo.load("pendulum").network.n_nodes - 1  # nothing uses the bias
    assert "torque =" in text
    assert "<noscript>" in text


def test_a_page_is_small_and_the_same_each_time() -> None:
    controller = zoo.load("cartpole-swingup.shared")
    text = page(controller, compiled_task_of(controller))
    assert text == page(controller, compiled_task_of(controller))
    data = re.search(r'"files":\[.*?\]', text)
    assert data is not None
    assert len(text) - len(data[0]) < 80_000


def test_an_environment_s_controller_is_shown_by_its_vectors() -> None:
    controller = zoo.load("lunar-lander")
    assert compiled_task(controller) is None
    assert '"plant":null' in page_of(controller)


def test_names_of_wide_letters_have_room_in_the_drawing() -> None:
    champion = zoo.load("pendulum")
    named = replace(champion, observations=(Channel(20 * "度"), *champion.observations[1:]))
    begins = re.search(r'<text x="([\d.]+)"[^>]*>度', network_svg(named, node_names(named)))
    assert begins is not None
    assert float(begins[1]) > 20 * 11  # the letters' size


def test_an_observation_that_is_not_finite_is_not_replayed() -> None:
    champion = replace(zoo.load("pendulum"), provenance={})
    seen = np.array([[np.nan, 0, 1], [0.25, 0.5, 2], [np.inf, 0, 1]], np.float32)
    assert '"episode":[[0.25,0.5,2.0]]' in page(champion, episode=seen)
    assert '"episode":[[' in page(champion, episode=seen[:1])


def test_a_task_that_does_not_fit_is_not_played() -> None:
    controller = replace(zoo.load("pendulum"), provenance={"task": "cartpole-swingup"})
    assert compiled_task(controller) is None


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["page", "zoo:pendulum", "--no-curve", "--out", str(tmp_path / "p.html")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "p.html").read_text().startswith("<!doctype html>")
