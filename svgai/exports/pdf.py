"""Artwork as a PDF of one page: vectors, opacities kept, colours in sRGB; the same bytes for the same artwork.

Written by hand: Skia's own writer is up to a quarter of a point away from arcs.
"""

from __future__ import annotations

import struct
import zlib

from svgai.errors import ExportTooLarge
from svgai.exports.artwork import Artwork
from svgai.exports.operators import number, opacity_name, operators, page_size

_LONGEST_SIDE = 14_400
"""Points that a page's side may have (PDF 1.7, appendix C)."""
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_CATALOG = (
    b"<</Type/Catalog/Pages 2 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1"
    b"/OutputConditionIdentifier(sRGB)/Info(sRGB)/DestOutputProfile 5 0 R>>]>>"
)


def write(artwork: Artwork) -> bytes:
    width, height = page_size(artwork)
    _check_size(max(width, height))
    page = (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {number(width)} {number(height)}]/Contents 4 0 R"
        f"/Group<</S/Transparency/CS/DeviceRGB>>/Resources<</ExtGState<<{_opacities(artwork)}>>>>>>"
    )
    return _file(
        _CATALOG,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page.encode(),
        _stream("\n".join(operators(artwork)).encode()),
        _stream(_srgb(), "/N 3"),
    )


def _check_size(longest: float) -> None:
    if longest > _LONGEST_SIDE:
        detail = f"The page would be {longest:,.0f} points long; the limit is {_LONGEST_SIDE:,}. Take a smaller scale."
        raise ExportTooLarge(detail, limit=_LONGEST_SIDE, actual=longest)


def _opacities(artwork: Artwork) -> str:
    """A dictionary for each opacity, of what is filled and of what is drawn with a pen."""
    opacities = {opacity_name(figure.ink): figure.ink.opacity for figure in artwork.figures}
    return "".join(f"/{name}<</ca {number(share)}/CA {number(share)}>>" for name, share in opacities.items())


def _stream(data: bytes, entries: str = "") -> bytes:
    packed = zlib.compress(data, 9)
    return f"<</Length {len(packed)}/Filter/FlateDecode{entries}>>stream\n".encode() + packed + b"\nendstream"


def _srgb() -> bytes:
    """What DeviceRGB means in this file, dated always alike."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]


def _file(*objects: bytes) -> bytes:
    """The objects, numbered from 1, and the table of where each begins."""
    text, places = _HEADER, []
    for index, content in enumerate(objects, start=1):
        places.append(f"{len(text):010} 00000 n \n")
        text += b"%d 0 obj\n%b\nendobj\n" % (index, content)
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(places)}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return text + f"{table}startxref\n{len(text)}\n%%EOF\n".encode()
