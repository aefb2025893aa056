"""Files taken from the disk, never more bytes of them than are allowed."""

from __future__ import annotations

from pathlib import Path

from svgai.errors import PictureMissing, PictureTooManyBytes
from svgai.options import Limits


def read_file(path: Path, limits: Limits) -> bytes:
    """The bytes of a picture file, or of a pipe with a name."""
    try:
        if path.is_dir():
            raise PictureMissing(f"{path} is a folder.")
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
        size = max(len(data), path.stat().st_size)
    except FileNotFoundError as error:
        raise PictureMissing(f"There is no file {path}.") from error
    except (OSError, ValueError) as error:
        raise PictureMissing(
            f"{str(path)!r:.200} cannot be read: {getattr(error, 'strerror', None) or error}."
        ) from error
    if size > limits.max_bytes:
        detail = f"The file has {size:,} bytes; the limit is {limits.max_bytes:,}."
        raise PictureTooManyBytes(detail, limit=limits.max_bytes, actual=size)
    return data
