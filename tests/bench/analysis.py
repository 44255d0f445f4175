"""Certifies every champion of the zoo and attacks each bound with a million observations (``make analysis``).

Writes docs/analysis.md. A bound below what an attack finds ends it with an error.
"""

import sys
import time
from pathlib import Path

import numpy as np

import wann_rt as wr
from wann_rt import zoo
from wann_rt.analysis.interval import Floats, point
from wann_rt.analysis.network import bounded

ROOT = Path(__file__).parents[2]
PAGE, FRAME = ROOT / "docs" / "analysis.md", Path(__file__).with_name("analysis.md.in")
POINTS, CHUNK, SEED = 1_000_000, 10_000, 1
UNBOUNDED = (-10.0, 10.0)  # of observations whose channel has no finite range
SECONDS, SECONDS_OF_LARGE, LARGE = 10.0, 120.0, 60  # connections


def main() -> None:
    """Certifies, attacks, writes."""
    rows, broken = [], []
    for name in zoo.names():
        controller = zoo.load(name).inner  # of one with a state the network, and what that sees
        begin = time.process_time()
        seconds = SECONDS if controller.network.n_connections <= LARGE else SECONDS_OF_LARGE
        certificate = wr.certify(controller, {"*": UNBOUNDED}, seconds=seconds)
        taken, steepest = time.process_time() - begin, attacked(controller, certificate)
        bounds = np.array([slope.bound for slope in certificate.slopes])
        found = np.maximum(steepest.ravel(), [slope.found for slope in certificate.slopes])
        broken += [name] * bool((found > bounds).any())
        rows.append(row(name, controller, certificate, found, taken))
        print(rows[-1], flush=True)
    PAGE.write_text(FRAME.read_text(encoding="utf-8").replace("{rows}", "\n".join(rows)), encoding="utf-8")
    sys.exit(f"bounds do not hold: {', '.join(broken)}" if broken else 0)


def attacked(controller: wr.Controller, certificate: wr.Certificate) -> Floats:
    """Returns the steepest slopes at drawn observations, [actions, observations]."""
    rng, box = np.random.default_rng(SEED), np.array(list(certificate.box.values()))
    steepest = np.zeros((len(controller.actions), len(box)))
    for _ in range(POINTS // CHUNK):
        drawn = point(rng.uniform(box[:, 0], box[:, 1], (CHUNK, len(box))))
        for a, spread in enumerate(bounded(controller, drawn).actions):
            low, high = spread.slopes
            steep = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))  # a kink: the lesser
            steepest[a] = np.maximum(steepest[a], steep.max(axis=0))
    return steepest


def row(name: str, controller: wr.Controller, certificate: wr.Certificate, found: Floats, seconds: float) -> str:
    """Returns a row of the table: the steepest slope, the loosest bound, the greatest jump."""
    slopes = certificate.slopes
    worst = max(range(len(slopes)), key=lambda k: slopes[k].bound)
    loose = max((slopes[k].bound / found[k] for k in range(len(slopes)) if found[k] > 0), default=1.0)
    jump = max(certificate.jumps, key=lambda jump: jump.bound, default=None)
    leap = "-" if jump is None else f"{jump.action}: {jump.bound:.3g}"
    steepest = f"{slopes[worst].action} on {slopes[worst].observation}"
    figures = f"{slopes[worst].bound:.4g} | {found[worst]:.4g} | {loose:.2f} | {leap} | {seconds:.1f}"
    return f"| {name} | {controller.network.n_connections} | {steepest} | {figures} |"


if __name__ == "__main__":
    main()
