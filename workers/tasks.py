"""The tasks: doorways from the queue to the use cases. A hint in, nothing out, safe to run twice."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence

from celery import Celery

from app import work
from app.adapters.celery_queue import CONVERT, EXPORT
from app.jobs import Converter, Job
from app.services import Services

LONG = "refined"
"""The queue whose jobs take long."""


class Places:
    """How many places a worker has; where it has several, one is always kept free from refined work."""

    def __init__(self, places: int, queues: Sequence[str]) -> None:
        self._queues = tuple(queues)
        self._for_long_work = threading.BoundedSemaphore(max(1, places - 1))

    @contextlib.contextmanager
    def choice(self) -> Iterator[Choice]:
        """The queues that a job may be taken from now."""
        may_be_long = self._for_long_work.acquire(blocking=False)
        queues = self._queues if may_be_long else tuple(name for name in self._queues if name != LONG)
        choice = Choice(queues, self._for_long_work.release if may_be_long else None)
        try:
            yield choice
        finally:
            choice.end()


class Choice:
    """The queues that a job may be taken from, and what taking one means for the others."""

    def __init__(self, queues: Sequence[str], release: Callable[[], None] | None) -> None:
        self.queues = queues
        self._release = release

    def taken(self, job: Job) -> None:
        """Leave the place for long work to others, unless this is such."""
        if job.queue != LONG:
            self.end()

    def end(self) -> None:
        release, self._release = self._release, None
        if release:
            release()


def register(celery: Celery, services: Services, converter: Converter, places: Places) -> None:
    """Put every task on this Celery."""

    def convert(_: str) -> None:
        # The hint may name another job than the one whose turn it is.
        with places.choice() as choice:
            work.perform(services, converter, choice.queues, choice.taken)

    def export(job_id: str, form: str) -> None:
        work.export(services, converter, job_id, form)

    celery.task(convert, name=CONVERT)
    celery.task(export, name=EXPORT)
