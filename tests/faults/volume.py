"""A small disk of its own for the blobs, to be filled, used up and made read-only. Takes root, or it cannot be had."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

CLONE_NEWNS = 0x20000
MS_RDONLY, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 32, 0x4000, 1 << 18
SIZE = "size=256m,nr_inodes=24000"

_libc = ctypes.CDLL(None, use_errno=True)


def leave_the_others_mounts() -> bool:
    """Have mounts of our own from now on, which end with us; whether that may be."""
    return _libc.unshare(CLONE_NEWNS) == 0 and _mounted(b"none", Path("/"), MS_REC | MS_PRIVATE)


def _mounted(kind: bytes, where: Path, flags: int, options: str = "") -> bool:
    return _libc.mount(kind, bytes(where), kind, flags, options.encode()) == 0


class Volume:
    """A disk in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        if not _mounted(b"tmpfs", folder, 0, SIZE):
            raise OSError(ctypes.get_errno(), "no disk can be mounted here")

    def close(self) -> None:
        _libc.umount(bytes(self.folder))

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        self._remount(MS_RDONLY)
        try:
            yield
        finally:
            self._remount(0)

    def _remount(self, flags: int) -> None:
        if not _mounted(b"tmpfs", self.folder, MS_REMOUNT | flags, SIZE):
            raise OSError(ctypes.get_errno(), "the disk cannot be mounted anew")

    @contextlib.contextmanager
    def filled(self) -> Iterator[None]:
        """Not a byte left within; at the end of the block, a twentieth."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1 << 20) if _free(self.folder) > 1 << 20 else bytes(4096))
        try:
            yield
            os.truncate(filler, filler.stat().st_size - int(0.05 * _size(self.folder)))
        except BaseException:
            filler.unlink()
            raise

    @contextlib.contextmanager
    def crowded(self) -> Iterator[None]:
        """Not a file more fits within; at the end of the block, some do."""
        crowd = self.folder / "crowd"
        crowd.mkdir()
        with contextlib.suppress(OSError):
            for number in range(1 << 20):
                (crowd / str(number)).touch()
        try:
            yield
        finally:
            for number in range(100):
                (crowd / str(number)).unlink()

    def clear(self) -> None:
        """Take away what a drill has put there."""
        (self.folder / "filler").unlink(missing_ok=True)
        crowd = self.folder / "crowd"
        if crowd.is_dir():
            for path in crowd.iterdir():
                path.unlink()
            crowd.rmdir()


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _size(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_blocks * disk.f_frsize
