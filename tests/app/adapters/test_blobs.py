from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.adapters.disk import DiskBlobs
from app.adapters.object_store import ObjectBlobs, open_store
from app.jobs import new_job_id
from app.settings import Settings
from tests.servers import OBJECTS_LISTED, ObjectStoreServer

ONE, TWO = "job_" + "1" * 36, "job_" + "2" * 36
AnyBlobs = DiskBlobs | ObjectBlobs


def in_bucket(store: ObjectStoreServer, prefix: str = "/some/prefix") -> ObjectBlobs:
    settings = Settings(
        _env_file=None,
        blobs_url=f"s3://{store.create_bucket('blobs')}{prefix}",
        s3_endpoint_url=store.url,
        s3_access_key_id="key",
        s3_secret_access_key="secret",
        s3_allow_http=True,
    )
    return ObjectBlobs(open_store(settings))


@pytest.fixture(params=["disk", "object store", "object store without a prefix"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AnyBlobs:
    if request.param == "disk":
        return DiskBlobs(tmp_path / "blobs")
    store = request.getfixturevalue("store")
    return in_bucket(store, "" if "without" in request.param else "/some/prefix")


def job_made(seconds_ago: float) -> str:
    milliseconds = int((time.time() - seconds_ago) * 1000)
    return f"job_{milliseconds:012x}{new_job_id()[16:]}"


@pytest.mark.parametrize("data", [b"", b"\0\1", b"x" * 11_000_000], ids=["empty", "small", "large"])
def test_a_blob_comes_back_as_it_was_put(blobs: AnyBlobs, data: bytes) -> None:
    blobs.put(f"{ONE}/picture", data)
    assert blobs.get(f"{ONE}/picture") == data
    assert blobs.get(f"{ONE}/other") is None
    assert blobs.get(f"{TWO}/picture") is None


def test_the_last_of_two_blobs_stays(blobs: AnyBlobs) -> None:
    blobs.put(f"{ONE}/picture", b"first")
    blobs.put(f"{ONE}/picture", b"last")
    assert blobs.get(f"{ONE}/picture") == b"last"


def test_all_blobs_of_a_job_go_together(blobs: AnyBlobs) -> None:
    drawings = [f"{ONE}/{number:04}.svg" for number in range(OBJECTS_LISTED + 1)]
    for key in (f"{ONE}/picture", *drawings, f"{TWO}/picture"):
        blobs.put(key, b"data")
    blobs.remove(ONE)
    blobs.remove(ONE)
    blobs.remove(new_job_id())
    assert [blobs.get(key) for key in (f"{ONE}/picture", *drawings)] == [None] * (len(drawings) + 1)
    assert blobs.get(f"{TWO}/picture") == b"data"


def test_one_blob_goes_alone(blobs: AnyBlobs) -> None:
    blobs.put(f"{ONE}/picture", b"a")
    blobs.put(f"{ONE}/0123.svg", b"b")
    blobs.discard(f"{ONE}/picture")
    blobs.discard(f"{ONE}/picture")
    blobs.discard(f"{TWO}/picture")
    assert blobs.get(f"{ONE}/picture") is None
    assert blobs.get(f"{ONE}/0123.svg") == b"b"


def test_old_blobs_are_told_by_their_job(blobs: AnyBlobs) -> None:
    assert list(blobs.older_than(0)) == []
    old, young = job_made(seconds_ago=7200), job_made(seconds_ago=1800)
    for key in (f"{old}/picture", f"{old}/0123.svg", f"{young}/picture"):
        blobs.put(key, b"data")
    assert list(blobs.older_than(3600)) == [old]
    assert set(blobs.older_than(60)) == {old, young}
    assert list(blobs.older_than(10_000)) == []


def test_more_old_jobs_than_are_listed_at_once_are_told_even_while_they_are_removed(blobs: AnyBlobs) -> None:
    jobs = {job_made(seconds_ago=7200 + number) for number in range(2 * OBJECTS_LISTED + 5)}
    for job_id in jobs:
        blobs.put(f"{job_id}/picture", b"data")
    told = []
    for job_id in blobs.older_than(3600):
        told.append(job_id)
        blobs.remove(job_id)
    assert sorted(told) == sorted(jobs)
    assert list(blobs.older_than(3600)) == []


def test_a_storage_that_works_passes_the_check_and_shows_no_trace_of_it(blobs: AnyBlobs) -> None:
    blobs.check()
    blobs.check()
    assert list(blobs.older_than(0)) == []


@pytest.mark.parametrize(
    "key", ["../etc/passwd", f"{ONE}/../../x", "/etc/passwd", ONE, f"{ONE}/a/b", f"{ONE}/..", f"{ONE}/x\0", ""]
)
def test_no_key_leads_out_of_the_storage(blobs: AnyBlobs, key: str) -> None:
    for use in (blobs.get, blobs.discard, lambda name: blobs.put(name, b"")):
        with pytest.raises(ValueError, match="not a blob key"):
            use(key)


@pytest.mark.parametrize("job_id", ["", ".", "..", "job_", ONE[:-1], f"{ONE}/picture", f"{ONE}/"])
def test_only_a_whole_id_removes_anything(blobs: AnyBlobs, job_id: str) -> None:
    with pytest.raises(ValueError, match="not a blob key"):
        blobs.remove(job_id)


def test_tidying_leaves_what_the_job_owns(blobs: AnyBlobs) -> None:
    keys = [f"{ONE}/picture", f"{ONE}/lost.svg", f"{ONE}/result.svg", f"{TWO}/lost.svg"]
    for key in keys:
        blobs.put(key, b"data")
    for _ in range(2):
        blobs.tidy(ONE, {"picture", "result.svg"}.__contains__)
    blobs.tidy(job_made(0), lambda _: False)
    assert [key for key in keys if blobs.get(key)] == [f"{ONE}/picture", f"{ONE}/result.svg", f"{TWO}/lost.svg"]
