"""Advice comes from the models where they may be asked, from the rules where not, and says which."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace

import numpy as np
import pytest

from svgai.methods import TRACERS
from svgai.ml.advice import AT_EASE, Adviser, Wishes
from svgai.ml.features import NAMES, Features, measure_features
from svgai.ml.metadata import TRACING, Metadata, Role, write_metadata
from svgai.ml.store import Store
from svgai.ml.types import TARGETS, ImageType
from svgai.picture import Picture
from tests import samples
from tests.svgai.ml.models import QUALITIES, furnish, predictions, put, rewrite

LOGO = measure_features(Picture(np.array(samples.logo(96))))


@pytest.fixture
def folder(tmp_path):
    furnish(tmp_path)
    return tmp_path


def test_models_advise(folder):
    advice = Adviser(Store(folder)).advise(LOGO)
    assert (advice.source, advice.reasons) == ("model", ())
    assert (advice.image_type, advice.confidence) == (ImageType.SIMPLE, pytest.approx(0.97))
    assert advice.versions == {"classifier": "1", "predictor": "1"}
    assert {method: told.quality for method, told in advice.predictions.items()} == pytest.approx(QUALITIES)
    assert advice.predictions["fast"].seconds == pytest.approx(0.1)
    assert advice.ranking == ("refined", "optimised", "fast", "baseline")
    assert advice.method == "refined"
    assert advice.target == TARGETS[ImageType.SIMPLE]


@pytest.mark.parametrize(
    ("adviser", "reason"),
    [
        (lambda _: Adviser(None), "models are switched off"),
        (lambda _: Adviser(None, "the breaker is open"), "the breaker is open"),
        (lambda folder: Adviser(Store(folder / "nowhere")), "there are no models"),
    ],
)
def test_without_models_the_rules_advise_and_say_why(folder, adviser, reason):
    advice = adviser(folder).advise(LOGO)
    assert (advice.source, advice.reasons, advice.versions) == ("rules", (reason,), {})
    assert set(advice.predictions) == set(advice.ranking) == set(TRACERS)


def test_broken_models_leave_it_to_the_rules(folder):
    (folder / "predictor.onnx").write_bytes(b"broken")
    advice = Adviser(Store(folder)).advise(LOGO)
    assert advice.source == "rules"
    assert "sha256" in advice.reasons[0]


def test_a_model_that_is_not_there_is_answered_for_by_the_rules(folder):
    write_metadata(folder, Metadata((put(folder, Role.CLASSIFIER, [0, 0, 0.2, 0.8]),)))
    advice = Adviser(Store(folder)).advise(LOGO)
    assert (advice.source, advice.reasons) == ("rules", ("there is no predictor",))
    assert (advice.image_type, advice.versions) == (ImageType.COMPLEX, {"classifier": "1"})


def test_a_model_that_fails_in_use_is_answered_for_by_the_rules(folder):
    """A weight that overflows: the golden inputs are fine, this picture is not."""
    store = Store(folder)
    models = store.models
    failing = replace(models.by_role[Role.PREDICTOR], run=lambda _: np.full((1, 16), np.nan, np.float32))
    store._models = replace(models, by_role={**models.by_role, Role.PREDICTOR: failing})
    advice = Adviser(store).advise(LOGO)
    assert advice.source == "rules"
    assert "numbers that are none" in advice.reasons[0]
    assert all(math.isfinite(told.quality) for told in advice.predictions.values())


def test_what_a_predictor_says_is_kept_within_reason(folder):
    wild = [2.0, 3.0, -5.0, 900.0, *predictions()[4:]]
    furnish(folder, foretold=wild)
    told = Adviser(Store(folder)).advise(LOGO).predictions["fast"]
    assert told.low <= told.quality <= told.high <= 1.0
    assert told.seconds < 1e5


def test_a_router_decides_for_whoever_is_at_ease(folder):
    metadata = furnish(folder)
    router = put(folder, Role.ROUTER, [0.5, 0.1, 0.2, 0.9])
    write_metadata(folder, replace(metadata, models=(*metadata.models, router)))
    adviser = Adviser(Store(folder))
    assert adviser.advise(LOGO).ranking == ("fast", "refined", "optimised", "baseline")  # which is never begun with
    assert adviser.advise(LOGO, Wishes(target=0.994)).method == "refined"
    assert adviser.advise(LOGO).versions["router"] == "1"


@pytest.mark.parametrize(
    ("optimised", "ranking"), [(0.991, ("optimised", "refined")), (0.98, ("refined", "optimised"))]
)
def test_the_dearest_is_not_taken_where_the_next_leaves_nothing_to_gain(tmp_path, optimised, ranking):
    foretold, seconds = predictions(), dict(zip(TRACING, (0.05, 0.3, 8.0, 0.02), strict=True))
    for place, method in enumerate(TRACING):
        foretold[4 * place + 3] = math.log(seconds[method])
    foretold[4 * TRACING.index("optimised")] = optimised
    metadata = furnish(tmp_path, foretold=foretold)
    router = put(tmp_path, Role.ROUTER, [0.1, 0.5, 0.9, 0.2])
    write_metadata(tmp_path, replace(metadata, models=(*metadata.models, router)))
    assert Adviser(Store(tmp_path)).advise(LOGO).ranking == (*ranking, "fast", "baseline")


def test_wishes_change_the_choice(tmp_path):
    seconds = dict(zip(TRACING, (0.05, 0.3, 8.0, 0.02), strict=True))
    foretold = predictions()
    for place, method in enumerate(TRACING):
        foretold[4 * place + 3] = math.log(seconds[method])
    furnish(tmp_path, foretold=foretold)
    adviser = Adviser(Store(tmp_path))
    assert adviser.advise(LOGO).method == "optimised"
    assert adviser.advise(LOGO, Wishes(target=0.9955)).method == "refined"
    assert adviser.advise(LOGO, Wishes(target=0.9955, budget=5)).method == "optimised"
    assert adviser.advise(LOGO, Wishes(budget=0.1)).method == "fast"
    assert adviser.advise(LOGO, Wishes(load=50)).method == "fast"
    assert adviser.advise(LOGO, Wishes(reliability={"optimised": 0.5})).method == "fast"


def test_the_same_is_advised_again(folder):
    one, other = (Adviser(Store(folder)).advise(LOGO).facts() for _ in range(2))
    assert one == other


def test_facts_are_plain_data(folder):
    facts = Adviser(Store(folder)).advise(LOGO).facts()
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["advised_by"], facts["image_type"]) == ("model", "simple")
    assert list(facts["predictions"]["fast"]) == ["quality", "low", "high", "seconds"]


def test_newer_models_advise_once_they_are_looked_for(folder):
    store = Store(folder)
    adviser = Adviser(store)
    assert adviser.advise(LOGO).image_type is ImageType.SIMPLE
    furnish(folder, shares=(0.1, 0.7, 0.1, 0.1), version="2")
    assert adviser.advise(LOGO).image_type is ImageType.SIMPLE
    assert store.refresh()
    assert adviser.advise(LOGO).image_type is ImageType.TEXT


@pytest.mark.alone
def test_advice_is_quick(folder):
    adviser = Adviser(Store(folder))
    adviser.advise(LOGO)
    seconds = []
    for _ in range(200):
        begun = time.thread_time()
        adviser.advise(LOGO)
        seconds.append(time.thread_time() - begun)
    assert sorted(seconds)[190] < 0.010, "p95 of the decision"


def test_rewriting_is_what_the_tests_think_it_is(folder):
    metadata = furnish(folder)
    rewrite(folder, metadata, sha256="0" * 64)
    assert Store(folder).models is None


def test_features_of_nothing_are_advised_on_too():
    for values in (np.zeros(len(NAMES)), np.full(len(NAMES), 30.0)):
        advice = Adviser(None).advise(Features(values.astype(np.float32)), AT_EASE)
        assert set(advice.ranking) == set(TRACING)
        assert all(-1 <= told.low <= told.quality <= told.high <= 1 for told in advice.predictions.values())
        assert all(0 < told.seconds < math.inf for told in advice.predictions.values())
