"""The commands about learned advice: `svgai classify` and `svgai models`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click

from svgai.errors import SvgaiError
from svgai.options import Limits, Options

_FOLDER = click.option(
    "--models",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that the models are in.  [default: models/production of this checkout]",
)


def _fail(reason: str) -> NoReturn:
    click.echo(f"svgai: {reason}", err=True)
    sys.exit(1)


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--quality-target", type=click.IntRange(0, 100), default=0, help="Likeness to reach, in per cent.")
@click.option("--time-budget", type=click.IntRange(0, 3600), default=0, help="Seconds that a conversion may take.")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="The advice as JSON, with all features.")
def classify(file: str, quality_target: int, time_budget: int, folder: Path | None, as_json: bool) -> None:
    """Say what a picture is, and what each method would make of it; nothing is traced.

    The methods stand in the order in which they would be tried. - is standard input.
    """
    from svgai.conversion import plainly, take_in, wishes_of
    from svgai.ml.features import measure_features

    wishes = wishes_of(Options(quality_target=quality_target, time_budget=time_budget))
    try:
        source = sys.stdin.buffer.read(Limits().max_bytes + 1) if file == "-" else file
        features = measure_features(take_in(source, Limits(), plainly))
        advice = _adviser(folder).advise(features, wishes)
    except (SvgaiError, OSError) as error:
        _fail(f"{file if file.isprintable() else ascii(file)}: {error}")
    facts = advice.facts()
    if as_json:
        click.echo(json.dumps({"file": file, **facts, "features": features.facts()}))
    else:
        _tell(_advice(facts))


def _adviser(folder: Path | None) -> Any:
    from svgai.ml.advice import Adviser, usual_adviser
    from svgai.ml.store import Store

    return Adviser(Store(folder)) if folder else usual_adviser()


def _advice(facts: dict[str, Any]) -> Iterable[str]:
    yield f"{facts['image_type']}, {facts['confidence']:.0%} sure; to be reached: SSIM {facts['quality_target']:.2f}"
    yield f"  {'method':<10} {'SSIM':>6}  {'nine of ten':^15}  {'seconds':>8}"
    for place, method in enumerate(facts["ranking"]):
        told = facts["predictions"][method]
        between = f"{told['low']:.3f} to {told['high']:.3f}"
        yield f"{' ' if place else '>'} {method:<10} {told['quality']:6.3f}  {between:^15}  {told['seconds']:8.2f}"
    models = ", ".join(f"{role} {version}" for role, version in facts["models"].items())
    yield f"advised by {'models: ' + models if facts['advised_by'] == 'model' else 'rules'}"
    yield from (f"note: {reason}" for reason in facts["reasons"])


@click.group()
def models() -> None:
    """Look at, check and import the models that advise."""


@models.command("list")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
def list_models(folder: Path | None, as_json: bool) -> None:
    """Name the models, their versions and scores."""
    from svgai.ml.metadata import FILE, read_metadata
    from svgai.ml.store import PRODUCTION

    place = folder or PRODUCTION
    try:
        entries = read_metadata((place / FILE).read_bytes()).models
    except FileNotFoundError:
        entries = ()
    except (SvgaiError, OSError) as error:
        _fail(str(error))
    if as_json:
        click.echo(json.dumps([_listed(entry, place) for entry in entries]))
        return
    if not entries:
        click.echo("There are no models: rules advise.")
    for entry in entries:
        facts = _listed(entry, place)
        size = "missing" if facts["bytes"] is None else f"{facts['bytes']:,} bytes"
        click.echo(f"{entry.name:<12} {entry.version:<16} {entry.score.name} {entry.score.exported:.4f}  {size}")


def _listed(entry: Any, folder: Path) -> dict[str, Any]:
    file = folder / entry.file
    return {
        "name": entry.name,
        "version": entry.version,
        "file": entry.file,
        "bytes": file.stat().st_size if file.is_file() else None,
        "sha256": entry.sha256,
        "score": {"name": entry.score.name, "value": entry.score.exported},
        "torchscript": entry.torchscript and entry.torchscript.file,
    }


@models.command()
@_FOLDER
def verify(folder: Path | None) -> None:
    """Check sha256, load, and ask for the golden outputs."""
    from svgai.ml.store import PRODUCTION, load

    try:
        found = load(folder or PRODUCTION)
    except SvgaiError as error:
        _fail(f"the models are refused, and rules advise: {error}")
    versions = found.versions if found else {}
    _tell([f"ok  {role:<12} {version}" for role, version in versions.items()] or ["There are no models: rules advise."])


@models.command("import")
@click.argument("source", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False, exists=True))
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="What was checked, as JSON.")
def import_(source: Path, folder: Path | None, as_json: bool) -> None:
    """Take models into use that were trained elsewhere, if they pass every check.

    FOLDER holds metadata.json and the files that it names. The import is recorded in imports.jsonl, beside the models.
    """
    from svgai.ml.importing import import_models
    from svgai.ml.store import PRODUCTION

    try:
        imported = import_models(source, folder or PRODUCTION)
    except (SvgaiError, OSError) as error:
        _fail(str(error))
    if as_json:
        click.echo(json.dumps(imported.facts()))
    else:
        _tell(f"{'ok  ' if check.is_good else 'FAIL'}  {check.name}: {check.detail}" for check in imported.checks)
        click.echo("in use now" if imported.is_accepted else "refused; nothing was changed")
    sys.exit(0 if imported.is_accepted else 1)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
