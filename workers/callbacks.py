"""The worker for webhooks: `python -m workers.callbacks`.

It waits for strangers' servers most of its time. So it has a queue and threads of its own, and however
slow they are, no conversion waits behind them.
"""

from __future__ import annotations

import os
import socket
import warnings
from typing import TYPE_CHECKING

import structlog
from celery.platforms import SecurityWarning

from app.settings import read_settings, tell_libraries

if TYPE_CHECKING:
    from celery import Celery

    from app.services import Services

AT_ONCE = 24
"""More than all endpoints of one account may take, so that its slow servers never hold up the others."""

log = structlog.get_logger()


def main() -> None:
    """Deliver until told to stop; what is being sent is finished first."""
    settings = read_settings()
    tell_libraries(settings)  # before anything imports them

    from app.adapters.celery_queue import CALLBACKS, make_celery
    from app.factory import create_services
    from app.logs import set_up_logs

    set_up_logs(settings, "callbacks")
    warnings.filterwarnings("ignore", category=SecurityWarning)  # the other worker says it, in a line
    celery = make_celery(settings)
    register(celery, create_services(settings))
    _follow_life()
    options = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    size = ["--pool", "threads", "--concurrency", str(AT_ONCE)]
    # Named, for Celery's own command would take BROKER_URL from the environment, where it may lack the password.
    broker = ["--broker", settings.broker]
    celery.worker_main(["--quiet", *broker, "worker", *size, "--queues", CALLBACKS, "--hostname", _name(), *options])


def register(celery: Celery, services: Services) -> None:
    """Put the task on this Celery: a doorway from the queue to the use case."""
    from app import deliveries
    from app.adapters.celery_queue import DELIVER

    lanes = deliveries.Lanes()

    def deliver(delivery_id: str) -> None:
        deliveries.deliver(services, delivery_id, lanes)

    celery.task(deliver, name=DELIVER, shared=False)


def _follow_life() -> None:
    from celery import signals

    # A receiver of setup_logging keeps Celery from setting logs up its own way.
    signals.setup_logging.connect(lambda **_: None, weak=False)
    signals.worker_ready.connect(lambda **_: log.info("callbacks ready", name=_name()), weak=False)


def _name() -> str:
    return f"callbacks-{os.getpid()}@{socket.gethostname()}"


if __name__ == "__main__":
    main()
