"""What a state costs: a derived rate, and a recurrent node, above the same network that is fed with their values.

    cd tests && python -m size.state

writes docs/memory_cost.json and docs/memory_cost_q12.json, which docs/memory.md shows.

Each figure is the difference between a header with a state and that of its inner controller, which has none: for three
channels less that for one, halved, so what is paid once is not in it.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from size.measure import Subject, measure
from size.processors import BY_KEY, LEVELS
from size.subjects import HEADER, STATEFUL
from wann_rt.core.activations import BY_NAME
from wann_rt.core.controller import Channel, Controller, Derived, Weight
from wann_rt.core.network import Connection, Network
from wann_rt.exporters.to_c.header import to_c
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

STORE = Path(__file__).parents[2] / "docs" / "memory_cost.json"
STORE_FIXED = STORE.with_name("memory_cost_q12.json")
FIXED_ON = ("m0", "m4f", "avr")  # where fixed point is measured, which has no goal
SENSORS = 3
ROWS = 100
# What is derived as channel k, and the most that one more may cost on a Cortex-M4F.
KINDS: dict[str, tuple[Callable[[int], Derived], int]] = {
    "a derived rate": (lambda k: Derived(Channel(f"d{k}"), "rate_of", (f"o{k}",)), 25),
    "a derived rate with a filter": (lambda k: Derived(Channel(f"d{k}"), "rate_of", (f"o{k}",), filter=0.25), 25),
    "a recurrent node, a delay": (lambda k: Derived(Channel(f"d{k}"), "recurrent", ()), 15),
    "a recurrent node, leaky": (lambda k: Derived(Channel(f"d{k}"), "recurrent", (), filter=0.25), 15),
}


def subject(name: str, count: int) -> Controller:
    """Returns a controller of one action with so many derived channels, each of which it reads."""
    derived = tuple(KINDS[name][0](k) for k in range(count))
    inputs, fed = SENSORS + count, count * derived[0].row.fed
    first = inputs + 1
    pairs = [(k, first) for k in range(inputs + 1)]
    pairs += [(k, first + 1 + feed) for feed in range(fed) for k in (1, 2)]
    ends = dict.fromkeys(range(first, first + 1 + fed), BY_NAME["linear"].id)
    network = Network.build(inputs, {}, ends, [Connection(*pair) for pair in pairs])[0]
    sensors = tuple(Channel(f"o{k}") for k in range(SENSORS))
    return Controller("sized", network, Weight.shared(0.75), sensors, (Channel("a"),), rate_hz=50.0, derived=derived)


def cost(name: str, level: str, key: str = "m4f", *, is_fixed: bool = False) -> float:
    """Returns the instructions of one more channel on a processor; on an AVR its cycles."""
    return (_above(name, 3, level, key, is_fixed) - _above(name, 1, level, key, is_fixed)) / 2


def _above(name: str, count: int, level: str, key: str, is_fixed: bool) -> int:
    """Returns how many instructions more a step with a state takes than that of the inner controller."""
    controller = subject(name, count)
    sides = (controller, STATEFUL), (controller.inner, HEADER)
    with_state, without = (_instructions(one, source, level, key, is_fixed) for one, source in sides)
    return with_state - without


def _instructions(controller: Controller, source: str, level: str, key: str, is_fixed: bool) -> int:
    files = {"sized.h": (to_c_fixed if is_fixed else to_c)(controller, prefix="sized")}
    shape, flags = (len(controller.observations), len(controller.actions)), ("-DSIZE_FIXED",) * is_fixed
    return measure(Subject("state", source, *shape, files, flags=flags), BY_KEY[key], level, ROWS).most


def main() -> None:
    """Measures all, prints it and keeps it."""
    found = {name: {"goal": most} | {level: cost(name, level) for level in LEVELS} for name, (_, most) in KINDS.items()}
    _keep(STORE, found)
    columns = {
        f"{BY_KEY[key].title}, {BY_KEY[key].unit}, {level}": (level, key) for key in FIXED_ON for level in LEVELS
    }
    fixed = {name: {said: cost(name, *where, is_fixed=True) for said, where in columns.items()} for name in KINDS}
    _keep(STORE_FIXED, fixed)


def _keep(path: Path, found: Mapping[str, object]) -> None:
    text = json.dumps(found, indent=1)
    print(text)
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
