"""Pictures drawn without smoothing come back smooth, with their corners; what is made of squares stays so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from svgai import Limits, convert
from svgai.drawing import Circle, Rectangle
from svgai.engine.coverage import unmix
from svgai.engine.curves import fit_curves
from svgai.engine.inks import find_inks
from svgai.engine.kernels.stairs import solve_bands
from svgai.engine.mapping import find_boundaries, find_regions
from svgai.engine.outlines import find_outlines
from svgai.engine.stairs import edges_of
from svgai.engine.target import aim
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.regions import OUTSIDE, Edges, Outline, Outlines
from tests.svgai.engine.flat import by_resvg, by_skia, mapped, pictured, svg, text_of, traced

SIDE = 96
WHITE, RED = (255, 255, 255, 255), (200, 30, 60, 255)
BEAN = '<path fill="#143cc8" d="M24 30C36 6 72 12 78 36S69 81 51 78 42 60 30 60 12 48 24 30z"/>'
HOUSE = '<path fill="#143cc8" d="M12 84V40L47.6 9.3 84 40V84H60V56H38V84z"/>'


def filled(inside) -> Picture:
    """A shape of which every pixel is red whose middle lies inside."""
    at = np.arange(SIDE) + 0.5
    pixels = np.where(inside(*np.meshgrid(at, at))[..., None], np.array(RED, np.uint8), np.array(WHITE, np.uint8))
    return from_array(pixels, Limits())


def drawn(inside: str) -> Picture:
    """A drawing as resvg draws it when told not to smooth."""
    return from_array(by_resvg(svg(f'<g shape-rendering="crispEdges">{inside}</g>', SIDE, SIDE), SIDE, SIDE), Limits())


def disc(radius: float, x0: float = 48.2, y0: float = 47.6):
    return lambda x, y: np.hypot(x - x0, y - y0) < radius


def outlines_of(picture: Picture) -> Outlines:
    cover = unmix(picture, find_inks(picture, 16))
    regions = find_regions(cover)
    return find_outlines(find_boundaries(regions), regions, cover)


def only(picture: Picture) -> Outline:
    (inner,) = (one for one in outlines_of(picture) if OUTSIDE not in (one.boundary.left, one.boundary.right))
    return inner


def enlarged(picture: Picture, times: int) -> Picture:
    return from_array(np.kron(picture.rgba[24:72, 24:72], np.ones((times, times, 1), np.uint8)), Limits())


@pytest.mark.parametrize("radius", [6.5, 12.2, 30.3, 44.0])
def test_the_outline_of_an_unsmoothed_disc_is_nearly_a_circle(radius: float) -> None:
    outline = only(filled(disc(radius)))
    error = np.hypot(outline.points[:, 0] - 48.2, outline.points[:, 1] - 47.6) - radius
    assert abs(error.mean()) < 0.1
    assert error.std() < 0.15  # of the stairs themselves it is 0.29


@pytest.mark.parametrize("degrees", [3, 7, 22, 40, 46, 71, 88, 135, 160])
def test_the_outline_of_an_unsmoothed_straight_edge_is_nearly_straight(degrees: float) -> None:
    angle = math.radians(degrees)
    half = lambda x, y: (y - 47.4) * math.cos(angle) > (x - 48.3) * math.sin(angle)  # noqa: E731
    x, y = only(filled(half)).points[4:-4].T
    error = (y - 47.4) * math.cos(angle) - (x - 48.3) * math.sin(angle)
    assert error.std() < 0.22  # one of 46 degrees slips but once in 57 pixels
    assert np.abs(error).max() < 0.5


def test_corners_among_stairs_stay_where_they_are() -> None:
    notched = lambda x, y: (np.abs(x - 40) < 28) & (np.abs(y - 40) < 28) & ((x > 30) | (y > 30))  # noqa: E731
    leaning = lambda x, y: (y > 74 + 0.13 * x) & (y < 92)  # noqa: E731
    picture = filled(lambda x, y: notched(x, y) | leaning(x, y))
    assert outlines_of(picture).edges is Edges.STAIRS
    network = fit_curves(mapped(picture)[3])
    (notch,) = (curve for curve in network.curves if len(curve) == 6 and np.ptp(curve.nodes[:, 0]) < 60)
    corners = {(round(x, 1), round(y, 1)) for x, y in notch.nodes.tolist()}
    assert corners == {(30, 12), (68, 12), (68, 68), (12, 68), (12, 30), (30, 30)}


@pytest.mark.parametrize("method", ["fast", "optimised", "refined"])
def test_an_unsmoothed_disc_comes_back_as_a_circle(method: str) -> None:
    drawing = traced(filled(disc(30.3)), method)
    (circle,) = [form for shape in drawing.shapes for form in shape.forms if isinstance(form, Circle)]
    assert (circle.x, circle.y, circle.radius) == pytest.approx((48.2, 47.6, 30.3), abs=0.15)


def test_an_unsmoothed_drawing_has_few_segments() -> None:
    smooth, stepped = (traced(from_, "optimised") for from_ in (pictured(BEAN + HOUSE, SIDE, SIDE), drawn(BEAN)))
    assert stepped.segments <= smooth.segments
    assert traced(drawn(HOUSE), "optimised").segments <= 16


@pytest.mark.parametrize("inside", [BEAN, HOUSE, '<path d="M10 12L84 71" stroke="#143cc8"/>'])
def test_it_is_nearer_to_the_drawing_than_to_its_stairs(inside: str) -> None:
    truth = by_resvg(svg(inside, SIDE, SIDE), 4 * SIDE, 4 * SIDE).astype(float)
    picture = drawn(inside)
    result = by_resvg(text_of(traced(picture, "optimised")), 4 * SIDE, 4 * SIDE).astype(float)
    stairs = np.kron(picture.rgba, np.ones((4, 4, 1))).astype(float)
    assert np.square(result - truth)[..., 3].mean() < 0.5 * np.square(stairs - truth)[..., 3].mean()


@pytest.mark.parametrize("inside", [BEAN, HOUSE])
def test_smooth_pictures_have_no_stairs(inside: str) -> None:
    boxes = "".join(f'<path d="M{x} 4h6v88h-6z"/>' for x in range(4, 90, 12))
    for picture in (pictured(inside, SIDE, SIDE), pictured(boxes + inside, SIDE, SIDE)):
        assert outlines_of(picture).edges is not Edges.STAIRS
    assert outlines_of(drawn(inside)).edges is Edges.STAIRS


@pytest.mark.parametrize("times", [2, 3, 8])
def test_what_is_made_of_squares_has_no_stairs(times: int) -> None:
    assert outlines_of(enlarged(filled(disc(20)), times)).edges is not Edges.STAIRS


def test_a_picture_without_any_edge_has_no_stairs() -> None:
    assert outlines_of(filled(lambda x, y: x + y > 1e9)).edges is not Edges.STAIRS
    assert outlines_of(filled(lambda x, y: (x > 20) & (y > 30))).edges is not Edges.STAIRS


def test_a_noisy_picture_is_smooth() -> None:
    noise = from_array(np.random.default_rng(5).integers(0, 256, (24, 30, 4), np.uint8), Limits())
    cover = unmix(noise, find_inks(noise, 12))
    assert edges_of(find_boundaries(find_regions(cover)), cover) is Edges.SMOOTH


def test_curves_are_held_against_one_sample_of_each_pixel() -> None:
    picture = drawn(BEAN)
    inks, cover, _, strands = mapped(picture)
    target = aim(strands, inks, cover, picture)
    assert (target.samples, strands.edges) == (1, Edges.STAIRS)
    assert target.price > aim(mapped(pictured(BEAN))[3], inks, cover, picture).price


def test_an_unsmoothed_picture_is_no_worse_than_the_baseline() -> None:
    result = convert(drawn(BEAN + HOUSE.replace("#143cc8", "#c81e3c")).rgba, method="optimised")
    assert result.method == "optimised"
    assert result.quality.ssim >= result.baseline_quality.ssim


def test_equations_in_bands_are_solved() -> None:
    random = np.random.default_rng(4)
    rows = random.normal(0, 1, (14, 12)) * (np.abs(np.arange(14)[:, None] - 1 - np.arange(12)) <= 1)
    matrix, given = rows.T @ rows + 0.1 * np.eye(12), random.normal(0, 1, 12)
    bands = np.zeros((3, 12))
    for k in range(3):
        bands[k, k:] = np.diagonal(matrix, k)
    answer = given.copy()
    solve_bands(bands, answer)
    assert matrix @ answer == pytest.approx(given)


def art(seed: int, inks: int, times: int, side: int = 20) -> np.ndarray:
    """Cells of a few colours by chance, some of them in larger blocks, each of so many pixels."""
    random = np.random.default_rng(seed)
    cells = random.integers(0, inks, (side, side))
    for top, left in random.integers(0, side - 6, (6, 2)):
        cells[top : top + 6, left : left + 6] = random.integers(0, inks)
    palette = random.integers(0, 256, (inks, 4), np.uint8) | np.array([0, 0, 0, 255], np.uint8)
    palette[0, 3] = 255 * (seed % 2)
    return np.kron(palette[cells], np.ones((times, times, 1), np.uint8))


@pytest.mark.parametrize("times", [1, 2, 3, 5])
@pytest.mark.parametrize(("seed", "inks"), [(1, 2), (2, 3), (3, 5), (4, 9)])
def test_what_is_made_of_squares_comes_back_exactly(seed: int, inks: int, times: int) -> None:
    pixels = art(seed, inks if times > 1 else 2, times)
    picture = from_array(pixels, Limits())
    assert outlines_of(picture).edges is Edges.SQUARES
    for cutout in (False, True):
        again = by_skia(text_of(traced(picture, "optimised", cutout)), picture.width, picture.height)
        assert np.abs(weighed(again) - weighed(pixels)).max() <= (
            1 if cutout else 4
        )  # of 255, where shapes run on under others


def weighed(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels[..., :3] * (pixels[..., 3:] / 255), pixels[..., 3:]], axis=-1)


def test_boxes_of_whole_pixels_are_rectangles() -> None:
    box = filled(lambda x, y: (np.abs(x - 40) < 23) & (np.abs(y - 31) < 7))
    (shape,) = traced(box).shapes[1:]
    assert shape.forms == (Rectangle(40, 31, 46, 14),)


def test_more_colours_than_asked_for_are_not_all_taken() -> None:
    picture = from_array(art(5, 12, 3), Limits())
    assert find_inks(picture, 16).is_complete
    assert not find_inks(picture, 6).is_complete
    assert len(find_inks(picture, 6)) <= 6


def test_an_enlarged_picture_with_soft_edges_is_not_of_squares() -> None:
    soft = np.kron(pictured(BEAN, SIDE, SIDE).rgba, np.ones((2, 2, 1), np.uint8))
    assert not find_inks(from_array(soft, Limits()), 64).is_complete


def test_colours_under_nothing_are_one_ink() -> None:
    pixels = art(2, 2, 3)
    clear = np.argwhere(pixels[::3, ::3, 3] == 0)[:5] * 3
    for row, column in clear:
        pixels[row : row + 3, column : column + 3, :3] = (row, column, 3)
    assert len(find_inks(from_array(pixels, Limits()), 16)) == 2
