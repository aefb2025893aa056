"""Drawings written as SVG text, as short as their precision allows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from svgai.drawing import POINTS_OF, Drawing, Ink, Path


def write(drawing: Drawing, precision: int) -> str:
    """Write a drawing with that many decimals of a pixel."""
    width, height = drawing.width, drawing.height
    paths = "".join(_path(shape, precision) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{paths}</svg>"
    )


def _path(path: Path, precision: int) -> str:
    data = _joined(_tokens(path, precision))
    return f'<path fill="{_colour(path.ink)}"{_opacity(path.ink)} d="{data}"/>' if data else ""


def _colour(ink: Ink) -> str:
    text = f"{ink.red:02x}{ink.green:02x}{ink.blue:02x}"
    return f"#{text[::2]}" if text[::2] == text[1::2] else f"#{text}"


def _opacity(ink: Ink) -> str:
    return "" if ink.opacity >= 1 else f' fill-opacity="{_number(round(ink.opacity * 1000), 3)}"'


def _tokens(path: Path, precision: int) -> Iterator[str]:
    """Letters and numbers, relative to where the pen is.

    Positions are rounded before they are subtracted from each other, so that errors never add up.
    """
    points = np.rint(path.points * 10**precision).astype(np.int64).tolist()
    start = pen = [0, 0]
    letter, at = "", 0
    for index, command in enumerate(path.commands):
        ends, at = points[at : at + POINTS_OF[command]], at + POINTS_OF[command]
        if command == "Z":
            yield "z"
            letter, pen = "z", start
            continue
        shape, steps = _shortest(command, pen, ends)
        closes = path.commands[index + 1 : index + 2] == "Z" and ends[-1] == start
        if shape != "m" and (not any(steps) or (closes and shape in "hvl")):
            continue
        if shape != letter or shape == "m":
            yield shape
        yield from (_number(step, precision) for step in steps)
        letter = "l" if shape == "m" else shape
        pen = ends[-1]
        start = pen if command == "M" else start


def _shortest(command: str, pen: list[int], ends: list[list[int]]) -> tuple[str, list[int]]:
    steps = [end[axis] - pen[axis] for end in ends for axis in (0, 1)]
    if command != "M" and _goes_straight(steps[0::2], steps[1::2]):
        return "h", steps[-2:-1]
    if command != "M" and _goes_straight(steps[1::2], steps[0::2]):
        return "v", steps[-1:]
    return command.lower(), steps


def _goes_straight(along: list[int], across: list[int]) -> bool:
    """A line, or a curve that is one, along one axis and never past its ends."""
    low, high = min(0, along[-1]), max(0, along[-1])
    return not any(across) and all(low <= step <= high for step in along)


@lru_cache(maxsize=65_536)
def _number(value: int, precision: int) -> str:
    """An integer count of 10^-precision as the shortest decimal."""
    whole, part = divmod(abs(value), 10**precision)
    decimals = f"{part:0{precision}d}".rstrip("0") if part else ""
    text = f"{whole or ''}.{decimals}" if decimals else str(whole)
    return f"-{text}" if value < 0 else text


def _joined(tokens: Iterator[str]) -> str:
    """Tokens with a space only where two numbers would run together: `1.5.5-2` is 1.5, 0.5 and -2."""
    text: list[str] = []
    before = "z"
    for token in tokens:
        is_clear = before.isalpha() or token.isalpha() or token[0] == "-" or (token[0] == "." and "." in before)
        text.append(token if is_clear else f" {token}")
        before = token
    return "".join(text)
