"""What all tests share: steady examples, the flag that rewrites golden files, and what a skip must say."""

import re
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers import needs
from hypothesis import settings

# The same examples on every machine and in every run: what passes here passes there. Look for new ones with
# `make test PYTEST_ARGS=--hypothesis-profile=explore`.
settings.register_profile("steady", derandomize=True)
settings.register_profile("explore", max_examples=1000)
settings.load_profile("steady")

OUTCOMES = ("skipped", "passed")
GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--regenerate-golden``: write the golden files anew, to be reviewed as a diff; and lists of tests."""
    parser.addoption("--regenerate-golden", action="store_true", help="rewrite tests/golden instead of comparing")
    for outcome in OUTCOMES:
        parser.addoption(
            f"--write-{outcome}", metavar="FILE", help=f"add which tests were {outcome}, to run them later"
        )
    parser.addoption("--without", metavar="FILE", help="leave out the tests that a file names")
    sample = "run each N-th of the tests, from the K-th on, a sample of them"
    parser.addoption("--every", metavar="N[:K]", default="1", help=sample)


def pytest_configure() -> None:
    """Hears Ctrl-C as what a terminal starts does: what a shell starts with ``&`` ignores it, and the tests send it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)  # after pytest has left out what the markers do
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests of the file that was named, all must be run if it is not there; and takes a sample."""
    path = config.getoption("--without")
    if path and Path(path).exists():
        named = set(Path(path).read_text(encoding="utf-8").splitlines())
        config.hook.pytest_deselected(items=[item for item in items if _ungrouped(item.nodeid) in named])
        items[:] = [item for item in items if _ungrouped(item.nodeid) not in named]
    every, _, first = config.getoption("--every").partition(":")
    chosen = range(int(first or 0), len(items), max(1, int(every)))
    config.hook.pytest_deselected(items=[item for k, item in enumerate(items) if k not in chosen])
    items[:] = [items[k] for k in chosen]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Adds which tests had an outcome to the files that were asked for."""
    for outcome in OUTCOMES:
        if path := config.getoption(f"--write-{outcome}"):
            reports = terminalreporter.stats.get(outcome, [])
            nodes = sorted({_ungrouped(report.nodeid) for report in reports})
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open("a", encoding="utf-8") as file:
                file.writelines(f"{nodeid}\n" for nodeid in nodes)


def _ungrouped(nodeid: str) -> str:
    """Returns a test's name without the group that pytest-xdist adds."""
    return re.sub(r"@\w+$", "", nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails a test that was skipped for a reason that does not say what to install."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        if not needs.STATED.search(reason.removeprefix("Skipped: ")):
            report.outcome = "failed"
            report.longrepr = f"a skip must say what to install or which machine it takes, but said: {reason}"
    return report


@pytest.fixture(autouse=True)
def _no_test_changes_how_floats_are_computed() -> Iterator[None]:
    """Fails a test that leaves the process flushing subnormals: all that compare bits after it would fail instead.

    A library that GCC links with ``-ffast-math`` does so as soon as it is loaded; ``-nostartfiles`` keeps it from that.
    """
    yield
    assert np.float32(1e-40) * np.float32(0.5) > 0, "this test has made its process flush subnormals"


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file in ``tests/golden``, or rewrites that file."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if request.config.getoption("--regenerate-golden"):
            GOLDEN.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: run pytest --regenerate-golden and review the diff"
        assert text == path.read_text(encoding="utf-8"), "run pytest --regenerate-golden and review the diff"

    return compare
