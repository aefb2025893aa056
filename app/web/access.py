"""Who may call what: one table over all routes. What is not in it cannot be called."""

from __future__ import annotations

from enum import Enum

from flask import Flask, abort, request


class Who(Enum):
    """Callers, from the outside to the inside."""

    ANYONE = "anyone"
    INSIDE = "whoever reaches the process itself, not through a proxy"


ACCESS: dict[str, Who] = {
    "static": Who.ANYONE,
    "pages.index": Who.ANYONE,
    "api.create_job": Who.ANYONE,
    "api.get_job": Who.ANYONE,
    "api.get_result": Who.ANYONE,
    "api.convert": Who.ANYONE,
    "api.convert_short": Who.ANYONE,
    "api.describe": Who.ANYONE,
    "health.health": Who.ANYONE,
    "health.live": Who.ANYONE,
    "health.ready": Who.ANYONE,
    "health.metrics": Who.INSIDE,
}
"""Endpoint -> who may call it. A job's id cannot be guessed, and is the right to see the job
(docs/decisions/0003-job-ids-are-capabilities.md)."""


def install(app: Flask) -> None:
    """Guard every route."""
    app.before_request(_guard)


def _guard() -> None:
    if request.endpoint is None:
        return  # there is no such route; Flask says so
    who = ACCESS.get(request.endpoint)
    if who is None or (who is Who.INSIDE and _came_through_proxy()):
        abort(404)


def _came_through_proxy() -> bool:
    return any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))
