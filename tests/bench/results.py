"""Results: the presets at full budget over several seeds, in the paper's conditions; writes docs/results.md.

    python tests/bench/results.py --seeds 10

Searches go into runs/results (a stopped one is resumed); what is finished is kept in docs/results.json, so the command
can be stopped and started again. Rows of another version of a preset are searched anew.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from student import half_width

import wann_rt as wr
from wann_rt.core.files import write_atomic
from wann_rt.evolution import config
from wann_rt.evolution.comparison import finished
from wann_rt.evolution.journal import read_generations

DOCS = Path(__file__).parents[2] / "docs"
STORE, PAGE = DOCS / "results.json", DOCS / "results.md"
RUNS, RUNS_AGAIN = Path("runs/results"), Path("runs/results-again")
PRESETS = ("paper", "minimal", "tuned", "agnostic")
RULE = "calmest"  # how ``evaluation.sweep`` chooses the shared weight; rows of another rule are made anew
EPISODES, TEST_SEED = 1000, 30_000_000  # held out: no search has this seed
TUNE_STEPS = 60_000_000
CONDITIONS = {
    "random_weights": "random weights",
    "random_shared": "random shared",
    "six_weights": "six shared weights",
    "tuned_shared": "tuned shared",
    "tuned_weights": "tuned weights",
}
# Gaier and Ha, "Weight Agnostic Neural Networks", 2019, table 1: mean and standard deviation of 100 episodes.
PAPER = {
    "WANN": ("57 ± 121", "515 ± 58", "", "723 ± 16", "932 ± 6"),
    "fixed topology": ("21 ± 43", "7 ± 2", "", "8 ± 1", "918 ± 7"),
}
# What a preset searches for, and so what its best network is the best in.
SOUGHT = {"paper": "six_weights", "minimal": "six_weights", "tuned": "tuned_shared", "agnostic": "random_weights"}
FIGURES = ("mean", "ci95", "effort", "chatter")


def main() -> None:
    """Searches and scores what is missing, then writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=PRESETS)
    parser.add_argument("--again", action="store_true", help="search what is finished, too, in runs/results-again")
    arguments = parser.parse_args()
    rows = read()
    for preset in arguments.presets:
        for seed in range(1, arguments.seeds + 1):
            digest = config.load(preset, {"seed": seed}).digest
            key = f"{preset} {seed}"
            if arguments.again or known(rows.get(key, {})) != (digest, RULE):
                rows[key] = {
                    "digest": digest,
                    "rule": RULE,
                    **row(preset, seed, RUNS_AGAIN if arguments.again else RUNS),
                }
                write_atomic(STORE, (json.dumps(rows, indent=1) + "\n").encode())
                print(key, rows[key], flush=True)
    write_atomic(PAGE, page(rows).encode())


def known(row: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Returns of which settings a row is, and by which rule its shared weight was tuned."""
    return row.get("digest"), row.get("rule")


def read() -> dict[str, dict[str, Any]]:
    """Returns what is finished."""
    rows: dict[str, dict[str, Any]] = json.loads(STORE.read_text(encoding="utf-8")) if STORE.exists() else {}
    return rows


def row(preset: str, seed: int, runs: Path = RUNS) -> dict[str, Any]:
    """Searches, tunes and scores one champion."""
    out = runs / f"{preset}-{seed}"
    task, settings = wr.task("swingup"), config.load(preset, {"seed": seed})
    champion = finished(task, settings, out) or wr.search(task, preset=preset, seed=seed, out=out)
    seconds = read_generations(out)[-1].seconds
    found = wr.evaluate(champion, episodes=EPISODES, seed=TEST_SEED)
    tuned = wr.tune(champion, method="cma", steps=TUNE_STEPS, seed=seed).controller
    last = wr.evaluate(tuned, episodes=EPISODES, seed=TEST_SEED).scores["own_weight"]
    scores = {**found.scores, "tuned_weights": last}
    return {
        "connections": found.connections,
        "tuned_weight": round(found.tuned_weight, 2),
        "env_steps": champion.provenance["env_steps"],
        "seconds": round(seconds),
        "scores": {name: {f: round(getattr(scores[name], f), 3) for f in FIGURES} for name in CONDITIONS},
    }


def page(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns docs/results.md."""
    parts = [TEXT.format(episodes=EPISODES, tune=f"{TUNE_STEPS / 1e6:.0f}")]
    parts += [f"## Preset {preset}\n\n{table(mine)}" for preset in PRESETS if (mine := of_preset(preset, rows))]
    parts.append(f"## What was published\n\n{published(rows)}\n\n{DIFFERENCES.format(episodes=EPISODES)}")
    return "\n\n".join(parts)


def of_preset(preset: str, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Returns the rows of a preset, by seed."""
    return {key.split()[1]: value for key, value in rows.items() if key.startswith(f"{preset} ")}


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns the table of a preset: a line per seed, then the mean over seeds with its interval."""
    lines = [header("seed", "connections", *CONDITIONS.values(), "effort", "sign changes / s", "M steps")]
    for seed, one in sorted(rows.items(), key=lambda item: int(item[0])):
        scores = [f"{one['scores'][c]['mean']:.0f} ± {one['scores'][c]['ci95']:.0f}" for c in CONDITIONS]
        best = one["scores"]["tuned_shared"]
        behaviour = f"{best['effort']:.2f}", f"{best['chatter']:.1f}"
        lines.append(line(seed, one["connections"], *scores, *behaviour, f"{one['env_steps'] / 1e6:.0f}"))
    over = [interval(one["scores"][c]["mean"] for one in rows.values()) for c in CONDITIONS]
    lines.append(line("mean", interval(one["connections"] for one in rows.values()), *over, "", "", ""))
    return "\n".join(lines)


def published(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns the paper's table and below it, like with like, the best network of each preset in what it searches."""
    lines = [header("network", *CONDITIONS.values())]
    lines += [line(name, *cells) for name, cells in PAPER.items()]
    for preset, condition in SOUGHT.items():
        mine = of_preset(preset, rows)
        if mine:
            seed = max(mine, key=lambda s: mine[s]["scores"][condition]["mean"])
            scores = [deviation(mine[seed]["scores"][c], 6 if c == "six_weights" else 1) for c in CONDITIONS]
            lines.append(line(f"preset {preset}, seed {seed}: {mine[seed]['connections']} connections", *scores))
    return "\n".join(lines)


def deviation(score: Mapping[str, float], weights: int) -> str:
    """Returns the mean of a score and its standard deviation over episodes, which its interval was made of."""
    return f"{score['mean']:.0f} ± {score['ci95'] * (weights * EPISODES) ** 0.5 / 1.96:.0f}"


def header(*titles: str) -> str:
    """Returns the head of a table."""
    return line(*titles) + "\n|---|" + "---:|" * (len(titles) - 1)


def line(*cells: Any) -> str:
    """Returns a line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def interval(values: Iterable[float]) -> str:
    """Returns the mean over seeds and half the width of its 95 % interval (Student's t)."""
    found = list(values)
    return f"**{np.mean(found):.0f} ± {half_width(found):.0f}**"


TEXT = """# Results on the swing-up

Every preset with the budget it has by default, every seed, none left out. Mean return over {episodes} held-out episodes
per condition (per weight, for the six) with its 95 % interval; last line: mean over seeds with the interval over seeds
(Student's t).
Effort (mean absolute action) and sign changes of the action are those with the tuned shared weight. Tuned weights:
`wann-rt tune` with {tune} M steps. For how long that takes see bench.md.

Preset minimal is ahead of preset paper with a sixth of its steps already, see ablation.md - but with random weights,
which neither of them searches for. Preset agnostic does: it is as good as preset paper or better in every condition,
with half of its connections and five sixths of its steps. The scores of preset minimal and such random weights at once
no search here has found; what one costs of the other is in ablation.md, too. Written by

    python tests/bench/results.py"""

DIFFERENCES = """The paper's figures are of its best network, over 100 episodes, with standard deviations, not
intervals; those of the presets below them are, too, of the best of the seeds above, over {episodes} episodes.

Preset paper follows the published code where code and text differ: outputs are linear and never mutate (the text has
activations there); all connections between inputs and outputs exist from the start, each enabled with a chance of one
half; one mutation per child; the effective tournament is twice the stated size. It departs where the code has plain
defects - disabled connections between hidden nodes that stay alive, crowding distances scaled by the wrong factor -
which setting `reference_quirks` restores.

The tuned shared weight is the calmest of the weights that cannot be told from the best (`evaluation.sweep`).
"""


if __name__ == "__main__":
    main()
