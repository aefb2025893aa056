"""What a picture file claims to be, read from its bytes and held against the limits before anything is decoded."""

from __future__ import annotations

import re

from PIL import Image

from svgai.errors import (
    PictureCorrupt,
    PictureEmpty,
    PictureTooManyBytes,
    PictureTooManyFrames,
    PictureTooManyPixels,
)
from svgai.files import pillow
from svgai.files.frames import count_frames
from svgai.files.pillow import Header
from svgai.options import Limits

__all__ = ["Header", "read_header"]


def read_header(data: bytes, limits: Limits) -> Header:
    """Read a file's claims; refuse whatever is beyond the limits."""
    _check_bytes(data, limits)
    header = _claims(data, pillow.format_of(data), limits)
    _check_pixels(header, limits)
    _check_frames(header, limits)
    return header


def _claims(data: bytes, name: str, limits: Limits) -> Header:
    try:
        frames = count_frames(data, name, limits.max_frames)
        with pillow.quietly():
            image = pillow.open_picture(data, name)
        # Asked of a GIF or TIFF, n_frames would walk the whole file.
        return Header(name, image.width, image.height, frames or int(getattr(image, "n_frames", 1)))
    except Image.DecompressionBombError as error:  # WebP, by a limit of Pillow's own that lies far above ours
        told = re.search(r"\d+", str(error))
        pixels = int(told[0]) if told else None
        detail = f"The {name} picture has far too many pixels; the limit is {limits.max_pixels:,}."
        raise PictureTooManyPixels(detail, limit=limits.max_pixels, actual=pixels) from error
    except pillow.FAILURES as error:
        raise PictureCorrupt(f"The {name} file is broken: its header cannot be read.") from error


def _check_bytes(data: bytes, limits: Limits) -> None:
    if len(data) > limits.max_bytes:
        detail = f"The file has {len(data):,} bytes; the limit is {limits.max_bytes:,}."
        raise PictureTooManyBytes(detail, limit=limits.max_bytes, actual=len(data))
    if not data:
        raise PictureEmpty("The file is empty.")


def _check_pixels(header: Header, limits: Limits) -> None:
    pixels = header.width * header.height
    if pixels > limits.max_pixels:
        size = f"{header.width:,} x {header.height:,} = {pixels:,} pixels"
        detail = f"The picture is {size}; the limit is {limits.max_pixels:,}."
        raise PictureTooManyPixels(detail, limit=limits.max_pixels, actual=pixels)


def _check_frames(header: Header, limits: Limits) -> None:
    if header.frames > limits.max_frames:
        detail = f"The {header.format} file has {header.frames:,} frames or more; the limit is {limits.max_frames:,}."
        raise PictureTooManyFrames(detail, limit=limits.max_frames, actual=header.frames)
