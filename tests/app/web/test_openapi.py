"""The API is what its description says: schemathesis asks it thousands of odd questions."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from openapi_spec_validator import validate

from app import work
from app.accounts import Scope
from app.adapters.late_inference import LateInference
from app.factory import create_app
from app.limiting import Quota, Standing
from app.services import Services
from app.web.access import ACCESS, Who
from app.web.answers import IDEMPOTENCY_KEY
from svgai.files.pillow import TYPES
from tests.app.web.test_jobs import OneFile, key_of
from tests.fakes import FakeConverter
from tests.samples import animated, logo_jpeg, logo_png
from tests.world import make_world, with_settings

PICTURES = hypothesis.strategies.sampled_from([logo_png(16), logo_jpeg(24), animated()])
schemathesis.openapi.media_type("application/octet-stream", PICTURES)
for kind in TYPES:
    schemathesis.openapi.media_type(kind, PICTURES)

UNDESCRIBED = {
    "static",
    "pages.index",
    "api.describe",
    "health.health",
    "health.live",
    "health.ready",
    "health.metrics",
}
schemathesis.openapi.format("byte", PICTURES.map(lambda data: base64.b64encode(data).decode()))
CASES = 80
"""For each operation: some 2,700 in all."""


@pytest.fixture
def app(services: Services) -> Flask:
    hasty = with_settings(services, convert_wait_seconds=0.2)
    brief = Brief(services.settings.models, services.metrics)
    services.queue.announce = lambda _: work.perform(hasty, FakeConverter())
    return create_app(replace(hasty, outside=OneFile(logo_png(16)), limiter=Generous(), inference=brief))


class Brief(LateInference):
    """Measures models for a moment, however long it is asked to."""

    def measure(self, seconds: float) -> Mapping[str, Any]:
        return super().measure(seconds / 1000)


class Generous:
    """A limiter that lets everybody ask as often as they like: here, nobody is to be sent away for asking much."""

    def take(self, quota: Quota, who: str, cost: int = 1) -> Standing:
        return Standing(allowed=True, remaining=quota.limit, reset_seconds=0)


@pytest.fixture
def key(services: Services) -> str:
    return key_of(services, "schemathesis", *Scope)


def operations_of(app: Flask) -> list[tuple[str, str]]:
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    return [(method, path) for path, operations in description["paths"].items() for method in operations]


def all_operations(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    from app.settings import Settings

    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("openapi"))
    return operations_of(create_app(make_world(settings)))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "operation" in metafunc.fixturenames:
        asked = all_operations(metafunc.config._tmp_path_factory)  # type: ignore[attr-defined]
        metafunc.parametrize("operation", asked, ids=[" ".join(each) for each in asked])


def test_the_description_is_valid_and_whole(app: Flask) -> None:
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(description)
    endpoints = {
        app.url_map.bind("x").match(path.replace("{", "").replace("}", ""), method.upper())[0]
        for method, path in operations_of(app)
    }
    assert endpoints == set(ACCESS) - UNDESCRIBED


def test_the_description_says_what_takes_a_key(app: Flask) -> None:
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    for method, path in operations_of(app):
        endpoint = app.url_map.bind("x").match(path.replace("{", "").replace("}", ""), method.upper())[0]
        security = description["paths"][path][method]["security"]
        assert {"key": []} in security
        if ACCESS[endpoint].who is not Who.KEY:
            assert {} in security


def test_every_operation_keeps_its_word(app: Flask, key: str, operation: tuple[str, str]) -> None:
    """Well-formed and malformed requests alike: the status and body are described, nothing is a 500."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    method, path = operation
    found = [each.ok() for each in schema.get_all_operations()]
    (asked,) = [each for each in found if (each.method.lower(), each.path) == (method, path)]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    anything = hypothesis.strategies.one_of(*(asked.as_strategy(generation_mode=mode) for mode in modes))

    @hypothesis.given(case=anything)
    @hypothesis.settings(
        max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
    )
    def ask(case: schemathesis.Case) -> None:
        hypothesis.assume(not holds_an_empty_list(case))
        # Its form is a list of files, which schemathesis sends without names; tests/app/web has them with names.
        hypothesis.assume(not (path == "/api/v1/batches" and case.media_type == "multipart/form-data"))
        hypothesis.assume("cursor" not in (case.query or {}))  # only those that a list has given out are any good
        given = str((case.headers or {}).get("Idempotency-Key", ""))
        if IDEMPOTENCY_KEY.fullmatch(given):  # the same one for something else would be refused, and rightly
            case.headers["Idempotency-Key"] = uuid.uuid4().hex
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"})

    ask()


def holds_an_empty_list(case: schemathesis.Case) -> bool:
    """A form and a URL have no way to say one: it is not sent at all, so the request is not the wrong one."""
    parts = (case.body if isinstance(case.body, dict) else {}, case.query or {})
    return any(value == [] for part in parts for value in part.values())
