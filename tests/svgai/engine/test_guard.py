"""Nothing dangerous leaves: known attacks on SVG, and every way out of the allow-list."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.drawing import Circle, Drawing, Ellipse, Ink, Path, Rectangle, Shape
from svgai.engine.guard import verify
from svgai.engine.svg import write
from svgai.errors import DrawingTooLarge, DrawingUnsafe
from svgai.options import Limits

LIMITS = Limits()


def svg(inside: str, attributes: str = "") -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" viewBox="0 0 9 9"{attributes}>{inside}</svg>'


def gradient(attributes: str = "", stop: str = "") -> str:
    return (
        f'<defs><linearGradient id="g1"{attributes}><stop offset="0" stop-color="#fff"{stop}/></linearGradient></defs>'
    )


GOOD = {
    "nothing": svg(""),
    "path": svg('<path fill="#123" d="m0 0h4v4z"/>'),
    "every command": svg('<path d="M0 0L1 1l1,1H3v-1.5C1 2 3 4 5 6s1 2 3 4Q1 2 3 4t1-1a1 1 0 01.5.5A1 1 0 1 0 3 3z"/>'),
    "runs of numbers": svg('<path d="m.5.5-.5-.5 1 2c1 2 3 4 5 6 1 2 3 4 5 6z"/>'),
    "short name of a colour": svg('<path fill="red" d="m0 0h4v4z"/>'),
    "group": svg('<g transform="translate(1 2) scale(2)" opacity=".5"><circle cx="1" cy="2" r="3"/></g>'),
    "shapes": svg('<ellipse cx="1" cy="2" rx="3" ry="4"/><rect x="-1" y="0" width="3" height="4" rx="1"/>'),
    "strokes": svg(
        '<line x1="0" y1="0" x2="9" y2="9" stroke="#ff0000" stroke-width="2" stroke-linecap="round" fill="none"/>'
    ),
    "polygons": svg('<polygon points="0,0 4,0 4,4"/><polyline points="0 0 4 0 4 4" fill-rule="evenodd"/>'),
    "gradient": svg(gradient(' x1="0%" gradientUnits="userSpaceOnUse"') + '<path fill="url(#g1)" d="m0 0h4v4z"/>'),
    "title": svg("<title>A cat &amp; a dog &lt;3</title>"),
    "lines between": svg("\n  <path d='m0 0h4'/>\n"),
}

ATTACKS = {
    # scripts
    "script": svg("<script>alert(1)</script>"),
    "script with href": svg('<script href="https://evil.example/x.js"/>'),
    "script xlink": svg('<script xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="data:,alert(1)"/>'),
    "script in another namespace": svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
    "upper-case script": svg("<SCRIPT>alert(1)</SCRIPT>"),
    "script in title": svg("<title><script>alert(1)</script></title>"),
    "script in defs": svg("<defs><script>alert(1)</script></defs>"),
    # event handlers
    "onload": svg("", ' onload="alert(1)"'),
    "onload upper-case": svg("", ' OnLoad="alert(1)"'),
    "onclick on a path": svg('<path d="m0 0h1" onclick="alert(1)"/>'),
    "onmouseover": svg('<g onmouseover="alert(1)"/>'),
    "onfocus with tabindex": svg('<circle r="1" tabindex="0" onfocus="alert(1)"/>'),
    "onbegin": svg('<animate onbegin="alert(1)" attributeName="x" dur="1s"/>'),
    "onerror": svg('<image href="x" onerror="alert(1)"/>'),
    "ontoggle": svg('<g ontoggle="alert(1)"/>'),
    # links and outside resources
    "javascript link": svg('<a href="javascript:alert(1)"><path d="m0 0h1"/></a>'),
    "javascript xlink": svg('<a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="javascript:alert(1)"/>'),
    "javascript with a tab": svg('<a href="java&#9;script:alert(1)"/>'),
    "image outside": svg('<image href="https://evil.example/pixel.png"/>'),
    "image from disk": svg('<image href="file:///etc/passwd"/>'),
    "image as data": svg('<image href="data:image/svg+xml;base64,PHN2Zy8+"/>'),
    "use outside": svg('<use href="https://evil.example/x.svg#a"/>'),
    "use as data": svg('<use href="data:image/svg+xml;base64,PHN2Zy8+#x"/>'),
    "use of ourselves": svg('<g id="a1"/><use href="#a1"/>'),
    "foreign object": svg('<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
    "iframe": svg('<iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:alert(1)"/>'),
    "embed": svg('<embed xmlns="http://www.w3.org/1999/xhtml" src="x"/>'),
    "object": svg('<object xmlns="http://www.w3.org/1999/xhtml" data="x"/>'),
    "html link": svg('<link xmlns="http://www.w3.org/1999/xhtml" rel="stylesheet" href="x"/>'),
    "audio": svg('<audio xmlns="http://www.w3.org/1999/xhtml" src="x"/>'),
    "handler": svg('<handler xmlns:ev="http://www.w3.org/2001/xml-events" ev:event="load">alert(1)</handler>'),
    "listener": svg('<listener event="load" handler="#a1"/>'),
    "xml base": svg('<g xml:base="https://evil.example/"/>'),
    "view": svg('<view id="v1"/>'),
    "cursor": svg('<path d="m0 0h1" cursor="url(https://evil.example/c.cur),auto"/>'),
    # animation
    "animate href": svg('<animate attributeName="href" values="javascript:alert(1)"/>'),
    "set": svg('<set attributeName="onmouseover" to="alert(1)"/>'),
    "animate transform": svg('<animateTransform attributeName="transform"/>'),
    "animate motion": svg("<animateMotion/>"),
    # style
    "style element": svg("<style>@import 'https://evil.example/x.css';</style>"),
    "style attribute": svg('<path d="m0 0h1" style="fill:url(https://evil.example/#x)"/>'),
    "class": svg('<path d="m0 0h1" class="x"/>'),
    "fill outside": svg('<path d="m0 0h1" fill="url(https://evil.example/#x)"/>'),
    "fill with quotes": svg("<path d='m0 0h1' fill='url(\"https://evil.example/#x\")'/>"),
    "fill of a name nobody has": svg('<path d="m0 0h1" fill="url(#g7)"/>'),
    "fill with fallback": svg(gradient() + '<path d="m0 0h1" fill="url(#g1) url(//evil.example)"/>'),
    "fill by a css function": svg('<path d="m0 0h1" fill="var(--x)"/>'),
    "fill by a name not needed": svg('<path d="m0 0h1" fill="currentColor"/>'),
    "fill by two names": svg('<path d="m0 0h1" fill="redred"/>'),
    "fill of five digits": svg('<path d="m0 0h1" fill="#12345"/>'),
    "filter": svg('<path d="m0 0h1" filter="url(#g1)"/>'),
    "filter element": svg("<filter><feImage href='https://evil.example/'/></filter>"),
    "mask": svg('<path d="m0 0h1" mask="url(https://evil.example/#m)"/>'),
    "clip path": svg("<clipPath/>"),
    "pattern": svg("<pattern><image href='x'/></pattern>"),
    "marker": svg('<path d="m0 0h1" marker-start="url(https://evil.example/#m)"/>'),
    "font": svg("<font><glyph/></font>"),
    "text": svg('<text x="1" y="1">hello</text>'),
    "metadata": svg("<metadata/>"),
    "switch": svg("<switch/>"),
    "loose text": svg("alert(1)"),
    # XML
    "doctype": '<!DOCTYPE svg SYSTEM "https://evil.example/x.dtd">' + svg(""),
    "entity": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<title>&x;</title>"),
    "billion laughs": '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + svg("<title>&b;</title>"),
    "stylesheet instruction": '<?xml-stylesheet href="https://evil.example/x.css"?>' + svg(""),
    "php": svg("<?php system('id') ?>"),
    "prolog": '<?xml version="1.0" encoding="utf-7"?>' + svg(""),
    "comment": svg("<!-- x --><g/>"),
    "cdata": svg("<title><![CDATA[<script>]]></title>"),
    "unknown entity": svg("<title>&nbsp;</title>"),
    "not closed": svg("<g>"),
    "closed too often": svg("</g>"),
    "two roots": svg("") + svg(""),
    "text behind": svg("") + "<script>alert(1)</script>",
    "nothing at all": "",
    "not XML": "hello",
    "lone surrogate": svg("<title>\ud800</title>"),
    "control character": svg("<title>\x08</title>"),
    "attribute twice": svg('<path d="m0 0h1" d="m0 0h2"/>'),
    # structure
    "no namespace": '<svg width="9" height="9"/>',
    "wrong namespace": '<svg xmlns="http://www.w3.org/1999/xhtml"/>',
    "prefix": '<s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    "second namespace": svg("", ' xmlns:x="https://evil.example/"'),
    "root is a path": '<path xmlns="http://www.w3.org/2000/svg" d="m0 0h1"/>',
    "svg in svg": svg('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'),
    "path in a path": svg('<path d="m0 0h1"><path d="m0 0h1"/></path>'),
    "path in defs": svg('<defs><path d="m0 0h1"/></defs>'),
    "gradient outside defs": svg('<linearGradient id="g1"/>'),
    "stop outside a gradient": svg('<stop offset="0"/>'),
    "deep groups": svg("<g>" * 40 + "</g>" * 40),
    "endless title": svg(f"<title>{'x' * 5000}</title>"),
    # values
    "id of a global": svg('<defs><linearGradient id="location"/></defs>'),
    "id on a path": svg('<path id="g1" d="m0 0h1"/>'),
    "width with a unit": svg('<rect width="1em" height="1"/>'),
    "width by calc": svg('<rect width="calc(1px)" height="1"/>'),
    "not a number": svg('<circle cx="NaN" cy="0" r="1"/>'),
    "infinity": svg('<circle cx="1e999" cy="0" r="1"/>'),
    "huge number": svg('<circle cx="99999999999" cy="0" r="1"/>'),
    "negative radius": svg('<circle cx="0" cy="0" r="-1"/>'),
    "path with an exponent": svg('<path d="m0 0h1e99"/>'),
    "path with a name": svg('<path d="m0 0 NaN 1"/>'),
    "path that begins nowhere": svg('<path d="h4"/>'),
    "path with a number too few": svg('<path d="m0 0l1"/>'),
    "path with numbers too many": svg('<path d="m0 0h4z1"/>'),
    "cubic with a number too few": svg('<path d="m0 0c1 2 3 4 5"/>'),
    "arc with a flag of two": svg('<path d="m0 0a1 1 0 2 0 1 1"/>'),
    "empty path": svg('<path d=""/>'),
    "foreign digits": svg('<circle cx="\u0661" cy="0" r="1"/>'),
    "transform with a script": svg('<g transform="alert(1)"/>'),
    "odd view box": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 javascript 1"/>',
    "line break in a value": svg('<path d="m0 0h1" fill="#fff&#10;"/>'),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_what_drawings_need_passes_unchanged(good):
    assert verify(good, LIMITS) == good


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_everything_else_is_withheld(attack):
    with pytest.raises(DrawingUnsafe, match="withheld"):
        verify(attack, LIMITS)


def test_a_drawing_beyond_the_limit_is_too_large():
    with pytest.raises(DrawingTooLarge) as caught:
        verify(svg(""), Limits(max_svg_bytes=50))
    assert (caught.value.limit, caught.value.actual) == (50, len(svg("")))


coordinates = st.floats(-1e5, 1e5, allow_nan=False)
sizes = st.floats(1e-6, 1e5)
turns = st.floats(-720, 720)
inks = st.builds(Ink, *[st.integers(0, 255)] * 3, st.floats(0, 1))


@st.composite
def paths(draw: st.DrawFn) -> Path:
    letters = draw(st.text("MLCZ", max_size=10))
    count = 1 + sum({"M": 1, "L": 1, "C": 3, "Z": 0}[letter] for letter in letters)
    points = draw(st.lists(st.tuples(coordinates, coordinates), min_size=count, max_size=count))
    return Path("M" + letters, np.array(points))


@st.composite
def rectangles(draw: st.DrawFn) -> Rectangle:
    width, height, share = draw(sizes), draw(sizes), draw(st.floats(0, 1))
    radius = share * min(width, height) / 2
    return Rectangle(draw(coordinates), draw(coordinates), width, height, radius, draw(turns), draw(st.booleans()))


circles = st.builds(Circle, coordinates, coordinates, sizes, st.booleans())
ellipses = st.builds(Ellipse, coordinates, coordinates, sizes, sizes, turns, st.booleans())
forms = st.one_of(paths(), rectangles(), circles, ellipses)
shapes = st.builds(Shape, st.lists(forms, min_size=1, max_size=3).map(tuple), inks)


@settings(max_examples=200, deadline=None)
@given(st.lists(shapes, max_size=4), st.integers(0, 4))
def test_all_that_the_writer_writes_passes(shapes, precision):
    verify(write(Drawing(100, 50, tuple(shapes)), precision), LIMITS)


@pytest.mark.parametrize(
    "colour", ['"/><script>alert(1)</script><path fill="', "url(x)", "\N{CYRILLIC SMALL LETTER A}"]
)
def test_even_a_lying_ink_cannot_carry_markup_out(colour):
    class Liar(int):
        def __format__(self, spec: str) -> str:
            return colour

    shape = Shape((Path("ML", np.array([(0.0, 0.0), (4.0, 4.0)])),), Ink(Liar(1), 0, 0))
    with pytest.raises(DrawingUnsafe):
        verify(write(Drawing(9, 9, (shape,)), 2), LIMITS)


@pytest.mark.parametrize(
    "hostile",
    [
        svg(f'<path d="m0 0{"1" * 300_000}x"/>'),
        svg(f'<path d="m0 0{" 1" * 300_001}x"/>'),
        svg(f'<path d="m0 0{".1" * 300_001}x"/>'),
        svg(f'<path d="m0 0{"c1 2 3 4 5 6" * 30_000}x"/>'),
        svg(f'<path d="m0 0{"z" * 300_000}x"/>'),
        svg(f'<path d="m0 0{"a1 1 0 0 0 1 1" * 30_000}x"/>'),
        svg(f'<polygon points="{"1 " * 300_000}x"/>'),
        svg(f'<g transform="{"scale(1) " * 100_000}x"/>'),
        svg(f'<path fill="{"#" * 300_000}" d="m0 0h1"/>'),
    ],
    ids=lambda text: text[90:110],
)
@pytest.mark.alone
def test_no_text_makes_the_patterns_slow(hostile):
    begun = time.perf_counter()
    with pytest.raises(DrawingUnsafe):
        verify(hostile, LIMITS)
    assert time.perf_counter() - begun < 0.5


@pytest.mark.alone
def test_a_megabyte_is_looked_through_quickly():
    one = '<path fill="#123456" d="m12.34 56.78c1.2-3.4.5 6-7.8 9l-1.5 2.25h3v-.5z"/>'
    large = svg(one * (1_000_000 // len(one)))
    verify(large, LIMITS)
    begun = time.perf_counter()
    verify(large, LIMITS)
    assert time.perf_counter() - begun < 0.5
