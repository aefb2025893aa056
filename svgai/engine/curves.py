"""Curves: every strand as few lines and cubics, joined where strands meet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.engine.kernels.bends import CORNER, SMOOTH, find_bends
from svgai.engine.kernels.beziers import are_near, nearest
from svgai.engine.kernels.chains import cheapest_chain
from svgai.engine.kernels.forms import moments
from svgai.engine.kernels.moves import cut_pieces
from svgai.regions import Edges
from svgai.strands import NOISE, Curve, Network, Numbers, Strand, Strands, along

TOLERANCE = 4.3
"""How many times farther than usually a point may lie off its curve."""
PRICE = 2.0
"""What a number of the drawing costs, in units of half a squared error of the noise."""
CORNER_PRICE = 3.0
"""How many numbers more a corner costs the blunter it is."""
_SKIP, _REACH, _LEAST_TURN = 1.0, 4.5, 0.3
_NARROWEST_STEP, _WIDEST_STEP, _PLACES = 2.0, 8.0, 100
"""Pixels between smooth places where a strand may be divided: so many places, within bounds."""
_FARTHEST_CORNER, _FARTHEST_OF_STAIRS = 4.0, 1.5
"""Pixels from the points to a corner rebuilt beyond them, at most; stairs go nearer to where it was."""
_SURE = 1.0
"""A corner that turns by so much need not be doubted."""
_ASTRAY = 2.5
_AROUND = 8
"""Points to each side of a joint among which strands land."""

_FEW, _FEWEST = 24, 6
"""Points of a strand, closed or open, so small that its curves may miss it..."""
_KEPT, _MISSED = 0.6, 1.0
"""...and leave less than that part of its area, or points so many pixels off."""
_PLACES_OF_SEGMENT = np.linspace(0, 1, 8, endpoint=False)
_APART = 1e-3
"""Of a segment, between what lands on a curve, and to its ends."""

Fit: TypeAlias = tuple[Curve, NDArray[np.int64]]
"""A curve, and the number of the point at each node; a ring's numbers go on through its end to where it began."""
Neighbours: TypeAlias = tuple[tuple[int, float] | None, tuple[int, float] | None]
"""How many points off another joint is, before and behind, and where on the curve."""


def fit_curves(strands: Strands) -> Network:
    """Fit each strand, then join them."""
    if strands.edges is Edges.SQUARES:
        fitted = [_exact(strand) for strand in strands]
    else:
        fitted = [fit(strand, strands.noise) for strand in strands]
    network = _joined(strands, fitted)
    collapsed = list(_collapsed(network))
    for number in collapsed:
        fitted[number] = _through(strands.all[number])
    return _joined(strands, fitted) if collapsed else network


def _collapsed(network: Network) -> Iterator[int]:
    """Small strands of which the curves leave little of what they enclosed, or that they miss."""
    for number, (strand, curve) in enumerate(zip(network.strands, network.curves, strict=True)):
        if len(strand.points) < 3:
            continue
        if len(set(strand.ends or ())) == 2:
            if len(strand.points) <= _FEWEST and not are_near(strand.points[1:-1], curve.controls, _MISSED):
                yield number
        elif len(strand.points) <= _FEW:
            outline = np.concatenate([along(segment, _PLACES_OF_SEGMENT) for segment in curve.controls])
            if abs(moments(outline)[0]) < _KEPT * abs(moments(strand.points)[0]):
                yield number


def fit(strand: Strand, noise: float = NOISE) -> Fit:
    """The fewest lines and cubics that explain the points of a strand."""
    points, is_ring = np.ascontiguousarray(strand.points), strand.is_ring
    n = len(points)
    if n < (4 if is_ring else 3):
        return _through(strand)
    index, kind, places = np.empty(2 * n + 2, np.int32), np.empty(2 * n + 2, np.int32), np.empty((2 * n + 2, 8))
    step = min(_WIDEST_STEP, max(_NARROWEST_STEP, n / _PLACES))
    far = _FARTHEST_CORNER if noise <= NOISE else _FARTHEST_OF_STAIRS
    count = find_bends(points, is_ring, step, _SKIP, _REACH, far, _LEAST_TURN, index, kind, places)
    if count < 2:
        return _through(strand)
    bends = Bends(points, is_ring, noise, index[:count], kind[:count], places[:count])
    start = bends.sharpest() if is_ring else 0
    chain = bends.chain(start)
    if is_ring and len(chain.stops) > 2 and not bends.is_sure(start):
        # The ring began somewhere; it may do better from where this chain found a good place.
        chain = bends.chain((start + chain.stops[len(chain.stops) // 2]) % count)
    return chain.curve(), chain.bounds()


def _exact(strand: Strand) -> Fit:
    """A strand through all its points where it turns."""
    points = strand.points
    before, behind = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    turns = before[:, 0] * behind[:, 1] != before[:, 1] * behind[:, 0]
    if not strand.is_ring:
        turns[[0, -1]] = True
    nodes = np.flatnonzero(turns)
    bounds = np.append(nodes, nodes[:1] + len(points)) if strand.is_ring else nodes
    return polygon(points[nodes], strand.is_ring), bounds


def _through(strand: Strand) -> Fit:
    """A strand through all its points."""
    return polygon(strand.points, strand.is_ring), np.arange(len(strand.points) + strand.is_ring)


def polygon(points: Numbers, is_ring: bool) -> Curve:
    """Points joined by lines, for what is too small to say more of."""
    size = len(points) if is_ring else len(points) - 1
    return Curve(points, np.zeros(len(points), np.bool_), np.ones(size, np.bool_), np.zeros((size, 2, 2)), is_ring)


class Bends:
    """A strand with the places where it may be divided."""

    def __init__(
        self,
        points: Numbers,
        is_ring: bool,
        noise: float,
        index: NDArray[np.int32],
        kind: NDArray[np.int32],
        places: Numbers,
    ) -> None:
        self.points, self.is_ring, self.noise = points, is_ring, noise
        self.index, self.kind, self.places = index, kind, places

    def sharpest(self) -> int:
        """The place that turns most."""
        return int(np.argmax(np.where(self.kind == CORNER, np.abs(self.places[:, 6]), -1)))

    def is_sure(self, place: int) -> bool:
        """Whether the drawing has a corner here beyond doubt."""
        return bool(self.kind[place] == CORNER and abs(self.places[place, 6]) > _SURE)

    def chain(self, start: int) -> Chain:
        """The cheapest chain, in a ring from this place round to itself."""
        count = len(self.index)
        size = count + 1 if self.is_ring else count
        before, is_line, handles = np.empty(size, np.int32), np.zeros(size, np.bool_), np.zeros((size, 2))
        cheapest_chain(
            self.points, self.is_ring, start, self.index, self.kind, self.places, count,
            PRICE, self.noise, TOLERANCE * self.noise, _SKIP, CORNER_PRICE, before, is_line, handles,
        )  # fmt: skip
        stops = [size - 1]
        while stops[-1] > 0:
            stops.append(int(before[stops[-1]]))
        stops.reverse()
        return Chain(self, start, stops, is_line[stops[1:]], handles[stops[1:]])


class Chain:
    """A way through a strand's places: `stops` counted from the start."""

    def __init__(
        self, bends: Bends, start: int, stops: list[int], is_line: NDArray[np.bool_], lengths: Numbers
    ) -> None:
        self.bends, self.start, self.stops, self.is_line, self.lengths = bends, start, stops, is_line, lengths

    def bounds(self) -> NDArray[np.int64]:
        """The number of the point at each stop, ever greater."""
        places = np.array(self.stops) + self.start
        turns, at = np.divmod(places, len(self.bends.index))
        return np.asarray(self.bends.index[at] + turns * len(self.bends.points))

    def curve(self) -> Curve:
        bends = self.bends
        at = (np.array(self.stops) + self.start) % len(bends.index)
        places = bends.places[at]
        first, last = places[:-1], places[1:]
        handles = np.stack(
            [first[:, :2] + self.lengths[:, :1] * first[:, 4:6], last[:, :2] - self.lengths[:, 1:] * last[:, 2:4]],
            axis=1,
        )
        nodes = slice(len(places) - bends.is_ring)
        return Curve.joined(places[nodes, :2], bends.kind[at[nodes]] == SMOOTH, self.is_line, handles, bends.is_ring)


def _joined(strands: Strands, fitted: Sequence[Fit]) -> Network:
    curves, bounds = [curve for curve, _ in fitted], [bounds for _, bounds in fitted]
    count = len(strands.joints)
    hosts, places = np.full(count, -1, np.int64), np.zeros(count)
    turns = np.zeros(count, np.int64)
    for number, strand in enumerate(strands):
        hosts[list(strand.joints)] = number
        turns[list(strand.joints)] = np.arange(len(strand.joints))
    ends: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, strand in enumerate(strands):
        for node, joint in zip((0, -1), strand.ends or (), strict=False):
            ends[joint].append((number, node))
    landed: dict[int, float] = {}
    for joint in range(count):
        tips = np.array([curves[number].nodes[node] for number, node in ends[joint]] or [strands.joints[joint]])
        if hosts[joint] >= 0:
            host, turn = hosts[joint], int(turns[joint])
            mark, near = strands.all[host].marks[turn], _near(strands.all[host], turn, landed)
            around = 0 if strands.edges is Edges.SQUARES else _AROUND
            for _, node in (end for end in ends[joint] if end[0] == host):  # half way to where it ends itself
                around = min(around, abs(mark - (len(strands.all[host].points) - 1 if node else 0)) // 2)
            places[joint], target = _landing(curves[host], bounds[host], mark, around, tips.mean(axis=0), near)
            landed[joint] = places[joint]
        else:
            target = _meeting([_tangent(curves[number], node) for number, node in ends[joint]], tips)
        for number, node in ends[joint]:
            curves[number] = moved_end(curves[number], node, target)
    return Network(strands, tuple(curves), hosts, places)


def _near(strand: Strand, own: int, landed: Mapping[int, float]) -> Neighbours:
    """What has landed on a strand just before the joint of that number on it and just behind, if that is near."""
    order, marks, size = strand.joints, strand.marks, len(strand.points)
    near: list[tuple[int, float] | None] = [None, None]
    for side, way in enumerate((-1, 1)):
        for other in range(own + way, own + way * len(order), way):
            if not strand.is_ring and not 0 <= other < len(order):
                break
            number = other % len(order)
            off = way * (marks[number] - marks[own])
            off = off % size if strand.is_ring else off
            if off > 2 * _AROUND:
                break
            if order[number] in landed:
                near[side] = way * off, landed[order[number]]
                break
    return near[0], near[1]


def _landing(
    curve: Curve, bounds: NDArray[np.int64], mark: int, reach: int, tip: Numbers, near: Neighbours
) -> tuple[float, Numbers]:
    """Where a strand lands on a curve that passes its tip around the point of that number, and only there.

    A curve may end on itself, or come by again. Without any reach it is the segment of that point. None lands beyond
    another one that is near: they would change places, and what lies between them would be gone.
    """
    size = len(curve)
    nodes = np.arange(size + 1)
    if curve.is_ring:  # a turn before and another one behind
        turn = int(bounds[-1] - bounds[0])
        mark += turn * (mark < bounds[0])
        bounds = np.concatenate([bounds[:-1] - turn, bounds, bounds[1:] + turn])
        nodes = np.arange(-size, 2 * size + 1)
    places = np.interp([mark - reach, mark + reach], bounds, nodes)
    if not reach:
        places = np.floor(places) + np.array([0, 1])
    elif not curve.is_ring:
        places = np.clip(places, _APART, size - _APART)
    for side, other in enumerate(near):
        if other:
            off, place = other
            if curve.is_ring:
                place += size * round((float(np.interp(mark + off, bounds, nodes)) - place) / size)
            places[side] = min(places[side], place - _APART) if side else max(places[side], place + _APART)
    if places[0] > places[1]:
        places[:] = places.mean()
    around = np.arange(math.floor(places[0]), max(math.ceil(places[1]), math.floor(places[0]) + 1))
    begin, end = np.clip(places[0] - around, 0, 1), np.clip(places[1] - around, 0, 1)
    pieces = np.empty((len(around), 4, 2))
    cut_pieces(curve.controls, around % size, begin, end, pieces)
    inside, along, x, y = nearest(pieces, *tip)
    place = around[inside] + begin[inside] + along * (end[inside] - begin[inside])
    return float(place % size if curve.is_ring else place), np.array([x, y])


def _tangent(curve: Curve, node: int) -> Numbers:
    """Which way a curve leaves its end."""
    controls = curve.controls[0] if node == 0 else curve.controls[-1][::-1]
    step = controls[1] - controls[0]
    return np.asarray(step / (np.hypot(*step) + 1e-9))


def _meeting(tangents: list[Numbers], tips: Numbers) -> Numbers:
    """Where lines through these tips meet, by least squares."""
    middle = tips.mean(axis=0)
    normals = np.array([(-tangent[1], tangent[0]) for tangent in tangents])
    off = (normals * (tips - middle)).sum(axis=1, keepdims=True)
    (xx, yy), xy = 0.05 + (normals**2).sum(axis=0), normals.prod(axis=1).sum()
    u, v = (normals * off).sum(axis=0)
    point: Numbers = middle + np.array([yy * u - xy * v, xx * v - xy * u]) / (xx * yy - xy * xy)
    return point if np.hypot(*(point - middle)) <= _ASTRAY else middle


def moved_end(curve: Curve, node: int, target: Numbers) -> Curve:
    """The curve with its first node (0) or its last one (-1) elsewhere, and the handle there moved along."""
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    if len(curve):
        handles[node, node] += target - nodes[node]
    nodes[node] = target
    return Curve(nodes, curve.is_smooth, curve.is_line, handles, curve.is_ring)
