"""Rows that were never measured: pictures whose type, quality and time follow from their features."""

import json

import numpy as np

from svgai.ml.features import NAMES, VERSION
from svgai.ml.metadata import TRACING
from svgai.ml.types import TYPES
from svgai.training.pictures import split_of
from svgai.training.rows import ABOUT, Made, Row, write_rows


def made(ssim, seconds=0.1, delta_e=1.0, made_by="fast"):
    return Made(ssim=ssim, delta_e=delta_e, seconds=seconds, bytes=1000, segments=10, made_by=made_by)


def row(
    drawing="icon-1-1", *, damage="none", image_type="simple", is_flat=True, methods=None, features=None, split=None
):
    return Row(
        drawing=drawing,
        family=drawing.split("-")[0],
        image_type=image_type,
        is_flat=is_flat,
        damage=damage,
        width=64,
        height=64,
        split=split or split_of(drawing),
        picture=f"{drawing}@64-{damage}.png",
        engine="0",
        features=features or dict.fromkeys(NAMES, 0.0),
        methods=methods or {},
    )


def learnable_rows(count, seed=1):
    """Two features tell the type, a third how well the methods do and which is best."""
    numbers = np.random.default_rng(seed)
    return [_learnable(number, numbers) for number in range(count)]


def _learnable(number, numbers):
    values = numbers.normal(size=len(NAMES)).round(4)
    place = int(values[0] > 0) + 2 * int(values[1] > 0)
    hard = float(1 / (1 + np.exp(-2 * values[2])))
    quality = {
        "baseline": 0.9 - 0.3 * hard,
        "fast": 0.99 - 0.2 * hard,
        "optimised": 0.99 - 0.05 * hard,
        "refined": 0.99,
    }
    seconds = {"baseline": 0.01, "fast": 0.05, "optimised": 0.2, "refined": 8.0}
    return row(
        f"invented-{number // 2}",
        damage="none" if number % 2 else "blur-9",
        image_type=TYPES[place].value,
        methods={
            name: made(round(quality[name] + numbers.uniform(-0.004, 0.004), 5), seconds[name], made_by=name)
            for name in TRACING
        },
        features=dict(zip(NAMES, values.tolist(), strict=True)),
    )


def write_data(folder, rows):
    (folder / "pictures").mkdir(parents=True)
    write_rows(folder, rows)
    drawings = len({each.drawing for each in rows})
    about = {"seed": 1, "drawings": drawings, "pictures": len(rows), "measured": len(rows), "splits": {}, "engines": {}}
    about["features_version"] = VERSION
    (folder / ABOUT).write_text(json.dumps(about))
    return folder
