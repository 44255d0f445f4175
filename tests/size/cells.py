"""Everything that is measured: network x processor x subject x level, each cell with its figures or why it has none."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from size import inputs
from size.measure import SHOWN, Figures, MeasureError, Subject, measure
from size.networks import AbsentError, controller
from size.peers import PEERS
from size.processors import LEVELS, PROCESSORS, Processor
from size.subjects import OURS, fixed_oracle
from wann_rt.core.reference import evaluate

TITLES = {
    "header": "**header**",
    "checked": "**header, checked step**",
    "fixed": "**header, fixed point**",
    "runtime": "**blob in the runtime**",
} | {peer.key: peer.title for peer in PEERS}
ROWS, FEW_ROWS = 10_000, 1_000
TOLERANCE = 1e-3  # of what other generators compute, relative to the largest action


@dataclass(frozen=True)
class Cell:
    """One measurement.

    Attributes:
        network: what is computed.
        processor: where.
        subject: by what: a key of ``TITLES``.
        level: of optimisation.
        figures: what it costs, or None.
        skipped: why there are no figures, or None.
        wrong: what is wrong with the actions of ours, or None; a peer's are then a reason to skip it.
    """

    network: str
    processor: str
    subject: str
    level: str
    figures: Figures | None = None
    skipped: str | None = None
    wrong: str | None = None

    @property
    def key(self) -> str:
        """Its name in the budget."""
        return f"{self.network} {self.processor} {self.subject} {self.level}"


def cell(network: str, processor: Processor, subject: str, level: str, rows: int | None = None) -> Cell:
    """Measures one cell; by default on so many rows as can be waited for."""
    place = network, processor.key, subject, level
    try:
        reason = processor.missing()
        if reason:
            raise AbsentError(reason)
        figures = measure(_subject(network, processor, subject), processor, level, rows or _rows(subject, processor))
    except (AbsentError, MeasureError) as error:
        return Cell(*place, skipped=str(error))
    wrong = _wrong(network, subject, figures)
    if wrong and subject not in OURS:
        return Cell(*place, skipped=f"computes something else: it {wrong}")
    return Cell(*place, figures, wrong=wrong)


def all_cells(
    networks: Iterable[str],
    subjects: Sequence[str],
    jobs: int,
    note: Callable[[Cell], None],
    levels: Sequence[str] = LEVELS,
) -> list[Cell]:
    """Measures everything on every processor.

    Args:
        networks: names of networks.
        subjects: keys of ``TITLES``.
        jobs: how many at once.
        note: called with each cell as it comes, in order.
        levels: of optimization.
    """
    places = [(n, p, s, level) for n in networks for p in PROCESSORS for s in subjects for level in levels]
    with ThreadPoolExecutor(jobs) as pool:
        found = []
        for one in pool.map(lambda place: cell(*place), places):
            note(one)
            found.append(one)
    return found


def _subject(network: str, processor: Processor, subject: str) -> Subject:
    if subject in OURS:
        return OURS[subject](controller(network), processor)
    (peer,) = (peer for peer in PEERS if peer.key == subject)
    return peer.subject(network, processor)


def _rows(subject: str, processor: Processor) -> int:
    """Returns how many rows: all where the cost is to be shown constant, fewer where floats are emulated."""
    return ROWS if subject == "fixed" or (subject in OURS and processor.has_float) else FEW_ROWS


def _wrong(network: str, subject: str, figures: Figures) -> str | None:
    """Returns in what a subject's first actions differ from what they must be, or None."""
    given = controller(network)
    bits = np.array(figures.actions, np.uint32).reshape(SHOWN, -1)
    if subject == "fixed":
        observed = inputs.integers(given.network.n_inputs, SHOWN)
        return None if np.array_equal(bits.view(np.int32), fixed_oracle(given, observed)) else "other integers"
    expected = evaluate(given, inputs.floats(given.network.n_inputs, SHOWN))
    if subject in OURS:
        return None if np.array_equal(bits, expected.view(np.uint32)) else "other bits than the oracle's"
    if subject.endswith("dense"):
        return None
    error = float(np.max(np.abs(bits.view(np.float32) - expected)) / max(1.0, np.max(np.abs(expected))))
    return None if error < TOLERANCE else f"differs from the oracle by {error:.2g}"
