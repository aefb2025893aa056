"""What happens to pictures on their way: saved as JPEG, enlarged, blurred, cut out, photographed.

A damage has a name that says it all, such as `jpeg-60`; its chance is in the dice alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from svgai.picture import Pixels
from svgai.training.alpha import premultiplied, straight
from svgai.training.drawings.dice import Dice

NONE = "none"

Spoiler: TypeAlias = Callable[[Pixels, float, Dice], Pixels]


def jpeg(pixels: Pixels, quality: float, dice: Dice) -> Pixels:
    """Saved as JPEG, which knows no transparency: it becomes white."""
    file = io.BytesIO()
    sampling = dice.pick((0, 2))
    Image.fromarray(_on(pixels, (255, 255, 255))).save(file, "JPEG", quality=round(quality), subsampling=sampling)
    return _opaque(np.asarray(Image.open(file).convert("RGB")))


def webp(pixels: Pixels, quality: float, dice: Dice) -> Pixels:  # noqa: ARG001
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=round(quality))
    return np.asarray(Image.open(file).convert("RGBA"))


def noise(pixels: Pixels, levels: float, dice: Dice) -> Pixels:
    """Grain, of one colour or of three."""
    grain = dice.numbers.normal(0, levels, (*pixels.shape[:2], dice.pick((1, 3))))
    colours = np.clip(pixels[..., :3] + grain + 0.5, 0, 255).astype(np.uint8)
    return _joined(colours, pixels[..., 3])


def blur(pixels: Pixels, radius: float, dice: Dice) -> Pixels:  # noqa: ARG001
    return straight(cv2.GaussianBlur(premultiplied(pixels), (0, 0), radius))


def enlarged(pixels: Pixels, times: float, dice: Dice) -> Pixels:
    """Made from a picture so many times smaller."""
    height, width = pixels.shape[:2]
    small = max(1, round(width / times)), max(1, round(height / times))
    way = dice.pick((cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST))
    reduced = cv2.resize(premultiplied(pixels), small, interpolation=cv2.INTER_AREA)
    return straight(cv2.resize(reduced, (width, height), interpolation=way))


def sharpened(pixels: Pixels, times: float, dice: Dice) -> Pixels:  # noqa: ARG001
    """Reduced by a filter that leaves rims along edges (Lanczos), as many programs do."""
    height, width = pixels.shape[:2]
    large = round(width * times), round(height * times)
    enlarged_ = Image.fromarray(pixels).resize(large, Image.Resampling.BICUBIC)
    return np.asarray(enlarged_.resize((width, height), Image.Resampling.LANCZOS))


def palette(pixels: Pixels, colours: float, dice: Dice) -> Pixels:
    """Reduced to few colours, as in a GIF, with dithering or without."""
    dither = dice.pick((Image.Dither.NONE, Image.Dither.FLOYDSTEINBERG))
    reference = Image.fromarray(_on(pixels, (255, 255, 255))).quantize(round(colours))
    few = Image.fromarray(_on(pixels, (255, 255, 255))).quantize(palette=reference, dither=dither)
    alpha = np.where(pixels[..., 3] >= 128, 255, 0).astype(np.uint8)
    return _joined(np.asarray(few.convert("RGB")), alpha)


def jagged(pixels: Pixels, threshold: float, dice: Dice) -> Pixels:  # noqa: ARG001
    """Cut out without soft edges: a pixel is there or it is not. White counts as nothing where all is opaque."""
    alpha = pixels[..., 3]
    if (alpha == 255).all():
        alpha = 255 - pixels[..., :3].min(axis=-1)
    cut = np.where(alpha >= threshold, 255, 0).astype(np.uint8)
    return _joined(np.where(cut[..., None] > 0, pixels[..., :3], 0).astype(np.uint8), cut)


def pasted(pixels: Pixels, lightness: float, dice: Dice) -> Pixels:
    """Put on a coloured ground."""
    ground = tuple(round(lightness * dice.between(0.6, 1)) for _ in range(3))
    return _opaque(_on(pixels, ground))


SPOILERS: dict[str, tuple[Spoiler, dict[int, float]]] = {
    "jpeg": (jpeg, {35: 1, 50: 1.5, 60: 2, 75: 3, 85: 3, 92: 2.5}),
    "webp": (webp, {40: 1, 60: 2, 80: 3}),
    "noise": (noise, {2: 3, 4: 2, 8: 1}),
    "blur": (blur, {6: 3, 9: 2, 13: 1}),
    "enlarged": (enlarged, {15: 3, 20: 3, 30: 1}),
    "sharpened": (sharpened, {20: 1, 40: 1}),
    "palette": (palette, {16: 1, 64: 2}),
    "jagged": (jagged, {64: 1, 128: 1}),
    "pasted": (pasted, {120: 1, 255: 1}),
}
"""Each damage, how strong it may be, and how often it is that strong: nobody keeps a logo as a ruin."""

_TENTHS = {"blur", "enlarged", "sharpened"}
"""Whose strength is written in tenths, so that names need no dots."""

_OFTEN = {
    "jpeg": 0.38, "webp": 0.07, "noise": 0.08, "blur": 0.1, "enlarged": 0.13, "sharpened": 0.08, "palette": 0.05,
    "jagged": 0.04, "pasted": 0.07,
}  # fmt: skip


def pick_damage(dice: Dice) -> str:
    """One that happens, as often as it does."""
    name = dice.weighed(_OFTEN)
    return f"{name}-{dice.weighed(SPOILERS[name][1])}"


def spoil(pixels: Pixels, damage: str, dice: Dice) -> Pixels:
    """The picture after a damage of this name."""
    if damage == NONE:
        return pixels
    name, strength = damage.split("-")
    return SPOILERS[name][0](pixels, int(strength) / (10 if name in _TENTHS else 1), dice)


def _on(pixels: Pixels, ground: tuple[int, ...]) -> Pixels:
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * alpha + np.array(ground, np.float32) * (1 - alpha) + 0.5).astype(np.uint8)


def _opaque(colours: Pixels) -> Pixels:
    return _joined(colours, np.full(colours.shape[:2], 255, np.uint8))


def _joined(colours: Pixels, alpha: NDArray[np.uint8]) -> Pixels:
    return np.dstack([colours, alpha])
