"""A compiled task as JavaScript: ``observe`` and ``step``, traced from their one definition.

The task's params are arguments, so a page can change the plant while it runs; with the task's own params the bits are
those of the search.
"""

from typing import TYPE_CHECKING, Any

from wann_rt.core.symbols import Symbol, lift, lift_condition
from wann_rt.exporters.to_js.expressions import function

if TYPE_CHECKING:
    from wann_rt.tasks.task import Task


def plant_functions(task: "Task") -> str:
    """Returns declarations of ``observe(s)`` -> observations and ``step(p, s, a)`` -> [state, reward, failed]."""
    names = task.variables
    state = [Symbol("input", name=f"s[{k}]") for k in range(len(names))]
    params = type(task.params)(*(Symbol("input", name=f"p[{k}]") for k in range(len(task.params))))
    actions = [Symbol("input", name=f"a[{k}]") for k in range(len(task.actions))]
    observed = [lift(value) for value in task.observe(*state)]
    *after, failed = task.step(params, *state, *actions)
    stepped = [*map(lift, after), lift_condition(failed)]
    observe = function(["s"], observed)
    if len(observed) == 1:
        observe = f"(s) => [({observe})(s)]"
    return f"const observe = {observe};\nconst step = {function(['p', 's', 'a'], stepped)};"


def plant_data(task: "Task", starts: int = 64) -> dict[str, Any]:
    """Returns params, names of the state and the first states of seeds 0, 1, ... as JSON values."""
    return {
        "name": task.name,
        "state": list(task.variables),
        "params": [[name, float(value)] for name, value in task.params._asdict().items()],
        "starts": [[float(value) for value in task.start(seed)] for seed in range(starts)],
        "steps": task.max_steps,
        "rate": task.rate_hz,
        "decision": task.decision,
    }
