"""Stems: strokes along an axis that are as wide as each other, but for what samples hide, are exactly so.

A renderer that counts samples shows strokes of one width some a sample wider than others, by where they happen to lie.
All of them together tell the width better than any does alone, and it tells where their sides are. So does the border,
where a drawing fills its picture with a corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Rectangle
from svgai.engine.forms import Form, form_of, is_reversed, numbers_of, shaped
from svgai.engine.target import Target
from svgai.engine.unsample import refined_around
from svgai.engine.web import Web
from svgai.strands import Figure, Network, Numbers

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_SHORT = 1.2
"""Pixels of a line that is too short to be a side."""
_THINNEST, _WIDEST = 0.6, 80.0
"""Pixels from one side of a stem to the other."""
_BESIDE = 0.5
"""The part of its length that a side runs along the other one."""
_SAME = 0.03
"""Pixels from a line to the next one that lies where it does."""
_SLACK = 0.03
"""Pixels besides those of a sample by which equal widths may differ."""
_FIRM = 100.0
"""How much more it counts that a stem has its width than that its sides stay."""
_TURNS = 100
_EDGE = 0.13
"""Pixels from the picture's border at which a side is on it, and stays, and a corner may be."""
_LONG = 8.0
"""Pixels of a slanted line that tells where it meets the border."""


class _Sides(NamedTuple):
    """Lines along one axis, in order, and what is beside them."""

    at: Numbers
    since: Numbers
    until: Numbers
    behind: Integers
    """The region where coordinates are less..."""
    ahead: Integers
    """...and that where they are more."""
    upon: Integers
    """The region that is drawn there upon another one: that inside of a ring, unless it is paper; or -1."""
    segment: Integers


def even(figure: Figure, target: Target) -> Figure:
    """Make stems as wide as others like them, as far as samples leave that open, and refine the rest around them."""
    if target.samples < 2 or not any(len(curve) for curve in figure[0].curves):  # where it is one, each tells its own
        return figure
    network, primitives = shaped(*figure), dict(figure[1])
    web = Web.woven(network)
    by = np.zeros((len(web.first), 2))
    for axis in (0, 1):
        sides = _sides(web, network, axis)
        by[sides.segment, axis] = _shifts(sides, network.strands.inks, target, axis, _cornered(web, target, axis))
    if not by.any():
        return figure
    for number in network.free_rings():
        form, mine = primitives.get(number), web.strand == number
        if isinstance(form, Rectangle) and by[mine].any():
            primitives[number] = _moved_form(form, web.nodes[web.first[mine]], by[mine])
    moved, pinned = _moved(web, by)
    return shaped(refined_around(moved, pinned, network, primitives, target), primitives), primitives


def _sides(web: Web, network: Network, axis: int) -> _Sides:
    steps = web.nodes[web.last] - web.nodes[web.first]
    is_along = web.is_line & (steps[:, axis] == 0) & (np.abs(steps[:, 1 - axis]) >= _SHORT)
    is_own = (web.host < 0) | (web.keeps == axis)
    is_along &= is_own[web.first] & is_own[web.last]
    mine = np.flatnonzero(is_along[web.segment])
    pieces = web.pieces()[0][mine]
    since, until = np.sort(pieces[:, [0, 3], 1 - axis], axis=1).T
    left, right = web.sides[mine].T.astype(np.int64)
    is_left_ahead = (pieces[:, 3, 1 - axis] > pieces[:, 0, 1 - axis]) == (axis == 0)
    upon = np.where(_turns_left(network)[web.strand[web.segment[mine]]], left, right)
    upon[~_is_ring(network)[web.strand[web.segment[mine]]] | (upon == network.strands.paper)] = -1
    behind, ahead = np.where(is_left_ahead, right, left), np.where(is_left_ahead, left, right)
    order = np.argsort(pieces[:, 0, axis], kind="stable")
    at, segment = pieces[order, 0, axis], web.segment[mine].astype(np.int64)[order]
    return _Sides(at, since[order], until[order], behind[order], ahead[order], upon[order], segment)


def _cornered(web: Web, target: Target, axis: int) -> Numbers:
    """How far each line along an axis is to move for a corner at its end to lie on the border; else not a number.

    Drawings fill their pictures: the corner with a slanted line that is the outermost of all was meant to be there.
    """
    found = np.full(len(web.first), np.nan)
    steps, outer = web.nodes[web.last] - web.nodes[web.first], web.controls[..., 1 - axis]
    lengths = np.hypot(*steps.T)
    for border, most in ((0, float(outer.min())), (target.pixels.shape[axis], float(outer.max()))):
        if abs(most - border) > _EDGE:
            continue
        for nodes, others in ((web.first, web.before), (web.last, web.after)):
            slants = others[nodes]
            is_slanted = (
                web.is_line[slants] & (slants >= 0) & (lengths[slants] >= _LONG) & (steps[slants] != 0).all(axis=1)
            )
            is_outermost = np.abs(web.nodes[nodes, 1 - axis] - most) < _SAME
            lines = np.flatnonzero(web.is_line & (steps[:, axis] == 0) & is_slanted & is_outermost)
            slopes = steps[slants[lines], axis] / steps[slants[lines], 1 - axis]
            shifts = (border - web.nodes[nodes[lines], 1 - axis]) * slopes
            is_hidden = np.abs(shifts) < 0.5 / target.samples + _SLACK
            found[lines[is_hidden]] = shifts[is_hidden]
    return found


def _is_ring(network: Network) -> Flags:
    return np.array([curve.is_ring for curve in network.curves], np.bool_)


def _turns_left(network: Network) -> Flags:
    """The strands that have their inside to the left, if they are rings."""
    return np.array([len(curve) > 0 and is_reversed(curve) for curve in network.curves], np.bool_)


def _stems(sides: _Sides, inks: NDArray[np.int16]) -> Iterator[tuple[int, int]]:
    """Pairs of sides with one region between them, and one ink to both sides of it."""
    paper = len(inks) - 1
    firsts = np.searchsorted(sides.at, sides.at + _THINNEST)
    lasts = np.searchsorted(sides.at, sides.at + _WIDEST)
    for one, (region, first, last) in enumerate(zip(sides.ahead, firsts, lasts, strict=True)):
        if region == paper:
            continue
        since, until = sides.since[first:last], sides.until[first:last]
        length = np.minimum(until - since, sides.until[one] - sides.since[one])
        overlap = np.minimum(until, sides.until[one]) - np.maximum(since, sides.since[one])
        is_region = (sides.behind[first:last] == region) | (sides.ahead[first:last] == region)
        found = np.flatnonzero(is_region & (overlap > _BESIDE * length))
        if not len(found) or sides.behind[first + found[0]] != region:
            continue
        other = int(first + found[0])
        is_ground = sides.upon[one] == sides.behind[one] and sides.upon[other] == sides.ahead[other]
        if inks[sides.behind[one]] == inks[sides.ahead[other]] and not is_ground:
            yield one, other


def _shifts(sides: _Sides, inks: NDArray[np.int16], target: Target, axis: int, cornered: Numbers) -> Numbers:
    """How far each line is to move, for its corner or else for its stems."""
    place = np.cumsum(np.diff(sides.at, prepend=sides.at[:1]) > _SAME)
    stems = np.array(list(_stems(sides, inks)), np.int64).reshape(-1, 2)
    pairs = np.unique(place[stems], axis=0)
    given = cornered[sides.segment]
    if not len(pairs) and not np.isfinite(given).any():
        return np.zeros(len(sides.at))
    size = target.pixels.shape[1 - axis]
    at = np.clip(np.bincount(place, sides.at) / np.bincount(place), 0, size)
    widths = at[pairs[:, 1]] - at[pairs[:, 0]]
    missing = _common(widths, 1 / target.samples + _SLACK) - widths
    pairs, missing = pairs[np.isfinite(missing)], missing[np.isfinite(missing)]
    known = np.full(len(at), np.nan)
    known[place[np.isfinite(given)]] = given[np.isfinite(given)]
    known[np.minimum(at, size - at) < _EDGE] = 0
    asked = np.bincount(pairs.ravel(), minlength=len(at)) + 1 / _FIRM
    shifts = np.zeros(len(at))
    for _ in range(_TURNS):
        wanted = np.bincount(pairs[:, 0], shifts[pairs[:, 1]] - missing, len(at))
        wanted += np.bincount(pairs[:, 1], shifts[pairs[:, 0]] + missing, len(at))
        shifts = np.where(np.isfinite(known), known, (shifts + wanted / asked) / 2)
    middle, most = np.round(at * target.samples) / target.samples, 0.5 / target.samples
    return np.asarray(np.clip(shifts, np.minimum(0, middle - most - at), np.maximum(0, middle + most - at))[place])


def _common(widths: Numbers, tolerance: float) -> Numbers:
    """The width of all that are about as wide as each, most of them first; not a number where there is no other."""
    found = np.full(len(widths), np.nan)
    order = np.argsort(widths, kind="stable")
    while len(order):
        ranked = widths[order]
        ends = np.searchsorted(ranked, ranked + tolerance, side="right")
        first = int(np.argmax(ends - np.arange(len(ranked))))
        mine = slice(first, ends[first])
        if ends[first] - first < 2:
            break
        found[order[mine]] = math.fsum(ranked[mine]) / (ends[first] - first)
        order = np.delete(order, mine)
    return found


def _moved(web: Web, by: Numbers) -> tuple[Web, Flags]:
    """The web with its lines moved, and which coordinates are to stay there."""
    nodes, pinned = web.nodes.copy(), np.zeros(web.nodes.shape, np.bool_)
    lines, axes = np.nonzero(by)
    for ends in (web.first[lines], web.last[lines]):
        nodes[ends, axes] = web.nodes[ends, axes] + by[lines, axes]
        pinned[ends, axes] = True
    return web.placed(nodes), pinned


def _moved_form(form: Form, corners: Numbers, by: Numbers) -> Form:
    """A rectangle with its sides moved as the lines of its outline are, which begin at these corners."""
    numbers = numbers_of(form)[0]
    middle = numbers[:2].copy()
    for axis in (0, 1):
        for k in np.flatnonzero(by[:, axis]).tolist():
            numbers[axis] += by[k, axis] / 2
            numbers[2 + axis] += by[k, axis] * (1 if corners[k, axis] > middle[axis] else -1)
    return form_of(form, numbers)
