from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app.adapters.disk import DiskBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def test_a_blob_comes_back_as_it_was_put(blobs: DiskBlobs) -> None:
    blobs.put("job_1/picture", b"\0\1")
    assert blobs.get("job_1/picture") == b"\0\1"
    assert blobs.get("job_1/other") is None


def test_a_blob_that_cannot_be_written_leaves_nothing(
    blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put("job_1/picture", b"x" * 100)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_all_blobs_of_a_job_go_together(blobs: DiskBlobs) -> None:
    blobs.put("job_1/picture", b"a")
    blobs.put("job_1/0123.svg", b"b")
    blobs.put("job_2/picture", b"c")
    blobs.remove("job_1")
    blobs.remove("job_unknown")
    assert blobs.get("job_1/0123.svg") is None
    assert blobs.get("job_2/picture") == b"c"


def test_old_blobs_are_told_by_their_job(blobs: DiskBlobs, tmp_path: Path) -> None:
    assert list(blobs.older_than(0)) == []
    blobs.put("job_1/picture", b"a")
    blobs.put("job_2/picture", b"b")
    long_ago = time.time() - 7200
    os.utime(tmp_path / "blobs" / "job_1", (long_ago, long_ago))
    assert list(blobs.older_than(3600)) == ["job_1"]


@pytest.mark.parametrize(
    "key", ["../etc/passwd", "job_1/../../x", "/etc/passwd", "job_1", "job_1/a/b", "job_1/..", "job_1/x\0", ""]
)
def test_no_key_leads_out_of_the_folder(blobs: DiskBlobs, key: str) -> None:
    for use in (blobs.get, blobs.remove, lambda name: blobs.put(name, b"")):
        if use == blobs.remove and "/" not in key and key:
            continue  # a job's id alone is what remove() takes
        with pytest.raises(ValueError, match="not a blob key"):
            use(key)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(OSError):
        DiskBlobs(tmp_path / "blobs").check()
