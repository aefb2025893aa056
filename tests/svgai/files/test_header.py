"""What a file claims, and how quickly a hostile one is refused."""

import subprocess
import sys
import threading
import time

import pytest

from svgai.errors import (
    PictureCorrupt,
    PictureEmpty,
    PictureTooManyBytes,
    PictureTooManyFrames,
    PictureTooManyPixels,
    PictureUnsupported,
)
from svgai.files.header import Header, read_header
from svgai.options import Limits
from tests import samples

LIMITS = Limits()
FOREIGN = {
    "PDF": b"%PDF-1.7\n",
    "PostScript": b"%!PS-Adobe-3.0",
    "EPS": b"\xc5\xd0\xd3\xc6\0\0",
    "Photoshop": b"8BPS\0\1",
    "SVG": b"\xef\xbb\xbf  <svg xmlns='http://www.w3.org/2000/svg'/>",
    "XML": b"<?xml version='1.0'?><svg/>",
    "icon": b"\0\0\1\0\1\0\x10\x10",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "ZIP": b"PK\3\4",
    "no known kind": b"Dear sir or madam",
}


@pytest.mark.alone
def seconds_to_refuse(data: bytes, error: type[Exception] | tuple[type[Exception], ...]) -> float:
    """The best of three, since other tests run beside this one."""
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        with pytest.raises(error):
            read_header(data, LIMITS)
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_every_accepted_format_is_known_by_its_bytes(kind):
    image = samples.logo(40).convert("RGB").resize((40, 24))
    assert read_header(samples.encoded(image, kind), LIMITS) == Header(kind, 40, 24, 1)


@pytest.mark.parametrize(("name", "data"), FOREIGN.items())
def test_another_kind_of_file_is_named_and_the_accepted_ones_are_told(name, data):
    with pytest.raises(PictureUnsupported, match=name) as caught:
        read_header(data, LIMITS)
    assert "AVIF" in caught.value.detail


def test_nothing_is_refused_as_empty():
    with pytest.raises(PictureEmpty):
        read_header(b"", LIMITS)


def test_too_many_bytes_are_refused_before_anything_else_is_looked_at():
    with pytest.raises(PictureTooManyBytes, match="11 bytes; the limit is 10") as caught:
        read_header(b"x" * 11, Limits(max_bytes=10))
    assert (caught.value.limit, caught.value.actual) == (10, 11)


def test_a_bomb_is_refused_at_once_from_its_header():
    bomb = samples.bomb_png(30_000)
    assert len(bomb) < 120_000
    with pytest.raises(PictureTooManyPixels, match=r"30,000 x 30,000 = 900,000,000 pixels; the limit is 33,554,432"):
        read_header(bomb, LIMITS)
    assert seconds_to_refuse(bomb, PictureTooManyPixels) < 0.02


def test_a_bomb_says_its_limit_and_its_size_to_machines():
    with pytest.raises(PictureTooManyPixels) as caught:
        read_header(samples.flat_png(20, 10), Limits(max_pixels=199))
    assert caught.value.as_dict() == {
        "code": "picture.too_many_pixels",
        "detail": "The picture is 20 x 10 = 200 pixels; the limit is 199.",
        "limit": 199,
        "actual": 200,
    }


def test_a_picture_of_just_the_limit_passes():
    assert read_header(samples.flat_png(20, 10), Limits(max_pixels=200)).width == 20


@pytest.mark.parametrize("side", [10_000, 16_383])
def test_a_webp_canvas_is_never_allocated_beyond_the_limit(side):
    size = (side - 1).to_bytes(3, "little") * 2
    canvas = b"VP8X" + (10).to_bytes(4, "little") + b"\2\0\0\0" + size
    frame = b"ANIM\6\0\0\0" + bytes(6)
    body = b"WEBP" + canvas + frame
    data = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert seconds_to_refuse(data, (PictureTooManyPixels, PictureCorrupt)) < 0.1


@pytest.mark.alone
@pytest.mark.parametrize("chunks", [1, 300])
def test_compressed_texts_are_never_unfolded(chunks):
    data = samples.text_bomb_png(megabytes=8, chunks=chunks)
    begun = time.perf_counter()
    assert read_header(data, LIMITS).width == 1
    assert time.perf_counter() - begun < 0.2


def test_a_colour_profile_that_is_a_bomb_is_refused_at_once():
    assert seconds_to_refuse(samples.profile_bomb_png(200), PictureCorrupt) < 0.1


def gif_of_crumbs() -> bytes:
    return samples.animated("GIF", 2)[:-1] + b"!\xfe" + b"\1a" * 4_000_000


def jpeg_of(junk: bytes) -> bytes:
    jpeg = samples.logo_jpeg(16)
    return jpeg[:2] + b"\xff\xe0\0\2" + junk + jpeg[2:]


def jpeg_of_scans(scans: int) -> bytes:
    jpeg = samples.logo_jpeg(16)
    begin = jpeg.index(b"\xff\xda")
    return jpeg[:begin] + jpeg[begin:-2] * scans + jpeg[-2:]


def test_what_lies_behind_a_jpeg_is_not_counted():
    """Telephones put a film there, in which anything looks like a scan."""
    assert read_header(jpeg_of_scans(9) + b"\xff\xda" * 500, LIMITS) == Header("JPEG", 16, 16, 1)


@pytest.mark.parametrize(
    "make",
    [
        samples.crumbled_png,
        gif_of_crumbs,
        lambda: jpeg_of(bytes(8_000_000)),
        lambda: jpeg_of(b"\xff" * 8_000_000),
        lambda: jpeg_of_scans(101),
        lambda: jpeg_of(b"\xff\xfe\0\2" * 2_000_000),
    ],
    ids=["PNG chunks", "GIF blocks", "JPEG junk", "JPEG padding", "JPEG scans", "JPEG segments"],
)
def test_a_file_of_countless_small_pieces_keeps_nobody_busy(make):
    assert seconds_to_refuse(make(), PictureCorrupt) < 0.3


def test_a_tiff_of_countless_strips_is_refused():
    strips = b"\x11\x01\4\0" + (5_000_000).to_bytes(4, "little") + bytes(4)
    data = b"II*\0\x08\0\0\0\1\0" + strips + bytes(4)
    with pytest.raises(PictureCorrupt, match="5,000,000 strips"):
        read_header(data, LIMITS)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_frames_are_counted(kind):
    assert read_header(samples.animated(kind, 4), LIMITS).frames == 4


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_too_many_frames_are_refused(kind):
    with pytest.raises(PictureTooManyFrames) as caught:
        read_header(samples.animated(kind, 12, size=4), Limits(max_frames=5))
    assert (caught.value.limit, caught.value.actual >= 6) == (5, True)


def test_a_tiff_whose_pages_go_in_a_circle_has_an_end():
    data = bytearray(samples.animated("TIFF", 1))
    first = int.from_bytes(data[4:8], "little")
    entries = int.from_bytes(data[first : first + 2], "little")
    link = first + 2 + 12 * entries
    data[link : link + 4] = data[4:8]
    assert read_header(bytes(data), LIMITS).frames == 1


def test_a_jpeg_with_a_preview_behind_it_is_a_jpeg():
    data = samples.encoded(
        samples.logo(16).convert("RGB"), "MPO", save_all=True, append_images=[samples.logo(8).convert("RGB")]
    )
    assert read_header(data, LIMITS) == Header("JPEG", 16, 16, 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_file_cut_off_anywhere_is_refused_by_name_or_still_tells_the_truth(kind):
    whole = samples.encoded(samples.logo(24).convert("RGB"), kind)
    for length in range(1, len(whole), max(1, len(whole) // 150)):
        try:
            header = read_header(whole[:length], LIMITS)
        except (PictureCorrupt, PictureUnsupported):
            continue
        assert (header.width, header.height) == (24, 24)


def test_reading_leaves_pillows_limits_and_the_warning_filters_alone():
    import warnings

    from PIL import Image, ImageFile

    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    read_header(samples.logo_png(16), LIMITS)
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


def test_many_threads_may_read_headers_and_leave_the_warning_filters_alone():
    import warnings

    before = list(warnings.filters)
    data = samples.logo_png(16)
    threads = [threading.Thread(target=lambda: [read_header(data, LIMITS) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_headers_are_read_without_loading_anything_heavy():
    """The web process reads headers; numpy and all that rests on it would cost it 100 MB."""
    probe = (
        "import sys, svgai, svgai.files.header;"
        "print([m for m in ('numpy', 'cv2', 'skia', 'vtracer', 'skimage', 'scipy', 'defusedxml') if m in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_importing_the_package_loads_not_even_pillow():
    probe = "import sys, svgai; print('PIL' in sys.modules, 'numpy' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False False"
