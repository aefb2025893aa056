"""The commands `svgai train` and `svgai evaluate`: doors to this package."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from svgai.training.missing import Missing, require

if TYPE_CHECKING:
    from svgai.training.data import Wish

_FOLDER = click.Path(file_okay=False, path_type=Path)
_EXISTING = click.Path(file_okay=False, exists=True, path_type=Path)
_PRODUCTION = Path("models/production")

_seed = click.option("--seed", default=5, show_default=True, help="The same seed makes the same pictures and models.")
_drawings = click.option(
    "--drawings", default=260, show_default=True, help="How many drawings; every method runs on three pictures each."
)
_tried = click.option(
    "--tried", default=440, show_default=True, help="How many further drawings only quick methods run on."
)
_seen = click.option(
    "--seen", default=3800, show_default=True, help="How many further drawings only the baseline runs on."
)
_processes = click.option("--processes", default=1, show_default=True, help="How many pictures are measured at a time.")
_added = click.option(
    "--add", "added", type=_EXISTING, multiple=True, help="A folder of SVGs or pictures to be used, too."
)
_models = click.option(
    "--out", "target", type=_FOLDER, default=_PRODUCTION, show_default=True, help="Folder for the models."
)


@click.group()
def train() -> None:
    """Make the data that the models learn from, and the models. Needs the extra ai."""


@train.command()
@click.option("--out", "folder", type=_FOLDER, required=True, help="Folder for the data; what is there is kept.")
@_seed
@_drawings
@_tried
@_seen
@_processes
@_added
def data(  # noqa: PLR0913, PLR0917 - each is an option
    folder: Path, seed: int, drawings: int, tried: int, seen: int, processes: int, added: tuple[Path, ...]
) -> None:
    """Draw, damage, and measure every method on every picture. May be stopped, and run again to go on."""
    with _refusing():
        _make_data(_wish(folder, seed, drawings, tried, seen, added), processes)


@train.command()
@click.option("--data", "folder", type=_EXISTING, required=True, help="Folder of the data.")
@_models
@_seed
def models(folder: Path, target: Path, seed: int) -> None:
    """Fit all candidates to the data there is, keep the best, and write them."""
    with _refusing():
        _make_models(folder, target, seed)


@train.command(name="all")
@click.option("--data", "folder", type=_FOLDER, required=True, help="Folder for the data; what is there is kept.")
@_models
@_seed
@_drawings
@_tried
@_seen
@_processes
@_added
def everything(  # noqa: PLR0913, PLR0917 - each is an option
    folder: Path,
    target: Path,
    seed: int,
    drawings: int,
    tried: int,
    seen: int,
    processes: int,
    added: tuple[Path, ...],
) -> None:
    """Make the data that is missing, the models, and the figures of what they are worth."""
    with _refusing():
        _make_data(_wish(folder, seed, drawings, tried, seen, added), processes)
        _make_models(folder, target, seed)
        _tell_figures(folder, target, as_json=False, is_everything=False)


@click.command()
@click.option("--data", "folder", type=_EXISTING, required=True, help="Folder of the data.")
@click.option("--models", type=_FOLDER, default=_PRODUCTION, show_default=True, help="Folder of the models.")
@click.option("--everything", is_flag=True, help="Use all drawings: of data that no model was made from.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
def evaluate(folder: Path, models: Path, everything: bool, as_json: bool) -> None:
    """Say what the models are worth on the drawings they were not made from, beside what is wanted of them."""
    with _refusing():
        _tell_figures(folder, models, as_json=as_json, is_everything=everything)


def _wish(folder: Path, seed: int, drawings: int, tried: int, seen: int, added: tuple[Path, ...]) -> Wish:
    from svgai.training.data import Wish

    return Wish(folder, seed, drawings, tried, seen, added)


def _make_data(wish: Wish, processes: int) -> None:
    require("resvg_py")
    from svgai.training.data import make_data

    make_data(wish, processes, _tell)


def _make_models(folder: Path, target: Path, seed: int) -> None:
    require("torch", "onnx", "onnxruntime", "lightgbm")
    from svgai.training.making import make_models

    make_models(folder, target, seed, _tell)


def _tell_figures(folder: Path, models: Path, *, as_json: bool, is_everything: bool) -> None:
    from svgai.ml.advice import Adviser
    from svgai.ml.store import Store
    from svgai.training.data import refresh_features
    from svgai.training.evaluation import as_table, evaluate
    from svgai.training.rows import read_rows

    refresh_features(folder, _tell)
    rows = [row for row in read_rows(folder) if is_everything or row.split == "test"]
    if not rows:
        raise Missing(f"{folder} holds no pictures to test on")
    figures = evaluate(rows, Adviser(Store(models)))
    click.echo(json.dumps([figure.facts() for figure in figures]) if as_json else as_table(figures))


def _tell(line: str) -> None:
    click.echo(line, err=True)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Missing as error:
        click.echo(f"svgai: {error}", err=True)
        sys.exit(1)
