"""Webhooks: telling an account's endpoints of its jobs, signed as Standard Webhooks want it.

Here is what they are, and the port to where they are kept. `app.endpoints` is what their owners do
with them; `app.deliveries` is how a message gets there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import orjson

EVENTS = ("job.succeeded", "job.failed", "job.cancelled", "batch.completed")
"""All that an endpoint can be told of."""

TEST_EVENT = "webhook.test"
"""Sent when the owner asks for it, and once only."""

WAITS_SECONDS = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""From each attempt to the next: ten attempts in a little over three days."""
JITTER = 0.1
MAX_RETRY_AFTER_SECONDS = 3600.0
BUSY = frozenset({429, 502, 503, 504})
"""What a server says that wants to be asked later; then its Retry-After is obeyed."""
GONE = 410

ATTEMPT_SECONDS = 15.0
LEASE_SECONDS = 60.0
"""How long an attempt belongs to the worker that makes it; far more than an attempt may take."""
PATIENCE = timedelta(days=5)
"""How long an endpoint may fail without a success before nothing more is sent to it."""
OVERLAP = timedelta(hours=24)
"""How long the former secret signs too after a rotation."""
MAX_BODY_BYTES = 20_000


class Fate(StrEnum):
    """What has become of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Endpoint:
    """Where an account wants to be told of its jobs."""

    id: str
    tenant: str
    url: str
    events: Sequence[str] = EVENTS
    description: str = ""
    generation: int = 1
    """How many secrets it has had; the secret itself is kept nowhere."""
    rotated_at: datetime | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True)
class Delivery:
    """One message to one endpoint, however many attempts it takes."""

    id: str
    endpoint_id: str
    event: str
    subject: str
    """The job or batch that it tells of."""
    data: Mapping[str, Any]
    state: Fate
    attempts: int
    log: Sequence[Mapping[str, Any]]
    due_at: datetime | None
    created_at: datetime
    finished_at: datetime | None

    def body(self) -> bytes:
        """What is sent: the same bytes in each attempt."""
        told = {"type": self.event, "timestamp": self.created_at}
        body = orjson.dumps({**told, "data": self.data}, option=orjson.OPT_UTC_Z)
        if len(body) < MAX_BODY_BYTES:
            return body
        thin = {name: self.data[name] for name in ("id", "state", "url") if name in self.data}
        return orjson.dumps({**told, "data": thin}, option=orjson.OPT_UTC_Z)

    def seconds_to_next(self, retry_after_seconds: float | None = None) -> float | None:
        """How long to wait after as many attempts as there were; None when that was the last."""
        waits = () if self.event == TEST_EVENT else WAITS_SECONDS
        if self.attempts > len(waits):
            return None
        wait = waits[self.attempts - 1] * self._jitter()
        return max(wait, min(retry_after_seconds or 0.0, MAX_RETRY_AFTER_SECONDS))

    def _jitter(self) -> float:
        """A factor near 1, always the same for this attempt, so that what failed together is not repeated together."""
        digest = hashlib.sha256(f"{self.id} {self.attempts}".encode()).digest()
        return 1 + JITTER * (int.from_bytes(digest[:4]) / 2**31 - 1)


@dataclass(frozen=True)
class Claim:
    """An attempt that is this worker's to make."""

    delivery: Delivery
    endpoint: Endpoint
    at: datetime
    """When it was claimed, by the clock of whoever keeps the deliveries."""

    def headers(self, derive: Callable[[str], bytes]) -> dict[str, str]:
        """The headers of Standard Webhooks, with a signature by each secret in force."""
        timestamp = int(self.at.timestamp())
        body = self.delivery.body()
        keys = [derive(label) for label in self._labels()]
        return {
            "Content-Type": "application/json",
            "webhook-id": self.delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(sign(key, self.delivery.id, timestamp, body) for key in keys),
        }

    def _labels(self) -> list[str]:
        endpoint = self.endpoint
        is_fresh = endpoint.rotated_at is not None and self.at - endpoint.rotated_at < OVERLAP
        generations = [endpoint.generation, endpoint.generation - 1] if is_fresh else [endpoint.generation]
        return [_label(endpoint.id, generation) for generation in generations]


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt, and what follows from it."""

    entry: Mapping[str, Any]
    """A line for the delivery's log."""
    fate: Fate
    wait_seconds: float | None = None
    """Until the next attempt, where there is one."""
    is_gone: bool = False
    """The endpoint said that it wants nothing more."""


def sign(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """A signature as Standard Webhooks 1.0 describe it."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def secret_of(endpoint: Endpoint, derive: Callable[[str], bytes]) -> str:
    """The endpoint's secret as its owner gets it."""
    return "whsec_" + base64.b64encode(derive(_label(endpoint.id, endpoint.generation))).decode()


def _label(endpoint_id: str, generation: int) -> str:
    return f"webhook:{endpoint_id}:{generation}"


class Webhooks(Protocol):
    """Where endpoints and deliveries are kept. Each method is one transaction, and every time is the database's own."""

    def add(self, endpoint: Endpoint, at_most: int) -> Endpoint:
        """Refused where the tenant has as many already."""
        ...

    def get(self, endpoint_id: str) -> Endpoint | None: ...
    def of_tenant(self, tenant: str) -> list[Endpoint]: ...
    def change(self, endpoint_id: str, values: Mapping[str, Any], *, enabled: bool | None = None) -> Endpoint | None:
        """What waits for an endpoint that is disabled fails."""
        ...

    def rotate(self, endpoint_id: str) -> Endpoint | None: ...
    def remove(self, endpoint_id: str) -> None: ...

    def send(self, endpoint_id: str, event: str, subject: str, data: Mapping[str, Any]) -> Delivery: ...
    def delivery(self, delivery_id: str) -> Delivery | None: ...
    def deliveries(self, endpoint_id: str, limit: int, before: str | None = None) -> list[Delivery]:
        """The newest first."""
        ...

    def replay(self, delivery_id: str) -> Delivery | None:
        """Make it due again: one that has ended from the first attempt on, one that waits before its time."""
        ...

    def due(self, at_most: int) -> list[tuple[str, datetime]]:
        """Deliveries to be attempted, with since when; of each endpoint only the first few."""
        ...

    def claim(self, delivery_id: str, lease_seconds: float) -> Claim | None:
        """Take the attempt that is due; nobody else gets it."""
        ...

    def claim_next(self, endpoint_id: str, lease_seconds: float) -> Claim | None:
        """Take that which has been due longest at an endpoint."""
        ...

    def put_off(self, delivery_id: str, seconds: float) -> None: ...
    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Note an attempt, unless another has been begun since."""
        ...

    def purge(self, kept_seconds: float, at_most: int) -> int: ...
