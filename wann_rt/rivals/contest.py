"""A contest: our controllers and the rivals in the same held-out episodes, plain and under all disturbances."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt import zoo
from wann_rt.core.controller import Controller
from wann_rt.core.random import Purpose
from wann_rt.core.stages import stage
from wann_rt.evaluation.score import Score
from wann_rt.play.episodes import Episodes, episode_seeds
from wann_rt.play.plain import play_act, play_controller
from wann_rt.play.rollouts import starts_of
from wann_rt.rivals.export import controller_of
from wann_rt.rivals.given import Own
from wann_rt.rivals.law import Gains, Law, closed
from wann_rt.rivals.mpc import HOLDING, Held, Predictive
from wann_rt.rivals.mpc import library as solver
from wann_rt.rivals.mpc import tuned as tuned_plan
from wann_rt.rivals.optimum import GRIDS, optimum
from wann_rt.rivals.textbook import KNOWN, Known, laws
from wann_rt.rivals.tuning import played, tuned
from wann_rt.tasks import with_params
from wann_rt.tasks.any_task import check_fits, seen_as_by
from wann_rt.tasks.conditions import names, tested
from wann_rt.tasks.task import Task
from wann_rt.tuning.polish import PolishSettings

WORST = 0.05
REGRETTED = 4  # times as many episodes for a regret: of a good controller a few episodes hold most of it


@dataclass(frozen=True)
class Entry:
    """One that took part.

    Attributes:
        name: of the rival, or of our controller.
        plain: its score on the task as it is given.
        disturbed: its score under all disturbances by which the task's robustness is judged.
        gains: of a rival, by name.
        controller: ours, or that which a linear rival is.
        law: of a rival.
        ahead: by how much ours is better, disturbed, episode by episode; None for ours.
        regret: by how much the best controller there can be is better, plain, episode by episode, in ``REGRETTED``
            times as many episodes; None where unknown.
    """

    name: str
    plain: Score
    disturbed: Score
    gains: Mapping[str, float]
    controller: Controller | None = None
    law: Law | None = None
    ahead: Score | None = None
    regret: Score | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the figures as JSON values."""
        connections = None if self.controller is None else self.controller.network.n_connections
        ahead = {} if self.ahead is None else {"behind_ours": self.ahead.mean, "behind_ours_ci95": self.ahead.ci95}
        regret = {} if self.regret is None else {"regret": self.regret.mean, "regret_ci95": self.regret.ci95}
        return {
            "plain": self.plain.mean,
            "disturbed": self.disturbed.mean,
            "worst5": self.disturbed.cvar(WORST),
            "sign_changes": self.plain.chatter,
            "effort": self.plain.effort,
            "connections": connections,
            "gains": dict(self.gains),
            **ahead,
            **regret,
        }


def priced(task: Task, smoothness: float, disturbances: Mapping[str, float] | None = None) -> Task:
    """Returns the task on which rivals are tuned: all disturbances, and a price of changing actions."""
    price = {"smoothness_penalty": smoothness} if "smoothness_penalty" in names(task.base or task) else {}
    return with_params(task, **(disturbances or tested(task.base or task)), **price)


def contest(
    task: Task,
    ours: Mapping[str, Controller],
    settings: PolishSettings,
    *,
    smoothness: float = 0.0,
    episodes: int = 1000,
    seed: int = 0,
    regret: bool = False,
    predictive: bool = False,
    only: Collection[str] = (),
    known: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    disturbances: Mapping[str, float] | None = None,
    own: Collection[Own] = (),
) -> Iterator[Entry]:
    """Yields ours, a user's own, then each rival: tuned on the disturbances, judged in the episodes of ours.

    Args:
        task: the plain task.
        ours: name -> controller; rivals are compared with the best of them, disturbed.
        settings: how rivals are tuned.
        smoothness: price of changing actions while they are tuned.
        episodes: held-out ones, for each of the two scores.
        seed: of these episodes.
        regret: whether to compute what the best controller there can be would earn, for tasks of ``optimum.GRIDS``.
        predictive: whether model-predictive control takes part, where a task has a point of rest.
        only: names of the rivals that take part; none: all.
        known: gains of rivals that are not tuned, by the rivals' names.
        disturbances: that rivals are tuned under and all are judged under; None: those by which the task's robustness
            is judged.
        own: functions of a user's own, which nobody tunes.

    Raises:
        TaskError: a controller has other channels than the task.
        MissingExtraError: model-predictive control without the library.
    """
    hard = priced(task, smoothness, disturbances)
    held = held_by(task) if predictive and "MPC" in (only or ("MPC",)) else None
    if held is not None:
        solver()
    best: Entry | None = None
    match = _match(task, disturbances or tested(task), episodes, seed, regret)
    for name, controller in ours.items():
        check_fits(seen_as_by(task, controller), controller)
        stage(f"playing {name}")
        entry = match.entry(name, _player(controller), {}, controller)
        best = entry if best is None or entry.disturbed.mean > best.disturbed.mean else best
        yield entry
    for function in own:
        stage(f"playing {function.name}")
        yield _behind(best, match.entry(function.name, _own_player(function), {}))
    for law in (one for one in laws(task) if not only or one.name in only):
        stage(f"{'playing' if law.name in known or not law.gains else 'tuning'} {law.name}")
        gains = _known(law, known) if law.name in known else tuned(hard, law, settings)
        named = dict(zip(law.gains, gains.tolist(), strict=True))
        linear = controller_of(task, law, gains)
        play = _player(linear) if linear else _law_player(law, gains, settings.threads)
        yield _behind(best, replace(match.entry(law.name, play, named, linear), law=law))
    if held is not None:
        stage(f"{'playing' if 'MPC' in known else 'tuning'} MPC")
        plan = _known_plan(held, known["MPC"]) if "MPC" in known else tuned_plan(held, hard, settings)
        yield _behind(best, match.entry("MPC", _plan_player(plan), plan.prices))


def _known_plan(held: Held, prices: Mapping[str, float]) -> Predictive:
    return Predictive(held, np.array([prices[f"price_{channel.name}"] for channel in held.task.observations]))


def _known(law: Law, known: Mapping[str, Mapping[str, float]]) -> Gains:
    return np.array([known[law.name][name] for name in law.gains])


Seeds = NDArray[np.int64]
Play = Callable[[Task, Seeds], Episodes]


def _player(controller: Controller) -> Play:
    def play(task: Task, seeds: Seeds) -> Episodes:
        through = seen_as_by(task, controller)
        return play_controller(through, controller, starts_of(through, seeds))

    return play


def _law_player(law: Law, gains: Any, threads: int | None) -> Play:
    return lambda task, seeds: played(task, law, gains, starts_of(closed(task, law), seeds), threads)


def _plan_player(plan: Predictive) -> Play:
    return lambda task, seeds: play_act(task, plan, starts_of(task, seeds), len(task.actions))


def _own_player(own: Own) -> Play:
    def play(task: Task, seeds: Seeds) -> Episodes:
        return play_act(task, own.fresh(task, len(seeds)), starts_of(task, seeds), len(task.actions))

    return play


@dataclass(frozen=True)
class _Match:
    """What all who take part play.

    Attributes:
        plain, disturbed: the task, twice.
        seeds: of its episodes.
        more: of those in which regret is counted, plain.
        most: what there is to earn in each of these; None where nobody knows.
    """

    plain: Task
    disturbed: Task
    seeds: Seeds
    more: Seeds
    most: NDArray[np.float64] | None

    def entry(self, name: str, play: Play, gains: Mapping[str, float], controller: Controller | None = None) -> Entry:
        """Returns how one of them played."""
        plain, disturbed = (Score.of_episodes(task, play(task, self.seeds)) for task in (self.plain, self.disturbed))
        regret = None if self.most is None else Score.of(self.most - play(self.plain, self.more).returns.ravel())
        return Entry(name, plain, disturbed, gains, controller, regret=regret)


def _match(task: Task, disturbances: Mapping[str, float], episodes: int, seed: int, regret: bool) -> _Match:
    """Returns what is played; what there is to earn, where a grid says it and it is asked for."""
    more, most = episode_seeds(Purpose.TEST, seed, REGRETTED * episodes), None
    if regret and task.name in GRIDS:
        stage("computing what the best controller there can be earns")
        most = optimum(task, starts_of(task, more)).returns
    return _Match(task, with_params(task, **disturbances), more[:episodes], more, most)


def held_by(task: Task) -> Held | None:
    """Returns a task about the point of rest at which it is to be held all the time; None where there is none."""
    known = KNOWN.get(task.name, Known())
    return Held(task, known.rest, known.trim) if task.name in HOLDING else None


def _behind(ours: Entry | None, rival: Entry) -> Entry:
    """Returns a rival with by how much ours is better in each of the same disturbed episodes."""
    if ours is None:
        return rival
    return replace(rival, ahead=Score.of(np.array(ours.disturbed.returns) - np.array(rival.disturbed.returns)))


def champions(task: Task) -> dict[str, Controller]:
    """Returns the zoo's controllers for a compiled task, by "zoo:NAME"."""
    found = {f"zoo:{name}": zoo.load(name) for name in zoo.names()}
    return {name: one for name, one in found.items() if one.provenance.get("task") == task.name}
