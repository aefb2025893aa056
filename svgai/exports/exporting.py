"""An export from beginning to end: an SVG text that is allowed out becomes bytes of another format."""

from __future__ import annotations

import gzip

from svgai.engine.guard import verify
from svgai.exports import dxf, eps, pdf, png
from svgai.exports.formats import check_form, check_scale
from svgai.exports.reading import read
from svgai.options import Limits


def export(svg: str, form: str, scale: float, limits: Limits) -> bytes:
    """The drawing as a file of that format, so many times as large."""
    check_form(form)
    check_scale(scale, form)
    verify(svg, limits)
    match form:
        case "svgz":
            return gzip.compress(svg.encode(), mtime=0)
        case "png":
            return png.write(svg, scale, limits)
        case "pdf":
            return pdf.write(read(svg, scale))
        case "eps":
            return eps.write(read(svg, scale))
        case "dxf":
            return dxf.write(read(svg, scale))
        case _:
            return svg.encode()
