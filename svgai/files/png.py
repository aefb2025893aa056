"""PNG files looked at chunk by chunk, for what Pillow does not mind: bombs in texts, and missing rows."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

START = b"\x89PNG\r\n\x1a\n"

_MAX_CHUNKS = 50_000
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of each pass over an interlaced picture: first column and row, steps between columns and rows."""


def _chunks(png: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, beginning and end of each chunk, checksum and all; stops where the file does, or has far too many."""
    at = len(START)
    for _ in range(_MAX_CHUNKS):
        if at + 12 > len(png):
            return
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        yield png[at + 4 : at + 8], at, end
        at = end


def without_bombs(png: bytes) -> bytes:
    """The same less its texts, which say nothing of the pixels, and less every colour profile but the first.

    Both are compressed: a file of six megabytes can hold six thousand that unfold to one each.
    """
    kept, kept_until, has_profile = [], 0, False
    for name, begin, end in _chunks(png):
        is_profile = name == b"iCCP"
        if name in _TEXTS or (is_profile and has_profile):
            kept.append(png[kept_until:begin])
            kept_until = end
        has_profile = has_profile or is_profile
    return b"".join([*kept, png[kept_until:]]) if kept else png


def has_all_rows(png: bytes) -> bool:
    """Whether the compressed data is as long as the header claims; nothing of it is kept."""
    wanted = _data_bytes(png)
    inflate = zlib.decompressobj()
    for name, begin, end in _chunks(png):
        if name != b"IDAT":
            continue
        rest = png[begin + 8 : end - 4]
        while rest and wanted > 0:
            wanted -= len(inflate.decompress(rest, 1 << 20))
            rest = inflate.unconsumed_tail
        wanted -= len(inflate.flush()) if inflate.eof else 0
    return wanted <= 0


def _data_bytes(png: bytes) -> int:
    """Bytes of all rows, with the filter byte that each begins with."""
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    bits = png[24] * _CHANNELS[png[25]]
    passes = _ADAM7 if png[28] else ((0, 0, 1, 1),)
    sizes = ((-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in passes)
    return sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in sizes if columns > 0 and rows > 0)
