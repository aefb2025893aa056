"""Shapes lie on each other without a seam, and where nothing was drawn nothing is drawn.

Inks hold no blue and what lies behind is loud magenta: wherever blue shows within the drawing, a seam does.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from svgai import Limits
from svgai.drawing import Drawing
from svgai.engine.curves import fit_curves
from svgai.engine.score import measure
from svgai.engine.stacking import Edge, Stack, _gains, _straight
from svgai.engine.svg import write
from svgai.files.intake import from_array
from svgai.training.drawings import make_drawing
from tests.svgai.engine.flat import by_resvg, by_skia, mapped, pictured, svg, text_of, traced

SIZE, ZOOM = 64, 8
INKS = ("#dc1e00", "#1ea000", "#fad200", "#000", "#6e0000")
MAGENTA = '<path fill="#f0f" d="M-9-9h99v99h-99z"/>'
RENDERERS = {"skia": by_skia, "resvg": by_resvg}


def pie(slices: int) -> str:
    """All slices reach their neighbours: a larger one lies under each."""
    x, y, radius, parts = 32.2, 31.8, 24, []
    for number in range(slices):
        begin, end = (0.3 + 2 * math.pi * each / slices for each in (number, slices))
        far = [f"{x + radius * math.cos(turn):.4f} {y + radius * math.sin(turn):.4f}" for turn in (begin, end)]
        arc = f"A{radius} {radius} 0 {int(end - begin > math.pi)} 1 {far[1]}"
        whole = f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{INKS[number]}"/>'
        parts.append(f'<path fill="{INKS[number]}" d="M{x} {y}L{far[0]}{arc}z"/>' if number else whole)
    return "".join(parts)


SQUARE = '<path fill="#dc1e00" d="M8 8h48v48H8z"/>'
TOUCHING = {
    **{f"pie of {slices}": pie(slices) for slices in (2, 3, 4, 5)},
    "stripes": "".join(f'<path fill="{INKS[n]}" d="M{10 + 9.3 * n} 8H56v48H{10 + 9.3 * n}z"/>' for n in range(4)),
    "slanted": SQUARE + '<path fill="#1ea000" d="M8 47L56 20.4V56H8z"/>',
    "wave": SQUARE + '<path fill="#1ea000" d="M8 30c12-20 24 20 48 2V56H8z"/>',
    "T": SQUARE + '<path fill="#1ea000" d="M8 30.4h48V56H8z"/><path fill="#fad200" d="M30.7 30.4H56V56H30.7z"/>',
    "disc on two": (
        '<path fill="#dc1e00" d="M8 8h47v48H8z"/><path fill="#1ea000" d="M32.4 8h23v48h-23z"/>'
        '<circle cx="32.3" cy="31.7" r="14.2" fill="#fad200"/>'
    ),
    "Y": SQUARE + '<path fill="#1ea000" d="M32 30L8 12V56H56z"/><path fill="#fad200" d="M32 30V56H56V14z"/>',
    "rings": "".join(
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{ink}"/>'
        for x, y, radius, ink in zip((32.3, 31.3, 32.3, 32), (32, 33, 32, 31), (25, 18, 11.2, 5), INKS, strict=False)
    ),
    "three discs": "".join(
        f'<circle cx="{x}" cy="{y}" r="15" fill="{ink}"/>'
        for x, y, ink in zip((26, 40, 32), (26, 28, 40), INKS, strict=False)
    ),
    "stroke between": (
        SQUARE + '<path fill="#1ea000" d="M8 40L56 25V56H8z"/><path fill="#000" d="M8 39.3L56 24.3V26L8 41z"/>'
    ),
    "tiles": "".join(
        f'<path fill="{INKS[(x + 2 * y) % 5]}" d="M{8 + 11.3 * x} {8 + 11.7 * y}H56V56H{8 + 11.3 * x}z"/>'
        for y in range(4)
        for x in range(4)
    ),
}  # fmt: skip


def with_behind(text: str) -> str:
    return text.replace('">', f'">{MAGENTA}', 1)


def inside_of(inside: str, margin: float = 0.75) -> np.ndarray:
    """Where a drawing covers all, farther than the margin from its edge."""
    covered = (by_skia(svg(inside), SIZE * ZOOM, SIZE * ZOOM)[..., 3] == 255).astype(np.uint8)
    across = 2 * round(margin * ZOOM) + 1
    return cv2.erode(covered, np.ones((across, across), np.uint8)) > 0


@pytest.mark.parametrize("behind", ["", MAGENTA], ids=["on nothing", "on magenta"])
@pytest.mark.parametrize("method", ["fast", "optimised"])
@pytest.mark.parametrize("name", TOUCHING)
def test_no_seam_shows_where_shapes_touch(name: str, method: str, behind: str) -> None:
    inside = inside_of(TOUCHING[name])
    text = with_behind(text_of(traced(pictured(behind + TOUCHING[name]), method)))
    for renderer in RENDERERS.values():
        blue = renderer(text, SIZE * ZOOM, SIZE * ZOOM)[..., 2][inside]
        # A point where three shapes meet may shine through by a fifth, on a few pixels of an eighth of a pixel.
        assert blue.max() < 100
        assert (blue > 24).sum() <= 24


def test_without_running_on_under_each_other_a_seam_would_show() -> None:
    """That is what the test above would find."""
    halves = '<path fill="#dc1e00" d="M8 8h24.4v48H8z"/><path fill="#1ea000" d="M32.4 8h23v48h-23z"/>'
    text = with_behind(svg(halves))
    blue = by_skia(text, SIZE * ZOOM, SIZE * ZOOM)[..., 2][inside_of(TOUCHING["disc on two"])]
    assert (blue > 24).sum() > 100


@pytest.mark.parametrize("name", TOUCHING)
def test_the_drawing_shows_what_was_drawn(name: str) -> None:
    text = text_of(traced(pictured(TOUCHING[name])))
    for renderer in RENDERERS.values():
        assert difference(renderer, text, TOUCHING[name]) < 14


def difference(renderer: Callable[[str, int, int], np.ndarray], text: str, inside: str) -> float:
    """How many square pixels look different enough to be seen."""
    one, other = (premultiplied(renderer(each, SIZE * ZOOM, SIZE * ZOOM)) for each in (text, svg(inside)))
    return float((np.abs(one - other).max(axis=-1) > 64).sum() / ZOOM**2)


def premultiplied(pixels: np.ndarray) -> np.ndarray:
    mixed = pixels.astype(float)
    mixed[..., :3] *= mixed[..., 3:] / 255
    return mixed


RING = (
    '<path fill="#dc1e00" fill-opacity="{}" fill-rule="evenodd" d="M32 8a24 24 0 1 0 .01 0zM32 18a14 14 0 1 1-.01 0z"/>'
)
SPLIT = (
    '<path fill="#dc1e00" d="M32.4 8a24 24 0 0 0 0 48v-10a14 14 0 0 1 0-28z"/>'
    '<path fill="#1ea000" d="M32.4 8a24 24 0 0 1 0 48v-10a14 14 0 0 0 0-28z"/>'
)
HOLED = {
    "ring": RING.format(1),
    "half clear ring": RING.format(0.5),
    "ring of two": SPLIT,
    "ring with a disc": RING.format(1) + '<circle cx="32" cy="32" r="7.3" fill="#1ea000"/>',
    "window": '<path fill="#dc1e00" fill-rule="evenodd" d="M0 0h64v64H0zM12.3 12.6v40h40v-40z"/>',
}


@pytest.mark.parametrize("cutout", [False, True])
@pytest.mark.parametrize("name", HOLED)
def test_what_was_clear_stays_clear(name: str, cutout: bool) -> None:
    text = text_of(traced(pictured(HOLED[name]), cutout=cutout))
    for renderer in RENDERERS.values():
        was = renderer(svg(HOLED[name]), SIZE * ZOOM, SIZE * ZOOM)[..., 3]
        clear = cv2.erode((was == 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        assert clear.sum() > 100 * ZOOM**2
        assert renderer(text, SIZE * ZOOM, SIZE * ZOOM)[..., 3][clear].max() == 0


RED, GREEN = ('<path fill="#dc1e00" fill-opacity="{}" d="{}"/>', '<path fill="#1ea000" fill-opacity="{}" d="{}"/>')
DISC = "M32 18a14 14 0 1 0 .01 0z"
HALF_CLEAR = {
    "over an opaque one": RED.format(1, "M8 8h24.3v40H8z") + GREEN.format(0.5, DISC),
    "over another": RED.format(0.5, "M8 8h24.3v40H8z") + GREEN.format(0.5, DISC),
    "beside another": RED.format(0.5, "M8 8h24v40H8z") + GREEN.format(0.7, "M32 8h24v40H32z"),
    "in a ring": RING.format(1) + GREEN.format(0.5, DISC),
    "an opaque one within": RING.format(0.4) + GREEN.format(1, DISC),
    "on full bleed": RED.format(0.5, "M0 0h64v64H0z") + GREEN.format(1, DISC),
}


@pytest.mark.parametrize("cutout", [False, True])
@pytest.mark.parametrize("name", HALF_CLEAR)
def test_inks_that_are_half_clear_are_not_laid_over_each_other(name: str, cutout: bool) -> None:
    text = text_of(traced(pictured(HALF_CLEAR[name]), cutout=cutout))
    got = premultiplied(by_skia(text, SIZE * ZOOM, SIZE * ZOOM))
    want = premultiplied(by_skia(svg(HALF_CLEAR[name]), SIZE * ZOOM, SIZE * ZOOM))
    away = cv2.dilate(edges(want), np.ones((17, 17), np.uint8)) == 0
    assert away.mean() > 0.5
    assert np.abs(got - want)[away].max() <= 4


def edges(pixels: np.ndarray) -> np.ndarray:
    change = [np.abs(np.diff(pixels, axis=axis)).max(axis=-1) > 2 for axis in (0, 1)]
    found = np.zeros(pixels.shape[:2], np.uint8)
    found[:-1] |= change[0]
    found[:, :-1] |= change[1]
    return found


def covers(drawing: Drawing, precision: int = 3) -> list[np.ndarray]:
    """How much of each pixel every single shape covers."""
    found = []
    for shape in drawing.shapes:
        alone = Drawing(drawing.width, drawing.height, (shape,))
        alpha = by_skia(write(alone, precision), SIZE * ZOOM, SIZE * ZOOM)[..., 3]
        found.append(alpha / 255 / shape.ink.opacity)
    return found


@pytest.mark.parametrize("name", [*TOUCHING, *HALF_CLEAR])
def test_cut_out_shapes_do_not_overlap_and_leave_nothing_out(name: str) -> None:
    drawn = {**TOUCHING, **HALF_CLEAR}[name]
    drawing = traced(pictured(drawn), cutout=True)
    total = sum(covers(drawing))
    assert (total > 1.3).sum() / ZOOM**2 < 0.6
    whole = cv2.erode((by_skia(svg(drawn), SIZE * ZOOM, SIZE * ZOOM)[..., 3] > 90).astype(np.uint8), np.ones((13, 13)))
    assert (total[whole > 0] < 0.7).sum() / ZOOM**2 < 0.6
    shown = by_skia(svg(drawn), SIZE * ZOOM, SIZE * ZOOM)[..., 3] > 0
    assert total.sum() == pytest.approx(shown.sum(), rel=0.03)


@pytest.mark.parametrize("name", ["pie of 4", "wave", "disc on two"])
def test_shapes_that_are_not_cut_out_do_overlap(name: str) -> None:
    assert (sum(covers(traced(pictured(TOUCHING[name])))) > 1.5).sum() > ZOOM**2


def test_what_runs_on_past_anothers_end_lies_above_it() -> None:
    drawing = traced(pictured(TOUCHING["disc on two"]))
    assert drawing.shapes[-1].ink.green == 210
    bar = '<path fill="#dc1e00" d="M8 8h8.4v48H8z"/><path fill="#1ea000" d="M16.4 8H56V30H16.4zM16.4 30H56V56H16.4z"/>'
    small_but_whole = bar + '<path fill="#fad200" d="M16.4 30.2H56V56H16.4z"/>'
    assert traced(pictured(small_but_whole)).shapes[-1].ink.red == 220


def test_a_whole_form_stays_one() -> None:
    text = text_of(traced(pictured(TOUCHING["disc on two"])))
    assert text.count("<circle") == 1
    assert text_of(traced(pictured(TOUCHING["rings"]))).count("<circle") == 4


def test_regions_of_one_ink_are_one_path() -> None:
    dots = "".join(f'<path fill="#dc1e00" d="M{8 + 20 * n} 8h9l4 30-12-9z"/>' for n in range(3))
    assert traced(pictured(dots)).paths == 1


def test_what_is_drawn_is_what_was_refined() -> None:
    subject = make_drawing(5, 549)  # thin lines over each other
    assert subject.family == "sketch"
    picture = from_array(subject.seen(172), Limits())
    likeness = {}
    for method in ("fast", "optimised", "refined"):
        text = text_of(traced(picture, method))
        likeness[method] = measure(by_skia(text, picture.width, picture.height), picture).ssim
    assert min(likeness["optimised"], likeness["refined"]) > likeness["fast"] > 0.9


@pytest.mark.parametrize("bulge", [-20.0, 20.0])
def test_a_hidden_way_never_cuts_off_what_is_seen(bulge: float) -> None:
    there = np.array([[[10.0, 30], [10, 30 + bulge], [50, 30 + bulge], [50, 30]]])
    edge = Edge(region=0, other=1, segments=there, is_line=np.zeros(1, np.bool_), begins=0, ends=1, strand=0)
    assert _gains(edge, _straight(there[0, 0], there[0, 3])) is (bulge < 0)
    assert _gains(edge.reversed(1, 0), _straight(there[0, 3], there[0, 0])) is (bulge > 0)


@pytest.mark.parametrize("has_eye", [False, True])
def test_a_hidden_way_never_covers_what_lies_lower(has_eye: bool) -> None:
    """The way straight across a hill is hidden, but an eye in the hill may lie lower than the sky behind it."""
    eye = '<circle cx="32" cy="38" r="4" fill="#000"/>' if has_eye else ""
    hill = '<path fill="#1ea000" d="M8 48C16 24 24 24 32 24S48 24 56 48V56H8z"/>'
    inks, _, regions, strands = mapped(pictured(SQUARE + hill + eye))
    stack = Stack(fit_curves(strands), {}, regions.labels, inks, cutout=False)
    sky, ground = (int(stack.labels[y, 32]) for y in (12, 28))
    stack.rank[stack.order] = np.arange(len(stack.order)) + 10
    stack.rank[[sky, ground]] = 1, 2
    if has_eye:
        stack.rank[stack.labels[38, 32]] = 0
    (edge,) = (edge for edge in stack.loops[sky][0] if edge.other == ground)
    assert (len(stack._way(edge)[0]) == 1) is not has_eye
