"""Tracers side by side on drawings whose truth is known: `python -m bench.trace --help`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from bench.corpus import KINDS, Corpus
from bench.measurement import Measured, measure_all
from bench.page import write_page
from bench.table import MEANINGS, written
from bench.tracers import TRACERS, Tracer, TracerInvalid, TracerMissing, tracer
from bench.variants import VARIANTS

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_COLUMNS = "Columns:\n\n\b\n" + "\n".join(f"  {name:8}{meaning}" for name, meaning in MEANINGS.items())


@click.command(epilog=_COLUMNS, context_settings={"max_content_width": 130})
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--limit", type=click.IntRange(1), default=60, show_default=True, help="Drawings at most.")
@click.option(
    "--size", "sizes", type=click.IntRange(24, 4096), multiple=True, default=[256], show_default=True,
    help="Pixels of the longest side; may be given several times.",
)  # fmt: skip
@click.option("--kind", type=click.Choice(KINDS), default="all", show_default=True, help="Which drawings.")
@click.option(
    "--variant", "variants", type=click.Choice(list(VARIANTS)), multiple=True, default=["rgba"], show_default=True,
    help="What happened to the picture before; may be given several times.",
)  # fmt: skip
@click.option(
    "--tracer", "specs", metavar="NAME[:OPTION=VALUE,...]", multiple=True, default=["svgai", "vtracer"],
    show_default=True, help=f"One of {', '.join(TRACERS)}; may be given several times.",
)  # fmt: skip
@click.option("--worst", type=click.IntRange(0), default=0, help="List so many pictures with the lowest psnr4.")
@click.option("--json", "json_file", type=_FILE, help="Keep every row there.")
@click.option("--html", "page_folder", type=_FOLDER, help="Write a page with all pictures there (index.html).")
def main(  # noqa: PLR0913, PLR0917 - one argument for each option
    folder: Path | None,
    limit: int,
    sizes: Sequence[int],
    kind: str,
    variants: Sequence[str],
    specs: Sequence[str],
    worst: int,
    json_file: Path | None,
    page_folder: Path | None,
) -> None:
    """Draw every SVG of FOLDER as pixels, let tracers trace them, and compare with the drawings.

    Without FOLDER the drawings are our own, made by bench/drawings.py.
    """
    tracers = installed(specs)
    corpus = Corpus(folder, kind, limit)
    measured = [measure_size(corpus, size, tracers, variants, worst) for size in sizes]
    if json_file:
        rows = [row.facts() for each in measured for row in each.rows]
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(rows, indent=1))
    if page_folder:
        click.echo(write_page(page_folder, corpus, measured))


def installed(specs: Sequence[str]) -> list[Tracer]:
    """The tracers of these names that are on this machine; the others are named and left out."""
    tracers = []
    for spec in dict.fromkeys(specs):
        try:
            tracers.append(tracer(spec))
        except TracerMissing as missing:
            say(f"{missing}.")
        except TracerInvalid as invalid:
            raise click.BadParameter(f"{invalid}.", param_hint="--tracer") from None
    if not tracers:
        raise click.ClickException("None of the tracers that were asked for is installed.")
    return tracers


def measure_size(corpus: Corpus, size: int, tracers: Sequence[Tracer], variants: Sequence[str], worst: int) -> Measured:
    """Measure at one size and print the table."""
    with click.progressbar(corpus.originals(size, say), label=f"Tracing at {size}px", file=sys.stderr) as originals:
        measured = measure_all(originals, size, tracers, list(dict.fromkeys(variants)))
    if not measured.originals:
        raise click.ClickException(f"There is no drawing of kind {corpus.kind} in {corpus.title}.")
    click.echo(f"{len(measured.originals)} drawings from {corpus.title}, {corpus.kind}, {size}px")
    for line in written(measured, worst):
        click.echo(line)
    for failure in measured.failures:
        say(f"{failure.tracer} failed on {failure.name}, {failure.variant}: {failure.reason}")
    return measured


def say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
