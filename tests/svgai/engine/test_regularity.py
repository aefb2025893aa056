"""What is all but level becomes level, and stays so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from svgai.engine.curves import fit_curves, polygon
from svgai.engine.refine import refine
from svgai.engine.regularity import align
from svgai.engine.target import aim
from svgai.strands import Curve, Network, Strand, Strands, Stretch
from tests.svgai.engine.flat import mapped, pictured


def network_of(curve: Curve) -> Network:
    ends = None if curve.is_ring else (0, 1)
    strand = Strand(curve.nodes, curve.is_ring, (Stretch(0, 1),), (), (), ends)
    joints = np.empty((0, 2)) if curve.is_ring else curve.nodes[[0, -1]]
    strands = Strands((strand,), joints, np.arange(2), np.zeros(2, np.int16))
    return Network(strands, (curve,), np.full(len(joints), -1), np.zeros(len(joints)))


def aligned(nodes: list, is_ring: bool = True) -> np.ndarray:
    (curve,) = align(network_of(polygon(np.array(nodes, float), is_ring))).curves
    return curve.nodes


def test_a_box_that_is_a_little_off_becomes_upright() -> None:
    nodes = aligned([(10.05, 10.0), (40.0, 10.1), (39.9, 30.02), (10.0, 30.1)])
    assert nodes[0, 1] == nodes[1, 1] == pytest.approx(10.05)
    assert nodes[2, 1] == nodes[3, 1] == pytest.approx(30.06)
    assert nodes[1, 0] == nodes[2, 0]
    assert nodes[3, 0] == nodes[0, 0]


@pytest.mark.parametrize(
    ("step", "length"), [(0.25, 40), (0.1, 3), (0.05, 1.5)], ids=["by far", "for its length", "short"]
)
def test_what_slants_on_purpose_stays_slanted(step: float, length: float) -> None:
    nodes = [(10, 10), (10 + length, 10 + step), (10 + length / 2, 40)]
    assert np.array_equal(aligned(nodes), np.array(nodes, float))


def test_lines_that_follow_each_other_get_one_height_also_around_the_start_of_a_ring() -> None:
    nodes = aligned([(20, 10.0), (30, 10.1), (30, 40), (10, 40), (10, 10.08)])
    assert len({nodes[number, 1] for number in (4, 0, 1)}) == 1


def test_the_ends_of_an_open_strand_are_levelled_like_all_else() -> None:
    nodes = aligned([(10, 10.0), (30, 10.1), (30.1, 30), (50, 30.1)], is_ring=False)
    assert nodes[0, 1] == nodes[1, 1] == pytest.approx(10.05)
    assert nodes[1, 0] == nodes[2, 0] == pytest.approx(30.05)
    assert nodes[2, 1] == nodes[3, 1] == pytest.approx(30.05)


def test_an_end_stays_on_what_it_lies_on() -> None:
    ring = polygon(np.array([(10, 10), (50, 14), (46, 50), (14, 50)], float), True)
    across = polygon(np.array([(12.0, 30.0), (48.0, 30.12)]), False)
    strands = (Strand(ring.nodes, True, (Stretch(0, 1), Stretch(1, 1)), (0, 1), (0, 1), None),)
    strands += (Strand(across.nodes, False, (Stretch(0, 1),), (), (), (0, 1)),)
    everything = Strands(strands, across.nodes, np.arange(2), np.zeros(2, np.int16))
    network = Network(everything, (ring, across), np.zeros(2, np.int64), np.array([1.45, 3.5]))
    line = align(network).curves[1].nodes
    assert line[0, 1] == line[1, 1]
    for (x, y), (begin, end) in zip(line, [((50, 14), (46, 50)), ((14, 50), (10, 10))], strict=True):
        assert (x - begin[0]) * (end[1] - begin[1]) == pytest.approx((y - begin[1]) * (end[0] - begin[0]), abs=1e-6)


def test_what_divides_two_colours_comes_back_level_with_its_ends_on_what_surrounds_them() -> None:
    upper, lower = (
        '<path fill="#c81e3c" d="M12 9 54 14 50 33.3H11z"/>',
        '<path fill="#1d3557" d="M11 33.3H50L48 57 10 52z"/>',
    )
    inks, cover, _, strands = mapped(pictured(upper + lower))
    refined = refine(align(fit_curves(strands)), aim(strands, inks, cover, pictured(upper + lower)), 8)
    dividers = [curve for curve in refined.curves if len(curve) == 1 and np.ptp(curve.nodes[:, 1]) < 1]
    assert len(dividers) == 1
    assert dividers[0].nodes[0, 1] == dividers[0].nodes[1, 1] == pytest.approx(33.3, abs=0.02)


def test_handles_move_along_with_their_nodes() -> None:
    curve = polygon(np.array([(10, 10.0), (40, 10.1), (40, 30)]), True)
    handles = np.array([[(0, 0), (0, 0)], [(42, 15), (42, 25)], [(30, 35), (20, 15)]], float)
    curve = replace(curve, is_line=np.array([True, False, False]), handles=handles)
    (moved,) = align(network_of(curve)).curves
    assert moved.handles[1, 0] == pytest.approx((42, 14.95))
    assert moved.handles[2, 1] == pytest.approx((20, 15.05))


def test_level_lines_are_level_to_the_last_digit_after_refinement() -> None:
    picture = pictured('<path fill="#c81e3c" d="M8.4 8.3H55.2V24.1H40.3V55.6H8.4z"/>')
    inks, cover, _, strands = mapped(picture)
    refined = refine(align(fit_curves(strands)), aim(strands, inks, cover, picture), 8)
    (curve,) = refined.curves
    assert len(curve) == 6
    assert curve.is_line.all()
    steps = np.abs(np.roll(curve.nodes, -1, axis=0) - curve.nodes)
    assert (steps.min(axis=1) == 0).all()
    assert curve.nodes[:, 0].min() == pytest.approx(8.4, abs=0.02)
