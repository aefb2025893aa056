"""Which pages of other origins may call the API from a browser (the Fetch standard's CORS).

Callers are known by their keys, never by cookies, so no page can do more than its user's key allows.
"""

from __future__ import annotations

from flask import Flask, Response, request

from app.web.requests import current_services

METHODS = "GET, HEAD, POST, PATCH, DELETE"
TAKEN = (
    "Authorization, X-API-Key, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, Range, X-Request-Id"
)
SHOWN = (
    "Content-Disposition, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
    "X-Job-Id, X-Method, X-Quality-Ssim, X-Request-Id"
)
"""Headers that a page may send, and that it may read besides the simplest."""
PREFLIGHT_SECONDS = 600


def install(app: Flask) -> None:
    """Answer the browsers' questions; before access is guarded, for these come without a key."""
    app.before_request(_answer_preflight)
    app.after_request(_allow)


def _answer_preflight() -> Response | None:
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers or not _is_allowed():
        return None
    answer = Response(status=204)
    answer.headers["Access-Control-Allow-Methods"] = METHODS
    answer.headers["Access-Control-Allow-Headers"] = TAKEN
    answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return answer


def _allow(response: Response) -> Response:
    if not _is_of_the_api() or not current_services().settings.allowed_origins:
        return response
    response.vary.add("Origin")
    if _is_allowed():
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
        response.headers["Access-Control-Expose-Headers"] = SHOWN
    return response


def _is_allowed() -> bool:
    allowed, origin = current_services().settings.allowed_origins, request.headers.get("Origin", "")
    return bool(origin) and _is_of_the_api() and not allowed.isdisjoint({origin, "*"})


def _is_of_the_api() -> bool:
    return request.path.startswith("/api/")
