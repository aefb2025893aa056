"""Strokes that were drawn as wide as each other come back so, and others as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from svgai import Limits
from svgai.drawing import Rectangle
from svgai.engine.forms import numbers_of, shaped
from svgai.engine.stems import _common, even
from svgai.engine.target import Target
from svgai.engine.web import Web
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.strands import Figure, Numbers
from tests.svgai.engine.flat import by_resvg, pictured, svg, watched

WIDTH, HEIGHT = 120, 40


def evened(picture: Picture) -> tuple[Figure, Figure, Target]:
    """What went into the stage, and what came out."""
    (figure, target), made, _ = watched(picture, even)
    return figure, made, target


def lettered(widths: Sequence[float], seed: int) -> tuple[Picture, Numbers]:
    """Strokes side by side, each with a foot of its own, and where their sides are; n x 2."""
    rng = np.random.default_rng(seed)
    left = 5 + 16 * np.arange(len(widths)) + rng.uniform(0, 4, len(widths))
    strokes = "".join(
        f'<path d="M{x} 6.4h{width}v{18 + 2 * k}l2 {3 + k}h-{width + 2}z" fill="#10069f"/>'
        for k, (x, width) in enumerate(zip(left, widths, strict=True))
    )
    picture = by_resvg(svg(strokes, WIDTH, HEIGHT), WIDTH, HEIGHT)
    return from_array(picture, Limits()), np.stack([left, left + widths], axis=1)


def uprights(figure: Figure) -> Numbers:
    """Where lines along the other axis are, in order."""
    web = Web.woven(shaped(*figure))
    steps = np.abs(web.nodes[web.last] - web.nodes[web.first])
    return np.sort(web.nodes[web.first[web.is_line & (steps[:, 0] == 0) & (steps[:, 1] > 10)], 0])


def sides_of(figure: Figure, drawn: Numbers) -> Numbers:
    """The sides that are nearest to those that were drawn."""
    found = uprights(figure)
    return found[np.abs(found - drawn[..., None]).argmin(axis=-1)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [3.1, 4.63, 5.9])
def test_strokes_of_one_width_come_back_with_one(width: float, seed: int) -> None:
    picture, drawn = lettered([width] * 6, seed)
    before, after, _ = evened(picture)
    found = sides_of(after, drawn)
    widths = found[:, 1] - found[:, 0]
    assert np.abs(found - drawn).max() < 0.2
    assert np.ptp(widths) < 0.02
    assert abs(widths.mean() - width) < 0.13
    assert np.abs(sides_of(before, drawn) - drawn).max() < 0.2


def test_sides_are_nearer_to_where_they_were_drawn_than_samples_tell() -> None:
    off: dict[str, list[Numbers]] = {"before": [], "after": []}
    for seed in range(12):
        picture, drawn = lettered([4.37] * 6, seed)
        before, after, _ = evened(picture)
        for name, figure in (("before", before), ("after", after)):
            off[name].append(sides_of(figure, drawn) - drawn)
    before, after = (float(np.median(np.abs(off[name]))) for name in ("before", "after"))
    assert after < 0.7 * before


@pytest.mark.parametrize("seed", range(4))
def test_strokes_of_two_widths_keep_them(seed: int) -> None:
    picture, drawn = lettered([3.2, 5.1, 3.2, 5.1, 3.2, 5.1], seed)
    found = sides_of(evened(picture)[1], drawn)
    widths = found[:, 1] - found[:, 0]
    assert np.ptp(widths[::2]) < 0.02
    assert np.ptp(widths[1::2]) < 0.02
    assert abs(widths[::2].mean() - 3.2) < 0.13
    assert abs(widths[1::2].mean() - 5.1) < 0.13


def test_bars_come_back_as_high_as_each_other() -> None:
    rng = np.random.default_rng(1)
    tops = 4 + 12 * np.arange(5) + rng.uniform(0, 4, 5)
    bars = "".join(f'<rect x="{6 + 3 * k}" y="{top}" width="40" height="4.4"/>' for k, top in enumerate(tops))
    _, (_, forms), _ = evened(from_array(by_resvg(svg(bars), 64, 64), Limits()))
    rectangles = [form for form in forms.values() if isinstance(form, Rectangle)]
    heights = [form.height for form in rectangles]
    middles = sorted(form.y for form in rectangles)
    assert len(heights) == 5
    assert np.ptp(heights) < 0.02
    assert abs(np.mean(heights) - 4.4) < 0.1
    assert np.abs(middles - (tops + 2.2)).max() < 0.1
    assert all(abs(numbers_of(form)[0][2] - 40) < 0.2 for form in rectangles)


@pytest.mark.parametrize("seed", range(4))
def test_no_side_leaves_the_samples_between_which_it_lies(seed: int) -> None:
    picture, drawn = lettered([4.37] * 6, seed)
    before, after, target = evened(picture)
    lay, lies = sides_of(before, drawn), sides_of(after, drawn)
    middle = np.round(lay * target.samples) / target.samples
    assert np.abs(lies - middle).max() < 0.5 / target.samples + 0.03
    assert np.abs(lies - lay).max() > 0.01


def test_what_lies_between_letters_is_no_stroke() -> None:
    """On a ground, the gaps between strokes of several widths are all about as wide, and are left so."""
    lefts, widths = (8.0, 15.3, 24.8, 36.6), (3.3, 5.5, 7.8, 10.1)
    strokes = "".join(
        f'<path d="M{x} 8h{w}v30l-1.5 14h-{w - 3}z" fill="#fff"/>' for x, w in zip(lefts, widths, strict=True)
    )
    picture = by_resvg(svg(f'<circle cx="32" cy="30" r="60" fill="#10069f"/>{strokes}'), 64, 64)
    before, after, _ = evened(from_array(picture, Limits()))
    assert np.array_equal(uprights(before), uprights(after))


def test_sides_on_the_border_stay_there() -> None:
    lefts = 0, 13.3, 27.15, 41.6, 59.63
    strokes = "".join(f'<path d="M{x} 0h4.37v{24 + 4 * k}l-2 {3 + k}h-2.37z"/>' for k, x in enumerate(lefts))
    before, after, _ = evened(from_array(by_resvg(svg(strokes), 64, 64), Limits()))
    lay, lies = uprights(before), uprights(after)
    assert lay[0] < 0.02
    assert lay[-1] > 63.98  # what is beyond it does not show
    assert lies[[0, -1]] == pytest.approx(lay[[0, -1]], abs=0.02)
    assert np.abs(lies - lay).max() > 0.03


@pytest.mark.parametrize("base", [55.02, 55.07, 55.13, 55.19, 55.24])
def test_a_triangle_that_fills_its_picture_has_its_corners_on_the_border(base: float) -> None:
    """Samples tell its base to an eighth of a pixel; its sides meet the border just there."""
    triangle = svg(f'<path d="M32 0L64 {base}H0z"/>', 64, 56)
    _, (network, _), _ = evened(from_array(by_resvg(triangle, 64, 56), Limits()))
    (curve,) = network.curves
    assert len(curve) == 3
    assert curve.nodes[:, 1].max() == pytest.approx(base, abs=0.03)
    assert np.ptp(np.sort(curve.nodes[:, 1])[1:]) < 1e-9


def test_a_corner_that_is_not_the_outermost_says_nothing() -> None:
    """A ring reaches the border; the base of the triangle beside it is where its samples say."""
    drawing = '<path d="M32 0L63.9 55.2H.1z"/><path d="M0 60h64v-2h-64z" fill="#d00"/>'
    before, after, _ = evened(from_array(by_resvg(svg(drawing, 64, 60), 64, 60), Limits()))
    assert np.array_equal(before[0].curves[0].nodes, after[0].curves[0].nodes)


def test_rings_that_no_stem_touches_stay_as_they_were() -> None:
    rng = np.random.default_rng(2)
    lefts = 4 + 12 * np.arange(4) + rng.uniform(0, 4, 4)
    stems = "".join(f'<path d="M{x} 6h4.37v{20 + 2 * k}l-2 4h-2.37z"/>' for k, x in enumerate(lefts))
    drops = '<path d="M12 58c-6-8 2-12 8-8s2 14-8 8z"/><path d="M40 58c-6-8 2-12 8-8s2 14-8 8z"/>'
    before, after, _ = evened(from_array(by_resvg(svg(stems + drops), 64, 64), Limits()))
    moved = [
        not np.array_equal(one.controls, other.controls)
        for one, other in zip(before[0].curves, after[0].curves, strict=True)
    ]
    round_ones = [not curve.is_line.any() for curve in before[0].curves]
    assert sum(round_ones) == 2
    assert not any(is_moved for is_moved, is_round in zip(moved, round_ones, strict=True) if is_round)
    assert sum(moved) >= 2


def test_where_areas_were_measured_sides_are_known() -> None:
    strokes = "".join(f'<path d="M{x} 5h4.4v30l2 10h-6.4z"/>' for x in (3.2, 17.1, 31.3, 45.7))
    before, after, target = evened(pictured(strokes))
    assert target.samples == 0
    assert after is before


def test_a_width_is_that_of_most() -> None:
    widths = np.array([4.0, 4.25, 4.25, 4.5, 7.0, 9.0, 9.1])
    assert _common(widths, 0.28) == pytest.approx([25 / 6, 25 / 6, 25 / 6, np.nan, np.nan, 9.05, 9.05], nan_ok=True)
    assert len(_common(np.empty(0), 0.28)) == 0
