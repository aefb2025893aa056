"""Blobs as files: one folder for each job, written aside, synced, then renamed into place."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import structlog

from app.adapters.blob_keys import checked, checked_job, is_job, is_older
from app.errors import StoreAway

log = structlog.get_logger()

PROBE_BYTES = 64 * 1024
ROOM_SHARE = 0.1
"""What must be free of the disk for pictures to be taken in: the rest is for the results of those that were."""
ROOM_BYTES = 2 << 30
"""Where a tenth is more than this, this much will do."""


@contextlib.contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("storage fails", reason=str(error))
        raise StoreAway(f"The storage cannot be used just now ({error.strerror}). Try again soon.") from error


class DiskBlobs:
    """The promises are those of `app.jobs.Blobs`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with _or_away():
            self._write(target, data)

    def _write(self, target: Path, data: bytes) -> None:
        is_first = not target.parent.is_dir()  # whoever wrote a job's first file has synced where its folder is
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f"{target.name}.{secrets.token_hex(6)}.part")
        try:
            with aside.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        if is_first:
            _sync_folder(self._folder)

    def get(self, key: str) -> bytes | None:
        with _or_away():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def discard(self, key: str) -> None:
        path = self._path(key)
        with _or_away(), contextlib.suppress(FileNotFoundError):
            path.unlink()

    def demand_room(self) -> None:
        with _or_away():
            self._folder.mkdir(parents=True, exist_ok=True)
            disk = os.statvfs(self._folder)
        room, files = disk.f_bavail * disk.f_frsize, disk.f_favail
        if room < min(ROOM_SHARE * disk.f_blocks * disk.f_frsize, ROOM_BYTES) or files < ROOM_SHARE * disk.f_files:
            log.error("storage is nearly full", free_bytes=room, free_files=files)
            raise StoreAway("The storage is nearly full. Try again soon.")

    def tidy(self, job_id: str, owns: Callable[[str], bool]) -> None:
        with _or_away(), contextlib.suppress(FileNotFoundError):
            for path in list((self._folder / checked_job(job_id)).iterdir()):
                if not owns(path.name):
                    path.unlink(missing_ok=True)

    def remove(self, job_id: str) -> None:
        shutil.rmtree(self._folder / checked_job(job_id), ignore_errors=True)

    def older_than(self, seconds: float) -> Iterable[str]:
        if not self._folder.is_dir():
            return
        for entry in os.scandir(self._folder):
            # Whatever else lies in the folder is not ours to delete.
            if is_job(entry.name) and is_older(entry.name, seconds):
                yield entry.name

    def check(self) -> None:
        self.demand_room()
        probe = self._folder / f".probe-{secrets.token_hex(6)}"
        with _or_away():
            self._write(probe, bytes(PROBE_BYTES))
            probe.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)


def _sync_folder(folder: Path) -> None:
    """A rename is safe from a power cut only when its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
