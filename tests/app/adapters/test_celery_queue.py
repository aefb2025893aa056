from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from redis import Redis

from app.adapters.celery_queue import CONVERT, CeleryQueue, make_celery
from app.conversions import QUEUES
from app.jobs import Job
from app.settings import Settings
from tests.servers import RedisServer
from tests.service import free_port


def job() -> Job:
    return Job("job_1", QUEUES[0], {}, {})


def test_an_announcement_is_the_id_and_nothing_more(settings: Settings, tmp_path: Path) -> None:
    CeleryQueue(make_celery(settings)).announce(job())
    (message,) = (tmp_path / "broker" / "messages").iterdir()
    told = json.loads(message.read_text())
    assert told["headers"]["task"] == CONVERT
    assert told["headers"]["argsrepr"] == "['job_1']"


@pytest.mark.end_to_end
def test_an_announcement_reaches_redis(tmp_path: Path, redis: RedisServer) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, broker_url=redis.url)
    with Redis.from_url(redis.url) as client:
        client.delete(QUEUES[0])
        CeleryQueue(make_celery(settings)).announce(job())
        assert client.llen(QUEUES[0]) == 1
        client.delete(QUEUES[0])


def test_a_broker_that_is_away_is_told_of_at_once(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, broker_url=f"redis://127.0.0.1:{free_port()}/0")
    begun = time.monotonic()
    with pytest.raises(Exception, match="refused"):
        CeleryQueue(make_celery(settings)).announce(job())
    assert time.monotonic() - begun < 3
