"""Fetching and posting where users say, within the rules and before a deadline."""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from urllib3.response import BaseHTTPResponse

from app.adapters.outward.addresses import Address
from app.adapters.outward.breaker import Breaker
from app.adapters.outward.deadline import Deadline
from app.adapters.outward.exchange import FAILURES, Request, exchange
from app.adapters.outward.lookup import Lookup, Resolve, resolve_by_system
from app.adapters.outward.places import Place, read_place
from app.adapters.outward.rules import Rules
from app.errors import UrlBusy, UrlRedirected, UrlStatusUnusable, UrlTooLarge, UrlUnreadable

MAX_REDIRECTS = 3
REDIRECTS = {301, 302, 303, 307, 308}
CHUNK_BYTES = 64 * 1024
MAX_REPLY_BYTES = 64 * 1024
MAX_RETRY_AFTER_SECONDS = 24 * 3600.0
LOOKUPS_AT_ONCE = 16


@dataclass(frozen=True)
class Fetched:
    """A file from elsewhere, and what its server says that it is."""

    data: bytes
    content_type: str
    """Like image/png, or empty. Nobody has checked it."""


@dataclass(frozen=True)
class Delivered:
    """How the other side took what was posted."""

    status: int
    retry_after_seconds: float | None = None


class Outward:
    """The only way out to where users say. One object serves many threads."""

    def __init__(
        self,
        rules: Rules | None = None,
        *,
        fetches_at_once: int = 3,
        resolve: Resolve = resolve_by_system,
        tls: ssl.SSLContext | None = None,
        breaker: Callable[[], Breaker] = Breaker,
    ) -> None:
        self._rules = rules or Rules()
        self._fetches_at_once = fetches_at_once
        self._slots = threading.BoundedSemaphore(fetches_at_once)
        self._lookup = Lookup(resolve, LOOKUPS_AT_ONCE)
        self._tls = tls or ssl.create_default_context()
        # What keeps files from being fetched must not hold back what is posted to the same host.
        self._breakers = {"GET": breaker(), "POST": breaker()}

    def check(self, url: str, seconds: float = 5.0) -> None:
        """Refuse a URL that could not be called now; nobody is called."""
        self._addresses_of(self._admitted(url), Deadline(seconds))

    def fetch(self, url: str, at_most_bytes: int, seconds: float = 10.0) -> Fetched:
        """The file behind a URL, through a few redirects, each of them checked like the first URL."""
        deadline = Deadline(seconds)
        with self._slot():
            for _ in range(MAX_REDIRECTS + 1):
                place = self._admitted(url)
                with self._ask(Request("GET"), place, deadline) as answer:
                    if answer.status not in REDIRECTS or "Location" not in answer.headers:
                        return _read_file(answer, place, at_most_bytes)
                    url = _next_url(answer, place)
        detail = f"The URL was redirected more than {MAX_REDIRECTS} times; give the last one."
        raise UrlRedirected(detail, limit=MAX_REDIRECTS)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float = 15.0) -> Delivered:
        """Hand something in. Redirects are answers like all others: they are not followed."""
        deadline = Deadline(seconds)
        with self._ask(Request("POST", body, headers), self._admitted(url), deadline) as answer:
            with contextlib.suppress(*FAILURES):  # The status says all; the rest is read out of courtesy.
                answer.read(MAX_REPLY_BYTES)
            return Delivered(answer.status, _retry_after_seconds(answer))

    def _admitted(self, url: str) -> Place:
        place = read_place(url)
        self._rules.admit(place)
        return place

    def _addresses_of(self, place: Place, deadline: Deadline) -> Sequence[Address]:
        addresses = [place.address] if place.address else self._lookup.addresses(self._full_name(place), deadline)
        self._rules.admit_addresses(place, addresses)
        return addresses

    def _full_name(self, place: Place) -> str:
        """With the last dot no name is taken for one inside our network, as `db.example` is for `db.example.ours`."""
        return place.host if self._rules.allow_private else f"{place.host}."

    @contextlib.contextmanager
    def _ask(self, request: Request, place: Place, deadline: Deadline) -> Iterator[BaseHTTPResponse]:
        with self._breakers[request.method].watching(place.origin):
            addresses = self._addresses_of(place, deadline)
            with exchange(request, place, addresses, deadline, self._tls) as answer:
                yield answer

    @contextlib.contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            detail = f"{self._fetches_at_once} URLs are being fetched, which is the limit. Try again soon."
            raise UrlBusy(detail, limit=self._fetches_at_once)
        try:
            yield
        finally:
            self._slots.release()


def _next_url(answer: BaseHTTPResponse, place: Place) -> str:
    url = place.follow(answer.headers["Location"])
    if place.scheme == "https" and urlsplit(url).scheme == "http":
        raise UrlRedirected(f"{place.host!r:.80} redirects from https to http; give a URL that stays with https.")
    return url


def _read_file(answer: BaseHTTPResponse, place: Place, at_most_bytes: int) -> Fetched:
    if answer.status != 200:
        detail = (
            f"{place.host!r:.80} answered with status {answer.status} instead of 200; check that the file is there."
        )
        raise UrlStatusUnusable(detail, limit=200, actual=answer.status)
    coding = answer.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise UrlUnreadable(f"{place.host!r:.80} sent {coding!r:.40}, though only 'identity' was asked for.")
    return Fetched(_read_at_most(at_most_bytes, answer), _content_type(answer))


def _read_at_most(limit: int, answer: BaseHTTPResponse) -> bytes:
    announced = answer.length_remaining or 0
    if announced > limit:
        raise UrlTooLarge(f"The file has {announced} bytes; the limit is {limit}.", limit=limit, actual=announced)
    data = bytearray()
    while chunk := answer.read(CHUNK_BYTES):
        data += chunk
        if len(data) > limit:
            raise UrlTooLarge(f"The file has more than {limit} bytes, which is the limit.", limit=limit)
    return bytes(data)


def _content_type(answer: BaseHTTPResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()[:100]


def _retry_after_seconds(answer: BaseHTTPResponse) -> float | None:
    """Seconds, or a date (RFC 9110, 10.2.3); what is neither says nothing."""
    said = answer.headers.get("Retry-After", "")
    with contextlib.suppress(ValueError, OverflowError):
        seconds = float(int(said)) if said.isdecimal() else parsedate_to_datetime(said).timestamp() - time.time()
        return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
    return None
