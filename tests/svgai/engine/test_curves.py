"""Curves are what was drawn: corners where there were some, lines, and few cubics."""

from __future__ import annotations

import io
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from svgai import Limits
from svgai.engine.curves import fit, fit_curves, moved_end, polygon
from svgai.engine.kernels.beziers import point
from svgai.engine.kernels.forms import moments
from svgai.engine.raster import draw
from svgai.files.intake import from_array
from svgai.picture import Picture, Pixels
from svgai.strands import Curve, Network, Strand, Strands, Stretch
from svgai.training.drawings import make_drawing
from tests.svgai.engine.flat import by_resvg, mapped, pictured, svg, text_of, traced
from tests.svgai.engine.test_kernels_bends import along, round_about
from tests.svgai.engine.test_mapping import maps
from tests.svgai.engine.test_strands import DISC, HALVES, WHITE, strands_of

POLYGONS = {
    "triangle": [(10.3, 12.1), (54.2, 20.7), (22.4, 52.8)],
    "square": [(12.3, 12.3), (50.3, 12.3), (50.3, 50.3), (12.3, 50.3)],
    "turned square": [(32.1, 6.2), (57.4, 31.5), (32.1, 56.8), (6.8, 31.5)],
    "arrow": [(8.2, 26.4), (34.1, 26.4), (34.1, 12.2), (57.6, 32.3), (34.1, 52.4), (34.1, 38.2), (8.2, 38.2)],
    "star": [
        (32 + far * math.sin(k * math.pi / 5), 32 - far * math.cos(k * math.pi / 5))
        for k, far in enumerate([26.0, 13.0] * 5)
    ],
}


def drawn(inside: str) -> Network:
    return fit_curves(mapped(pictured(inside))[3])


def only(network: Network) -> Curve:
    (curve,) = network.curves
    return curve


def of_points(points: np.ndarray, *, is_ring: bool) -> Curve:
    ends = None if is_ring else (0, 1)
    return fit(Strand(points, is_ring, (Stretch(0, 1),), (), (), ends))[0]


def farthest(curve: Curve, points: np.ndarray) -> float:
    """How far from the curve the farthest of these points is."""
    t = np.linspace(0, 1, 60)
    on = np.array([point(segment, at) for segment in curve.controls for at in t])
    return float(np.hypot(*(points[:, None] - on).transpose(2, 0, 1)).min(axis=1).max())


def turns(curve: Curve) -> np.ndarray:
    """By how much each node turns, in radians; at the ends of an open curve nothing."""
    controls = curve.controls
    leaving, arriving = controls[:, 1] - controls[:, 0], controls[:, 3] - controls[:, 2]
    before = np.roll(arriving, 1, axis=0)
    angles = np.angle((leaving @ (1, 1j)) / (before @ (1, 1j)))
    return np.abs(angles if curve.is_ring else angles[1:])


@pytest.mark.parametrize("name", POLYGONS)
def test_a_polygon_comes_back_with_exactly_its_corners(name: str) -> None:
    corners = np.array(POLYGONS[name])
    data = "L".join(f"{x} {y}" for x, y in corners)
    curve = only(drawn(f'<path fill="#c81e3c" d="M{data}z"/>'))
    assert curve.is_line.all()
    assert len(curve.nodes) == len(corners)
    apart = np.hypot(*(curve.nodes[:, None] - corners).transpose(2, 0, 1))
    assert apart.min(axis=0).max() < 0.1
    assert not curve.is_smooth.any()


@pytest.mark.parametrize("radius", [5.0, 12.2, 27.5])
def test_a_circle_is_at_most_four_cubics_and_no_corner(radius: float) -> None:
    curve = only(drawn(f'<circle cx="32.2" cy="31.6" r="{radius}" fill="#c81e3c"/>'))
    assert curve.is_ring
    assert len(curve) <= 4
    assert not curve.is_line.any()
    assert curve.is_smooth.all()
    assert turns(curve).max() < 0.02
    t = np.linspace(0, 1, 40)
    on = np.array([point(segment, at) for segment in curve.controls for at in t])
    assert np.abs(np.hypot(*(on - (32.2, 31.6)).T) - radius).max() < 0.12


def test_a_rounded_square_is_lines_and_cubics_smoothly_joined() -> None:
    curve = only(drawn('<rect x="8.3" y="9.4" width="47.4" height="44.2" rx="12" fill="#c81e3c"/>'))
    assert curve.is_line.sum() == 4
    assert len(curve) == 8
    assert (curve.is_line != np.roll(curve.is_line, 1)).all()
    assert turns(curve).max() < 0.15
    assert curve.is_smooth.all()


def test_a_half_disc_has_two_corners_and_the_line_between_them() -> None:
    curve = only(drawn('<path fill="#c81e3c" d="M10.3 40.2A22 22 0 0 1 54.3 40.2z"/>'))
    assert len(curve) <= 5
    corners = curve.nodes[turns(curve) > 1]
    assert len(corners) == 2
    assert np.sort(corners[:, 0]) == pytest.approx([10.3, 54.3], abs=0.45)
    assert corners[:, 1] == pytest.approx([40.2, 40.2], abs=0.1)
    lengths = np.hypot(*(curve.controls[:, 3] - curve.controls[:, 0]).T)
    assert curve.is_line[np.argmax(lengths)]


def test_a_wave_has_no_corner_where_it_bends_the_other_way() -> None:
    x = np.arange(0, 60, 0.8)
    curve = of_points(np.stack([x, 30 + 9 * np.sin(x / 8)], axis=1), is_ring=False)
    assert curve.is_smooth[1:-1].all()
    assert len(curve) <= 5
    assert not curve.is_line.all()


@pytest.mark.parametrize("degrees", [0, 3, 45, 77])
def test_a_straight_edge_is_one_line_however_long_and_noisy(degrees: float) -> None:
    way = np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    trembling = 0.04 * np.random.default_rng(1).standard_normal((150, 2))
    curve = of_points(10 + np.arange(150)[:, None] * way + trembling, is_ring=False)
    assert curve.is_line.tolist() == [True]


def test_no_point_is_far_from_its_curve() -> None:
    random = np.random.default_rng(7)
    for _ in range(20):
        turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
        far = 25 + sum(random.uniform(-3, 3) * np.sin(k * turn + random.uniform(0, 6)) for k in range(2, 6))
        points = 40 + far[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        assert farthest(of_points(points, is_ring=True), points) < 0.6


def test_where_a_ring_begins_is_no_matter() -> None:
    square = along([(10, 10), (40, 10), (40, 40), (10, 40)])
    for start in (0, 7, 31, 60):
        curve = of_points(np.roll(square, start, axis=0), is_ring=True)
        assert len(curve) == 4
        assert curve.is_line.all()


@pytest.mark.parametrize("is_ring", [True, False])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_few_points_are_a_polygon_at_least(count: int, is_ring: bool) -> None:
    if count == 1 and not is_ring:
        count = 2
    points = round_about(2, count)
    curve = of_points(points, is_ring=is_ring)
    assert np.isfinite(curve.controls).all()
    assert len(curve.nodes) == len(curve) + (not is_ring)


def test_the_controls_of_lines_are_their_thirds_and_of_curves_their_handles() -> None:
    handles = np.arange(8.0).reshape(2, 2, 2)
    nodes = np.array([(0.0, 0.0), (9.0, 3.0), (9.0, 9.0)])
    curve = Curve(nodes, np.zeros(3, np.bool_), np.array([True, False]), handles, False)
    assert curve.controls[0].tolist() == [[0, 0], [3, 1], [6, 2], [9, 3]]
    assert curve.controls[1].tolist() == [[9, 3], [4, 5], [6, 7], [9, 9]]
    assert polygon(nodes, True).controls[2].tolist() == [[9, 9], [6, 6], [3, 3], [0, 0]]


def test_a_moved_end_takes_its_handle_along() -> None:
    nodes = np.array([(0.0, 0.0), (9.0, 3.0), (9.0, 9.0)])
    curve = Curve(nodes, np.zeros(3, np.bool_), np.zeros(2, np.bool_), np.arange(8.0).reshape(2, 2, 2), False)
    first, last = moved_end(curve, 0, np.array([1.0, -1.0])), moved_end(curve, -1, np.array([8.0, 12.0]))
    assert first.nodes[0].tolist() == [1, -1]
    assert first.handles[0, 0].tolist() == [1, 0]
    assert last.nodes[-1].tolist() == [8, 12]
    assert last.handles[-1, 1].tolist() == [5, 10]
    assert curve.nodes[0].tolist() == [0, 0]


@pytest.mark.parametrize("paper", ["", WHITE], ids=["nothing", "white"])
def test_what_ends_on_a_strand_ends_on_its_curve(paper: str) -> None:
    network = drawn(paper + HALVES + DISC)
    assert (network.hosts >= 0).all()
    for strand, curve in zip(network.strands, network.curves, strict=True):
        for node, joint in zip((0, -1), strand.ends or (), strict=False):
            segment, along = network.position(joint)
            there = point(network.curves[network.hosts[joint]].controls[segment], along)
            assert curve.nodes[node] == pytest.approx(there, abs=1e-9)
            assert curve.nodes[node][0] == pytest.approx(32.4, abs=0.15)


def test_what_ends_on_itself_does_so_where_it_passed() -> None:
    """Two discs that reach out of the picture: all their edges are one strand, which ends where it came by."""
    network = drawn(
        WHITE
        + '<circle cx="38.6" cy="55.7" r="12" fill="#c81e3c"/><circle cx="29.9" cy="54.8" r="13.7" fill="#143cc8"/>'
    )
    assert (network.hosts >= 0).all()
    for number, strand in enumerate(network.strands):
        for (begin, end, _), joint in zip(network.spans(number), strand.joints, strict=False):
            assert end > begin
            segment, along = network.position(joint)
            there = point(network.curves[network.hosts[joint]].controls[segment], along)
            assert there == pytest.approx(network.strands.joints[joint], abs=1)
    for joint, place in enumerate(network.strands.joints):
        if place[1] < 63:
            across = np.hypot(*(place - (38.6, 55.7))), np.hypot(*(place - (29.9, 54.8)))
            assert across == pytest.approx((12, 13.7), abs=1), joint


@pytest.mark.parametrize("method", ["fast", "optimised"])
def test_a_dot_beside_an_edge_never_vanishes(method: str) -> None:
    """In a pixel of three inks both edges become one strand, which may end where it began."""
    lost = []
    for number in range(72):
        degrees, far = 5 * number, 15.6 + 0.4 * (number % 4)
        x, y = 24.3 + far * math.cos(math.radians(degrees)), 24.1 + far * math.sin(math.radians(degrees))
        dot = f'<circle cx="24.3" cy="24.1" r="18.2" fill="#010101"/><circle cx="{x}" cy="{y}" r="1.9" fill="#c4e5d9"/>'
        drawing = traced(from_array(draw(svg(dot, 48, 48), 48, 48), Limits()), method)
        if by_resvg(text_of(drawing), 48, 48)[int(y), int(x), 1] < 180:
            lost.append(degrees)
    assert not lost


def test_a_hole_of_three_pixels_keeps_its_area() -> None:
    points = np.array([[91.5, 2.8], [92.5, 2.5], [93.5, 2.5], [93.5, 5.5], [92.5, 5.8], [91.5, 5.8]])
    strand = Strand(points, True, (Stretch(0, 1),), (), (), None)
    curve = only(fit_curves(Strands((strand,), np.empty((0, 2)), np.arange(3), np.zeros(3, np.int16))))
    assert abs(moments(curve.nodes)[0]) > 5


def test_three_edges_that_meet_share_one_node_where_they_met() -> None:
    network = drawn(
        '<path fill="#c81e3c" d="M32.3 31.6L8 8H56z"/><path fill="#143cc8" d="M32.3 31.6L56 8V56H32.3z"/>'
        '<path fill="#1e9646" d="M32.3 31.6L8 8V56H32.3z"/>'
    )
    middle = int(np.argmin(np.hypot(*(network.strands.joints - 32).T)))
    ends = [
        curve.nodes[-end]
        for strand, curve in zip(network.strands, network.curves, strict=True)
        for end in (0, 1)
        if strand.ends and strand.ends[end] == middle
    ]
    assert len(ends) == 3
    assert (np.ptp(ends, axis=0) == 0).all()
    assert ends[0] == pytest.approx([32.3, 31.6], abs=0.15)


def test_what_ends_side_by_side_on_a_strand_keeps_its_order() -> None:
    """Where a JPEG has frayed an edge, many strands end on it, within a pixel or two of each other."""
    network = fit_curves(mapped(frayed(make_drawing(1_000_008, 68).seen(179)), 64)[3])
    near = 0
    for number, strand in enumerate(network.strands):
        places = [float(network.places[joint]) for joint in strand.joints]
        near += int((np.diff(strand.marks) < 8).sum())
        if not strand.is_ring:
            assert places == sorted(places)
        stretches = {id(stretch) for _, _, stretch in network.parts(number)}
        assert stretches == set(map(id, strand.stretches))
    assert near > 10


def frayed(pixels: Pixels) -> Picture:
    kept = io.BytesIO()
    Image.fromarray(pixels).convert("RGB").save(kept, "JPEG", quality=85)
    return from_array(np.asarray(Image.open(kept).convert("RGBA")), Limits())


@given(maps)
@settings(max_examples=120, deadline=None)
def test_whatever_the_map_spans_follow_each_other_and_parts_hold_every_segment(labels: np.ndarray) -> None:
    network = fit_curves(strands_of(labels))
    for number, (strand, curve) in enumerate(zip(network.strands, network.curves, strict=True)):
        assert np.isfinite(curve.controls).all()
        spans = network.spans(number)
        assert len(spans) == len(strand.stretches)
        for (_, end, _), (begin, _, _) in itertools.pairwise(spans):
            assert begin == end
        assert spans[-1][1] - spans[0][0] == pytest.approx(len(curve))
        assert all(begin <= end for begin, end, _ in spans)
        parts = list(network.parts(number))
        assert {segment for segment, _, _ in parts} == set(range(len(curve)))
        assert all(any(of is stretch for _, _, of in parts) for stretch in strand.stretches)
        if not strand.is_ring:
            places = [network.places[joint] for joint in strand.joints]
            assert places == sorted(places)
    for joint, host in enumerate(network.hosts):
        if host >= 0:
            assert 0 <= network.places[joint] <= len(network.curves[host])
