"""Whether pictures and predictions are as they were."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from svgai.ml.drift import REFERENCE, Reference, Standing, spread_of, stability, watch_errors, watch_inputs
from svgai.ml.errors import ModelsRefused
from svgai.ml.features import NAMES
from tests.svgai.ml.conversions import pictures


def test_pictures_of_the_same_kind_have_not_drifted() -> None:
    watch = watch_inputs(spread_of(pictures(2000)), pictures(1000, seed=5))
    assert (watch.standing, watch.reason) == (Standing.OK, "")
    assert watch.figures["mean"] < 0.05


def test_pictures_of_another_kind_have() -> None:
    reference, others = spread_of(pictures(2000)), pictures(1000, seed=5)
    others[:, :10] *= 1.8
    watch = watch_inputs(reference, others)
    assert watch.standing is Standing.DRIFTED
    assert watch.figures["shifted"] >= 6
    assert set(watch.figures["worst"]) <= set(NAMES[:10])


def test_a_feature_or_two_say_little() -> None:
    reference, others = spread_of(pictures(2000)), pictures(1000, seed=5)
    others[:, 0] *= 1.8
    assert watch_inputs(reference, others).standing is Standing.OK


def test_features_that_are_mostly_nothing_have_few_bins_and_no_false_alarm() -> None:
    rare = np.zeros((2000, len(NAMES)), np.float32)
    rare[:100] = 1.0
    again = np.zeros((400, len(NAMES)), np.float32)
    again[:20] = 1.0
    assert watch_inputs(spread_of(rare), again).standing is Standing.OK
    again[:200] = 1.0
    assert watch_inputs(spread_of(rare), again).standing is Standing.DRIFTED
    assert watch_inputs(spread_of(1 - rare), 1 - again).standing is Standing.DRIFTED


def test_nothing_is_said_of_few_pictures_or_without_a_reference() -> None:
    assert "it takes 200" in watch_inputs(spread_of(pictures(500)), pictures(100)).reason
    assert watch_inputs(None, pictures(500)).standing is Standing.UNKNOWN


def test_the_index_is_nothing_for_the_same_and_grows() -> None:
    even, tilted, steep = [0.5, 0.5], [0.4, 0.6], [0.1, 0.9]
    assert stability(even, even) == 0
    assert 0 < stability(even, tilted) < stability(even, steep)
    assert stability(even, tilted) == pytest.approx(0.1 * np.log(0.6 / 0.5) - 0.1 * np.log(0.4 / 0.5))


@pytest.mark.parametrize(
    ("mean", "standing"), [(0.03, Standing.OK), (0.05, Standing.WARNING), (0.09, Standing.DRIFTED)]
)
def test_errors_that_grow_are_seen(mean: float, standing: Standing) -> None:
    assert watch_errors([mean] * 60, 0.03).standing is standing


def test_nothing_is_said_of_few_errors_or_against_nothing() -> None:
    assert watch_errors([0.5] * 49, 0.03).standing is Standing.UNKNOWN
    assert watch_errors([0.5] * 60, None).standing is Standing.UNKNOWN
    assert watch_errors([0.009] * 60, 0.001).standing is Standing.OK  # so little is nothing to worry about


def test_a_reference_comes_back_as_it_was(tmp_path: Path) -> None:
    assert Reference.read(tmp_path) is None
    features = {name: float(place) for place, name in enumerate(NAMES)}
    held_out = [{"features": features, "quality": [0.9, None, None, 0.8], "image_type": "text"}]
    made = spread_of(pictures(300), held_out)
    made.write(tmp_path)
    found = Reference.read(tmp_path)
    assert found
    assert (found.edges, found.shares, list(found.held_out)) == (made.edges, made.shares, held_out)


@pytest.mark.parametrize("spoil", [b"{", b"[]", b'{"features": 99, "spread": {}, "held_out": []}'])
def test_a_reference_that_is_none_is_refused(tmp_path: Path, spoil: bytes) -> None:
    (tmp_path / REFERENCE).write_bytes(spoil)
    with pytest.raises(ModelsRefused, match=REFERENCE):
        Reference.read(tmp_path)


def test_a_reference_is_small(tmp_path: Path) -> None:
    spread_of(pictures(300)).write(tmp_path)
    assert (tmp_path / REFERENCE).stat().st_size < 20_000
    assert json.loads((tmp_path / REFERENCE).read_text())["features"]
