"""How much a caller may ask for in a minute, and the headers that tell how much is left.

The headers are those of draft-ietf-httpapi-ratelimit-headers; `t` counts seconds, so no clock matters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, g

from app.accounts import Caller
from app.errors import PollingTooFast, PredictionsTooFast, RateExceeded, ServiceError
from app.limiting import Quota, Standing
from app.web.callers import current_caller
from app.web.requests import current_services


@dataclass(frozen=True)
class Policy:
    """What a caller may take in a minute, and what to say to whoever goes beyond it."""

    limit: Callable[[Caller], int]
    refusal: type[ServiceError]
    words: str
    is_shared: bool = True


PREDICTIONS_PER_PICTURE = 100
"""A prediction from features costs about a hundredth of a picture."""

POLICIES = {
    "jobs": Policy(
        lambda caller: caller.allowance.jobs_per_minute, RateExceeded, "You may hand in {} pictures a minute"
    ),
    "calls": Policy(lambda _: 30, RateExceeded, "You may have {} messages a minute sent that nothing brought about"),
    "predictions": Policy(
        lambda caller: PREDICTIONS_PER_PICTURE * caller.allowance.jobs_per_minute,
        PredictionsTooFast,
        "You may ask for {} predictions a minute",
        False,
    ),
    "poll": Policy(lambda _: 240, PollingTooFast, "You may ask {} times a minute for the same job", False),
}
POLICY_HEADER, STANDING_HEADER = "RateLimit-Policy", "RateLimit"


def install(app: Flask) -> None:
    """Tell on every answer what has been spent for it."""
    app.after_request(_tell)


def spend(name: str, *, cost: int = 1, who: str = "") -> None:
    """Take so much of the caller's quota of this name, or of its part for one job; refuses when it is used up."""
    policy, caller = POLICIES[name], current_caller()
    quota = Quota(name, policy.limit(caller), is_shared=policy.is_shared)
    standing = current_services().limiter.take(quota, f"{caller.tenant}:{who}", cost)
    g.setdefault("spent", []).append((quota, standing))
    if not standing.allowed:
        words = policy.words.format(quota.limit)
        raise policy.refusal(f"{words}. Try again in {standing.reset_seconds} s.", limit=quota.limit)


def _tell(response: Response) -> Response:
    spent: list[tuple[Quota, Standing]] = g.get("spent", [])
    for quota, standing in spent:
        response.headers.add(POLICY_HEADER, f'"{quota.name}";q={quota.limit};w={quota.window_seconds}')
        response.headers.add(STANDING_HEADER, f'"{quota.name}";r={standing.remaining};t={standing.reset_seconds}')
        if not standing.allowed:
            response.headers["Retry-After"] = str(standing.reset_seconds)
    return response
