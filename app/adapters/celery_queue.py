"""The queue over Celery: a task's name and an id, nothing more."""

from __future__ import annotations

import ssl
import time
from typing import Any

from celery import Celery

from app.jobs import Job
from app.settings import Settings

CONVERT = "svgai.convert"
"""The task that `workers.tasks` answers to."""


EXPORT = "svgai.export"

DELIVER = "svgai.deliver"
"""The task that `workers.callbacks` answers to, in a queue of its own."""
CALLBACKS = "callbacks"


PATIENCE_SECONDS = 1.5
"""How long a broker may take to answer; whoever announces is mostly a request that somebody waits for."""
BACK_OFF_SECONDS = 5.0
"""While the broker is away, only one in so many seconds goes and looks."""


class BrokerAway(Exception):
    """The broker was away a moment ago; never shown to a user."""


class CeleryQueue:
    """Announces work to the workers. It hardly waits for a broker that is away: the relay will come back to it."""

    def __init__(self, celery: Celery) -> None:
        self._celery = celery
        self._is_away = False
        self._try_again_at = 0.0

    def announce(self, job: Job) -> None:
        self._send(CONVERT, [job.id], job.queue)

    def announce_export(self, job: Job, form: str) -> None:
        self._send(EXPORT, [job.id, form], "fast")

    def announce_delivery(self, delivery_id: str) -> None:
        self._send(DELIVER, [delivery_id], CALLBACKS)

    def _send(self, task: str, arguments: list[str], queue: str) -> None:
        now = time.monotonic()
        if self._is_away:
            if now < self._try_again_at:
                raise BrokerAway(f"not tried for another {self._try_again_at - now:.1f} s")
            self._try_again_at = now + BACK_OFF_SECONDS  # this one goes and looks, the others need not
        try:
            self._celery.send_task(task, args=arguments, queue=queue, retry=False, ignore_result=True)
        except Exception:
            self._is_away, self._try_again_at = True, time.monotonic() + BACK_OFF_SECONDS
            raise
        self._is_away = False


def make_celery(settings: Settings) -> Celery:
    """Celery as both the web and the workers use it: no result backend, no remote control, no pickle."""
    celery = Celery("svgai", broker=settings.broker, set_as_current=False)
    module = "folder_broker" if is_folder(settings) else "redis_broker"
    celery.conf.broker_transport = f"app.adapters.{module}:Transport"
    celery.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=True,
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport(settings),
        broker_pool_limit=settings.threads,  # or a request waits for others that wait for the broker
        task_publish_retry=False,
    )
    if settings.broker.startswith("rediss:"):
        # Without it Kombu would talk in plain text, whatever the URL says. What its ssl_cert_reqs says still counts.
        celery.conf.broker_use_ssl = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    return celery


def is_folder(settings: Settings) -> bool:
    """Whether messages are files in the data folder."""
    return settings.broker.startswith("filesystem:")


def _transport(settings: Settings) -> dict[str, Any]:
    if is_folder(settings):
        folder = settings.data_dir.resolve() / "broker"
        (folder / "control").mkdir(parents=True, exist_ok=True)
        (folder / "messages").mkdir(parents=True, exist_ok=True)
        return {
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.02,
        }
    return {
        # Only the worker counts the hints that it has taken: what is unfinished, the database knows better than Redis.
        "ack_emulation": False,
        "socket_connect_timeout": PATIENCE_SECONDS,
        "socket_timeout": PATIENCE_SECONDS,
        # Whoever publishes gives up at the first refusal.
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
