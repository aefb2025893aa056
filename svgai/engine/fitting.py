"""Fitting: circles, ellipses and rectangles moved by their own few numbers until they show the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svgai.engine.forms import Form, form_of, is_reversed, numbers_of, outline
from svgai.engine.target import Target
from svgai.engine.web import Following, Painting, Web, losses
from svgai.strands import Curve, Network, Numbers, Primitives

_STEPS = 4
_STILL = 1e-4
"""Pixels; a step so small is the last one."""
_FARTHEST = 0.5
"""Pixels that a form may move in all; one that would go farther is better left as it was found."""
_ASIDE = 1e-5
_STIFFNESS = 1e-3


def refine_shapes(primitives: Primitives, network: Network, target: Target) -> Primitives:
    """Every form that nothing touches, moved until it explains the picture best."""
    rings = {
        number: _Ring(number, primitives[number], is_reversed(network.curves[number]))
        for number in network.free_rings()
        if number in primitives
    }
    best = {number: ring.found for number, ring in rings.items()}
    moving, trial, before = set(rings), best, None
    for _ in range(_STEPS):
        if not moving:
            break
        web = Web.woven(network.redrawn({number: ring.curve(trial[number]) for number, ring in rings.items()}))
        painting = web.painted(target, web.steps(target))
        moving -= _worse(web, before, painting, target, moving)
        best = {**best, **{number: trial[number] for number in moving}}
        steps = _steps(web, painting, target, [rings[number] for number in sorted(moving)])
        moving -= {number for number, step in steps.items() if float(np.abs(step).max()) < _STILL}
        trial = {**best, **{number: best[number] + steps[number] for number in moving}}
        before = painting
    return {**primitives, **{number: ring.at(best[number]) for number, ring in rings.items()}}


class _Ring:
    """A form that is a whole strand."""

    def __init__(self, strand: int, form: Form, is_reversed: bool) -> None:
        self.strand, self.form, self.is_reversed = strand, form, is_reversed
        self.found, self.ways = numbers_of(form)
        here = self.curve(self.found).controls
        asides = [self.curve(self.found + _ASIDE * way).controls - here for way in self.ways]
        self.follow: Numbers = np.stack([aside.ravel() / _ASIDE for aside in asides], axis=1)
        """How the coordinates of its outline follow its numbers."""

    def curve(self, numbers: Numbers) -> Curve:
        return outline(self.form, numbers, self.is_reversed)

    def at(self, numbers: Numbers) -> Form:
        """The form of these numbers, unless that is far from where it was found or nothing is left of it."""
        moved = np.abs(self.curve(numbers).controls - self.curve(self.found).controls)
        is_near = float(moved.max()) <= _FARTHEST and float(numbers[2:4].min()) > 0
        return form_of(self.form, numbers) if is_near else self.form


def _worse(web: Web, before: Painting | None, after: Painting, target: Target, rings: set[int]) -> set[int]:
    """Which of these explain their pixels no better than before."""
    if after.count < 0:
        return rings
    if before is None:
        return set()
    loss = losses(before, after, target, web.strand[web.segment], int(web.strand.max()) + 1)
    return {number for number in rings if loss[number] >= 0}


def _steps(web: Web, painting: Painting, target: Target, rings: Sequence[_Ring]) -> dict[int, Numbers]:
    """Gauss and Newton's step of each form, in its own numbers."""
    if not rings:
        return {}
    following, columns = _following(web, rings)
    step = web.step(target, painting, following, np.zeros(columns[-1].stop), _STIFFNESS)
    return {ring.strand: step[mine] @ ring.ways for ring, mine in zip(rings, columns, strict=True)}


def _following(web: Web, rings: Sequence[_Ring]) -> tuple[Following, list[slice]]:
    """How coordinates follow the numbers of forms, and the columns of each form."""
    piece = np.full(len(web.strand), -1)
    piece[web.segment] = np.arange(len(web.segment))
    ends = np.cumsum([len(ring.ways) for ring in rings]).tolist()
    columns = [slice(end - len(ring.ways), end) for ring, end in zip(rings, ends, strict=True)]
    rows = [(8 * piece[web.strand == ring.strand][:, None] + np.arange(8)).ravel() for ring in rings]
    start = np.zeros(8 * len(web.segment) + 1, np.int32)
    for ring, mine in zip(rings, rows, strict=True):
        start[mine + 1] = len(ring.ways)
    start = np.cumsum(start, dtype=np.int32)
    column, value = np.empty(start[-1], np.int32), np.empty(start[-1])
    for ring, mine, own in zip(rings, rows, columns, strict=True):
        places = start[mine][:, None] + np.arange(len(ring.ways))
        column[places], value[places] = np.arange(own.start, own.stop), ring.follow
    return Following(start, column, value), columns
