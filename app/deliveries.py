"""How a message gets to its endpoint: announced when it is due, claimed by one worker, sent, and noted.

The database owns every delivery. A hint names one that is due; whoever claims it makes one attempt.
A worker that dies between sending and noting costs an attempt more, under the same id.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from app.services import Services
from app.webhooks import ATTEMPT_SECONDS, BUSY, GONE, LEASE_SECONDS, WAITS_SECONDS, Claim, Fate, Outcome
from svgai.errors import SvgaiError

log = structlog.get_logger()

AT_ONCE = 200
"""Deliveries that are announced in one go."""
REPEAT_SECONDS = 60.0
"""When a hint may have been lost."""
PUT_OFF_SECONDS = 2.0
LANES = 2
"""Deliveries of one endpoint at once."""
DRIVE_SECONDS = 5.0
"""How long a lane goes on without a new hint."""
KEPT_SECONDS = 30 * 24 * 3600.0


class Relay:
    """Announces what is due. It remembers its hints, so that a long queue is not filled with repeats."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: dict[tuple[str, datetime], float] = {}

    def announce(self) -> int:
        """Announce what has come due since the last time, and what was announced long ago in vain."""
        now = time.monotonic()
        due = self._services.webhooks.due(AT_ONCE)
        lately = {hint for hint, told_at in self._told.items() if now - told_at < REPEAT_SECONDS}
        self._told = {hint: self._told[hint] for hint in due if hint in lately}
        fresh = [hint for hint in due if hint not in lately]
        for announced, hint in enumerate(fresh):
            if not self._announce(hint[0]):
                return announced  # the broker is away: the rest would only wait for it in vain
            self._told[hint] = now
        return len(fresh)

    def _announce(self, delivery_id: str) -> bool:
        try:
            self._services.queue.announce_delivery(delivery_id)
        except Exception as error:  # noqa: BLE001 - whatever a broker's client raises
            log.warning("delivery not announced", delivery_id=delivery_id, reason=type(error).__name__)
            return False
        return True


class Lanes:
    """Bounds how many deliveries of one endpoint are under way here: a slow one must not take every thread."""

    def __init__(self, width: int = LANES) -> None:
        self._width = width
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def lane(self, endpoint_id: str) -> Iterator[bool]:
        """Whether there was room; if so, it is taken for as long as the block lasts."""
        with self._lock:
            is_free = self._taken[endpoint_id] < self._width
            self._taken[endpoint_id] += is_free
        try:
            yield is_free
        finally:
            with self._lock:
                self._taken[endpoint_id] -= is_free
                self._taken += Counter()  # drops whoever has none under way


def deliver(services: Services, delivery_id: str, lanes: Lanes) -> None:
    """Make the attempt that is due, if nobody else does, and what waits behind it. Safe to call any number of times."""
    delivery = services.webhooks.delivery(delivery_id)
    if delivery is None:
        return
    with lanes.lane(delivery.endpoint_id) as is_free:
        if is_free:
            _drive(services, services.webhooks.claim(delivery_id, LEASE_SECONDS))
        else:
            services.webhooks.put_off(delivery_id, PUT_OFF_SECONDS)


def _drive(services: Services, claim: Claim | None) -> None:
    """Make an attempt, and while all arrives, those that wait behind it: hints for them come but once a second."""
    until = time.monotonic() + DRIVE_SECONDS
    while claim:
        outcome = _attempt(services, claim)
        services.metrics.count_delivery(outcome.fate)
        services.webhooks.settle(claim, outcome)
        if outcome.fate is not Fate.DELIVERED or time.monotonic() > until:
            return
        claim = services.webhooks.claim_next(claim.endpoint.id, LEASE_SECONDS)


def forget(services: Services) -> int:
    """Delete deliveries that have been kept for long enough."""
    forgotten = 0
    while purged := services.webhooks.purge(KEPT_SECONDS, AT_ONCE):
        forgotten += purged
    return forgotten


def _attempt(services: Services, claim: Claim) -> Outcome:
    delivery = claim.delivery
    if delivery.attempts > len(WAITS_SECONDS) + 1:  # the last one was sent by a worker that died with it
        return _outcome(claim, error="delivery.lost")
    began = time.monotonic()
    try:
        headers = claim.headers(services.secrecy.derive)
        answer = services.outside.post(claim.endpoint.url, delivery.body(), headers, ATTEMPT_SECONDS)
    except SvgaiError as error:
        return _outcome(claim, began, error=error.code)
    except Exception as error:  # whatever a stranger's server brings about is a failed attempt
        log.error("unforeseen fault in a delivery", delivery_id=delivery.id, exc_info=error)
        return _outcome(claim, began, error="internal")
    retry_after = answer.retry_after_seconds if answer.status in BUSY else None
    return _outcome(claim, began, status=answer.status, retry_after=retry_after)


def _outcome(
    claim: Claim,
    began: float | None = None,
    *,
    status: int | None = None,
    error: str | None = None,
    retry_after: float | None = None,
) -> Outcome:
    delivery = claim.delivery
    ms = round((time.monotonic() - began) * 1000) if began is not None else 0
    entry = {"attempt": delivery.attempts, "at": claim.at.isoformat(), "status": status, "error": error, "ms": ms}
    log.info("webhook attempted", delivery_id=delivery.id, endpoint_id=delivery.endpoint_id, **entry)
    if status is not None and 200 <= status < 300:
        return Outcome(entry, Fate.DELIVERED)
    wait = None if status == GONE else delivery.seconds_to_next(retry_after)
    return Outcome(entry, Fate.FAILED if wait is None else Fate.PENDING, wait, is_gone=status == GONE)
