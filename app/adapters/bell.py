"""Who waits for a job hears of its end: PostgreSQL calls it out, and one thread of each process listens."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from app.adapters.database import Database
from app.adapters.tables import ENDED
from app.errors import StoreAway

log = structlog.get_logger()

TICK_SECONDS = 5.0
AGAIN_SECONDS = 1.0
"""After a database that was away, and its listeners back."""
REMEMBERED = 1000
"""Ends that are remembered for whoever asks a moment too late."""


class DatabaseBell:
    """The promises are those of `app.jobs.Bell`. In SQLite nobody calls anything out, and nothing is heard."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = threading.Lock()
        self._waiting: dict[str, set[threading.Event]] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._process = 0
        self._stopped = threading.Event()
        self._hears = False

    @contextmanager
    def heard(self, job_id: str) -> Iterator[threading.Event | None]:
        self._listen()
        if not self._hears:
            yield None
            return
        rung = threading.Event()
        with self._one_at_a_time:
            self._waiting.setdefault(job_id, set()).add(rung)
            if job_id in self._ended:
                rung.set()
        try:
            yield rung
        finally:
            with self._one_at_a_time:
                others = self._waiting[job_id]
                others.discard(rung)
                if not others:
                    del self._waiting[job_id]

    def _listen(self) -> None:
        """Begin to listen, once in each process: a thread does not survive a fork."""
        if self._process == os.getpid() or self._database.engine.dialect.name != "postgresql":
            return
        with self._one_at_a_time:
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._keep_listening, name="bell", daemon=True).start()

    def _keep_listening(self) -> None:
        while not self._stopped.is_set():
            try:
                for ended in self._database.listen(ENDED, TICK_SECONDS):
                    self._hears = True
                    self._ring(ended)
                    if self._stopped.is_set():
                        return
            except StoreAway:
                pass
            except Exception as error:  # noqa: BLE001 - whoever waits looks for himself then
                log.warning("the bell has stopped", reason=repr(error))
            self._hears = False
            self._stopped.wait(AGAIN_SECONDS)

    def _ring(self, ended: list[str]) -> None:
        with self._one_at_a_time:
            for job_id in ended:
                self._ended[job_id] = None
                for rung in self._waiting.get(job_id, ()):
                    rung.set()
            while len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)
