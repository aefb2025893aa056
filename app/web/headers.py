"""The request headers that operations heed, for the API's description; flask-openapi knows of none."""

from __future__ import annotations

from typing import Any

HEADERS: dict[str, dict[str, Any]] = {
    "Prefer": {
        "schema": {"type": "string"},
        "description": "`wait=N`: answer when the job is done, or after N seconds. `respond-async`: a job that nobody "
        "waits for any more is wanted all the same.",
        "example": "wait=20",
    },
    "Idempotency-Key": {
        "schema": {"type": "string", "pattern": r'^("[A-Za-z0-9_.:-]{1,128}"|[A-Za-z0-9_.:-]{1,128})$'},
        "description": "Of your choice, a new one for each request: the same key within 24 hours gives the same "
        "answer, and makes nothing twice.",
        "example": "order-4711",
    },
    "Last-Event-ID": {
        "schema": {"type": "string"},
        "description": "The id of the last event that was seen: the stream goes on behind it.",
        "example": "3",
    },
    "If-None-Match": {
        "schema": {"type": "string"},
        "description": "The `ETag` of what is known: 304 where nothing has changed.",
    },
    "Range": {"schema": {"type": "string"}, "description": "Only these bytes of the file.", "example": "bytes=0-1023"},
}

HEEDED = {
    "create_job": ("Prefer", "Idempotency-Key"),
    "convert": ("Prefer", "Idempotency-Key"),
    "convert_short": ("Prefer", "Idempotency-Key"),
    "analyze": ("Prefer", "Idempotency-Key"),
    "classify": ("Prefer", "Idempotency-Key"),
    "classify_short": ("Prefer", "Idempotency-Key"),
    "predict_routing": ("Prefer", "Idempotency-Key"),
    "predict_quality": ("Prefer", "Idempotency-Key"),
    "create_batch": ("Idempotency-Key",),
    "get_job": ("Prefer", "If-None-Match"),
    "get_events": ("Last-Event-ID",),
    "get_result": ("Prefer", "If-None-Match", "Range"),
}
"""Operation -> the headers that it heeds."""


def with_headers(description: dict[str, Any]) -> dict[str, Any]:
    """The API's description with these headers in it."""
    paths = description["paths"].items()
    return description | {
        "paths": {path: {verb: _heeding(operation) for verb, operation in verbs.items()} for path, verbs in paths}
    }


def _heeding(operation: dict[str, Any]) -> dict[str, Any]:
    named = [
        {"name": name, "in": "header", "required": False, **HEADERS[name]}
        for name in HEEDED.get(operation.get("operationId", ""), ())
    ]
    return operation | {"parameters": [*operation.get("parameters", ()), *named]} if named else operation
