"""SVG-AI: turn a picture into the SVG that a designer would have drawn.

    import svgai
    result = svgai.convert("logo.png")
    open("logo.svg", "w").write(result.svg)
    open("logo.pdf", "wb").write(svgai.export(result.svg, "pdf"))

Importing this package loads nothing heavy; the first conversion does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from svgai import errors
from svgai.exports.formats import FORMATS
from svgai.options import Limits, Options
from svgai.result import Quality, Result

if TYPE_CHECKING:
    from svgai.picture import Source

__version__ = "0.1.0"
__all__ = ["FORMATS", "Limits", "Options", "Quality", "Result", "convert", "errors", "export"]


def convert(source: Source, *, limits: Limits | None = None, **options: Any) -> Result:
    """Turn a picture into an SVG.

    `source` is a path, the bytes of a picture file, or an array (height x width x 4, uint8,
    straight RGBA). `options` are the fields of `Options`; `limits` guards against hostile files.
    """
    from svgai import conversion

    return conversion.convert(source, Options.named(options), limits or Limits())


def export(svg: str, form: str, *, scale: float = 1, limits: Limits | None = None) -> bytes:
    """The bytes of a drawing in one of `FORMATS`, so many times as large.

    `svg` is a result's; whatever is outside the allow-list for drawings is refused.
    """
    from svgai.exports import exporting

    return exporting.export(svg, form, scale, limits or Limits())
