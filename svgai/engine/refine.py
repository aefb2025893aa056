"""Refinement: all curves moved at once until the map, drawn with exact areas, shows the picture; then the forms."""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.forms import Form, form_of, numbers_of, outline
from svgai.engine.frame import Frame, free_rings
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.strands import Curve, Network, Numbers, Primitives

_STEPS = 4
_STILL = 1e-4
"""Pixels; a step so small is the last one."""
_FARTHEST = 0.5
"""Pixels that a form may move in all; one that would go farther is better left as it was found."""
_ASIDE = 1e-5
_STIFFNESS = 1e-3


def refine(network: Network, target: Target, steps: int) -> Network:
    """Move what may move until the picture is explained as well as these curves can."""
    if not any(len(curve) for curve in network.curves):
        return network
    return Web.woven(network).refined(target, steps).network(network)


def refine_shapes(primitives: Primitives, network: Network, target: Target) -> Primitives:
    """Every form that nothing touches, moved until it explains the picture best."""
    rings = [number for number in free_rings(network) if number in primitives]
    if not rings:
        return primitives
    shown = Web.woven(network).shown(target)
    moved = {
        number: _form_refined(primitives[number], Frame.around(network, number, target, shown), network.curves[number])
        for number in rings
    }
    return {**primitives, **moved}


def _form_refined(form: Form, frame: Frame, like: Curve) -> Form:
    """The form where it explains the pixels of its frame best, or as it was if that is nowhere near."""
    numbers, free = numbers_of(form)

    def web_of(numbers: Numbers) -> Web:
        return Web.woven(frame.holding(frame.moved_in(outline(form, numbers, like))))

    best, least, trial = numbers, math.inf, numbers
    for _ in range(_STEPS + 1):
        web = web_of(trial)
        steps = web.steps(frame.target)
        painting = web.painted(frame.target, steps)
        error = painting.error(frame.target) if painting.count >= 0 else math.inf
        if error >= least:
            break
        best, least = trial, error
        matrix, slope = web.equations(frame.target, steps, painting)
        follow = np.stack([(web_of(best + _ASIDE * way).controls - web.controls).ravel() for way in free], axis=1)
        follow = follow.reshape(len(web.controls), -1, len(free))[web.segment].reshape(-1, len(free)) / _ASIDE
        own = follow.T @ matrix @ follow
        step = np.linalg.solve(own + _STIFFNESS * np.eye(len(own)), -follow.T @ slope)
        if float(np.abs(step).max()) < _STILL:
            break
        trial = best + step @ free
    moved = np.abs(web_of(best).controls - web_of(numbers).controls)
    return form_of(form, best) if float(moved.max()) <= _FARTHEST else form
