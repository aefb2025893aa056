"""From boundaries to strands: which boundaries are one edge of the drawing, and which end on another."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from svgai.cover import Cover, Inks
from svgai.engine.kernels.bends import foot, look
from svgai.engine.kernels.cracks import find_crossings
from svgai.regions import OUTSIDE, Boundary, Edges, Outline, Outlines, Regions
from svgai.strands import Numbers, Strand, Strands, Stretch

STRAIGHT = math.radians(28)
"""Two boundaries that turn less than this where they meet may be one edge."""
_BESIDE = 0.6
"""Pixels between two boundaries that are continued towards each other, if they are one edge."""
_MIXED = 1.25
"""Points nearer than this to a joint are measured on pixels of three inks."""
_SKIP, _REACH = 1.3, 5.0
_ASTRAY, _SWERVING, _NEAR = 0.08, 0.1, 1.8
"""Points that far off their curve, or bent that much, turn a corner; then only those are looked at that are near."""

End: TypeAlias = tuple[int, int]
"""A line's number, and 0 for where it begins or 1 for where it ends."""
Place: TypeAlias = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Line:
    """A boundary that is visible: its corners, its points, and the regions on its sides."""

    corners: NDArray[np.int32]
    points: Numbers
    left: int
    right: int
    is_exact: bool
    """Whether its points are where it turns, with both ends; otherwise they are without these, and only near it."""

    def place(self, end: int) -> Place:
        x, y = self.corners[-end]
        return int(x), int(y)

    def from_end(self, end: int) -> Numbers:
        """The points in the order in which they follow from an end."""
        return self.points[::-1] if end else self.points


def find_strands(outlines: Outlines, regions: Regions, cover: Cover, inks: Inks) -> Strands:
    """Join what is one edge, and say where the others end."""
    owner, crossings = _merged(regions, cover, inks.ground)
    is_exact = outlines.edges is Edges.SQUARES
    lines = [line for outline in outlines if (line := _line(outline, owner, inks.ground, cover, is_exact))]
    meetings: dict[Place, list[End]] = defaultdict(list)
    for number, line in enumerate(lines):
        for end in (0, 1):
            meetings[line.place(end)].append((number, end))
    partners: dict[End, End] = {}
    joint_of: dict[End, int] = {}
    joints: list[Numbers] = []
    for place, ends in meetings.items():
        pairs = _pairs(place, ends, lines, crossings)
        for one, other in pairs:
            partners[one], partners[other] = other, one
        if len(ends) != 2 * len(pairs):
            joint_of.update(dict.fromkeys(ends, len(joints)))
            joints.append(np.array(place, np.float64))
    strands = tuple(_strands(lines, partners, joint_of, joints))
    known = np.append(regions.inks, inks.ground).astype(np.int16)
    return Strands(strands, np.array(joints).reshape(-1, 2), owner, known, outlines.edges)


def _merged(regions: Regions, cover: Cover, ground: int) -> tuple[NDArray[np.int64], dict[Place, bool]]:
    """For each region the one that it counts as; and where regions of an ink meet corner to corner.

    All regions of the paper's ink at the border are paper, and so is what lies outside (the last entry).
    """
    labels = regions.labels
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    paper = len(regions)
    owner = np.arange(paper + 1)
    owner[np.unique(border[regions.inks[border] == ground])] = paper
    crossings: dict[Place, bool] = {}
    for x, y in _crossings(regions).tolist():
        here, above = labels[y, x], labels[y - 1, x]
        around = slice(max(0, y - 3), y + 3), slice(max(0, x - 3), x + 3)
        falls = bool(cover.amount(int(regions.inks[here]), around).mean() < 0.5)  # the scarcer ink holds together
        one, other = (labels[y - 1, x - 1], here) if falls else (above, labels[y, x - 1])
        owner[owner == min(owner[one], owner[other])] = max(owner[one], owner[other])
        crossings[x, y] = falls
    return owner, crossings


def _crossings(regions: Regions) -> NDArray[np.int32]:
    """Corners, as (x, y), where two regions of one ink meet across two of another one."""
    found = np.empty((1_000, 2), np.int32)
    count = find_crossings(regions.labels, regions.inks, found)
    if count > len(found):
        found = np.empty((count, 2), np.int32)
        find_crossings(regions.labels, regions.inks, found)
    return found[:count]


def _line(outline: Outline, owner: NDArray[np.int64], ground: int, cover: Cover, is_exact: bool) -> Line | None:
    boundary = outline.boundary
    left, right = (int(owner[side]) for side in (boundary.left, boundary.right))
    if left == right:
        return None
    if is_exact:
        points = outline.points
    elif OUTSIDE in (boundary.left, boundary.right):
        points = _along_border(boundary, ground, cover)
    else:
        points = outline.points[:-1] if boundary.is_ring else outline.points[1:-1]
    return Line(boundary.points, points, left, right, is_exact)


def _along_border(boundary: Boundary, ground: int, cover: Cover) -> Numbers:
    """Where an edge runs that leaves a little paper between itself and the border, or none."""
    height, width = cover.first.shape
    here, there = boundary.points[:-1], boundary.points[1:]
    is_row = here[:, 1] == there[:, 1]
    columns, rows = (np.minimum(here[:, axis], there[:, axis]) for axis in (0, 1))
    inward = np.where(is_row, np.where(rows == 0, 1, -1), np.where(columns == 0, 1, -1))
    x = np.where(is_row, columns, np.where(columns == 0, 0, width - 1))
    y = np.where(is_row, np.where(rows == 0, 0, height - 1), rows)
    deeper_x = np.clip(np.where(is_row, x, x + inward), 0, width - 1)
    deeper_y = np.clip(np.where(is_row, y + inward, y), 0, height - 1)
    paper = cover.amount(ground, (y, x))
    depth = paper + np.where(paper > 0, cover.amount(ground, (deeper_y, deeper_x)), 0)
    return np.where(
        is_row[:, None],
        np.stack([columns + 0.5, rows + inward * depth], axis=1),
        np.stack([columns + inward * depth, rows + 0.5], axis=1),
    ).astype(np.float64)


def _pairs(place: Place, ends: list[End], lines: list[Line], crossings: dict[Place, bool]) -> list[tuple[End, End]]:
    """Which ends at a place are continued by each other."""
    if len(ends) == 2:
        return [(ends[0], ends[1])]
    if len(ends) == 4 and place in crossings:
        by_way = {_way(lines[number], end): (number, end) for number, end in ends}
        turns = (("N", "E"), ("S", "W")) if crossings[place] else (("N", "W"), ("S", "E"))
        return [(by_way[one], by_way[other]) for one, other in turns]
    if len(ends) != 3:
        return []
    if lines[ends[0][0]].is_exact:
        ways = {_way(lines[number], end): (number, end) for number, end in ends}
        return [(ways[one], ways[other]) for one, other in ("NS", "EW") if one in ways and other in ways]
    reached = {(number, end): _continued(lines[number].from_end(end), place) for number, end in ends}
    straight = [(_bend(reached[one], reached[other]), (one, other)) for one, other in itertools.combinations(ends, 2)]
    bend, pair = min(straight, key=lambda found: found[0])
    return [pair] if bend < STRAIGHT else []


def _way(line: Line, end: int) -> str:
    """The direction in which a line leaves its end."""
    x, y = line.corners[-2] - line.corners[-1] if end else line.corners[1] - line.corners[0]
    return {(0, -1): "N", (1, 0): "E", (0, 1): "S", (-1, 0): "W"}[int(x), int(y)]


def _bend(one: Numbers | None, other: Numbers | None) -> float:
    """The angle between two lines where they reach a place, infinite where they would miss each other."""
    if one is None or other is None:
        return math.inf
    across = np.array([other[3] - one[3], one[2] - other[2]])
    offset = abs((one[:2] - other[:2]) @ across) / (np.hypot(*across) + 1e-9)
    return math.inf if offset > _BESIDE else math.acos(min(1.0, max(-1.0, -float(one[2:] @ other[2:]))))


def _continued(points: Numbers, place: Place) -> Numbers | None:
    """Where a line whose points lead away from a place would reach it, and its direction there."""
    here = np.array(place, np.float64)
    side = np.empty(8)
    is_seen = look(np.vstack([here[None], points]), False, 0, 1, _SKIP, _REACH, side)
    if is_seen and side[7] <= _ASTRAY and abs(side[6]) <= _SWERVING:
        return np.array(foot(side, *here))
    if not len(points):
        return None
    # It soon turns: only what is near tells where it comes from.
    far = np.hypot(*(points - here).T)
    near = points[: max(1, int(np.argmax(np.append(far, np.inf) > _NEAR)))]
    step = near[-1] - here
    return np.concatenate([here, step / (np.hypot(*step) + 1e-9)])


def _strands(
    lines: list[Line], partners: dict[End, End], joint_of: dict[End, int], joints: list[Numbers]
) -> list[Strand]:
    """Follow every line to its partners: first from ends that have none, then round the rings that are left."""
    loose = [(number, end) for number in range(len(lines)) for end in (0, 1) if (number, end) not in partners]
    seen: set[int] = set()
    strands = []
    for start in loose + [(number, 0) for number in range(len(lines))]:
        if start[0] in seen:
            continue
        chain = _chain(start, partners)
        seen.update(number for number, _ in chain)
        strands.append(_joined(chain, lines, start in partners, joint_of, joints))
    return strands


def _chain(start: End, partners: dict[End, End]) -> list[End]:
    """The lines of a strand, each with the end where it is entered."""
    chain = [start]
    while True:
        number, end = chain[-1]
        following = partners.get((number, 1 - end))
        if following is None or following == start:
            return chain
        chain.append(following)


def _joined(
    chain: list[End], lines: list[Line], is_ring: bool, joint_of: dict[End, int], joints: list[Numbers]
) -> Strand:
    points: list[Numbers] = []
    stretches: list[Stretch] = []
    passed: list[int | None] = []
    marks: list[int] = []
    for number, end in chain:
        line = lines[number]
        near = [joints[joint_of[at]] if (at := (number, each)) in joint_of else None for each in (end, 1 - end)]
        points.append(line.from_end(end)[:-1] if line.is_exact else _clear_of_joints(line.from_end(end), near))
        left, right = (line.right, line.left) if end else (line.left, line.right)
        if stretches and passed[-1] is None:
            del passed[-1], marks[-1]
        else:
            stretches.append(Stretch(left, right))
        passed.append(joint_of.get((number, 1 - end)))
        marks.append(sum(map(len, points)))
    if is_ring:
        if passed[-1] is None and len(stretches) > 1:
            # The first stretch only goes on where the last one ends.
            stretches, passed, marks = (
                stretches[1:-1] + stretches[:1],
                passed[1:-1] + passed[:1],
                marks[1:-1] + marks[:1],
            )
        joined = tuple(joint for joint in passed if joint is not None)
        return Strand(np.vstack(points), True, tuple(stretches), joined, tuple(marks[: len(joined)]), None)
    (first, begun), (last, entered) = chain[0], chain[-1]
    start, stop = joint_of[first, begun], joint_of[last, 1 - entered]
    joined = tuple(joint for joint in passed[:-1] if joint is not None)
    if lines[first].is_exact:
        whole = np.vstack([*points, joints[stop]])
        return Strand(whole, False, tuple(stretches), joined, tuple(marks[:-1]), (start, stop))
    reached = [
        _continued(lines[number].from_end(end), (joints[joint][0], joints[joint][1]))
        for number, end, joint in ((first, begun, start), (last, 1 - entered, stop))
    ]
    tips = [joints[joint] if found is None else found[:2] for found, joint in zip(reached, (start, stop), strict=True)]
    whole = np.vstack([tips[0][None], *points, tips[1][None]])
    return Strand(whole, False, tuple(stretches), joined, tuple(mark + 1 for mark in marks[:-1]), (start, stop))


def _clear_of_joints(points: Numbers, joints: list[Numbers | None]) -> Numbers:
    """Points without those near the joints at their two ends: the first one, wherever it seems to be, and its like."""
    is_clear = np.ones(len(points), np.bool_)
    for end, joint in zip((0, -1), joints, strict=True):
        if joint is not None:
            is_clear[end] = False
            is_clear &= np.hypot(*(points - joint).T) > _MIXED
    return points[is_clear] if is_clear.any() else points[len(points) // 2 : len(points) // 2 + 1]
