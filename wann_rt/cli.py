"""The command line, ``wann-rt``: reads arguments, calls the library, prints. Nothing heavy is imported before its use.

Exit codes: 0 done; 1 ``verify`` found a promise broken, or ``doctor`` something missing; 2 bad input or usage;
130 interrupted before there was a result.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wann_rt import __version__
from wann_rt.errors import ConfigError, FileError, WannError

if TYPE_CHECKING:
    from wann_rt.controller import Controller
    from wann_rt.exporters.target_run import TargetResult

CONTROLLER = click.argument("controller", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs instead of text for people.")
TASK_SET = click.option(
    "--task-set",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a param of the task, e.g. pole_length=0.9 or effort_penalty=0.1; may be repeated.",
)
SEED = click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of the episodes.")
THREADS = click.option("--threads", type=click.IntRange(1), help="Threads to use; the result does not depend on it.")


class _Group(click.Group):
    """Turns the package's own errors, and Ctrl-C, into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except WannError as error:
            click.echo(f"wann-rt: error: {error}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("wann-rt: interrupted before there was a result", err=True)
            sys.exit(130)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wann-rt")
def main() -> None:
    """Search minimal controllers, export them, and prove that every export computes the same bits."""


@main.command()
@AS_JSON
def tasks(as_json: bool) -> None:
    """List the tasks that can be searched."""
    from wann_rt import display
    from wann_rt.tasks import TASKS

    if as_json:
        _print_json([display.task_dict(task) for task in TASKS])
    else:
        display.show_tasks(TASKS)


@main.command()
@click.argument("task")
@click.option("--preset", default="minimal", show_default=True, help="Named settings to start from.")
@click.option("--config", "file", type=click.Path(path_type=Path), help="TOML file with settings to replace.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Replace one setting; may be repeated.")
@click.option("--seed", type=click.IntRange(0, 2**53), help="All random numbers follow from it.  [default: 0]")
@click.option("--generations", type=click.IntRange(1), help="How many to run.")
@click.option("--population", type=click.IntRange(2), help="Genomes per generation.")
@click.option("--out", type=click.Path(path_type=Path), help="Run folder.  [default: runs/TASK-SEED]")
@click.option("--overwrite", is_flag=True, help="Allow --out to hold an earlier run, which is replaced.")
@TASK_SET
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@THREADS
@AS_JSON
def search(
    task: str,
    preset: str,
    file: Path | None,
    settings: tuple[str, ...],
    params: tuple[str, ...],
    out: Path | None,
    overwrite: bool,
    quiet: bool,
    threads: int | None,
    as_json: bool,
    **shortcuts: int | None,
) -> None:
    """Search a controller for TASK; Ctrl-C stops cleanly and keeps the best so far."""
    from wann_rt import api, config, display
    from wann_rt import tasks as known
    from wann_rt.evolution import Search
    from wann_rt.journal import Journal

    overlay = _overlay(file, settings, shortcuts)
    chosen = config.load(preset, overlay)
    found = known.with_params(known.get(task), **dict(config.parse_setting(text) for text in params))
    folder = out or Path("runs") / f"{found.name}-{chosen.seed}"
    running = Search(found, chosen, threads)
    with Journal(folder, found, chosen, overwrite=overwrite) as journal:
        if journal.resume(running):
            click.echo(f"resuming {folder} at generation {running.generation}", err=True)
        with display.Progress(chosen.generations, quiet=quiet or as_json) as progress:
            controller = api.run(running, journal, progress.update)
    if running.generation < chosen.generations:
        click.echo(f"stopped after {running.generation} generations; the same command goes on from here", err=True)
    if as_json:
        _print_json({"champion": str(journal.champion_path), **controller.provenance})
    else:
        display.show_champion(controller, journal.champion_path)


@main.command()
@CONTROLLER
@click.option("--task", help="Task to play.  [default: the one it was searched for]")
@TASK_SET
@click.option("--episodes", type=click.IntRange(2), default=100, show_default=True, help="Per condition.")
@SEED
@THREADS
@AS_JSON
def evaluate(
    controller: Path, task: str | None, params: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Score CONTROLLER in the paper's conditions, over fresh episodes."""
    loaded = _load(controller)
    from wann_rt import api, config, display

    changed = dict(config.parse_setting(text) for text in params) or None
    result = api.evaluate(loaded, task, task_params=changed, **options)
    if as_json:
        _print_json(result.to_dict())
    else:
        display.show_evaluation(result)


@main.command()
@CONTROLLER
@click.option("--method", type=click.Choice(["sweep", "cma", "pepg"]), default="cma", show_default=True)
@click.option("--prune", is_flag=True, help="Also remove connections one by one; keeps the best of each size.")
@click.option("--smallest", type=click.IntRange(1), default=4, show_default=True, help="Connections to prune down to.")
@click.option("--steps", type=click.IntRange(1), default=50_000_000, show_default=True, help="Budget of task steps.")
@click.option("--episodes", type=click.IntRange(1), help="Per candidate and generation, or per weight of the sweep.")
@click.option("--range", "limits", type=float, nargs=2, default=(-2.0, 2.0), show_default=True, help="Of the sweep.")
@click.option("--step", type=float, default=0.01, show_default=True, help="Distance between weights of the sweep.")
@click.option("--task", help="Task to tune on.  [default: the one it was searched for]")
@TASK_SET
@click.option("--out", type=click.Path(path_type=Path), help="File to write.  [default: NAME.tuned.json]")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, show_default=True, help="Of all random numbers.")
@THREADS
@AS_JSON
def tune(
    controller: Path,
    out: Path | None,
    limits: tuple[float, float],
    params: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Tune the weights of CONTROLLER; Ctrl-C stops cleanly and keeps the best so far.

    \b
    sweep  the one shared weight, over a fine grid
    cma    individual weights, by CMA-ES
    pepg   individual weights, by population-based REINFORCE

    With --prune, the result is the smallest controller that keeps 99 % of the best score, and the best of each size
    are written into a folder beside it.
    """  # noqa: D301  click wants the backspace itself
    loaded = _load(controller)
    from wann_rt import config, refining, tuning_display

    settings["task_params"] = dict(config.parse_setting(text) for text in params) or None
    path = out or controller.with_suffix(".tuned.json")
    if not path.parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {path.parent}")
    with tuning_display.TuningProgress(quiet=quiet or as_json) as progress:
        tuned = refining.tune(loaded, low=limits[0], high=limits[1], on_progress=progress.update, **settings)
    refining.save(tuned, path)
    if as_json:
        _print_json({"controller": str(path), **tuned.to_dict()})
    else:
        tuning_display.show_tuned(tuned, path)


@main.command()
@CONTROLLER
@click.option("--to", "formats", multiple=True, help="Format, see below; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; a folder if there are several formats.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Option of the format, e.g. opset=17.")
def export(controller: Path, formats: tuple[str, ...], out: Path | None, settings: tuple[str, ...]) -> None:
    """Export CONTROLLER to other formats.

    \b
    onnx        ONNX, standard operators: readable; equal within a stated bound
    onnx-exact  ONNX, elementary operators: equal bit for bit
    c           one C header without any library: equal bit for bit
    blob        bytes for the C runtime, from flash or over the air: equal bit for bit

    Without --to, the suffix of --out says the format (.onnx, .exact.onnx, .h, .blob). Without --out, files are written
    beside CONTROLLER.
    """  # noqa: D301  click wants the backspace itself
    if not formats and out is None:
        raise click.UsageError("name a format with --to, or a file with --out")
    loaded = _load(controller)
    from wann_rt import config, exporters

    options = dict(config.parse_setting(setting) for setting in settings)
    for name in formats or (exporters.format_of(str(out)),):
        beside = exporters.default_path(controller, name)
        path = beside if out is None else out / beside.name if len(formats) > 1 else out
        exporters.write(loaded, path, name, **options)
        click.echo(f"wrote {path}")


@main.command()
@CONTROLLER
@click.option("--vectors", type=click.IntRange(1), default=2000, show_default=True, help="Random vectors to run.")
@click.option("--targets", is_flag=True, help="Also run the C header on every processor whose toolchain is installed.")
@AS_JSON
def verify(controller: Path, vectors: int, targets: bool, as_json: bool) -> None:
    """Prove that oracle, kernels, onnxruntime and compiled C compute the same actions."""
    loaded = _load(controller)
    from wann_rt import display
    from wann_rt.exporters.parity import verify as compare
    from wann_rt.exporters.report_table import report_table

    report = compare(loaded, n_random=vectors)
    elsewhere = _on_targets(loaded) if targets else []
    if as_json:
        from wann_rt.exporters.target_table import target_values

        on_targets = {"targets": {r.target.key: target_values(r) for r in elsewhere}} if targets else {}
        _print_json(report.to_dict() | on_targets)
    else:
        from wann_rt.exporters.target_table import target_table

        display.console().print(report_table(report))
        if elsewhere:
            display.console().print(target_table(elsewhere))
        for result in elsewhere:
            if result.skipped:
                click.echo(f"not run on {result.target.title}: {result.skipped}")
    sys.exit(0 if report.ok and all(result.ok or result.skipped for result in elsewhere) else 1)


@main.command()
@CONTROLLER
@click.option("--draw", type=click.Path(path_type=Path), help="Also draw the network (.svg, .png, .pdf).")
@AS_JSON
def show(controller: Path, draw: Path | None, as_json: bool) -> None:
    """Show what CONTROLLER observes, computes and does."""
    loaded = _load(controller)
    from wann_rt import display

    if draw is not None:
        from wann_rt import drawing

        drawing.draw_network(loaded, draw)
    if as_json:
        _print_json(display.controller_dict(loaded))
    else:
        display.show_controller(loaded)


@main.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("weights", required=False, type=click.Path(path_type=Path))
@click.option("--task", help="Task it is for: brings channels, rate and what tuned parameters are relative to.")
@click.option("--inputs", type=click.IntRange(1), help="Number of inputs, if not to be inferred.")
@click.option("--outputs", type=click.IntRange(1), help="Number of outputs, if not to be inferred.")
@click.option("--weight", type=float, default=1.0, show_default=True, help="The shared weight of a bare topology.")
@click.option("--weight-bias", type=float, help="What tuned parameters are relative to.")
@click.option("--own-weights", is_flag=True, help="Keep the numbers in the .out file as weights per connection.")
@click.option("--out", type=click.Path(path_type=Path), help="Controller file.  [default: FILE's name, .json]")
def import_(file: Path, weights: Path | None, out: Path | None, weight: float, **options: Any) -> None:
    """Turn a published champion into a controller file.

    FILE is a topology of the reference code (.out), WEIGHTS its tuned weights (.wann.json). FILE may also be a
    controller file that was edited by hand: it is checked and gets a new digest.
    """
    from wann_rt import files, published

    if file.suffix == ".out":
        controller = published.load_out(file, weights=weights, shared_weight=weight, **options)
    elif file.name.endswith(".wann.json"):
        raise FileError(f"{file}: holds weights only; name its topology too: wann-rt import TOPOLOGY.out {file.name}")
    else:
        controller = files.from_text(files.read_text(file), str(file), check_digest=False)
    path = out or file.with_suffix(".json").name
    files.save(controller, path)
    network = controller.network
    click.echo(
        f"wrote {path}: {network.n_inputs} inputs, {network.n_hidden} hidden nodes, {network.n_outputs} outputs, "
        f"{network.n_connections} connections that matter; weight: {controller.weight.kind}"
    )


@main.command()
@AS_JSON
def doctor(as_json: bool) -> None:
    """Check what wann_rt needs and say what is missing."""
    from wann_rt import diagnosis, display

    findings = diagnosis.diagnose()
    if as_json:
        _print_json([finding._asdict() for finding in findings])
    else:
        display.show_findings(findings)
    sys.exit(0 if all(finding.ok or not finding.required for finding in findings) else 1)


def _on_targets(controller: "Controller") -> "list[TargetResult]":
    """Runs the generated header on every target, those without a toolchain left out."""
    from wann_rt.exporters.c_names import c_prefix
    from wann_rt.exporters.target_program import header_subject
    from wann_rt.exporters.target_run import run_targets
    from wann_rt.exporters.targets import TARGETS

    return run_targets([header_subject(controller, c_prefix(controller), 256)], TARGETS, ("-O2",))


def _load(path: Path) -> "Controller":
    from wann_rt import files

    return files.load(path)


def _overlay(file: Path | None, settings: tuple[str, ...], shortcuts: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings of the TOML file, then those of --set, then those of their own options."""
    import tomllib

    from wann_rt import config, files

    overlay: dict[str, Any] = {}
    if file is not None:
        try:
            overlay |= tomllib.loads(files.read_text(file))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file}: is not valid TOML: {error}") from None
    overlay |= dict(config.parse_setting(setting) for setting in settings)
    return overlay | {name: value for name, value in shortcuts.items() if value is not None}


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))


if __name__ == "__main__":
    main()
