"""The writer: short, exact to its precision, and read alike by others."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai.drawing import POINTS_OF, Drawing, Ink, Path
from svgai.engine.svg import write

RED = Ink(255, 0, 0)
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")


def path(commands: str, *points: tuple[float, float], ink: Ink = RED) -> Path:
    return Path(commands, np.array(points, dtype=np.float64).reshape(-1, 2), ink)


def data(*shapes: Path, precision: int = 2) -> str:
    return "|".join(re.findall(r' d="([^"]*)"', write(Drawing(10, 10, shapes), precision)))


def read_back(text: str) -> list[tuple[str, tuple[float, float]]]:
    """A slow reader of what the writer writes: where the pen is after each command."""
    stops, pen, start = [], np.zeros(2), np.zeros(2)
    for letter, arguments in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", text):
        numbers = [float(number) for number in NUMBER.findall(arguments)]
        size = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "z": 1}[letter]
        if letter == "z":
            pen = start
            stops.append(("z", tuple(pen)))
        for at in range(0, len(numbers), size):
            step = numbers[at : at + size]
            move = {"h": [step[0], 0], "v": [0, step[0]]}.get(letter, step[-2:])
            pen = pen + move
            if letter == "m" and at == 0:
                start = pen
            stops.append((letter, tuple(pen)))
    return stops


@pytest.mark.parametrize(
    ("shape", "expected"),
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
    ],
)
def test_paths_are_written_in_few_letters(shape, expected):
    assert data(shape) == expected


@pytest.mark.parametrize(
    ("ink", "expected"),
    [
        (Ink(255, 0, 0), 'fill="#f00"'),
        (Ink(17, 34, 51), 'fill="#123"'),
        (Ink(18, 34, 51), 'fill="#122233"'),
        (Ink(0, 0, 0, 0.5), 'fill="#000" fill-opacity=".5"'),
        (Ink(0, 0, 0, 128 / 255), 'fill="#000" fill-opacity=".502"'),
    ],
)
def test_inks_are_written_in_few_letters(ink, expected):
    assert f"<path {expected} d=" in write(Drawing(4, 4, (path("MLLZ", (0, 0), (4, 0), (4, 4), ink=ink),)), 2)


def test_the_root_tells_size_and_view_box():
    assert write(Drawing(40, 30, ()), 2) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" viewBox="0 0 40 30"></svg>'
    )


@pytest.mark.parametrize(("precision", "expected"), [(0, "1"), (1, "1.2"), (2, "1.23"), (3, "1.235"), (4, "1.2346")])
def test_precision_is_the_number_of_decimals(precision, expected):
    assert data(path("MLZ", (0, 0), (1.23456, 0)), precision=precision) == f"m0 0h{expected}z"


def test_rounding_errors_never_add_up():
    points = [(0.0, 0.0)] + [(0.4 * n, 0.4 * (n % 2)) for n in range(1, 1000)]
    stops = read_back(data(path("M" + "L" * 999, *points), precision=0))
    assert stops[-1][1] == (round(0.4 * 999), 0)


coordinates = st.floats(-5_000, 5_000, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("MLCZ"), st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=3)),
        max_size=12,
    ),
    st.integers(0, 4),
)
def test_whatever_is_written_can_be_read_back_to_the_precision(steps, precision):
    commands = "M" + "".join(letter for letter, _ in steps)
    points = [(0.0, 0.0)] + [point for letter, three in steps for point in three[: POINTS_OF[letter]]]
    stops = read_back(data(path(commands, *points), precision=precision))
    ends, at = [], 0
    for letter in commands:
        at += POINTS_OF[letter]
        ends.append(points[at - 1])
    written = {(round(x, precision), round(y, precision)) for _, (x, y) in stops}
    for letter, (x, y) in zip(commands, ends, strict=True):
        if letter == "M":
            assert min(abs(x - a) + abs(y - b) for a, b in written) <= 1.01 * 10**-precision


def test_a_path_with_too_few_points_is_refused():
    with pytest.raises(ValueError, match="needs other points"):
        path("ML", (0, 0))


def test_a_path_that_does_not_begin_by_moving_is_refused():
    with pytest.raises(ValueError, match="begins by moving"):
        path("L", (0, 0))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_path_without_finite_points_is_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        path("M", (0, bad))


def test_a_drawing_counts_its_paths_and_segments():
    drawing = Drawing(9, 9, (path("MLLZ", (0, 0), (1, 0), (1, 1)), path("MCZ", (0, 0), (1, 2), (3, 4), (5, 6))))
    assert (drawing.paths, drawing.segments) == (2, 3)
