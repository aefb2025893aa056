"""The headers that operations heed are told in the API's description."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.web.headers import HEADERS, HEEDED


@pytest.fixture
def operations(client: FlaskClient) -> dict[str, Any]:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    return {operation["operationId"]: operation for verbs in paths.values() for operation in verbs.values()}


@pytest.mark.parametrize(("operation_id", "names"), HEEDED.items())
def test_an_operation_tells_which_headers_it_heeds(
    operations: dict[str, Any], operation_id: str, names: tuple[str, ...]
) -> None:
    told = [each["name"] for each in operations[operation_id]["parameters"] if each["in"] == "header"]
    assert told == list(names)


def test_no_header_is_described_for_nothing() -> None:
    assert {name for names in HEEDED.values() for name in names} == set(HEADERS)
