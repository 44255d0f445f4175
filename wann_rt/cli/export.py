"""``wann-rt export``: write a controller in other formats."""

import os
from pathlib import Path

import click

from wann_rt.cli import export_fixed as fixed
from wann_rt.cli import export_sight as frames
from wann_rt.cli.options import CONTROLLER, named_after, read_controller, say, settings_of, task_option
from wann_rt.core.errors import FileError


class _Export(click.Command):
    """Lists the formats in its help; the table of them is imported only then."""

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help_text(ctx, formatter)
        from wann_rt.cli import export_page as page
        from wann_rt.exporters import EXPORTERS

        with formatter.section("Formats"):
            rows = [(row.name, f"{row.description} ({row.suffix})") for row in EXPORTERS.values()]
            formatter.write_dl([*rows, page.ROW])


@click.command(cls=_Export)
@CONTROLLER
@click.option("--to", "formats", multiple=True, help="Format, see below; may be repeated.")
@click.option("--out", type=click.Path(), help="File to write; or a folder, which is made if need be.")
@click.option("--compat", help="Of ONNX: write only what this compiler accepts: onnx2c.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Of the format: opset=17, spread=true.")
@click.option("--split", is_flag=True, help="Of c: a header and a .c file to compile once, which others link.")
@click.option("--checked", is_flag=True, help="Of c: add a step that returns a status and holds actions in range.")
@fixed.NUMBER
@fixed.RANGE
@frames.ENCODER
@task_option("measure what q12 costs on, or that a page shows")
def export(
    controller: Path,
    formats: tuple[str, ...],
    out: str | None,
    compat: str | None,
    settings: tuple[str, ...],
    number: str,
    limits: tuple[str, ...],
    split: bool,
    checked: bool,
    encoder: str | None,
    task: str | None,
) -> None:
    """Export CONTROLLER to other formats.

    Without --to, the suffix of --out says the format. Without --out, files are written beside CONTROLLER. --out is a
    folder if there is one of that name, if it ends in a slash, if it has no suffix or if there are several formats;
    files in a folder are named after CONTROLLER.
    """
    if not formats and out is None:
        raise click.UsageError("name a format with --to, or a file with --out")
    loaded = read_controller(controller)
    from wann_rt import exporters
    from wann_rt.cli import export_page as page
    from wann_rt.core.files import write_atomic

    chosen = formats or (page.format_of_file(out or ""),)
    ranges = fixed.ranges(chosen, number, limits)
    options = settings_of(settings)
    if number != "float32":
        options |= {"number": number, "ranges": ranges}
    if compat is not None:
        options["compat"] = compat
    of_c = {name: True for name, wanted in (("split", split), ("checked", checked)) if wanted}
    if of_c and "c" not in chosen:
        raise click.UsageError(f"--{next(iter(of_c))} is an option of the format c")
    options |= frames.options(loaded, chosen, number, encoder)
    page.check(chosen, options)
    made = []  # all of it before anything is written: a format that refuses leaves nothing half done
    for name in chosen:
        path = _place(out, fixed.default_path(page.beside(named_after(controller), name), number), len(formats) > 1)
        if name == page.NAME:
            made.append((name, path, page.files_of(loaded, path, task, spread=options.get("spread", False))))
        else:
            of_it = options | (of_c if name == "c" else {})
            made.append((name, path, exporters.files_of(loaded, name, path, **of_it)))
    for name, path, contents in made:
        for file, data in contents.items():
            write_atomic(path.with_name(file), data)
        say(f"wrote {path}" + (f" and {path.with_suffix('.c')}" if split and name == "c" else ""))
        if name == "blob":
            from wann_rt.exporters.to_blob import scratch_words

            say(f"scratch for wann_rt.c: {scratch_words(loaded, spread=options.get('spread', False))}")
            if loaded.monitor is not None:
                from wann_rt.exporters.blob_monitor import memory_floats

                say(f"memory for its monitor: {memory_floats(loaded.monitor)} floats")
    if number != "float32":
        fixed.report(loaded, ranges, task)


def _place(out: str | None, beside: Path, several: bool) -> Path:
    """Returns where a file goes; makes the folder that ``out`` is, if it is one."""
    if out is None:
        return beside
    path = Path(out)
    is_file = path.is_file() or (path.suffix != "" and not path.is_dir() and not out.endswith(("/", os.sep)))
    if is_file and not several:
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"{out}: cannot be made a folder: {error.strerror}") from None
    return path / beside.name
