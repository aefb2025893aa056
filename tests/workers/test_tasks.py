from __future__ import annotations

import threading
import time

import pytest
from structlog.testing import capture_logs

from app import conversions
from app.adapters.celery_queue import CONVERT, make_celery
from app.conversions import Order
from app.errors import StoreAway
from app.jobs import Job, State
from app.services import Services
from svgai import Options
from tests.fakes import FakeConverter
from tests.samples import logo_png
from tests.world import SOMEBODY
from workers import tasks
from workers.tasks import Endings, Places, look_out


def submitted(services: Services, size: int = 32, method: str = "fast") -> Job:
    return conversions.submit(services, SOMEBODY, Order(logo_png(size), Options(method=method)))[0]


def test_one_of_several_places_is_kept_free_from_long_work() -> None:
    places = Places(2, conversions.QUEUES)
    with places.choice() as first:
        assert "refined" in first.queues
        with places.choice() as second:
            assert "refined" not in second.queues
    with places.choice() as only:
        assert "refined" in only.queues


def test_work_that_waited_for_a_place_is_announced_once_the_place_is_free(services: Services) -> None:
    """Or this worker takes the hint while it still may not follow it, and it is lost."""
    places = Places(2, conversions.QUEUES)
    perform = tasks.register(make_celery(services.settings), services, FakeConverter(), places)
    submitted(services, 32, "refined"), submitted(services, 48, "refined")
    found: list[bool] = []

    def announce(_: Job) -> None:
        with places.choice() as choice:
            found.append("refined" in choice.queues)

    services.queue.announce = announce  # type: ignore[method-assign]
    assert perform()
    assert found == [True]


def test_a_worker_looks_for_work_where_no_hint_comes(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "LOOK_SECONDS", 0.01)
    places, stopped, looks = Places(2, conversions.QUEUES), threading.Event(), 0
    perform = tasks.register(make_celery(services.settings), services, FakeConverter(), places)
    jobs = [submitted(services, size) for size in (32, 48)]

    def looked() -> Job | None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise StoreAway("the database comes back")
        done = perform()
        if done is None:
            stopped.set()
        return done

    look_out(looked, places, stopped)
    assert [services.jobs.get(job.id).state for job in jobs] == [State.SUCCEEDED] * 2


def test_a_worker_that_hears_hints_need_not_look(services: Services) -> None:
    places = Places(2, conversions.QUEUES)
    celery = make_celery(services.settings)
    tasks.register(celery, services, FakeConverter(), places)
    job = submitted(services)
    celery.tasks[CONVERT](job.id)
    assert services.jobs.get(job.id).state is State.SUCCEEDED
    assert places.quiet_seconds < tasks.LOOK_SECONDS


def test_a_hint_of_quick_work_is_not_spent_on_long_work(services: Services) -> None:
    celery = make_celery(services.settings)
    tasks.register(celery, services, FakeConverter(), Places(2, conversions.QUEUES))
    long, quick = submitted(services, 32, "refined"), submitted(services, 48)
    for job in (quick, long):
        celery.tasks[CONVERT](quick.id)
        assert services.jobs.get(job.id).state is State.SUCCEEDED


def test_a_host_that_is_unwell_is_not_asked_again_at_once(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_key: str, _data: bytes) -> None:
        raise StoreAway("no space left")

    perform = tasks.register(make_celery(services.settings), services, FakeConverter(), Places(2, conversions.QUEUES))
    job = submitted(services)
    monkeypatch.setattr(services.blobs, "put", full)
    assert perform() is None
    waiting = services.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (State.QUEUED, 0)


def test_the_next_picture_is_converted_while_a_disk_syncs_the_last(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    celery, endings, synced = make_celery(services.settings), Endings(1), threading.Event()
    converter, put = FakeConverter(), services.blobs.put
    tasks.register(celery, services, converter, Places(1, conversions.QUEUES), endings)
    first, second = submitted(services), submitted(services, 48)

    def put_slowly(key: str, data: bytes) -> None:
        assert synced.wait(30)
        put(key, data)

    monkeypatch.setattr(services.blobs, "put", put_slowly)
    celery.tasks[CONVERT](first.id)
    waiting = threading.Thread(target=celery.tasks[CONVERT], args=(second.id,))  # for room among the endings
    waiting.start()
    deadline = time.monotonic() + 30
    while len(converter.seen) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(converter.seen) == 2
    assert [services.jobs.get(job.id).state for job in (first, second)] == [State.RUNNING] * 2
    synced.set()
    waiting.join()
    endings.close()
    assert [services.jobs.get(job.id).state for job in (first, second)] == [State.SUCCEEDED] * 2


def test_an_ending_that_fails_stops_no_other() -> None:
    endings, ended = Endings(1), []

    def fail() -> bool:
        raise StoreAway("the database is away")

    def do_well() -> bool:
        ended.append(True)
        return True

    with capture_logs() as lines:
        assert endings(fail)
        assert endings(do_well)
        endings.close()
    assert ended == [True]
    assert [line["reason"] for line in lines] == ["StoreAway"]


def test_only_so_many_jobs_wait_for_their_ending() -> None:
    endings, go_on = Endings(2), threading.Event()
    begun: list[int] = []

    def hand_in() -> None:
        for number in range(5):
            endings(lambda: go_on.wait(30))
            begun.append(number)

    handing = threading.Thread(target=hand_in)
    handing.start()
    handing.join(0.3)
    assert begun == [0, 1]
    go_on.set()
    handing.join(30)
    endings.close()
    assert begun == [0, 1, 2, 3, 4]
