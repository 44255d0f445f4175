"""Runs programs of step functions on many targets at once and compares their hashes with the oracle's."""

import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

from wann_rt.core.errors import ExportError
from wann_rt.exporters.targets.program import (
    PASSED,
    TOO_LARGE,
    Subject,
    compiler_version,
    packed,
    run_fitting,
)
from wann_rt.exporters.targets.target import Target
from wann_rt.exporters.to_c.selftest_text import FAULTS
from wann_rt.exporters.to_c_fixed.selftest_text import FAULTS as FIXED_FAULTS


@dataclass(frozen=True)
class TargetResult:
    """What a target computed.

    Attributes:
        target: the row of the table.
        vectors: how many it ran, all levels together.
        mismatches: how many of them belong to a subject whose hash differs; a hash does not say which.
        differing: those subjects, each with the level.
        refusing: subjects whose own self-test fails, each with the level.
        causes: the same, each with what its self-test returned.
        too_large: subjects that do not fit into the target's memory, each with the level; they count nowhere.
        compiler: what the compiler calls itself.
        levels: of optimisation.
        skipped: why it did not run, or None.
        failed: why it stopped, or None.
    """

    target: Target
    vectors: int = 0
    mismatches: int = 0
    differing: tuple[str, ...] = ()
    refusing: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()
    compiler: str = ""
    levels: tuple[str, ...] = ()
    skipped: str | None = None
    failed: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it ran, and computed nothing but the oracle's bits."""
        return self.vectors > 0 and self.mismatches == 0 and not self.refusing and self.failed is None

    @property
    def notes(self) -> list[str]:
        """What is wrong, a line each."""
        title = self.target.title
        found = [f"{title}: {self.failed}"] if self.failed else []
        if self.differing:
            found.append(f"{title}: other bits than the oracle's in {_listed(self.differing)}")
        if self.refusing:
            found.append(f"{title}: the self-test refuses to run {_listed(self.causes or self.refusing)}")
        return found


def _listed(entries: Sequence[str]) -> str:
    return ", ".join(entry.strip() for entry in entries[:8])


def run_targets(
    subjects: Sequence[Subject], targets: Iterable[Target], levels: Sequence[str] | None = None, jobs: int = 2
) -> list[TargetResult]:
    """Runs all subjects on all targets; a target that is not installed is skipped with the reason.

    Args:
        subjects: what to run.
        targets: where.
        levels: of optimisation, everything runs once for each; by default those of the target.
        jobs: how many programs are compiled and run at once.
    """
    with ThreadPoolExecutor(jobs) as pool:
        pending = [_Pending(target, subjects, tuple(levels or target.levels), pool) for target in targets]
        return [target.result() for target in pending]


class _Pending:
    """The programs of one target, under way."""

    def __init__(self, target: Target, subjects: Sequence[Subject], levels: tuple[str, ...], pool: Executor) -> None:
        self._target, self._levels, self._skipped = target, levels, target.missing()
        programs = [] if self._skipped else packed(subjects, target.capacity)
        self._runs = [(level, p, pool.submit(run_fitting, p, target, level)) for level in levels for p in programs]

    def result(self) -> TargetResult:
        if self._skipped:
            return TargetResult(self._target, skipped=self._skipped)
        tally, failed = _Tally(), None
        for level, program, future in self._runs:
            try:
                tally.add(level, program, future.result())
            except ExportError as error:
                failed = failed or (f"{level}: {error}" if level else str(error))
        return TargetResult(
            self._target,
            tally.vectors,
            tally.mismatches,
            tuple(tally.differing),
            tuple(tally.refusing),
            tuple(tally.causes),
            tuple(tally.too_large),
            compiler_version(self._target),
            self._levels,
            failed=failed,
        )


@dataclass
class _Tally:
    """What the programs of one target printed, counted."""

    vectors: int = 0
    mismatches: int = 0
    differing: list[str] = field(default_factory=list)
    refusing: list[str] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)

    def add(self, level: str, program: Sequence[Subject], lines: Mapping[str, tuple[str, str]]) -> None:
        """Counts one program."""
        for subject in program:
            got, entry = lines.get(subject.name, ("", "")), f"{subject.name} {level}"
            if got == TOO_LARGE:
                self.too_large.append(entry)
                continue
            self.vectors += subject.rows
            if got[0] != subject.hash:
                self.mismatches += subject.rows
                self.differing.append(entry)
            if got[1] != PASSED:
                self.refusing.append(entry)
                self.causes.append(f"{entry.strip()} ({cause(subject, got[1])})")


def cause(subject: Subject, returned: str) -> str:
    """Returns what a self-test says: of a header the names of its bits, of the runtime and of silence the bare number.

    Args:
        subject: whose self-test it is.
        returned: in hexadecimal; empty where the program printed nothing for it.
    """
    if not returned:
        return "it printed nothing"
    names = [name for name, bit in _BITS if int(returned, 16) & bit]
    said = f"the self-test returned 0x{int(returned, 16):x}"
    return said if subject.files or not names else f"{said}: {', '.join(names)}"


# Both kinds of header give the same names to the same bits.
_FOUND = set(re.findall(r"_FAULT_(\w+) (\d+)", f"{FAULTS}\n{FIXED_FAULTS}"))
_BITS = sorted(((name, int(bit)) for name, bit in _FOUND), key=lambda one: one[1])
