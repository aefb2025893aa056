"""Servers and names out there, for tests."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from typing import Any

import pytest

from app import errors
from app.adapters.outward import Fetched, Outward

OUT_THERE = "127.0.0.2"
"""Counts as public here; what is forbidden, 127.0.0.1 and all others, stays so."""

NOBODY_THERE = "127.0.0.3"
"""Counts as public too, but does not answer."""
CALLED: list[str] = []
"""Whom this process tried to reach, by name or address, as the interpreter itself tells it."""


def _overhear(event: str, told: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        CALLED.append(str(told[1][0] if isinstance(told[1], tuple) else told[1]))
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        CALLED.append(str(told[0]))


sys.addaudithook(_overhear)

HEAD = b"HTTP/1.1 200 OK\r\n"

Answer = Callable[[socket.socket], None]


def saying(*parts: bytes, every_seconds: float = 0.0) -> Answer:
    def answer(line: socket.socket) -> None:
        for part in parts:
            line.sendall(part)
            time.sleep(every_seconds)

    return answer


def http(body: bytes = b"", status: int = 200, **headers: str) -> Answer:
    head = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Fine", *(f"{name}: {value}" for name, value in head.items())]
    return saying("\r\n".join([*lines, "", ""]).encode() + body)


def redirect(location: str, status: int = 302) -> Answer:
    return http(status=status, Location=location)


class Elsewhere:
    """A server out there, and a trap at the same port of this machine that nobody may step into."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[bytes] = []
        self.tls: ssl.SSLContext | None = None
        self._open = ExitStack()
        self._listener = self._open.enter_context(socket.create_server((OUT_THERE, 0)))
        self.port: int = self._listener.getsockname()[1]
        self._traps = [self._open.enter_context(trap) for trap in _traps(self.port)]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._start(self._serve, self._listener.accept()[0])

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError, IndexError), closing(line):
            self._talk(self.tls.wrap_socket(line, server_side=True) if self.tls else line)

    def _talk(self, line: socket.socket) -> None:
        with closing(line):
            request = self._read(line)
            self.requests.append(request)
            self.answers[request.split()[1].decode()](line)
            line.shutdown(socket.SHUT_WR)
            line.recv(1)  # until the other side has hung up, so that nothing sent is lost

    def _read(self, line: socket.socket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request and (more := line.recv(65536)):
            request += more
        head, _, body = request.partition(b"\r\n\r\n")
        length = next((int(one[15:]) for one in head.split(b"\r\n") if one.startswith(b"Content-Length:")), 0)
        while len(body) < length:
            body += line.recv(65536)
        return head + b"\r\n\r\n" + body

    def headers(self, which: int = -1) -> dict[str, str]:
        lines = self.requests[which].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines)

    @property
    def trapped(self) -> int:
        """How many connections came in where none may."""
        return sum(_has_caller(trap) for trap in self._traps)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._open.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()


def _traps(port: int) -> Iterator[socket.socket]:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with suppress(OSError):
            trap = socket.create_server((address, port), family=family)
            trap.setblocking(False)
            yield trap


def _has_caller(trap: socket.socket) -> bool:
    with suppress(BlockingIOError), trap.accept()[0]:
        return True
    return False


class Names:
    """A DNS of our own; of several answers each is given once, but for the last."""

    def __init__(self, **known: Sequence[Sequence[str]]) -> None:
        self.known = {name.replace("_", "."): list(answers) for name, answers in known.items()}
        self.asked: list[str] = []

    def __call__(self, name: str) -> Sequence[str]:
        self.asked.append(name)
        answers = self.known.get(name.removesuffix("."), [])
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def fetch(outward: Outward, url: str, at_most_bytes: int = 1000, seconds: float = 5.0) -> Fetched:
    return outward.fetch(url, at_most_bytes, seconds)


def refusal(attempt: Callable[[], Any]) -> errors.ServiceError:
    with pytest.raises(errors.ServiceError) as refused:
        attempt()
    return refused.value
