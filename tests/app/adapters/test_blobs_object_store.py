"""What only an object store promises, above all when it is away; the rest is in test_blobs.py."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from app.adapters.object_store import RETRY_SECONDS, ObjectBlobs, open_store
from app.errors import StoreAway
from app.jobs import new_job_id
from app.settings import Settings
from tests.servers import OBJECTS_LISTED, ObjectStoreServer

ONE = "job_" + "1" * 36
SECRET = "correct-horse-battery"
USES: dict[str, Callable[[ObjectBlobs], object]] = {
    "put": lambda blobs: blobs.put(f"{ONE}/picture", b"data"),
    "get": lambda blobs: blobs.get(f"{ONE}/picture"),
    "discard": lambda blobs: blobs.discard(f"{ONE}/picture"),
    "remove": lambda blobs: blobs.remove(ONE),
    "older_than": lambda blobs: list(blobs.older_than(0)),
    "check": lambda blobs: blobs.check(),
}


def settings_for(url: str, bucket: str = "bucket", **others: object) -> Settings:
    chosen = {
        "blobs_url": f"s3://{bucket}/prefix",
        "s3_endpoint_url": url,
        "s3_access_key_id": "key",
        "s3_secret_access_key": SECRET,
        "s3_allow_http": True,
        "s3_timeout_seconds": 0.5,
    }
    return Settings(_env_file=None, **(chosen | others))


def blobs_at(url: str, **others: object) -> ObjectBlobs:
    return ObjectBlobs(open_store(settings_for(url, **others)))


@contextmanager
def listening(backlog: int) -> Iterator[str]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if backlog:
            server.listen(backlog)
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@contextmanager
def answering(status: HTTPStatus) -> Iterator[tuple[str, list[str]]]:
    """A server that has one answer to everything, and what it was asked."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.send_header("etag", '"0"')
            self.end_headers()

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - the names are those of the library

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("backlog", [0, 50], ids=["refuses", "is silent"])
def test_a_store_that_is_away_is_told_soon(backlog: int, use: Callable[[ObjectBlobs], object]) -> None:
    with listening(backlog) as url:
        began = time.monotonic()
        with pytest.raises(StoreAway):
            use(blobs_at(url))
        assert time.monotonic() - began < 5


def test_a_store_that_took_its_time_in_vain_is_not_asked_again() -> None:
    with listening(50) as url:
        began = time.monotonic()
        with pytest.raises(StoreAway):
            blobs_at(url, s3_timeout_seconds=RETRY_SECONDS + 0.1).check()
        assert time.monotonic() - began < 2 * RETRY_SECONDS


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize(
    "status",
    [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE],
)
def test_a_store_that_refuses_is_away(status: HTTPStatus, use: Callable[[ObjectBlobs], object]) -> None:
    # 404 without the store's own words comes from a proxy, or from something that is no store.
    with answering(status) as (url, _), pytest.raises(StoreAway):
        use(blobs_at(url))


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_bucket_that_is_not_there_is_away(store: ObjectStoreServer, use: Callable[[ObjectBlobs], object]) -> None:
    with pytest.raises(StoreAway):
        use(blobs_at(store.url, bucket="no-such-bucket"))


def test_nothing_but_the_log_says_where_the_store_is_and_nothing_at_all_its_secret(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with listening(0) as url, caplog.at_level(logging.DEBUG), pytest.raises(StoreAway) as away:
        blobs_at(url).check()
    assert url not in away.value.detail
    said = capsys.readouterr()
    assert SECRET not in caplog.text + said.out + said.err + repr(away.value.__cause__)


def test_hardly_more_is_listed_than_what_is_old(store: ObjectStoreServer) -> None:
    bucket = store.create_bucket("young")
    blobs = blobs_at(store.url, bucket=bucket, s3_timeout_seconds=5)
    young = [new_job_id() for _ in range(10 * OBJECTS_LISTED)]
    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(lambda job_id: blobs.put(f"{job_id}/picture", b"data"), young))
    old = "job_" + "0" * 36
    blobs.put(f"{old}/picture", b"from 1970")
    assert list(blobs.older_than(3600)) == [old]
    pages = sum(f"GET /{bucket}?" in line for line in store.log.splitlines())
    assert 1 <= pages <= 6


def test_what_else_lies_in_the_bucket_is_let_alone() -> None:
    store = MemoryStore()
    for name in ("a.txt", "job_x/picture", "lost/and/found", f"{ONE}.bak/x"):
        store.put(name, b"not ours")
    assert list(ObjectBlobs(store).older_than(0)) == []


def test_a_large_blob_is_sent_in_one_piece() -> None:
    with answering(HTTPStatus.OK) as (url, asked):
        blobs_at(url, s3_timeout_seconds=5).put(f"{ONE}/picture", bytes(15_000_000))
    assert asked == [f"/bucket/prefix/{ONE}/picture"]


def test_the_service_keeps_blobs_where_the_settings_say(store: ObjectStoreServer, tmp_path: Path) -> None:
    from app.factory import create_services

    services = create_services(settings_for(store.url, data_dir=tmp_path))
    assert isinstance(services.blobs, ObjectBlobs)
    assert not (tmp_path / "blobs").exists()


def test_a_process_that_keeps_blobs_on_the_disk_does_not_load_the_library(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.factory import create_services\n"
        "from app.settings import Settings\n"
        f"create_services(Settings(_env_file=None, data_dir={str(tmp_path)!r}))\n"
        "sys.exit('obstore' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "wrong",
    [
        {"blobs_url": "s3://"},
        {"blobs_url": "/var/blobs"},
        {"blobs_url": "s3://key:secret@bucket"},
        {"blobs_url": "s3://bucket/../other"},
        {"s3_endpoint_url": "http://store:9000", "s3_allow_http": False},
        {"s3_endpoint_url": "store:9000"},
        {"s3_endpoint_url": "https://key:secret@store"},
        {"s3_secret_access_key": ""},
        {"s3_access_key_id": ""},
    ],
    ids=json.dumps,
)
def test_nonsense_is_refused_when_the_process_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"(?i)s3|blobs_url"):
        settings_for("https://store", **wrong)


def test_the_secret_is_neither_exported_nor_shown() -> None:
    settings = settings_for("https://store")
    assert SECRET not in f"{settings.export()} {settings!r} {settings}"
