"""The line between a worker and its sandbox: JSON and bytes in frames, never pickles, never without a limit.

Neither side waits for ever: whoever waits calls `patience` again and again, which may raise.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

import orjson

BEAT_SECONDS = 0.25
"""How often whoever waits looks up."""

MAX_MESSAGE_BYTES = 1 << 20
_HEAD = struct.Struct("!IQ")

Patience = Callable[[], None]


class LineBroken(Exception):
    """The other side is gone, or talks nonsense."""


def wait_for_ever() -> None:
    """The patience of a sandbox: its lifeline ends it when nobody is left to wait for."""


class Line:
    """One end of a connected pair of sockets."""

    def __init__(self, end: socket.socket, max_payload_bytes: int) -> None:
        self._end = end
        self._max_payload_bytes = max_payload_bytes
        end.settimeout(BEAT_SECONDS)

    def send(self, message: dict[str, Any], payload: bytes = b"", patience: Patience = wait_for_ever) -> None:
        """Send a message, with bytes behind it."""
        text = orjson.dumps(message)
        rest = memoryview(_HEAD.pack(len(text), len(payload)) + text + payload)
        while rest:
            try:
                rest = rest[self._end.send(rest) :]
            except TimeoutError:
                patience()
            except OSError as error:
                raise LineBroken(str(error)) from None

    def receive(self, patience: Patience = wait_for_ever) -> tuple[dict[str, Any], bytes]:
        """The next message, and the bytes behind it."""
        text_bytes, payload_bytes = _HEAD.unpack(self._read(_HEAD.size, patience))
        if text_bytes > MAX_MESSAGE_BYTES or payload_bytes > self._max_payload_bytes:
            raise LineBroken(f"a message of {text_bytes} + {payload_bytes} bytes")
        text, payload = self._read(text_bytes, patience), self._read(payload_bytes, patience)
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise LineBroken("a message that is no JSON") from None
        if not isinstance(message, dict):
            raise LineBroken("a message of another shape")
        return message, payload

    def _read(self, size: int, patience: Patience) -> bytes:
        data = bytearray(size)
        rest = memoryview(data)
        while rest:
            try:
                read = self._end.recv_into(rest)
            except TimeoutError:
                patience()
                continue
            except OSError as error:
                raise LineBroken(str(error)) from None
            if not read:
                raise LineBroken("the other side is gone")
            patience()
            rest = rest[read:]
        return bytes(data)

    def close(self) -> None:
        self._end.close()
