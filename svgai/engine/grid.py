"""The grid: what was drawn on the squares of a grid is put on them exactly.

Icons, and some logos, are drawn in whole numbers. Where edges lie on a grid that divides the picture, more of them than
chance puts there, that is where they were meant to be. A renderer that counts samples hides up to an eighth of a pixel
of an edge along an axis; the grid still tells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from svgai.drawing import Circle, Rectangle
from svgai.engine.forms import Form, form_of, numbers_of, shaped
from svgai.engine.target import Target
from svgai.engine.unsample import refined_around
from svgai.engine.web import Web
from svgai.strands import Figure, Network, Numbers, Primitives

Flags = NDArray[np.bool_]
Pitch = tuple[float, float]
"""Pixels from one line of the grid to the next, across and down; 0 where there is none."""

_FINEST, _MOST_CELLS, _MOST_PLACES = 0.55, 512, 500
"""Pixels, as a finer grid would be everywhere; cells along a side; and places that are held against them."""
_ON_GRID = 0.8
"""The part of a drawing's places that are on its grid."""
_SURPRISE = 4.0
"""How much likelier a grid is to be no accident, as a logarithm, when it is believed in."""
_SQUARE, _SKEWED = 1.0, 1.6
"""What it costs, as logarithms, if cells divide one side alone: as high as wide, or not quite, as sides are rounded."""
_SKEWS: Final = np.linspace(-1, 1, 9)
_FINE: Final = np.linspace(-1, 1, 201)
_CLEAR = 0.4
"""Of the noise, to which a corner of long slanted lines is known."""
_SLACK = 0.005
"""Pixels by which a line along an axis may miss the samples that it passes between."""
_ROUND, _EXTREME = 0.025, 0.1
"""Pixels to which circles and ellipses are known, and to which other curves are where they run along an axis."""
_NEAR = 0.1
"""Pixels from a grid, once found, at which everything is on it."""
_KEPT = 0.5
"""The part of what is long or wide that has to be left of it."""
_RADIUS = 0.25
"""Pixels to which the corners' radius of a rectangle is known."""
_FLAT, _DIAGONAL = 0.02, 0.02
"""Slope of a curve that runs along an axis, and part of a line's length by which it may miss 45 degrees."""
_SHORT, _LONG = 2.0, 4.0
"""Pixels of a line that says nothing of its corners, and of one that says all."""
_EDGE = 0.2
"""Pixels from the picture's border, which is on every grid."""
_APART = 0.08
"""Pixels between places that are two."""
_MOST_COST = 8.0
"""Prices of a number that what is put on the grid may cost at most, for each coordinate."""


class _Places(NamedTuple):
    """Along one axis, where a drawing has edges or corners."""

    size: int
    """Pixels of the picture."""
    at: Numbers
    known: Numbers
    """To how many pixels."""

    @classmethod
    def of(cls, size: int, at: Numbers, known: Numbers) -> _Places:
        """Each place once; those as far from one border as others from the other border say nothing more."""
        folded = np.minimum(at, size - at)
        order = np.argsort(folded, kind="stable")
        order = order[folded[order] > _EDGE]
        order = order[np.diff(folded[order], prepend=-1.0) > _APART]
        order = order[:: 1 + len(order) // _MOST_PLACES]
        return cls(size, at[order], known[order])

    def odds(self, pitch: Numbers) -> Numbers:
        """How much likelier these places are on a grid of each pitch than by chance, as a logarithm."""
        chance = np.minimum(0.98, 2 * self.known / pitch[:, None])
        odds = np.where(self.on(pitch), np.log(_ON_GRID / chance), np.log((1 - _ON_GRID) / (1 - chance)))
        return np.asarray(odds.sum(axis=1))

    def on(self, pitch: Numbers) -> Flags:
        """Which of these places, by columns, are on the grid of each pitch."""
        pitch = pitch[:, None]
        return np.asarray(np.abs(self.at - np.round(self.at / pitch) * pitch) < self.known)

    def fitted(self, pitch: float, skew: float) -> float:
        """The middle of those pitches, that much wider or narrower at most, that most of these places are on."""
        pitches = pitch * (1 + skew * _FINE)
        count = self.on(pitches).sum(axis=1)
        return float(pitches[count == count.max()].mean())


def snap(figure: Figure, target: Target) -> Figure:
    """Put what is on a grid exactly there, if there is one, and refine the rest around it."""
    network, primitives = figure
    if not any(len(curve) for curve in network.curves):
        return figure
    web, forms = Web.woven(network), {number: form for number, form in primitives.items() if _is_level(form)}
    told = _told(web, primitives, target)
    pitch = _find(*(_places(told, forms, target, axis) for axis in (0, 1)))
    if not any(pitch):
        return figure
    snapped, pinned = _snapped(web, told, pitch)
    shapes = {**primitives, **{number: _snapped_form(form, target, pitch) for number, form in forms.items()}}
    made = refined_around(snapped, pinned, network, shapes, target)
    numbers = len(np.unique(web.nodes[pinned])) + 4 * len(forms)
    most = _MOST_COST * target.price * float((web.steps(target) ** 2).sum(axis=1).max()) * numbers
    cost = _error(made, shapes, target) - _error(network, primitives, target)
    return (made, shapes) if cost <= most else figure


def _is_level(form: Form) -> bool:
    return isinstance(form, Circle) or not form.turn


def _error(network: Network, primitives: Primitives, target: Target) -> float:
    """What is left between the picture and the drawing, drawn as the picture was."""
    return float(((Web.woven(shaped(network, primitives)).rendered(target) - target.pixels) ** 2).sum())


def _blur(target: Target) -> float:
    """Pixels to which what follows from a line along an axis is known."""
    return 0.5 / target.samples + _ROUND if target.samples else _CLEAR * target.noise


def _lines(at: Numbers, target: Target) -> tuple[Numbers, Numbers]:
    """Where lines along an axis may be: half way between samples, and to how many pixels that is known."""
    if not target.samples:
        return at, np.full(at.shape, _blur(target))
    middle = np.round(at * target.samples) / target.samples
    return middle, 0.5 / target.samples + _SLACK + np.abs(at - middle)


class _Told(NamedTuple):
    """What the nodes of a web tell; each nodes x 2."""

    at: Numbers
    known: Numbers
    """To how many pixels, infinitely many where it is not known."""
    speaks: Flags
    """Whether it may speak for a grid."""


def _told(web: Web, primitives: Primitives, target: Target) -> _Told:
    lined, blurred = _lines(web.nodes, target)
    at, known, speaks = web.nodes.copy(), np.full(web.nodes.shape, np.inf), np.ones(web.nodes.shape, np.bool_)
    is_mine = ~np.isin(web.strand, list(primitives))
    steps = np.abs(web.nodes[web.last] - web.nodes[web.first])
    lengths = np.hypot(*steps.T)
    is_blurred = (steps == 0).any(axis=1) | (np.abs(steps[:, 0] - steps[:, 1]) < _DIAGONAL * lengths)
    corners = _ends(web, is_mine) & ~_ends(web, lengths < _SHORT) & ~web.is_smooth
    known[corners] = _CLEAR * target.noise
    unclear = corners & _ends(web, ~web.is_line | is_blurred | (lengths < _LONG))
    known[unclear] = _blur(target)
    speaks[corners & _ends(web, ~web.is_line)] = False
    for axis in (0, 1):
        for end, nodes in enumerate((web.first, web.last)):
            reach = np.abs(web.handles[:, end] - web.nodes[nodes])
            runs_along = ~web.is_line & web.is_smooth[nodes] & (reach[:, axis] < _FLAT * reach[:, 1 - axis])
            known[nodes[is_mine & runs_along], axis] = _EXTREME
        for nodes in (web.first, web.last):
            line = nodes[is_mine & web.is_line & (steps[:, axis] == 0) & (lengths >= _SHORT)]
            at[line, axis], known[line, axis], speaks[line, axis] = lined[line, axis], blurred[line, axis], True
    known[(web.host >= 0)[:, None] & (web.keeps[:, None] != (0, 1))] = np.inf
    return _Told(at, known, speaks)


def _ends(web: Web, segments: Flags) -> Flags:
    """The nodes at which these segments begin or end."""
    nodes = np.zeros(len(web.nodes), np.bool_)
    nodes[web.first[segments]] = nodes[web.last[segments]] = True
    return nodes


def _sides(form: Form, target: Target, axis: int) -> tuple[Numbers, Numbers]:
    """Where a form may begin and end along an axis, and to how many pixels that is known."""
    numbers = numbers_of(form)[0]
    sides = numbers[axis] + numbers[2 + axis] * np.array([-0.5, 0.5])
    return _lines(sides, target) if isinstance(form, Rectangle) else (sides, np.full(2, _ROUND))


def _places(told: _Told, forms: Mapping[int, Form], target: Target, axis: int) -> _Places:
    is_told = told.speaks[:, axis] & np.isfinite(told.known[:, axis])
    sides = [_sides(form, target, axis) for form in forms.values()]
    at, known = (
        np.concatenate([mine[is_told, axis], *(side[number] for side in sides)])
        for number, mine in enumerate((told.at, told.known))
    )
    return _Places.of(target.pixels.shape[1 - axis], at, known)


def _find(across: _Places, down: _Places) -> Pitch:
    """The grid that these places are on, with cells that are square or all but, or along one axis alone."""
    alone = [_find_alone(places) for places in (across, down)]
    best, pitch = sum(odds for odds, _ in alone), (alone[0][1], alone[1][1])
    for is_turned, (one, other) in enumerate(((across, down), (down, across))):
        odds, found = _find_square(one, other)
        if odds > max(best, _SURPRISE):
            best, pitch = odds, (found[::-1] if is_turned else found)
    return pitch


def _pitches(places: _Places) -> tuple[Numbers, Numbers]:
    """All that divide the picture, and the odds of each, those of coarse ones better."""
    count = np.arange(1, max(2, min(_MOST_CELLS, int(places.size / _FINEST))), dtype=np.float64)
    pitches = places.size / count
    return pitches, places.odds(pitches) - np.log(count * (count + 1))


def _find_alone(places: _Places) -> tuple[float, float]:
    pitches, odds = _pitches(places)
    best = int(np.argmax(odds))
    return (float(odds[best]), float(pitches[best])) if odds[best] > _SURPRISE else (0.0, 0.0)


def _find_square(one: _Places, other: _Places) -> tuple[float, Pitch]:
    """Cells that divide one side and the other one too, or that are as high as wide, or not quite."""
    pitches, odds = _pitches(one)
    most = 0.5 / min(one.size, other.size)
    whole = other.size / np.maximum(1, np.round(other.size / pitches))
    whole = np.where(np.abs(whole / pitches - 1) <= most, whole, pitches)
    others = np.stack([whole, pitches, *(pitches * (1 + most * skew) for skew in _SKEWS)])
    costs = np.array([0.0, _SQUARE] + [_SKEWED] * len(_SKEWS))
    both = odds + np.stack([other.odds(pitch) - cost for pitch, cost in zip(others, costs, strict=True)])
    way, best = np.unravel_index(int(np.argmax(both)), both.shape)
    pitch = float(others[way, best])
    return float(both[way, best]), (
        float(pitches[best]),
        other.fitted(float(pitches[best]), most) if costs[way] == _SKEWED else pitch,
    )


def _snapped(web: Web, told: _Told, pitch: Pitch) -> tuple[Web, Flags]:
    """The web with the coordinates that are on the grid exactly there, and which these are."""
    nodes, pinned = web.nodes.copy(), np.zeros(web.nodes.shape, np.bool_)
    for axis in (0, 1):
        if pitch[axis]:
            near, is_near = _nearest(told.at[:, axis], told.known[:, axis], pitch[axis])
            pinned[:, axis] = is_near & np.isfinite(told.known[:, axis])
            nodes[pinned[:, axis], axis] = near[pinned[:, axis]]
    before, after = (np.hypot(*(each[web.last] - each[web.first]).T) for each in (web.nodes, nodes))
    lost = _ends(web, after < _KEPT * before)  # thinner than the grid tells
    nodes[lost], pinned[lost] = web.nodes[lost], False
    return web.placed(nodes), pinned


def _nearest(at: Numbers, known: Numbers, pitch: float) -> tuple[Numbers, Flags]:
    """The lines of the grid next to these places, and whether they are on them."""
    near = np.round(at / pitch) * pitch
    return near, np.abs(near - at) < np.maximum(known, _NEAR)


def _snapped_form(form: Form, target: Target, pitch: Pitch) -> Form:
    numbers, _ = numbers_of(form)
    spans = []
    for axis in (0, 1):
        if pitch[axis]:
            middle, span = numbers[axis], numbers[2 + axis]
            near, is_near = _nearest(*_sides(form, target, axis), pitch[axis])
            sides = np.where(is_near, near, (middle - span / 2, middle + span / 2))
            if sides[1] - sides[0] < _KEPT * span:
                return form
            numbers[axis], numbers[2 + axis] = sides.mean(), sides[1] - sides[0]
            spans.append(numbers[2 + axis])
    if isinstance(form, Circle):
        numbers[2:4] = math.fsum(spans) / len(spans)
    elif min(pitch) > 8 * _RADIUS:
        near = round(numbers[5] / pitch[0]) * pitch[0]
        numbers[5] = near if abs(near - numbers[5]) < _RADIUS else numbers[5]
    return form_of(form, numbers)
