from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from app.adapters.disk import DiskBlobs
from app.errors import StoreAway
from app.jobs import new_job_id

ONE, TWO = "job_" + "1" * 36, "job_" + "2" * 36


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def test_a_blob_comes_back_as_it_was_put(blobs: DiskBlobs) -> None:
    blobs.put(f"{ONE}/picture", b"\0\1")
    assert blobs.get(f"{ONE}/picture") == b"\0\1"
    assert blobs.get(f"{ONE}/other") is None


def test_a_blob_that_cannot_be_written_leaves_nothing(
    blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway, match="No space"):
        blobs.put(f"{ONE}/picture", b"x" * 100)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_all_blobs_of_a_job_go_together(blobs: DiskBlobs) -> None:
    blobs.put(f"{ONE}/picture", b"a")
    blobs.put(f"{ONE}/0123.svg", b"b")
    blobs.put(f"{TWO}/picture", b"c")
    blobs.remove(ONE)
    blobs.remove(new_job_id())
    assert blobs.get(f"{ONE}/0123.svg") is None
    assert blobs.get(f"{TWO}/picture") == b"c"


def test_old_blobs_are_told_by_their_job(blobs: DiskBlobs, tmp_path: Path) -> None:
    assert list(blobs.older_than(0)) == []
    blobs.put(f"{ONE}/picture", b"a")
    blobs.put(f"{TWO}/picture", b"b")
    long_ago = time.time() - 7200
    os.utime(tmp_path / "blobs" / ONE, (long_ago, long_ago))
    (tmp_path / "blobs" / "lost+found").mkdir()
    os.utime(tmp_path / "blobs" / "lost+found", (long_ago, long_ago))
    assert list(blobs.older_than(3600)) == [ONE]  # and what is not ours is let alone


@pytest.mark.parametrize(
    "key", ["../etc/passwd", f"{ONE}/../../x", "/etc/passwd", ONE, f"{ONE}/a/b", f"{ONE}/..", f"{ONE}/x\0", ""]
)
def test_no_key_leads_out_of_the_folder(blobs: DiskBlobs, key: str) -> None:
    for use in (blobs.get, blobs.remove, lambda name: blobs.put(name, b"")):
        if use == blobs.remove and "/" not in key and key:
            continue  # a job's id alone is what remove() takes
        with pytest.raises(ValueError, match="not a blob key"):
            use(key)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(StoreAway):
        DiskBlobs(tmp_path / "blobs").check()


def test_a_full_disk_is_found_by_the_check(blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    blobs.check()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway, match="No space"):
        blobs.check()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
