"""What was drawn on a grid comes back on it exactly, and nothing else is moved."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svgai import Limits
from svgai.drawing import Circle, Rectangle
from svgai.engine.forms import numbers_of
from svgai.engine.grid import _snapped, _snapped_form, _Told, snap
from svgai.engine.svg import write
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.strands import Network, Numbers, Primitives
from tests.svgai.engine.flat import by_resvg, pictured, watched

SIDE = 200
HOUSE = "M3 11 12 3l9 8v10h-6v-7H9v7H3z"
PLUS = "M10 4h4v6h6v4h-6v6h-4v-6H4v-4h6z"
PAGE = "M5 2h10l5 5v15H5zM7 4v16h11V9h-5V4z"
ARROW = "M4 10h9V5l7 7-7 7v-5H4z"


@dataclass(frozen=True, eq=False)
class Found:
    """What went into the stage when it ran last, and what came out."""

    network: Network
    primitives: Primitives
    target: Target
    snapped: Network
    forms: Primitives
    svg: str

    @property
    def is_snapped(self) -> bool:
        return self.snapped is not self.network


def icon(data: str, more: str = "", width: float = 24, height: float = 24) -> str:
    path = f'<path fill="#1d3557" fill-rule="evenodd" d="{data}"/>' if data else ""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{path}{more}</svg>'


def drawn(svg: str, width: int = SIDE, height: int = SIDE) -> Picture:
    stretched = svg.replace("<svg ", f'<svg width="{width}" height="{height}" preserveAspectRatio="none" ', 1)
    return from_array(by_resvg(stretched, width, height), Limits())


def traced(picture: Picture) -> Found:
    """The picture as `optimised` traces it."""
    ((network, primitives), target), (snapped, forms), drawing = watched(picture, snap)
    return Found(network, primitives, target, snapped, forms, write(drawing, 2))


def nodes(network: Network, without: Primitives) -> Numbers:
    return np.vstack([curve.nodes for number, curve in enumerate(network.curves) if number not in without])


def off_grid(places: Numbers, cells: float = 24, size: int = SIDE) -> float:
    """Pixels by which places miss the grid at most."""
    pitch = size / cells
    return float(np.abs(places - np.round(places / pitch) * pitch).max())


@pytest.mark.parametrize("side", [100, 130, 200, 256])
@pytest.mark.parametrize("data", [HOUSE, PLUS, PAGE, ARROW], ids=["house", "plus", "page", "arrow"])
def test_icons_come_back_on_their_grid(data: str, side: int) -> None:
    found = traced(drawn(icon(data), side, side))
    assert off_grid(nodes(found.network, {}), size=side) > 0.01
    assert off_grid(nodes(found.snapped, {}), size=side) < 1e-9


def test_they_are_nearer_to_what_was_drawn() -> None:
    for data in (HOUSE, PLUS, PAGE, ARROW):
        truth = by_resvg(icon(data).replace("<svg", f'<svg width="{SIDE}" height="{SIDE}"'), 4 * SIDE, 4 * SIDE)
        picture = drawn(icon(data), 130, 130)
        found = traced(picture)
        before = write_plain(found.network)
        errors = [
            float(np.square(by_resvg(svg, 4 * SIDE, 4 * SIDE).astype(float) - truth).mean())
            for svg in (before, found.svg)
        ]
        assert errors[1] < errors[0] / 3


def write_plain(network: Network) -> str:
    """The lines of a network as they are."""
    data = "".join("M" + " ".join(f"{x:.6f} {y:.6f}" for x, y in curve.nodes) + "z" for curve in network.curves)
    return icon(data, width=130, height=130).replace("<svg", '<svg width="130" height="130"')


def test_circles_and_rectangles_are_put_on_the_grid_as_such() -> None:
    ring = '<circle cx="12" cy="12" r="9" fill="#e63946"/><circle cx="12" cy="12" r="7" fill="#fff"/>'
    found = traced(drawn(icon("", f'{ring}<rect x="7" y="11" width="10" height="2" rx="1" fill="#457b9d"/>')))
    assert sorted(type(form).__name__ for form in found.forms.values()) == ["Circle", "Circle", "Rectangle"]
    for form in found.forms.values():
        x, y, width, height, *_ = numbers_of(form)[0]
        assert off_grid(np.array([x - width / 2, x + width / 2, y - height / 2, y + height / 2])) < 1e-9
    radii = sorted(form.radius * 24 / SIDE for form in found.forms.values() if isinstance(form, Circle))
    assert radii == pytest.approx([7, 9])
    (box,) = (form for form in found.forms.values() if isinstance(form, Rectangle))
    assert box.radius == pytest.approx(box.height / 2)


def test_cells_need_not_be_square_to_the_last_digit() -> None:
    """A side of 17.3 cells is drawn as whole pixels, so that everything is stretched a little."""
    found = traced(drawn(icon("M3 3h18v11h-4V7H7v7H3z", width=24, height=17.3), 200, 144))
    assert off_grid(found.snapped.curves[0].nodes[:, 0]) < 1e-9
    assert off_grid(found.snapped.curves[0].nodes[:, 1], 17.3, 144) < 0.05
    heights = np.unique(np.round(found.snapped.curves[0].nodes[:, 1], 9))
    assert heights / heights[0] == pytest.approx([1, 7 / 3, 14 / 3])


def test_there_may_be_a_grid_along_one_axis_alone() -> None:
    heights = (3.117, 8.741, 5.293, 11.877, 9.431)
    bars = "".join(f"M{2 + 4 * place} {21.371 - height}h3v{height}h-3z" for place, height in enumerate(heights))
    found = traced(drawn(icon(bars)))
    places = np.vstack([corners(form) for form in found.forms.values()])
    assert len(places) == 10
    assert off_grid(places[:, 0]) < 1e-9
    assert off_grid(places[:, 1]) > 1


def corners(form: Rectangle) -> Numbers:
    reach = np.array([form.width, form.height]) / 2
    return np.array([form.x, form.y]) + reach * np.array([[-1], [1]])


@pytest.mark.parametrize("side", [100, 130])
def test_lines_that_end_on_a_circle_are_seen_as_well(side: int) -> None:
    stripes = ""
    for top, bottom in ((5, 8), (10, 11), (14, 16), (18, 19)):
        upper, lower = (math.sqrt(100 - (y - 12) ** 2) for y in (top, bottom))
        arc = "A10 10 0 0 1"
        right, left = f"H{12 + upper}{arc} {12 + lower} {bottom}", f"H{12 - lower}{arc} {12 - upper} {top}"
        stripes += f'<path fill="#e63946" d="M{12 - upper} {top}{right}{left}z"/>'
    found = traced(drawn(icon("", f'<circle cx="12" cy="12" r="10" fill="#1d3557"/>{stripes}'), side, side))
    dividers = np.array([curve.nodes[:, 1] for curve in found.snapped.curves if len(curve) == 1])
    assert found.is_snapped
    assert len(dividers) == 8
    assert off_grid(dividers, 24, side) < 1e-9
    assert np.array_equal(dividers[:, 0], dividers[:, 1])


def test_of_exact_areas_it_is_seen_as_well() -> None:
    scale = 64 / 24
    found = traced(pictured(f'<path fill="#1d3557" transform="scale({scale})" d="{HOUSE}"/>'))
    assert not found.target.samples
    assert off_grid(nodes(found.snapped, {}), size=64) < 1e-9


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_what_lies_on_no_grid_stays_where_it_is(seed: int) -> None:
    """Random letters of straight lines: they look like icons, but their measures are arbitrary."""
    random = np.random.default_rng(seed)
    x, y = (np.sort(random.uniform(1, 23, 6)) for _ in range(2))
    if min(np.diff(x).min(), np.diff(y).min()) < 0.8:
        return
    data = f"M{x[0]} {y[0]}H{x[3]}V{y[2]}H{x[1]}V{y[5]}H{x[0]}zM{x[2]} {y[3]} {x[5]} {y[4]} {x[4]} {y[5]}z"
    found = traced(drawn(icon(data)))
    if found.is_snapped:  # by chance; then hardly anything has moved
        assert np.abs(nodes(found.snapped, {}) - nodes(found.network, {})).max() < 0.2


def test_hardly_any_drawing_is_on_a_grid_by_chance() -> None:
    random, snapped = np.random.default_rng(7), 0
    for _ in range(60):
        x, y = (np.sort(random.uniform(1, 23, 4)) + np.arange(4) * 0.3 for _ in range(2))
        data = f"M{x[0]} {y[0]}H{x[3]}V{y[2]}H{x[1]}V{y[3]}H{x[0]}z"
        snapped += traced(drawn(icon(data))).is_snapped
    assert snapped <= 3


def test_what_only_nearly_lies_on_a_grid_stays_where_it_is() -> None:
    """Slanted lines are known to a few hundredths of a pixel, and these are a tenth off."""
    turns, reach = np.arange(10) * np.pi / 5 + 0.2, np.array([9, 4] * 5)
    star = 12 + reach[:, None] * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    near = np.round(star) + 0.012 * np.array([[1, -1], [-1, -1]] * 5)
    found = traced(drawn(icon("M" + " ".join(f"{x} {y}" for x, y in near) + "z")))
    assert not found.is_snapped
    found = traced(drawn(icon("M" + " ".join(f"{x} {y}" for x, y in np.round(star)) + "z")))
    assert off_grid(nodes(found.snapped, {})) < 1e-9


def test_pinned_coordinates_stay_while_the_rest_is_refined() -> None:
    found = traced(drawn(icon(HOUSE)))
    web = Web.woven(found.network)
    moved = web.settled(web.nodes + np.array([0.3, 0.0]), web.handles, web.at)
    pinned = np.zeros(web.nodes.shape, np.bool_)
    pinned[:2] = True
    made = moved.refined(found.target, 8, pinned)
    assert np.array_equal(made.nodes[:2], moved.nodes[:2])
    assert np.abs(made.nodes[4:7] - web.nodes[4:7]).max() < 0.02


def test_what_would_lose_its_width_stays_where_it_is() -> None:
    web = Web.woven(traced(drawn(icon(HOUSE))).network)
    told = _Told(web.nodes, np.full(web.nodes.shape, 300.0), np.ones(web.nodes.shape, np.bool_))
    made, pinned = _snapped(web, told, (500.0, 500.0))  # all next to the same line
    assert not pinned.any()
    assert np.array_equal(made.nodes, web.nodes)
    made, pinned = _snapped(web, told, (25 / 3, 25 / 3))
    assert pinned.all()
    assert off_grid(made.nodes) < 1e-9


def test_a_form_too_thin_for_the_grid_stays_as_it_is() -> None:
    found = traced(drawn(icon(HOUSE)))
    thin = Rectangle(50.0, 80.0, 0.2, 41.7)
    circle = Circle(50.0, 80.0, 0.06)
    assert _snapped_form(thin, found.target, (25 / 3, 25 / 3)) == thin
    assert _snapped_form(circle, found.target, (25 / 3, 25 / 3)) == circle
