"""A line to a server that can be made slow, lossy, mute or torn."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time
from urllib.parse import urlsplit

RETRANSMISSION_SECONDS = 0.3
"""What a lost packet costs TCP on a line as short as ours."""
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that closes with a reset instead of a farewell."""


class Proxy:
    """Stands between the service and one of its servers."""

    def __init__(self, url: str, seed: int = 1) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self._target = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        self._random = random.Random(seed)
        self._ends: set[socket.socket] = set()
        self._flows = threading.Event()
        self.heal()
        threading.Thread(target=self._accept, daemon=True).start()

    def through(self, url: str) -> str:
        """The same URL, by way of this proxy."""
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.replace(str(parts.port), str(self.port))).geturl()

    def hinder(self, *, latency_seconds: float = 0.0, loss: float = 0.0) -> None:
        """Let everything come late, and some of it later still."""
        self._latency, self._loss = latency_seconds, loss

    def mute(self) -> None:
        """Take everything and pass nothing on, like a firewall that drops: nobody is told."""
        self._flows.clear()

    def heal(self) -> None:
        self.hinder()
        self._flows.set()

    def tear(self) -> None:
        """Reset every connection there is."""
        for end in list(self._ends):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flows.set()
        self.tear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self._flows.wait()
        try:
            far = socket.create_connection(self._target, timeout=5)
        except OSError:
            near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            near.close()  # as if the server itself had refused
            return
        far.settimeout(None)
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ends |= {near, far}
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far)
        back.join()
        for end in (near, far):
            self._ends.discard(end)
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._hold_up()
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _hold_up(self) -> None:
        lost = self._loss and self._random.random() < self._loss
        time.sleep(self._latency + RETRANSMISSION_SECONDS * lost) if self._latency or lost else None
        self._flows.wait()
