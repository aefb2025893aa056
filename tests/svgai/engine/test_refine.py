"""Refinement finds the drawing that the pixels show, from a start that is a little off, and never makes it worse."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from svgai import Limits
from svgai.engine.curves import fit_curves
from svgai.engine.refine import refine
from svgai.engine.score import measure
from svgai.engine.target import Target, aim
from svgai.engine.web import Web
from svgai.files.intake import from_array
from svgai.picture import Picture
from svgai.strands import Network
from svgai.training.drawings import make_drawing
from tests.svgai.engine.flat import by_skia, mapped, pictured, text_of, traced
from tests.svgai.engine.test_curves import POLYGONS, turns

STEPS = 8
DRAWINGS = {
    "triangle": "M10.3 12.1L54.2 20.7 22.4 52.8z",
    "arrow": "M8.2 26.4L34.1 26.4 34.1 12.2 57.6 32.3 34.1 52.4 34.1 38.2 8.2 38.2z",
    "drop": "M32.3 6.2C40 20 52 30 52 40A19.7 19.7 0 0 1 12.6 40C12.6 30 24 20 32.3 6.2z",
    "bean": "M14 20C22 4 48 8 52 24S46 54 34 52 28 40 20 40 8 32 14 20z",
}
HALVES = '<path fill="#143cc8" d="M8.4 8.3H55.2V55.6H8.4z"/><path fill="#c81e3c" d="M8.4 8.3H32.4V55.6H8.4z"/>'
FOUR = (
    '<path fill="#f0b400" d="M8.4 8.3H55.2V55.6H8.4z"/><path fill="#c81e3c" d="M8.4 8.3H55.2L8.4 40.2z"/>'
    '<path fill="#143cc8" d="M8.4 55.6H38L24.2 29.431 8.4 40.2z"/><circle cx="44.2" cy="42.6" r="8.1" fill="#1e9646"/>'
)
SCENES = {
    **{name: f'<path fill="#c81e3c" d="{data}"/>' for name, data in DRAWINGS.items()},
    "halves": HALVES,
    "disc over halves": HALVES + '<circle cx="32.3" cy="31.7" r="14.2" fill="#1e9646"/>',
    "four": FOUR,
}


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture with the stages' results for it."""

    picture: Picture
    network: Network
    target: Target

    def refined(self, network: Network | None = None) -> Network:
        return refine(network or self.network, self.target, STEPS)

    def error(self, network: Network) -> float:
        """How far from the picture a network is, in squared pixels of coverage, drawn with exact areas."""
        canvas = Web.woven(network).shown(self.target).astype(float)
        return float(((canvas - self.target.pixels) ** 2).sum() / 255**2)


def scene(name: str) -> Scene:
    return scene_of(SCENES[name])


def scene_of(inside: str) -> Scene:
    picture = pictured(inside)
    inks, cover, _, strands = mapped(picture)
    return Scene(picture, fit_curves(strands), aim(strands, inks, cover, picture))


def disturbed(network: Network, by: float, seed: int) -> Network:
    """All nodes elsewhere, and their handles with them; ends of strands stay with what they end on."""
    random = np.random.default_rng(seed)
    curves = []
    for curve in network.curves:
        offset = random.uniform(-by, by, curve.nodes.shape)
        if not curve.is_ring:
            offset[[0, -1]] = 0
        handles = curve.handles.copy()
        handles[:, 0] += offset[: len(curve)]
        handles[:, 1] += np.roll(offset, -1, axis=0)[: len(curve)]
        curves.append(replace(curve, nodes=curve.nodes + offset, handles=handles))
    return Network(network.strands, tuple(curves), network.hosts, network.places)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", SCENES)
def test_from_a_disturbed_start_it_comes_back_to_what_was_drawn(name: str, seed: int) -> None:
    drawn = scene(name)
    start = disturbed(drawn.network, 0.3, seed)
    assert drawn.error(start) > 0.5
    assert drawn.error(drawn.refined(start)) < 0.1 * drawn.error(start)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["triangle", "arrow"])
def test_corners_are_found_to_a_thirtieth_of_a_pixel(name: str, seed: int) -> None:
    drawn = scene(name)
    (curve,) = drawn.refined(disturbed(drawn.network, 0.3, seed)).curves
    apart = np.hypot(*(curve.nodes[:, None] - np.array(POLYGONS[name])).transpose(2, 0, 1))
    assert apart.min(axis=0).max() < 0.03


def test_joints_slide_to_where_they_were_drawn() -> None:
    drawn = scene("disc over halves")
    network = drawn.refined(disturbed(drawn.network, 0.3, 5))
    ends = np.array([curve.nodes[[0, -1]] for curve in network.curves if not curve.is_ring]).reshape(-1, 2)
    rim = np.sqrt(14.2**2 - (32.4 - 32.3) ** 2)
    assert ends[:, 0] == pytest.approx([32.4] * 4, abs=0.03)
    assert np.sort(ends[:, 1]) == pytest.approx([8.3, 31.7 - rim, 31.7 + rim, 55.6], abs=0.03)


@pytest.mark.parametrize("name", SCENES)
def test_the_error_never_grows(name: str) -> None:
    drawn = scene(name)
    for start in (drawn.network, disturbed(drawn.network, 1.2, 3)):
        assert drawn.error(drawn.refined(start)) <= drawn.error(start) + 1e-6


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_more_steps_are_never_worse(steps: int) -> None:
    drawn = scene("bean")
    start = disturbed(drawn.network, 0.6, 1)
    fewer, more = (refine(start, drawn.target, count) for count in (steps, steps + 1))
    assert drawn.error(more) <= drawn.error(fewer) + 1e-6


def test_the_same_start_leads_to_the_same_end() -> None:
    drawn = scene("four")
    one, other = (drawn.refined() for _ in range(2))
    for first, second in zip(one.curves, other.curves, strict=True):
        assert first.nodes.tobytes() == second.nodes.tobytes()
        assert first.handles.tobytes() == second.handles.tobytes()
    assert one.places.tobytes() == other.places.tobytes()


def test_what_goes_in_is_not_written_to() -> None:
    drawn = scene("disc over halves")
    before = [(curve.nodes.copy(), curve.handles.copy()) for curve in drawn.network.curves]
    places, pixels = drawn.network.places.copy(), drawn.picture.rgba.copy()
    drawn.refined()
    for curve, (nodes, handles) in zip(drawn.network.curves, before, strict=True):
        assert np.array_equal(curve.nodes, nodes)
        assert np.array_equal(curve.handles, handles)
    assert np.array_equal(drawn.network.places, places)
    assert np.array_equal(drawn.picture.rgba, pixels)


def test_what_was_smooth_stays_smooth_and_lines_stay_lines() -> None:
    drawn = scene("bean")
    (before,) = drawn.network.curves
    (curve,) = drawn.refined(moved(drawn.network, 0.4)).curves
    assert np.array_equal(curve.is_line, before.is_line)
    assert np.array_equal(curve.is_smooth, before.is_smooth)
    assert curve.is_smooth.any()
    assert turns(curve)[curve.is_smooth].max() <= turns(before)[curve.is_smooth].max() + 1e-6


def moved(network: Network, by: float) -> Network:
    """All of it, without a change of form."""
    curves = (replace(curve, nodes=curve.nodes + by, handles=curve.handles + by) for curve in network.curves)
    return Network(network.strands, tuple(curves), network.hosts, network.places)


def test_a_picture_without_curves_is_left_alone() -> None:
    picture = pictured('<path fill="#143cc8" d="M0 0h64v64H0z"/>')
    inks, cover, _, strands = mapped(picture)
    network = fit_curves(strands)
    assert refine(network, aim(strands, inks, cover, picture), STEPS) is network


def test_curves_that_leave_the_picture_break_nothing() -> None:
    drawn = scene("bean")
    (curve,) = drawn.network.curves
    away = replace(curve, nodes=curve.nodes + 500, handles=curve.handles + 500)
    lost = replace(curve, nodes=curve.nodes * 1e8, handles=curve.handles * 1e8)
    for start in (away, lost):
        network = drawn.refined(Network(drawn.network.strands, (start,), drawn.network.hosts, drawn.network.places))
        assert np.isfinite(network.curves[0].controls).all()


def test_a_circle_is_met_everywhere() -> None:
    picture = pictured('<circle cx="32.2" cy="31.6" r="20.3" fill="#c81e3c"/>')
    inks, cover, _, strands = mapped(picture)
    (curve,) = refine(fit_curves(strands), aim(strands, inks, cover, picture), STEPS).curves
    apart = np.hypot(*(curve.nodes - (32.2, 31.6)).T)
    assert apart == pytest.approx(np.full(len(apart), 20.3), abs=0.03)


@pytest.mark.parametrize(("right", "farthest", "nearest"), [("#d8c03c", 1.2, 0.7), ("#244cd8", 1e-9, 0.0)])
def test_a_faint_edge_stays_about_where_it_was(right: str, farthest: float, nearest: float) -> None:
    left = '<path fill="#143cc8" d="M0 0H40V64H0z"/>'
    picture = pictured(left + f'<path fill="{right}" d="M32.4 0C36 20 28 40 31.5 64H64V0z"/>')
    inks, cover, _, strands = mapped(picture)
    network, target = fit_curves(strands), aim(strands, inks, cover, picture)
    moved = refine(network, replace(target, pixels=np.roll(target.pixels, 1, axis=1)), STEPS)
    off = [
        float((one.nodes - other.nodes)[:, 0].mean()) for one, other in zip(moved.curves, network.curves, strict=True)
    ]
    assert nearest <= max(np.abs(off)) <= farthest


def test_a_gradient_is_refined_no_worse_than_it_was_fitted() -> None:
    subject = make_drawing(5, 250)  # hills at dusk, in hardly different colours
    assert subject.family == "dusk"
    picture = from_array(subject.seen(63), Limits())
    fast, optimised = (
        measure(by_skia(text_of(traced(picture, method)), picture.width, picture.height), picture).ssim
        for method in ("fast", "optimised")
    )
    assert optimised > fast - 0.01
