"""One request and its answer, with one of the addresses that were checked and no other."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

from urllib3 import exceptions as http
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import BaseHTTPResponse

from app.adapters.outward.addresses import Address
from app.adapters.outward.deadline import Deadline
from app.adapters.outward.places import Place
from app.errors import ServiceError, UrlUnreachable, UrlUnreadable, UrlUntrusted

MOST_ADDRESSES = 4
FAILURES = (OSError, HTTPException, http.HTTPError)
MANNERS = {"User-Agent": "SVG-AI", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True)
class Request:
    """What is sent, but for where to."""

    method: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@contextlib.contextmanager
def exchange(
    request: Request, place: Place, addresses: Sequence[Address], deadline: Deadline, tls: ssl.SSLContext
) -> Iterator[BaseHTTPResponse]:
    """Ask, and lend the answer, of which only the head is read. No environment, and so no proxy, has a say in it."""
    with (
        _failures_named(place, deadline),
        contextlib.closing(_connect(place, addresses, deadline, tls)) as connection,
        _cut_at(deadline, connection),
    ):
        headers = {**MANNERS, **request.headers, "Host": place.authority}
        connection.request(
            request.method, place.target, request.body, headers, preload_content=False, decode_content=False
        )
        with contextlib.closing(connection.getresponse()) as answer:
            deadline.left()
            yield answer


def _connect(
    place: Place, addresses: Sequence[Address], deadline: Deadline, tls: ssl.SSLContext
) -> HTTPConnection | HTTPSConnection:
    """A connection to the first address that takes it."""
    *others, last = addresses[:MOST_ADDRESSES]
    for address in others:
        with contextlib.suppress(http.ConnectTimeoutError):  # or the kind below it: a connection that was refused
            return _connect_to(address, place, deadline, tls)
    return _connect_to(last, place, deadline, tls)


def _connect_to(
    address: Address, place: Place, deadline: Deadline, tls: ssl.SSLContext
) -> HTTPConnection | HTTPSConnection:
    # Half of what is left: urllib3 gives it to the connection, and once more to the handshake.
    seconds = deadline.left() / 2
    connection: HTTPConnection | HTTPSConnection
    if place.scheme == "https":
        connection = HTTPSConnection(
            str(address), place.port, timeout=seconds, server_hostname=place.host, ssl_context=tls
        )
    else:
        connection = HTTPConnection(str(address), place.port, timeout=seconds)
    try:
        connection.connect()
    except BaseException:
        connection.close()
        raise
    connection.timeout = deadline.left()
    return connection


@contextlib.contextmanager
def _cut_at(deadline: Deadline, connection: HTTPConnection) -> Iterator[None]:
    """Hang up at the deadline. A socket's own time-out does not do it: it starts anew with every byte."""
    scissors = threading.Timer(deadline.left(), _hang_up, [connection.sock])
    scissors.daemon = True
    scissors.start()
    try:
        yield
        deadline.left()  # What was cut off may look complete.
    finally:
        scissors.cancel()
        scissors.join()


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Not the method that TLS has instead: it takes the session away from whoever is reading.
        socket.socket.shutdown(line, socket.SHUT_RDWR)


@contextlib.contextmanager
def _failures_named(place: Place, deadline: Deadline) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        raise _named(error, place, deadline) from error


def _named(error: Exception, place: Place, deadline: Deadline) -> ServiceError:
    host = f"{place.host!r:.80}"
    # urllib3 takes a connection that was refused for one that timed out.
    is_refused = isinstance(error, http.NewConnectionError)
    is_late = isinstance(error, (TimeoutError, http.TimeoutError)) and not is_refused
    if is_late or deadline.is_over:
        return deadline.missed()
    if isinstance(error, (ssl.SSLError, http.SSLError)):
        return UrlUntrusted(f"{host} could not prove over TLS who it is; check its certificate.")
    if is_refused or isinstance(error, OSError):
        return UrlUnreachable(f"{host} cannot be reached, or hung up; check that its server runs.")
    return UrlUnreadable(f"{host} sent an answer that is broken or breaks off; check its server.")
