"""Pictures that are mostly letters: words, lines, signs, and words beside a mark."""

from __future__ import annotations

import math

from svgai.training.drawings.dice import Dice, apart, scheme
from svgai.training.drawings.fonts import FACES, Line, Move, line
from svgai.training.drawings.page import Page, Point, box, disc, ground, ink, number, path, stroke
from svgai.training.drawings.symbols import ABSTRACT, BACKINGS, THINGS

_FIRST = (
    "b",
    "br",
    "c",
    "ch",
    "d",
    "dr",
    "f",
    "fl",
    "g",
    "gl",
    "h",
    "j",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "qu",
    "r",
    "s",
    "st",
    "sh",
    "t",
    "tr",
    "v",
    "w",
    "z",
    "",
)
_MIDDLE = ("a", "e", "i", "o", "u", "ai", "ea", "io", "oo", "y", "ou")
_LAST = ("", "", "n", "r", "x", "l", "s", "ck", "th", "m", "ng", "t", "ft", "nd")


def word(dice: Dice, syllables: int) -> str:
    """Something that could be a name or stand in a text."""
    made = "".join(dice.pick(_FIRST) + dice.pick(_MIDDLE) for _ in range(syllables)) + dice.pick(_LAST)
    if dice.chance(0.06):
        made = str(dice.whole(2, 9999))
    return dice.weighed({made: 0.35, made.title(): 0.35, made.upper(): 0.3})


def wordmark(dice: Dice) -> str:
    """A name in large letters, as companies write theirs."""
    text = word(dice, dice.whole(1, 4)) + (f" {word(dice, dice.whole(1, 2))}" if dice.chance(0.3) else "")
    face, size = dice.pick(FACES), 100.0
    spacing = dice.weighed({0.0: 0.5, -0.02: 0.15, 0.06: 0.2, 0.2: 0.15})
    set_line = line(text, face, size, spacing, _bending(dice, size * 0.55 * len(text)))
    edge = size * dice.between(0.15, 0.5)
    sheet = Page(set_line.width + 2 * edge, size * 1.2 + 2 * edge, ground(dice))
    return sheet.svg(_set(dice, sheet, set_line, (edge, edge + 0.9 * size), is_large=True))


def _bending(dice: Dice, length: float) -> Move:
    """How a line of letters is bent: mostly not at all."""
    amount = dice.between(0.08, 0.25) * dice.pick((-1, 1))
    bends: dict[str, Move] = {
        "none": lambda at: at,
        "lean": lambda at: (at[0] - amount * at[1], at[1]),
        "arch": lambda at: (at[0], at[1] - amount * 0.5 * length * math.sin(math.pi * at[0] / length) / 2),
        "narrow": lambda at: (at[0] * (1 + amount), at[1] * (1.1 + abs(amount))),
        "wave": lambda at: (at[0], at[1] + 40 * amount * math.sin(6 * at[0] / length)),
    }
    return bends[dice.weighed({"none": 0.6, "lean": 0.12, "arch": 0.1, "narrow": 0.12, "wave": 0.06})]


def _set(dice: Dice, sheet: Page, text: Line, at: Point, *, is_large: bool) -> list[str]:
    """Put a line on the page: in one ink, each letter in its own, outlined, or with a shadow."""
    paint = ink(dice, sheet)
    place = f'transform="translate({number(at[0])} {number(at[1])})"'
    whole = "".join(text.letters)
    way = dice.weighed(
        {"plain": 0.68, "letters": 0.1, "outline": 0.08, "rim": 0.07, "shadow": 0.07} if is_large else {"plain": 1.0}
    )
    if way == "letters":
        inks = [paint, *(apart(dice, sheet.ground, 0.2) for _ in range(dice.whole(1, 3)))]
        return [path(each, inks[n % len(inks)], place) for n, each in enumerate(text.letters)]
    if way == "outline":
        return [stroke(whole, paint, dice.between(1.5, 4), place)]
    if way == "rim":
        return [
            path(whole, paint, f'{place} stroke="{apart(dice, paint)}" stroke-width="{number(dice.between(1.5, 5))}"')
        ]
    if way == "shadow":
        move = f'transform="translate({number(at[0] + 4)} {number(at[1] + 4)})"'
        return [path(whole, apart(dice, paint), move), path(whole, paint, place)]
    return [path(whole, paint, place)]


def paragraph(dice: Dice) -> str:
    """Several lines of running text, perhaps under a heading."""
    face, size, count = dice.pick(FACES), dice.between(16, 40), dice.whole(3, 9)
    sheet = Page(400, (count + 1.6) * 1.35 * size, dice.pick(("#ffffff", "#ffffff", ground(dice))))
    paint, rows = ink(dice, sheet), []
    y = 1.6 * size
    if dice.chance(0.5):
        head = _fitting(dice, dice.pick(FACES), 1.5 * size, 360)
        rows += _set(dice, sheet, head, (20, y), is_large=True)
        y += 1.7 * size
    align = dice.pick(("left", "left", "centre"))
    while y < sheet.height - 0.5 * size:
        text = _fitting(dice, face, size, 360 * dice.pick((1, 1, 1, 0.6)))
        x = 20.0 if align == "left" else 200 - text.width / 2
        rows.append(path("".join(text.letters), paint, f'transform="translate({number(x)} {number(y)})"'))
        y += 1.35 * size
    return sheet.svg(rows)


def _fitting(dice: Dice, face: tuple[str, str], size: float, width: float) -> Line:
    """As many words as the width takes, and never none."""
    words = [word(dice, dice.whole(1, 3))]
    fitted = line(words[0], face, size)
    while True:
        words.append(word(dice, dice.whole(1, 3)))
        longer = line(" ".join(words), face, size)
        if longer.width > width:
            return fitted if fitted.width <= width else line(words[0], face, size * width / fitted.width)
        fitted = longer


def sign(dice: Dice) -> str:
    """Letters on a plate: a button, a label, a round seal, a road sign."""
    face, text = dice.pick(FACES), word(dice, dice.whole(1, 3))
    large = line(text, face, 100, dice.pick((0, 0.05)))
    wide, high = large.width + dice.between(60, 160), dice.between(150, 210)
    sheet = Page(wide + 60, high + 60, ground(dice))
    plate, second = ink(dice, sheet), dice.chance(0.35)
    seen = Page(sheet.width, sheet.height, plate)
    shapes = [path(box(30, 30, wide, high, dice.pick((0, 16, 40, high / 2))), plate)]
    if dice.chance(0.3):
        shapes.append(
            stroke(box(42, 42, wide - 24, high - 24, dice.pick((0, 12))), apart(dice, plate), dice.between(2, 6))
        )
    base = 30 + high * 0.5 + (10 if second else 35)
    shapes += _set(dice, seen, large, (30 + (wide - large.width) / 2, base), is_large=True)
    if second:
        small = _fitting(dice, dice.pick(FACES), 32, 0.8 * wide)
        shapes += _set(dice, seen, small, (30 + (wide - small.width) / 2, base + 48), is_large=False)
    return sheet.svg(shapes)


def lockup(dice: Dice) -> str:
    """A small mark and a long name beside or below it."""
    face, text = dice.pick(FACES), word(dice, dice.whole(2, 4))
    name = line(text, face, 100, dice.pick((0, 0, 0.05)))
    is_beside = dice.chance(0.7)
    mark = dice.between(40, 58)
    wide = name.width + (2 * mark + 85 if is_beside else 60)
    sheet = Page(wide, 175 if is_beside else 200 + 2 * mark, ground(dice))
    at = (30 + mark, 87) if is_beside else (wide / 2, 30 + mark)
    paint = ink(dice, sheet)
    shapes = [path(dice.pick(ABSTRACT + THINGS)(dice, at, mark), paint, 'fill-rule="evenodd"')]
    if dice.chance(0.4):
        shapes.insert(0, path(dice.pick(BACKINGS)(dice, at, mark * 1.15), apart(dice, paint)))
    start = (2 * mark + 60, 120.0) if is_beside else (30.0, 2 * mark + 150)
    shapes += _set(dice, sheet, name, start, is_large=True)
    if dice.chance(0.3):
        below = _fitting(dice, face, 26, name.width)
        shapes += _set(dice, sheet, below, (start[0], start[1] + 36), is_large=False)
    return sheet.svg(shapes)


def monogram(dice: Dice) -> str:
    """Two or three letters, large, on a disc or alone; or a grid of letters and figures."""
    face = dice.pick(FACES)
    if dice.chance(0.4):
        return _grid(dice, face)
    text = "".join(dice.pick("ABCDEFGHJKLMNOPQRSTUVWXYZ&") for _ in range(dice.whole(2, 3)))
    letters = line(text, face, 160, dice.pick((-0.08, 0, 0.05)))
    side = max(letters.width, 160) + 90
    sheet = Page(side, side, ground(dice))
    shapes, seen = [], sheet
    if dice.chance(0.5):
        plate = ink(dice, sheet)
        shapes, seen = [path(disc(sheet.centre, side * 0.48), plate)], Page(side, side, plate)
    start = ((side - letters.width) / 2, side / 2 + 56)
    return sheet.svg([*shapes, *_set(dice, seen, letters, start, is_large=True)])


def _grid(dice: Dice, face: tuple[str, str]) -> str:
    columns, rows = dice.whole(4, 9), dice.whole(2, 6)
    sheet = Page(columns * 60, rows * 70, ground(dice))
    inks = [ink(dice, sheet), *(apart(dice, sheet.ground) for _ in scheme(dice, dice.whole(0, 2)))]
    shapes = []
    for place in range(columns * rows):
        letter = line(dice.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789?!&@#"), face, 50)
        x, y = (place % columns + 0.5) * 60 - letter.width / 2, (place // columns + 0.75) * 70
        move = f'transform="translate({number(x)} {number(y)})"'
        shapes.append(path("".join(letter.letters), dice.pick(inks), move))
    return sheet.svg(shapes)
