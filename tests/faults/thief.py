"""Workers that die with a hint in their hands: `python -m tests.faults.thief COUNT`.

Each takes one from Redis and is killed before it has read it: the hint is gone.
"""

from __future__ import annotations

import os
import signal
import sys

from kombu import Queue
from kombu.transport.virtual import QoS

from app.adapters.celery_queue import make_celery
from app.conversions import QUEUES
from app.settings import Settings, read_settings


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def steal(settings: Settings) -> None:
    QoS.append = _die
    queues = [Queue(name) for name in QUEUES]
    with make_celery(settings).connection() as connection, connection.Consumer(queues, callbacks=[_die]):
        while True:
            connection.drain_events(timeout=60)


def main() -> None:
    settings = read_settings()
    for _ in range(int(sys.argv[1])):
        child = os.fork()
        if child == 0:
            steal(settings)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL


if __name__ == "__main__":
    main()
