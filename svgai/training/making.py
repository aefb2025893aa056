"""Data in, models out: what `svgai train models` does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from svgai.ml.metadata import TRACING
from svgai.training.data import refresh_features
from svgai.training.exporting import Made, export_all
from svgai.training.fitting import fit_all
from svgai.training.missing import Missing
from svgai.training.rows import ABOUT, read_rows
from svgai.training.tables import table_of

_KEPT = ("seed", "drawings", "pictures", "measured", "splits", "engines", "seconds")
"""What of the data is told in the models' metadata."""


def make_models(data: Path, target: Path, seed: int, tell: Callable[[str], None]) -> None:
    """Fit, choose and write the models of all roles."""
    refresh_features(data, tell)
    rows = read_rows(data)
    if {row.split for row in rows if len(row.methods) == len(TRACING)} != {"train", "calibrate", "test"}:
        raise Missing(f"{data} holds too few pictures to train, calibrate and test on")
    begun = time.monotonic()
    table = table_of(rows)
    winners = fit_all(table, seed, tell)
    facts = json.loads((data / ABOUT).read_text("utf-8"))
    made = Made(
        version=datetime.now(UTC).strftime("%Y-%m-%d.%H%M"),
        command="svgai train all",
        seed=seed,
        data={name: facts.get(name) for name in _KEPT},
        seconds=round(time.monotonic() - begun, 1),
    )
    export_all(winners, table, target, made)
    tell(f"Models are in {target}, made in {made.seconds:.0f} s.")
