"""Path data, the `d` of SVG's paths, as contours; the guard has seen to it that its grammar is kept.

Written by hand, since Skia's reader is not open to Python, and others come with much and draw arcs coarsely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from svgai.exports.arcs import arc
from svgai.exports.artwork import Contour, Segment

_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*+)")
_N = r"-?+(?:\d++(?:\.\d++)?+|\.\d++)"
_NUMBER = re.compile(_N)
_ARC = re.compile(rf"({_N})[ ,]?+({_N})[ ,]?+({_N})[ ,]?+([01])[ ,]?+([01])[ ,]?+({_N})[ ,]?+({_N})")
_NUMBERS_OF: Final = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2}


def read_path(data: str) -> tuple[Contour, ...]:
    pen = _Pen()
    for letter, rest in _COMMAND.findall(data):
        pen.obey(letter, rest)
    return (*pen.contours, *pen.drawn())


class _Pen:
    """Where the next command begins, and what has been drawn."""

    def __init__(self) -> None:
        self.contours: list[Contour] = []
        self.segments: list[Segment] = []
        self.at = self.start = 0j
        self.handle: tuple[str, complex] = ("", 0j)
        """The last handle of a curve, and the letter of the curves that may mirror it."""

    def obey(self, letter: str, rest: str) -> None:
        upper, is_relative = letter.upper(), letter.islower()
        if upper == "Z":
            self._close()
        elif upper == "A":
            for numbers in _ARC.findall(rest):
                self._arc([float(number) for number in numbers], self.at if is_relative else 0j)
        else:
            for numbers in _groups(rest, _NUMBERS_OF[upper]):
                self._step(upper, numbers, self.at if is_relative else 0j)
                upper = "L" if upper == "M" else upper

    def drawn(self) -> list[Contour]:
        """The contour that ends here, if anything of it is to be seen."""
        return [Contour(self.start, tuple(self.segments))] if self.segments else []

    def _close(self) -> None:
        self.contours += [contour.closed() for contour in self.drawn()]
        self._begin(self.start)

    def _step(self, letter: str, numbers: list[float], origin: complex) -> None:
        if letter == "H":
            self._draw(complex(origin.real + numbers[0], self.at.imag))
        elif letter == "V":
            self._draw(complex(self.at.real, origin.imag + numbers[0]))
        else:
            points = [origin + complex(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
            self._go(letter, points)

    def _go(self, letter: str, points: list[complex]) -> None:
        match letter:
            case "M":
                self._move(points[0])
            case "L":
                self._draw(points[0])
            case "C":
                self._curve(*points)
            case "S":
                self._curve(self._mirrored("S"), *points)
            case "Q":
                self._bow(*points)
            case "T":
                self._bow(self._mirrored("T"), *points)

    def _move(self, place: complex) -> None:
        self.contours += self.drawn()
        self._begin(place)

    def _begin(self, place: complex) -> None:
        self.segments = []
        self.at = self.start = place
        self.handle = ("", 0j)

    def _curve(self, first: complex, second: complex, end: complex) -> None:
        self._draw(first, second, end)
        self.handle = ("S", second)

    def _bow(self, handle: complex, end: complex) -> None:
        """A quadratic, which is a cubic whose handles are two thirds of the way to the one."""
        self._draw((self.at + 2 * handle) / 3, (end + 2 * handle) / 3, end)
        self.handle = ("T", handle)

    def _mirrored(self, letter: str) -> complex:
        return 2 * self.at - self.handle[1] if self.handle[0] == letter else self.at

    def _arc(self, numbers: list[float], origin: complex) -> None:
        across, down, degrees, large, clockwise, x, y = numbers
        end = origin + complex(x, y)
        radii = complex(abs(across), abs(down))
        for segment in arc(self.at, end, radii, degrees, large=bool(large), clockwise=bool(clockwise)):
            self._draw(*segment)

    def _draw(self, *segment: complex) -> None:
        self.segments.append(segment)
        self.at, self.handle = segment[-1], ("", 0j)


def _groups(text: str, size: int) -> Iterator[list[float]]:
    numbers = map(float, _NUMBER.findall(text))
    while group := list(islice(numbers, size)):
        yield group
