"""The API is what its description says: schemathesis asks it thousands of odd questions."""

from __future__ import annotations

import pytest
from openapi_spec_validator import validate

from app.conversions import Services
from app.factory import create_app


@pytest.fixture
def app(services: Services):
    quick = services.settings.model_copy(update={"convert_wait_seconds": 0})
    return create_app(Services(**{**vars(services), "settings": quick}))


def test_the_description_is_valid(app) -> None:
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(description)
    assert set(description["paths"]) == {
        "/api/v1/jobs",
        "/api/v1/jobs/{job_id}",
        "/api/v1/jobs/{job_id}/result",
        "/api/v1/convert",
        "/api/convert",
    }
