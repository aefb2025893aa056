"""Celery's Redis broker, without the trap that makes workers fall silent.

A message that cannot be acknowledged, because Redis went away meanwhile, keeps its place in Kombu's
count of unfinished messages for ever. When all places are taken, the worker doesn't ask for more,
and so never notices that its connection is dead. Here the place is given back all the same: Redis
may deliver the message once more, which does no harm.
"""

from __future__ import annotations

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
    """A channel that counts like that."""

    QoS = QoS


class Transport(redis.Transport):
    """What `broker_transport` names."""

    Channel = Channel
