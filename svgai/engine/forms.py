"""Forms as curves: circles, ellipses and rectangles by their numbers, and as outlines that can be painted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.strands import Curve, Network, Numbers, Primitives

Form: TypeAlias = Circle | Ellipse | Rectangle

_QUARTER: Final = 4 / 3 * (math.sqrt(2) - 1)
"""How long a handle is, in radii, where a cubic is a quarter of a circle."""
_CORNERS: Final = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.float64)
_NEXT: Final = np.roll(_CORNERS, -1, axis=0)


def shaped(network: Network, primitives: Primitives) -> Network:
    """The network with its forms drawn as such, where nothing touches them."""
    forms = {number: primitives[number] for number in network.free_rings() if number in primitives}
    return network.redrawn(
        {
            number: outline(form, numbers_of(form)[0], is_reversed(network.curves[number]))
            for number, form in forms.items()
        }
    )


def numbers_of(form: Form) -> tuple[Numbers, Numbers]:
    """Centre, sides, turn in degrees and corners' radius of a form, and the ways in which they may change."""
    x, y, width, height, turn, radius = np.eye(6)
    if isinstance(form, Circle):
        return np.array([form.x, form.y, 2 * form.radius, 2 * form.radius, 0, 0]), np.array([x, y, width + height])
    free = [x, y, turn] if form.turn else [x, y]
    if isinstance(form, Ellipse):
        return np.array([form.x, form.y, 2 * form.rx, 2 * form.ry, form.turn, 0]), np.array([*free, width, height])
    sides = [width + height] if form.width == form.height else [width, height]
    if _is_round_ended(form):
        sides = [side + radius / 2 if side[2 + int(form.height < form.width)] else side for side in sides]
    elif form.radius:
        free.append(radius)
    numbers = np.array([form.x, form.y, form.width, form.height, form.turn, form.radius])
    return numbers, np.array([*free, *sides])


def form_of(like: Form, numbers: Numbers) -> Form:
    """The form of these numbers."""
    x, y, width, height, turn, radius = numbers.tolist()
    if isinstance(like, Circle):
        return replace(like, x=x, y=y, radius=width / 2)
    if isinstance(like, Ellipse):
        return replace(like, x=x, y=y, rx=width / 2, ry=height / 2, turn=turn)
    most = min(width, height) / 2
    radius = most if _is_round_ended(like) else min(most, max(0.0, radius))
    return replace(like, x=x, y=y, width=width, height=height, turn=turn, radius=radius)


def _is_round_ended(rectangle: Rectangle) -> bool:
    """Whether its smaller sides are half circles."""
    return rectangle.radius == min(rectangle.width, rectangle.height) / 2


def outline(form: Form, numbers: Numbers, is_reversed: bool) -> Curve:
    """A form of these numbers as a curve: its corners in turn, each a quarter of an ellipse, and lines between them."""
    x, y, width, height, turn, radius = numbers
    half = np.array([width, height]) / 2
    is_rectangle = isinstance(form, Rectangle)
    reach = np.array([radius, radius]) if is_rectangle else half
    middle = (_CORNERS + _NEXT) * (half - reach)
    begin, end = middle + _CORNERS * reach, middle + _NEXT * reach
    handles = np.stack([begin + _QUARTER * _NEXT * reach, end + _QUARTER * _CORNERS * reach], axis=1)
    nodes, is_line = begin, np.zeros(4, np.bool_)
    if isinstance(form, Rectangle) and not form.radius:
        is_line = np.ones(4, np.bool_)
    elif is_rectangle:
        nodes = np.stack([begin, end], axis=1).reshape(8, 2)
        handles = np.stack([handles, handles], axis=1).reshape(8, 2, 2)
        is_line = np.tile([False, True], 4)
    if turn:
        angle = math.radians(turn)
        spin = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        nodes, handles = nodes @ spin, handles @ spin
    place = np.array([x, y])
    curve = Curve(nodes + place, np.zeros(len(nodes), np.bool_), is_line, handles + place, is_ring=True)
    return curve.reversed() if is_reversed else curve


def is_reversed(ring: Curve) -> bool:
    """Whether a ring runs the other way round than outlines of forms do."""
    x, y = ring.controls[:, :3].reshape(-1, 2).T
    return bool(x @ np.roll(y, -1) < y @ np.roll(x, -1))
