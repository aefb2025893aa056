"""Whether there is writing: the parts of a picture in black and white, how they stand, and how their strokes are."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from svgai.ml import kernels

Bits = NDArray[np.uint8]
"""0 or 1."""

_NOISY = 1.5
"""Deviation of noise, in levels, above which it is smoothed away first."""
_LEAST_HEIGHT, _MOST_HEIGHT = 5, 0.4
"""Of letters: the least in pixels, the most as a share of the picture's height or of half its width."""


def measure_writing(light: NDArray[np.uint8], deviation: float) -> Mapping[str, float]:
    """Parts, letters, lines and strokes of a picture, seen from afar; the deviation is that of its noise."""
    calm = cv2.GaussianBlur(light, (3, 3), 0) if deviation > _NOISY else light
    _, black_and_white = cv2.threshold(calm, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ground = int(np.median(np.concatenate([black_and_white[0], black_and_white[-1]])) > 0)
    ink = (black_and_white != ground).astype(np.uint8)
    boxes = _boxes(black_and_white)
    return {
        "components": _log(len(boxes)),
        **_letters(boxes, *light.shape),
        "thin": _thin(ink),
        **_strokes(ink),
    }


def _log(value: float) -> float:
    return float(np.log2(1.0 + value))


def _thin(ink: Bits) -> float:
    """The share of the ink that goes when one pixel is taken off all round."""
    before = int(np.count_nonzero(ink))
    return 1.0 - int(np.count_nonzero(cv2.erode(ink, np.ones((3, 3), np.uint8)))) / before if before else 0.0


def _boxes(black_and_white: Bits) -> NDArray[np.int32]:
    """Left, top, right, bottom, area and number of runs along rows of each connected part, specks left out."""
    runs = (
        black_and_white.size
        if black_and_white.shape[1] < 2
        else (int(np.count_nonzero(black_and_white[:, 1:] != black_and_white[:, :-1])) + len(black_and_white))
    )
    boxes = np.empty((runs, 6), np.int32)
    return boxes[: kernels.find_parts(black_and_white, boxes)][boxes[:, 4] > 4]


def _letters(boxes: NDArray[np.int32], height: int, width: int) -> Mapping[str, float]:
    left, top, right, bottom, area, runs = boxes.T.astype(np.float64)
    wide, high = right - left, bottom - top
    fill = area / (wide * high)
    may_be = (high >= _LEAST_HEIGHT) & (high <= _MOST_HEIGHT * max(height, width / 2))
    may_be &= (wide >= 0.1 * high) & (wide <= 2.0 * high) & (fill > 0.15) & ((fill < 0.75) | (wide < 0.45 * high))
    heights = high[may_be]
    if not len(heights):
        return dict.fromkeys(_LETTERS, 0.0)
    typical = float(np.median(heights))
    is_alike = np.abs(heights - typical) <= 0.25 * typical
    pens = (area / runs)[may_be]
    told = (
        len(heights) / len(boxes),
        _log(len(heights)),
        min(1.0, float((wide * high)[may_be].sum()) / (height * width)),
        float(is_alike.mean()),
        _lined_up(bottom[may_be], max(1.0, 0.08 * typical), height),
        float(np.median(pens / heights)),
        float(np.median(np.abs(pens / np.median(pens) - 1))),
        float(np.median(runs[may_be] / heights)),
        *_lines(boxes[may_be][:_MOST_FOLLOWED], width),
    )
    return dict(zip(_LETTERS, told, strict=True))


_LETTERS = (
    *("letters", "letter_count", "letter_area", "alike_heights", "lined_up"),
    *("pen", "uneven_pen", "crossings"),
    *("spacing", "line_letters", "in_lines", "line_width", "line_bend", "letter_variety"),
)
_MOST_FOLLOWED = 256
"""Letters among which neighbours are looked for, those at the top."""
_FARTHEST = 4.0
"""Heights to the next letter where there is none."""
_A_LINE = 3
"""So many letters one after the other make a line."""


def _lines(letters: NDArray[np.int32], width: int) -> tuple[float, ...]:
    """How far letters are apart, how many are in the longest line, the share in lines; how that line is."""
    follower, gaps = np.empty(len(letters), np.int32), np.empty(len(letters), np.float32)
    kernels.find_followers(letters, _FARTHEST, follower, gaps)
    length = np.ones(len(letters), np.int32)
    for one in np.argsort(-letters[:, 0], kind="stable").tolist():
        if follower[one] >= 0:
            length[one] += length[follower[one]]
    line = [int(length.argmax())]
    while follower[line[-1]] >= 0:
        line.append(int(follower[line[-1]]))
    left, top, right, bottom = letters[line, :4].T.astype(np.float64)
    typical = float(np.median(bottom - top))
    widths = (right - left) / typical
    followed = np.zeros(len(letters), np.bool_)
    followed[follower[follower >= 0]] = True
    starts = ~followed & (length >= _A_LINE)
    return (
        float(np.median(gaps)),
        _log(len(line)),
        min(1.0, float(length[starts].sum()) / len(letters)),
        float(right[-1] - left[0]) / width,
        min(1.0, float(np.median(np.abs(bottom - np.median(bottom)))) / typical),
        min(1.0, float(np.median(np.abs(widths - np.median(widths))))),
    )


def _lined_up(feet: NDArray[np.float64], tolerance: float, height: int) -> float:
    """Which share stands on one line with another, beyond what would by chance."""
    gaps = np.diff(np.sort(feet), prepend=-np.inf, append=np.inf)
    share = float((np.minimum(gaps[:-1], gaps[1:]) <= tolerance).mean())
    chance = 1 - float(np.exp(-2 * (tolerance + 0.5) * len(feet) / height))
    return max(0.0, (share - chance) / (1 - chance)) if chance < 0.999 else 0.0


_STROKES = ("strokes_across", "strokes_down", "even_strokes", "bands", "band_height")


def _strokes(ink: Bits) -> Mapping[str, float]:
    """Runs of ink along rows and columns: writing is many strokes of one breadth, in bands that are apart."""
    if not ink.any():
        return dict.fromkeys(_STROKES, 0.0)
    across, down = _run_lengths(ink), _run_lengths(np.ascontiguousarray(ink.T))
    rows: NDArray[np.bool_] = np.asarray(ink.any(axis=1))
    bands = _run_lengths(rows[None].astype(np.uint8))
    typical = float(np.median(across))
    return {
        "strokes_across": _log(len(across) / int(rows.sum())),
        "strokes_down": _log(len(down) / int(ink.any(axis=0).sum())),
        "even_strokes": float((np.abs(across - typical) <= 0.35 * typical + 0.5).mean()),
        "bands": _log(len(bands)),
        "band_height": float(np.median(bands)) / len(ink),
    }


def _run_lengths(ink: Bits) -> NDArray[np.int64]:
    """How long the runs of ink along the rows are."""
    bordered = np.zeros((ink.shape[0], ink.shape[1] + 1), np.uint8)
    bordered[:, :-1] = ink
    flat = bordered.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    if flat[0]:
        changes = np.concatenate([[0], changes])
    return changes[1::2] - changes[::2]
