"""The last look at every SVG that leaves: nothing passes that is not on the list of what drawings need.

Elements, attributes and values are all allow-listed; what is unknown is refused, whatever it does.
Patterns use possessive quantifiers (`++`), so that no text can make them slow.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from svgai.drawing import COLOUR_NAMES
from svgai.errors import DrawingTooLarge, DrawingUnsafe
from svgai.options import Limits

_SVG: Final = "{http://www.w3.org/2000/svg}"
_MAX_DEPTH = 32
_MAX_TITLE = 1_000

# In path data a number may follow another without a space where its sign or point tells them apart.
_PLAIN = r"(?:\d++(?:\.\d++)?+|\.\d++)"
_SEPARATOR = r"(?:[ ,]|(?=[-.])|(?<=[A-Za-z]))"
_N = rf"(?:{_SEPARATOR}-?+{_PLAIN})"
_FLAG = r"(?:[ ,]?+[01])"
_ARC = rf"(?:{_N}{_N}{_N}{_FLAG}{_FLAG}(?:[ ,]?+-?+{_PLAIN}){_N})"
_PATH_DATA = (
    rf"[Mm](?:{_N}{_N})++"
    rf"(?:[MmLlTt](?:{_N}{_N})++|[HhVv]{_N}++|[Cc](?:{_N}{{6}})++|[SsQq](?:{_N}{{4}})++|[Aa]{_ARC}++|[Zz])*+"
)

_NUMBER = rf"-?+{_PLAIN}"
_POSITIVE = _PLAIN
_SHARE = rf"{_PLAIN}%?+"
_LENGTH = rf"-?+{_PLAIN}%?+"
_NUMBERS = rf"{_NUMBER}(?:[ ,]{_NUMBER})*+"
_COLOUR = rf"#(?:[0-9a-fA-F]{{3}}|[0-9a-fA-F]{{6}})|{'|'.join(COLOUR_NAMES)}"
_NAME = r"[a-z][0-9]{1,6}"
_PAINT = rf"none|{_COLOUR}|url\(#{_NAME}\)"
_TRANSFORM = rf"(?:(?:matrix|translate|scale|rotate|skewX|skewY)\({_NUMBERS}\) ?+){{1,8}}+"

_PAINTING = {
    "fill": _PAINT,
    "fill-opacity": _POSITIVE,
    "fill-rule": "nonzero|evenodd",
    "stroke": _PAINT,
    "stroke-width": _POSITIVE,
    "stroke-opacity": _POSITIVE,
    "stroke-linecap": "butt|round|square",
    "stroke-linejoin": "miter|round|bevel",
    "stroke-miterlimit": _POSITIVE,
    "opacity": _POSITIVE,
    "transform": _TRANSFORM,
}
_GRADIENT = {
    "id": _NAME,
    "gradientUnits": "userSpaceOnUse|objectBoundingBox",
    "gradientTransform": _TRANSFORM,
    "spreadMethod": "pad|reflect|repeat",
}


def _numbers(names: str, pattern: str = _NUMBER) -> dict[str, str]:
    return dict.fromkeys(names.split(), pattern)


_ALLOWED: Final[dict[str, dict[str, str]]] = {
    "svg": _numbers("width height", _POSITIVE) | {"viewBox": rf"{_NUMBER}(?: {_NUMBER}){{3}}"},
    "g": _PAINTING,
    "path": _PAINTING | {"d": _PATH_DATA},
    "circle": _PAINTING | _numbers("cx cy") | _numbers("r", _POSITIVE),
    "ellipse": _PAINTING | _numbers("cx cy") | _numbers("rx ry", _POSITIVE),
    "rect": _PAINTING | _numbers("x y") | _numbers("width height rx ry", _POSITIVE),
    "line": _PAINTING | _numbers("x1 y1 x2 y2"),
    "polygon": _PAINTING | {"points": _NUMBERS},
    "polyline": _PAINTING | {"points": _NUMBERS},
    "defs": {},
    "linearGradient": _GRADIENT | _numbers("x1 y1 x2 y2", _LENGTH),
    "radialGradient": _GRADIENT | _numbers("cx cy fx fy", _LENGTH) | _numbers("r fr", _SHARE),
    "stop": {"offset": _SHARE, "stop-color": _COLOUR, "stop-opacity": _POSITIVE},
    "title": {},
}
# Where an element may stand; shapes and groups in the root or in a group.
_PARENTS: Final[dict[str, frozenset[str | None]]] = {
    "svg": frozenset({None}),
    "stop": frozenset({"linearGradient", "radialGradient"}),
    "linearGradient": frozenset({"defs"}),
    "radialGradient": frozenset({"defs"}),
    "defs": frozenset({"svg"}),
    "title": frozenset({"svg"}),
}
_SHAPE_PARENTS: Final[frozenset[str | None]] = frozenset({"svg", "g"})
_PATTERNS = {name: {key: re.compile(value, re.ASCII) for key, value in keys.items()} for name, keys in _ALLOWED.items()}
_LONG_NUMBER = re.compile(r"[0-9]{10}")
_REFERENCE = re.compile(rf"url\(#({_NAME})\)")


def verify(svg: str, limits: Limits) -> str:
    """Give the SVG back if all of it is allowed; otherwise withhold it."""
    text = _encoded(svg)
    if len(text) > limits.max_svg_bytes:
        detail = f"The drawing has {len(text):,} bytes of SVG; the limit is {limits.max_svg_bytes:,}."
        raise DrawingTooLarge(detail, limit=limits.max_svg_bytes, actual=len(text))
    if "<!" in svg or "<?" in svg:
        _refuse("a declaration, comment or instruction")
    parser = DefusedXMLParser(target=_Guard(), encoding="utf-8", forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DrawingUnsafe(f"The drawing was withheld: it is not well-formed XML ({error}).") from error
    return svg


def _encoded(svg: str) -> bytes:
    try:
        return svg.encode()
    except UnicodeEncodeError as error:
        raise DrawingUnsafe("The drawing was withheld: it is not UTF-8 text.") from error


def _refuse(what: str) -> NoReturn:
    raise DrawingUnsafe(f"The drawing was withheld: it holds {what}.")


class _Guard:
    """Looks at each piece of the XML as the parser meets it; keeps none."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.names: set[str] = set()
        self.wanted: set[str] = set()

    def start_ns(self, prefix: str | None, uri: str) -> None:
        if prefix or f"{{{uri}}}" != _SVG:
            _refuse(f"the namespace {uri[:80]!r}")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.removeprefix(_SVG)
        if not tag.startswith(_SVG) or name not in _PATTERNS:
            _refuse(f"the element {tag[:80]!r}")
        self._check_place(name)
        for key, value in attributes.items():
            self._check(name, key, value)
        self.open.append(name)

    def end(self, tag: str) -> None:  # noqa: ARG002
        self.open.pop()

    def data(self, text: str) -> None:
        is_title = self.open[-1:] == ["title"]
        if text.strip() and not (is_title and len(text) <= _MAX_TITLE):
            _refuse(f"the text {text.strip()[:80]!r}")

    def close(self) -> None:
        if not self.wanted <= self.names:
            _refuse(f"a reference to the missing {min(self.wanted - self.names)!r}")

    def _check_place(self, name: str) -> None:
        parent = self.open[-1] if self.open else None
        belongs = parent in _PARENTS.get(name, _SHAPE_PARENTS)
        if not belongs or len(self.open) >= _MAX_DEPTH:
            _refuse(f"the element {name!r} in a place where it does not belong")

    def _check(self, element: str, key: str, value: str) -> None:
        pattern = _PATTERNS[element].get(key)
        if pattern is None:
            _refuse(f"the attribute {key[:80]!r}")
        if not pattern.fullmatch(value) or _LONG_NUMBER.search(value):
            _refuse(f"the value {value[:80]!r} of {key!r}")
        if key == "id":
            self.names.add(value)
        elif value.startswith("url("):
            self.wanted.update(_REFERENCE.findall(value))
