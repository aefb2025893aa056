"""The schedule: `python -m workers.schedule`, the process that sees to what nobody asks for.

It announces jobs whose hint was lost, frees jobs of lost workers, and forgets what is old. It works
on the database itself rather than through the queue, so that it mends the queue's losses too. Two of
it do no harm: every duty is a conditional update.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.settings import Settings, read_settings, tell_libraries

if TYPE_CHECKING:
    from app.services import Services

log = structlog.get_logger()


@dataclass(frozen=True)
class Duty:
    """Something that is done every so many seconds."""

    name: str
    every_seconds: float
    do: Callable[[], object]


def duties(settings: Settings, services: Services) -> tuple[Duty, ...]:
    """All that is done on schedule."""
    from app import deliveries, upkeep
    from workers.learning import LearningProcess

    return (
        Duty("relay", 1.0, lambda: upkeep.relay(services)),
        Duty("reap", settings.reap_seconds, lambda: upkeep.reap(services)),
        Duty("record", 2.0, lambda: upkeep.record(services)),
        Duty("forget records", 3600.0, lambda: upkeep.forget_records(services)),
        Duty("forget", 60.0, lambda: upkeep.forget(services)),
        Duty("learn", settings.learning_seconds, LearningProcess(settings).start),
        Duty("sweep", 600.0, lambda: upkeep.sweep(services)),
        Duty("announce deliveries", 1.0, deliveries.Relay(services).announce),
        Duty("forget deliveries", 3600.0, lambda: deliveries.forget(services)),
    )


def keep(all_duties: tuple[Duty, ...], stopped: threading.Event) -> None:
    """Do every duty when it is due, until told to stop; one that fails is tried again in its turn."""
    due = {duty.name: 0.0 for duty in all_duties}
    while not stopped.is_set():
        for duty in all_duties:
            if due[duty.name] <= time.monotonic():
                _do(duty)
                due[duty.name] = time.monotonic() + duty.every_seconds
        stopped.wait(max(0.0, min(due.values()) - time.monotonic()))


def _do(duty: Duty) -> None:
    try:
        duty.do()
    except Exception as error:  # noqa: BLE001 - a database that is away comes back
        log.error("duty failed", duty=duty.name, reason=repr(error))


def main() -> None:
    """Keep the schedule until told to stop."""
    settings = read_settings()
    tell_libraries(settings)  # before anything imports them

    from app.factory import create_services
    from app.logs import set_up_logs

    set_up_logs(settings, "schedule")
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    keep(duties(settings, create_services(settings)), stopped)


if __name__ == "__main__":
    main()
