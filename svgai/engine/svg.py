"""Drawings written as SVG text, as short as their precision allows."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np

from svgai.drawing import COLOUR_NAMES, POINTS_OF, Circle, Drawing, Ellipse, Form, Ink, Path, Rectangle, Shape

Units: TypeAlias = tuple[int, int]
"""A place as whole counts of the last decimal. Only these are subtracted, so that rounding errors never add up."""

_NAMES: Final = {colour: name for name, colour in COLOUR_NAMES.items()}
_ARC_FLAGS: Final = ("00", "01")
_FAR = 3
"""Places that are so many times as large as the steps to them are not shorter."""
_NUDGE_FROM = 2
"""Decimals from which one unit of the last is too little to be seen."""


def write(drawing: Drawing, precision: int) -> str:
    """Write a drawing with that many decimals of a pixel."""
    width, height = drawing.width, drawing.height
    elements = "".join(_element(shape, precision) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{elements}</svg>"
    )


def _element(shape: Shape, precision: int) -> str:
    """An element of its own kind for a form that is alone, otherwise one path; nothing if nothing would show."""
    match shape.forms:
        case (Circle() as circle,):
            name, geometry = "circle", _circle(circle, precision)
        case (Ellipse() as ellipse,):
            name, geometry = "ellipse", _ellipse(ellipse, precision)
        case (Rectangle() as rectangle,):
            name, geometry = "rect", _rectangle(rectangle, precision)
        case forms:
            name, geometry = "path", _path(forms, precision)
    return f"<{name}{_fill(shape.ink)}{geometry}/>" if geometry else ""


def _fill(ink: Ink) -> str:
    """Black is what fills without being named."""
    colour = _colour(ink)
    fill = "" if colour == "#000" else f' fill="{colour}"'
    return fill if ink.opacity >= 1 else f'{fill} fill-opacity="{_number(round(ink.opacity * 1000), 3)}"'


def _colour(ink: Ink) -> str:
    text = f"{ink.red:02x}{ink.green:02x}{ink.blue:02x}"
    colour = f"#{text[::2]}" if text[::2] == text[1::2] else f"#{text}"
    return _NAMES.get(colour, colour)


def _circle(circle: Circle, precision: int) -> str:
    x, y, radius = _units((circle.x, circle.y, circle.radius), precision)
    return _attributes(precision, cx=x, cy=y, r=radius) if radius else ""


def _ellipse(ellipse: Ellipse, precision: int) -> str:
    rx, ry, turn = _upright(ellipse.rx, ellipse.ry, ellipse.turn)
    x, y, across, down = _units((ellipse.x, ellipse.y, rx, ry), precision)
    rotation = "" if across == down else _rotation(turn, max(rx, ry), (x, y), precision)
    return _attributes(precision, cx=x, cy=y, rx=across, ry=down) + rotation if across and down else ""


def _rectangle(rectangle: Rectangle, precision: int) -> str:
    width, height, turn = _upright(rectangle.width, rectangle.height, rectangle.turn)
    left, right = _units((rectangle.x - width / 2, rectangle.x + width / 2), precision)
    top, bottom = _units((rectangle.y - height / 2, rectangle.y + height / 2), precision)
    x, y, radius = _units((rectangle.x, rectangle.y, rectangle.radius), precision)
    place = _attributes(precision, x=left, y=top, width=right - left, height=bottom - top, rx=radius)
    rotation = _rotation(turn, math.hypot(width, height) / 2, (x, y), precision)
    return place + rotation if right > left and bottom > top else ""


def _upright(width: float, height: float, turn: float) -> tuple[float, float, float]:
    """The same form turned by no more than an eighth of a circle to either side."""
    quarters = round(turn / 90)
    return (height, width, turn - 90 * quarters) if quarters % 2 else (width, height, turn - 90 * quarters)


def _rotation(turn: float, reach: float, centre: Units, precision: int) -> str:
    degrees = _degrees(turn, reach, precision)
    if degrees == "0":
        return ""
    return f' transform="rotate({" ".join([degrees, *(_number(value, precision) for value in centre)])})"'


def _degrees(turn: float, reach: float, precision: int) -> str:
    """An angle with as many decimals as are seen at that distance from the centre."""
    decimals = max(0, math.ceil(precision + math.log10(math.radians(reach))))
    return _number(round(turn * 10**decimals), decimals)


def _attributes(precision: int, **values: int) -> str:
    """All that is not 0, which it is without being written."""
    return "".join(f' {name}="{_number(value, precision)}"' for name, value in values.items() if value)


def _path(forms: tuple[Form, ...], precision: int) -> str:
    pen = _Pen(precision)
    for form in forms:
        _draw(form, pen)
    return f' d="{"".join(pen.text)}"' if pen.text else ""


def _draw(form: Form, pen: _Pen) -> None:
    match form:
        case Path():
            _draw_path(form, pen)
        case Circle():
            _draw_ellipse(Ellipse(form.x, form.y, form.radius, form.radius, is_hole=form.is_hole), pen)
        case Ellipse():
            _draw_ellipse(form, pen)
        case Rectangle():
            _draw_rectangle(form, pen)


def _draw_path(path: Path, pen: _Pen) -> None:
    rounded = np.rint(path.points * 10**pen.precision).astype(np.int64).tolist()
    points = [(x, y) for x, y in rounded]
    at = 0
    for index, letter in enumerate(path.commands):
        ends, at = points[at : at + POINTS_OF[letter]], at + POINTS_OF[letter]
        if letter == "Z":
            pen.close()
        elif letter == "M":
            pen.move(ends[0])
        elif path.commands[index + 1 : index + 2] != "Z" or ends[-1] != pen.start or not pen.is_line(ends):
            pen.run(ends)


def _draw_ellipse(ellipse: Ellipse, pen: _Pen) -> None:
    """Two halves. Radii that are a little too small for them are enlarged by whoever draws; too large, they would
    make a lens of it.
    """
    rx, ry, turn = _upright(ellipse.rx, ellipse.ry, ellipse.turn)
    if ry > rx:
        rx, ry, turn = ry, rx, turn - math.copysign(90, turn)
    across = _turned(rx, 0, turn)
    ends = [_place((ellipse.x + way * across[0], ellipse.y + way * across[1]), pen.precision) for way in (-1, 1)]
    half = math.floor(math.dist(*ends) / 2)
    radii = [_number(value, pen.precision) for value in (half, round(ry * 10**pen.precision))]
    arc = [*radii, "0" if rx == ry else _degrees(turn, rx, pen.precision), _ARC_FLAGS[ellipse.is_hole]]
    if half and radii[1] != "0":
        pen.move(ends[0])
        pen.arc(arc, ends[1])
        pen.arc(arc, ends[0])
        pen.close()


def _draw_rectangle(rectangle: Rectangle, pen: _Pen) -> None:
    """Each corner a point, or an arc between two."""
    corners = [_corner(rectangle, *signs, pen.precision) for signs in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
    if rectangle.is_hole:
        corners = [corner[::-1] for corner in corners[::-1]]
    radius = _number(round(rectangle.radius * 10**pen.precision), pen.precision)
    arc = [radius, radius, "0", _ARC_FLAGS[rectangle.is_hole]]
    pen.move(corners[0][1])
    for begin, end in corners[1:]:
        pen.run([begin])
        pen.arc(arc, end)
    if radius != "0":
        pen.run([corners[0][0]])
        pen.arc(arc, corners[0][1])
    pen.close()


def _corner(rectangle: Rectangle, right: int, down: int, precision: int) -> tuple[Units, Units]:
    """Where the rounding of a corner begins and ends, counter-clockwise."""
    x, y, radius = right * rectangle.width / 2, down * rectangle.height / 2, rectangle.radius
    beside, above = (x - right * radius, y), (x, y - down * radius)
    ends = (beside, above) if right == down else (above, beside)
    turned = [_turned(*end, rectangle.turn) for end in ends]
    first, second = (_place((rectangle.x + u, rectangle.y + v), precision) for u, v in turned)
    return first, second


def _turned(x: float, y: float, turn: float) -> tuple[float, float]:
    angle = math.radians(turn)
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


class _Pen:
    """Writes path data, each command in the way that takes the fewest letters."""

    def __init__(self, precision: int) -> None:
        self.precision = precision
        self.slack = 1 if precision >= _NUDGE_FROM else 0
        self.text: list[str] = []
        self.last = ""
        self.letter = ""
        """What numbers without a letter would mean."""
        self.at = self.start = self.mirror = (0, 0)
        """The mirror is where a curve's first handle may go without saying."""

    def move(self, end: Units) -> None:
        self.letter = ""
        self._write("m", [end])
        self.letter = "l" if self.letter == "m" else "L"
        self.start = end

    def is_line(self, ends: list[Units]) -> bool:
        return len(ends) == 1 or any(_goes_straight(self.at, ends, axis) for axis in (0, 1))

    def run(self, ends: list[Units]) -> None:
        """A line, or a curve by its handles and its end."""
        if all(end == self.at for end in ends):
            return
        if _goes_straight(self.at, ends, 0):
            self._write("h", ends[-1:], axis=0)
        elif _goes_straight(self.at, ends, 1):
            self._write("v", ends[-1:], axis=1)
        elif len(ends) == 1:
            self._write("l", ends)
        else:
            self._curve(ends)

    def _curve(self, ends: list[Units]) -> None:
        if max(abs(ends[0][0] - self.mirror[0]), abs(ends[0][1] - self.mirror[1])) <= self.slack:
            self._write("s", ends[1:])
        else:
            self._write("c", ends)
        (x, y), handle = ends[2], ends[1]
        self.mirror = 2 * x - handle[0], 2 * y - handle[1]

    def arc(self, arc: list[str], end: Units) -> None:
        """An arc by its radii, turn and flags."""
        if arc[0] == "0":
            self.run([end])
        elif end != self.at:
            self._write("a", [end], arc)

    def close(self) -> None:
        self.text.append("z")
        self.last = self.letter = "z"
        self.at = self.mirror = self.start

    def _write(self, letter: str, ends: list[Units], arc: list[str] | None = None, axis: int | None = None) -> None:
        axes = (0, 1) if axis is None else (axis,)
        places = [end[i] for end in ends for i in axes]
        steps = [end[i] - self.at[i] for end in ends for i in axes]
        chosen = self._tokens(letter, arc, steps)
        text = _joined(chosen, self.last)
        if sum(map(abs, places)) < _FAR * sum(map(abs, steps)):
            tokens = self._tokens(letter.upper(), arc, places)
            absolute = _joined(tokens, self.last)
            if len(absolute) < len(text):
                letter, chosen, text = letter.upper(), tokens, absolute
        self.text.append(text)
        self.letter, self.last = letter, chosen[-1]
        self.at = self.mirror = ends[-1]

    def _tokens(self, letter: str, arc: list[str] | None, values: list[int]) -> list[str]:
        numbers = (arc or []) + [_number(value, self.precision) for value in values]
        return numbers if letter == self.letter else [letter, *numbers]


def _goes_straight(begin: Units, ends: list[Units], axis: int) -> bool:
    """A line, or a curve that is one, along an axis and never past its ends."""
    if ends[-1][1 - axis] != begin[1 - axis]:
        return False
    low, high = sorted((begin[axis], ends[-1][axis]))
    return all(end[1 - axis] == begin[1 - axis] and low <= end[axis] <= high for end in ends)


def _place(point: tuple[float, float], precision: int) -> Units:
    x, y = _units(point, precision)
    return x, y


def _units(values: tuple[float, ...], precision: int) -> tuple[int, ...]:
    return tuple(round(value * 10**precision) for value in values)


@lru_cache(maxsize=65_536)
def _number(value: int, precision: int) -> str:
    """An integer count of 10^-precision as the shortest decimal."""
    whole, part = divmod(abs(value), 10**precision)
    decimals = f"{part:0{precision}d}".rstrip("0") if part else ""
    text = f"{whole or ''}.{decimals}" if decimals else str(whole)
    return f"-{text}" if value < 0 else text


def _joined(tokens: list[str], before: str) -> str:
    """Tokens with a space only where two numbers would run together: `1.5.5-2` is 1.5, 0.5 and -2."""
    text = ""
    for token in tokens:
        first = token[0]
        is_clear = (
            first == "-"
            or first.isalpha()
            or before.isalpha()
            or before in _ARC_FLAGS
            or (first == "." and "." in before)
        )
        text += token if is_clear else f" {token}"
        before = token
    return text
