"""How far outside an ellipse or a rectangle places lie, and which one comes nearest to the cuts of an outline.

A form is six numbers: x and y of its centre, width, height, turn in radians, and the radius of its corners.
"""

from __future__ import annotations

import math

import numpy as np

from svgai.engine.kernels import Flags, Numbers, compiled
from svgai.engine.kernels.equations import solve_few

ELLIPSE, RECTANGLE = 0, 1
_GAUSS = 0.5 / math.sqrt(3)
_FLATTEST = 0.2
"""Flatter edges count no more than that."""
_SMALLEST = 0.5


@compiled
def moments(ring: Numbers) -> tuple[float, float, float, float, float, float]:
    """The area within a ring (n x 2), its centre, and its second moments around that, all three by area: xx, yy, xy."""
    n = ring.shape[0]
    x0, y0 = ring[:, 0].mean(), ring[:, 1].mean()
    area = at_x = at_y = xx = yy = xy = 0.0
    x, y = ring[n - 1, 0] - x0, ring[n - 1, 1] - y0
    for i in range(n):
        u, v = ring[i, 0] - x0, ring[i, 1] - y0
        cross = x * v - u * y
        area += cross / 2
        at_x += (x + u) * cross / 6
        at_y += (y + v) * cross / 6
        xx += (x * x + x * u + u * u) * cross / 12
        yy += (y * y + y * v + v * v) * cross / 12
        xy += (2 * (x * y + u * v) + x * v + u * y) * cross / 24
        x, y = u, v
    if area == 0.0:
        return 0.0, x0, y0, 0.0, 0.0, 0.0
    at_x, at_y = at_x / area, at_y / area
    return area, x0 + at_x, y0 + at_y, xx / area - at_x**2, yy / area - at_y**2, xy / area - at_x * at_y


@compiled
def possible(form: Numbers) -> None:
    """Give a form sides above nothing, a turn of an eighth of a circle at most, and corners that fit in."""
    quarters = round(form[4] / (math.pi / 2))
    if quarters % 2:
        form[2], form[3] = form[3], form[2]
    form[2], form[3] = max(form[2], _SMALLEST), max(form[3], _SMALLEST)
    form[4] -= quarters * math.pi / 2
    form[5] = min(max(form[5], 0.0), form[2] / 2, form[3] / 2)


@compiled
def outside(kind: int, x: float, y: float, form: Numbers, turn: tuple[float, float], slopes: Numbers) -> float:
    """How far outside a form a place lies, and how that grows with each of its numbers; turn: cosine and sine.

    Of an ellipse that is to first order, which is exact on the ellipse itself.
    """
    cos, sin = turn
    u, v = (x - form[0]) * cos + (y - form[1]) * sin, (y - form[1]) * cos - (x - form[0]) * sin
    if kind == ELLIPSE:
        rx, ry = form[2] / 2, form[3] / 2
        far = max(math.sqrt((u / rx) ** 2 + (v / ry) ** 2), 1e-9)
        nu, nv = u / (rx * rx * far), v / (ry * ry * far)
        steep = max(math.sqrt(nu * nu + nv * nv), 1e-9)
        nu, nv = nu / steep, nv / steep
        error = (far - 1) / steep
        slopes[2], slopes[3], slopes[5] = -nu * u / (2 * rx), -nv * v / (2 * ry), 0.0
    else:
        radius = form[5]
        beside, above = abs(u) - (form[2] / 2 - radius), abs(v) - (form[3] / 2 - radius)
        corner_u, corner_v = max(beside, 0.0), max(above, 0.0)
        corner = math.sqrt(corner_u**2 + corner_v**2)
        if corner == 0.0:
            nu, nv = (1.0, 0.0) if beside > above else (0.0, 1.0)
        else:
            nu, nv = corner_u / corner, corner_v / corner
        error = corner + min(max(beside, above), 0.0) - radius
        slopes[2], slopes[3], slopes[5] = -nu / 2, -nv / 2, nu + nv - 1
        nu, nv = nu * np.sign(u), nv * np.sign(v)
    slopes[0], slopes[1], slopes[4] = nv * sin - nu * cos, -nu * sin - nv * cos, nu * v - nv * u
    return float(error)


@compiled
def outside_at(kind: int, places: Numbers, form: Numbers, errors: Numbers) -> None:
    """How far outside a form each of these places (n x 2) lies."""
    turn, slopes = (math.cos(form[4]), math.sin(form[4])), np.empty(6)
    for i in range(places.shape[0]):
        errors[i] = outside(kind, places[i, 0], places[i, 1], form, turn, slopes)


@compiled
def compare(
    kind: int, x: float, y: float, is_level: bool, form: Numbers, turn: tuple[float, float], two: Numbers
) -> float:
    """How far outside a cut is, and in two[0] how that grows with each number; two: 2 x 6.

    That is a mean along its row or column (by Gauss' rule), in which flat edges count more, as a distance. A level
    cut measures along its row.
    """
    dx, dy = (0.0, _GAUSS) if is_level else (_GAUSS, 0.0)
    one = outside(kind, x - dx, y - dy, form, turn, two[0])
    other = outside(kind, x + dx, y + dy, form, turn, two[1])
    along = 0 if is_level else 1
    heavy = 1 / max(abs(two[0, along]), _FLATTEST)
    share = heavy / (heavy + 1 / max(abs(two[1, along]), _FLATTEST))
    for k in range(6):
        two[0, k] = share * two[0, k] + (1 - share) * two[1, k]
    return float(share * one + (1 - share) * other)


@compiled
def trust(kind: int, cuts: Numbers, is_level: Flags, form: Numbers, depth: float, trusted: Flags) -> None:
    """Which cuts meet one edge only: their whole row or column goes on inside the form, so deep."""
    turn, slopes = (math.cos(form[4]), math.sin(form[4])), np.empty(6)
    for i in range(cuts.shape[0]):
        x, y = cuts[i, 0], cuts[i, 1]
        outside(kind, x, y, form, turn, slopes)
        if is_level[i]:
            x += depth * np.sign(slopes[0])
        else:
            y += depth * np.sign(slopes[1])
        dx, dy = (0.0, 0.5) if is_level[i] else (0.5, 0.0)
        trusted[i] = (
            outside(kind, x - dx, y - dy, form, turn, slopes) < 0
            and outside(kind, x + dx, y + dy, form, turn, slopes) < 0
        )


@compiled
def come_near(
    kind: int,
    cuts: Numbers,
    is_level: Flags,
    trusted: Flags,
    form: Numbers,
    ways: Numbers,
    damping: float,
    still: float,
    most_steps: int,
    errors: Numbers,
) -> int:
    """Move a form along these ways until it comes nearest to the trusted cuts (Gauss and Newton).

    ways: k x 6. Damped for what the cuts cannot tell, such as the turn of a circle. Writes how far outside each
    trusted cut then lies, and returns how many there are.
    """
    freedoms = ways.shape[0]
    two, slopes = np.empty((2, 6)), np.empty(freedoms)
    for _ in range(most_steps):
        normal, pull = damping * np.eye(freedoms), np.zeros(freedoms)
        turn = (math.cos(form[4]), math.sin(form[4]))
        for i in range(cuts.shape[0]):
            if not trusted[i]:
                continue
            error = compare(kind, cuts[i, 0], cuts[i, 1], is_level[i], form, turn, two)
            for k in range(freedoms):
                slopes[k] = 0.0
                for c in range(6):
                    slopes[k] += ways[k, c] * two[0, c]
            for k in range(freedoms):
                pull[k] += slopes[k] * error
                for j in range(freedoms):
                    normal[k, j] += slopes[k] * slopes[j]
        solve_few(normal, pull)
        largest = 0.0
        for c in range(6):
            step = 0.0
            for k in range(freedoms):
                step += ways[k, c] * pull[k]
            form[c] -= step
            largest = max(largest, abs(step))
        possible(form)
        if largest < still:
            break
    turn = (math.cos(form[4]), math.sin(form[4]))
    count = 0
    for i in range(cuts.shape[0]):
        if trusted[i]:
            errors[count] = compare(kind, cuts[i, 0], cuts[i, 1], is_level[i], form, turn, two)
            count += 1
    return count
