"""A stranger's server: takes webhooks, remembers them, and behaves as badly as it is asked to."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HUGE_BYTES = 1 << 30
TRICKLE_SECONDS = 60.0


@dataclass(frozen=True)
class Message:
    """A webhook as it came."""

    path: str
    id: str
    event: str
    subject: str
    timestamp: int
    at: float


class Receiver:
    """Listens on loopback. The path says how it answers: /ok, /status/410, /hang, /huge, /trickle."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._released = threading.Event()
        handler = type("Handler", (_Handler,), {"receiver": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_port)
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def ids_by_subject(self, path: str = "/ok") -> dict[str, set[str]]:
        """Which message ids told of each job."""
        told: dict[str, set[str]] = {}
        for message in list(self.messages):
            if message.path == path:
                told.setdefault(message.subject, set()).add(message.id)
        return told

    def counts(self) -> Counter[str]:
        return Counter(message.path for message in list(self.messages))

    def hang(self) -> None:
        self._released.wait(TRICKLE_SECONDS)

    def close(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        told: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind, _, detail = self.path[1:].partition("/")
        stamp = int(self.headers["webhook-timestamp"])
        came = Message(self.path, self.headers["webhook-id"], told["type"], told["data"]["id"], stamp, time.time())
        self.receiver.messages.append(came)
        with contextlib.suppress(OSError):  # the other side has had enough
            getattr(self, f"_{kind}")(detail)

    def _ok(self, _: str) -> None:
        self._answer(204)

    def _status(self, code: str) -> None:
        self._answer(int(code), Location=f"{self.receiver.url}/ok")

    def _hang(self, _: str) -> None:
        self.receiver.hang()
        self.close_connection = True

    def _huge(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(HUGE_BYTES))
        self.end_headers()
        for _ in range(HUGE_BYTES >> 20):
            self.wfile.write(bytes(1 << 20))

    def _trickle(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        end = time.monotonic() + TRICKLE_SECONDS
        while time.monotonic() < end:
            self.wfile.write(b".")
            time.sleep(1)

    def _answer(self, code: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
