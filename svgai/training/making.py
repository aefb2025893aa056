"""Data in, models out: what `svgai train models` does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from svgai.ml.metadata import TRACING
from svgai.training.data import refresh_features
from svgai.training.exporting import Made, export_all
from svgai.training.fitting import fit_all
from svgai.training.missing import Missing
from svgai.training.pictures import Care
from svgai.training.pixels import read_thumbnails
from svgai.training.reference import reference_of
from svgai.training.rows import ABOUT, PICTURES, read_rows
from svgai.training.tables import table_of

_KEPT = ("seed", "wanted", "drawings", "pictures", "measured", "splits", "engines", "seconds")
"""What of the data is told in the models' metadata."""


def make_models(data: Path, target: Path, seed: int, tell: Callable[[str], None]) -> None:
    """Fit, choose and write the models of all roles."""
    refresh_features(data, tell)
    rows = read_rows(data)
    if {row.split for row in rows if len(row.methods) == len(TRACING)} != {"train", "calibrate", "test"}:
        raise Missing(f"{data} holds too few pictures to train, calibrate and test on")
    begun = time.monotonic()
    are_there = all((data / PICTURES / row.picture).exists() for row in rows)
    table = table_of(rows, read_thumbnails(data, rows) if are_there else None)
    winners = fit_all(table, seed, tell)
    facts = json.loads((data / ABOUT).read_text("utf-8"))
    made = Made(
        version=datetime.now(UTC).strftime("%Y-%m-%d.%H%M"),
        command=_command(facts, seed),
        seed=seed,
        data={name: facts.get(name) for name in _KEPT},
        seconds=round(time.monotonic() - begun, 1),
    )
    export_all(winners, table, target, made)
    reference_of(rows).write(target)
    tell(f"Models are in {target}, made in {made.seconds:.0f} s.")


def _command(facts: Mapping[str, Any], seed: int) -> str:
    """What makes data and models again, where the data say what was wanted of them."""
    wanted = facts.get("wanted")
    if not wanted or facts.get("seed") != seed:
        return "svgai train models"
    measured, tried, seen = (wanted[str(care)] for care in (Care.MEASURED, Care.TRIED, Care.SEEN))
    return f"svgai train all --seed {seed} --drawings {measured} --tried {tried} --seen {seen}"
