from __future__ import annotations

import threading
from pathlib import Path

from app.services import Services
from app.settings import Settings
from workers.schedule import Duty, duties, keep


def test_duties_are_done_at_their_pace_and_a_failing_one_stops_nothing() -> None:
    stopped, done = threading.Event(), []

    def fail() -> None:
        done.append("failing")
        raise ConnectionError("the database is away")

    def count() -> None:
        done.append("counting")
        if done.count("counting") == 5:
            stopped.set()

    keep(
        (Duty("failing", 0.01, fail), Duty("counting", 0.01, count), Duty("rare", 60, lambda: done.append("rare"))),
        stopped,
    )
    assert done.count("counting") == 5
    assert done.count("failing") >= 4
    assert done.count("rare") == 1


def test_what_is_lost_is_looked_for(services: Services, settings: Settings) -> None:
    assert {duty.name for duty in duties(settings, services)} == {
        "relay",
        "reap",
        "record",
        "forget records",
        "learn",
        "forget",
        "sweep",
        "announce deliveries",
        "forget deliveries",
    }
    for duty in duties(settings.model_copy(update={"learning_enabled": False}), services):
        duty.do()


def test_keeping_stops_when_told(tmp_path: Path) -> None:
    stopped = threading.Event()
    stopped.set()
    keep((Duty("never", 1, lambda: (_ for _ in ()).throw(AssertionError)),), stopped)
