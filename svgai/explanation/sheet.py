"""A sheet: a picture for people, under a caption that tells them how to read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from svgai.explanation.canvas import Canvas, Colour, Mark

_TITLE, _TEXT, _MARGIN = 21, 16, 12
_LEAST_WIDTH = 480


@dataclass(frozen=True)
class Key:
    """What a mark on a sheet means."""

    mark: Mark
    colour: Colour
    words: str


@dataclass(frozen=True, eq=False)
class Sheet:
    """A picture for people, with what they should know to read it."""

    image: Image.Image
    title: str
    keys: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()

    def named(self, name: str) -> Sheet:
        return replace(self, title=f"{name.capitalize()}: {self.title}")

    def noting(self, note: str) -> Sheet:
        return replace(self, notes=(*self.notes, note))

    def captioned(self) -> Image.Image:
        """The image under its title, keys and notes."""
        width = max(_LEAST_WIDTH, self.image.width)
        placed, height = _placed(self, width)
        head = Canvas(np.full((height, width, 3), 255, np.uint8))
        for item, x, y in placed:
            if isinstance(item, Key):
                head.mark(item.mark, (x + 10, y + _TEXT / 2), item.colour)
        whole = Image.new("RGB", (width, height + self.image.height), "white")
        whole.paste(head.image(), (0, 0))
        pen = ImageDraw.Draw(whole)
        for item, x, y in placed:
            words, offset = (item.words, 24) if isinstance(item, Key) else (item, 0)
            pen.text((x + offset, y), words, "black", font_size=_TITLE if item is self.title else _TEXT)
        whole.paste(self.image, (0, height))
        return whole


def _placed(sheet: Sheet, width: int) -> tuple[list[tuple[str | Key, int, int]], int]:
    """Where everything of a caption stands, keys beside each other as far as there is room; and how high all is."""
    pen = ImageDraw.Draw(Image.new("L", (1, 1)))
    placed: list[tuple[str | Key, int, int]] = [(sheet.title, _MARGIN, _MARGIN)]
    x, y = _MARGIN, _MARGIN + _TITLE + 10
    for key in sheet.keys:
        wide = round(pen.textlength(key.words, font_size=_TEXT)) + 24
        if x > _MARGIN and x + wide > width - _MARGIN:
            x, y = _MARGIN, y + _TEXT + 8
        placed.append((key, x, y))
        x += wide + 22
    y += (_TEXT + 8) * bool(sheet.keys)
    for line in (line for note in sheet.notes for line in _wrapped(pen, note, width - 2 * _MARGIN)):
        placed.append((line, _MARGIN, y))
        y += _TEXT + 6
    return placed, y + 6


def _wrapped(pen: ImageDraw.ImageDraw, text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and pen.textlength(longer, font_size=_TEXT) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
