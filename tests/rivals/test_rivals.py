"""Laws of the rivals: they are what a textbook says, play in the kernels as in numpy, and are tuned as ours are."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from click.testing import CliRunner

from wann_rt import tasks, zoo
from wann_rt.cli import main
from wann_rt.core.errors import TaskError
from wann_rt.core.random import Purpose
from wann_rt.display.rivals import RivalTable
from wann_rt.evaluation.score import Score
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c.plant import to_plant
from wann_rt.kernels.forward import forward_batch
from wann_rt.play.episodes import episode_seeds
from wann_rt.play.plain import play_controller, returns
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.contest import Entry, champions, contest, priced
from wann_rt.rivals.export import controller_of, formula
from wann_rt.rivals.law import Law, closed, passing, with_gains
from wann_rt.rivals.lqr import linearised, riccati
from wann_rt.rivals.textbook import KNOWN, laws
from wann_rt.rivals.tuning import played, tuned
from wann_rt.tasks.any_task import seen_as_by
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import PolishSettings

SWING = tasks.get("cartpole-swingup")
QUADROTOR = tasks.get("quadrotor")
MOTOR = tasks.get("dc-motor")
HELD = (
    "cartpole-swingup",
    "pendulum",
    "cartpole",
    "acrobot",
    "double-pole",
    "quadrotor",
    "balancing-robot",
    "pendubot",
    "acrobot-torque",
)
BRIEF = PolishSettings("pepg", population=8, episodes=4, steps=200_000, seed=1, threads=1, final=16)


def law(name: str, task: str = "cartpole-swingup") -> Law:
    return next(one for one in laws(tasks.get(task)) if one.name == name)


@pytest.mark.parametrize("name", HELD)
def test_linear_feedback_by_theory_keeps_the_linearised_plant_where_it_is(name: str) -> None:
    task = tasks.get(name)
    a, b, _ = linearised(task, KNOWN[name].rest, KNOWN[name].trim)
    q, r = np.eye(len(a)), np.eye(b.shape[1])
    k = riccati(a, b, q, r)
    assert np.abs(np.linalg.eigvals(a)).max() > (1 - 1e-3 if name == "quadrotor" else 1)  # which drifts, only
    assert np.abs(np.linalg.eigvals(a - b @ k)).max() < 1
    p = np.linalg.solve(np.eye(len(a) ** 2) - np.kron((a - b @ k).T, (a - b @ k).T), (q + k.T @ r @ k).ravel())
    p = p.reshape(a.shape)  # the cost to go of this feedback, by Lyapunov's equation; then it solves Riccati's
    residual = q + a.T @ p @ a - a.T @ p @ b @ np.linalg.solve(r + b.T @ p @ b, b.T @ p @ a) - p
    assert np.abs(residual).max() < 1e-6 * np.abs(p).max()


def test_a_plant_that_nothing_moves_is_refused() -> None:
    with pytest.raises(TaskError, match="no linear feedback"):
        riccati(2 * np.eye(1), np.zeros((1, 1)), np.eye(1), np.eye(1))


def test_the_linearised_pendulum_is_the_one_of_the_textbook() -> None:
    a, b, c = linearised(tasks.get("pendulum"), (0.0, 0.0))
    assert a == pytest.approx(np.array([[1.0375, 0.05], [0.75, 1.0]]), abs=2e-4)  # 3 g / 2 l = 15, dt = 0.05
    assert b.ravel() == pytest.approx([0.015, 0.3], abs=1e-5)
    assert c == pytest.approx(np.array([[0, 0], [1, 0], [0, 1]]), abs=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("one", laws(SWING), ids=lambda one: one.name)
def test_a_law_plays_in_the_kernels_bit_for_bit_as_in_numpy(one: Law) -> None:
    task = tasks.with_params(SWING, delay=2.0, observation_noise=0.02)
    loop = closed(task, one)
    starts = starts_of(loop, range(6))
    gains = np.array(one.start)
    lanes = with_gains(starts, len(task.variables), gains)
    by_hand = returns(loop, lambda seen: seen, lanes)
    assert np.array_equal(played(task, one, gains, starts, 1).returns[0], by_hand)
    assert passing(task).n_connections == 1


@pytest.mark.parametrize("name", HELD)
def test_a_linear_rival_is_a_controller_of_the_same_bits(name: str) -> None:
    task, one = tasks.get(name), law("LQR", name)
    made = controller_of(task, one, np.array(one.start))
    assert made is not None
    rng = np.random.default_rng(0)
    seen = rng.standard_normal((64, len(task.observations))).astype(np.float32)
    gains = tuple(np.float32(g) for g in one.start)
    wanted = np.stack(np.broadcast_arrays(*one.act(gains, (), tuple(seen.T))[0]), axis=1)
    unlimited = replace(made, actions=tuple(replace(c, clip=False) for c in made.actions))
    assert np.array_equal(partial(unlimited.run, forward_batch)(seen), wanted)
    assert "static inline" in to_c(made)


def test_a_linear_rival_asks_for_the_same_through_channels_with_offsets_and_scales() -> None:
    plain = tasks.get("pendulum")
    through = replace(plain, observations=tuple(replace(c, offset=0.25, scale=2.0) for c in plain.observations))
    seen = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)
    asked = []
    for task in (plain, through):
        one = next(one for one in laws(task) if one.name == "LQR")
        made = controller_of(task, one, np.array(one.start))
        assert made is not None
        assert np.array_equal(made.inner(seen).ravel(), _limited(task, one, seen))
        asked.append(made.inner(seen))
    assert asked[1] == pytest.approx(asked[0], abs=1e-4)


def _limited(task: Task, one: Law, seen: np.ndarray) -> np.ndarray:
    gains = tuple(map(np.float32, one.start))
    return np.asarray(task.actions[0].limit_action(one.act(gains, (), tuple(seen.T))[0][0]))


def test_a_rival_that_is_printed_scales_its_action_as_the_task_does() -> None:
    pendulum = tasks.get("pendulum")
    scaled = replace(pendulum, actions=(replace(pendulum.actions[0], scale=0.5, clip=False),))
    one, seen = law("PID", "pendulum"), [np.float32(v) for v in (0.5, 0.25, -1.0)]
    plain, halved = (
        formula(task, one, np.array(one.start)).observe(*seen, np.float32(0.0))[0]
        for task in (replace(pendulum, actions=(replace(pendulum.actions[0], clip=False),)), scaled)
    )
    assert halved == plain / 2 != 0


def test_other_rivals_are_printed_as_formulas() -> None:
    others = ("PID", SWING), ("energy shaping + LQR", SWING), ("cascaded PD", QUADROTOR), ("cascaded PI", MOTOR)
    for name, task in others:
        one = law(name, task.name)
        assert controller_of(task, one, np.array(one.start)) is None
        assert "rival_observe" in to_plant(formula(task, one, np.array(one.start)), prefix="rival")


def test_several_actions_each_have_gains_of_their_own() -> None:
    by_theory, cascade = law("LQR", "quadrotor"), law("cascaded PD", "quadrotor")
    bias = [gain for gain, name in zip(by_theory.start, by_theory.gains, strict=True) if name.endswith("bias")]
    assert bias == pytest.approx(KNOWN["quadrotor"].trim, abs=0.01)  # at rest each asks for what keeps it there
    assert set(by_theory.targets) == {0, 1, 2, 3}
    loop = closed(QUADROTOR, cascade)
    lanes = with_gains(starts_of(loop, range(16)), len(QUADROTOR.variables), np.array(cascade.start))
    assert returns(loop, lambda seen: seen, lanes).mean() > 350  # of 500: thrown, it hovers
    rival = law("random", "quadrotor")
    drawn, memory = rival.act((), (np.float32(rival.first(1)[0]),), ())
    assert len({float(u) for u in drawn}) == 4
    assert memory != (rival.first(1)[0],)


def test_several_actions_without_a_point_of_rest_are_fed_all_that_is_seen() -> None:
    task = replace(QUADROTOR, name="unknown")
    (_, linear) = laws(task)
    assert len(linear.gains) == 4 * 18
    made = controller_of(task, linear, np.arange(72.0))
    assert made is not None
    assert made.network.n_connections == 72


def test_the_cascade_of_a_drive_works_by_theory_and_its_integrals_wait_at_the_limits() -> None:
    one = law("cascaded PI", "dc-motor")
    loop, gains = closed(MOTOR, one), np.array(one.start)
    lanes = with_gains(starts_of(loop, range(16)), len(MOTOR.variables), gains)
    assert returns(loop, lambda seen: seen, lanes).mean() > 1000  # of 1500: no current ends an episode
    g, memory = gains.astype(np.float32), (np.float32(1.0), np.float32(0.1))
    near, far = ((np.float32(0), np.float32(0), np.float32(error), np.float32(error)) for error in (0.1, 90.0))
    (voltage,), moved = one.act(g, memory, near)
    assert moved[0] > memory[0]
    assert moved[1] > memory[1]
    assert 0 < voltage < 1
    _, (kept, held) = one.act(g, memory, far)
    assert kept == memory[0]
    assert held - memory[1] == pytest.approx(g[4] * g[2])  # what is asked for is limited to the most current
    _, (_, held) = one.act(g, (memory[0], np.float32(1.0)), far)
    assert held == 1.0


def test_a_controller_with_a_state_takes_part_in_a_contest() -> None:
    ours, brief = zoo.load("dc-motor-robust"), replace(MOTOR, max_steps=50)
    entry = next(contest(brief, {"ours": ours}, BRIEF, episodes=2, seed=3))
    told = []
    for seed in episode_seeds(Purpose.TEST, 3, 2):
        state, memory, rewards = tuple(brief.start(int(seed))), ours.start(), []
        for _ in range(brief.max_steps):
            actions, memory = ours.step(memory, np.array(brief.observe(*state)))
            *after, reward, _ = brief.step(brief.params, *state, *actions)
            state = tuple(after)
            rewards.append(float(reward))
        told.append(sum(rewards))
    assert entry.plain.returns == pytest.approx(told)
    assert entry.disturbed.returns != entry.plain.returns


@pytest.mark.long
def test_swinging_up_by_energy_works_by_theory_and_better_tuned() -> None:
    one = law("energy shaping + LQR")
    starts = starts_of(closed(SWING, one), range(1000, 1064))
    by_theory = played(SWING, one, np.array(one.start), starts, 1).returns.mean()
    gains = tuned(priced(SWING, 0.02), one, replace(BRIEF, steps=4_000_000, population=16))
    assert by_theory > 500  # far above linear feedback: it does swing up
    assert played(SWING, one, gains, starts, 1).returns.mean() > by_theory
    again = tuned(priced(SWING, 0.02), one, replace(BRIEF, steps=4_000_000, population=16, threads=2))
    assert np.array_equal(gains, again)


@pytest.mark.long
def test_a_contest_is_judged_in_the_same_episodes() -> None:
    lqr = law("LQR", "pendulum")
    pendulum = tasks.get("pendulum")
    ours = controller_of(pendulum, lqr, np.array(lqr.start))
    assert ours is not None
    entries = {entry.name: entry for entry in contest(pendulum, {"ours": ours}, BRIEF, episodes=16, seed=3)}
    assert list(entries) == ["ours", "random", "PID", "LQR", "energy shaping + LQR"]
    for entry in list(entries.values())[1:]:
        assert entry.ahead is not None
        assert entry.ahead.mean == pytest.approx(entries["ours"].disturbed.mean - entry.disturbed.mean)
    shown = entries["LQR"].to_dict()
    assert shown["connections"] == 2
    assert shown["worst5"] <= shown["disturbed"]


def test_a_controller_with_a_state_takes_part_as_its_task_is_seen_by_it() -> None:
    task, ours = replace(tasks.get("acrobot-torque"), max_steps=50), zoo.load("acrobot-torque")
    entry = next(contest(task, {"ours": ours}, BRIEF, episodes=2, only=("none",)))
    through = seen_as_by(task, ours)
    starts = starts_of(through, episode_seeds(Purpose.TEST, 0, 2))
    assert entry.plain.returns == tuple(play_controller(through, ours, starts).returns[0])


@pytest.mark.long
def test_the_command_compares_a_controller_with_the_rivals_of_its_task() -> None:
    words = ["rival", "mountain-car", "--steps", "1000", "--method", "pepg", "--episodes", "4", "--json"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)["entries"]
    assert list(said) == [*champions(tasks.get("mountain-car-continuous")), "random", "PID", "linear"]
    assert said["linear"]["connections"] == 3
    refused = CliRunner().invoke(main, ["rival", "swingup", "--task-set", "delay=2"])
    assert refused.exit_code == 2
    assert "physical params only" in refused.output


def test_a_name_with_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    scores = Score.of(np.arange(3.0)), Score.of(np.arange(3.0))
    with RivalTable("my[/task]") as shown:
        shown.told(Entry("runs/a[/b].json", *scores, {}))
    said = "".join(capsys.readouterr().out.split())
    assert "my[/task]" in said
    assert "runs/a[/b].json" in said


def test_what_is_played_by_kernels_is_what_a_controller_plays() -> None:
    one = law("LQR")
    made = controller_of(SWING, one, np.array(one.start))
    assert made is not None
    starts = starts_of(closed(SWING, one), range(4))
    by_law = played(SWING, one, np.array(one.start), starts, 1)
    by_controller = play_controller(SWING, made, starts_of(SWING, range(4)))
    assert np.array_equal(by_law.returns, by_controller.returns)
    assert np.array_equal(by_law.changes, by_controller.changes)  # type: ignore[arg-type]
