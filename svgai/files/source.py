"""Files taken from the disk, unless they are too many bytes to be read at all."""

from __future__ import annotations

from pathlib import Path

from svgai.errors import PictureMissing, PictureTooManyBytes
from svgai.options import Limits


def read_file(path: Path, limits: Limits) -> bytes:
    """The bytes of a picture file."""
    try:
        size = path.stat().st_size
        is_file = path.is_file()
    except (OSError, ValueError) as error:
        raise PictureMissing(f"There is no file {path!s:.200}.") from error
    if not is_file:
        raise PictureMissing(f"{path} is a folder, or another thing that is no file.")
    if size > limits.max_bytes:
        detail = f"The file has {size:,} bytes; the limit is {limits.max_bytes:,}."
        raise PictureTooManyBytes(detail, limit=limits.max_bytes, actual=size)
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureMissing(f"{path} cannot be read: {error.strerror}.") from error
