"""The examples in the API's description are what they are examples of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from app.web import examples


@pytest.fixture
def description(client: FlaskClient) -> Any:
    return client.get("/api/v1/openapi.json").get_json()


def with_examples(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema below that has examples."""
    if isinstance(part, dict):
        if "examples" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for below in part:
            yield from with_examples(below)


def test_each_is_what_its_schema_demands(description: Any) -> None:
    found = list(with_examples(description))
    for schema in found:
        for example in schema["examples"]:
            Draft202012Validator({**schema, "components": description["components"]}).validate(example)
    shown = [example for schema in found for example in schema["examples"]]
    written = [value for name, value in vars(examples).items() if name[0].isupper() and isinstance(value, dict)]
    assert len(written) == 11
    assert [example for example in written if example not in shown] == []


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("/api/v1/jobs", examples.JOB_ORDER),
        ("/api/v1/analyze", examples.ANALYSIS_ORDER),
        ("/api/v1/classify", examples.ADVICE_ORDER),
    ],
)
def test_orders_are_taken(client: FlaskClient, path: str, order: dict[str, Any]) -> None:
    assert client.post(path, json=order, headers={"Prefer": "wait=0"}).status_code == 202


@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("/api/v1/predict/routing", examples.ROUTING_QUESTION),
        ("/api/v1/predict/quality", examples.QUALITY_QUESTION),
    ],
)
def test_questions_are_answered(client: FlaskClient, path: str, question: dict[str, Any]) -> None:
    assert client.post(path, json=question).status_code == 200
