"""What surrounds every request: its id, its log line, its metrics, and headers that keep browsers safe."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Request, Response, current_app, g, has_request_context, request
from prometheus_flask_exporter import PrometheusMetrics

from app.services import Services

log = structlog.get_logger()

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
QUIET = {"health.live", "health.ready", "health.metrics", "static"}
"""Endpoints that are asked all the time; their requests are logged at DEBUG."""

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def current_request_id() -> str:
    """The id of the request in hand."""
    return str(g.get("request_id", "")) if has_request_context() else ""


def current_services() -> Services:
    """The use cases' world of the application in hand."""
    services: Services = current_app.extensions["services"]
    return services


def install(app: Flask, services: Services) -> None:
    """Wrap every request of the application."""
    app.extensions["exporter"] = PrometheusMetrics(
        app, path=None, registry=services.metrics.registry, export_defaults=False
    )
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _: request.close())  # and with it the files that were sent


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = current_request_id()
    for name, value in SAFE_HEADERS.items():
        response.headers.setdefault(name, value)
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    say = log.debug if request.endpoint in QUIET else log.info
    say("request", method=request.method, path=request.path, status=response.status_code, ms=round(seconds * 1000, 1))
    method = request.method if request.method in METHODS else "other"  # strangers must not make up labels
    current_services().metrics.count_request(method, route(request), response.status_code, seconds)
    return response


def route(asked: Request) -> str:
    """The route's template, never the path itself: paths are without number."""
    return asked.url_rule.rule if asked.url_rule else "none"
