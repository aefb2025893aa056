"""What can keep the client from what it was asked for."""

from __future__ import annotations

from dataclasses import dataclass


class ClientError(Exception):
    """The client could not do what it was asked for."""


@dataclass(eq=False)
class ApiError(ClientError):
    """The service said no, and why. `code` is a promise; texts may change (docs/API_REFERENCE.md has all codes)."""

    status: int
    code: str
    detail: str
    limit: float | None = None
    actual: float | None = None
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds after which the service would like to be asked again."""

    def __str__(self) -> str:
        return f"{self.detail} ({self.status} {self.code}, request {self.request_id or 'without an id'})"


class Unreachable(ClientError):
    """No answer came, or none that was whole."""


class AnswerUnreadable(ClientError):
    """What answered is not this service, or one that this client does not know yet."""


class StillUnfinished(ClientError, TimeoutError):
    """The time for waiting is over. Nothing is lost: whoever has the id can wait on."""


class WebhookInvalid(ClientError, ValueError):
    """A message whose sender is not proved to be the service, or that is too old."""
