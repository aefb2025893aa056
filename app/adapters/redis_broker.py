"""Celery's Redis broker, without the trap that makes workers fall silent, and quicker.

A message that cannot be acknowledged, because Redis went away meanwhile, keeps its place in Kombu's
count of unfinished messages for ever. When all places are taken, the worker doesn't ask for more,
and so never notices that its connection is dead. Here the place is given back all the same: Redis
may deliver the message once more, which does no harm.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """The count of messages that a worker has taken and not acknowledged."""

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class Channel(redis.Channel):
    """A channel that counts like that, and keeps the client that Kombu would make anew for every message."""

    QoS = QoS
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
