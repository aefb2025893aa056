"""Tracers are found by name, obey their options, and say so where they are missing."""

from __future__ import annotations

import numpy as np
import pytest

from bench.drawings import badge, leaf
from bench.rendering import draw
from bench.tracers import TRACERS, TracerInvalid, TracerMissing, tracer

SIDE = 48


@pytest.fixture
def one_ink() -> np.ndarray:
    return draw(leaf(), SIDE, SIDE)


def is_here(name: str) -> bool:
    try:
        return bool(tracer(name))
    except TracerMissing:
        return False


HERE = [name for name in TRACERS if is_here(name)]


def test_what_needs_nothing_but_python_is_always_here() -> None:
    assert {"svgai", "vtracer", "vtracer-tuned"} <= set(HERE)


@pytest.mark.parametrize("name", HERE)
def test_each_that_is_here_gives_a_drawing_that_resembles_the_picture(name: str, one_ink: np.ndarray) -> None:
    svg = tracer(name).trace(one_ink)
    assert svg is not None
    drawn = draw(svg, SIDE, SIDE)
    assert np.abs(drawn[..., 3].astype(float) - one_ink[..., 3]).mean() < 32


def test_options_reach_the_tracer(one_ink: np.ndarray) -> None:
    usual, polygons = tracer("vtracer").trace(one_ink), tracer("vtracer:mode=polygon,filter_speckle=2").trace(one_ink)
    assert "C" in usual
    assert "C" not in polygons
    assert "." not in tracer("svgai:method=baseline,precision=0").trace(one_ink).partition("<path")[2]


@pytest.mark.parametrize(
    ("spec", "said"),
    {
        "inkscape": "there is no tracer 'inkscape'; there are svgai, vtracer",
        "svgai:colour=3": "there is no option 'colour'",
        "svgai:method=magic": "method is 'magic'",
        "vtracer:speckle=3": "vtracer has no setting 'speckle'",
        "vtracer:mode": "'mode' is no option=value",
        "vtracer-tuned:mode=polygon": "vtracer-tuned takes no options",
    }.items(),
)
def test_what_does_not_exist_is_a_clear_error(spec: str, said: str) -> None:
    with pytest.raises(TracerInvalid, match=said):
        tracer(spec)


@pytest.mark.parametrize("name", ["potrace4x", "imagetracerjs"])
def test_a_program_that_is_not_installed_is_named_with_the_way_to_get_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(TracerMissing, match=r"is not installed: .*install"):
        tracer(name)


def test_potrace_leaves_pictures_of_several_inks_and_opaque_ones_to_others(
    one_ink: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")  # it is never started here
    potrace = tracer("potrace4x")
    opaque = one_ink.copy()
    opaque[..., 3] = 255
    assert potrace.trace(draw(badge(), SIDE, SIDE)) is None
    assert potrace.trace(opaque) is None
    assert potrace.trace(np.zeros_like(one_ink)) is None
