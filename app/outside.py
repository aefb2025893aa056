"""The port to the world outside: places that users name, which are never to be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Fetched(Protocol):
    """A file from elsewhere."""

    @property
    def data(self) -> bytes: ...


class Delivered(Protocol):
    """How the other side took what was posted."""

    @property
    def status(self) -> int: ...
    @property
    def retry_after_seconds(self) -> float | None: ...


class Outside(Protocol):
    """Whatever reaches places that users name, and nothing that lies inside."""

    def check(self, url: str, seconds: float = ...) -> None: ...
    def fetch(self, url: str, at_most_bytes: int, seconds: float = ...) -> Fetched: ...
    def post(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float = ...) -> Delivered: ...
