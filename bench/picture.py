"""The picture in the README: what goes in and what comes out, enlarged; `make picture`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import svgai
from bench.drawings import picture_of
from svgai.engine.raster import draw

SIZE, ZOOM, GAP = 96, 4, 24
TARGET = Path(__file__).parents[1] / "docs" / "images" / "result.png"


def main() -> None:
    """Draw the picture's pixels and its SVG side by side."""
    picture = picture_of("badge", SIZE)
    svg = svgai.convert(np.asarray(picture)).svg
    large = SIZE * ZOOM
    sheet = Image.new("RGB", (2 * large + GAP, large), "white")
    sheet.paste(picture.convert("RGB").resize((large, large), Image.Resampling.NEAREST), (0, 0))
    drawn = Image.fromarray(draw(svg, large, large), "RGBA")
    sheet.paste(drawn, (large + GAP, 0), drawn)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(64).save(TARGET, optimize=True)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
