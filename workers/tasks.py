"""The tasks: doorways from the queue to the use cases. A hint in, nothing out, safe to run twice."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from celery import Celery, Task

from app import work
from app.adapters.celery_queue import CONVERT, EXPORT
from app.jobs import Converter, Job
from app.services import Services

log = structlog.get_logger()

LONG = "refined"
"""The queue whose jobs take long."""


ENDINGS_FOR_A_PLACE = 4
"""How many jobs may wait for their ending: a disk that stalls does so for longer than a conversion takes."""

LOOK_SECONDS = 5.0
"""A worker that hears of no work for so long looks for some itself."""


class Places:
    """How many places a worker has; where it has several, one is always kept free from refined work."""

    def __init__(self, places: int, queues: Sequence[str]) -> None:
        self._queues = tuple(queues)
        self._all = threading.BoundedSemaphore(places)
        self._for_long_work = threading.BoundedSemaphore(max(1, places - 1))
        self._heard_at = time.monotonic()

    @property
    def quiet_seconds(self) -> float:
        """How long no hint has come."""
        return time.monotonic() - self._heard_at

    def note_hint(self) -> None:
        self._heard_at = time.monotonic()

    @contextlib.contextmanager
    def choice(self, *, quick: bool = False) -> Iterator[Choice]:
        """A place, and the queues that a job may be taken from now; quick: not the one whose jobs take long."""
        with self._all:
            may_be_long = not quick and self._for_long_work.acquire(blocking=False)
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


class Endings:
    """Ends jobs beside the next conversions: while a disk syncs what was drawn, a processor need not wait."""

    def __init__(self, at_most: int) -> None:
        self._threads = ThreadPoolExecutor(at_most, "ending")
        self._room = threading.BoundedSemaphore(at_most)

    def __call__(self, ending: Callable[[], bool]) -> bool:
        """End a job soon; where too many wait for that, whoever calls waits too."""
        self._room.acquire()
        self._threads.submit(self._do, ending)
        return True

    def _do(self, ending: Callable[[], bool]) -> None:
        try:
            ending()
        except Exception as error:
            # The lease will end, and the job be done again.
            log.error("a job could not be ended", reason=type(error).__name__, exc_info=error)
        finally:
            self._room.release()

    def close(self) -> None:
        """Wait until all have ended."""
        self._threads.shutdown()


def register(
    celery: Celery,
    services: Services,
    converter: Converter,
    places: Places,
    end: work.End = work.at_once,
) -> Callable[[], Job | None]:
    """Put every task on this Celery; what it gives does the job whose turn it is, without a hint."""

    def perform(*, quick: bool = False, end: work.End = work.at_once) -> Job | None:
        with places.choice(quick=quick) as choice:
            return work.perform(services, converter, choice.queues, choice.taken, choice.end, end)

    def convert(task: Task, _: str) -> None:
        # The hint may name another job than the one whose turn it is. But a hint of quick work must not be spent on
        # what takes long: others would have to wait for the next one.
        places.note_hint()
        if _is_of_long_work(task) or perform(quick=True, end=end) is None:
            perform(end=end)

    def export(job_id: str, form: str) -> None:
        work.export(services, converter, job_id, form)

    celery.task(convert, name=CONVERT, bind=True, shared=False)
    celery.task(export, name=EXPORT, shared=False)
    return perform


def _is_of_long_work(task: Task) -> bool:
    return (task.request.delivery_info or {}).get("routing_key") == LONG


def look_out(perform: Callable[[], Job | None], places: Places, stopped: threading.Event) -> None:
    """Do what waits where no hint comes: hints get lost, and the broker may be away, or this worker deaf to it."""
    while not stopped.wait(LOOK_SECONDS):
        try:
            while places.quiet_seconds >= LOOK_SECONDS and not stopped.is_set() and perform():
                log.info("work found without a hint")
        except Exception as error:  # noqa: BLE001 - whatever a hint's task may raise; Celery logs it, and goes on too
            log.warning("could not look for work", reason=type(error).__name__)
