"""What holds for every answer: problems, ids, headers, access."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

import svgai.errors
from app import errors
from app.errors import StoreAway
from app.factory import create_app
from app.services import Services
from app.web.access import ACCESS, Who
from app.web.problems import ANSWERS, from_error
from svgai.errors import SvgaiError
from svgai.ml.errors import ModelFailed, ModelsRefused
from tests.samples import logo_png
from tests.world import with_settings

SOME_JOB = "job_" + "0" * 36
ABSTRACT = {SvgaiError, svgai.errors.PictureError, errors.ServiceError}
NEVER_TOLD = {ModelsRefused, ModelFailed}
"""Where models are no good, rules answer; the reason is in the advice."""


def kinds(kind: type[SvgaiError]) -> set[type[SvgaiError]]:
    return {kind}.union(*(kinds(below) for below in kind.__subclasses__()))


def test_every_error_has_its_answer() -> None:
    assert kinds(SvgaiError) - ABSTRACT - NEVER_TOLD == set(ANSWERS)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = {kind.code for kind in ANSWERS}
    assert len(codes) == len(ANSWERS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", code) for code in codes)


def test_every_stored_error_can_be_told(app: Flask) -> None:
    for kind in ANSWERS:
        with app.test_request_context():
            assert from_error(SvgaiError.from_dict(kind("why", limit=1, option="x").as_dict())).status_code >= 400


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ACCESS)


def test_a_route_that_says_nothing_cannot_be_called(services: Services) -> None:
    app = create_app(services)
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    assert app.test_client().get("/forgotten").status_code == 404


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_what_is_for_the_inside_is_not_there_for_the_outside(client: FlaskClient, header: str) -> None:
    assert [name for name, rule in ACCESS.items() if rule.who is Who.INSIDE] == ["health.metrics"]
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "203.0.113.9"}).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route.not_found"),
        ("DELETE", "/api/v1/jobs", 405, "route.method_not_allowed"),
        ("GET", f"/api/v1/jobs/{SOME_JOB}", 404, "job.not_found"),
        ("POST", "/", 405, "route.method_not_allowed"),
    ],
)
def test_every_refusal_is_a_problem_document(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"urn:svgai:problem:{code}")
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_fault_of_ours_tells_nothing_of_the_inside(app: Flask, services: Services) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError("password=hunter2")

    services.jobs.get = broken
    answer = app.test_client().get(f"/api/v1/jobs/{SOME_JOB}")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
    assert "hunter2" not in answer.text
    assert "ZeroDivision" not in answer.text


def test_in_debug_a_fault_is_told_in_full(services: Services) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError("the reason")

    services.jobs.get = broken
    chatty = with_settings(services, debug=True)
    assert "the reason" in create_app(chatty).test_client().get(f"/api/v1/jobs/{SOME_JOB}").get_json()["detail"]


def test_metrics_outlive_the_database(client: FlaskClient, services: Services) -> None:
    def away() -> None:
        raise StoreAway("away")

    services.jobs.count_unfinished = away
    client.get("/health/live")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert "http_requests_total" in answer.text
    assert "active_conversions" not in answer.text


def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back(app: Flask, services: Services) -> None:
    def away(_: str) -> None:
        raise StoreAway("away")

    services.jobs.get = away
    answer = app.test_client().get(f"/api/v1/jobs/{SOME_JOB}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.get_json()["retryable"]


def test_a_request_keeps_the_id_that_it_came_with(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"


@pytest.mark.parametrize("strange", ["a b", "x" * 65, "<script>", ""])
def test_a_strange_request_id_is_replaced(client: FlaskClient, strange: str) -> None:
    assert re.fullmatch(r"req_[0-9a-f]{24}", client.get("/", headers={"X-Request-Id": strange}).headers["X-Request-Id"])


@pytest.mark.parametrize("path", ["/", "/health", "/nowhere", "/api/v1/openapi.json"])
def test_every_answer_is_safe_in_a_browser(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_requests_are_counted_by_route_and_never_by_path(client: FlaskClient) -> None:
    for number in range(3):
        client.get(f"/api/v1/jobs/job_{number}")
        client.get(f"/nowhere/{number}")
    client.open("/", method="MADEUP")
    text = client.get("/metrics").text
    assert "MADEUP" not in text
    assert 'http_request_duration_seconds_count{route="none"} 4.0' in text
    assert 'http_requests_total{method="GET",route="/api/v1/jobs/<job_id>",status="404"} 3.0' in text
    assert 'http_requests_total{method="GET",route="none",status="404"} 3.0' in text
    assert "job_1" not in text


def test_metrics_tell_what_waits(client: FlaskClient) -> None:
    client.post("/api/v1/jobs", data=logo_png(8))
    text = client.get("/metrics").text
    assert 'active_conversions{state="queued"} 1.0' in text
    assert "workers_present 0.0" in text


def test_metrics_can_be_switched_off(services: Services) -> None:
    off = with_settings(services, metrics_enabled=False)
    assert create_app(off).test_client().get("/metrics").status_code == 404


def test_the_health_of_a_service_without_workers_is_degraded_yet_it_is_ready(
    client: FlaskClient, services: Services
) -> None:
    assert client.get("/health").get_json()["status"] == "degraded"
    services.roster.sign_in("1@host")
    assert client.get("/health").get_json()["status"] == "ok"
    assert client.get("/health/live").get_json() == {"status": "ok"}
    assert client.get("/health/ready").status_code == 200


def test_a_service_whose_disk_is_gone_is_alive_but_not_ready(client: FlaskClient, services: Services) -> None:
    def broken() -> None:
        raise OSError("read-only file system")

    services.blobs.check = broken
    assert client.get("/health/ready").status_code == 503
    assert client.get("/health").get_json()["faults"] == {"storage": "OSError"}
    assert client.get("/health/live").status_code == 200


def test_the_page_names_the_limits_in_force(client: FlaskClient, services: Services) -> None:
    assert str(services.settings.max_request_size) in client.get("/").text
