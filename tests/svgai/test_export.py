"""Exports: other programs must see in them what the SVG shows."""

import gzip
import hashlib
import io
import math
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path as File

import ezdxf
import ezdxf.colors
import ezdxf.path
import numpy as np
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import svgai
from svgai import errors
from svgai.drawing import Circle, Drawing, Ellipse, Ink, Path, Rectangle, Shape
from svgai.engine import raster
from svgai.engine.svg import write
from svgai.exports.dxf_colours import nearest_index
from svgai.options import Limits
from tests import samples

VECTORS = ("pdf", "eps", "dxf")
MILLIMETRE = 96 / 25.4
"""In pixels."""
FINER = 8
needs_ghostscript = pytest.mark.skipif(not shutil.which("gs"), reason="Ghostscript is not installed")


def svg(content: str, width: float = 40, height: float = 30, box: str = "") -> str:
    view = f' viewBox="{box}"' if box else ""
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"{view}>{content}</svg>'


def path(points: list[tuple[float, float]], commands: str) -> Path:
    return Path(commands, np.array(points, dtype=np.float64))


def every_form() -> str:
    """What our writer makes of every form, alone and as a hole in another."""
    plum, half = Ink(200, 20, 120), Ink(0, 90, 220, 0.5)
    hole = Circle(70, 30, 6, is_hole=True)
    leaf = path([(10, 50), (20, 40), (30, 45), (38, 50), (46, 55), (30, 70), (10, 60)], "MCCZ")
    shapes = (
        Shape((Rectangle(50, 40, 100, 80),), Ink(250, 240, 220)),
        Shape((Circle(18, 18, 12),), plum),
        Shape((Ellipse(45, 18, 12, 6, turn=30),), half),
        Shape((Rectangle(72, 30, 36, 24, radius=5, turn=10), hole), plum),
        Shape((leaf,), half),
        Shape((Rectangle(70, 62, 30, 20, radius=4, turn=-20),), Ink(255, 0, 0, 0.25)),
        Shape((Ellipse(80, 66, 8, 12, turn=75), Rectangle(80, 66, 6, 4, is_hole=True)), Ink(0, 0, 0)),
    )
    return write(Drawing(100, 80, shapes), 2)


EVERY_COMMAND = svg(
    '<path d="M2 2L12 2 12 8l-4 2zm14 0H26V8h-6v-3z" fill="#08f"/>'
    '<path d="M2 14C4 10 8 10 10 14S16 18 18 14l0 8-16 0zm20 0c2-4 6-4 8 0s6 4 8 0v6h-16z" fill="red"/>'
    '<path d="M2 26Q6 22 10 26T18 26v3H2zm20 0q4-4 8 0t8 0v3h-16z" fill="green"/>'
    '<path d="M30 2a4 3 20 017 2 4 3 20 11-7-2zM28 10A2 2 0 1 0 32 10A2 2 0 1 0 28 10z"/>'
)
SHARED_STYLES = svg(
    '<title>Groups</title><g fill="navy" transform="translate(2,1) scale(.9)"><rect width="12" height="8" rx="2"/>'
    '<g fill-opacity=".4" transform="matrix(1 .2 -.3 1 18 2)"><circle cx="4" cy="4" r="4"/>'
    '<ellipse cx="12" cy="4" rx="4" ry="2" fill="orange" opacity=".5"/></g>'
    '<polygon points="2,12 10,12 6,20" transform="skewX(10) skewY(5)"/></g>'
    '<g fill="none" stroke="#393" stroke-width="1.5" stroke-linejoin="round"><polyline points="20 14 26 20 32 14"/>'
    '<line x1="20" y1="24" x2="34" y2="24" stroke-linecap="round" stroke="red" stroke-opacity=".5"/>'
    '<path d="M4 22h8v6z" fill="gold" transform="rotate(10)"/></g>'
)
STARS = svg(
    '<path d="M10 2L15 18 2 8H18L5 18z" fill-rule="evenodd"/><path d="M30 2L35 18 22 8H38L25 18z" fill="teal"/>'
)


@pytest.fixture(scope="module")
def drawings() -> dict[str, str]:
    logo, clear = samples.logo_png(64), samples.logo_png(64, transparent=True)
    return {
        "every form": every_form(),
        "every command": EVERY_COMMAND,
        "shared styles": SHARED_STYLES,
        "fill rules": STARS,
        "view box": svg('<circle cx="0" cy="0" r="9"/>', 60, 30, "-10 -10 20 20"),
        "baseline": svgai.convert(logo, method="baseline").svg,
        "traced": svgai.convert(logo, method="fast").svg,
        "cut out": svgai.convert(clear, method="fast", cutout=True).svg,
        "empty": svg(""),
        "one pixel": write(Drawing(1, 1, (Shape((Rectangle(0.5, 0.5, 1, 1),), Ink(255, 0, 0)),)), 2),
    }


DRAWINGS = (
    "every form",
    "every command",
    "shared styles",
    "fill rules",
    "view box",
    "baseline",
    "traced",
    "cut out",
    "empty",
    "one pixel",
)


def size_of(drawing: str) -> tuple[int, int]:
    width, height = re.search(r'width="(\d+)" height="(\d+)"', drawing).groups()
    return int(width), int(height)


def shown(drawing: str, times: int, ground: int = 255) -> np.ndarray:
    """What the SVG looks like, so many times enlarged."""
    width, height = size_of(drawing)
    rgba = raster.draw(drawing, times * width, times * height).astype(float)
    alpha = rgba[..., 3:] / 255
    return rgba[..., :3] * alpha + ground * (1 - alpha)


def page(pdf: bytes, times: int, ground: int = 255) -> np.ndarray:
    """What PDFium, the reader in Chrome, sees."""
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    bitmap = document[0].render(scale=FINER * times * 96 / 72, fill_color=(ground, ground, ground, 255))
    image = bitmap.to_pil()
    document.close()
    return averaged(image)


def print_of(eps: bytes, times: int, folder: File) -> np.ndarray:
    """What Ghostscript sees."""
    (folder / "in.eps").write_bytes(eps)
    line = ["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-dEPSCrop", "-sDEVICE=png16m", f"-r{96 * FINER * times}"]
    subprocess.run([*line, "-o", folder / "out.png", folder / "in.eps"], check=True, capture_output=True)
    return averaged(Image.open(folder / "out.png"))


def averaged(image: Image.Image) -> np.ndarray:
    """Drawn finer than looked at: PDFium moves upright edges to whole pixels, and Ghostscript fills all it touches."""
    pixels = np.asarray(image.convert("RGB")).astype(float)
    height, width = (side // FINER for side in pixels.shape[:2])
    return pixels[: FINER * height, : FINER * width].reshape(height, FINER, width, FINER, 3).mean(axis=(1, 3))


def assert_alike(seen: np.ndarray, wanted: np.ndarray, mean: float) -> None:
    height, width = wanted.shape[:2]
    assert 0 <= seen.shape[0] - height <= 1  # of an EPS the box in whole points is drawn
    assert 0 <= seen.shape[1] - width <= 1
    difference = np.abs(seen[:height, :width] - wanted)
    assert difference.mean() < mean
    assert (difference.max(axis=2) > 100).mean() < 0.0005


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_pdf_shows_what_the_svg_shows(drawings, name):
    pdf = svgai.export(drawings[name], "pdf")
    assert_alike(page(pdf, 4), shown(drawings[name], 4), 0.4)


@pytest.mark.parametrize("name", ["every form", "shared styles", "cut out"])
def test_a_pdf_stays_transparent(drawings, name):
    pdf = svgai.export(drawings[name], "pdf")
    assert_alike(page(pdf, 4, ground=0), shown(drawings[name], 4, ground=0), 0.4)


@needs_ghostscript
@pytest.mark.parametrize("name", sorted(set(DRAWINGS) - {"every form", "shared styles", "one pixel"}))
def test_an_eps_shows_what_the_svg_shows(drawings, name, tmp_path):
    eps = svgai.export(drawings[name], "eps")
    assert_alike(print_of(eps, 4, tmp_path), shown(drawings[name], 4), 0.6)


@needs_ghostscript
def test_an_eps_shows_strokes(tmp_path):
    drawing = SHARED_STYLES.replace(' stroke-opacity=".5"', "").replace(' opacity=".5"', "")
    drawing = drawing.replace(' fill-opacity=".4"', "")
    assert_alike(print_of(svgai.export(drawing, "eps"), 4, tmp_path), shown(drawing, 4), 0.6)


@needs_ghostscript
def test_an_eps_mixes_what_is_half_transparent_with_white(tmp_path):
    drawing = svg('<rect width="40" height="30" fill="red" fill-opacity=".5"/>')
    assert_alike(print_of(svgai.export(drawing, "eps"), 2, tmp_path), shown(drawing, 2), 1.1)


def test_an_eps_tells_its_size():
    eps = svgai.export(svg("", 35, 30), "eps").decode("ascii")
    assert eps.startswith("%!PS-Adobe-3.0 EPSF-3.0\n")
    assert "%%BoundingBox: 0 0 27 23\n" in eps
    assert "%%HiResBoundingBox: 0 0 26.25 22.5\n" in eps
    assert max(map(len, eps.splitlines())) <= 255


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_png_is_what_the_svg_shows(drawings, name):
    image = Image.open(io.BytesIO(svgai.export(drawings[name], "png", scale=3)))
    width, height = size_of(drawings[name])
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (3 * width, 3 * height))
    assert (np.asarray(image) == raster.draw(drawings[name], 3 * width, 3 * height)).all()


def test_a_png_has_a_pixel_at_least():
    assert Image.open(io.BytesIO(svgai.export(svg("", 3, 300), "png", scale=0.01))).size == (1, 3)


def test_svgz_is_the_same_text(drawings):
    assert gzip.decompress(svgai.export(drawings["traced"], "svgz")).decode() == drawings["traced"]
    assert svgai.export(drawings["traced"], "svg").decode() == drawings["traced"]


def modelspace(data: bytes):
    """What ezdxf reads, with nothing to complain of."""
    document = ezdxf.read(io.StringIO(data.decode("ascii")))
    audit = document.audit()
    assert (list(audit.errors), list(audit.fixes)) == ([], [])
    return document, list(document.modelspace())


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_dxf_is_read_without_complaint(drawings, name):
    document, entities = modelspace(svgai.export(drawings[name], "dxf"))
    width, height = size_of(drawings[name])
    assert document.header["$INSUNITS"] == ezdxf.units.MM
    assert document.header["$EXTMAX"][:2] == pytest.approx((width / MILLIMETRE, height / MILLIMETRE), abs=1e-4)
    assert {entity.dxf.layer for entity in entities} <= {layer.dxf.name for layer in document.layers}
    assert len({entity.dxf.handle for entity in entities}) == len(entities)


def test_a_dxf_has_circles_polylines_and_splines():
    content = (
        '<circle cx="10" cy="10" r="4"/><path d="M20 10a4 4 0 018 0a4 4 0 01-8 0z"/><path d="M2 20h8v4z"/>'
        '<path d="M20 20c2 4 4 4 8 0z"/><ellipse cx="34" cy="24" rx="4" ry="3"/>'
    )
    _, entities = modelspace(svgai.export(svg(content), "dxf"))
    kinds = ["CIRCLE", "CIRCLE", "LWPOLYLINE", "SPLINE", "SPLINE"]
    assert [entity.dxftype() for entity in entities] == kinds
    first, second, polyline, *_ = entities
    assert tuple(first.dxf.center)[:2] == pytest.approx((10 / MILLIMETRE, 20 / MILLIMETRE), abs=1e-4)
    assert second.dxf.radius == pytest.approx(4 / MILLIMETRE, abs=1e-4)
    assert polyline.closed
    assert [(round(x * MILLIMETRE), round(y * MILLIMETRE)) for x, y in polyline.get_points("xy")] == [
        (2, 10),
        (10, 10),
        (10, 6),
    ]


def test_a_spline_has_the_handles_of_its_cubics():
    _, (spline,) = modelspace(svgai.export(svg('<path d="M1 2C3 4 5 6 7 2z"/>'), "dxf"))
    places = [(round(x * MILLIMETRE, 2), round(30 - y * MILLIMETRE, 2)) for x, y, _ in spline.control_points]
    assert places == [(1, 2), (3, 4), (5, 6), (7, 2), (5, 2), (3, 2), (1, 2)]
    assert list(spline.knots) == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]


def test_a_dxf_has_a_layer_for_each_colour():
    content = '<path d="M1 1h9v9z" fill="red"/><path d="M1 1h9v9z" fill="#123456"/><path d="M9 1h9v9z" fill="red"/>'
    document, entities = modelspace(svgai.export(svg(content), "dxf"))
    assert [entity.dxf.layer for entity in entities] == ["FF0000", "123456", "FF0000"]
    assert document.layers.get("123456").rgb == (0x12, 0x34, 0x56)
    assert document.layers.get("FF0000").dxf.color == 1


def test_lines_of_a_pen_stay_open_in_a_dxf():
    _, (line,) = modelspace(svgai.export(svg('<line x1="1" y1="1" x2="9" y2="9" stroke="red"/>'), "dxf"))
    assert not line.closed


def test_the_colour_index_is_the_one_that_others_know():
    for index in [*range(1, 7), 8, 9, *(index for index in range(10, 250) if index % 10 < 7)]:
        known = ezdxf.colors.aci2rgb(index)
        ours = ezdxf.colors.aci2rgb(nearest_index(tuple(known)))
        assert max(abs(a - b) for a, b in zip(known, ours, strict=True)) <= 2, index


# Areas: each format is read by another program, or by a few lines that know its operators.


@dataclass
class Operators:
    """Reads what PDF and our EPS have in common, and adds up what is enclosed."""

    area: float = 0.0
    matrix: tuple[float, ...] = (1, 0, 0, 1, 0, 0)
    at: complex = 0
    start: complex = 0

    def read(self, text: str) -> float:
        numbers: list[float] = []
        for token in text.split():
            if re.fullmatch(r"-?\d+(\.\d+)?", token):
                numbers.append(float(token))
            elif not token.startswith("/"):
                self.obey(token, numbers)
                numbers = []
        return abs(self.area * self.matrix[0] * self.matrix[3])

    def obey(self, operator: str, numbers: list[float]) -> None:
        points = [complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)]
        match operator:
            case "cm":
                self.matrix = tuple(numbers)
            case "m":
                self.at = self.start = points[0]
            case "l":
                self.line(points[0])
            case "c":
                self.area += cubic_area(self.at, *points)
                self.at = points[2]
            case "h":
                self.line(self.start)
            case _:
                assert operator in ("rg", "gs", "f"), operator

    def line(self, end: complex) -> None:
        self.area += cross(self.at, end) / 2
        self.at = end


def cross(a: complex, b: complex) -> float:
    return a.real * b.imag - a.imag * b.real


def cubic_area(a: complex, b: complex, c: complex, d: complex) -> float:
    return (6 * cross(a, b) + 3 * cross(a, c) + cross(a, d) + 3 * cross(b, c) + 3 * cross(b, d) + 6 * cross(c, d)) / 20


def area_in_pdf(data: bytes) -> float:
    """In square pixels."""
    start = data.index(b"stream\n", data.index(b"4 0 obj")) + 7
    return Operators().read(zlib.decompressobj().decompress(data[start:]).decode()) * (96 / 72) ** 2


def area_in_eps(data: bytes) -> float:
    page = data.decode().split("rectclip\n")[1].split("\ngrestore")[0]
    return Operators().read(page) * (96 / 72) ** 2


def area_in_dxf(data: bytes) -> float:
    _, entities = modelspace(data)
    return sum(map(outline_area, entities)) * MILLIMETRE**2


def outline_area(entity) -> float:
    if entity.dxftype() == "CIRCLE":
        return math.pi * entity.dxf.radius**2
    points = [complex(point.x, point.y) for point in ezdxf.path.make_path(entity).flattening(0.0005)]
    return abs(sum(cross(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)) / 2)


AREAS = {"pdf": area_in_pdf, "eps": area_in_eps, "dxf": area_in_dxf}

places = st.floats(20, 180)
sizes = st.floats(2, 60)
turns = st.floats(-180, 180)


@st.composite
def rectangles(draw):
    width, height = draw(sizes), draw(sizes)
    radius = draw(st.sampled_from([0, 0.3, 0.5])) * min(width, height)
    return Rectangle(draw(places), draw(places), width, height, radius, draw(turns))


@st.composite
def leaves(draw):
    """A closed curve around a place, of lines and cubics in any order."""
    commands = draw(st.text("LC", min_size=3, max_size=8))
    count = 1 + sum({"L": 1, "C": 3}[letter] for letter in commands)
    centre = complex(draw(places), draw(places))
    radii = draw(st.lists(sizes, min_size=count, max_size=count))
    points = [centre + radius * np.exp(2j * math.pi * step / count) for step, radius in enumerate(radii)]
    return path([(point.real, point.imag) for point in points], f"M{commands}Z")


forms = st.one_of(
    st.builds(Circle, places, places, sizes),
    st.builds(Ellipse, places, places, sizes, sizes, turns),
    rectangles(),
    leaves(),
)


def area_of(form) -> float:
    match form:
        case Circle():
            return math.pi * form.radius**2
        case Ellipse():
            return math.pi * form.rx * form.ry
        case Rectangle():
            return form.width * form.height - (4 - math.pi) * form.radius**2
    points = [complex(*point) for point in form.points]
    area, at = 0.0, 0
    for letter in form.commands[1:-1]:
        step = {"L": 1, "C": 3}[letter]
        piece = points[at : at + step + 1]
        area += cross(*piece) / 2 if letter == "L" else cubic_area(*piece)
        at += step
    return abs(area + cross(points[-1], points[0]) / 2)


@settings(deadline=None, max_examples=60)
@given(forms, st.sampled_from([0.5, 1, 3]))
def test_areas_survive_the_way_through_every_vector_format(form, scale):
    twin = Shape((form, form), Ink(0, 0, 0))  # two forms in a shape are a path
    for shape, times in ((Shape((form,), Ink(0, 0, 0)), 1), (twin, 2)):
        drawing = write(Drawing(200, 200, (shape,)), 3)
        for form_name, area in AREAS.items():
            data = svgai.export(drawing, form_name, scale=scale)
            assert area(data) / scale**2 == pytest.approx(times * area_of(form), rel=2e-3, abs=0.3)


@pytest.mark.parametrize("name", ["every command", "traced", "baseline", "cut out"])
def test_areas_are_alike_in_all_vector_formats(drawings, name):
    pdf, eps = (area_in_pdf(svgai.export(drawings[name], "pdf")), area_in_eps(svgai.export(drawings[name], "eps")))
    assert pdf == pytest.approx(eps, rel=1e-6)


@pytest.mark.parametrize("form", VECTORS)
def test_a_vector_has_the_size_that_was_asked_for(form):
    square = svg('<path d="M0 0h40v30H0z"/>')
    assert AREAS[form](svgai.export(square, form, scale=2.5)) == pytest.approx(1200 * 2.5**2, rel=1e-4)


@pytest.mark.parametrize("form", svgai.FORMATS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_the_same_drawing_gives_the_same_bytes(drawings, form, name):
    assert svgai.export(drawings[name], form) == svgai.export(drawings[name], form)


def test_another_process_gives_the_same_bytes():
    program = (
        "import hashlib, sys, svgai; drawing = sys.stdin.read();"
        "print(*(hashlib.sha256(svgai.export(drawing, form)).hexdigest() for form in svgai.FORMATS))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], input=SHARED_STYLES, capture_output=True, text=True, check=True
    )
    ours = [hashlib.sha256(svgai.export(SHARED_STYLES, form)).hexdigest() for form in svgai.FORMATS]
    assert answer.stdout.split() == ours


HOSTILE = {
    "a script": svg("<script>alert(1)</script>"),
    "an event": svg('<path d="M0 0h1v1z" onclick="alert(1)"/>'),
    "a reference": svg('<image href="file:///etc/passwd"/>'),
    "an entity": '<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(""),
    "foreign text": svg("hello"),
    "PostScript in a name": svg('<path d="M0 0h1v1z" fill="red) /x exch def (run"/>'),
    "a line break in a number": svg('<circle r="1\n0 SECTION"/>'),
    "no SVG": "<html/>",
    "no XML": "%!PS",
    "nothing": "",
}


@pytest.mark.parametrize("form", svgai.FORMATS)
@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_not_on_the_list_of_the_guard_is_refused(form, what):
    with pytest.raises(errors.DrawingUnsafe):
        svgai.export(HOSTILE[what], form)


GRADIENT = (
    '<defs><linearGradient id="a1"><stop offset="0" stop-color="red"/><stop offset="1" stop-color="navy"/>'
    '</linearGradient></defs><path d="M0 0h9v9z" fill="url(#a1)"/>'
)
UNSUPPORTED = {
    "a gradient": svg(GRADIENT),
    "a group that is half transparent": svg('<g opacity=".5"><path d="M0 0h9v9z"/></g>'),
    "fill and stroke": svg('<path d="M0 0h9v9z" stroke="red" opacity=".5"/>'),
    "stretched": svg('<path d="M0 0h9v9z" stroke="red" transform="scale(1 2)"/>'),
    "how wide and high": '<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "view box has no size": svg("", box="0 0 0 10"),
    "too few or too many numbers": svg('<path d="M0 0h9v9z" transform="matrix(1 2)"/>'),
}


@pytest.mark.parametrize("form", VECTORS)
@pytest.mark.parametrize("what", UNSUPPORTED)
def test_what_a_vector_format_cannot_hold_is_told(form, what):
    with pytest.raises(errors.ExportUnsupported, match=what):
        svgai.export(UNSUPPORTED[what], form)


def test_pixels_hold_gradients():
    assert svgai.export(UNSUPPORTED["a gradient"], "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("content", ['<path d="M0 0"/>', '<path d="M5 5l0 0z"/>', '<rect width="9"/>', "<circle/>"])
@pytest.mark.parametrize("form", svgai.FORMATS)
def test_what_has_no_size_is_no_fault(form, content):
    assert svgai.export(svg(content), form)


@pytest.mark.parametrize("form", VECTORS)
def test_places_far_away_are_written_plainly(form):
    drawing = svg('<path d="M-900000000 0L900000000 .5 0 30z"/><circle cx="9" cy="9" r="99999999"/>')
    data = svgai.export(drawing, form)
    assert not re.search(rb"nan|inf\b|\de[+-]?\d", data)
    if form == "pdf":
        assert page(data, 1).shape == (30, 40, 3)


@pytest.mark.parametrize(
    "content",
    [
        '<path d="M999999999 0l999999999 0 0 9z"/>',
        f'<g transform="{"scale(999999999) " * 8}">' * 5 + '<path d="M1 1h1v1z"/>' + "</g>" * 5,
        f'<g transform="{"scale(999999999) " * 8}"><line x2="0" stroke="red"/></g>',
    ],
)
def test_places_beyond_all_measure_are_refused(content):
    with pytest.raises(errors.ExportTooLarge, match="the limit is 1,000,000,000") as caught:
        svgai.export(svg(content), "dxf")
    assert caught.value.limit == 1_000_000_000


def test_a_png_beyond_the_limit_is_refused_before_it_is_drawn():
    with pytest.raises(errors.ExportTooLarge, match="8,000 x 6,000 = 48,000,000 pixels; the limit is 33,554,432"):
        svgai.export(svg(""), "png", scale=200)
    with pytest.raises(errors.ExportTooLarge, match="a side of 40,000 pixels; the limit is 32,767"):
        svgai.export(svg("", 40, 1), "png", scale=1000)
    with pytest.raises(errors.ExportTooLarge, match="the limit is 100"):
        svgai.export(svg(""), "png", limits=Limits(max_pixels=100))


def test_a_page_beyond_the_limit_of_pdf_is_refused():
    with pytest.raises(errors.ExportTooLarge, match="15,000 points long; the limit is 14,400") as caught:
        svgai.export(svg("", 20_000, 5), "pdf")
    assert (caught.value.limit, caught.value.actual) == (14_400, 15_000)
    assert svgai.export(svg("", 20_000, 5), "pdf", scale=0.5)


def test_a_drawing_with_too_much_text_is_refused():
    with pytest.raises(errors.DrawingTooLarge):
        svgai.export(svg(""), "pdf", limits=Limits(max_svg_bytes=10))


@pytest.mark.parametrize("form", ["bmp", "", "PDF", "../pdf"])
def test_an_unknown_format_is_told_with_those_that_there_are(form):
    with pytest.raises(errors.FormatUnknown, match="svg, svgz, png, pdf, eps, dxf"):
        svgai.export(svg(""), form)


@pytest.mark.parametrize("scale", [0, -1, 1001, math.nan, math.inf, "2", True])
def test_a_scale_beyond_its_bounds_is_refused(scale):
    with pytest.raises(errors.OptionsInvalid, match=r"a number from 0\.001 to 1000"):
        svgai.export(svg(""), "png", scale=scale)


@pytest.mark.parametrize("form", ["svg", "svgz"])
def test_an_svg_has_no_scale(form):
    with pytest.raises(errors.OptionsInvalid, match="shown at any size"):
        svgai.export(svg(""), form, scale=2)


def test_every_format_has_a_name_elsewhere():
    assert list(svgai.FORMATS) == ["svg", "svgz", "png", "pdf", "eps", "dxf"]
    for name, known in svgai.FORMATS.items():
        assert known.suffix == f".{name}"
        assert re.fullmatch(r"(image|application)/[a-z.+]+", known.media_type)
