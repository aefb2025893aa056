"""The rules know a drawing when they see one, and never foretell nonsense."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.drawings import DRAWINGS
from svgai.methods import TRACERS
from svgai.ml import objective, rules
from svgai.ml.features import NAMES, Features, measure_features
from svgai.ml.types import ImageType
from svgai.picture import Picture
from tests.svgai.ml.pictures import blurred, flat, jpeg, lettering, noise, noisy, ramp

SIZES = (128, 256, 512)


def type_of(picture) -> ImageType:
    return rules.classify(measure_features(picture))[0]


def test_our_drawings_are_simple_ones():
    found = Counter(type_of(flat(size, name)) for name in DRAWINGS for size in SIZES)
    assert found[ImageType.SIMPLE] >= 0.85 * found.total(), found


def test_damage_makes_no_photo_of_a_drawing():
    damaged = [jpeg(flat(256, name)) for name in DRAWINGS] + [blurred(flat(256, name), 0.8) for name in DRAWINGS]
    found = Counter(type_of(picture) for picture in damaged)
    assert found[ImageType.COMPLEX] == 0
    assert found[ImageType.SIMPLE] >= 0.7 * found.total(), found


@pytest.mark.parametrize("size", SIZES)
def test_types_are_told_apart(size):
    assert type_of(ramp(size)) is ImageType.GRADIENT
    assert type_of(noise(size)) is ImageType.COMPLEX
    assert type_of(noisy(noise(size), 20)) is ImageType.COMPLEX


@pytest.mark.parametrize("size", SIZES)
def test_a_line_of_lettering_is_text(size):
    first = np.ascontiguousarray(lettering(size, lines=4).rgba[: size // 4])
    assert type_of(Picture(first)) is ImageType.TEXT


def test_every_method_is_foretold():
    assert set(rules.predict(measure_features(flat()))) == set(TRACERS)


def test_flat_drawings_go_to_our_methods_and_noise_to_the_baseline():
    for name in ("badge", "gear", "flower"):
        told = rules.predict(measure_features(flat(256, name)))
        assert objective.rank(told)[0] in ("optimised", "refined")
        assert told["optimised"].quality > told["baseline"].quality + 0.02
    told = rules.predict(measure_features(noise()))
    assert told["optimised"].quality < told["baseline"].quality + 0.02
    assert told["baseline"].quality < rules.predict(measure_features(flat()))["baseline"].quality - 0.05


def test_a_larger_picture_takes_longer():
    small, large = (rules.predict(measure_features(flat(size, "flower"))) for size in (64, 1024))
    for method in ("fast", "optimised", "baseline"):
        assert small[method].seconds < large[method].seconds


@settings(max_examples=200)
@given(arrays(np.float32, len(NAMES), elements=st.floats(0, 40, width=32)))
def test_whatever_the_features_nothing_foretold_is_nonsense(values):
    features = Features(values)
    image_type, confidence = rules.classify(features)
    assert image_type in ImageType
    assert 0.2 < confidence <= 1
    for told in rules.predict(features).values():
        assert 0 <= told.low <= told.quality <= told.high <= 1
        assert 0 < told.seconds < math.inf
