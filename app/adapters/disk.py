"""Blobs as files: one folder for each job, written aside, synced, then renamed into place."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import structlog

from app.errors import StoreAway
from app.jobs import JOB_ID

log = structlog.get_logger()

KEY = re.compile(rf"{JOB_ID.pattern}/[A-Za-z0-9_-]{{1,64}}(\.[a-z]{{1,8}})?")
PROBE_BYTES = 64 * 1024


@contextlib.contextmanager
def _or_away() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.error("storage fails", reason=str(error))
        raise StoreAway(f"The storage cannot be used just now ({error.strerror}). Try again soon.") from error


class DiskBlobs:
    """The promises are those of `app.jobs.Blobs`; keys are `<job id>/<name>` and made by the server alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes) -> None:
        target = self._path(key)
        with _or_away():
            self._write(target, data)

    def _write(self, target: Path, data: bytes) -> None:
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
        _sync_folder(self._folder)

    def get(self, key: str) -> bytes | None:
        with _or_away():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def remove(self, job_id: str) -> None:
        shutil.rmtree(self._path(f"{job_id}/x").parent, ignore_errors=True)

    def older_than(self, seconds: float) -> Iterable[str]:
        if not self._folder.is_dir():
            return
        before = time.time() - seconds
        for entry in os.scandir(self._folder):
            # Whatever else lies in the folder is not ours to delete.
            if JOB_ID.fullmatch(entry.name) and entry.stat().st_mtime < before:
                yield entry.name

    def check(self) -> None:
        probe = self._folder / f".probe-{secrets.token_hex(6)}"
        with _or_away():
            self._write(probe, bytes(PROBE_BYTES))
            probe.unlink()

    def _path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise ValueError(f"not a blob key: {key!r}")
        return self._folder / key


def _sync_folder(folder: Path) -> None:
    """A rename is safe from a power cut only when its folder is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
