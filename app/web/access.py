"""Who may call what: one table over all routes. What is not in it cannot be called."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import structlog
from flask import Flask, Response, abort, g, request

from app.accounts import Caller, Scope
from app.errors import KeyMissing, ScopeMissing
from app.web.callers import identify
from app.web.requests import current_services


class Who(Enum):
    """Callers, from the outside to the inside."""

    EVERYBODY = "everybody; nobody is asked for a key"
    ANYONE = "whoever has a key with the scope, or none at all"
    KEY = "whoever has a key with the scope"
    INSIDE = "whoever reaches the process itself, not through a proxy"


@dataclass(frozen=True)
class Rule:
    """Who may call a route."""

    who: Who
    scope: Scope | None = None
    """What a key must be good for; None: any key will do."""


EVERYBODY = Rule(Who.EVERYBODY)
ANYONE = Rule(Who.ANYONE)
ANYONE_CONVERTING = Rule(Who.ANYONE, Scope.CONVERT)
ANYONE_READING = Rule(Who.ANYONE, Scope.READ)
CONVERTING = Rule(Who.KEY, Scope.CONVERT)
READING = Rule(Who.KEY, Scope.READ)
WEBHOOKS = Rule(Who.KEY, Scope.WEBHOOKS)
ADMIN = Rule(Who.KEY, Scope.ADMIN)
INSIDE = Rule(Who.INSIDE)

ACCESS: dict[str, Rule] = {
    "static": EVERYBODY,
    "pages.index": EVERYBODY,
    "api.create_job": ANYONE_CONVERTING,
    "api.list_jobs": READING,
    "api.get_job": ANYONE_READING,
    "api.get_result": ANYONE_READING,
    "api.get_events": ANYONE_READING,
    "api.cancel_job": ANYONE_CONVERTING,
    "api.delete_job": ANYONE_CONVERTING,
    "api.give_feedback": ANYONE_CONVERTING,
    "api.convert": ANYONE_CONVERTING,
    "api.convert_short": ANYONE_CONVERTING,
    "api.analyze": ANYONE_CONVERTING,
    "advice.classify": ANYONE_CONVERTING,
    "advice.classify_short": ANYONE_CONVERTING,
    "advice.predict_routing": ANYONE_CONVERTING,
    "advice.predict_quality": ANYONE_CONVERTING,
    "advice.list_features": EVERYBODY,
    "advice.get_ai_status": EVERYBODY,
    "advice.get_ai_status_short": EVERYBODY,
    "advice.validate_performance": ADMIN,
    "api.create_batch": CONVERTING,
    "api.get_batch": READING,
    "api.get_batch_results": READING,
    "api.list_methods": EVERYBODY,
    "api.get_limits": ANYONE,
    "api.get_usage": READING,
    "api.describe": EVERYBODY,
    "webhooks.list_endpoints": WEBHOOKS,
    "webhooks.create_endpoint": WEBHOOKS,
    "webhooks.get_endpoint": WEBHOOKS,
    "webhooks.change_endpoint": WEBHOOKS,
    "webhooks.delete_endpoint": WEBHOOKS,
    "webhooks.rotate_secret": WEBHOOKS,
    "webhooks.test_endpoint": WEBHOOKS,
    "webhooks.list_deliveries": WEBHOOKS,
    "webhooks.replay_delivery": WEBHOOKS,
    "admin.create_account": ADMIN,
    "admin.list_accounts": ADMIN,
    "admin.limit_account": ADMIN,
    "admin.create_key": ADMIN,
    "admin.list_keys": ADMIN,
    "admin.rotate_key": ADMIN,
    "admin.revoke_key": ADMIN,
    "admin.list_deeds": ADMIN,
    "quality.summarise_quality": ADMIN,
    "quality.list_records": ADMIN,
    "quality.list_models": ADMIN,
    "health.health": EVERYBODY,
    "health.live": EVERYBODY,
    "health.ready": EVERYBODY,
    "health.metrics": INSIDE,
}
"""Endpoint -> who may call it. A stranger's job is seen by whoever has its id, which cannot be guessed
(docs/decisions/0003-job-ids-are-capabilities.md)."""


def install(app: Flask) -> None:
    """Guard every route."""
    app.before_request(_guard)
    app.after_request(_challenge)


def _guard() -> None:
    if request.endpoint is None:
        return  # there is no such route; Flask says so
    rule = ACCESS.get(request.endpoint)
    if rule is None or (rule.who is Who.INSIDE and _came_through_proxy()):
        abort(404)
    if rule.who in {Who.ANYONE, Who.KEY}:
        g.caller = identify(current_services(), request)
        structlog.contextvars.bind_contextvars(tenant=g.caller.tenant)
        _admit(g.caller, rule)


def _came_through_proxy() -> bool:
    return any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))


def _admit(caller: Caller, rule: Rule) -> None:
    if caller.key is None:
        if rule.who is Who.KEY or not current_services().settings.anonymous_access:
            raise KeyMissing("This takes an API key: send it as `Authorization: Bearer KEY`.")
    elif rule.scope and rule.scope not in caller.key.scopes:
        has = ", ".join(sorted(caller.key.scopes)) or "nothing"
        raise ScopeMissing(f"This takes an API key with the scope {rule.scope}; yours is for: {has}.")


def _challenge(response: Response) -> Response:
    """Say how to come back, as HTTP wants it (RFC 9110, 11.6.1)."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
