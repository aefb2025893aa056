from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from queue import Empty

import pytest
from redis import Redis

from app.adapters.celery_queue import BACK_OFF_SECONDS, CONVERT, BrokerAway, CeleryQueue, make_celery
from app.conversions import QUEUES
from app.jobs import Job
from app.settings import Settings
from tests.servers import RedisServer, redis_server
from tests.service import free_port


def job() -> Job:
    return Job("job_1", "acc_one", QUEUES[0], {}, {})


def test_an_announcement_is_the_id_and_nothing_more(settings: Settings, tmp_path: Path) -> None:
    CeleryQueue(make_celery(settings)).announce(job())
    (message,) = (tmp_path / "broker" / "messages").iterdir()
    told = json.loads(message.read_text())
    assert told["headers"]["task"] == CONVERT
    assert told["headers"]["argsrepr"] == "['job_1']"


@pytest.mark.parametrize(("scheme", "hello"), [("redis", b"*"), ("rediss", b"\x16")])
def test_a_broker_is_talked_to_in_plain_text_only_where_its_url_says_so(
    settings: Settings, scheme: str, hello: bytes
) -> None:
    """A handshake of TLS begins with that byte; a command of Redis with an asterisk."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/0"
        queue = CeleryQueue(make_celery(settings.model_copy(update={"broker_url": url})))

        def announce() -> None:
            with contextlib.suppress(Exception):
                queue.announce(job())

        announcing = threading.Thread(target=announce)
        announcing.start()
        line, _ = listening.accept()
        with line:
            assert line.recv(1) == hello
        listening.close()
        announcing.join()


def test_no_message_is_lost_doubled_or_seen_half_written(settings: Settings, tmp_path: Path) -> None:
    """Kombu's own filesystem transport fails this within a second or two."""
    sent, seen, done = 400, [], threading.Event()

    def read() -> None:
        with make_celery(settings).connection() as connection, connection.channel() as channel:
            while not (done.is_set() and channel._size(QUEUES[0]) == 0):
                with contextlib.suppress(Empty):
                    seen.append(channel._get(QUEUES[0]))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    queue = CeleryQueue(make_celery(settings))
    try:
        for number in range(sent):
            queue.announce(Job(f"job_{number}", "acc_one", QUEUES[0], {}, {}))
    finally:
        done.set()  # whatever happens, the readers come to an end
    for reader in readers:
        reader.join()
    assert sorted(message["headers"]["argsrepr"] for message in seen) == sorted(f"['job_{n}']" for n in range(sent))
    assert list((tmp_path / "broker" / "messages").iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b"\xff\xfe", b'{"properties": 1}'])
def test_a_message_that_cannot_be_read_is_dropped(settings: Settings, tmp_path: Path, data: bytes) -> None:
    CeleryQueue(make_celery(settings)).announce(job())
    broken = tmp_path / "broker" / "messages" / f"0000_x.{QUEUES[0]}.msg"
    broken.write_bytes(data)
    with make_celery(settings).connection() as connection, connection.channel() as channel:
        assert channel._get(QUEUES[0])["headers"]["argsrepr"] == "['job_1']"
    assert not broken.exists()


@pytest.mark.end_to_end
def test_an_announcement_reaches_redis(tmp_path: Path, redis: RedisServer) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, broker_url=redis.url)
    with Redis.from_url(redis.url) as client:
        client.delete(QUEUES[0])
        CeleryQueue(make_celery(settings)).announce(job())
        assert client.llen(QUEUES[0]) == 1
        client.delete(QUEUES[0])


@pytest.mark.end_to_end
def test_a_message_is_done_with_though_redis_is_away(tmp_path: Path) -> None:
    """Or a worker whose Redis went away at the wrong moment would never ask for another."""
    with redis_server(tmp_path / "redis") as server:
        settings = Settings(_env_file=None, data_dir=tmp_path, broker_url=server.url)
        celery = make_celery(settings)
        CeleryQueue(celery).announce(job())
        with celery.connection() as connection:
            channel = connection.channel()
            channel.basic_qos(0, 1, False)
            message = channel.basic_get(QUEUES[0], no_ack=False)
            assert not channel.qos.can_consume()
            server.kill()
            message.ack()
            assert channel.qos.can_consume()
            server.start()


def test_a_broker_that_is_away_is_told_of_at_once(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, broker_url=f"redis://127.0.0.1:{free_port()}/0")
    begun = time.monotonic()
    with pytest.raises(Exception, match="refused"):
        CeleryQueue(make_celery(settings)).announce(job())
    assert time.monotonic() - begun < 3


def test_of_many_only_one_goes_and_looks_whether_the_broker_is_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    celery = make_celery(settings)
    tries: list[str] = []

    def send_task(task: str, **_: object) -> None:
        tries.append(task)
        if len(tries) == 1:
            raise ConnectionError("refused")

    monkeypatch.setattr(celery, "send_task", send_task)
    queue = CeleryQueue(celery)
    with pytest.raises(ConnectionError):
        queue.announce(job())
    for _ in range(3):
        with pytest.raises(BrokerAway):
            queue.announce(job())
    assert len(tries) == 1
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + BACK_OFF_SECONDS)
    queue.announce(job())
    queue.announce(job())
    assert len(tries) == 3
