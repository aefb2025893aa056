"""Forms as curves: circles, ellipses and rectangles by their numbers, and as outlines that can be painted."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final, TypeAlias

import numpy as np

from svgai.drawing import Circle, Ellipse, Rectangle
from svgai.engine.frame import free_rings
from svgai.strands import Curve, Network, Numbers, Primitives

Form: TypeAlias = Circle | Ellipse | Rectangle

_QUARTER: Final = 4 / 3 * (math.sqrt(2) - 1)
"""How long a handle is, in radii, where a cubic is a quarter of a circle."""
_CORNERS: Final = np.array([(1, 0), (0, 1), (-1, 0), (0, -1)], np.float64)


def shaped(network: Network, primitives: Primitives) -> Network:
    """The network with its forms drawn as such, where nothing touches them."""
    curves = list(network.curves)
    for number in free_rings(network):
        if number in primitives:
            curves[number] = outline(primitives[number], numbers_of(primitives[number])[0], curves[number])
    return replace(network, curves=tuple(curves))


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
    radius = most if _is_round_ended(like) else min(most, radius)
    return replace(like, x=x, y=y, width=width, height=height, turn=turn, radius=radius)


def _is_round_ended(rectangle: Rectangle) -> bool:
    """Whether its smaller sides are half circles."""
    return rectangle.radius == min(rectangle.width, rectangle.height) / 2


def outline(form: Form, numbers: Numbers, like: Curve) -> Curve:
    """A form of these numbers as a curve that runs the same way round as another one."""
    curve = _curve(form, numbers)
    return _reversed(curve) if _area(curve) * _area(like) < 0 else curve


def _curve(like: Form, numbers: Numbers) -> Curve:
    """A form as a curve: its corners one after the other, each a quarter of an ellipse, and lines between them."""
    x, y, width, height, turn, radius = numbers
    half = np.array([width, height]) / 2
    is_rectangle, is_round = isinstance(like, Rectangle), not isinstance(like, Rectangle) or like.radius > 0
    reach = np.array([radius, radius]) if is_rectangle else half
    nodes, handles, is_line = [], [], []
    for start, end in zip(_CORNERS, np.roll(_CORNERS, -1, axis=0), strict=True):
        begin, stop = (start + end) * (half - reach) + start * reach, (start + end) * (half - reach) + end * reach
        if is_round:
            nodes.append(begin)
            handles.append((begin + _QUARTER * end * reach, stop + _QUARTER * start * reach))
            is_line.append(False)
        if is_rectangle:
            nodes.append(stop)
            handles.append((stop, stop))
            is_line.append(True)
    angle = math.radians(turn)
    spin = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    place = np.array([x, y])
    count = len(nodes)
    return Curve(
        np.array(nodes) @ spin + place,
        np.zeros(count, np.bool_),
        np.array(is_line),
        np.array(handles) @ spin + place,
        is_ring=True,
    )


def _reversed(curve: Curve) -> Curve:
    """The same outline the other way round."""
    return Curve(
        np.roll(curve.nodes[::-1], 1, axis=0), np.roll(curve.is_smooth[::-1], 1), curve.is_line[::-1],
        curve.handles[::-1, ::-1], is_ring=True,
    )  # fmt: skip


def _area(curve: Curve) -> float:
    """The area within an outline, negative where it runs the other way round."""
    x, y = curve.controls[:, :3].reshape(-1, 2).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))
