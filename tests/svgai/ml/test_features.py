"""Features tell pictures apart, hold for any picture, and are quick."""

from __future__ import annotations

import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.drawings import DRAWINGS
from bench.rendering import draw
from svgai.ml import writing
from svgai.ml.features import MEANINGS, NAMES, Features, measure_features
from svgai.ml.views import MOST_PIXELS, look_near
from svgai.picture import Picture
from tests import samples
from tests.svgai.ml.pictures import blurred, enlarged, flat, jpeg, lettering, noise, noisy, opaque, ramp

ODD = {
    "one pixel": np.full((1, 1, 4), 255, np.uint8),
    "one invisible pixel": np.zeros((1, 1, 4), np.uint8),
    "two pixels": np.array([[[0, 0, 0, 255], [255, 255, 255, 255]]], np.uint8),
    "all transparent": np.zeros((40, 30, 4), np.uint8),
    "transparent over colours": np.dstack([np.full((40, 30, 3), 200, np.uint8), np.zeros((40, 30), np.uint8)]),
    "a line across": np.full((1, 4_000, 4), 90, np.uint8),
    "a line down": np.full((4_000, 1, 4), 90, np.uint8),
    "longer than all tiles": np.random.default_rng(3).integers(0, 256, (2, 300_000, 4), dtype=np.uint8),
    "higher than all tiles": np.random.default_rng(3).integers(0, 256, (300_000, 2, 4), dtype=np.uint8),
    "seven rows": np.random.default_rng(3).integers(0, 256, (7, 64, 4), dtype=np.uint8),
    "white": np.full((64, 64, 4), 255, np.uint8),
}

UPRIGHT = {
    *("letters", "letter_area", "alike_heights", "lined_up", "line_letters", "in_lines", "line_width", "line_bend"),
    *("letter_variety", "spacing", "strokes_across", "strokes_down", "even_strokes", "bands", "band_height"),
    *("tried_lost", "tried_paths", "tried_share", "mapped_lost", "mapped_regions", "mapped_inks"),
}
"""What depends on which way is up, as writing does, and tracers, which go from row to row, or try other cells."""
SHARES = [name for name, meaning in MEANINGS.items() if meaning.startswith("share")]


def check(features: Features) -> None:
    assert features.values.dtype == np.float32
    assert features.values.shape == (len(NAMES),)
    assert np.isfinite(features.values).all()
    assert (features.values >= 0).all()
    for name in SHARES:
        assert features[name] <= 1.0001, name


@pytest.mark.parametrize("name", ODD)
def test_any_odd_picture_has_features(name):
    before = ODD[name].copy()
    features = measure_features(Picture(ODD[name]))
    check(features)
    assert (ODD[name] == before).all()
    assert (measure_features(Picture(ODD[name])).values == features.values).all()


@settings(max_examples=80, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(4)),
        elements=st.sampled_from([0, 1, 90, 127, 254, 255]),
    )
)
def test_any_pixels_have_features(pixels):
    check(measure_features(Picture(pixels)))


def test_colours_under_what_is_invisible_do_not_count():
    visible = draw(DRAWINGS["burst"](), 128, 128).copy()
    other = visible.copy()
    other[other[..., 3] == 0] = (1, 2, 3, 0)
    assert (measure_features(Picture(other)).values == measure_features(Picture(visible)).values).all()


@pytest.mark.parametrize("how", [np.fliplr, np.flipud, np.transpose], ids=["mirrored", "upside down", "turned"])
def test_a_drawing_that_is_turned_is_the_same_drawing(how):
    rgba = flat(128, "flower").rgba
    turned = how(rgba) if how is not np.transpose else rgba.transpose(1, 0, 2)
    one, other = (measure_features(Picture(np.ascontiguousarray(each))) for each in (rgba, turned))
    apart = dict(zip(NAMES, np.abs(one.values - other.values), strict=True))
    assert max(value for name, value in apart.items() if name not in UPRIGHT) < 0.08, apart


def test_a_picture_seen_in_tiles_is_the_same_picture():
    large = flat(1024, "overlaps")
    assert len(look_near(large).tiles) > 1
    assert look_near(large).tiles.size // 4 <= MOST_PIXELS
    one, other = measure_features(large), measure_features(flat(512, "overlaps"))
    for name in ("first_colour", "four_colours", "inks", "unexplained", "plain_border", "colour_entropy", "noise"):
        assert one[name] == pytest.approx(other[name], rel=0.15, abs=0.02), name


def test_names_go_there_and_back():
    features = measure_features(lettering())
    assert Features.named(features.facts()).values == pytest.approx(features.values, abs=1e-5)
    with pytest.raises(KeyError):
        Features.named({"pixels": 3.0})


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("equal_steps", noise(), flat()),
        ("faint_steps", flat(), ramp()),
        ("colours", flat(), noise()),
        ("inks", flat(), ramp()),
        ("unexplained", flat(), noise()),
        ("grey", noise(), opaque(np.repeat(noise().rgba[..., :1], 3, axis=2))),
        ("abrupt", flat(), enlarged(flat(64), 4, cv2.INTER_NEAREST)),
        ("narrow", blurred(flat(), 3), flat()),
        ("wide", flat(), enlarged(flat(64), 4, cv2.INTER_LINEAR)),
        ("edge_width", flat(), blurred(flat(), 2)),
        ("blended", noise(), flat()),
        ("frayed", flat(), jpeg(flat())),
        ("edge_density", flat(), lettering()),
        ("coherence", noise(), flat()),
        ("corners", flat(256, "rings"), flat(256, "gear")),
        ("flat_blocks", noise(), flat()),
        ("far_ramps", flat(), ramp()),
        ("far_texture", ramp(), noise()),
        ("noise", flat(), noisy(flat(), 5)),
        ("noise", noisy(flat(), 5), noisy(flat(), 15)),
        ("blockiness", flat(256, "flower"), jpeg(flat(256, "flower"))),
        ("blockiness", noisy(flat(), 10), jpeg(noisy(flat(), 10), 30)),
        ("grid", flat(), enlarged(flat(64), 4, cv2.INTER_NEAREST)),
        ("letters", flat(), lettering()),
        ("letter_area", flat(), lettering()),
        ("lined_up", noise(), lettering()),
        ("components", flat(), lettering()),
        ("line_letters", flat(), lettering()),
        ("in_lines", noise(), lettering()),
        ("line_width", flat(), lettering()),
        ("strokes_across", flat(), lettering()),
        ("strokes_down", flat(), lettering()),
        ("bands", flat(), lettering()),
        ("band_height", lettering(), flat()),
        ("busy", flat(), noise()),
        ("lost_detail", flat(256, "waves"), flat(256, "hairlines")),
        ("lost_shades", flat(), ramp()),
        ("lost_shapes", flat(), ramp()),
        ("lost_parts", flat(), lettering()),
        ("lost_mixes", flat(), noisy(flat(), 8)),
        ("lost_mixes", flat(), jpeg(flat())),
        ("lost_blur", blurred(flat(), 3), flat()),
        ("tried_lost", lettering(), flat(256, "hairlines")),
        ("tried_lost", flat(256, "hairlines"), noise()),
        ("tried_paths", flat(), noise()),
        ("tried_share", noise(), flat(64)),
        ("thin", flat(256, "waves"), flat(256, "hairlines")),
        ("fine_detail", ramp(), flat(256, "hairlines")),
        ("plain_border", noise(), flat()),
        ("translucent", flat(), Picture(draw(DRAWINGS["overlaps"](), 128, 128))),
        ("clear", flat(), Picture(draw(DRAWINGS["burst"](), 128, 128))),
    ],
)
def test_a_feature_tells_what_it_means(name, less, more):
    assert measure_features(less)[name] + 0.01 < measure_features(more)[name]


@pytest.mark.parametrize("deviation", [3.0, 8.0, 20.0])
def test_noise_is_measured_in_levels(deviation):
    grey = np.random.default_rng(4).normal(128, deviation, (256, 256, 1))
    features = measure_features(opaque(np.repeat(grey, 3, axis=2)))
    assert 2 ** features["noise"] - 1 == pytest.approx(deviation, rel=0.15)


def test_parts_are_what_opencv_finds():
    """Connected parts against an independent oracle, both colours, on noise where everything touches everything."""
    mask = (np.random.default_rng(5).random((60, 90)) < 0.55).astype(np.uint8)
    found = writing._boxes(mask)
    expected = []
    for colour in (0, 1):
        _, _, stats, _ = cv2.connectedComponentsWithStats((mask == colour).astype(np.uint8), connectivity=4)
        expected += [(x, y, x + w, y + h, area) for x, y, w, h, area in stats[1:].tolist() if area > 4]
    assert sorted(map(tuple, found[:, :5].tolist())) == sorted(expected)
    assert found[:, 5].min() >= 1


@pytest.mark.alone
@pytest.mark.parametrize(("size", "most"), [(512, 0.010), (1024, 0.025)])
def test_measuring_is_quick(size, most):
    pictures = [flat(size, name) for name in ("badge", "flower", "hairlines")] + [lettering(size), noise(size, 6.0)]
    medians = []
    for picture in pictures:
        measure_features(picture)
        seconds = []
        for _ in range(7):
            begun = time.thread_time()
            measure_features(picture)
            seconds.append(time.thread_time() - begun)
        medians.append(min(seconds))
    # A machine under test is busy: twice the promise. The promise itself is printed by `svgai evaluate`.
    assert float(np.median(medians)) < 2 * most, medians


def test_knowing_the_names_costs_nothing():
    program = (
        "import sys; import svgai.ml.features, svgai.ml.types, svgai.ml.objective, svgai.ml.advice; "
        "print(*sorted({'numba', 'cv2', 'onnxruntime', 'torch', 'scipy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == ""


def test_samples_are_measured_as_files_are():
    logo = np.array(samples.logo(96))
    check(measure_features(Picture(logo)))
