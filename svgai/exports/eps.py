"""Artwork as Encapsulated PostScript, level 2. It knows no opacity: what is half transparent is mixed with white."""

from __future__ import annotations

import math

from svgai.exports.artwork import Artwork
from svgai.exports.operators import number, operators, page_size

_PDF_OPERATORS = """\
/m{moveto}bind def
/l{lineto}bind def
/c{curveto}bind def
/h{closepath}bind def
/f{fill}bind def
/f*{eofill}bind def
/S{stroke}bind def
/rg{setrgbcolor}bind def
/RG{setrgbcolor}bind def
/w{setlinewidth}bind def
/J{setlinecap}bind def
/j{setlinejoin}bind def
/M{setmiterlimit}bind def
/cm{6 array astore concat}bind def
/gs{pop}bind def"""


def write(artwork: Artwork) -> bytes:
    width, height = page_size(artwork)
    lines = [
        "%!PS-Adobe-3.0 EPSF-3.0",
        "%%Creator: SVG-AI",
        f"%%BoundingBox: 0 0 {math.ceil(width)} {math.ceil(height)}",
        f"%%HiResBoundingBox: 0 0 {number(width)} {number(height)}",
        "%%LanguageLevel: 2",
        "%%DocumentData: Clean7Bit",
        "%%EndComments",
        "%%BeginProlog",
        "/svgai 20 dict def svgai begin",
        _PDF_OPERATORS,
        "end",
        "%%EndProlog",
        "svgai begin gsave",
        f"0 0 {number(width)} {number(height)} rectclip",
        *operators(artwork.on_white()),
        "grestore end",
        "showpage",
        "%%EOF",
        "",
    ]
    return "\n".join(lines).encode("ascii")
