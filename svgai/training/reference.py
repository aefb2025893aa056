"""What the service needs to know of the training: `python -m svgai.training.reference --data DIR --models DIR`.

It writes `reference.json` beside the models (`svgai.ml.drift`): how the features of the pictures to train on were
spread, and the pictures to test on with what every method made of them, against which all that is learned is held.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from svgai.ml.drift import Reference, spread_of
from svgai.ml.metadata import TRACING
from svgai.training.rows import Row, read_rows
from svgai.training.tables import table_of

DIGITS = 5


def reference_of(rows: list[Row]) -> Reference:
    """What rows tell: those to train on by their spread, those to test on one by one."""
    train, test = (table_of([row for row in rows if row.split == split]) for split in ("train", "test"))
    if not len(train):
        raise SystemExit("There are no pictures to train on.")
    return spread_of(train.features, [_held_out(row) for row in test.rows if row.methods])


def _held_out(row: Row) -> dict[str, Any]:
    quality = [row.methods[method].ssim if method in row.methods else None for method in TRACING]
    return {
        "features": {name: round(value, DIGITS) for name, value in row.features.items()},
        "quality": [each if each is None or np.isfinite(each) else None for each in quality],
        "image_type": row.image_type or "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the rows")
    parser.add_argument("--models", type=Path, required=True, help="the folder of the models that were made of them")
    given = parser.parse_args()
    reference = reference_of(read_rows(given.data))
    reference.write(given.models)
    sys.stdout.write(f"{len(reference.edges)} features, {len(reference.held_out)} pictures held out\n")


if __name__ == "__main__":
    main()
