"""The writer: short, exact to its precision, and read alike by others."""

import io
import re

import numpy as np
import pytest
import pyvips
import resvg_py
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from svgai.drawing import COLOUR_NAMES, POINTS_OF, Circle, Drawing, Ellipse, Form, Ink, Path, Rectangle, Shape
from svgai.engine.guard import verify
from svgai.engine.raster import draw
from svgai.engine.svg import write
from svgai.options import Limits

RED = Ink(255, 0, 0)
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
SIZES = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "z": 1}


def path(commands: str, *points: tuple[float, float]) -> Path:
    return Path(commands, np.array(points, dtype=np.float64).reshape(-1, 2))


def written(*forms: Form, precision: int = 2, ink: Ink = RED) -> str:
    """What a shape of these forms is in the SVG; the guard lets it pass."""
    svg = verify(write(Drawing(60, 60, (Shape(forms, ink),)), precision), Limits())
    return svg.partition(">")[2].removesuffix("</svg>")


def data(*forms: Form, precision: int = 2) -> str:
    return "|".join(re.findall(r' d="([^"]*)"', written(*forms, precision=precision)))


def read_back(text: str) -> list[tuple[str, np.ndarray]]:
    """A slow reader of what the writer writes: all points of each command, as places."""
    stops, pen, start, mirror = [], np.zeros(2), np.zeros(2), np.zeros(2)
    for name, arguments in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", text):
        letter, is_absolute = name.lower(), name.isupper()
        numbers = [float(number) for number in NUMBER.findall(arguments)] or [0.0]
        for at in range(0, len(numbers), SIZES[letter]):
            step = np.array(numbers[at : at + SIZES[letter]])
            origin = np.zeros(2) if is_absolute else pen
            if letter == "z":
                points = start[None]
            elif letter in "hv":
                points = pen[None].copy()
                points[0, "hv".index(letter)] = origin["hv".index(letter)] + step[0]
            else:
                points = step.reshape(-1, 2) + origin
            points = np.vstack([mirror, points]) if letter == "s" else points
            pen = points[-1]
            start = pen if letter == "m" and at == 0 else start
            mirror = 2 * pen - points[1] if letter in "cs" else pen
            stops.append(({"s": "c", "m": "l" if at else "m"}.get(letter, letter), points))
    return stops


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (path("MLLZ", (0, 0), (4, 0), (4, 4)), "m0 0h4v4z"),
        (path("MLLLZ", (1, 1), (4, 2), (4, 4), (1, 1)), "m1 1 3 1v2z"),
        (path("MCZ", (0, 0), (1, 2), (3, 4), (5, 6)), "m0 0c1 2 3 4 5 6z"),
        (path("MCZ", (0, 0), (1, 0), (3, 0), (5, 0)), "m0 0h5z"),
        (path("MLLCZ", (0, 0), (0, 4), (4, 0), (3, 0), (1, 0), (0, 0)), "m0 0v4l4-4z"),
        (path("MCZ", (0, 0), (-1, 0), (3, 0), (5, 0)), "m0 0c-1 0 3 0 5 0z"),
        (path("MLZ", (0.5, -0.5), (0.75, 0.25)), "m.5-.5.25.75z"),
        (path("MLLZ", (0, 0), (0.001, 0.001), (2, 3)), "m0 0 2 3z"),
        (path("MLZMLZ", (1, 1), (2, 3), (5, 5), (6, 7)), "m1 1 1 2zm4 4 1 2z"),
        (path("MLLZ", (50, 50), (0, 0), (1, 1.5)), "m50 50L0 0l1 1.5z"),
        (path("MLLZ", (50.25, 3), (8, 3), (8, 12.75)), "m50.25 3H8v9.75z"),
    ],
)
def test_paths_are_written_in_few_letters(form, expected):
    assert data(form) == expected


@pytest.mark.parametrize("handle", [(10, 4), (10, 4.01), (9.99, 3.99)])
def test_a_curve_that_goes_on_smoothly_does_not_say_so(handle):
    """The mirror of the handle before is (10, 4); one unit of the last decimal aside is the same."""
    curves = path("MCCZ", (0, 0), (2, -4), (6, -4), (8, 0), handle, (14, 4), (16, 0))
    assert data(curves) == "m0 0c2-4 6-4 8 0s6 4 8 0z"


@pytest.mark.parametrize(("handle", "expected"), [((10, 4.02), "2 4.02"), ((10, 2), "2 2")])
def test_a_curve_with_a_handle_of_its_own_says_so(handle, expected):
    curves = path("MCCZ", (0, 0), (2, -4), (6, -4), (8, 0), handle, (14, 4), (16, 0))
    assert data(curves) == f"m0 0c2-4 6-4 8 0 {expected} 6 4 8 0z"


def test_with_few_decimals_a_handle_is_never_moved():
    curves = path("MCCZ", (0, 0), (2, -4), (6, -4), (8, 0), (10, 4.1), (14, 4), (16, 0))
    assert data(curves, precision=1) == "m0 0c2-4 6-4 8 0 2 4.1 6 4 8 0z"


def test_a_curve_that_starts_without_a_handle_does_not_say_so():
    assert data(path("MLCZ", (0, 0), (4, 1), (4, 1), (6, 4), (8, 9))) == "m0 0 4 1s2 3 4 8z"


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        (Ink(0, 255, 0), ' fill="#0f0"'),
        (Ink(17, 34, 51), ' fill="#123"'),
        (Ink(18, 34, 51), ' fill="#122233"'),
        (Ink(255, 0, 0), ' fill="red"'),
        (Ink(0, 0, 0), ""),
        (Ink(0, 0, 0, 0.5), ' fill-opacity=".5"'),
        (Ink(0, 0, 1, 128 / 255), ' fill="#000001" fill-opacity=".502"'),
    ],
)
def test_inks_are_written_in_few_letters(ink, expected):
    assert written(path("MLLZ", (0, 0), (4, 0), (4, 4)), ink=ink) == f'<path{expected} d="m0 0h4v4z"/>'


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Circle(5, 6, 2.5), '<circle fill="red" cx="5" cy="6" r="2.5"/>'),
        (Circle(0, 6, 2.5, is_hole=True), '<circle fill="red" cy="6" r="2.5"/>'),
        (Circle(5, 6, 0.001), ""),
        (Ellipse(5, 6, 3, 2), '<ellipse fill="red" cx="5" cy="6" rx="3" ry="2"/>'),
        (Ellipse(5, 6, 3, 2, 90), '<ellipse fill="red" cx="5" cy="6" rx="2" ry="3"/>'),
        (Ellipse(5, 6, 3, 3, 20), '<ellipse fill="red" cx="5" cy="6" rx="3" ry="3"/>'),
        (Ellipse(5, 6, 3, 2, 200), '<ellipse fill="red" cx="5" cy="6" rx="3" ry="2" transform="rotate(20 5 6)"/>'),
        (
            Ellipse(5, 6, 30, 2, 20.123),
            '<ellipse fill="red" cx="5" cy="6" rx="30" ry="2" transform="rotate(20.12 5 6)"/>',
        ),
        (Rectangle(5, 6, 4, 2), '<rect fill="red" x="3" y="5" width="4" height="2"/>'),
        (Rectangle(2, 6, 4, 2, 1), '<rect fill="red" y="5" width="4" height="2" rx="1"/>'),
        (Rectangle(5, 6, 4, 2, 0.004), '<rect fill="red" x="3" y="5" width="4" height="2"/>'),
        (Rectangle(5, 6, 4, 2, turn=90), '<rect fill="red" x="4" y="4" width="2" height="4"/>'),
        (Rectangle(5, 6, 4, 2, turn=0.001), '<rect fill="red" x="3" y="5" width="4" height="2"/>'),
        (
            Rectangle(5, 6, 4, 2, turn=30),
            '<rect fill="red" x="3" y="5" width="4" height="2" transform="rotate(30 5 6)"/>',
        ),
        (
            Rectangle(5, 6, 4, 2, turn=-100),
            '<rect fill="red" x="4" y="4" width="2" height="4" transform="rotate(-10 5 6)"/>',
        ),
    ],
)
def test_a_form_that_is_alone_is_an_element_of_its_own(form, expected):
    assert written(form) == expected


def test_shapes_are_never_put_together():
    shapes = tuple(Shape((Circle(x, 5, 2),), RED) for x in (5, 15))
    assert write(Drawing(20, 10, shapes), 2).count("<circle") == 2


def test_a_shape_of_several_forms_is_one_path():
    ring = written(Circle(30, 30, 20), Circle(30, 30, 9.5, is_hole=True))
    assert (
        ring
        == '<path fill="red" d="m10 30a20 20 0 0040 0 20 20 0 00-40 0zm10.5 0a9.5 9.5 0 0119 0 9.5 9.5 0 01-19 0z"/>'
    )


OUTER = {
    "circle": Circle(30.2, 29.7, 25.4),
    "ellipse": Ellipse(30.2, 29.7, 27.3, 24.1, 33.3),
    "upright ellipse": Ellipse(30.2, 29.7, 20.3, 27.1, 10),
    "rectangle": Rectangle(30.2, 29.7, 40.3, 38.8),
    "turned rectangle": Rectangle(30.2, 29.7, 42.3, 38.8, 0, -21.7),
    "rounded rectangle": Rectangle(30.2, 29.7, 44.3, 48.8, 7.3, 77.7),
    "stadium": Rectangle(30.2, 29.7, 54.3, 40.2, 20.1, 5),
}


def seen(svg: str, scale: int = 16) -> np.ndarray:
    return draw(svg, 60 * scale, 60 * scale).astype(int)[..., 3]


@pytest.mark.parametrize("outer", OUTER.values(), ids=OUTER)
@pytest.mark.parametrize("inner", [Circle(30, 30, 8.2), Ellipse(30, 30, 9, 4, 50), Rectangle(30, 30, 12, 9, 2, 20)])
def test_a_hole_is_a_hole_whatever_its_form(outer, inner):
    hole = type(inner)(**{**vars(inner), "is_hole": True})
    both, whole, inside = (
        seen(write(Drawing(60, 60, (Shape(forms, RED),)), 2)) for forms in ((outer, hole), (outer,), (inner,))
    )
    difference = np.abs(both - (whole - inside))
    assert difference.max() < 128  # half a pixel of a picture sixteen times as large
    assert both[480, 480] == 0


@pytest.mark.parametrize(
    "forms", [(form, *rest) for form in OUTER.values() for rest in ((), (Circle(30, 30, 5, True),))]
)
def test_renderers_read_arcs_and_elements_alike(forms):
    svg = write(Drawing(60, 60, (Shape(forms, RED),)), 2)
    resvg = np.array(Image.open(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA"))
    vips = pyvips.Image.svgload_buffer(svg.encode()).numpy()
    for other in (resvg, vips):
        assert np.abs(seen(svg, 1) - other[..., 3]).max() < 80


@pytest.mark.parametrize(("name", "digits"), COLOUR_NAMES.items())
def test_names_of_colours_are_shorter_and_mean_the_same(name, digits):
    assert len(name) < len(digits)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><path fill="{}" d="m0 0h4v4h-4z"/></svg>'
    assert (draw(svg.format(name), 4, 4) == draw(svg.format(digits), 4, 4)).all()
    assert resvg_py.svg_to_bytes(svg_string=svg.format(name)) == resvg_py.svg_to_bytes(svg_string=svg.format(digits))


def test_the_root_tells_size_and_view_box():
    assert write(Drawing(40, 30, ()), 2) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" viewBox="0 0 40 30"></svg>'
    )


@pytest.mark.parametrize(("precision", "expected"), [(0, "1"), (1, "1.2"), (2, "1.23"), (3, "1.235"), (4, "1.2346")])
def test_precision_is_the_number_of_decimals(precision, expected):
    assert data(path("MLZ", (0, 0), (1.23456, 0)), precision=precision) == f"m0 0h{expected}z"
    assert f'r="{expected}"' in written(Circle(0, 0, 1.23456), precision=precision)


def test_rounding_errors_never_add_up():
    points = [(0.0, 0.0)] + [(0.4 * n, 0.4 * (n % 2)) for n in range(1, 1000)]
    stops = read_back(data(path("M" + "L" * 999, *points), precision=0))
    assert stops[-1][1].tolist() == [[round(0.4 * 999), 0]]


coordinates = st.floats(-5_000, 5_000, allow_nan=False)
near = st.floats(-3, 3, allow_nan=False)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("MLCCZ"), st.lists(st.tuples(*[st.one_of(coordinates, near)] * 2), min_size=3, max_size=3)
        ),
        max_size=12,
    ),
    st.integers(0, 4),
)
def test_whatever_is_written_can_be_read_back_to_the_precision(steps, precision):
    """All of it that shows: straight curves become lines, and what goes nowhere is left out."""
    commands = "M" + "".join(letter for letter, _ in steps)
    points = [(0.0, 0.0)] + [point for letter, three in steps for point in three[: POINTS_OF[letter]]]
    form = path(commands, *points)
    assert_alike(read_back(data(form, precision=precision)), form, precision)


def assert_alike(stops: list[tuple[str, np.ndarray]], form: Path, precision: int) -> None:
    unit = 10**-precision
    rounded = np.round(form.points, precision)
    at, index, pen, start = 0, 0, np.zeros(2), np.zeros(2)
    for number, letter in enumerate(form.commands):
        points, at = rounded[at : at + POINTS_OF[letter]], at + POINTS_OF[letter]
        closes = form.commands[number + 1 : number + 2] == "Z"
        is_left_out = letter in "LC" and (
            np.abs(points - pen).max() < unit / 2 or (closes and np.allclose(points[-1], start, atol=unit / 2))
        )
        found = stops[index] if index < len(stops) else ("", np.full((1, 2), np.inf))
        expected = start if letter == "Z" else points
        tolerance = 1.01 * unit if letter == "C" and precision >= 2 else unit / 2
        is_same = found[0] == letter.lower() and np.allclose(found[1], expected, atol=tolerance, rtol=0)
        is_straight = found[0] in "hv" and np.allclose(found[1], expected[-1:], atol=unit / 2, rtol=0)
        if is_same or (letter in "LC" and is_straight):
            index += 1
        else:
            assert is_left_out, (letter, points, found)
        pen = start if letter == "Z" else points[-1]
        start = pen if letter == "M" else start
    assert index == len(stops)


def test_a_path_with_too_few_points_is_refused():
    with pytest.raises(ValueError, match="needs other points"):
        path("ML", (0, 0))


def test_a_path_that_does_not_begin_by_moving_is_refused():
    with pytest.raises(ValueError, match="begins by moving"):
        path("L", (0, 0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_forms_without_finite_numbers_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        path("M", (0, bad))
    for kind, count in ((Circle, 3), (Ellipse, 5), (Rectangle, 4)):
        for index in range(count):
            with pytest.raises(ValueError, match="finite"):
                kind(*[bad if number == index else 1.0 for number in range(count)])


@pytest.mark.parametrize("size", [0, -1])
def test_forms_without_a_size_are_refused(size):
    for form in (lambda: Circle(0, 0, size), lambda: Ellipse(0, 0, 1, size), lambda: Rectangle(0, 0, size, 1)):
        with pytest.raises(ValueError, match="size"):
            form()


@pytest.mark.parametrize("radius", [-0.1, 1.01, float("nan")])
def test_a_rectangle_with_corners_larger_than_itself_is_refused(radius):
    with pytest.raises(ValueError, match="corners"):
        Rectangle(0, 0, 4, 2, radius)


def test_a_drawing_counts_its_paths_and_segments():
    triangle, curve = path("MLLZ", (0, 0), (1, 0), (1, 1)), path("MCZ", (0, 0), (1, 2), (3, 4), (5, 6))
    shapes = (Shape((triangle, Circle(1, 1, 1)), RED), Shape((curve,), RED))
    drawing = Drawing(9, 9, shapes)
    assert (drawing.paths, drawing.segments) == (2, 4)
