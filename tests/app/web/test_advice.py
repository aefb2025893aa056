"""Advice over HTTP: from features at once, from a picture through the queue; with models and without."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import Scope
from app.adapters.late_inference import LateInference
from app.errors import InferenceBusy, InferenceMeasured
from app.factory import create_app
from app.predictions import LEAST_FOR_QUALITY, LEAST_FOR_ROUTING
from app.services import Services
from app.web.limits import PREDICTIONS_PER_PICTURE
from svgai.ml.features import MEANINGS
from svgai.ml.usual import USUAL
from tests.app.adapters.test_inference import values_of
from tests.app.web.test_api import form, working
from tests.app.web.test_jobs import OneFile, key_of
from tests.fakes import ADVICE, FakeConverter
from tests.samples import logo_png
from tests.svgai.ml.models import furnish
from tests.world import with_settings

ROUTING, QUALITY = "/api/v1/predict/routing", "/api/v1/predict/quality"
PICTURE = logo_png(32)
SOURCE = {"data": base64.b64encode(PICTURE).decode()}
DEFAULTS = {"quality_target": 0, "time_budget": 0}


def features(count: int) -> dict[str, float]:
    """The first so many, as they usually are."""
    return {name: USUAL[name].value for name in list(USUAL)[:count]}


def without_models(services: Services, tmp_path: Path) -> Services:
    return replace(services, inference=LateInference(tmp_path / "none", services.metrics))


def with_models(services: Services, tmp_path: Path) -> Services:
    furnish(tmp_path / "models", version="7")
    return replace(services, inference=LateInference(tmp_path / "models", services.metrics))


@pytest.fixture
def client(services: Services, tmp_path: Path) -> FlaskClient:
    """Of a service that has models."""
    return create_app(with_models(services, tmp_path)).test_client()


@pytest.fixture
def plain_client(services: Services, tmp_path: Path) -> FlaskClient:
    return create_app(without_models(services, tmp_path)).test_client()


@pytest.fixture
def _a_worker(services: Services) -> Iterator[None]:
    with working(services, FakeConverter()):
        yield


def problem(answer: TestResponse) -> tuple[int, str, str]:
    told = answer.get_json()
    return answer.status_code, told["code"], told["detail"]


# --- a picture


@pytest.mark.usefixtures("_a_worker")
@pytest.mark.parametrize("path", ["/api/v1/classify", "/api/classify"])
@pytest.mark.parametrize(
    "sent",
    [
        {"data": PICTURE, "content_type": "image/png"},
        {"data": lambda: form(PICTURE)},
        {"json": {"source": SOURCE}},
    ],
    ids=["the body itself", "a form", "JSON"],
)
def test_a_picture_is_classified(client: FlaskClient, path: str, sent: Mapping[str, Any]) -> None:
    answer = client.post(path, **{name: value() if callable(value) else value for name, value in sent.items()})
    assert (answer.status_code, answer.get_json()) == (200, ADVICE)
    assert answer.headers["Cache-Control"] == "no-store"


def test_whoever_does_not_wait_has_the_job(client: FlaskClient, services: Services) -> None:
    answer = client.post("/api/v1/classify?time_budget=5", data=PICTURE, headers={"Prefer": "wait=0"})
    job = answer.get_json()
    assert (answer.status_code, job["kind"], job["advice"]) == (202, "advise", None)
    assert job["options"] == DEFAULTS | {"time_budget": 5}
    with working(services, FakeConverter()):
        job = client.get(answer.headers["Location"], headers={"Prefer": "wait=10"}).get_json()
    assert (job["state"], job["advice"], job["image_type"]) == ("succeeded", ADVICE, "simple")
    assert (job["result"], job["quality"], job["analysis"]) == (None, None, None)
    refused = client.get(job["links"]["result"])
    assert problem(refused)[:2] == (422, "format.unknown")
    assert "`advice`" in refused.get_json()["detail"]


def test_wishes_reach_whoever_advises(client: FlaskClient, services: Services) -> None:
    converter = FakeConverter()
    with working(services, converter):
        client.post("/api/v1/classify", json={"source": SOURCE, "options": {"quality_target": 98}})
        client.post("/api/v1/predict/routing", data=form(PICTURE, time_budget="3"))
    assert [options for _, options in converter.seen] == [
        DEFAULTS | {"quality_target": 98},
        DEFAULTS | {"time_budget": 3},
    ]


def test_the_same_picture_is_not_looked_at_twice(client: FlaskClient, services: Services) -> None:
    converter = FakeConverter()
    with working(services, converter):
        answers = [client.post("/api/v1/classify", data=PICTURE) for _ in range(2)]
    assert [answer.get_json() for answer in answers] == [ADVICE, ADVICE]
    assert len(converter.seen) == 1


@pytest.mark.usefixtures("_a_worker")
def test_a_picture_is_routed(client: FlaskClient) -> None:
    told = client.post(ROUTING, data=PICTURE).get_json()
    assert (told["method"], told["ranking"], told["assumed"]) == ("optimised", ADVICE["ranking"], {})
    assert told["predictions"] == ADVICE["predictions"]


@pytest.mark.usefixtures("_a_worker")
@pytest.mark.parametrize(("asked", "method"), [({}, "optimised"), ({"method": "refined"}, "refined")])
def test_the_quality_of_a_picture_is_foretold(client: FlaskClient, asked: dict[str, str], method: str) -> None:
    in_query = client.post(QUALITY, data=PICTURE, query_string=asked).get_json()
    in_form = client.post(QUALITY, data=form(PICTURE, **asked)).get_json()
    in_json = client.post(QUALITY, json={"source": SOURCE, "options": asked}).get_json()
    assert in_query == in_form == in_json
    assert in_query | ADVICE["predictions"][method] | {"method": method, "assumed": {}} == in_query


@pytest.mark.parametrize("path", ["/api/v1/classify", ROUTING, QUALITY])
@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"data": b"not a picture", "content_type": "image/png"}, 415, "picture.unsupported_type"),
        ({"data": b"", "content_type": "image/png"}, 422, "picture.empty"),
        ({"json": {}}, 422, "options.invalid"),
        ({"json": []}, 422, "options.invalid"),
        ({"json": {"source": {"data": "???"}}}, 400, "request.malformed"),
        ({"json": {"source": SOURCE, "options": {"precision": 1}}}, 422, "options.invalid"),
        ({"data": "{", "content_type": "application/json"}, 400, "request.malformed"),
    ],
)
def test_what_is_no_picture_is_refused(
    client: FlaskClient, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    assert problem(client.post(path, **sent))[:2] == (status, code)


class Counting(OneFile):
    times = 0

    def fetch(self, *arguments: Any, **named: Any) -> Any:
        self.times += 1
        return super().fetch(*arguments, **named)


@pytest.mark.usefixtures("within_one_window")
@pytest.mark.parametrize("path", ["/api/v1/classify", ROUTING, QUALITY, "/api/v1/analyze", "/api/v1/convert"])
def test_nothing_is_fetched_for_whoever_may_hand_in_no_more(services: Services, path: str) -> None:
    fetched = Counting(PICTURE)
    scarce = with_settings(services, anonymous_jobs_per_minute=1, workers=1)
    client = create_app(replace(scarce, outside=fetched)).test_client()
    asked = {"json": {"source": {"url": "https://example.com/logo.png"}}, "headers": {"Prefer": "wait=0"}}
    answers = [client.post(path, **asked) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 429, 429]
    assert fetched.times == 1


# --- features


def test_models_route_by_features_alone(client: FlaskClient) -> None:
    answer = client.post(ROUTING, json={"features": features(15)})
    told = answer.get_json()
    assert answer.status_code == 200
    assert (told["method"], told["advised_by"], told["reasons"]) == (told["ranking"][0], "model", [])
    assert (told["image_type"], told["confidence"]) == ("simple", 0.97)
    assert told["models"] == {"classifier": "7", "predictor": "7"}
    assert set(told["predictions"]) == set(told["ranking"]) == {"fast", "optimised", "refined", "baseline"}
    assert told["assumed"] == {name: usual.value for name, usual in USUAL.items() if name not in features(15)}


def test_nothing_is_assumed_where_all_is_given(client: FlaskClient) -> None:
    assert client.post(ROUTING, json={"features": features(99)}).get_json()["assumed"] == {}


def test_rules_route_where_there_are_no_models(plain_client: FlaskClient) -> None:
    told = plain_client.post(ROUTING, json={"features": features(15)}).get_json()
    assert (told["advised_by"], told["reasons"], told["models"]) == ("rules", ["there are no models"], {})
    assert told["method"] in told["predictions"]


def test_what_is_given_makes_a_difference(plain_client: FlaskClient) -> None:
    photo = features(99) | {
        "edge_density": 0.5,
        "flat_blocks": 0.0,
        "inks": 0.0,
        "far_texture": 1.0,
        "plain_border": 0.0,
    }
    photo |= {"colour_entropy": 11.0, "steep": 1.0, "sixteen_colours": 0.1}
    types = [
        plain_client.post(ROUTING, json={"features": each}).get_json()["image_type"] for each in (features(99), photo)
    ]
    assert types[1] == "complex" != types[0]


def test_a_target_is_heard_in_the_body_and_in_the_query(client: FlaskClient) -> None:
    asked = {"features": features(20)}
    told = [
        client.post(ROUTING, json=asked),
        client.post(ROUTING, json=asked | {"quality_target": 99, "time_budget": 4}),
        client.post(ROUTING + "?quality_target=98", json=asked),
        client.post(ROUTING + "?quality_target=98", json=asked | {"quality_target": 97}),
    ]
    assert [each.get_json()["quality_target"] for each in told] == [0.95, 0.99, 0.98, 0.97]


def test_quality_takes_ten_features_and_a_method(client: FlaskClient) -> None:
    told = client.post(QUALITY, json={"features": features(10), "method": "refined"}).get_json()
    assert (told["method"], told["advised_by"]) == ("refined", "model")
    assert told["low"] <= told["quality"] <= told["high"]
    assert told["quality"] == pytest.approx(0.996)
    assert told["seconds"] == pytest.approx(0.1)
    assert "predictions" not in told
    assert client.post(QUALITY + "?method=fast", json={"features": features(10)}).get_json()["method"] == "fast"


@pytest.mark.parametrize(("path", "least"), [(ROUTING, LEAST_FOR_ROUTING), (QUALITY, LEAST_FOR_QUALITY)])
def test_too_few_features_are_refused(client: FlaskClient, path: str, least: int) -> None:
    answer = client.post(path, json={"features": features(least - 1)})
    status, code, detail = problem(answer)
    assert (status, code) == (422, "features.too_few")
    assert f"There are {least - 1} features; it takes {least}." in detail
    assert (answer.get_json()["limit"], answer.get_json()["actual"]) == (least, least - 1)
    assert client.post(path, json={"features": features(least)}).status_code == 200


@pytest.mark.parametrize("path", [ROUTING, QUALITY])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("colour", "1", "There is no feature 'colour'."),
        ("x" * 5000, "1", "There is no feature 'xxx"),
        ("inks", "-0.001", "The feature inks is -0.001; it is a number from 0 to 9."),
        ("grey", "1.5", "The feature grey is 1.5; it is a number from 0 to 1."),
        ("pixels", "1e308", "The feature pixels is 1e+308; it is a number from 0 to 40."),
        ("pixels", "9" * 300, "it is a number from 0 to 40."),
        ("pixels", '"16"', "this is text, not a number"),
        ("pixels", "true", "this is true or false, not a number"),
        ("pixels", "null", "should be a valid number"),
        ("pixels", "[1]", "should be a valid number"),
        ("pixels", "NaN", "The body is no JSON"),
        ("pixels", "Infinity", "The body is no JSON"),
        ("pixels", "1e999", ""),
    ],
)
def test_features_that_no_picture_has_are_refused(
    client: FlaskClient, path: str, name: str, value: str, said: str
) -> None:
    body = orjson.dumps({"features": features(30) | {name: 0}}).replace(
        f'"{name}":0'.encode(), f'"{name}":{value}'.encode()
    )
    answer = client.post(path, data=body, content_type="application/json")
    assert answer.status_code in {400, 422}
    assert said in answer.get_json()["detail"]
    assert len(answer.data) < 2000


@pytest.mark.parametrize(
    "body",
    [
        {"features": None},
        {"features": []},
        {"features": "all"},
        {"features": {}},
        {"features": features(20), "source": SOURCE},
        {"features": features(20), "quality_target": 101, "method": "magic"},
        {"features": features(20), "surprise": 1},
    ],
)
@pytest.mark.parametrize("path", [ROUTING, QUALITY])
def test_other_nonsense_is_refused(client: FlaskClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"]


@pytest.mark.parametrize("path", ["/api/v1/predict/routing", "/api/v1/predict/quality"])
def test_a_key_that_cannot_be_used_is_refused_of_features_too(client: FlaskClient, path: str) -> None:
    answer = client.post(path, json={"features": {}}, headers={"Idempotency-Key": "no key"})
    assert (answer.status_code, answer.json["code"]) == (400, "idempotency.malformed")


@pytest.mark.usefixtures("within_one_window")
def test_predictions_are_a_hundred_times_as_many_as_pictures(services: Services, tmp_path: Path) -> None:
    scarce = with_settings(with_models(services, tmp_path), anonymous_jobs_per_minute=2, workers=1)
    client = create_app(scarce).test_client()
    answers = [client.post(ROUTING, json={"features": features(15)}) for _ in range(2 * PREDICTIONS_PER_PICTURE + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert problem(answers[-1])[:2] == (429, "rate.predictions")
    assert answers[-1].headers["Retry-After"]
    assert client.post(ROUTING, data=PICTURE, headers={"Prefer": "wait=0"}).status_code == 202


class Unwell:
    """Has no time for anybody."""

    def advise(self, *_: object) -> Any:
        raise InferenceBusy("64 predictions wait already; the limit is 64.", limit=64, actual=64)

    def measure(self, *_: object) -> Any:
        raise InferenceMeasured("Somebody measures the models already.", limit=1)


def test_a_full_queue_is_503_with_word_of_when_to_come_back(services: Services) -> None:
    client = create_app(replace(services, inference=Unwell())).test_client()
    answer = client.post(ROUTING, json={"features": features(15)})
    assert problem(answer)[:2] == (503, "inference.busy")
    assert (answer.headers["Retry-After"], answer.get_json()["retryable"]) == ("1", True)


def test_many_at_once_are_answered(services: Services, tmp_path: Path) -> None:
    app = create_app(with_models(services, tmp_path))

    def ask(_: int) -> str:
        return str(app.test_client().post(ROUTING, json={"features": features(15)}).get_json()["advised_by"])

    with ThreadPoolExecutor(16) as callers:
        assert set(callers.map(ask, range(100))) == {"model"}


# --- what there is


def test_every_feature_is_named_and_explained(plain_client: FlaskClient) -> None:
    told = plain_client.get("/api/v1/predict/features").get_json()
    assert {each["name"]: each["meaning"] for each in told["features"]} == dict(MEANINGS)
    assert all(0 <= each["usual"] <= each["most"] for each in told["features"])
    assert (told["least_for_routing"], told["least_for_quality"]) == (15, 10)


@pytest.mark.parametrize("path", ["/api/v1/ai-status", "/api/ai-status"])
def test_status_tells_of_models(client: FlaskClient, path: str) -> None:
    for _ in range(3):
        client.post(ROUTING, json={"features": features(15)})
    told = client.get(path).get_json()
    assert (told["enabled"], told["source"], told["breaker"]) == (True, "model", "closed")
    assert [(each["role"], each["version"], len(each["sha256"])) for each in told["models"]] == [
        ("classifier", "7", 12),
        ("predictor", "7", 12),
    ]
    assert told["inferences"]["count"] == 3
    assert told["inferences"]["mean_ms"] > 0


def test_status_is_true_without_models_and_with_bad_ones(services: Services, tmp_path: Path) -> None:
    told = create_app(without_models(services, tmp_path)).test_client().get("/api/ai-status").get_json()
    assert (told["source"], told["reason"], told["models"]) == ("rules", "there are no models", [])
    bad = with_models(services, tmp_path)
    (tmp_path / "models" / "predictor.onnx").write_bytes(b"cut off")
    told = create_app(bad).test_client().get("/api/ai-status").get_json()
    assert (told["source"], told["models"]) == ("rules", [])
    assert "sha256" in told["last_refusal"]["reason"]
    assert told["reason"] == told["last_refusal"]["reason"]


def test_ai_that_is_switched_off_says_so(services: Services) -> None:
    off = with_settings(services, ai_enabled=False).settings
    client = create_app(replace(services, inference=LateInference(off.models, services.metrics))).test_client()
    told = client.get("/api/ai-status").get_json()
    assert (told["enabled"], told["source"], told["reason"]) == (False, "rules", "models are switched off")
    told = client.post(ROUTING, json={"features": features(15)}).get_json()
    assert (told["advised_by"], told["reasons"]) == ("rules", ["models are switched off"])


# --- measuring


@pytest.fixture
def admin(services: Services) -> dict[str, str]:
    return {"Authorization": f"Bearer {key_of(services, 'desk', Scope.ADMIN)}"}


def test_models_are_measured_for_an_admin(client: FlaskClient, admin: dict[str, str]) -> None:
    told = client.post("/api/v1/validate/performance", json={"seconds": 1}, headers=admin).get_json()
    assert told["count"] > 10
    assert 0 < told["p50_ms"] <= told["p95_ms"] <= told["p99_ms"]
    assert (told["advised_by"], told["callers_at_once"]) == ("model", 8)
    assert told["throughput_at_once_per_second"] > 0
    assert told["memory_mb"] > 0


@pytest.mark.parametrize("seconds", [0, 0.5, 56, -1, "5", True, None])
def test_measuring_is_bounded(client: FlaskClient, admin: dict[str, str], seconds: object) -> None:
    answer = client.post("/api/v1/validate/performance", json={"seconds": seconds}, headers=admin)
    assert problem(answer)[:2] == (422, "options.invalid")


def test_a_second_measurement_has_to_wait(services: Services, admin: dict[str, str]) -> None:
    client = create_app(replace(services, inference=Unwell())).test_client()
    answer = client.post("/api/v1/validate/performance", json={}, headers=admin)
    assert problem(answer)[:2] == (409, "inference.measured")
    assert answer.headers["Retry-After"] == "5"


# --- counting


@pytest.mark.usefixtures("_a_worker")
def test_advice_is_counted_whoever_gives_it(client: FlaskClient, services: Services) -> None:
    client.post(ROUTING, json={"features": features(15)})
    client.post("/api/v1/classify", data=PICTURE)
    counted = values_of(services.metrics)
    assert counted["ai_classifications_total", (("image_type", "simple"), ("source", "model"))] == 1
    assert counted["ai_classifications_total", (("image_type", "simple"), ("source", "rules"))] == 1
    assert counted["tier1_routing_decisions_total", (("method", "optimised"), ("source", "rules"))] == 1
    assert counted["ai_features_enabled", ()] == 1


@pytest.mark.parametrize("path", ["/api/v1/classify", "/api/v1/predict/routing", "/api/v1/convert"])
def test_asking_again_for_what_was_cancelled_says_so(client: FlaskClient, services: Services, path: str) -> None:
    asked = {"headers": {"Idempotency-Key": "again", "Prefer": "wait=0"}, "data": logo_png(32)}
    job = client.post(path, **asked)
    assert job.status_code == 202
    client.post(job.get_json()["links"]["cancel"])
    assert problem(client.post(path, **asked))[:2] == (409, "job.cancelled")
