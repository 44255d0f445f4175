"""The README that every package has: how to use it there, its contract, its proof."""

from textwrap import wrap

from wann_rt.core.files import digest
from wann_rt.exporters.contract import CREATED_BY, FINITE_POLICY, RESET_POLICY
from wann_rt.exporters.packages.subject import Subject, channel_table, harmless
from wann_rt.exporters.to_c.banner import facts

_PROOF = """\
## What it computes, and how you know

The bits that the search scored, on every processor with IEEE 754 arithmetic. Call `<selftest>` once,
before anything moves: it computes recorded and drawn vectors on your target with your compiler, and returns 0 if every
bit is right. On anything else, do not run it. A compiler that was never tried gives a warning, not an error;
`WANN_ANY_COMPILER` silences it.
"""
_PROOF_OF_RUST = """\
## What it computes, and how you know

The bits that the search scored. Call `selftest()` once, before anything moves: it computes recorded and drawn vectors
on your target, and returns 0 if every bit is right. On anything else, do not run it. `cargo test` runs it on your
machine.
"""
_INTEGERS = (
    "It holds integers, to which every reading is a number: one that is lost is yours to replace, by the one before it."
)

_MONITOR = """\
## Monitor

It notices that the world is another one than the controller was searched for: a sensor that lies, a motor that died, a
plant that is heavier. It changes no action; what to do after an alarm is yours to say, or `<p>_fail_safe`'s.

```c
<p>_monitor_state watch;
<p>_monitor_reset(&watch); /* and wherever the plant starts anew */
...
if (<p>_monitor_step(&watch, obs, last_actions) != 0) { /* bit k: observation k was the worst */
    <p>_fail_safe(actions);
}
```

Give it every reading, and the actions that were done since the reading before. The alarm stays until the reset. About
<rate> of the steps are false alarms, on machines that differ as those did on which it was calibrated. The self-test
proves its bits, too.
"""


def readme(made: Subject, use: str) -> str:
    """Returns the text.

    Args:
        made: what is packed.
        use: how it is used in this ecosystem, in Markdown.
    """
    rust = made.kind == "rust"
    proof = _PROOF_OF_RUST if rust else _PROOF
    strip = f"{made.names.P}_" if rust else ""
    sides = (("observation", made.controller.observations, made.names.observations),
             ("action", made.controller.actions, made.names.actions))  # fmt: skip
    tables = []
    for title, channels, names in sides:
        tables += [*channel_table(title, channels, tuple(name.removeprefix(strip) for name in names)), ""]
    lines = [
        f"# {made.names.p}",
        "",
        made.sentence,
        "",
        use.strip(),
        "",
        "## Contract",
        "",
        "In this order, in these units; scaling and limits that belong to the controller are computed inside of it.",
        "",
        *tables,
        *(f"{harmless(line)}  " for line in facts(made.controller) if line),
        "",
        *(_state(made) if made.has_state else ()),
        *([_monitor(made)] if made.controller.monitor is not None else []),
        proof.replace("<selftest>", f"{made.names.p}_selftest()"),
        "## Written by a program",
        "",
        f"{CREATED_BY} wrote this folder from the controller `{digest(made.controller)}`:",
        "",
        "```sh",
        f"wann-rt package controller.json --for {made.kind}{made.options} --out {made.names.p}",
        "```",
        "",
        "Licence: 0BSD, do with it what you like.",
    ]
    return "\n".join(lines) + "\n"


def _state(made: Subject) -> list[str]:
    """Returns when to reset the state, and what a reading that is no number does to it."""
    held = _INTEGERS if made.is_fixed else FINITE_POLICY
    text = f"{RESET_POLICY} {held} Each controller that runs needs a state of its own."
    return ["## State", "", *wrap(text, 120), ""]


def _monitor(made: Subject) -> str:
    monitor = made.controller.monitor
    return _MONITOR.replace("<p>", made.names.p).replace("<rate>", f"{monitor.false_alarms:g}" if monitor else "")
