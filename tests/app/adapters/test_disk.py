"""What only the disk promises; the rest is in test_blobs.py."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.adapters.disk import DiskBlobs
from app.errors import StoreAway

ONE = "job_" + "1" * 36


@pytest.fixture
def blobs(tmp_path: Path) -> DiskBlobs:
    return DiskBlobs(tmp_path / "blobs")


def full(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_blob_that_cannot_be_written_leaves_nothing(
    blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway, match="No space"):
        blobs.put(f"{ONE}/picture", b"x" * 100)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_else_lies_in_the_folder_is_let_alone(blobs: DiskBlobs, tmp_path: Path) -> None:
    (tmp_path / "blobs" / "lost+found").mkdir(parents=True)
    assert list(blobs.older_than(0)) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    with pytest.raises(StoreAway):
        DiskBlobs(tmp_path / "blobs").check()


def test_a_full_disk_is_found_by_the_check(blobs: DiskBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs.check()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreAway, match="No space"):
        blobs.check()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_pictures_are_refused_before_the_disk_is_full(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs.demand_room()
    for free in ({"f_bavail": 20}, {"f_favail": 20}):
        sound = {"f_frsize": 4096, "f_blocks": 1000, "f_bavail": 1000, "f_files": 1000, "f_favail": 1000}
        disk = SimpleNamespace(**(sound | free))
        monkeypatch.setattr(os, "statvfs", lambda _, disk=disk: disk)
        with pytest.raises(StoreAway, match="nearly full"):
            blobs.demand_room()
        blobs.put(f"{ONE}/result.svg", b"of a picture that was taken in before")


def test_a_small_part_of_a_huge_disk_is_room_enough(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    gigabytes = {"f_frsize": 1 << 30, "f_blocks": 1000, "f_bavail": 3}
    no_count_of_files = {"f_files": 0, "f_favail": 0}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(**gigabytes, **no_count_of_files))
    blobs.demand_room()
