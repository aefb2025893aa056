"""Twins: rings that are all but equal, or mirror images of each other or of themselves, become exactly so.

What was drawn equal is wanted equal: whoever edits a letter wants its twin to match. So what is alike is drawn with
the curves that explain all of it together, and that is kept if they explain it as well as so few numbers should.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from svgai.engine.forms import is_reversed
from svgai.engine.frame import Frame, numbers_in
from svgai.engine.kernels.beziers import are_near
from svgai.engine.kernels.forms import moments
from svgai.engine.regularity import align
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.strands import Curve, Network, Numbers, Primitives, along

_TURNS: Final = np.array([(1, 1), (-1, 1), (1, -1), (-1, -1)], np.float64)
"""As it is, mirrored to the side, mirrored upside down, and turned by half; two of them make the third."""
_LEAST = 3
"""Segments of a ring that may be like another one."""
_MOST = 16
"""Rings that are drawn as one."""
_LARGEST, _COMPARED = 500, 32
"""So many rings are compared, each with so many others, those next in area."""
_ALIKE = 0.35
"""Pixels that twins may be apart."""
_SIMILAR = 0.03
"""Part by which their areas may differ."""
_POINTS = 8
"""Points of a segment by which it is compared."""
_ROUNDS = (4, 1, 1)
"""Steps of refinement, each ring by itself, before all are brought together again."""
_GRID = 0.01
"""Pixels; twins are so many of these apart, so that they are written with the same numbers."""
_PINCHED = 0.1
"""Part of its chord by which the handles of a cubic are at least apart."""
_NEAR = 0.75
"""Pixels from a line of symmetry in which a node lies on it."""


@dataclass(frozen=True, eq=False)
class Way:
    """How a ring is laid over another one: turned, then shifted."""

    turn: Numbers
    shift: Numbers

    @classmethod
    def over(cls, ring: Curve, turn: Numbers) -> Way:
        """The way over itself, about its middle."""
        middle = ring.nodes.mean(axis=0)
        return cls(turn, middle - middle * turn)

    def image(self, ring: Curve) -> Curve:
        """The ring laid there, running the same way round as before."""
        return self._turned(replace(ring, nodes=self.of(ring.nodes), handles=self.of(ring.handles)))

    def origin(self, image: Curve) -> Curve:
        """The ring that this is the image of."""
        nodes, handles = ((places - self.shift) * self.turn for places in (image.nodes, image.handles))
        return self._turned(replace(image, nodes=nodes, handles=handles))

    def of(self, places: Numbers) -> Numbers:
        return np.asarray(places * self.turn + self.shift)

    def _turned(self, ring: Curve) -> Curve:
        return ring.reversed() if self.turn.prod() < 0 else ring


@dataclass(frozen=True, eq=False)
class _Group:
    """Rings that are alike."""

    ways: Mapping[int, Way]
    """How the first of them is laid over each."""
    turns: Numbers
    """Those that lay it over itself, all but the first."""


@dataclass(frozen=True, eq=False)
class _Spot:
    """Where a ring is, for rings that run forwards."""

    frame: Frame
    is_backwards: bool
    """Whether the one that is there runs the other way."""

    @classmethod
    def of(cls, network: Network, number: int, target: Target, shown: NDArray[np.float32]) -> _Spot:
        return cls(Frame.around(network, number, target, shown), is_reversed(network.curves[number]))

    def turned(self, ring: Curve) -> Curve:
        """A ring that runs forwards as the one here runs, or back."""
        return ring.reversed() if self.is_backwards else ring

    def refined(self, ring: Curve, steps: int) -> Curve:
        made = self.frame.refined(align(self.part(ring)), steps)
        return self.turned(self.frame.moved_out(made.curves[-1]))

    def error(self, ring: Curve) -> float:
        return self.frame.error(self.part(ring))

    def part(self, ring: Curve) -> Network:
        """What the frame holds with this ring that runs forwards."""
        return self.frame.holding(self.frame.moved_in(self.turned(ring)))


def match_twins(network: Network, primitives: Primitives, target: Target, work: int) -> Network:
    """Draw what is alike alike, as far as the picture has nothing against it and there is work, in pixels, for it."""
    rings = {
        number: _forwards(network.curves[number])
        for number in network.free_rings()
        if number not in primitives and len(network.curves[number]) >= _LEAST
    }
    groups = list(_groups(rings))
    if not groups:
        return network
    shown = Web.woven(network).rendered(target)
    matched: dict[int, Curve] = {}
    for group in groups:
        spots = {number: _Spot.of(network, number, target, shown) for number in group.ways}
        cost = sum(2 * (sum(_ROUNDS) + 2 * len(_ROUNDS)) * spot.frame.work for spot in spots.values())
        if cost > work:
            continue
        work -= cost
        for number, ring in _alike(group, rings, spots, target.price).items():
            matched[number] = spots[number].turned(ring)
            spots[number].frame.repaint(shown, target, spots[number].part(ring))
    return network.redrawn(matched)


def _alike(group: _Group, rings: Mapping[int, Curve], spots: Mapping[int, _Spot], price: float) -> Mapping[int, Curve]:
    """The rings of a group drawn alike; none where the picture is against it."""
    best: Mapping[int, Curve] = {}
    least = sum(spots[number].error(rings[number]) + price * numbers_in(rings[number]) for number in group.ways)
    for pattern in _patterns(group, rings):
        drawn = _together(group, pattern, spots)
        numbers = numbers_in(pattern) / (1 + len(group.turns)) + 2 * (len(drawn) - 1)
        cost = price * numbers + sum(spots[number].error(ring) for number, ring in drawn.items())
        if cost < least and all(_is_sound(drawn[number], rings[number]) for number in drawn):
            best, least = drawn, cost
    return best


def _is_sound(ring: Curve, former: Curve) -> bool:
    """Whether a ring is about where it was, and nowhere pinched: thorns and kinks are too small for errors to tell."""
    one, two, here = _Shape.of(ring), _Shape.of(former), Way(_TURNS[0], np.zeros(2))
    return one.is_over(two, here) and two.is_over(one, here) and _pinched(ring) <= _pinched(former)


def _pinched(ring: Curve) -> int:
    """How many cubics have both handles at about the same place, which makes a kink of what looks smooth."""
    controls = ring.controls[~ring.is_line]
    chord, between = (np.hypot(*(controls[:, last] - controls[:, first]).T) for first, last in ((0, 3), (1, 2)))
    return int((between < _PINCHED * chord).sum())


def _together(group: _Group, pattern: Curve, spots: Mapping[int, _Spot]) -> dict[int, Curve]:
    """All rings of a group as one pattern, moved until it explains all of them best."""
    ways = dict(group.ways)
    for steps in _ROUNDS:
        found, middle = [], pattern.nodes.mean(axis=0)
        for number, way in ways.items():
            ring = way.origin(spots[number].refined(way.image(pattern), steps))
            off = ring.nodes.mean(axis=0) - middle
            ways[number] = replace(way, shift=way.shift + off * way.turn)
            found.append(_moved(ring, -off))
        pattern = _mean(found)
        pattern = _mean([pattern, *(_over_itself(pattern, turn) for turn in group.turns)])
    if len(group.turns):
        pattern = _moved(pattern, _on_grid(2 * pattern.nodes.mean(axis=0)) / 2 - pattern.nodes.mean(axis=0))
    return {number: replace(way, shift=_on_grid(way.shift)).image(pattern) for number, way in ways.items()}


def _mean(rings: Sequence[Curve]) -> Curve:
    nodes, handles = (np.mean([getattr(ring, name) for ring in rings], axis=0) for name in ("nodes", "handles"))
    return replace(rings[0], nodes=nodes, handles=handles)


def _moved(ring: Curve, by: Numbers) -> Curve:
    return replace(ring, nodes=ring.nodes + by, handles=ring.handles + by)


def _on_grid(shift: Numbers) -> Numbers:
    return np.asarray(np.round(shift / _GRID) * _GRID)


def _over_itself(ring: Curve, turn: Numbers) -> Curve:
    """A symmetric ring, turned; each node where its like was."""
    image = Way.over(ring, turn).image(ring)
    first = int(np.argmin(np.hypot(*(image.nodes - ring.nodes[0]).T)))
    return replace(image, nodes=np.roll(image.nodes, -first, axis=0), handles=np.roll(image.handles, -first, axis=0))


def _forwards(ring: Curve) -> Curve:
    return ring.reversed() if is_reversed(ring) else ring


# --- what is alike


@dataclass(frozen=True, eq=False)
class _Shape:
    """A ring as points, and what can be told from them."""

    ring: Curve
    points: Numbers
    area: float
    middle: Numbers
    size: Numbers

    @classmethod
    def of(cls, ring: Curve) -> _Shape:
        points = _points(ring)
        area, x, y, *_ = moments(points)
        return cls(ring, points, area, np.array([x, y]), np.ptp(points, axis=0))

    def way_over(self, other: _Shape) -> Way | None:
        """How this ring is laid over another one, if they are alike."""
        if np.abs(self.size - other.size).max() > 2 * _ALIKE or abs(self.area - other.area) > _SIMILAR * abs(self.area):
            return None
        return next(filter(None, (self.way_turned(other, turn) for turn in _TURNS)), None)

    def way_turned(self, other: _Shape, turn: Numbers) -> Way | None:
        """How it is laid over another one, turned like this."""
        way = Way(turn, other.middle - self.middle * turn)
        return way if self.is_over(other, way) else None

    def is_over(self, other: _Shape, way: Way) -> bool:
        """Whether this ring, laid that way, is nowhere far from another one."""
        return bool(are_near(way.of(self.points), other.ring.controls, _ALIKE))


def _points(ring: Curve) -> Numbers:
    """Points along a ring, as many for each segment."""
    return np.concatenate([along(segment, np.arange(_POINTS) / _POINTS) for segment in ring.controls])


def _groups(rings: Mapping[int, Curve]) -> Iterator[_Group]:
    """Which rings are alike, or like themselves turned; the largest first."""
    largest = sorted(rings, key=lambda number: -float(np.ptp(rings[number].nodes, axis=0).prod()))[:_LARGEST]
    shapes = {number: _Shape.of(rings[number]) for number in largest}
    left = sorted(shapes, key=lambda number: -abs(shapes[number].area))
    while left:
        first = shapes[left[0]]
        turns = [turn for turn in _TURNS[1:] if first.way_turned(first, turn)]
        ways = {left[0]: Way(_TURNS[0], np.zeros(2))}
        for number in left[1:_COMPARED]:
            way = first.way_over(shapes[number])
            if way and len(ways) < _MOST:
                ways[number] = way
        left = [number for number in left if number not in ways]
        if turns or len(ways) > 1:
            yield _Group(ways, np.array(turns if len(turns) != 2 else _TURNS[1:]).reshape(-1, 2))


# --- patterns


def _patterns(group: _Group, rings: Mapping[int, Curve]) -> Iterator[Curve]:
    """Curves that all of a group might be drawn by, made from its two simplest rings."""
    origins = [way.origin(rings[number]) for number, way in group.ways.items()]
    mirrors = [turn for turn in group.turns if turn.prod() < 0]
    for origin in sorted(origins, key=numbers_in)[: 2 if len(group.turns) == 0 else 1]:
        if not len(group.turns):
            yield origin
        elif not mirrors:
            yield from filter(None, (_half_turned(origin, place) for place in (0, len(origin) // 4)))
        else:
            for half in (0, 1):
                pattern: Curve | None = origin
                for turn in mirrors:
                    pattern = pattern and _mirrored(pattern, turn, half)
                if pattern:
                    yield pattern


def _mirrored(ring: Curve, turn: Numbers, half: int) -> Curve | None:
    """One half of a ring, and its mirror image."""
    axis = int(np.argmin(turn))
    middle = _Shape.of(ring).middle
    way = Way(turn, middle - middle * turn)
    cuts = _cuts(ring, axis, middle[axis])
    if len(cuts) != 2:
        return None
    (begin, begins_at_node), (end, ends_at_node) = cuts if half == 0 else cuts[::-1]
    first = begin if begins_at_node else begin + 1
    chain = (first + np.arange((end - first) % len(ring) + 1)) % len(ring)
    nodes, handles = ring.nodes[chain].copy(), ring.handles[chain[:-1]].copy()
    bridges = (
        [(ring.handles[chain[-1], 0], ring.is_line[chain[-1]])],
        [(ring.handles[chain[0] - 1, 1], ring.is_line[chain[0] - 1])],
    )
    if len(handles):
        for is_there, place, inner in ((begins_at_node, 0, 0), (ends_at_node, -1, 1)):
            if is_there:
                handles[place, inner, axis] += middle[axis] - nodes[place, axis]
                nodes[place, axis] = middle[axis]
                if ring.is_smooth[chain[place]]:
                    handles[place, inner, 1 - axis] = nodes[place, 1 - axis]
    there, back = (
        [] if is_there else bridge for is_there, bridge in zip((ends_at_node, begins_at_node), bridges, strict=True)
    )
    others = slice(int(ends_at_node), len(chain) - int(begins_at_node))
    is_line = [
        *ring.is_line[chain[:-1]],
        *(line for _, line in there),
        *ring.is_line[chain[:-1]][::-1],
        *(line for _, line in back),
    ]
    if len(is_line) < _LEAST:
        return None
    return Curve.joined(
        np.concatenate([nodes, way.of(nodes)[::-1][others]]),
        np.concatenate([ring.is_smooth[chain], ring.is_smooth[chain][::-1][others]]),
        np.array(is_line),
        np.concatenate(
            [
                handles,
                *([[handle, way.of(handle)]] for handle, _ in there),
                way.of(handles)[::-1, ::-1],
                *([[way.of(handle), handle]] for handle, _ in back),
            ]
        ),
    )


def _cuts(ring: Curve, axis: int, line: float) -> list[tuple[int, bool]]:
    """Where a ring crosses a line: at which node, or else in the segment behind which."""
    points, cuts = _points(ring), []
    is_beyond = points[:, axis] > line
    for place in np.flatnonzero(is_beyond != np.roll(is_beyond, -1)).tolist():
        here, there = points[place], points[(place + 1) % len(points)]
        spot = here + (line - here[axis]) / (there[axis] - here[axis]) * (there - here)
        ends = place // _POINTS, (place // _POINTS + 1) % len(ring)
        off = [float(np.hypot(*(ring.nodes[end] - spot))) for end in ends]
        nearer = int(np.argmin(off))
        cuts.append((ends[nearer], True) if off[nearer] <= _NEAR else (ends[0], False))
    return cuts


def _half_turned(ring: Curve, place: int) -> Curve | None:
    """Half of a ring, from a node on, and the same turned by half."""
    middle = _Shape.of(ring).middle
    way = Way(_TURNS[3], 2 * middle)
    image = way.of(ring.nodes[place])
    off = np.hypot(*(ring.nodes - image).T)
    end = int(np.argmin(off))
    chain = (place + np.arange((end - place) % len(ring))) % len(ring)
    if off[end] > 2 * _NEAR or 2 * len(chain) < _LEAST:
        return None
    nodes, handles = ring.nodes[chain], ring.handles[chain].copy()
    handles[-1, 1] += image - ring.nodes[end]
    return Curve.joined(
        np.concatenate([nodes, way.of(nodes)]),
        np.tile(ring.is_smooth[chain], 2),
        np.tile(ring.is_line[chain], 2),
        np.concatenate([handles, way.of(handles)]),
    )
