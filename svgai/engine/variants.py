"""Variants: what a curve may be tried as, a node less or more, a corner rounded, a curve straightened.

Designers place nodes where a curve is level or upright, and hold it so: of curves that show the same, those are the
ones that were drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.engine.forms import Form
from svgai.engine.kernels.chains import fit_cubic, paced
from svgai.engine.kernels.forms import moments
from svgai.engine.kernels.samples import turns
from svgai.strands import Curve, Numbers, along

Flags: TypeAlias = NDArray[np.bool_]

_BLUNT = 0.35
"""Radians; a corner that turns more is none that could be smooth."""
_SHORT = 4.0
"""Pixels of a segment that may be but a corner cut off."""
_MOST_OF_FORM = 8
"""Segments of a ring that may be a form."""
_FULL, _ROUGH, _FULLEST = 0.9, 0.75, 1.02
"""Area by that of an ellipse of the same moments, which is 0.95 for a rectangle; of what is small; and at most."""
_SMALL = 25.0
"""Square pixels of a ring whose outline may be far from its form."""
_LONG = 1.3
"""Length by width."""
_LEVEL = 0.1
"""Sine of twice the angle to which a form is level."""
_BLUNTEST, _SHARP = 0.2, 0.5
"""Sine of the angle at a corner in place of a short segment, and in place of a cubic."""
_CLOSE = 0.35
"""Pixels from such a cubic to the corner."""
_MOST_OF_FILLET = 4
"""Segments that may be one fillet."""
_STRAIGHT, _LEAN = 0.15, 0.3
"""Radians at a node between lines that may be one, and the slope of a line that may be level or upright."""
_NEARLY = 0.2
"""Sine of the angle by which a smooth node may miss an axis that it is then held to."""
_NEAR_END = 0.1
"""How far along a cubic its end is still near."""
_DENSE: Final = np.linspace(0, 1, 40, endpoint=False)
_FEW, _APART = 8, 1.0
"""Such places from one extreme to the next, and pixels from one to a node that is none, at least."""
PLACES: Final = np.linspace(0, 1, 10, endpoint=False)
"""Where on a segment it is compared with what may take its place."""


def forms_like(ring: Curve) -> Iterator[Form]:
    """Forms that cover as much as a ring of few segments does, level or as it leans.

    In a few pixels a ring's outline may not tell what it is.
    """
    if not ring.is_ring or len(ring) > _MOST_OF_FORM:
        return
    points = np.concatenate([along(segment, PLACES) for segment in ring.controls])
    area, x, y, across, down, both = moments(points)
    spread = across * down - both * both
    if abs(area) < 1e-6 or spread <= 0:
        return
    full = abs(area) / (4 * math.pi * math.sqrt(spread))
    if not (_ROUGH if abs(area) < _SMALL else _FULL) < full < _FULLEST:
        return
    lean = math.atan2(2 * both, across - down) / 2
    for angle in (0.0, lean) if abs(math.sin(2 * lean)) > _LEVEL else (0.0,):
        u, v = math.cos(angle), math.sin(angle)
        spreads = across * u * u + 2 * both * u * v + down * v * v, across * v * v - 2 * both * u * v + down * u * u
        rx, ry = (2 * math.sqrt(max(1e-3, spread)) for spread in spreads)
        turn = math.degrees(angle)
        if not angle and max(rx, ry) < _LONG * min(rx, ry):
            yield Circle(x, y, math.sqrt(abs(area) / math.pi))
        yield Ellipse(x, y, rx, ry, turn)
        width, height = (math.sqrt(3) * half for half in (rx, ry))
        yield Rectangle(x, y, width, height, 0, turn)
        if max(width, height) > _LONG * min(width, height):
            yield Rectangle(x, y, width, height, min(width, height) / 2, turn)


def at_extremes(curve: Curve) -> Curve | None:
    """The curve with smooth nodes between cubics just where it is level or upright; None if that is where they are."""
    is_joined = _is_joined(curve)
    if not is_joined.any():
        return None
    begun = curve
    if is_joined.all():
        places = [(number, *place) for number in range(len(curve)) for place in _extremes(curve.controls[number])]
        if not places:
            return None
        begun = rolled(_divided(curve, *places[0]), places[0][0] + 1)
    elif curve.is_ring:
        begun = rolled(curve, int(np.argmin(is_joined)))
    firsts = np.flatnonzero(~_is_joined(begun))
    parts = [
        part for run in np.split(np.arange(len(begun)), firsts[firsts > 0]) for part in _redivided(begun, run.tolist())
    ]
    nodes, is_smooth, is_line, handles = (np.array(each) for each in zip(*parts, strict=True))
    if not curve.is_ring:
        nodes, is_smooth = np.vstack([nodes, curve.nodes[-1:]]), np.append(is_smooth, False)
    if len(nodes) == len(begun.nodes) and np.allclose(nodes, begun.nodes):
        return None
    return Curve.joined(nodes, is_smooth, is_line, handles, curve.is_ring)


def _is_joined(curve: Curve) -> Flags:
    """Which nodes, with a segment behind them, lie between cubics that go on smoothly."""
    joined: Flags = curve.is_smooth[: len(curve)] & ~curve.is_line & ~np.roll(curve.is_line, 1)
    joined[:1] &= curve.is_ring
    return joined


def _redivided(curve: Curve, run: list[int]) -> list[tuple[Numbers, bool, bool, Numbers]]:
    """Segments that go on smoothly, divided where they are level or upright: node, flags and handles of each."""
    kept = [(curve.nodes[k], bool(curve.is_smooth[k]), bool(curve.is_line[k]), curve.handles[k]) for k in run]
    if curve.is_line[run[0]]:
        return kept
    points = np.vstack([*(along(curve.controls[k], _DENSE) for k in run), curve.controls[run[-1], 3:]])
    is_forward = np.diff(points, axis=0) >= 0
    stops, ways = [0], [_direction(curve, run[0], 0)]
    for place, axis in zip(*np.nonzero(is_forward[1:] != is_forward[:-1]), strict=True):
        at = int(place) + 1
        off = np.hypot(*(points[[0, -1]] - points[at]).T).min()
        if off > _APART and at > stops[-1] + _FEW:
            way = np.zeros(2)
            way[1 - axis] = 1.0 if is_forward[at, 1 - axis] else -1.0
            stops.append(at)
            ways.append(way)
    if len(run) == 1 == len(stops):
        return kept
    stops.append(len(points) - 1)
    ways.append(_direction(curve, run[-1], 1))
    return [
        (points[a], k > 0 or kept[0][1], False, _handles(points[a : b + 1], ways[k], ways[k + 1]))
        for k, (a, b) in enumerate(pairwise(stops))
    ]


def rolled(curve: Curve, number: int) -> Curve:
    """The same ring from another node on."""
    return replace(
        curve,
        nodes=np.roll(curve.nodes, -number, axis=0),
        is_smooth=np.roll(curve.is_smooth, -number),
        is_line=np.roll(curve.is_line, -number),
        handles=np.roll(curve.handles, -number, axis=0),
    )


def variants(curve: Curve, number: int) -> Iterator[Curve]:
    """What may be tried at a node and the segment behind it, the simplest first."""
    before = _before(curve, number)
    if before is not None and (len(curve) > 3 or not curve.is_ring):
        yield from _merged(curve, before, number)
    if not curve.is_line[number]:
        yield _straightened(curve, number)
    has_curve = before is not None and not (curve.is_line[before] and curve.is_line[number])
    if has_curve and not curve.is_smooth[number] and _turn(curve, number) < _BLUNT:
        yield replace(curve, is_smooth=_set(curve.is_smooth, number, True))
    if curve.is_line[number]:
        yield _bent(curve, number)
        return
    if before is not None and curve.is_smooth[number] and not curve.is_line[before]:
        yield from _levelled_at(curve, number)
    extremes = _extremes(curve.controls[number])
    yield from (_divided(curve, number, t, axis) for t, axis in extremes)
    yield _divided(curve, number)


def _merged(curve: Curve, before: int, number: int) -> Iterator[Curve]:
    """A segment and the one before as one, or if it is short the corner of those to both sides of it."""
    are_lines = bool(curve.is_line[before] and curve.is_line[number])
    yield _without(curve, number, are_lines)
    if are_lines and _turn(curve, number) < _BLUNT:
        yield _without(curve, number, False)
    made = _sharpened(curve, number) if _length(curve, number) < _SHORT else None
    if made:
        yield made


def _before(curve: Curve, number: int) -> int | None:
    """The segment before a node; an open curve has none at its beginning."""
    return number - 1 if number else len(curve) - 1 if curve.is_ring else None


def _behind(curve: Curve, number: int) -> int | None:
    """The segment behind another one; an open curve has none at its end."""
    return number + 1 if number + 1 < len(curve) else 0 if curve.is_ring else None


def _set(flags: Flags, number: int, value: bool) -> Flags:
    changed = flags.copy()
    changed[number] = value
    return changed


def _length(curve: Curve, number: int) -> float:
    return float(np.hypot(*np.diff(curve.controls[number], axis=0).T).sum())


def _turn(curve: Curve, number: int) -> float:
    one, two = _direction(curve, number - 1, 1), _direction(curve, number, 0)
    return abs(float(np.arctan2(one[0] * two[1] - one[1] * two[0], one @ two)))


def _direction(curve: Curve, number: int, end: int) -> Numbers:
    """Unit vector along a segment at its beginning (0) or end (1)."""
    controls = curve.controls[number % len(curve)]
    for step in ((controls[1] - controls[0], controls[3] - controls[2])[end], controls[3] - controls[0]):
        length = np.hypot(*step)
        if length > 1e-6:
            return np.asarray(step / length)
    return np.array([1.0, 0.0])


def _without(curve: Curve, number: int, is_line: bool) -> Curve:
    """Two segments as one: a line or a cubic."""
    size = len(curve)
    before, after = (number - 1) % size, number
    controls = curve.controls
    points = np.vstack([along(controls[before], PLACES), along(controls[after], PLACES), controls[after, 3:]])
    start, end = _direction(curve, before, 0), _direction(curve, after, 1)
    handles = curve.handles.copy()
    handles[before] = _handles(points, start, end)
    flags = _set(curve.is_line, before, is_line)
    return Curve.joined(
        np.delete(curve.nodes, number, axis=0),
        np.delete(curve.is_smooth, number),
        np.delete(flags, number),
        np.delete(handles, number, axis=0),
        curve.is_ring,
    )


def _sharpened(curve: Curve, number: int) -> Curve | None:
    """A short segment replaced by the corner that its neighbours meet in."""
    following = _behind(curve, number)
    if following is None:
        return None
    start, end = curve.nodes[number], curve.nodes[following]
    u, v = _direction(curve, number - 1, 1), -_direction(curve, following, 0)
    far = _crossing(start, u, end, v, _BLUNTEST)
    if far is None or not (0 <= far[0] < 2 * _SHORT and -2 * _SHORT <= far[1] < 2 * _SHORT):
        return None
    corner = start + far[0] * u
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    handles[number - 1, 1] += corner - start
    handles[following, 0] += corner - end
    nodes[following] = corner
    smooth = _set(curve.is_smooth, following, False)
    return Curve.joined(
        np.delete(nodes, number, axis=0),
        np.delete(smooth, number),
        np.delete(curve.is_line, number),
        np.delete(handles, number, axis=0),
        curve.is_ring,
    )


def cornered(curve: Curve, number: int) -> Curve | None:
    """A cubic that hugs a corner as the two lines in which it begins and ends, level or upright if they nearly are.

    In a few pixels a stroke's end looks round; its corners are no place where curves are divided at first.
    """
    if curve.is_line[number]:
        return None
    controls, u, v = curve.controls[number], _direction(curve, number, 0), -_direction(curve, number, 1)
    far = _crossing(controls[0], u, controls[3], v, _SHARP)
    if far is None or min(far) <= 0:
        return None
    corner = controls[0] + far[0] * u
    if np.hypot(*(along(controls, PLACES) - corner).T).min() > _CLOSE:
        return None
    at = number + 1
    made = Curve.joined(
        np.insert(curve.nodes, at, corner, axis=0),
        np.insert(curve.is_smooth, at, False),
        np.insert(_set(curve.is_line, number, True), at, True),
        np.insert(curve.handles, at, curve.handles[number], axis=0),
        curve.is_ring,
    )
    for node in (at + 1) % len(made.nodes), number:  # lines that go on as these begin
        before = _before(made, node)
        if before is None or node == len(made) or not (made.is_line[before] and made.is_line[node]):
            continue
        if _turn(made, node) < _STRAIGHT:
            made = _without(made, node, True)
            at -= node < at
    return _levelled(_levelled(made, (at - 1) % len(made)), at)


def filleted(curve: Curve, number: int) -> Curve | None:
    """What lies between a line and the next one as one cubic that goes on smoothly from both: a fillet."""
    if not curve.is_line[number]:
        return None
    begun, first = (rolled(curve, number), 0) if curve.is_ring else (curve, number)
    last = first + 1
    while last < len(begun) and not (begun.is_line[last] and _length(begun, last) >= _SHORT):
        last += 1
    between = range(first + 1, last)
    is_one = len(between) == 1 and begun.is_smooth[between[0]] and begun.is_smooth[last % len(begun)]
    if is_one or not between or len(between) > _MOST_OF_FILLET or last == len(begun):
        return None
    start, u = begun.nodes[first + 1], _direction(begun, first, 1)
    end, v = begun.nodes[last], -_direction(begun, last, 0)
    far = _crossing(start, u, end, v, _SHARP)
    if far is None or min(far) < -1:
        return None
    corner, half = start + far[0] * u, math.acos(float(u @ v)) / 2
    points = np.concatenate([along(begun.controls[segment], PLACES) for segment in between])
    radius = float(np.hypot(*(points - corner).T).min()) / (1 / math.sin(half) - 1)
    cut = radius / math.tan(half)
    if cut > far[0] + _length(begun, first) or cut > far[1] + _length(begun, last):
        return None
    reach = cut - radius * 4 / 3 * math.tan((math.pi / 2 - half) / 2)
    kept = np.r_[: first + 2, last : len(begun)]
    is_line, handles = begun.is_line[kept], begun.handles[kept]
    is_line[first + 1], handles[first + 1] = False, (corner - reach * u, corner - reach * v)
    made = Curve.joined(
        np.vstack([begun.nodes[: first + 1], corner - cut * u, corner - cut * v, begun.nodes[last + 1 :]]),
        np.concatenate([begun.is_smooth[: first + 1], [True, True], begun.is_smooth[last + 1 :]]),
        is_line,
        handles,
        curve.is_ring,
    )
    return rolled(made, -number) if curve.is_ring else made


def _crossing(one: Numbers, u: Numbers, other: Numbers, v: Numbers, least: float) -> tuple[float, float] | None:
    """How far it is from two points in these directions to where both meet; None below the least sine of the angle."""
    cross, step = u[0] * v[1] - u[1] * v[0], other - one
    if abs(cross) < least:
        return None
    return (step[0] * v[1] - step[1] * v[0]) / cross, (step[0] * u[1] - step[1] * u[0]) / cross


def _levelled(curve: Curve, number: int) -> Curve:
    """A line that is nearly level or upright, exactly so, unless an open curve ends there."""
    if _before(curve, number) is None or _behind(curve, number) is None:
        return curve
    following = (number + 1) % len(curve)
    step = np.abs(curve.nodes[following] - curve.nodes[number])
    across = int(step[1] < step[0])
    if step[across] > _LEAN * step[1 - across]:
        return curve
    nodes, handles = curve.nodes.copy(), curve.handles.copy()
    nodes[[number, following], across] = curve.nodes[[number, following], across].mean()
    handles[number - 1, 1] += nodes[number] - curve.nodes[number]
    handles[following, 0] += nodes[following] - curve.nodes[following]
    return replace(curve, nodes=nodes, handles=handles)


def _straightened(curve: Curve, number: int) -> Curve:
    return Curve.joined(curve.nodes, curve.is_smooth, _set(curve.is_line, number, True), curve.handles, curve.is_ring)


def _bent(curve: Curve, number: int) -> Curve:
    """A line as a cubic."""
    handles = curve.handles.copy()
    handles[number] = curve.controls[number, 1:3]
    return Curve.joined(curve.nodes, curve.is_smooth, _set(curve.is_line, number, False), handles, curve.is_ring)


def _divided(curve: Curve, number: int, t: float = 0.5, axis: int | None = None) -> Curve:
    """A cubic as two, which keep exactly to an axis where they meet, if one is given."""
    p = curve.controls[number]
    a, b, c = (1 - t) * p[:-1] + t * p[1:]
    d, e = (1 - t) * a + t * b, (1 - t) * b + t * c
    middle = (1 - t) * d + t * e
    if axis is not None:
        d[axis] = e[axis] = middle[axis]
    handles = curve.handles.copy()
    handles[number] = a, d
    at = number + 1
    return Curve.joined(
        np.insert(curve.nodes, at, middle, axis=0),
        np.insert(curve.is_smooth, at, True),
        np.insert(curve.is_line, at, False),
        np.insert(handles, at, np.array([e, c]), axis=0),
        curve.is_ring,
    )


def _extremes(segment: Numbers) -> list[tuple[float, int]]:
    """Where a cubic is upright or level, not near its ends, and which coordinate is most or least there."""
    at = np.empty(2)
    found = []
    for axis, other in ((0, 1), (1, 0)):
        for t in at[: turns(np.ascontiguousarray(segment[:, [other, axis]]), at)].tolist():
            if _NEAR_END < t < 1 - _NEAR_END:
                found.append((t, axis))
    return found


def _levelled_at(curve: Curve, number: int) -> Iterator[Curve]:
    """A smooth node exactly level or upright if it nearly is, else moved to where the cubics beside it are."""
    before, controls = (number - 1) % len(curve), curve.controls
    ways = np.abs([_direction(curve, before, 1), _direction(curve, number, 0)]).max(axis=0)
    axis = int(ways[1] < ways[0])
    if ways[axis] < _NEARLY:
        if (controls[[before, number], [2, 1], axis] != curve.nodes[number, axis]).any():
            handles = curve.handles.copy()
            handles[before, 1, axis] = handles[number, 0, axis] = curve.nodes[number, axis]
            yield replace(curve, handles=handles)
        return
    points = np.vstack([along(controls[before], PLACES), along(controls[number], PLACES), controls[number, 3:]])
    start, end = _direction(curve, before, 0), _direction(curve, number, 1)
    for segment, begun in ((before, 0), (number, 1)):
        for t, axis in _extremes(controls[segment]):
            node = along(controls[segment], np.array([t]))
            way = np.zeros(2)
            way[1 - axis] = np.sign((controls[segment, 3] - controls[segment, 0])[1 - axis])
            middle = (begun + t) * len(PLACES)
            one = np.vstack([points[: math.ceil(middle)], node])
            other = np.vstack([node, points[math.floor(middle) + 1 :]])
            nodes, handles = curve.nodes.copy(), curve.handles.copy()
            nodes[number] = node
            handles[before], handles[number] = _handles(one, start, way), _handles(other, way, end)
            handles[before, 1, axis] = handles[number, 0, axis] = node[0, axis]
            yield replace(curve, nodes=nodes, handles=handles)


def _handles(points: Numbers, start: Numbers, end: Numbers) -> Numbers:
    """Those of a cubic along points, in these directions at both ends."""
    ends = np.concatenate([points[0], start, points[-1], end])
    a, b, total, _ = fit_cubic(paced(points, False), 0, len(points) - 1, ends, (0.0, 0.0), 1e3)
    if total < 0:
        a = b = float(np.hypot(*(points[-1] - points[0]))) / 3
    return np.array([points[0] + a * start, points[-1] - b * end])
