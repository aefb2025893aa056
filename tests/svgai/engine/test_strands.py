"""Edges of the drawing are whole: they run on through joints, and the others end on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from svgai.cover import Cover, Inks
from svgai.engine.mapping import find_boundaries
from svgai.engine.outlines import find_outlines
from svgai.engine.strands import find_strands
from svgai.strands import Strand, Strands
from tests.svgai.engine.flat import mapped, pictured
from tests.svgai.engine.test_mapping import maps, regions_of

WHITE = '<path fill="#fff" d="M0 0h64v64H0z"/>'
HALVES = '<path fill="#c81e3c" d="M8 8h24.4v48H8z"/><path fill="#143cc8" d="M32.4 8h23v48h-23z"/>'
DISC = '<circle cx="32.3" cy="31.7" r="14.2" fill="#1e9646"/>'


def found(inside: str) -> Strands:
    return mapped(pictured(inside))[3]


def rings(strands: Strands) -> list[Strand]:
    return [strand for strand in strands if strand.is_ring]


def off_circle(points: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    return np.abs(np.hypot(*(points - (x, y)).T) - radius)


@pytest.mark.parametrize("paper", ["", WHITE], ids=["nothing", "white"])
def test_a_disc_over_two_halves_is_one_ring_that_passes_two_joints(paper: str) -> None:
    strands = found(paper + HALVES + DISC)
    (disc,) = [ring for ring in rings(strands) if off_circle(ring.points, 32.3, 31.7, 14.2).max() < 0.15]
    assert len(disc.joints) == len(disc.stretches) == len(disc.marks) == 2
    on_one_side = {stretch.left for stretch in disc.stretches} & {stretch.right for stretch in disc.stretches}
    assert not on_one_side
    assert min(len({s.left for s in disc.stretches}), len({s.right for s in disc.stretches})) == 1
    places = strands.joints[list(disc.joints)]
    assert np.sort(places[:, 1]) == pytest.approx([17.5, 45.9], abs=1)
    assert places[:, 0] == pytest.approx([32.4, 32.4], abs=1)


def test_what_lies_under_a_disc_ends_on_it() -> None:
    strands = found(WHITE + HALVES + DISC)
    outer, disc = sorted(rings(strands), key=lambda ring: len(ring.joints) and -np.ptp(ring.points[:, 0]))
    between = [strand for strand in strands if not strand.is_ring]
    assert len(between) == 2
    for strand in between:
        assert {len(set(strand.ends) & set(ring.joints)) for ring in (outer, disc)} == {1}
        assert strand.points[:, 0] == pytest.approx(32.4, abs=0.1)


def test_marks_tell_where_along_its_points_a_strand_passes_its_joints() -> None:
    strands = found(WHITE + HALVES + DISC)
    for ring in rings(strands):
        for joint, mark in zip(ring.joints, ring.marks, strict=True):
            around = ring.points[[mark - 1, mark % len(ring.points)]]
            assert np.hypot(*(around - strands.joints[joint]).T).max() < 4


def test_where_three_edges_meet_and_none_runs_on_all_of_them_end() -> None:
    rays = [(32 + 60 * np.cos(turn), 32 + 60 * np.sin(turn)) for turn in (0.3, 2.4, 4.5)]
    parts = "".join(
        f'<path fill="{colour}" d="M32 32L{a[0]} {a[1]} {a[0] + b[0] - 32} {a[1] + b[1] - 32} {b[0]} {b[1]}z"/>'
        for colour, a, b in zip(("#c81e3c", "#143cc8", "#1e9646"), rays, rays[1:] + rays[:1], strict=True)
    )
    strands = found('<path fill="#c81e3c" d="M0 0h64v64H0z"/>' + parts)
    middle = int(np.argmin(np.hypot(*(strands.joints - 32).T)))
    assert strands.joints[middle] == pytest.approx([32, 32], abs=1)
    assert sum(strand.ends.count(middle) for strand in strands) == 3
    assert not any(middle in strand.joints for strand in strands)
    tips = [strand.points[-end] for strand in strands for end in (0, 1) if strand.ends[end] == middle]
    assert np.hypot(*(np.array(tips) - 32).T).max() < 0.35


@pytest.mark.parametrize("by", [2.6, 3.0, 3.4, 6.1])
def test_an_edge_that_soon_turns_a_corner_is_told_from_one_that_runs_on(by: float) -> None:
    """A bar stands out of a box by so much: its side runs on into the box, and the box's top ends on it."""
    box, top = '<path fill="#143cc8" d="M10.3 24.2H52.4V54.3H10.3z"/>', 24.2 - by
    strands = found(WHITE + box + f'<path fill="#c81e3c" d="M24.4 {top}H37.6V40.3H24.4z"/>')
    (bar,) = [ring for ring in rings(strands) if np.ptp(ring.points[:, 0]) < 20]
    assert bar.points[:, 0].min() == pytest.approx(24.4, abs=0.1)
    assert bar.points[:, 0].max() == pytest.approx(37.6, abs=0.1)
    assert len(bar.joints) == 2
    assert len(strands) == 2


def test_the_scarcer_ink_holds_together_at_a_crossing() -> None:
    two = found(WHITE + '<path fill="#c81e3c" d="M16 16h16v16H16zM32 32h16v16H32z"/>')
    assert [strand.is_ring for strand in two] == [True, True]
    assert not len(two.joints)
    holes = found('<path fill="#c81e3c" d="M0 0h64v64H0z"/><path fill="#fff" d="M16 16h16v16H16zM32 32h16v16H32z"/>')
    assert [strand.is_ring for strand in holes] == [True, True]
    assert not len(holes.joints)


def test_a_chequered_board_is_all_of_a_piece() -> None:
    squares = "".join(f"M{8 + 12 * x} {8 + 12 * y}h12v12h-12z" for y in range(4) for x in range(4) if (x + y) % 2)
    strands = found(WHITE + f'<path fill="#c81e3c" d="{squares}"/>')
    assert not len(strands.joints)
    assert all(strand.is_ring for strand in strands)


@pytest.mark.parametrize("paper", ["", WHITE], ids=["nothing", "white"])
@pytest.mark.parametrize("x", [3.0, 14.2, 0.0])
def test_a_disc_that_touches_the_border_is_one_ring(paper: str, x: float) -> None:
    strands = found(paper + f'<circle cx="{x}" cy="31.7" r="14.2" fill="#1e9646"/>')
    assert len(strands) == 1
    assert strands.all[0].is_ring
    inner = strands.all[0].points[strands.all[0].points[:, 0] > 1.5]
    assert off_circle(inner, x, 31.7, 14.2).max() < 0.2


def test_paper_is_nothing_if_any_is_seen_at_the_border_else_the_most_frequent_there() -> None:
    for inside, expected in ((HALVES, 0), (WHITE + HALVES, 255)):
        inks, _, regions, strands = mapped(pictured(inside))
        assert inks.colours[strands.inks[strands.paper], 3] == expected
        assert strands.owners[regions.labels[0, 0]] == strands.paper
        assert strands.inks[strands.paper] == regions.inks[regions.labels[0, 0]]
    mostly_covered = '<path fill="#143cc8" d="M0 0h64v60H0z"/>'
    inks, _, _, strands = mapped(pictured(mostly_covered))
    assert inks.colours[strands.inks[strands.paper], 3] == 0


def test_what_fills_a_picture_to_its_border_is_paper_and_has_no_frame() -> None:
    strands = found('<path fill="#143cc8" d="M0 0h64v64H0z"/>' + DISC)
    assert len(strands) == 1
    assert not len(strands.joints)
    halves = found('<path fill="#143cc8" d="M0 0h64v64H0z"/><path fill="#c81e3c" d="M0 0h30.4v64H0z"/>')
    assert len(halves) == 1


def test_a_single_ink_has_no_strands() -> None:
    assert len(found('<path fill="#143cc8" d="M0 0h64v64H0z"/>')) == 0
    assert len(found("")) == 0


@given(maps)
@settings(max_examples=150, deadline=None)
def test_whatever_the_map_strands_are_whole(labels: np.ndarray) -> None:
    strands = strands_of(labels)
    for strand in strands:
        turns = len(strand.joints)
        assert len(strand.marks) == turns
        assert len(strand.points)
        assert np.isfinite(strand.points).all()
        assert (np.diff(strand.marks) < 0).sum() <= strand.is_ring  # a ring may begin within a stretch
        assert all(stretch.left != stretch.right for stretch in strand.stretches)
        if strand.is_ring:
            assert strand.ends is None
            assert len(strand.stretches) == max(1, turns)
        else:
            assert len(strand.ends) == 2
            assert len(strand.stretches) == turns + 1
    passed = [joint for strand in strands for joint in strand.joints]
    ended = [joint for strand in strands for joint in strand.ends or ()]
    assert len(passed) == len(set(passed))
    assert set(passed) | set(ended) == set(range(len(strands.joints)))
    for joint in range(len(strands.joints)):
        assert ended.count(joint) + 2 * passed.count(joint) >= 3


@given(maps)
@settings(max_examples=100, deadline=None)
def test_around_each_joint_the_regions_beside_its_strands_agree(labels: np.ndarray) -> None:
    strands = strands_of(labels)
    around: dict[int, list[int]] = {joint: [] for joint in range(len(strands.joints))}
    for strand in strands:
        if strand.ends:
            first, last = strand.stretches[0], strand.stretches[-1]
            around[strand.ends[0]] += [first.left, -1 - first.right]
            around[strand.ends[1]] += [last.right, -1 - last.left]
        following = (*strand.stretches[1:], strand.stretches[0])
        for joint, before, behind in zip(strand.joints, strand.stretches, following, strict=False):
            around[joint] += [before.right, -1 - before.left, behind.left, -1 - behind.right]
    for sides in around.values():
        # Each region lies to the left of one edge that leaves, and to the right of another one.
        assert sorted(side for side in sides if side >= 0) == sorted(-1 - side for side in sides if side < 0)


def strands_of(labels: np.ndarray) -> Strands:
    regions = regions_of(labels)
    ink = regions.inks[regions.labels].astype(np.int16)
    share, misfit = np.ones(ink.shape, np.float32), np.zeros(ink.shape, np.float32)
    cover = Cover(ink, ink, share, misfit, np.zeros(ink.shape, np.bool_))
    colours = np.array([(0, 0, 0, 0), (200, 30, 60, 255), (20, 60, 200, 255), (255, 255, 255, 255)], np.float32)
    outlines = find_outlines(find_boundaries(regions), regions, cover)
    seen = np.bincount(np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]]))
    return find_strands(outlines, regions, cover, Inks(colours, ground=0 if seen[0] else int(np.argmax(seen))))
