"""Pictures for tests, drawn here so that the repository holds no binary files."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageDraw

PNG_START = b"\x89PNG\r\n\x1a\n"


def logo(size: int = 128, *, transparent: bool = False) -> Image.Image:
    """A disc, a bar and a hole in three colours, with smooth edges."""
    big = 4 * size
    image = Image.new("RGBA", (big, big), (255, 255, 255, 0 if transparent else 255))
    pen = ImageDraw.Draw(image)
    pen.ellipse((big * 0.1, big * 0.1, big * 0.7, big * 0.7), fill=(214, 40, 57, 255))
    pen.rectangle((big * 0.4, big * 0.5, big * 0.9, big * 0.8), fill=(29, 78, 216, 255))
    pen.ellipse((big * 0.3, big * 0.3, big * 0.45, big * 0.45), fill=(250, 204, 21, 255))
    return image.resize((size, size), Image.Resampling.LANCZOS)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The bytes of a picture file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def logo_png(size: int = 128, *, transparent: bool = False) -> bytes:
    return encoded(logo(size, transparent=transparent))


def logo_jpeg(size: int = 128) -> bytes:
    return encoded(logo(size).convert("RGB"), "JPEG", quality=90)


def flat_png(width: int, height: int, colour: tuple[int, int, int, int] = (10, 120, 200, 255)) -> bytes:
    return encoded(Image.new("RGBA", (width, height), colour))


def noise_png(size: int = 96) -> bytes:
    """A picture that no tracer likes: the same noise each time."""
    values = bytearray()
    state = 12345
    for _ in range(size * size * 3):
        state = (1103515245 * state + 12345) % 2**31
        values.append(state >> 16 & 255)
    return encoded(Image.frombytes("RGB", (size, size), bytes(values)))


def animated(kind: str = "GIF", frames: int = 3, size: int = 24) -> bytes:
    """GIF, PNG, WEBP, AVIF or TIFF with frames that differ."""
    images = [Image.new("RGB", (size, size), (40 * (n % 6), 200 - 30 * (n % 5), n % 250)) for n in range(frames)]
    return encoded(images[0], kind, save_all=True, append_images=images[1:])


def bomb_png(side: int = 30_000) -> bytes:
    """A real and correct PNG, about 115 kB of file and side x side pixels of one bit."""
    return chunked(ihdr(side, side, bits=1, colour=0), (b"IDAT", zeros_compressed((side + 7) // 8 + 1, side)))


def lying_png(width: int, height: int) -> bytes:
    """The data of an 8 x 8 picture under a header that tells another size."""
    honest = zlib.compress(b"".join(b"\0" + bytes(8 * 3) for _ in range(8)))
    return chunked(ihdr(width, height, bits=8, colour=2), (b"IDAT", honest))


def text_bomb_png(megabytes: int = 200, chunks: int = 1) -> bytes:
    """A tiny picture, and texts that would unfold to many megabytes each."""
    text = (b"zTXt", b"Comment\0\0" + zeros_compressed(1 << 20, megabytes))
    pixel = zlib.compress(b"\0\xff\0\0")
    return chunked(ihdr(1, 1, bits=8, colour=2), *[text] * chunks, (b"IDAT", pixel))


def profile_bomb_png(megabytes: int = 200) -> bytes:
    """A tiny picture whose colour profile would unfold to many megabytes."""
    profile = (b"iCCP", b"icc\0\0" + zeros_compressed(1 << 20, megabytes))
    pixel = zlib.compress(b"\0\xff\0\0")
    return chunked(ihdr(1, 1, bits=8, colour=2), profile, (b"IDAT", pixel))


def crumbled_png(chunks: int = 400_000) -> bytes:
    """Hundreds of thousands of empty chunks before a single pixel."""
    crumb = struct.pack(">I4sI", 0, b"crMb", zlib.crc32(b"crMb"))
    whole = chunked(ihdr(1, 1, bits=8, colour=2), (b"IDAT", zlib.compress(b"\0\xff\0\0")))
    return whole[:33] + crumb * chunks + whole[33:]


def ihdr(width: int, height: int, *, bits: int, colour: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)


def chunked(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of these chunks."""
    parts = [PNG_START]
    for name, body in [*chunks, (b"IEND", b"")]:
        parts += [struct.pack(">I", len(body)), name, body, struct.pack(">I", zlib.crc32(name + body))]
    return b"".join(parts)


def zeros_compressed(size: int, times: int) -> bytes:
    """size x times zeros, compressed without ever being held."""
    squeeze = zlib.compressobj(9)
    row = bytes(size)
    return b"".join([squeeze.compress(row) for _ in range(times)] + [squeeze.flush()])


def deep_png(
    width: int, height: int, *, colour: int, values: list[int], extra: tuple[tuple[bytes, bytes], ...] = ()
) -> bytes:
    """A 16-bit PNG, which Pillow cannot write in colour; `values` are all samples in order."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row = width * channels
    rows = (values[y * row : (y + 1) * row] for y in range(height))
    data = b"".join(b"\0" + struct.pack(f">{row}H", *samples) for samples in rows)
    return chunked(ihdr(width, height, bits=16, colour=colour), *extra, (b"IDAT", zlib.compress(data)))


def wide_profile() -> bytes:
    """An RGB profile like Display P3: the primaries of DCI-P3, white D65, gamma 2.2; built byte by byte."""
    return matrix_profile(
        red=(0.51512, 0.24120, -0.00105), green=(0.29198, 0.69225, 0.04189), blue=(0.15710, 0.06657, 0.78407)
    )


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def matrix_profile(red: tuple[float, ...], green: tuple[float, ...], blue: tuple[float, ...]) -> bytes:
    """A version 2 ICC display profile of three primaries (D50) and one gamma of 2.2."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"wide\0" + bytes(78) + bytes(1),
        b"cprt": b"text" + bytes(4) + b"none" + bytes(4),
        b"wtpt": _xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": _xyz(*red),
        b"gXYZ": _xyz(*green),
        b"bXYZ": _xyz(*blue),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    return _profile(tags, space=b"RGB ")


def grey_profile(gamma: float = 1.0) -> bytes:
    """A grey profile of any gamma; 1.0 makes middle grey much lighter in sRGB."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return _profile({b"wtpt": _xyz(0.9642, 1.0, 0.8249), b"kTRC": curve}, space=b"GRAY")


def _xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(tags: dict[bytes, bytes], *, space: bytes) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        padded = value + bytes(-len(value) % 4)
        table += struct.pack(">4sII", name, at + len(body), len(value))
        body += padded
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"lcms", 0x02200000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += struct.pack(">3i", round(0.9642 * 65536), 65536, round(0.8249 * 65536))
    return head + bytes(128 - len(head)) + table + body
