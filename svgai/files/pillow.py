"""Picture files opened by Pillow with care: formats known by their bytes, bounded reading, failures listed.

Both the header (in the web process) and the intake (in a worker) open files here, so that both see the same file the
same way. Opening never decodes pixels. `Image.open` is passed by on purpose: it refuses large pictures by a global
limit and without telling their size, and turns a JPEG with a preview behind it into another format.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from svgai.errors import PictureCorrupt, PictureUnsupported
from svgai.files import png

FORMATS: dict[str, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}
TYPES = tuple(f"image/{name.lower()}" for name in FORMATS)
ACCEPTED = "PNG, JPEG, WebP, GIF, BMP, TIFF and AVIF"

FAILURES = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,
    AssertionError,
    ZeroDivisionError,
    AttributeError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's readers raise on broken files; it has no exception of its own for them."""

_MAX_READS = 20_000
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FOREIGN = {
    b"%PDF": "a PDF",
    b"%!PS": "a PostScript file",
    b"\xc5\xd0\xd3\xc6": "an EPS",
    b"8BPS": "a Photoshop file",
    b"<svg": "an SVG already",
    b"<?xml": "an XML file (an SVG already?)",
    b"\0\0\1\0": "a Windows icon",
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"\xff\x0a": "a JPEG XL",
    b"\0\0\0\x0cJXL ": "a JPEG XL",
    b"icns": "a macOS icon",
    b"PK\3\4": "a ZIP archive",
}

_warnings_filter = threading.Lock()


@dataclass(frozen=True)
class Header:
    """What a file claims to be."""

    format: str
    """PNG, JPEG, WEBP, GIF, BMP, TIFF or AVIF."""
    width: int
    """As stored, before a camera's orientation is applied (but for TIFF, which Pillow turns itself)."""
    height: int
    frames: int


def format_of(data: bytes) -> str:
    """The format that the first bytes tell; names and claimed content types never count."""
    starts = {
        "PNG": data.startswith(png.START),
        "JPEG": data.startswith(b"\xff\xd8\xff"),
        "WEBP": data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        "GIF": data.startswith((b"GIF87a", b"GIF89a")),
        "BMP": data.startswith(b"BM"),
        "TIFF": data.startswith(_TIFF_STARTS),
        "AVIF": bool({b"avif", b"avis"} & set(_brands(data))),
    }
    for name, is_it in starts.items():
        if is_it:
            return name
    raise PictureUnsupported(f"The file is {_foreign_name(data)}; {ACCEPTED} are read.")


def _brands(data: bytes) -> Iterator[bytes]:
    """The brands of an ISO media file, which is how AVIF and HEIC tell themselves apart."""
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), len(data), 256)
        yield from (data[at : at + 4] for at in range(8, end, 4))


def _foreign_name(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "a HEIC picture or a film"
    text = data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    names = (name for start, name in _FOREIGN.items() if data.startswith(start) or text.startswith(start))
    return next(names, "of no known kind")


def open_picture(data: bytes, name: str) -> ImageFile.ImageFile:
    """Read what a file says of itself; its pixels stay undecoded."""
    if name == "PNG":
        data = png.without_bombs(data)
    return FORMATS[name](_PatientBytes(data))


class _PatientBytes(io.BytesIO):
    """Bytes that may be read only so often while a file is opened.

    Pillow walks chunks, blocks, markers and tags in Python: thirty megabytes of the smallest ones
    would keep it busy for many seconds.
    """

    reads_left = _MAX_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise PictureCorrupt("The file is made of far too many small pieces.")
        return super().read(size)

    def be_patient(self) -> None:
        self.reads_left = 1 << 62


def allow_decoding(image: ImageFile.ImageFile) -> None:
    """Lift the bound on reads, once the header has been found sound."""
    if isinstance(image.fp, _PatientBytes):
        image.fp.be_patient()


@contextmanager
def quietly() -> Iterator[None]:
    """Ignore Pillow's warnings on odd files; one thread at a time, for the filter belongs to the whole process."""
    with _warnings_filter, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
