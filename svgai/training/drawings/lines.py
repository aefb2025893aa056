"""Drawings made of lines: outlined icons, engravings, mazes, circuit boards and curves that cross."""

from __future__ import annotations

import math

from svgai.training.drawings.dice import Dice, apart
from svgai.training.drawings.page import (
    Page,
    Point,
    box,
    disc,
    ground,
    ink,
    number,
    on_circle,
    page,
    path,
    polyline,
    smooth,
    stroke,
)
from svgai.training.drawings.symbols import ABSTRACT, THINGS


def line_icon(dice: Dice) -> str:
    """Open and closed strokes of one width with round or square ends."""
    sheet = page(dice, (1,))
    paint, width = ink(dice, sheet), dice.between(5, 30)
    ends = (
        f'stroke-linecap="{dice.pick(("round", "butt", "square"))}" stroke-linejoin="{dice.pick(("round", "miter"))}"'
    )
    shapes = []
    if dice.chance(0.5):
        frame = disc(sheet.centre, 160) if dice.chance(0.5) else box(50, 50, 300, 300, dice.between(0, 80))
        shapes.append(stroke(frame, paint, width, ends))
    for _ in range(dice.whole(1, 4)):
        shapes.append(stroke(_squiggle(dice, sheet), paint, width, ends))
    return sheet.svg(shapes)


def _squiggle(dice: Dice, sheet: Page) -> str:
    """A few points on a coarse grid, joined by lines, a curve, or a part of a circle."""
    step = sheet.short / 8
    points = [(step * dice.whole(2, 6), step * dice.whole(2, 6)) for _ in range(dice.whole(2, 4))]
    way = dice.pick(("line", "curve", "thing"))
    if way == "line" or len(set(points)) < 3:
        return polyline(points)
    if way == "curve":
        return smooth(points, closed=False)
    return dice.pick(ABSTRACT + THINGS)(dice, points[0], step * dice.between(0.8, 1.6))


def engraving(dice: Dice) -> str:
    """Many thin lines: hatching, waves, a rosette or rays, in one ink."""
    sheet = page(dice)
    paint, width = ink(dice, sheet), dice.between(0.8, 4)
    way = dice.pick((_rosette, _waves, _contours, _hatching, _rays))
    return sheet.svg(stroke(outline, paint, width) for outline in way(dice, sheet))


def _rosette(dice: Dice, sheet: Page) -> list[str]:
    outer, ratio, pen = sheet.short * 0.28, dice.pick((3, 5, 7, 8, 11)) / dice.pick((2, 3, 4)), dice.between(0.3, 0.9)
    steps = 220
    return [
        smooth(
            [
                (
                    sheet.centre[0] + outer * (math.cos(t) + pen * size * math.cos(ratio * t)) / 1.2,
                    sheet.centre[1] + outer * (math.sin(t) - pen * size * math.sin(ratio * t)) / 1.2,
                )
                for t in (2 * math.pi * 4 * n / steps for n in range(steps))
            ],
            closed=False,
        )
        for size in [1 - 0.2 * n for n in range(dice.whole(1, 3))]
    ]


def _waves(dice: Dice, sheet: Page) -> list[str]:
    count, swing, length = dice.whole(8, 40), dice.between(3, 25), dice.between(0.008, 0.05)
    drift = dice.between(-0.2, 0.2)
    return [
        smooth(
            [
                (x, sheet.height * (n + 0.5) / count + swing * math.sin(length * x + drift * n))
                for x in range(-10, 420, 12)
            ],
            closed=False,
        )
        for n in range(count)
    ]


def _contours(dice: Dice, sheet: Page) -> list[str]:
    """Rings around a hill, as on a map."""
    count, corners = dice.whole(5, 16), dice.whole(6, 12)
    shape = [dice.between(0.6, 1) for _ in range(corners)]
    at = sheet.width * dice.between(0.35, 0.65), sheet.height * dice.between(0.35, 0.65)
    reach = sheet.short * dice.between(0.45, 0.8)
    return [
        smooth([on_circle(at, reach * (n + 1) / count * each, turn / corners) for turn, each in enumerate(shape)])
        for n in range(count)
    ]


def _hatching(dice: Dice, sheet: Page) -> list[str]:
    """A disc, a box or a drop shaded by lines that grow denser."""
    step, lean = dice.between(4, 12), dice.pick((0.0, 0.125, 0.06))
    reach = sheet.short * 0.42
    lines = []
    place = -reach
    while place < reach:
        half = math.sqrt(reach**2 - place**2)
        begin, end = _turned((-half, place), lean, sheet.centre), _turned((half, place), lean, sheet.centre)
        lines.append(polyline((begin, end)))
        place += step * (1 + place / (1.5 * reach))
        if len(lines) > 150:
            break
    return [*lines, disc(sheet.centre, reach)]


def _rays(dice: Dice, sheet: Page) -> list[str]:
    count, inner = dice.whole(12, 90), sheet.short * dice.between(0.03, 0.2)
    long, short = sheet.short * 0.46, sheet.short * dice.between(0.25, 0.46)
    return [
        polyline(
            (on_circle(sheet.centre, inner, n / count), on_circle(sheet.centre, short if n % 2 else long, n / count))
        )
        for n in range(count)
    ]


def _turned(point: Point, turn: float, at: Point) -> Point:
    sine, cosine = math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)
    return at[0] + cosine * point[0] - sine * point[1], at[1] + sine * point[0] + cosine * point[1]


def sketch(dice: Dice) -> str:
    """Things drawn with a pen that trembles: long loose curves of uneven width, perhaps with flat colour below."""
    sheet = page(dice)
    paint = ink(dice, sheet)
    shapes = []
    for _ in range(dice.whole(2, 6)):
        at = sheet.width * dice.between(0.25, 0.75), sheet.height * dice.between(0.25, 0.75)
        size, corners = sheet.short * dice.between(0.12, 0.4), dice.whole(5, 12)
        points = [on_circle(at, size * dice.between(0.6, 1), turn / corners) for turn in range(corners)]
        if dice.chance(0.35):
            shapes.append(path(smooth([(x + 3, y - 2) for x, y in points]), apart(dice, sheet.ground, 0.15)))
        is_closed = dice.chance(0.5)
        shapes += [
            stroke(
                smooth([(x + dice.around(0, 2), y + dice.around(0, 2)) for x, y in points], closed=is_closed),
                paint,
                width,
            )
            for width in [dice.between(1.5, 6)] * dice.whole(1, 2)
        ]
    return sheet.svg(shapes)


def circuit(dice: Dice) -> str:
    """Tracks at right angles and 45 degrees between round pads, or the walls of a maze."""
    sheet = page(dice)
    step, paint = sheet.short / dice.whole(7, 18), ink(dice, sheet)
    width = step * dice.between(0.12, 0.4)
    if dice.chance(0.5):
        return sheet.svg([stroke("".join(_maze(dice, sheet, step)), paint, width, 'stroke-linecap="square"')])
    pad = apart(dice, sheet.ground)
    shapes = []
    for _ in range(dice.whole(5, 16)):
        x, y = step * dice.whole(1, int(sheet.width / step) - 1), step * dice.whole(1, int(sheet.height / step) - 1)
        points = [(x, y)]
        for _ in range(dice.whole(1, 4)):
            dx, dy = dice.pick(((1, 0), (0, 1), (1, 1), (-1, 1), (0, -1), (-1, 0)))
            far = dice.whole(1, 3) * step
            x, y = x + dx * far, y + dy * far
            points.append((x, y))
        shapes.append(stroke(polyline(points), paint, width))
        shapes += [path(disc(end, 1.3 * width), pad) for end in (points[0], points[-1])]
    return sheet.svg(shapes)


def _maze(dice: Dice, sheet: Page, step: float) -> list[str]:
    return [
        f"M{number(column * step)} {number(row * step)}"
        + (f"h{number(step)}" if dice.chance(0.5) else f"v{number(step)}")
        for row in range(int(sheet.height / step) + 1)
        for column in range(int(sheet.width / step) + 1)
    ]


def border(dice: Dice) -> str:
    """A frame with ornaments in its corners and a thin inner line."""
    sheet = Page(400, 400 * dice.pick((1.0, 0.75, 0.6)), ground(dice))
    paint, edge = ink(dice, sheet), dice.between(14, 50)
    wide, high = sheet.width - 2 * edge, sheet.height - 2 * edge
    shapes = [stroke(box(edge, edge, wide, high, dice.pick((0, 0, 20))), paint, dice.between(1.5, 8))]
    if dice.chance(0.6):
        shapes.append(stroke(box(edge + 12, edge + 12, wide - 24, high - 24), paint, dice.between(0.8, 2.5)))
    ornament = dice.pick(ABSTRACT + THINGS)(dice, (edge + 4, edge + 4), dice.between(10, 26))
    for across, down in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        move = f"translate({number(0 if across > 0 else sheet.width)} {number(0 if down > 0 else sheet.height)})"
        shapes.append(path(ornament, paint, f'fill-rule="evenodd" transform="{move} scale({across} {down})"'))
    if dice.chance(0.6):
        shapes.append(
            path(
                dice.pick(THINGS)(dice, sheet.centre, 0.22 * sheet.short),
                apart(dice, sheet.ground),
                'fill-rule="evenodd"',
            )
        )
    return sheet.svg(shapes)
