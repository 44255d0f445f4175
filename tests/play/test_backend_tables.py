"""Laws of the tables of back ends: who adds one and forgets a table is told which; the command line offers them all."""

from typing import Any

import click
import pytest

from wann_rt.cli.search import search
from wann_rt.core.errors import TableError
from wann_rt.play import backends
from wann_rt.tasks.environment.task import ENGINES

TABLES = (
    "BackendName in wann_rt/tasks/environment/task.py",
    "ENGINES in wann_rt/tasks/environment/task.py",
    "BACKENDS in wann_rt/play/backends/__init__.py",
)


@pytest.mark.parametrize("forgotten", range(3))
def test_a_back_end_that_a_table_lacks_is_one_error_that_names_table_and_file(forgotten: int) -> None:
    tables: list[Any] = [[*ENGINES, "serial"] for _ in TABLES]
    backends._check_tables(*tables)
    tables[forgotten].remove("serial")
    with pytest.raises(TableError, match=f"table {TABLES[forgotten]} has no row for the back end serial"):
        backends._check_tables(*tables)


def test_the_command_line_offers_every_back_end() -> None:
    [option] = [p for p in search.params if p.name == "backend"]
    assert isinstance(option.type, click.Choice)
    assert list(option.type.choices) == list(ENGINES), "--backend in wann_rt/cli/options.py"
