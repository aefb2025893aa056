"""Outlines of single things: the vocabulary that logos and icons are put together from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from svgai.training.drawings.dice import Dice
from svgai.training.drawings.page import Point, box, disc, on_circle, pair, polygon, ring, sector, smooth

Symbol = Callable[[Dice, Point, float], str]
"""An outline within a radius around a centre, to be filled by the even-odd rule."""


def regular(dice: Dice, at: Point, size: float) -> str:
    sides = dice.whole(3, 8)
    offset = dice.pick((0, 0.5 / sides))
    return polygon(on_circle(at, size, turn / sides + offset) for turn in range(sides))


def star(dice: Dice, at: Point, size: float) -> str:
    tips, depth = dice.whole(4, 16), dice.between(0.35, 0.85)
    return polygon(on_circle(at, size * (depth if turn % 2 else 1), turn / (2 * tips)) for turn in range(2 * tips))


def gear(dice: Dice, at: Point, size: float) -> str:
    teeth, depth = dice.whole(6, 14), dice.between(0.72, 0.85)
    profile = ((depth, -0.3), (1, -0.2), (1, 0.2), (depth, 0.3))
    edge = polygon(on_circle(at, size * r, (tooth + step) / teeth) for tooth in range(teeth) for r, step in profile)
    return edge + disc(at, size * dice.between(0.2, 0.5))


def circle(dice: Dice, at: Point, size: float) -> str:
    return disc(at, size) if dice.chance(0.5) else ring(at, size, size * dice.between(0.3, 0.85))


def ellipse(dice: Dice, at: Point, size: float) -> str:
    return disc(at, size, dice.between(0.3, 0.8))


def slab(dice: Dice, at: Point, size: float) -> str:
    width, height = size * dice.between(0.4, 1.6), size * dice.between(0.4, 1.6)
    return box(at[0] - width / 2, at[1] - height / 2, width, height, dice.pick((0, 0, size * 0.15, size)))


def blob(dice: Dice, at: Point, size: float) -> str:
    count, rough = dice.whole(4, 10), dice.between(0.1, 0.45)
    return smooth(
        [on_circle(at, size * (1 - rough * dice.between(0, 1)), turn / count) for turn in range(count)],
        tension=dice.between(0.8, 1.3),
    )


def beast(dice: Dice, at: Point, size: float) -> str:
    """An organic outline that is the same left and right."""
    count, rough = dice.whole(4, 8), dice.between(0.2, 0.6)
    half = [on_circle(at, size * (1 - rough * dice.between(0, 1)), turn / (2 * count)) for turn in range(count + 1)]
    return smooth([*half, *((2 * at[0] - x, y) for x, y in reversed(half[1:-1]))], tension=dice.between(0.4, 1.2))


def heart(dice: Dice, at: Point, size: float) -> str:
    wide, deep = dice.between(0.85, 1.1), dice.between(0.7, 0.95)
    half = ((0.5 * wide, 0.3 * deep), (wide, -0.1 * deep), (wide, -0.5), (wide, -1.2), (0.1 * wide, -1.1), (0, -0.5))
    right = [(0.0, deep), *half]
    back = [(-x, y) for x, y in reversed(right[:-1])]
    return _cubics([*right, *back], at, size)


def drop(dice: Dice, at: Point, size: float) -> str:
    wide = dice.between(0.55, 0.8)
    side = ((0.0, -1.0), (0.2 * wide, -0.4), (wide, -0.1), (wide, 0.35), (wide, 0.75), (0.55 * wide, 1.0), (0.0, 1.0))
    return _cubics([*side, *((-x, y) for x, y in reversed(side[:-1]))], at, size)


def leaf(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    bend = size * dice.between(0.5, 1.1)
    tip, foot = (x + 0.7 * size, y - 0.7 * size), (x - 0.7 * size, y + 0.7 * size)
    up = f"C{pair((x - bend, y + 0.3 * size - bend))} {pair((x, y - bend))} {pair(tip)}"
    down = f"C{pair((x + bend, y))} {pair((x - 0.3 * size + bend, y + bend))} {pair(foot)}"
    vein = polygon(
        ((x - 0.5 * size, y + 0.52 * size), (x + 0.42 * size, y - 0.45 * size), (x - 0.42 * size, y + 0.6 * size))
    )
    return f"M{pair(foot)}{up}{down}z" + (vein if dice.chance(0.5) else "")


def bolt(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    lean = size * dice.between(0.05, 0.3)
    corners = ((lean, -1), (-0.6, 0.15), (-0.05, 0.15), (-lean / size, 1), (0.6, -0.2), (0.08, -0.2))
    return polygon((x + (dx if abs(dx) > 1 else dx * size), y + dy * size) for dx, dy in corners)


def arrow(dice: Dice, at: Point, size: float) -> str:
    shaft, head = dice.between(0.15, 0.4), dice.between(0.6, 1.0)
    corners = ((0, -1), (head, -0.1), (shaft, -0.1), (shaft, 1), (-shaft, 1), (-shaft, -0.1), (-head, -0.1))
    return _turned(((dx * size, dy * size) for dx, dy in corners), at, dice.pick((0, 0.125, 0.25, 0.5, 0.75)))


def chevron(dice: Dice, at: Point, size: float) -> str:
    thick, rise = dice.between(0.3, 0.7), dice.between(0.4, 0.9)
    corners = ((-1, 0), (0, -rise), (1, 0), (1, thick), (0, thick - rise), (-1, thick))
    return _turned(((dx * size, dy * size) for dx, dy in corners), at, dice.pick((0, 0.25, 0.5, 0.75)))


def cross(dice: Dice, at: Point, size: float) -> str:
    arm = dice.between(0.18, 0.45)
    quarter = ((-arm, -1), (arm, -1), (arm, -arm))
    return polygon(_rotated((dx * size, dy * size), turn / 4, at) for turn in range(4) for dx, dy in quarter)


def crescent(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    inner = size * dice.between(1.02, 1.5)
    top, foot = (x + 0.45 * size, y - 0.89 * size), (x + 0.45 * size, y + 0.89 * size)
    return f"M{pair(top)}A{pair((size, size))} 0 1 0 {pair(foot)}A{pair((inner, inner))} 0 0 1 {pair(top)}z"


def cloud(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    left, middle, right = (size * dice.between(low, high) for low, high in ((0.28, 0.4), (0.45, 0.6), (0.3, 0.4)))
    base = y + 0.4 * size
    return (
        f"M{pair((x - 0.6 * size, base))}A{pair((left, left))} 0 0 1 {pair((x - 0.55 * size, base - 1.6 * left))}"
        f"A{pair((middle, middle))} 0 0 1 {pair((x + 0.35 * size, base - 1.5 * right))}"
        f"A{pair((right, right))} 0 0 1 {pair((x + 0.6 * size, base))}z"
    )


def shield(dice: Dice, at: Point, size: float) -> str:
    wide, waist = dice.between(0.75, 0.95), dice.between(0.1, 0.5)
    side = (
        (0.0, -1.0),
        (0.3 * wide, -0.8),
        (0.6 * wide, -0.75),
        (wide, -0.8),
        (wide, waist),
        (0.5 * wide, 0.8),
        (0.0, 1.0),
    )
    return _cubics([*side, *((-x, y) for x, y in reversed(side[:-1]))], at, size)


def bubble(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    tail = dice.between(-0.5, 0.2) * size
    foot = polygon(
        ((x + tail, y + 0.5 * size), (x + tail + 0.1 * size, y + size), (x + tail + 0.45 * size, y + 0.5 * size))
    )
    return box(x - size, y - 0.8 * size, 2 * size, 1.32 * size, size * dice.between(0.1, 0.6)) + foot


def house(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    eaves = dice.between(-0.3, 0.1)
    walls = ((0, -1), (1, eaves), (0.75, eaves), (0.75, 0.9), (-0.75, 0.9), (-0.75, eaves), (-1, eaves))
    door = box(x - 0.2 * size, y + 0.3 * size, 0.4 * size, 0.6 * size)
    return polygon((x + dx * size, y + dy * size) for dx, dy in walls) + door


def flower(dice: Dice, at: Point, size: float) -> str:
    petals, depth = dice.whole(4, 10), dice.between(0.45, 0.75)
    edge = [on_circle(at, size * (depth if turn % 2 else 1), turn / (2 * petals)) for turn in range(2 * petals)]
    return smooth(edge, tension=dice.between(1, 1.6)) + disc(at, size * dice.between(0.12, 0.3))


def pie(dice: Dice, at: Point, size: float) -> str:
    begin = dice.between(0, 1)
    return sector(at, (size * dice.pick((0, 0.4, 0.6)), size), (begin, begin + dice.between(0.2, 0.9)))


def spiral(dice: Dice, at: Point, size: float) -> str:
    turns, steps, thick = dice.between(1.2, 2.6), 26, dice.between(0.06, 0.13)
    out = [on_circle(at, size * (0.1 + 0.9 * n / steps), turns * n / steps) for n in range(steps + 1)]
    back = [
        on_circle(at, size * max(0.02, 0.1 + 0.9 * n / steps - thick), turns * n / steps) for n in range(steps, -1, -1)
    ]
    return smooth([*out, *back])


def swoosh(dice: Dice, at: Point, size: float) -> str:
    high, low = dice.between(0.5, 1.1), dice.between(-0.2, 0.4)
    there = ((-1, 0.3), (-0.4, -high), (0.5, -high), (1, -0.6))
    return _cubics([*there, (0.4, -low), (-0.4, -low), (-1, 0.3)], at, size)


def bars(dice: Dice, at: Point, size: float) -> str:
    count, round_ = dice.whole(3, 6), dice.pick((0.0, 0.0, 1.0))
    step = 2 * size / count
    tops = [dice.between(0.2, 1) * 2 * size for _ in range(count)]
    foot = at[1] + size
    return "".join(
        box(at[0] - size + place * step, foot - top, 0.7 * step, top, round_ * step) for place, top in enumerate(tops)
    )


def lens(dice: Dice, at: Point, size: float) -> str:
    """A magnifying glass."""
    x, y = at
    wide, thick = size * dice.between(0.55, 0.7), size * dice.between(0.12, 0.2)
    eye = (x - 0.25 * size, y - 0.25 * size)
    begin = wide * math.sqrt(0.5) + 0.05 * size
    handle = _turned(
        ((-thick, 0), (thick, 0), (thick, 0.8 * size), (-thick, 0.8 * size)), (eye[0] + begin, eye[1] + begin), -0.125
    )
    return ring(eye, wide, wide - 1.4 * thick) + handle


def envelope(dice: Dice, at: Point, size: float) -> str:
    x, y = at
    fold = dice.between(0.05, 0.3)
    flap = ((-0.9, -0.6), (0, fold), (0.9, -0.6), (0.8, -0.65), (0, fold - 0.15), (-0.8, -0.65))
    body = box(x - size, y - 0.7 * size, 2 * size, 1.4 * size, size * dice.pick((0, 0.1, 0.2)))
    return body + polygon((x + dx * size, y + dy * size) for dx, dy in flap)


def person(dice: Dice, at: Point, size: float) -> str:
    broad = dice.between(0.6, 0.9)
    body = _cubics([(-broad, 1), (-broad, -0.25), (broad, -0.25), (broad, 1)], at, size)
    return disc((at[0], at[1] - 0.55 * size), size * dice.between(0.35, 0.45)) + body


def _cubics(points: Sequence[Point], at: Point, size: float) -> str:
    """A closed outline of cubics through every third point, in units of the size around the centre."""
    placed = [pair((at[0] + x * size, at[1] + y * size)) for x, y in points]
    return f"M{placed[0]}" + "".join(f"C{' '.join(placed[n : n + 3])}" for n in range(1, len(placed), 3)) + "z"


def _rotated(point: Point, turn: float, at: Point) -> Point:
    sine, cosine = math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)
    return at[0] + cosine * point[0] - sine * point[1], at[1] + sine * point[0] + cosine * point[1]


def _turned(points: Iterable[Point], at: Point, turn: float) -> str:
    return polygon(_rotated(point, turn, at) for point in points)


ABSTRACT: tuple[Symbol, ...] = (
    regular,
    star,
    circle,
    ellipse,
    slab,
    blob,
    beast,
    crescent,
    pie,
    swoosh,
    chevron,
    cross,
)
THINGS: tuple[Symbol, ...] = (
    gear,
    heart,
    drop,
    leaf,
    bolt,
    arrow,
    cloud,
    shield,
    bubble,
    house,
    flower,
    spiral,
    bars,
    lens,
    envelope,
    person,
    star,
)
BACKINGS: tuple[Symbol, ...] = (
    lambda _, at, size: disc(at, size),
    lambda dice, at, size: box(at[0] - size, at[1] - size, 2 * size, 2 * size, size * dice.pick((0, 0.2, 0.45))),
    shield,
    lambda _, at, size: polygon(on_circle(at, size, turn / 6) for turn in range(6)),
    blob,
)
