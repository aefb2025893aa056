"""A cache in a folder that any number of processes share. A file is one entry; its times say when it was made and used.

No process keeps an account of the folder. Each counts what it writes, and once that is a small share of what may be
kept, it looks the folder over and deletes what was used longest ago, unless another process does so just then.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from app.adapters.caches.keys import KEY, checked
from app.caching import CacheBounds

log = structlog.get_logger()

BLOCK_BYTES = 4096
"""What the smallest file takes of a disk."""

DIGEST_BYTES = 16

WRITTEN_SHARE = 1 / 32
"""Of all that may be kept: after so much is written, the folder is looked over."""

KEPT_SHARE = 3 / 4
"""Of all that may be kept: so much stays, which leaves room for what several processes write meanwhile."""

PART_SECONDS = 60.0
"""A file that has been written for so long was left by a process that died."""


@dataclass(frozen=True)
class _File:
    path: Path
    size: int
    made_at: float
    used_at: float


class DiskCache:
    """Files that are damaged, or that cannot be read or written, are as good as none."""

    def __init__(self, folder: Path, bounds: CacheBounds, now: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._bounds = bounds
        self._now = now
        self._unseen_bytes: float = bounds.total_bytes
        """Written since the folder was looked over. At first nothing is known of it, so that the first put looks."""

    def get(self, key: str) -> bytes | None:
        try:
            return self._read(self._path(key))
        except OSError:
            return None

    def put(self, key: str, data: bytes) -> None:
        path = self._path(key)
        if not self._bounds.admit(data):
            return self.discard(key)
        with _or_logged("a result is not kept"):
            self._write(path, _digest(data) + data)
            self._make_room(_on_disk(len(data) + DIGEST_BYTES))

    def discard(self, key: str) -> None:
        path = self._path(key)
        with _or_logged("a result cannot be deleted"):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)[:2] / key

    def _read(self, path: Path) -> bytes | None:
        with path.open("rb") as file:
            made_at = os.fstat(file.fileno()).st_mtime
            content = file.read(DIGEST_BYTES + self._bounds.entry_bytes + 1)
            digest, data = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
            if self._is_over(made_at) or digest != _digest(data):
                path.unlink(missing_ok=True)
                return None
            os.utime(file.fileno(), (self._now(), made_at))
            return data

    def _is_over(self, made_at: float) -> bool:
        """Over, or made in a future that a clock has gone back from."""
        return abs(self._now() - made_at) >= self._bounds.seconds

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{secrets.token_hex(6)}.part")
        try:
            aside.write_bytes(content)
            os.utime(aside, (self._now(), self._now()))
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def _make_room(self, written: int) -> None:
        self._unseen_bytes += written
        if self._unseen_bytes > self._bounds.total_bytes * WRITTEN_SHARE:
            self._unseen_bytes = 0
            with _alone_in(self._folder) as alone:
                if alone:
                    self._evict()

    def _evict(self) -> None:
        """Delete what is over or broken off, then what was used longest ago, until enough is free."""
        files = sorted(self._files(), key=lambda file: file.used_at, reverse=True)
        kept = [file for file in files if self._is_wanted(file)]
        sizes = itertools.accumulate(file.size for file in kept)
        wanted = {
            file.path for file, size in zip(kept, sizes, strict=True) if size <= self._bounds.total_bytes * KEPT_SHARE
        }
        for file in files:
            if file.path not in wanted:
                file.path.unlink(missing_ok=True)

    def _is_wanted(self, file: _File) -> bool:
        if KEY.fullmatch(file.path.name):
            return not self._is_over(file.made_at)
        return abs(self._now() - file.made_at) < PART_SECONDS

    def _files(self) -> Iterator[_File]:
        for folder in filter(os.DirEntry.is_dir, os.scandir(self._folder)):
            for entry in filter(os.DirEntry.is_file, os.scandir(folder)):
                with contextlib.suppress(FileNotFoundError):  # another process has deleted it
                    found = entry.stat()
                    yield _File(Path(entry.path), _on_disk(found.st_size), found.st_mtime, found.st_atime)


def _on_disk(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def _digest(data: bytes) -> bytes:
    """Tells a file that a power cut has left half written: nothing is synced here."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


@contextlib.contextmanager
def _or_logged(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning(what, reason=str(error))


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Whether nobody else, process or thread, is in here with this folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)
