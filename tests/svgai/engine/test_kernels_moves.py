"""Whatever moves in a web of curves, all that hangs on it moves along, and as the equations are told."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import sparse

from svgai.engine.curves import polygon
from svgai.engine.kernels.beziers import point
from svgai.engine.kernels.moves import FREE, HELD, TRAILING, TURNING, cut_pieces, rooms
from svgai.engine.web import Freedoms, Web
from svgai.strands import Curve, Network, Strand, Strands, Stretch

NONE = np.zeros((0, 2))


def web_of(seed: int, *, chained: bool = True) -> Web:
    """A ring of lines and curves, an edge that ends on it twice, one that ends on both, and one that ends alone."""
    random = np.random.default_rng(seed)
    ring = random_ring(random)
    first = random_line(random, ring.nodes[0] + (3, 2), ring.nodes[2] + (-2, 3))
    second = random_line(random, ring.nodes[1] + (2, 2), first.nodes[1])
    loose = random_line(random, np.array([70.0, 5.0]), ring.nodes[3])
    on = [ring, ring, ring, first if chained else ring, None, ring]
    hosts = np.array([0, 0, 0, 1 if chained else 0, -1, 0])
    places = np.array([0 if each is None else random.uniform(0.1, len(each) - 0.1) for each in on])
    around = tuple(int(joint) for joint in np.argsort(np.where(hosts == 0, places, np.inf))[: (hosts == 0).sum()])
    strands = (
        strand(around, None),
        strand((3,) if chained else (), (0, 1)),
        strand((), (2, 3)),
        strand((), (4, 5)),
    )
    everything = Strands(strands, np.zeros((6, 2)), np.arange(9), np.zeros(9, np.int16))
    return Web.woven(Network(everything, (ring, first, second, loose), hosts, places))


def crossed_web(seed: int) -> Web:
    """A ring, a level line across it, and an upright one from there to the ring."""
    random = np.random.default_rng(seed)
    ring = random_ring(random)
    level = random.uniform(38, 41)
    across = polygon(np.array([(47.0, level), (13.0, level)]), False)
    down = polygon(np.array([(31.0, level), (31.0, 12.0)]), False)
    hosts, places = np.array([0, 0, 1, 0]), np.array([0.5, 2.5, 0.5, 4.5])
    strands = (strand((0, 1, 3), None), strand((2,), (0, 1)), strand((), (2, 3)))
    everything = Strands(strands, np.zeros((4, 2)), np.arange(9), np.zeros(9, np.int16))
    return Web.woven(Network(everything, (ring, across, down), hosts, places))


def strand(joints: tuple[int, ...], ends: tuple[int, int] | None) -> Strand:
    count = max(1, len(joints)) if ends is None else len(joints) + 1
    return Strand(NONE, ends is None, tuple(Stretch(n, 8) for n in range(count)), joints, joints, ends)


def random_ring(random: np.random.Generator) -> Curve:
    turns = np.arange(6) * np.pi / 3 + random.uniform(-0.3, 0.3, 6)
    nodes = 30 + 20 * np.stack([np.cos(turns), np.sin(turns)], axis=1) + random.uniform(-2, 2, (6, 2))
    is_line = np.array([True, False, False, True, True, False])
    is_smooth = np.array([True, True, True, True, False, False])
    ring = curve(random, nodes, is_smooth, is_line, is_ring=True)
    if random.random() < 0.5:
        ring.handles[1, 1, 0] = ring.handles[2, 0, 0] = nodes[2, 0]
    return ring


def random_line(random: np.random.Generator, begin: np.ndarray, end: np.ndarray) -> Curve:
    t = np.linspace(0, 1, 5)[:, None]
    nodes = begin + t * (end - begin) + random.uniform(-1.5, 1.5, (5, 2))
    is_line = random.random(4) < 0.5
    is_smooth = np.array([False, True, True, random.random() < 0.5, False])
    return curve(random, nodes, is_smooth, is_line, is_ring=False)


def curve(random, nodes, is_smooth, is_line, *, is_ring) -> Curve:
    size = len(is_line)
    first, last = nodes[:size], np.roll(nodes, -1, axis=0)[:size]
    handles = np.stack([first + (last - first) / 3, last + (first - last) / 3], axis=1)
    return Curve(nodes, is_smooth, is_line, handles + random.uniform(-1, 1, handles.shape), is_ring)


def pieces_of(web: Web, like: Web) -> np.ndarray:
    """The pieces of a web, cut where another one's are: sliding along an edge does not move the edge."""
    _, begin, end = like.pieces()
    pieces = np.empty((len(web.segment), 4, 2))
    cut_pieces(web.controls, web.segment, begin, end, pieces)
    return pieces


WEBS = {
    "on a ring": lambda seed: web_of(seed, chained=False),
    "on what ends itself": web_of,
    "level and upright": crossed_web,
}


@pytest.mark.parametrize("made", WEBS.values(), ids=WEBS)
@pytest.mark.parametrize("seed", range(8))
def test_pieces_follow_every_freedom_as_the_equations_are_told(seed: int, made: Callable[[int], Web]) -> None:
    web = made(seed)
    freedoms = Freedoms.of(web)
    for _ in range(9):  # until all that trails, and all that hangs on it, has come to rest
        web = freedoms.taken(web, np.zeros(freedoms.count))
    following, _ = freedoms.following(web, np.zeros(web.strand.max() + 1, np.bool_))
    entries = (following.value, following.column, following.start)
    told = sparse.csr_array(entries, shape=(8 * len(web.segment), freedoms.count)).toarray()
    for column in range(freedoms.count):
        step = np.zeros(freedoms.count)
        step[column] = 1e-6
        ahead, behind = (pieces_of(freedoms.taken(web, sign * step), web) for sign in (1, -1))
        happened = ((ahead - behind) / 2e-6).ravel()
        assert np.abs(told[:, column] - happened).max() < 1e-4, column


def test_every_kind_of_tie_occurs_in_these_webs() -> None:
    ties = np.concatenate([Freedoms.of(web_of(seed)).tie.ravel() for seed in range(8)])
    assert {FREE, TURNING, TRAILING, HELD} <= set(ties.tolist())


@pytest.mark.parametrize("seed", range(8))
def test_smooth_nodes_stay_smooth_and_what_slides_stays_on_its_host(seed: int) -> None:
    web = web_of(seed)
    freedoms = Freedoms.of(web)
    web = freedoms.taken(web, np.zeros(freedoms.count))
    step = np.random.default_rng(seed).uniform(-0.4, 0.4, freedoms.count)
    moved = freedoms.taken(web, step)
    for node in np.flatnonzero(web.host >= 0):
        place = point(moved.controls[moved.host[node]], moved.at[node])
        assert np.hypot(*(moved.nodes[node] - place)) < 1e-9
    for node in np.flatnonzero(freedoms.of_angle >= 0):
        one, other = (directions(each, node) for each in (web, moved))
        # They turn together: whatever was between the two directions still is.
        assert np.angle(one[0] / one[1]) == pytest.approx(np.angle(other[0] / other[1]), abs=1e-6)
    for segment, end in np.argwhere(freedoms.tie == TRAILING):
        node = (moved.first, moved.last)[end][segment]
        on_host = [moved.host[(moved.first, moved.last)[far][beyond(moved, node, end)]] >= 0 for far in (0, 1)]
        if not any(on_host):
            arriving, leaving = directions(moved, node)
            assert np.angle(-arriving / leaving) == pytest.approx(0, abs=1e-6)


def beyond(web: Web, node: int, end: int) -> int:
    return int(web.before[node] if end == 0 else web.after[node])


def directions(web: Web, node: int) -> tuple[complex, complex]:
    """Where the control points before and behind a node lie, seen from it."""
    back, ahead = web.controls[web.before[node], 2], web.controls[web.after[node], 1]
    one, other = back - web.nodes[node], ahead - web.nodes[node]
    return complex(*one), complex(*other)


def test_no_step_folds_a_handle_over_or_carries_a_joint_off_its_segment() -> None:
    for seed in range(8):
        web = web_of(seed)
        freedoms = Freedoms.of(web)
        for size in (5.0, 1e3):
            step = np.random.default_rng(seed).uniform(-size, size, freedoms.count)
            moved = freedoms.taken(web, step)
            assert ((moved.at >= 0) & (moved.at <= 1)).all()
            is_beside = (web.host[:, None] == web.host) & (web.host >= 0) & (web.at[:, None] < web.at)
            assert (moved.at[:, None] < moved.at)[is_beside].all()
            assert np.isfinite(moved.controls).all()
            for segment, end in np.argwhere(freedoms.tie == TURNING):
                node = (web.first, web.last)[end][segment]
                assert np.hypot(*(moved.handles[segment, end] - moved.nodes[node])) >= 0.15 - 1e-9


def test_lines_are_straight_and_pieces_are_parts_of_their_segments() -> None:
    web = web_of(3)
    for segment in np.flatnonzero(web.is_line):
        a, b, c, d = web.controls[segment]
        assert b == pytest.approx(a + (d - a) / 3)
        assert c == pytest.approx(a + (d - a) * 2 / 3)
    pieces, begin, end = web.pieces()
    for number, segment in enumerate(web.segment):
        for t in (0.0, 0.3, 1.0):
            along = begin[number] + t * (end[number] - begin[number])
            assert point(pieces[number], t) == pytest.approx(point(web.controls[segment], along))
    assert ((begin > 0) | (end < 1)).sum() >= 8


def test_lines_that_are_level_or_upright_stay_so_whatever_moves() -> None:
    nodes = np.array([(10.0, 10.0), (40.0, 10.0), (40.0, 25.0), (55.0, 30.0), (55.0, 50.0), (10.0, 50.0)])
    is_line = np.ones(6, np.bool_)
    ring = Curve(nodes, np.zeros(6, np.bool_), is_line, np.zeros((6, 2, 2)), True)
    strands = Strands((strand((), None),), NONE, np.arange(9), np.zeros(9, np.int16))
    web = Web.woven(Network(strands, (ring,), np.zeros(0, np.int64), np.zeros(0)))
    freedoms = Freedoms.of(web)
    assert freedoms.count == 7  # x of 10, 40 and 55; y of 10, 25, 30 and 50
    moved = freedoms.taken(web, np.random.default_rng(1).uniform(-1, 1, freedoms.count)).nodes
    assert np.abs(moved - nodes).min() > 0
    assert moved[0, 1] == moved[1, 1]
    assert moved[1, 0] == moved[2, 0]
    assert moved[3, 0] == moved[4, 0]
    assert moved[4, 1] == moved[5, 1]
    assert moved[5, 0] == moved[0, 0]


@pytest.mark.parametrize("seed", range(8))
def test_level_lines_that_end_on_others_stay_so_whatever_moves(seed: int) -> None:
    web = crossed_web(seed)
    freedoms = Freedoms.of(web)
    right, left, upper, lower = range(4)  # joints come first
    assert web.nodes[right, 1] == web.nodes[left, 1]
    assert web.keeps[[right, left, upper, lower]].tolist() == [1, 1, 0, 0]
    assert len(np.unique(freedoms.of_node[:4])) == 2  # where each line runs, and nothing else
    moved = freedoms.taken(web, np.random.default_rng(seed).uniform(-0.5, 0.5, freedoms.count))
    assert np.abs(moved.nodes - web.nodes).max(axis=1).min() > 0
    assert moved.nodes[right, 1] == moved.nodes[left, 1]
    assert moved.nodes[upper, 0] == moved.nodes[lower, 0]
    for node in (right, left, upper, lower):
        assert moved.nodes[node] == pytest.approx(point(moved.controls[moved.host[node]], moved.at[node]), abs=1e-9)


def test_what_slides_on_a_line_that_runs_along_is_not_kept() -> None:
    nodes = np.array([(10.0, 10.0), (50.0, 14.0), (50.0, 50.0), (10.0, 50.0)])
    ring = polygon(nodes, True)
    level = polygon(np.array([(30.0, 12.0), (50.0, 12.0)]), False)  # begins where the ring is all but level
    strands = Strands((strand((0, 1), None), strand((), (0, 1))), np.zeros((2, 2)), np.arange(9), np.zeros(9, np.int16))
    on = Network(strands, (ring, level), np.zeros(2, np.int64), np.array([0.5, 1.0]))
    web = Web.woven(on)
    assert web.keeps[0] < 0
    assert not web.movable()[0, 1]
    assert web.movable()[0, 0]


def test_lines_of_several_strands_that_meet_share_where_they_are() -> None:
    left = polygon(np.array([(10.0, 30.0), (30.0, 30.0)]), False)
    right = polygon(np.array([(30.0, 30.0), (50.0, 30.0)]), False)
    down = polygon(np.array([(30.0, 30.0), (34.0, 50.0)]), False)
    strands = (strand((), (0, 1)), strand((), (1, 2)), strand((), (1, 3)))
    everything = Strands(strands, np.zeros((4, 2)), np.arange(9), np.zeros(9, np.int16))
    web = Web.woven(Network(everything, (left, right, down), np.full(4, -1), np.zeros(4)))
    freedoms = Freedoms.of(web)
    assert freedoms.count == 2 * 4 - 2
    moved = freedoms.taken(web, np.random.default_rng(3).uniform(-1, 1, freedoms.count))
    assert len(np.unique(moved.nodes[np.abs(web.nodes[:, 1] - 30) < 1, 1])) == 1


def test_a_curve_that_is_level_or_upright_at_a_node_stays_so() -> None:
    nodes = np.array([(10.0, 30.0), (30.0, 10.0), (50.0, 30.0), (30.0, 50.0)])
    arms = np.array([(0.0, -11.0), (11.0, 0.0), (0.0, 11.0), (-11.0, 1.0)])
    handles = np.stack([nodes + arms, np.roll(nodes - arms, -1, axis=0)], axis=1)
    ring = Curve(nodes, np.ones(4, np.bool_), np.zeros(4, np.bool_), handles, True)
    strands = Strands((strand((), None),), NONE, np.arange(9), np.zeros(9, np.int16))
    web = Web.woven(Network(strands, (ring,), np.zeros(0, np.int64), np.zeros(0)))
    freedoms = Freedoms.of(web)
    assert freedoms.count == 8 + 8 + 1  # nodes, lengths of handles, and the one direction that leans
    moved = freedoms.taken(web, np.random.default_rng(2).uniform(-1, 1, freedoms.count))
    behind, before = moved.handles[:, 0] - moved.nodes, np.roll(moved.handles[:, 1], 1, axis=0) - moved.nodes
    for node, axis in ((0, 0), (1, 1), (2, 0)):
        assert behind[node, axis] == before[node, axis] == 0
    assert abs(behind[3, 1]) > 0


def test_what_slides_on_one_segment_never_meets() -> None:
    controls = np.array([[(0, 0), (4, 0), (8, 0), (12, 0)], [(12, 0), (12, 4), (12, 8), (12, 12)]], float)
    host = np.array([0, -1, 1, 0, 0], np.int32)
    at = np.array([0.7, 0.0, 0.5, 0.2, 0.71])
    least, most = rooms(controls, host, at)
    assert (least <= at).all()
    assert (at <= most).all()
    assert (least[3], most[3]) == pytest.approx(
        (0, 0.2 + (0.5 - 0.25 / 12) / 2)
    )  # as far from each other as they may be
    assert (least[0], most[0]) == pytest.approx((0.7 - (0.5 - 0.25 / 12) / 2, 0.7))  # next to one that is too near
    assert (least[4], most[4]) == pytest.approx((0.71, 1))
    assert (least[2], most[2]) == (0, 1)
