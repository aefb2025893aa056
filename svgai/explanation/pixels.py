"""Sheets of what is known of each pixel: the picture, its inks, and how much of it they explain."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from svgai.analysis import UNEXPLAINED
from svgai.cover import Cover, Inks
from svgai.explanation.canvas import GREY, PINK, Colours, on_checks
from svgai.explanation.sheet import Key, Sheet
from svgai.explanation.view import View

_SWATCH = 48


def show_picture(view: View) -> Sheet:
    width, height = view.size
    title = f"{width} x {height} pixels"
    return Sheet(view.canvas(on_checks(view.analysis.picture.rgba)).image(), title)


def show_inks(view: View, inks: Inks) -> Sheet:
    facts = view.analysis.facts()["inks"]
    image = Image.new("RGB", (10 * _SWATCH, max(1, len(facts)) * _SWATCH), "white")
    pen = ImageDraw.Draw(image)
    for row, fact in enumerate(facts):
        patch = np.full((_SWATCH, _SWATCH, 4), _rgba(inks, row), np.uint8)
        image.paste(Image.fromarray(on_checks(patch)), (0, row * _SWATCH))
        pen.rectangle((0, row * _SWATCH, _SWATCH, (row + 1) * _SWATCH - 1), outline=GREY)
        words = f"{fact['colour']}   {fact['share']:.2%}"
        pen.text((_SWATCH + 12, row * _SWATCH + 14), words, "black", font_size=18)
    return Sheet(image, f"{len(inks)}", notes=("Each with the part of the pixels that it covers most of.",))


def show_coverage(view: View, cover: Cover) -> Sheet:
    """Each pixel in its first ink; edges in grey, the darker the more of them belongs to the second; seams marked."""
    inks = view.analysis.last(Inks)
    palette = np.array([_rgba(inks, index) for index in range(len(inks))] if inks else [(0, 0, 0, 0)], np.uint8)
    shown = on_checks(palette[cover.first])
    edges = ~cover.is_pure
    shown[edges] = (510 * (cover.share[edges] - 0.5))[:, None].astype(np.uint8)
    canvas = view.canvas(shown)
    for y, x in np.argwhere(cover.seam):
        canvas.mark("disc", (x + 0.5, y + 0.5), PINK, view.steps / 3)
    keys = (
        Key("patch", (30, 30, 30), "half and half"),
        Key("patch", (225, 225, 225), "nearly all one ink"),
        Key("disc", PINK, "seam: a third ink shines through"),
    )
    title = f"{edges.mean():.1%} of the pixels hold two inks"
    return Sheet(canvas.image(), title, keys, ("Pixels of one ink are shown in it.",))


def _rgba(inks: Inks, index: int) -> tuple[int, int, int, int]:
    ink = inks[index]
    return ink.red, ink.green, ink.blue, round(255 * ink.opacity)


def show_misfit(view: View, cover: Cover) -> Sheet:
    """White where a pixel is explained, red where it is not."""
    doubt = np.clip(cover.misfit / (4 * UNEXPLAINED), 0, 1)[..., None]
    shown: Colours = np.rint(255 * (1 - doubt) + np.array([220, 20, 30]) * doubt).astype(np.uint8)
    return Sheet(
        view.canvas(shown).image(),
        f"{(cover.misfit > UNEXPLAINED).mean():.2%} of the pixels are no mix of two inks",
        (Key("patch", (220, 20, 30), f"{4 * UNEXPLAINED:g} of 255 and more off"),),
        ("White pixels are a mix of the inks beside them.",),
    )
