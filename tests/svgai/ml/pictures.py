"""Pictures of each kind, made by code, whole and damaged."""

from __future__ import annotations

import cv2
import numpy as np

from bench.drawings import DRAWINGS
from bench.rendering import draw
from svgai.picture import Picture


def opaque(colours) -> Picture:
    colours = np.asarray(colours).round().clip(0, 255).astype(np.uint8)
    return Picture(np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)]))


def flat(size: int = 256, name: str = "badge") -> Picture:
    """A drawing of ours on white."""
    rgba = draw(DRAWINGS[name](), size, size).astype(np.float64)
    alpha = rgba[..., 3:] / 255
    return opaque(rgba[..., :3] * alpha + 255 * (1 - alpha))


def ramp(size: int = 256) -> Picture:
    y, x = np.mgrid[0:size, 0:size] / (size - 1)
    return opaque(np.dstack([255 * x, 120 + 0 * x, 255 * y]))


def noise(size: int = 256, deviation: float = 40.0) -> Picture:
    return opaque(128 + np.random.default_rng(1).normal(0, deviation, (size, size, 3)))


def lettering(size: int = 256, lines: int = 5) -> Picture:
    paper = np.full((size, size, 3), 255, np.uint8)
    for line in range(lines):
        foot = (10, int(size * (line + 0.7) / lines))
        cv2.putText(paper, "Handwerk", foot, cv2.FONT_HERSHEY_SIMPLEX, size / 256, (20, 20, 80), 2, cv2.LINE_AA)
    return opaque(paper)


def jpeg(picture: Picture, quality: int = 60) -> Picture:
    data = cv2.imencode(".jpg", picture.rgba[..., :3], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return opaque(cv2.imdecode(data, cv2.IMREAD_COLOR))


def enlarged(picture: Picture, times: int, how: int) -> Picture:
    return opaque(cv2.resize(picture.rgba[..., :3], None, fx=times, fy=times, interpolation=how))


def blurred(picture: Picture, deviation: float) -> Picture:
    return opaque(cv2.GaussianBlur(picture.rgba[..., :3], (0, 0), deviation))


def noisy(picture: Picture, deviation: float) -> Picture:
    grain = np.random.default_rng(2).normal(0, deviation, (*picture.rgba.shape[:2], 3))
    return opaque(picture.rgba[..., :3] + grain)
