"""What the quality record tells over HTTP, and how conversions come into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import conversions, upkeep, work
from app.adapters.database import Database
from app.adapters.records import DatabaseRecords
from app.conversions import Order
from app.errors import StoreAway
from app.factory import create_services
from app.jobs import Feedback, Job, Kind
from app.services import Services
from app.settings import Settings
from svgai.errors import PictureCorrupt
from tests.app.web.test_admin import Admin
from tests.fakes import FakeConverter, FakeQueue
from tests.samples import logo_png
from tests.world import SOMEBODY
from workers.serve import migrate


@pytest.fixture
def admin(client: FlaskClient, services: Services) -> Admin:
    return Admin(client, services)


def converted(services: Services, size: int = 32, error: Exception | None = None) -> Job:
    job, _ = conversions.submit(services, SOMEBODY, Order(logo_png(size)))
    work.perform(services, FakeConverter(error) if error else FakeConverter())
    return services.jobs.get(job.id)


def records(services: Services) -> list[Any]:
    return services.records.page(None, 100)


def test_every_conversion_is_remembered_once(services: Services) -> None:
    done, failed = converted(services), converted(services, 48, PictureCorrupt("cut off"))
    assert [upkeep.record(services), upkeep.record(services)] == [2, 0]
    assert [(kept.job_id, kept.error) for kept in records(services)] == [
        (done.id, None),
        (failed.id, "picture.corrupt"),
    ]
    assert records(services)[0].ssim == done.result["quality"]["ssim"]


def test_a_record_that_is_away_gets_it_later(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    converted(services)
    with monkeypatch.context() as away:
        away.setattr(services.records, "add", lambda _: (_ for _ in ()).throw(StoreAway("away")))
        with pytest.raises(StoreAway):
            upkeep.record(services)
    assert upkeep.record(services) == 1
    assert len(records(services)) == 1


def test_what_is_no_conversion_is_not_remembered(services: Services) -> None:
    conversions.submit(services, SOMEBODY, Order(logo_png(32), kind=Kind.ANALYZE))
    work.perform(services, FakeConverter())
    converted(services)
    again, _ = conversions.submit(services, SOMEBODY, Order(logo_png(32)))
    assert again.is_cached
    assert upkeep.record(services) == 1


def test_a_deleted_job_is_forgotten_wherever_it_was(services: Services) -> None:
    before, meanwhile = converted(services, 32), converted(services, 48)
    upkeep.record(services)
    conversions.delete(services, before)
    conversions.delete(services, meanwhile)
    assert records(services) == []

    late = converted(services, 64)
    seen = services.jobs.unrecorded

    def deleted_then(at_most: int) -> Any:
        found = seen(at_most)
        conversions.delete(services, late)
        return found

    services.jobs.unrecorded = deleted_then  # type: ignore[method-assign]
    upkeep.record(services)
    assert records(services) == []


def test_what_somebody_says_reaches_the_record_at_once(services: Services) -> None:
    job = converted(services)
    conversions.give_feedback(services, job, Feedback(2, "refined"))
    assert [(kept.rating, kept.preferred_method) for kept in records(services)] == [(2, "refined")]
    upkeep.record(services)
    assert records(services)[0].rating == 2


def test_an_operator_sees_how_methods_do(services: Services, admin: Admin) -> None:
    for size in (32, 48):
        converted(services, size)
    upkeep.record(services)
    answer = admin.ask("GET", "/quality?days=7")
    assert answer.status_code == 200, answer.text
    [summary] = answer.get_json()["data"]
    assert (summary["method"], summary["conversions"], summary["failed"]) == ("baseline", 2, 0)
    assert summary["ssim"] == pytest.approx(0.9)


def test_an_operator_takes_all_conversions_page_by_page(services: Services, admin: Admin) -> None:
    jobs = [converted(services, size) for size in (32, 40, 48)]
    upkeep.record(services)
    first = admin.ask("GET", "/records?limit=2").get_json()
    rest = admin.ask("GET", f"/records?limit=2&cursor={first['next_cursor']}").get_json()
    assert [row["job_id"] for row in first["data"] + rest["data"]] == [job.id for job in jobs]
    assert (first["has_more"], rest["has_more"]) == (True, False)


@pytest.mark.parametrize("path", ["/quality?days=0", "/records?limit=1001", "/records?cursor=nonsense", "/quality?x=1"])
def test_what_cannot_be_answered_is_refused(admin: Admin, path: str) -> None:
    assert admin.ask("GET", path).status_code in {400, 422}


def test_the_record_may_lie_in_a_database_of_its_own(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, quality_database_url=f"sqlite:///{tmp_path}/quality.db", cache_url="off"
    )
    migrate(settings)
    services = replace(create_services(settings), queue=FakeQueue())
    job = converted(services)
    assert upkeep.record(services) == 1
    apart = DatabaseRecords(Database(settings.quality_database))
    assert [kept.job_id for kept in apart.page(None, 10)] == [job.id]
    assert DatabaseRecords(Database(settings.database)).page(None, 10) == []


def test_who_cannot_be_forgotten_now_can_ask_again(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    job = converted(services)
    upkeep.record(services)
    with monkeypatch.context() as away:
        away.setattr(services.records, "discard", lambda _: (_ for _ in ()).throw(StoreAway("away")))
        with pytest.raises(StoreAway):
            conversions.delete(services, job)
    assert services.jobs.get(job.id) == job
    conversions.delete(services, job)
    assert (services.jobs.get(job.id), records(services)) == (None, [])


def test_one_conversion_that_cannot_be_recorded_holds_up_no_other(services: Services) -> None:
    good, bad, other = (converted(services, size) for size in (32, 40, 48))
    seen = services.jobs.unrecorded

    def spoiled(at_most: int) -> Any:
        quality = {"ssim": float("nan"), "delta_e": 1.0}
        jobs = seen(at_most)
        return [replace(job, result=job.result | {"quality": quality}) if job.id == bad.id else job for job in jobs]

    services.jobs.unrecorded = spoiled  # type: ignore[method-assign]
    assert [upkeep.record(services), upkeep.record(services)] == [3, 0]
    assert [kept.job_id for kept in records(services)] == [good.id, other.id]
