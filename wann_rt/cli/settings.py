"""``wann-rt settings`` and ``wann-rt presets``: what can be set, what it means, and what it is by default."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import click

from wann_rt.cli.options import AS_JSON, Choice, print_json
from wann_rt.core.errors import ConfigError
from wann_rt.core.guess import near

KINDS = {"search": "--set NAME=VALUE", "tune": "options of wann-rt tune", "environment": "--task-set NAME=VALUE"}


@click.command()
@click.argument("names", nargs=-1)
@click.option("--of", "kind", type=Choice(list(KINDS)), default="search", show_default=True, help="Of what.")
@click.option("--preset", metavar="NAME", help="Of a search: show the values of this preset, and which are its own.")
@AS_JSON
def settings(names: tuple[str, ...], kind: str, preset: str | None, as_json: bool) -> None:
    """List the settings of a search, of tuning or of an environment.

    Each with its sentence and default.

    NAMES: only those whose name or sentence has one of these words.
    """
    if preset is not None and kind != "search":
        raise click.UsageError("--preset belongs to --of search")
    rows = settings_of(kind, preset)
    rows = [row for row in rows if not names or any(word in f"{row['name']} {row['meaning']}" for word in names)]
    if not rows:
        guess = near(names[0], [row["name"] for row in settings_of(kind)])
        raise ConfigError(f"no setting speaks of {' or '.join(names)}{guess}")
    if as_json:
        print_json(rows)
    else:
        _show(rows, kind, preset)


@click.command()
@AS_JSON
def presets(as_json: bool) -> None:
    """List the presets of a search, and in which settings they differ."""
    from wann_rt.evolution import config

    rows: list[dict[str, Any]] = [
        {"name": n, "for": config.purpose(n), "settings": config.own_settings(n)} for n in config.presets()
    ]
    if as_json:
        print_json(rows)
        return
    from wann_rt.display.tables import console, escape, table

    made = table("Presets of a search (--preset NAME)", "preset", "for", "settings that differ from the defaults")
    made.columns[0].no_wrap = True
    for row in rows:
        said = ", ".join(f"{name} = {_text(value)}" for name, value in row["settings"].items())
        made.add_row(row["name"], escape(row["for"]), escape(said), end_section=True)
    console().print(made)


def settings_of(kind: str, preset: str | None = None) -> list[dict[str, Any]]:
    """Returns every setting of a kind: name, default, meaning; with a preset its value, too."""
    if kind == "search":
        from dataclasses import asdict

        from wann_rt.evolution import config

        defaults = asdict(config.Config())
        rows = _rows(config.Config, defaults)
        if preset is not None:
            values = asdict(config.load(preset))
            rows = [row | {"value": values[row["name"]]} for row in rows]
        return [row for row in rows if row["name"] not in ("preset", "start_digest")]
    if kind == "tune":
        from wann_rt.tuning.settings import TuneSettings

        return _rows(TuneSettings, {name: f.default for name, f in TuneSettings.__dataclass_fields__.items()})
    from wann_rt.tasks.environment.task import DEFAULTS, Options

    return _rows(Options, DEFAULTS._asdict())


def _rows(kind: type, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    meant = meanings(kind)
    return [{"name": name, "default": value, "meaning": meant.get(name, "")} for name, value in defaults.items()]


def meanings(kind: type) -> dict[str, str]:
    """Returns the sentence of each attribute that the docstring of a class describes."""
    _, _, listed = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=    \w)", listed):
        names, _, text = entry.strip().partition(":")
        text = " ".join(text.replace("``", "").split())
        for name in names.split(","):
            found[name.strip()] = text
    return found | _of_operators(found)


def _of_operators(found: Mapping[str, str]) -> dict[str, str]:
    """Returns the sentences of the search operators, which stand in a table of their own."""
    from wann_rt.kernels.operators import OPERATORS

    return {one.name: f"share of the mutations in which {one.text}" for one in OPERATORS if one.name in found}


def _show(rows: list[dict[str, Any]], kind: str, preset: str | None) -> None:
    from wann_rt.display.tables import console, escape, table

    value = "default" if preset is None else f"preset {preset}"
    made = table(f"Settings of {kind} ({KINDS[kind]})", "name", value, "meaning")
    made.columns[0].no_wrap = True
    made.columns[1].max_width = 16  # or a list takes the room of the sentences
    for row in rows:
        shown = row.get("value", row["default"])
        changed = preset is not None and shown != row["default"]
        made.add_row(row["name"], escape(_text(shown)), escape(row["meaning"]), style="bold" if changed else "")
    console().print(made)


def _text(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ", ".join(map(_text, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)
