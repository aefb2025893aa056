"""How busy the service is, and how often methods fail."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app import conversions, work
from app.circumstances import AT_EASE, Circumstances, Weather, load_of, reliability_of
from app.conversions import Order
from app.services import Services
from tests.app.adapters.test_records import record
from tests.fakes import FakeConverter
from tests.samples import logo_png
from tests.world import SOMEBODY, database_of, pass_time


@pytest.mark.parametrize(("waited", "load"), [(0, 0), (9.9, 0), (10, 1), (65, 6), (1e6, 10)])
def test_the_longer_jobs_wait_the_dearer_is_a_second(waited: float, load: float) -> None:
    assert load_of(waited) == load


def test_only_methods_that_fail_noticeably_are_told_of_and_in_steps() -> None:
    tries = {"fast": (1000, 5), "optimised": (100, 8), "refined": (40, 20), "baseline": (19, 19)}
    assert reliability_of(tries) == {"optimised": 0.9, "refined": 0.5}


class Asked:
    """A database that is asked, and a clock."""

    def __init__(self) -> None:
        self.at = 0.0
        self.count = 0
        self.fault: Exception | None = None

    def oldest(self) -> float:
        self.count += 1
        if self.fault:
            raise self.fault
        return 30.0

    def weather(self) -> Weather:
        return Weather(self.oldest, lambda _: {"fast": (100, 50)}, lambda: date(2026, 11, 20), lambda: self.at)


def test_it_is_asked_every_few_seconds_however_many_want_to_know() -> None:
    asked = Asked()
    weather = asked.weather()
    assert [weather.now() for _ in range(100)] == [Circumstances(3.0, {"fast": 0.5})] * 100
    asked.at = 4.9
    weather.now()
    assert asked.count == 1
    asked.at = 5.0
    weather.now()
    assert asked.count == 2


def test_what_is_not_known_holds_nobody_up() -> None:
    asked = Asked()
    weather = asked.weather()
    asked.fault = ConnectionError("away")
    assert weather.now() == AT_EASE
    asked.fault, asked.at = None, 6.0
    assert weather.now().load == 3.0


def test_the_worker_tells_the_converter(services: Services) -> None:
    failing: dict[str, Any] = {"asked": "refined", "error": "job.timeout", "tried": [], "ssim": None, "method": None}
    services.records.add([record(at=datetime.now(UTC), **failing) for _ in range(30)])
    services.records.add(
        [record(at=datetime.now(UTC), tried=[{"method": "refined", "ssim": 0.9}, {"method": "fast", "ssim": 0.9}])] * 1
        + [record(at=datetime.now(UTC), tried=[{"method": "refined", "ssim": 0.9}]) for _ in range(29)]
    )
    for size in (32, 48):
        conversions.submit(services, SOMEBODY, Order(logo_png(size)))
    pass_time(database_of(services), 25)
    converter = FakeConverter()
    work.perform(services, converter)
    assert converter.circumstances == [Circumstances(2.0, {"refined": 0.5})]


def test_a_picture_that_is_damaged_is_no_fault_of_the_method(services: Services) -> None:
    damaged: dict[str, Any] = {"asked": "refined", "error": "picture.corrupt", "tried": [], "ssim": None}
    services.records.add([record(at=datetime.now(UTC), **damaged) for _ in range(30)])
    assert services.weather.now() == AT_EASE
