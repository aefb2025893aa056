"""Celery's Redis broker, quicker."""

from __future__ import annotations

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that keeps the client that Kombu would make anew for every message."""

    _usual_client: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous)
        if self._usual_client is None or self._usual_client.connection_pool is not self.pool:
            self._usual_client = super()._create_client()
        return self._usual_client


class Transport(redis.Transport):
    """What `broker_transport` names."""

    Channel = Channel
