"""The API is what its description says: schemathesis asks it thousands of odd questions."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from openapi_spec_validator import validate

from app import conversions
from app.conversions import Services
from app.factory import create_app
from svgai.files.pillow import TYPES
from tests.fakes import FakeConverter
from tests.samples import animated, logo_jpeg, logo_png

PICTURES = hypothesis.strategies.sampled_from([logo_png(16), logo_jpeg(24), animated()])
schemathesis.openapi.media_type("application/octet-stream", PICTURES)
for kind in TYPES:
    schemathesis.openapi.media_type(kind, PICTURES)

PATHS = ["/api/v1/jobs", "/api/v1/jobs/{job_id}", "/api/v1/jobs/{job_id}/result", "/api/v1/convert", "/api/convert"]


@pytest.fixture
def app(services: Services):
    quick = services.settings.model_copy(update={"convert_wait_seconds": 0.2})
    hasty = Services(**{**vars(services), "settings": quick})
    services.queue.announce = lambda job: conversions.perform(hasty, job.id, FakeConverter())
    return create_app(hasty)


def test_the_description_is_valid(app) -> None:
    description = app.test_client().get("/api/v1/openapi.json").get_json()
    validate(description)
    assert set(description["paths"]) == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_every_operation_keeps_its_word(app, path: str) -> None:
    """Well-formed and malformed requests alike: the status and body are described, nothing is a 500."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    (operation,) = [each for each in operations if each.path == path]
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    anything = hypothesis.strategies.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @hypothesis.given(case=anything)
    @hypothesis.settings(
        max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)
    )
    def ask(case: schemathesis.Case) -> None:
        hypothesis.assume(not holds_an_empty_list(case))
        case.call_and_validate()

    ask()


def holds_an_empty_list(case: schemathesis.Case) -> bool:
    """A form has no way to say one: such a field is not sent at all, so the request is not the wrong one."""
    return isinstance(case.body, dict) and any(value == [] for value in case.body.values())
