"""Nothing accepted is lost: whatever is killed, every job that was answered with 202 ends with its result."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from app.adapters.celery_queue import CeleryQueue, make_celery
from app.conversions import QUEUES
from app.jobs import Job
from app.settings import Settings
from tests.samples import logo_png, noise_png
from tests.servers import PostgresServer, RedisServer, redis_server
from tests.service import Service, is_alive, kill

pytestmark = pytest.mark.end_to_end

Start = Callable[..., Service]
HASTY = {"lease_seconds": 2, "reap_seconds": 0.5, "republish_seconds": 3, "cache_url": "off"}
SLOW = noise_png(600)
"""Takes the baseline a second or two: long enough to be wounded while it runs."""
BASELINE = "?method=baseline"


@pytest.fixture(params=["embedded", "postgresql and redis"])
def stack(
    request: pytest.FixtureRequest, start_service: Start, postgres: PostgresServer, redis: RedisServer
) -> Service:
    if request.param == "embedded":
        return start_service(**HASTY)
    broker = redis.url.replace("/0", "/2")
    return start_service(database_url=postgres.create_database("losses"), broker_url=broker, **HASTY)


def all_succeed(service: Service, job_ids: list[str], seconds: float = 60) -> list[dict[str, object]]:
    ended = [service.wait_for(job_id, seconds) for job_id in job_ids]
    assert [job["state"] for job in ended] == ["succeeded"] * len(job_ids), ended
    for job in ended:
        assert service.get(job["links"]["result"]).status == 200
    return ended


def test_a_conversion_whose_process_is_killed_is_done_again(stack: Service) -> None:
    job_id = stack.submit(SLOW, BASELINE)
    stack.wait_for(job_id, states=("running",))
    sandboxes = stack.pids("workers.sandboxed")
    for pid in sandboxes:
        kill(pid)
    (job,) = all_succeed(stack, [job_id])
    assert job["attempts"] == 2
    assert not any(is_alive(pid) for pid in sandboxes)


def test_a_worker_that_is_killed_loses_no_job(stack: Service) -> None:
    job_ids = [stack.submit(SLOW, BASELINE) for _ in range(3)] + [stack.submit(logo_png(64)) for _ in range(9)]
    stack.wait_for(job_ids[0], states=("running",))
    (worker,) = stack.pids("workers.celery_app")
    kill(worker)
    ended = all_succeed(stack, job_ids)
    assert max(job["attempts"] for job in ended) == 2


def test_a_power_cut_loses_no_job(stack: Service) -> None:
    job_ids = [stack.submit(SLOW, BASELINE) for _ in range(2)] + [stack.submit(logo_png(64)) for _ in range(10)]
    stack.wait_for(job_ids[0], states=("running",))
    stack.kill()
    stack.start()
    all_succeed(stack, job_ids)


def test_a_picture_that_kills_every_time_fails_and_the_others_go_on(stack: Service) -> None:
    poison = stack.submit(noise_png(1400), BASELINE)
    for attempt in range(1, 4):
        stack.until(lambda: is_tracing(stack.job(poison), attempt), 60, f"attempt {attempt} at work")  # noqa: B023
        for pid in stack.pids("workers.sandboxed"):
            kill(pid)
    job = stack.wait_for(poison)
    assert (job["state"], job["attempts"], job["error"]["code"]) == ("failed", 3, "job.worker_crashed")
    all_succeed(stack, [stack.submit(logo_png(64))])


def is_tracing(job: dict[str, Any], attempt: int) -> bool:
    return bool(job["attempts"] == attempt and job["progress"]["phase"] == "trace_baseline")


def test_a_broker_that_goes_away_loses_no_job(
    start_service: Start, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with redis_server(tmp_path_factory.mktemp("fragile")) as broker:
        service = start_service(database_url=postgres.create_database("broker"), broker_url=broker.url, **HASTY)
        before = [service.submit(logo_png(64)) for _ in range(3)]
        broker.kill()
        begun = time.monotonic()
        during = [service.submit(logo_png(64)) for _ in range(5)]
        assert time.monotonic() - begun < 5
        assert service.get("/health/ready").status == 200
        broker.start()
        all_succeed(service, before + during)
        service.stop()


def test_hints_that_get_lost_are_repeated(
    start_service: Start, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with redis_server(tmp_path_factory.mktemp("forgetful")) as broker:
        service = start_service(database_url=postgres.create_database("hints"), broker_url=broker.url, **HASTY)
        (worker,) = service.pids("workers.celery_app")
        os.kill(worker, signal.SIGSTOP)
        job_ids = [service.submit(logo_png(64)) for _ in range(5)]
        with Redis.from_url(broker.url) as client:
            client.flushall()
        os.kill(worker, signal.SIGCONT)
        all_succeed(service, job_ids)
        service.stop()


def test_a_hint_that_comes_ten_times_is_followed_once(stack: Service) -> None:
    settings = Settings(
        _env_file=None, data_dir=stack.environment["DATA_DIR"], broker_url=stack.environment.get("BROKER_URL", "")
    )
    (worker,) = stack.pids("workers.celery_app")
    os.kill(worker, signal.SIGSTOP)
    job_id = stack.submit(logo_png(64))
    queue = CeleryQueue(make_celery(settings))
    for _ in range(10):
        queue.announce(Job(job_id, "anonymous", QUEUES[0], {}, {}))
    os.kill(worker, signal.SIGCONT)
    (job,) = all_succeed(stack, [job_id])
    assert job["attempts"] == 1
    stack.until(lambda: stack.log.read_text().count("no job is free") >= 10, 20, "refusal of the repeats")
    assert stack.log.read_text().count("job started") == 1


def test_a_database_that_goes_away_is_a_503_and_loses_no_job(
    start_service: Start, tmp_path_factory: pytest.TempPathFactory, redis: RedisServer
) -> None:
    from tests.servers import postgres_server

    with postgres_server(tmp_path_factory.mktemp("fragile")) as server:
        broker = redis.url.replace("/0", "/3")
        service = start_service(database_url=server.create_database("fragile"), broker_url=broker, **HASTY)
        accepted = [service.submit(logo_png(64)) for _ in range(3)]
        server.kill()
        answer = service.post("/api/v1/jobs", logo_png(64))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert service.get("/health/live").status == 200
        assert service.get("/health/ready").status == 503
        server.start()
        service.until(lambda: service.get("/health/ready").status == 200, 20, "readiness")
        all_succeed(service, accepted)
        service.stop()
