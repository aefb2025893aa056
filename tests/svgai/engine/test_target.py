"""Whether a picture was drawn by counting samples can be read from it, and what exact areas would show, worked out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from svgai import Limits
from svgai.engine.coverage import unmix
from svgai.engine.curves import fit_curves
from svgai.engine.fitting import refine_shapes
from svgai.engine.inks import find_inks
from svgai.engine.refine import refine
from svgai.engine.shapes import find_shapes
from svgai.engine.target import Target, aim, is_sampled
from svgai.engine.unsample import unsample
from svgai.engine.web import Web
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.strands import Curve, Network
from tests.svgai.engine.flat import averaged, by_resvg, mapped, of_areas, pictured, svg

SIDE = 96
FLAG = '<path fill="#c81e3c" d="M11.3 14.2L78.1 21.7 60.4 51.3 82.7 80.6 24.6 73.9z"/>'
BEAN = '<path fill="#143cc8" d="M24 30C36 6 72 12 78 36S69 81 51 78 42 60 30 60 12 48 24 30z"/>'
DISC = '<path fill="#1e9646" d="M48.3 12.4a35.6 35.6 0 1 1-.01 0z"/>'
RING = '<path fill="#1e9646" d="M48 12a36 36 0 1 1-.01 0z"/><path fill="#fff" d="M48 30a18 18 0 1 1-.01 0z"/>'
DRAWINGS = {"flag": FLAG, "bean": BEAN, "disc": DISC, "ring": RING, "two": FLAG.replace("78.1", "38.1") + BEAN}


def sampled(inside: str) -> Picture:
    return from_array(by_resvg(svg(inside, SIDE, SIDE), SIDE, SIDE), Limits())


def exact(inside: str) -> Picture:
    return pictured(inside, SIDE, SIDE)


def says(picture: Picture) -> bool:
    inks = find_inks(picture, 16)
    return is_sampled(inks, unmix(picture, inks))


@pytest.mark.parametrize("name", DRAWINGS)
def test_samples_are_told_from_areas(name: str) -> None:
    assert says(sampled(DRAWINGS[name]))
    assert not says(exact(DRAWINGS[name]))


def test_on_white_it_is_seen_as_well() -> None:
    white = f'<path fill="#fff" d="M0 0h{SIDE}v{SIDE}H0z"/>'
    assert says(sampled(white + FLAG))
    assert not says(exact(white + FLAG))


def test_a_few_mixes_say_nothing() -> None:
    assert not says(sampled('<path fill="#c81e3c" d="M10.5 10.5h6v6h-6z"/>'))


def test_noise_is_not_taken_for_samples() -> None:
    noise = np.random.default_rng(3).normal(0, 4, (SIDE, SIDE, 4))
    assert not says(
        of_areas(np.clip(averaged(f'<path fill="#fff" d="M0 0h{SIDE}v{SIDE}H0z"/>{BEAN}', SIDE, SIDE) + noise, 0, 255))
    )


def as_drawn(points: str, is_line: bool) -> Curve:
    """A ring of lines, or of cubics, as it stands in a path."""
    ring = np.array(points.split(), float).reshape(-1, 2)
    nodes = ring if is_line else ring[:-1:3]
    handles = np.zeros((len(nodes), 2, 2)) if is_line else np.stack([ring[1::3], ring[2::3]], axis=1)
    flags = np.full(len(nodes), is_line)
    return Curve(nodes, ~flags, flags, handles, is_ring=True)


def blob(seed: int) -> str:
    """A shape without corners, as nobody placed it."""
    random = np.random.default_rng(seed)
    count = int(random.integers(3, 6))
    angles = np.arange(count) * 2 * np.pi / count + random.uniform(-0.3, 0.3, count)
    radii = random.uniform(22, 44, count)[:, None]
    out, along = np.stack([np.cos(angles), np.sin(angles)], 1), np.stack([-np.sin(angles), np.cos(angles)], 1)
    places = SIDE / 2 + random.uniform(-1, 1, 2) + out * radii
    handles = along * radii * 4 / 3 * np.tan(np.pi / 2 / count)
    rows = np.hstack([places + handles, np.roll(places - handles, -1, axis=0), np.roll(places, -1, axis=0)])
    curves = "".join("C" + " ".join(f"{value:.4f}" for value in row) for row in rows)
    return f'<path fill="#143cc8" d="M{places[0, 0]:.4f} {places[0, 1]:.4f}{curves}z"/>'


def blobs_inside(seeds: Iterable[int]) -> Iterator[tuple[str, Curve]]:
    """Those that do not reach over the border: there the renderer cuts curves into others."""
    for text in map(blob, seeds):
        curve = as_drawn(" ".join(re.findall(r"-?[0-9.]+", text.partition(" d=")[2])), is_line=False)
        if curve.controls.min() > 0 and curve.controls.max() < SIDE:
            yield text, curve


@pytest.mark.parametrize(
    ("text", "curve"),
    [
        (FLAG, as_drawn("11.3 14.2 78.1 21.7 60.4 51.3 82.7 80.6 24.6 73.9", is_line=True)),
        (BEAN, as_drawn("24 30 36 6 72 12 78 36 84 60 69 81 51 78 33 75 42 60 30 60 18 60 12 48 24 30", is_line=False)),
        *blobs_inside(range(40)),
    ],
)
def test_a_web_shown_in_samples_is_what_such_a_renderer_draws_to_the_last_sample(text: str, curve: Curve) -> None:
    picture = sampled(text)
    inks, cover, _, strands = mapped(picture)
    target = aim(strands, inks, cover, picture)
    network = replace(fit_curves(strands), curves=(curve,))
    if area(network.curves[0]) * area(fit_curves(strands).curves[0]) < 0:
        network = replace(network, curves=(turned(curve),))
    web = Web.woven(network)
    counted = web.sampled(target)
    assert counted is not None
    assert np.abs(counted - target.pixels).max() < 2  # of 16, which every sample that is told otherwise would make


def area(curve: Curve) -> float:
    x, y = curve.controls[:, :3].reshape(-1, 2).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def turned(curve: Curve) -> Curve:
    """The other way round."""
    nodes = np.roll(curve.nodes[::-1], 1, axis=0)
    return replace(curve, nodes=nodes, handles=curve.handles[::-1, ::-1])


def test_held_against_what_areas_would_show_curves_come_nearer_to_the_truth() -> None:
    plain, better = 0.0, 0.0
    for text in map(blob, range(12)):
        picture = sampled(text)
        inks, cover, _, strands = mapped(picture)
        target = aim(strands, inks, cover, picture)
        truth = aim(strands, inks, cover, exact(text)).pixels
        network = refine(fit_curves(strands), target, 8)
        plain += off(network, target, truth)
        for _ in range(2):
            network = refine(network, unsample(network, {}, target), 8)
        better += off(network, target, truth)
    assert better < 0.5 * plain


def off(network: Network, target: Target, truth: np.ndarray) -> float:
    """How far curves, drawn with exact areas, are from what was drawn, in squared pixels."""
    return float(np.square(Web.woven(network).shown(target) - truth).sum() / 255**2)


def test_a_picture_of_exact_areas_is_left_alone() -> None:
    picture = exact(BEAN)
    inks, cover, _, strands = mapped(picture)
    target = aim(strands, inks, cover, picture)
    assert unsample(fit_curves(strands), {}, target) is target


@pytest.mark.parametrize("by", [500.0, 1e8])
def test_curves_that_are_lost_change_nothing_but_little(by: float) -> None:
    """Where a web cannot be painted, or shows what cannot be, the picture stays as it is."""
    picture = sampled(DISC)
    inks, cover, _, strands = mapped(picture)
    target = aim(strands, inks, cover, picture)
    network = fit_curves(strands)
    away = replace(network, curves=tuple(moved(curve, by) for curve in network.curves))
    assert np.abs(unsample(away, {}, target).pixels - target.pixels).max() <= 64


def moved(curve: Curve, by: float) -> Curve:
    return replace(curve, nodes=curve.nodes + by, handles=curve.handles + by)


def test_a_disc_of_samples_comes_back_to_a_hundredth_of_a_pixel() -> None:
    """Drawn in chords it is seen smaller than it is by three times as much."""
    picture = sampled(DISC)
    inks, cover, _, strands = mapped(picture)
    target = aim(strands, inks, cover, picture)
    network = refine(fit_curves(strands), target, 8)
    found = find_shapes(network)
    shapes = refine_shapes(found, network, unsample(network, found, target))
    shapes = refine_shapes(shapes, network, unsample(network, shapes, target))
    (disc,) = shapes.values()
    assert (disc.x, disc.y, disc.radius) == pytest.approx((48.3, 48.0, 35.6), abs=0.012)
