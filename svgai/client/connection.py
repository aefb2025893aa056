"""One request and its answer over HTTP: asked again where that is safe and likely to help."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import random
import re
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from svgai import __version__
from svgai.client.errors import AnswerUnreadable, ApiError, Unreachable

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that may well be another one a moment later."""
LONGEST_PAUSE_SECONDS = 60.0
"""Whoever asks for more patience than this is not asked again."""
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 0.5, 8.0
FAULTS = (OSError, http.client.HTTPException)
"""All that can happen to a connection; among them are URLError and TimeoutError."""
PRINTED = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Request:
    """What is asked of the service."""

    method: str
    path: str
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_repeatable(self) -> bool:
        """Whether asking twice does no more than asking once."""
        return self.method == "GET" or "Idempotency-Key" in self.headers


class Headers(Protocol):
    """Headers by name, in whatever case."""

    def get(self, name: str, /) -> str | None: ...


@dataclass(frozen=True)
class Answer:
    """What the service answered."""

    status: int
    headers: Headers
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise AnswerUnreadable(f"The answer is no JSON; it begins with {self.body[:80]!r}.") from None


class Connection:
    """The way to one service. It keeps no line open, so many threads may share it."""

    def __init__(self, url: str, key: str | None, timeout: float, retries: int) -> None:
        self.url = _checked(url)
        self.has_key = key is not None
        self.timeout = timeout
        self._retries = retries
        self._headers = {"User-Agent": f"svgai/{__version__}", **_authorization(key)}
        self._opener = urllib.request.build_opener(_NeverElsewhere)

    def ask(self, request: Request) -> Answer:
        """The answer; after passing faults the request is repeated, if nothing can be done twice by that."""
        for attempt in itertools.count():
            try:
                return self._ask_once(request)
            except (ApiError, Unreachable) as fault:
                pause = _pause(fault, attempt)
                if pause is None or attempt >= self._retries or not request.is_repeatable:
                    raise
            time.sleep(pause)
        raise AssertionError  # the count has no end

    def open(self, request: Request, timeout: float | None = None) -> http.client.HTTPResponse:
        """The answer with its body unread. Not repeated."""
        try:
            response: http.client.HTTPResponse = self._opener.open(
                self._prepared(request), None, timeout or self.timeout
            )
        except urllib.error.HTTPError as refusal:
            with refusal:
                raise _refused(refusal) from None
        except FAULTS as fault:
            raise self.unreachable(fault) from None
        return response

    def unreachable(self, fault: Exception) -> Unreachable:
        """What a fault of the connection is to the user."""
        reason = getattr(fault, "reason", None) or str(fault) or type(fault).__name__
        return Unreachable(f"No whole answer came from {self.url}: {reason}.")

    def _ask_once(self, request: Request) -> Answer:
        with self.open(request) as response:
            try:
                return Answer(response.status, response.headers, response.read())
            except FAULTS as fault:
                raise self.unreachable(fault) from None

    def _prepared(self, request: Request) -> urllib.request.Request:
        headers = {**self._headers, **request.headers}
        body = None
        if request.document is not None:
            body = json.dumps(request.document).encode()
            headers["Content-Type"] = "application/json"
        return urllib.request.Request(self.url + request.path, body, headers, method=request.method)  # noqa: S310 - checked


class _NeverElsewhere(urllib.request.HTTPRedirectHandler):
    """Takes redirects for refusals: the key and the pictures are for the host that the user has named."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"The service's URL begins with http:// or https:// and a host; this one is {url!r:.80}.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("The service's URL has no user, password, query or fragment.")
    return url.rstrip("/")


def _authorization(key: str | None) -> dict[str, str]:
    if key is None:
        return {}
    if not PRINTED.fullmatch(key):
        raise ValueError("The key has characters that no key has; perhaps there is a space or a line end around it.")
    return {"Authorization": f"Bearer {key}"}


def _refused(refusal: urllib.error.HTTPError) -> ApiError:
    problem: dict[str, Any] = {}
    with contextlib.suppress(ValueError, *FAULTS):
        document = json.loads(refusal.read())
        problem = document if isinstance(document, dict) else {}
    return ApiError(
        refusal.code,
        str(problem.get("code", f"http.{refusal.code}")),
        str(problem.get("detail") or _without_words(refusal)),
        limit=problem.get("limit"),
        actual=problem.get("actual"),
        request_id=refusal.headers.get("X-Request-Id"),
        retry_after=_seconds(refusal.headers.get("Retry-After")),
    )


def _without_words(refusal: urllib.error.HTTPError) -> str:
    if 300 <= refusal.code < 400:
        return f"The service is elsewhere, at {refusal.headers.get('Location')}; give that URL to the client."
    return f"The service answered {refusal.code} {refusal.reason}."


def _seconds(said: str | None) -> float | None:
    """Retry-After, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    if not said:
        return None
    with contextlib.suppress(ValueError, OverflowError):
        return float(said) if said.isdecimal() else max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    return None


def _pause(fault: ApiError | Unreachable, attempt: int) -> float | None:
    """How long to wait before asking again; None where that would be in vain."""
    longest = min(FIRST_PAUSE_SECONDS * 2.0**attempt, LAST_PAUSE_SECONDS)
    pause = longest * random.uniform(0.5, 1)  # noqa: S311 - so that not all come back together
    if isinstance(fault, Unreachable):
        return pause
    wanted = fault.retry_after or 0.0
    if fault.status not in PASSING or wanted > LONGEST_PAUSE_SECONDS:
        return None
    return wanted + pause if wanted else pause
