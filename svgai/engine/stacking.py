"""Stacking: a map of curves becomes shapes on top of each other.

Shapes that lie lower run on under those above them, so that no seam shows at any zoom: an edge is
drawn by whoever lies on top, and who lies below takes the shortest hidden way.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Inks
from svgai.drawing import Drawing, Form, Ink, Path, Rectangle, Shape
from svgai.engine.kernels.beziers import cut
from svgai.engine.kernels.ways import is_covered, is_hidden, move_aside, points_along, trim
from svgai.strands import Network, Numbers, Primitives

OPAQUE = 0.998
INVISIBLE = 0.004
_UNDERLAP = (0.8, 0.4, 0.2)
"""Pixels by which a lower shape runs on under an upper one, if there is room."""
_LEAST_UNDERLAP = 0.2
"""For so much there always is."""
_LOST = 1.0
"""Squared pixels that a region may lose where it goes a hidden way: what it shows lies on the other side of it."""
_TAPER = 1.0
"""Pixels from the end of an edge to where it runs on under the other shape."""
_END = 1.2
"""Pixels at the ends of a hidden way where it need not be hidden."""
_BOTH_SIDES, _FAR_SIDE = np.array([-0.75, 0.0, 0.75]), np.array([0.0, 0.35])
"""Pixels from a way where all must be hidden: 0.75 is more than from the middle of a pixel to its corner."""


@dataclass(frozen=True, eq=False)
class Edge:
    """A stretch of a strand as the outline of the region to its left."""

    region: int
    other: int
    segments: Numbers
    """n x 4 x 2."""
    is_line: NDArray[np.bool_]
    begins: int
    """Joint, or -1 - strand in a ring without any."""
    ends: int
    strand: int

    def reversed(self, region: int, other: int) -> Edge:
        return Edge(
            region, other, self.segments[::-1, ::-1], self.is_line[::-1], self.ends, self.begins, self.strand
        )  # fmt: skip


Loop: TypeAlias = tuple[Edge, ...]


def stack(network: Network, primitives: Primitives, labels: NDArray[np.int32], inks: Inks, cutout: bool) -> Drawing:
    """Put the regions on top of each other, or side by side where shapes must not overlap."""
    height, width = labels.shape
    return Drawing(width, height, tuple(Stack(network, primitives, labels, inks, cutout).shapes()))


class Stack:
    """The regions of a network from the lowest to the highest."""

    def __init__(
        self, network: Network, primitives: Primitives, labels: NDArray[np.int32], inks: Inks, cutout: bool
    ) -> None:
        self.network, self.primitives, self.cutout = network, primitives, cutout
        self.labels = network.strands.owners.astype(np.int32)[labels]
        self.paper = network.strands.paper
        self.inks = [inks[int(ink)] for ink in network.strands.inks]
        self.colours = network.strands.inks
        self.is_opaque = np.array([ink.opacity >= OPAQUE for ink in self.inks])
        edges = tuple(_edges(network))
        self.loops = _loops(edges)
        self.near: dict[int, set[int]] = defaultdict(set)
        for edge in edges:
            self.near[edge.region].add(edge.other)
        self.order = self._ordered()
        self.rank = np.full(len(self.inks), -1, np.int32)
        self.rank[self.order] = np.arange(len(self.order))

    def shapes(self) -> Iterator[Shape]:
        """One shape for each run of regions of one ink, but that whole primitives stay by themselves."""
        waiting: list[Form] = []
        ink = self.inks[self.paper]
        for region in self.order:
            if self.inks[region].opacity < INVISIBLE:
                continue
            if self.inks[region] != ink:
                yield from _gathered(waiting, ink)
                waiting, ink = [], self.inks[region]
            forms = self._forms(region)
            if len(forms) == 1 and not isinstance(forms[0], Path):
                yield Shape(forms, ink)
            else:
                waiting += forms
        yield from _gathered(waiting, ink)

    def _ordered(self) -> list[int]:
        """Larger regions lie lower, but for one whose outline runs on past another's end: it lies above that one."""
        area = {region: -sum(min(0.0, _area(loop)) for loop in loops) for region, loops in self.loops.items()}
        area[self.paper] = float("inf")
        above: dict[int, set[int]] = defaultdict(set)
        under: dict[int, int] = defaultdict(int)
        for upper, lower in self._overlaps():
            if upper not in above[lower] and lower not in above[upper]:
                above[lower].add(upper)
                under[upper] += 1
        ready = [(self._key(area, region)) for region in area if not under[region]]
        heapq.heapify(ready)
        left = sorted(area, key=lambda region: -area[region])
        order: dict[int, None] = {}
        while len(order) < len(area):
            # Where none is ready they lie in a ring, each on the next.
            region = heapq.heappop(ready)[-1] if ready else next(each for each in left if each not in order)
            if region in order:
                continue
            order[region] = None
            for upper in above[region]:
                under[upper] -= 1
                if not under[upper] and upper not in order:
                    heapq.heappush(ready, self._key(area, upper))
        return list(order)

    @staticmethod
    def _key(area: dict[int, float], region: int) -> tuple[float, int]:
        return -area[region], region

    def _overlaps(self) -> Iterator[tuple[int, int]]:
        """Which region lies above which, as joints tell."""
        around = {
            (region, edge.strand)
            for region, loops in self.loops.items()
            for loop in loops
            if _area(loop) > 0
            for edge in loop
        }
        for number, strand in enumerate(self.network.strands):
            following = (*strand.stretches[1:], strand.stretches[0]) if strand.is_ring else strand.stretches[1:]
            for one, other, _ in zip(strand.stretches, following, strand.joints, strict=False):
                for mine, before, after in ((one.left, one.right, other.right), (one.right, one.left, other.left)):
                    is_over = before != after and mine != self.paper and (mine, number) not in around
                    if is_over and self.is_opaque[mine]:
                        yield from ((mine, lower) for lower in (before, after) if lower != self.paper)

    def _forms(self, region: int) -> tuple[Form, ...]:
        forms: list[Form] = []
        if region == self.paper:
            height, width = self.labels.shape
            forms.append(Rectangle(width / 2, height / 2, width, height))
        for loop in self.loops.get(region, ()):
            is_hole = _area(loop) > 0
            if is_hole and self._is_covered(region, loop):
                continue
            form = self._form(loop, is_hole)
            if form:
                forms.append(form)
        return tuple(forms)

    def _form(self, loop: Loop, is_hole: bool) -> Form | None:
        hidden = [self._hides(edge.other, edge.region) for edge in loop]
        if not any(hidden):
            primitive = self.primitives.get(loop[0].strand)
            # Cut out, what lies around follows the same curve, unless it is all one and has the same form.
            if primitive and len(loop if self.cutout else {edge.strand for edge in loop}) == 1:
                return type(primitive)(**{**vars(primitive), "is_hole": is_hole})
        return _path([self._way(edge) if under else _shown(edge) for edge, under in zip(loop, hidden, strict=True)])

    def _hides(self, upper: int, lower: int) -> bool:
        return not self.cutout and bool(self.is_opaque[upper] and self.rank[upper] > self.rank[lower])

    def _is_covered(self, region: int, hole: Loop) -> bool:
        """Whether all that lies in a hole is opaque and drawn later, so that the hole need not be there."""
        seen = {region}
        waiting = [edge.other for edge in hole]
        while waiting:
            inside = waiting.pop()
            if inside in seen:
                continue
            if inside == self.paper or not self._hides(inside, region):
                return False
            seen.add(inside)
            waiting.extend(self.near[inside])
        return True

    def _way(self, edge: Edge) -> tuple[Numbers, NDArray[np.bool_]]:
        """The shortest hidden way from one end of an edge to the other."""
        start, end = edge.segments[0, 0], edge.segments[-1, 3]
        straight = _straight(start, end)
        if edge.begins != edge.ends and _gains(edge, straight) and self._is_hidden(edge, straight, _BOTH_SIDES):
            outline = points_along(edge.segments)  # and straight back: what lies within may lie lower
            if is_covered(outline, _END, self.labels, self.rank, self.is_opaque, edge.region):
                return straight, np.ones(1, np.bool_)
        for distance in _UNDERLAP:
            aside, is_line = _aside(edge, distance)
            # Nearer to the edge than that all is hidden, whatever the pixels there are counted as.
            if distance <= _LEAST_UNDERLAP or self._is_hidden(edge, aside, _FAR_SIDE, edge.region):
                return aside, is_line
        return _shown(edge)

    def _is_hidden(self, edge: Edge, way: Numbers, sides: Numbers, other: int = -1) -> bool:
        """Whether a way, and what lies to these sides of it, is under shapes above, or in the other region."""
        return bool(is_hidden(way, sides, _END, self.labels, self.rank, self.is_opaque, edge.region, other))


def _edges(network: Network) -> Iterator[Edge]:
    """Every stretch twice: as the outline of each side."""
    for number, (strand, curve) in enumerate(zip(network.strands, network.curves, strict=True)):
        controls = curve.controls
        parts = list(network.parts(number))
        for index, stretch in enumerate(strand.stretches):
            mine = [(segment, cuts) for segment, cuts, of in parts if of is stretch]
            if not mine:
                continue
            cut = [_cut(network, controls[segment], cuts) for segment, cuts in mine]
            begins, ends = _bounds(strand.joints, strand.ends, index, number)
            is_line = curve.is_line[[segment for segment, _ in mine]]
            edge = Edge(stretch.left, stretch.right, np.array(cut), is_line, begins, ends, number)
            yield edge
            yield edge.reversed(stretch.right, stretch.left)


def _bounds(joints: tuple[int, ...], ends: tuple[int, int] | None, index: int, strand: int) -> tuple[int, int]:
    """The joints between which a stretch lies."""
    if ends is not None:
        all_of_them = (ends[0], *joints, ends[1])
        return all_of_them[index], all_of_them[index + 1]
    return (joints[index - 1], joints[index]) if joints else (-1 - strand, -1 - strand)


def _cut(network: Network, segment: Numbers, cuts: tuple[int, int]) -> Numbers:
    """The part of a segment between two joints on it."""
    if cuts == (-1, -1):
        return segment
    begin = network.position(cuts[0])[1] if cuts[0] >= 0 else 0.0
    end = network.position(cuts[1])[1] if cuts[1] >= 0 else 1.0
    part = np.empty_like(segment)
    cut(segment, begin, end, part)
    return part


def _loops(edges: tuple[Edge, ...]) -> dict[int, list[Loop]]:
    """The outlines of each region, followed from edge to edge."""
    starting: dict[tuple[int, int], list[Edge]] = defaultdict(list)
    for edge in edges:
        starting[edge.region, edge.begins].append(edge)
    loops: dict[int, list[Loop]] = defaultdict(list)
    for first in edges:
        if first not in starting[first.region, first.begins]:
            continue
        loop = [first]
        starting[first.region, first.begins].remove(first)
        while loop[-1].ends != first.begins and (following := starting[first.region, loop[-1].ends]):
            loop.append(following.pop())
        loops[first.region].append(tuple(loop))
    return loops


def _area(loop: Loop) -> float:
    """The area within a loop, negative where it lies to the left."""
    return _turned_area(np.concatenate([edge.segments for edge in loop]))


def _turned_area(segments: Numbers) -> float:
    points = segments.reshape(-1, 2)
    x, y = np.concatenate([points, points[:1]]).T
    return float(x[:-1] @ y[1:] - y[:-1] @ x[1:]) / 2


def _gains(edge: Edge, way: Numbers) -> bool:
    """Whether a region is no smaller for going another way than its edge."""
    return _turned_area(way) - _turned_area(edge.segments) <= _LOST


def _shown(edge: Edge) -> tuple[Numbers, NDArray[np.bool_]]:
    return edge.segments, edge.is_line


def _straight(start: Numbers, end: Numbers) -> Numbers:
    return np.array([[start, start + (end - start) / 3, end + (start - end) / 3, end]])


def _aside(edge: Edge, distance: float) -> tuple[Numbers, NDArray[np.bool_]]:
    """An edge moved to its right by a distance, but for its ends."""
    moved = np.empty_like(edge.segments)
    if edge.begins == edge.ends < 0:
        move_aside(edge.segments, True, distance, moved)
        return moved, edge.is_line
    first, last = trim(edge.segments, _TAPER, moved)
    inner = slice(first, last + 1)
    move_aside(moved[inner].copy(), False, distance, moved[inner])
    start, end = edge.segments[0, 0], edge.segments[-1, 3]
    joined = [_straight(start, moved[first, 0]), moved[inner], _straight(moved[last, 3], end)]
    return np.concatenate(joined), np.concatenate([[True], edge.is_line[inner], [True]])


def _path(ways: list[tuple[Numbers, NDArray[np.bool_]]]) -> Path | None:
    commands, points = ["M"], [ways[0][0][0, 0]]
    for segments, is_line in ways:
        for segment, straight in zip(segments, is_line, strict=True):
            commands.append("L" if straight else "C")
            points.extend(segment[3:] if straight else segment[1:])
    return Path("".join(commands) + "Z", np.array(points)) if len(commands) > 2 else None


def _gathered(forms: list[Form], ink: Ink) -> Iterator[Shape]:
    if forms:
        yield Shape(tuple(forms), ink)
