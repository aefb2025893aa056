"""The picture in the README: what goes in and what comes out, enlarged; `make pictures`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

import svgai
from bench.drawings import badge
from bench.rendering import draw, on_white
from bench.variants import white

SIZE, ZOOM, GAP = 96, 4, 24
TARGET = Path(__file__).parents[1] / "docs" / "images" / "result.png"


def main() -> None:
    """Draw the picture's pixels and its SVG side by side."""
    picture = white(draw(badge(), SIZE, SIZE))
    svg = svgai.convert(picture).svg
    large = SIZE * ZOOM
    sheet = Image.new("RGB", (2 * large + GAP, large), "white")
    sheet.paste(Image.fromarray(picture[..., :3]).resize((large, large), Image.Resampling.NEAREST), (0, 0))
    sheet.paste(Image.fromarray(on_white(draw(svg, large, large))), (large + GAP, 0))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(64).save(TARGET, optimize=True)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
