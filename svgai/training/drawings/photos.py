"""Pictures like photos: landscapes, materials, foliage, still lifes, and noise; made as pixels, not as shapes."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.picture import Pixels
from svgai.training.drawings.dice import Dice

Field: TypeAlias = NDArray[np.float32]
"""A number for each pixel."""
Light: TypeAlias = NDArray[np.float32]
"""height x width x 3, from 0 to 1."""

LONGEST = 1024


def _frame(dice: Dice) -> tuple[int, int]:
    ratio = dice.pick((1.0, 1.33, 1.5, 0.75))
    return (round(LONGEST / ratio), LONGEST) if ratio >= 1 else (LONGEST, round(LONGEST * ratio))


def _fractal(dice: Dice, frame: tuple[int, int], first: int, roughness: float, stretch: float = 1.0) -> Field:
    """Noise of several sizes, from 0 to 1; `first` cells across in the coarsest."""
    total = np.zeros(frame, np.float32)
    cells, weight = float(first), 1.0
    while cells < LONGEST / 2:
        size = max(2, round(cells)), max(2, round(cells * stretch))
        grid = dice.numbers.random(size, dtype=np.float32)
        total += weight * cv2.resize(grid, frame[::-1], interpolation=cv2.INTER_CUBIC)
        cells, weight = cells * 2, weight * roughness
    low, high = float(total.min()), float(total.max())
    spread: Field = (total - low) / (high - low)
    return spread


def _ramp(dice: Dice, values: Field, stops: int = 4) -> Light:
    """Numbers as colours of one natural family."""
    hue, places = dice.between(0, 1), np.linspace(0, 1, stops, dtype=np.float32)
    hues = [hue + dice.between(-0.08, 0.08) for _ in places]
    base = dice.between(0.05, 0.25), dice.between(0.7, 1)
    colours = np.array(
        [_rgb(h, dice.between(0.15, 0.6), base[0] + (base[1] - base[0]) * p) for h, p in zip(hues, places, strict=True)]
    )
    light: Light = np.stack([np.interp(values, places, colours[:, channel]) for channel in range(3)], axis=-1).astype(
        np.float32
    )
    return light


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float32]:
    hsv = np.array([[[360 * (hue % 1), saturation, value]]], np.float32)
    rgb: NDArray[np.float32] = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0]
    return rgb


def _exposed(dice: Dice, light: Light) -> Pixels:
    """As a camera would have it: darker corners, a little blur, grain."""
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    seen = light * (1 - dice.between(0, 0.35) * (x**2 + y**2) / 2)[..., None]
    seen = cv2.GaussianBlur(seen, (0, 0), dice.between(0.4, 1.6))
    grain = dice.numbers.normal(0, dice.between(0.004, 0.035), (height, width, 1)).astype(np.float32)
    colours = np.clip(255 * (seen + grain) + 0.5, 0, 255).astype(np.uint8)
    rgba: Pixels = np.dstack([colours, np.full((height, width), 255, np.uint8)])
    return rgba


def landscape(dice: Dice) -> Pixels:
    """Sky with clouds, ridges that fade with distance, a foreground with texture, perhaps water."""
    frame = height, width = _frame(dice)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    top, low = (
        _rgb(dice.between(0.5, 0.68), dice.between(0.2, 0.7), dice.between(0.4, 0.9)),
        _rgb(dice.between(0, 1), 0.2, 1),
    )
    light = top + (low - top) * np.broadcast_to(down**0.8, frame)[..., None]
    clouds = np.clip(2.2 * (_fractal(dice, frame, 3, 0.55, 0.6) - dice.between(0.4, 0.6)), 0, 1)[..., None]
    light = light + (1 - light) * clouds * (1 - 0.6 * down[..., None])
    ridges = dice.whole(2, 5)
    hue = dice.between(0.15, 0.6)
    for layer in range(ridges):
        near = (layer + 1) / ridges
        line = 0.4 + 0.45 * layer / ridges + dice.between(0.1, 0.3) * (_fractal(dice, (2, width), 3, 0.5)[0] - 0.5)
        grass = _fractal(dice, frame, 12, 0.8)
        base = _rgb(hue + dice.between(-0.05, 0.05), 0.2 + 0.4 * near, 0.75 - 0.5 * near)
        ground = base * (0.65 + 0.9 * near * (grass - 0.5) + 0.25)[..., None]
        edge = np.clip((down - line[None, :]) * height / 2 + 0.5, 0, 1)[..., None]
        light = light * (1 - edge) + (ground * (0.4 + 0.6 * near) + low * 0.6 * (1 - near)) * edge
    return _exposed(dice, light.astype(np.float32))


def material(dice: Dice) -> Pixels:
    """Wood, marble, clouds, cloth or sand, close up."""
    frame = _frame(dice)
    way = dice.pick(("wood", "marble", "clouds", "cloth", "sand"))
    rough = _fractal(dice, frame, dice.whole(3, 8), dice.between(0.5, 0.75))
    y, x = np.mgrid[0 : 1 : frame[0] * 1j, 0 : 1 : frame[1] * 1j].astype(np.float32)
    if way == "wood":
        rings = (x * dice.between(6, 20) + 3 * _fractal(dice, frame, 2, 0.4, 3)) % 1
        values = 0.7 * rings + 0.3 * _fractal(dice, frame, 4, 0.8, 20)
    elif way == "marble":
        values = 0.5 + 0.5 * np.sin(2 * np.pi * (dice.between(2, 7) * (x + y) + dice.between(1, 3) * rough))
    elif way == "cloth":
        count = dice.whole(60, 160)
        values = 0.25 * (np.sin(6.283 * count * x) + np.sin(6.283 * count * y)) + 0.4 * rough + 0.3
    else:
        values = rough if way == "clouds" else 0.4 * rough + 0.6 * _fractal(dice, frame, 128, 0.9)
    return _exposed(dice, _ramp(dice, np.clip(values, 0, 1).astype(np.float32), dice.whole(3, 6)))


def foliage(dice: Dice) -> Pixels:
    """Leaves, pebbles or petals: thousands of shaded spots over each other, the lower ones darker."""
    height, width = _frame(dice)
    hue, spread, count = dice.between(0, 1), dice.between(0.02, 0.12), dice.whole(700, 2600)
    canvas = np.zeros((height, width, 3), np.float32)
    canvas[:] = _rgb(hue, 0.6, 0.12)
    longest, flat = dice.between(10, 60), dice.between(0.25, 1)
    for n in range(count):
        near = n / count
        centre = dice.whole(0, width), dice.whole(0, height)
        size = longest * dice.between(0.4, 1)
        axes = max(1, round(size)), max(1, round(size * flat))
        turn = dice.whole(0, 180)
        shade = _rgb(hue + dice.around(0, spread), dice.between(0.3, 0.9), (0.2 + 0.7 * near) * dice.between(0.6, 1.1))
        cv2.ellipse(canvas, centre, axes, turn, 0, 360, (0.5 * shade).tolist(), -1, cv2.LINE_AA)
        lit = centre[0] - axes[1] // 5, centre[1] - axes[1] // 5
        inner = max(1, round(0.85 * axes[0])), max(1, round(0.8 * axes[1]))
        cv2.ellipse(canvas, lit, inner, turn, 0, 360, shade.tolist(), -1, cv2.LINE_AA)
    texture = 0.75 + 0.5 * _fractal(dice, (height, width), 8, 0.7)[..., None]
    return _exposed(dice, cv2.GaussianBlur(canvas, (0, 0), 1.2) * texture)


def still_life(dice: Dice) -> Pixels:
    """Solid things under one lamp on a table, with soft shadows, textures and a blurred background."""
    frame = height, width = _frame(dice)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = cv2.GaussianBlur(_ramp(dice, _fractal(dice, frame, 4, 0.6)), (0, 0), 25)
    table = height * dice.between(0.5, 0.75)
    wood = _ramp(dice, _fractal(dice, frame, 3, 0.7, 0.15))
    light = np.where((y > table)[..., None], wood * (0.5 + 0.5 * (y - table) / (height - table))[..., None], light)
    for _ in range(dice.whole(2, 6)):
        size = height * dice.between(0.08, 0.25)
        at = width * dice.between(0.1, 0.9), table + height * dice.between(-0.1, 0.15)
        tall = dice.between(0.7, 1.5)
        shadow = np.exp(
            -((x - at[0] - 0.6 * size) ** 2 / (1.4 * size) ** 2 + (y - at[1] - tall * size) ** 2 / (0.4 * size) ** 2)
        )
        light = light * (1 - 0.65 * shadow[..., None])
        across, down = (x - at[0]) / size, (y - at[1]) / (tall * size)
        depth = np.sqrt(np.clip(1 - across**2 - down**2, 0, None))
        lit = np.clip(-0.45 * across - 0.55 * down + 0.7 * depth, 0, 1)
        skin = _ramp(dice, _fractal(dice, frame, dice.whole(4, 30), 0.7), 3)
        body = skin * (0.15 + 0.85 * lit)[..., None] + (np.clip(lit, 0, 1) ** 30)[..., None] * dice.between(0, 0.8)
        inside = np.clip((1 - across**2 - down**2) * size / 4, 0, 1)[..., None]
        light = light * (1 - inside) + body * inside
    return _exposed(dice, light.astype(np.float32))


def crystals(dice: Dice) -> Pixels:
    """Cells around scattered points, shaded by their distance: cracked earth, scales, stained stone, skin."""
    frame = height, width = _frame(dice)
    small = height // 4, width // 4
    y, x = np.mgrid[0 : small[0], 0 : small[1]].astype(np.float32)
    nearest = np.full(small, 1e9, np.float32)
    second, owner = nearest.copy(), np.zeros(small, np.int32)
    for n in range(dice.whole(40, 160)):
        away = np.hypot(x - dice.between(0, small[1]), y - dice.between(0, small[0])).astype(np.float32)
        is_new = away < nearest
        second = np.minimum(np.where(is_new, nearest, second), np.where(is_new, second, away))
        owner, nearest = np.where(is_new, n, owner), np.where(is_new, away, nearest)
    shades = dice.numbers.random(200, dtype=np.float32)
    edge = cv2.resize(
        np.clip((second - nearest) / dice.between(3, 12), 0, 1), frame[::-1], interpolation=cv2.INTER_CUBIC
    )
    tone = cv2.resize(shades[owner], frame[::-1], interpolation=cv2.INTER_LINEAR)
    values = 0.45 * tone + 0.3 * edge + 0.35 * _fractal(dice, frame, 10, 0.75) - 0.1
    return _exposed(dice, _ramp(dice, np.clip(values, 0, 1).astype(np.float32), 5))


def noise(dice: Dice) -> Pixels:
    """Grain of some coarseness, grey or coloured: what no tracer can do anything with."""
    frame = height, width = _frame(dice)
    cell = dice.pick((1, 2, 3, 6, 12))
    channels = dice.pick((1, 3))
    grid = dice.numbers.random((height // cell + 1, width // cell + 1, channels), dtype=np.float32)
    large = cv2.resize(grid, frame[::-1], interpolation=dice.pick((cv2.INTER_NEAREST, cv2.INTER_CUBIC)))
    light = np.clip(np.broadcast_to(large.reshape(height, width, channels), (height, width, 3)), 0, 1)
    mixed = light * dice.between(0.4, 1) + _ramp(dice, _fractal(dice, frame, 3, 0.5)) * 0.4
    return _exposed(dice, np.clip(mixed, 0, 1).astype(np.float32))
