"""Rings that are equal or mirror images become exactly so, unless the picture is against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svgai import Limits
from svgai.engine.kernels.beziers import nearest
from svgai.engine.raster import draw
from svgai.engine.refine import refine
from svgai.engine.simplify import simplify
from svgai.engine.target import aim
from svgai.engine.twins import _TURNS, Way, _cuts, _half_turned, _mirrored, match_twins
from svgai.engine.unsample import unsample
from svgai.files.intake import from_array
from svgai.strands import Curve, Network, Numbers, along
from tests.svgai.engine.flat import mapped, pictured, svg
from tests.svgai.engine.test_refine import Scene, fit_curves

WORK = 600_000_000
SIDE = 64
FLAG = "m0 0h16l-5 6.5 5 7.5h-9l-2 11h-5z"
LEAF = "m0 0c9-3 17 1 19 9l-6-2c3 6 0 13-7 15 1-9-8-12-6-22z"
HEART = (
    "M32.27 56.4C22 44 9.5 36.4 10.2 22.6 11 9.8 28 7.2 32.27 20.1"
    " 36.54 7.2 53.54 9.8 54.34 22.6 55.04 36.4 42.54 44 32.27 56.4z"
)
BOLT = "M20.3 8.4 40.2 12.1 34.6 27.7 43.7 55.6 23.8 51.9 29.4 36.3z"
STAR = "M32.3 6.2 38.3 26.4 58.4 32.4 38.3 38.4 32.3 58.6 26.3 38.4 6.2 32.4 26.3 26.4z"


def paths(*drawn: str) -> str:
    return "".join(f'<path fill="#143cc8" d="{data}"/>' for data in drawn)


def refined(inside: str, *, sampled: bool = False) -> Scene:
    """A picture with its curves as they are before twins are looked for."""
    picture = from_array(draw(svg(inside), SIDE, SIDE), Limits()) if sampled else pictured(inside)
    inks, cover, _, strands = mapped(picture)
    target, network = aim(strands, inks, cover, picture), fit_curves(strands)
    network = refine(network, target, 8)
    network, _ = simplify((network, {}), unsample(network, {}, target), WORK)
    return Scene(picture, refine(network, unsample(network, {}, target), 8), target)


def matched(at: Scene, work: int = WORK) -> Network:
    return match_twins(at.network, {}, at.target, work)


def off(ring: Curve, way: Way) -> float:
    """How far the nodes and handles of a ring are from where it is laid over itself."""
    places = np.vstack([ring.nodes, ring.handles[~ring.is_line].reshape(-1, 2)])
    image = way.of(places)
    return float(np.hypot(*(image[:, None] - places).transpose(2, 0, 1)).min(axis=1).max())


def asymmetry(ring: Curve, turn: Numbers) -> float:
    return off(ring, Way.over(ring, turn))


@pytest.mark.parametrize(
    ("drawn", "turns"), [(HEART, [1]), (BOLT, [3]), (STAR, [1, 2, 3])], ids=["mirrored", "turned", "all ways"]
)
def test_what_is_symmetric_becomes_exactly_so(drawn: str, turns: list[int]) -> None:
    at = refined(paths(drawn))
    (ring,) = matched(at).curves
    for turn in _TURNS[turns]:
        assert asymmetry(at.network.curves[0], turn) > 1e-4
        assert asymmetry(ring, turn) < 1e-9
        middle = 2 * ring.nodes.mean(axis=0)[turn < 0]
        assert middle * 100 == pytest.approx(np.round(middle * 100), abs=1e-6)  # the same once it is rounded


@pytest.mark.parametrize("drawn", [FLAG, LEAF])
def test_twins_become_equal(drawn: str) -> None:
    at = refined(paths("M6.3 7.2" + drawn, "M34.85 32.6" + drawn))
    one, two = matched(at).curves
    shift = two.nodes.mean(axis=0) - one.nodes.mean(axis=0)
    first = int(np.argmin(np.hypot(*(two.nodes - one.nodes[0] - shift).T)))
    assert np.roll(two.nodes, -first, axis=0) - one.nodes == pytest.approx(np.tile(shift, (len(one), 1)), abs=1e-9)
    assert np.array_equal(np.roll(two.is_line, -first), one.is_line)
    assert shift * 100 == pytest.approx(np.round(shift * 100), abs=1e-6)
    assert shift == pytest.approx([28.55, 25.4], abs=0.03)


def rms(ring: Curve, truth: Numbers) -> float:
    places = np.concatenate([along(segment, np.arange(16) / 16) for segment in ring.controls])
    found = np.array([nearest(truth, x, y)[2:] for x, y in places.tolist()])
    return float(np.sqrt(((found - places) ** 2).sum(axis=1).mean()))


def test_twins_that_become_equal_are_as_near_to_what_was_drawn_as_before() -> None:
    random, before, after = np.random.default_rng(5), [], []
    truth = np.array([[0, 0, 9, -3, 17, 1, 19, 9], [19, 9, 17, 8.333, 15, 7.667, 13, 7], [13, 7, 16, 13, 13, 20, 6, 22],
                      [6, 22, 7, 13, -2, 10, 0, 0]]).reshape(-1, 4, 2)  # fmt: skip
    for _ in range(12):
        places = [random.uniform(4, 8, 2), random.uniform(32, 36, 2)]
        at = refined(paths(*(f"M{x:.4f} {y:.4f}{LEAF}" for x, y in places)), sampled=True)
        for rings, errors in ((at.network.curves, before), (matched(at).curves, after)):
            for ring in rings:
                place = min(places, key=lambda place: float(np.hypot(*(ring.nodes.min(axis=0) - place))))
                errors.append(rms(ring, truth + place))
    assert before != after
    assert np.mean(after) < 1.03 * np.mean(before)


def test_mirror_images_of_each_other_become_so() -> None:
    there = "m0 0c9-3 17 1 19 9l-6-2c3 6 0 13-7 15 1-9-8-12-6-22z"
    back = "m0 0c-9-3-17 1-19 9l6-2c-3 6 0 13 7 15-1-9 8-12 6-22z"
    one, two = matched(refined(paths("M6.3 7.2" + there, "M55.85 34.6" + back))).curves
    way = Way(_TURNS[1], two.nodes.mean(axis=0) - one.nodes.mean(axis=0) * _TURNS[1])
    image = way.image(one)
    assert np.hypot(*(image.nodes[:, None] - two.nodes).transpose(2, 0, 1)).min(axis=1).max() < 1e-9


@pytest.mark.parametrize(
    "other", ["m0 0h16.6l-5 6.5 5 7.5h-9l-2 11h-5z", "m0 0h16l-5 6.5 5 7.5h-9l-2 11.6h-5z"], ids=["wider", "longer"]
)
def test_what_is_a_little_larger_is_no_twin(other: str) -> None:
    at = refined(paths("M6.3 7.2" + FLAG, "M34.85 32.6" + other))
    for found, former in zip(matched(at).curves, at.network.curves, strict=True):
        assert np.array_equal(found.nodes, former.nodes)


def test_what_is_not_quite_symmetric_stays_so() -> None:
    at = refined(paths(STAR.replace("M32.3 6.2", "M32.7 6.2")))
    (ring,) = matched(at).curves
    assert asymmetry(ring, _TURNS[1]) > 0.1
    assert asymmetry(ring, _TURNS[2]) < 1e-9 or np.array_equal(ring.nodes, at.network.curves[0].nodes)


def test_without_work_everything_stays_as_it_is() -> None:
    at = refined(paths(HEART))
    (ring,) = matched(at, 1).curves
    assert np.array_equal(ring.nodes, at.network.curves[0].nodes)


def test_what_was_given_stays_untouched_and_the_result_is_the_same_twice() -> None:
    at = refined(paths("M6.3 7.2" + FLAG, "M34.85 32.6" + FLAG))
    before, pixels = [curve.nodes.copy() for curve in at.network.curves], at.target.pixels.copy()
    one, two = matched(at), matched(at)
    for first, second in zip(one.curves, two.curves, strict=True):
        assert first.nodes.tobytes() == second.nodes.tobytes()
        assert first.handles.tobytes() == second.handles.tobytes()
    assert all(np.array_equal(*pair) for pair in zip(before, [curve.nodes for curve in at.network.curves], strict=True))
    assert np.array_equal(pixels, at.target.pixels)


def test_strands_that_others_touch_stay_as_they_are() -> None:
    at = refined(paths("M8.4 8.3H55.2V55.6H8.4z") + '<path fill="#c81e3c" d="M8.4 8.3H32.4V55.6H8.4z"/>')
    network = matched(at)
    assert any(strand.joints or strand.ends for strand in network.strands)
    for found, former in zip(network.curves, at.network.curves, strict=True):
        assert np.array_equal(found.nodes, former.nodes)


# --- the parts


def ring(seed: int, size: int) -> Curve:
    random = np.random.default_rng(seed)
    angles = 2 * np.pi * (np.arange(size) + random.uniform(-0.3, 0.3, size)) / size
    nodes = SIDE / 2 + random.uniform(8, 24, size)[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    following = np.roll(nodes, -1, axis=0)
    handles = np.stack([nodes + (following - nodes) / 3, following - (following - nodes) / 3], axis=1)
    is_line = random.random(size) < 0.5
    handles[~is_line] += random.uniform(-2, 2, (int((~is_line).sum()), 2, 2))
    return Curve(nodes, np.zeros(size, np.bool_), is_line, handles, is_ring=True)


@given(st.integers(0, 10**6), st.integers(3, 12), st.sampled_from(range(4)))
def test_a_way_there_and_back_changes_nothing(seed: int, size: int, turn: int) -> None:
    curve, way = ring(seed, size), Way(_TURNS[turn], np.array([3.0, -7.0]))
    again = way.origin(way.image(curve))
    assert again.nodes == pytest.approx(curve.nodes)
    assert again.handles == pytest.approx(curve.handles)
    assert np.array_equal(again.is_line, curve.is_line)
    back = curve.reversed().reversed()
    assert np.array_equal(back.nodes, curve.nodes)
    assert np.array_equal(back.handles, curve.handles)


@given(st.integers(0, 10**6), st.integers(4, 12), st.sampled_from((1, 2)), st.sampled_from((0, 1)))
def test_half_of_a_ring_and_its_mirror_image_are_symmetric(seed: int, size: int, turn: int, half: int) -> None:
    made = _mirrored(ring(seed, size), _TURNS[turn], half)
    if made is not None:
        assert len(made) == len(made.nodes) == len(made.handles) == len(made.is_smooth) >= 3
        axis = int(np.argmin(_TURNS[turn]))
        line = (made.nodes[:, axis].min() + made.nodes[:, axis].max()) / 2
        shift = np.zeros(2)
        shift[axis] = 2 * line
        assert off(made, Way(_TURNS[turn], shift)) < 1e-6


@given(st.integers(0, 10**6), st.integers(2, 6), st.integers(0, 20))
def test_half_of_a_ring_and_itself_turned_are_symmetric(seed: int, half: int, place: int) -> None:
    one = ring(seed, 2 * half)
    whole = replace(
        one,
        nodes=np.concatenate([one.nodes[:half], SIDE - one.nodes[:half]]),
        handles=np.concatenate([one.handles[:half], SIDE - one.handles[:half]]),
        is_line=np.tile(one.is_line[:half], 2),
    )
    made = _half_turned(whole, place % (2 * half))
    assert made is not None
    assert asymmetry(made, _TURNS[3]) < 1e-6


def test_a_line_crosses_a_ring_at_nodes_or_between_them() -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float64)
    following = np.roll(square, -1, axis=0)
    handles = np.stack([square + (following - square) / 3, following - (following - square) / 3], axis=1)
    curve = Curve(square, np.zeros(4, np.bool_), np.ones(4, np.bool_), handles, is_ring=True)
    assert _cuts(curve, 0, 5.0) == [(0, False), (2, False)]
    assert _cuts(curve, 0, 0.3) == [(0, True), (3, True)]
    assert _cuts(curve, 0, 11.0) == []
