"""Blobs in a store that speaks S3: Amazon's, MinIO, Ceph, R2 and others, through obstore.

A process must not fork once it has used the store: obstore's threads do not come along.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from app.adapters.blob_keys import checked, checked_job, is_job, is_older
from app.errors import StoreAway
from app.settings import Settings

log = structlog.get_logger()

CONNECT_SECONDS = 1.0
RETRIES = 2
RETRY_SECONDS = 2.0
"""No retry begins later than that, so a store that cannot be reached is given up after three seconds."""

PROBE = "probe"
"""Written over and over, so that probing leaves nothing behind but this."""


def open_store(settings: Settings) -> S3Store:
    """The bucket that the settings name. Nothing is asked of it yet."""
    return S3Store.from_url(
        settings.blobs_url,
        config=_config(settings),
        client_options={
            "allow_http": settings.s3_allow_http,
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "timeout": timedelta(seconds=settings.s3_timeout_seconds),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(milliseconds=500)},
        },
    )


def _config(settings: Settings) -> Any:
    """What is not set is left to obstore, which asks the machine for its role."""
    given = {
        "endpoint": settings.s3_endpoint_url,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key_id,
        "secret_access_key": settings.s3_secret_access_key.get_secret_value(),
    }
    return {name: value for name, value in given.items() if value}


@contextlib.contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        log.error("storage fails", reason=_first_line(error))
        raise StoreAway("The storage cannot be used just now. Try again soon.") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]


class ObjectBlobs:
    """The promises are those of `app.jobs.Blobs`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, key: str, data: bytes) -> None:
        self._write(checked(key), data)

    def _write(self, path: str, data: bytes) -> None:
        with _or_away():
            # In one piece: an upload in parts that breaks off leaves parts that nobody sees and someone pays for.
            obstore.put(self._store, path, data, use_multipart=False)

    def get(self, key: str) -> bytes | None:
        path = checked(key)
        with _or_away():
            try:
                return bytes(obstore.get(self._store, path).bytes())
            except FileNotFoundError as error:
                if _is_absent(error):
                    return None
                raise

    def discard(self, key: str) -> None:
        path = checked(key)
        with _or_away():
            obstore.delete(self._store, path)

    def demand_room(self) -> None:
        pass  # a store has no end that we could see

    def tidy(self, job_id: str, owns: Callable[[str], bool]) -> None:
        prefix = checked_job(job_id)
        with _or_away():
            left = [path for path in self._paths(prefix) if not owns(path.rpartition("/")[2])]
            obstore.delete(self._store, left)

    def remove(self, job_id: str) -> None:
        prefix = checked_job(job_id)
        with _or_away():
            obstore.delete(self._store, self._paths(prefix))

    def _paths(self, prefix: str) -> list[str]:
        return [entry["path"] for page in obstore.list(self._store, prefix) for entry in page]

    def older_than(self, seconds: float) -> Iterable[str]:
        """Ids sort by age and stores list in order, a page at a time, so hardly more is listed than what is old."""
        jobs = (job_id for job_id, _ in itertools.groupby(self._first_names()) if is_job(job_id))
        return itertools.takewhile(lambda job_id: is_older(job_id, seconds), jobs)

    def _first_names(self) -> Iterator[str]:
        with _or_away():
            for page in obstore.list(self._store):
                for entry in page:
                    yield entry["path"].partition("/")[0]

    def check(self) -> None:
        self._write(PROBE, b"")


def _is_absent(error: FileNotFoundError) -> bool:
    """Tell the store's own word from a 404 for a bucket that is not there, or of something that is no store."""
    return "<Code>NoSuchKey</Code>" in str(error)
