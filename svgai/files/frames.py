"""How many frames a file has, counted by hopping over them; no more is counted than asked for.

Pillow can count them too, but builds every frame's palettes or tags on the way: minutes, for a hostile file.
"""

from __future__ import annotations

import re
import struct

from svgai.errors import PictureCorrupt

_JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd9-\xfe]")
"""Of a segment with a length; escaped bytes, restarts and beginnings have none."""
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_MAX_JPEG_SCANS = 100
"""A progressive JPEG has about ten."""
_MAX_JPEG_SEGMENTS = 20_000
_MAX_GIF_BLOCKS = 300_000
_MAX_TIFF_PIECES = 200_000
_TIFF_PIECE_TAGS = {273, 279, 324, 325}
"""Offsets and sizes of strips and tiles."""


def count_frames(data: bytes, name: str, enough: int) -> int | None:
    """Frames, at most one more than enough; None where the header itself tells."""
    counts = {"GIF": _count_gif, "TIFF": _count_tiff, "JPEG": _count_jpeg}
    return counts[name](data, enough) if name in counts else None


def _count_jpeg(data: bytes, enough: int) -> int:  # noqa: ARG001
    """One; but a JPEG may have any number of scans, and each is a walk over all its pixels."""
    at, scans = 2, 0
    for _ in range(_MAX_JPEG_SEGMENTS):
        marker = _JPEG_MARKER.search(data, at)
        if not marker or marker[0] == _JPEG_END:
            return 1
        scans += marker[0] == _JPEG_SCAN
        if scans > _MAX_JPEG_SCANS:
            raise PictureCorrupt(f"The JPEG file has more than {_MAX_JPEG_SCANS} scans.")
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    raise PictureCorrupt("The JPEG file is made of far too many small pieces.")


def _count_gif(data: bytes, enough: int) -> int:
    at = 13 + _gif_palette_bytes(data[10])
    frames, blocks = 0, 0
    while frames <= enough and at < len(data) and data[at] in b"!,":
        if data[at] == 0x21:
            at += 2
        else:
            frames += 1
            at += 11 + _gif_palette_bytes(data[at + 9])
        while at < len(data) and data[at] and blocks <= _MAX_GIF_BLOCKS:
            at += data[at] + 1
            blocks += 1
        at += 1
        blocks += 1
        if blocks > _MAX_GIF_BLOCKS:
            raise PictureCorrupt("The GIF file is made of far too many small pieces.")
    return max(frames, 1)


def _gif_palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _count_tiff(data: bytes, enough: int) -> int:
    order = "<" if data[:1] == b"I" else ">"
    is_big = b"+" in data[2:4]
    number, entry_bytes = (order + "Q", 20) if is_big else (order + "H", 12)
    link = order + ("Q" if is_big else "I")
    (at,) = struct.unpack_from(link, data, 8 if is_big else 4)
    seen: set[int] = set()
    while at and at not in seen and len(seen) <= enough:
        (entries,) = struct.unpack_from(number, data, at)
        first = at + struct.calcsize(number)
        if not seen:
            _check_pieces(data[first : first + min(entries, 4096) * entry_bytes], order, entry_bytes)
        seen.add(at)
        end = first + entries * entry_bytes
        at = struct.unpack_from(link, data, end)[0] if end + struct.calcsize(link) <= len(data) else 0
        at = at if at + struct.calcsize(number) <= len(data) else 0
    return max(len(seen), 1)


def _check_pieces(directory: bytes, order: str, entry_bytes: int) -> None:
    """Pillow makes an object of every strip and tile as it opens a file."""
    entry = order + ("HHQ" if entry_bytes == 20 else "HHI")
    for at in range(0, len(directory) - entry_bytes + 1, entry_bytes):
        tag, _, pieces = struct.unpack_from(entry, directory, at)
        if tag in _TIFF_PIECE_TAGS and pieces > _MAX_TIFF_PIECES:
            raise PictureCorrupt(f"The TIFF file has {pieces:,} strips or tiles; the limit is {_MAX_TIFF_PIECES:,}.")
