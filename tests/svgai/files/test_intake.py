"""Every kind of picture becomes the same upright sRGB pixels, or a named error."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from svgai.errors import PictureCorrupt, PictureEmpty, PictureTooManyPixels, PictureUnsupported, SvgaiError
from svgai.files.header import read_header
from svgai.files.intake import decode, from_array
from svgai.options import Limits
from tests import samples

LIMITS = Limits()


def taken(data: bytes):
    return decode(data, read_header(data, LIMITS))


def pixel(data: bytes, x: int = 0, y: int = 0) -> tuple[int, ...]:
    return tuple(int(value) for value in taken(data).rgba[y, x])


def one_colour(mode: str, value, **info) -> Image.Image:
    return Image.new(mode, (4, 4), value, **info)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, (255, 255, 255, 255)),
        ("1", 0, (0, 0, 0, 255)),
        ("L", 77, (77, 77, 77, 255)),
        ("LA", (77, 40), (77, 77, 77, 40)),
        ("RGB", (1, 2, 3), (1, 2, 3, 255)),
        ("RGBA", (1, 2, 3, 4), (1, 2, 3, 4)),
        ("I;16", 65535, (255, 255, 255, 255)),
        ("I;16", 32768, (128, 128, 128, 255)),
        ("I;16", 257 * 9, (9, 9, 9, 255)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_modes_keep_their_colours(kind, mode, value, expected):
    assert pixel(samples.encoded(one_colour(mode, value), kind)) == expected


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_of_any_depth_keeps_its_colours(bits):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([9, 8, 7, 200, 100, 50])
    assert pixel(samples.encoded(image, "PNG", bits=bits)) == (200, 100, 50, 255)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_transparent(kind):
    image = Image.new("P", (4, 4), 1)
    image.putpalette([9, 8, 7, 200, 100, 50])
    image.putpixel((0, 0), 0)
    data = samples.encoded(image, kind, transparency=0)
    assert (pixel(data)[3], pixel(data, 1, 1)) == (0, (200, 100, 50, 255))


def test_a_palette_may_have_an_alpha_for_each_entry():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([9, 8, 7, 200, 100, 50])
    assert pixel(samples.encoded(image, "PNG", transparency=bytes([255, 99]))) == (200, 100, 50, 99)


@pytest.mark.parametrize(("mode", "value", "key"), [("L", 5, 5), ("RGB", (5, 6, 7), (5, 6, 7)), ("1", 0, 0)])
def test_a_transparent_colour_is_transparent(mode, value, key):
    image = one_colour(mode, value)
    image.putpixel((0, 0), 1 if mode == "1" else (9 if mode == "L" else (9, 9, 9)))
    data = samples.encoded(image, "PNG", transparency=key)
    assert (pixel(data)[3], pixel(data, 1, 1)[3]) == (255, 0)


@pytest.mark.parametrize(
    ("colour", "values", "expected"),
    [
        (2, [65535, 32768, 0], (255, 128, 0, 255)),
        (4, [32768, 65535], (128, 128, 128, 255)),
        (6, [65535, 0, 32768, 32768], (255, 0, 128, 128)),
    ],
)
def test_sixteen_bit_colours_are_scaled_and_not_clipped(colour, values, expected):
    assert pixel(samples.deep_png(1, 1, colour=colour, values=values)) == expected


@pytest.mark.parametrize(
    ("colour", "values", "key"),
    [(0, [4660, 4661], b"\x12\x34"), (2, [4660, 0, 9, 4661, 999, 9], b"\x12\x34\0\0\0\x09")],
)
def test_a_sixteen_bit_transparent_colour_is_transparent(colour, values, key):
    data = samples.deep_png(2, 1, colour=colour, values=values, extra=((b"tRNS", key),))
    assert (pixel(data)[3], pixel(data, 1)[3]) == (0, 255)


def tiff(bits: int, photometric: int, row: bytes, width: int = 2) -> bytes:
    """A grey TIFF of one row, by hand: Pillow writes no 12 bits and no inverted ones."""
    entries = [
        (256, 3, width),
        (257, 3, 1),
        (258, 3, bits),
        (259, 3, 1),
        (262, 3, photometric),
        (273, 4, 8),
        (277, 3, 1),
        (278, 3, 1),
        (279, 4, len(row)),
    ]
    table = b"".join(struct.pack("<HHI", tag, kind, 1) + struct.pack("<I", value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(row)) + row + struct.pack("<H", len(entries)) + table + bytes(4)


def test_twelve_bits_are_scaled():
    assert pixel(tiff(12, 1, b"\xff\xf8\x00"))[0] == 255
    assert pixel(tiff(12, 1, b"\xff\xf8\x00"), 1)[0] == 128


def test_sixteen_bits_where_white_is_zero_are_turned_round():
    assert pixel(tiff(16, 0, b"\xff\xff\0\0"))[0] == 0
    assert pixel(tiff(16, 0, b"\xff\xff\0\0"), 1)[0] == 255


@pytest.mark.parametrize("mode", ["F", "I"])
def test_numbers_of_thirty_two_bits_are_refused_by_name(mode):
    with pytest.raises(PictureUnsupported, match="8 and 16 bits"):
        taken(samples.encoded(one_colour(mode, 1), "TIFF"))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind):
    options = {"quality": 100} if kind == "JPEG" else {}
    red, green, blue, alpha = pixel(samples.encoded(one_colour("CMYK", (0, 255, 255, 0)), kind, **options))
    assert red > 200
    assert max(green, blue) < 60
    assert alpha == 255


def test_lab_becomes_rgb():
    lab = ImageCms.profileToProfile(
        one_colour("RGB", (200, 30, 60)),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert np.abs(np.array(pixel(samples.encoded(lab, "TIFF"))[:3]) - (200, 30, 60)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_the_picture_is_turned_as_its_camera_says(kind, orientation):
    """The upright picture has red, green / blue, white in its corners, whatever way it was stored."""
    upright = Image.new("RGB", (32, 16))
    for x, y, colour in ((0, 0, (255, 0, 0)), (16, 0, (0, 255, 0)), (0, 8, (0, 0, 255)), (16, 8, (255, 255, 255))):
        upright.paste(colour, (x, y, x + 16, y + 8))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind in {"JPEG", "WEBP", "AVIF"} else {}
    rgba = taken(samples.encoded(stored, kind, exif=exif, **options)).rgba
    assert rgba.shape == (16, 32, 4)
    corners = [rgba[3, 5], rgba[3, 27], rgba[12, 5], rgba[12, 27]]
    wanted = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert all(np.abs(got[:3].astype(int) - want).max() < 50 for got, want in zip(corners, wanted, strict=True))


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_broken_camera_notes_do_no_harm(exif):
    assert taken(samples.encoded(samples.logo(16).convert("RGB"), "JPEG", exif=exif)).rgba.shape == (16, 16, 4)


def oracle(image: Image.Image, profile: bytes) -> tuple[int, ...]:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.profileToProfile(
        image, source, ImageCms.createProfile("sRGB"), renderingIntent=1, outputMode="RGB"
    ).getpixel((0, 0))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF"])
def test_colours_of_a_wide_profile_are_carried_to_srgb(kind):
    profile = samples.wide_profile()
    image = one_colour("RGB", (200, 80, 60)).resize((32, 32))
    options = {"quality": 100} if kind in {"JPEG", "WEBP", "AVIF"} else {}
    got = pixel(samples.encoded(image, kind, icc_profile=profile, **options))
    assert np.abs(np.array(got[:3]) - oracle(image, profile)).max() <= 4
    assert got[0] > 208


def test_a_profile_leaves_transparency_alone():
    data = samples.encoded(one_colour("RGBA", (200, 80, 60, 99)), "PNG", icc_profile=samples.wide_profile())
    assert pixel(data)[3] == 99
    assert pixel(data)[0] > 208


def test_a_profile_counts_for_palettes_too():
    image = Image.new("P", (4, 4), 1)
    image.putpalette([9, 8, 7, 200, 80, 60])
    assert pixel(samples.encoded(image, "PNG", icc_profile=samples.wide_profile()))[0] > 208


def test_a_grey_profile_is_applied():
    assert pixel(samples.encoded(one_colour("L", 128), "PNG", icc_profile=samples.grey_profile(1.0)))[
        0
    ] == pytest.approx(188, abs=2)


def test_a_profile_that_is_srgb_changes_no_value():
    image = samples.logo(32).convert("RGB")
    data = samples.encoded(image, "PNG", icc_profile=samples.srgb_profile())
    assert (taken(data).rgba[..., :3] == np.asarray(image)).all()


@pytest.mark.parametrize("profile", [b"nonsense" * 30, samples.wide_profile()[:200], samples.grey_profile()])
def test_a_profile_that_is_broken_or_foreign_is_ignored_with_a_word(profile):
    image = samples.logo(32).convert("RGB")
    picture = taken(samples.encoded(image, "PNG", icc_profile=profile))
    assert (picture.rgba[..., :3] == np.asarray(image)).all()
    assert "profile was ignored" in picture.warnings[0]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_an_animation_the_first_frame_counts_and_the_user_is_told(kind):
    picture = taken(samples.animated(kind, 3))
    assert picture.warnings == ("Only the first of 3 frames was converted.",)
    assert np.abs(picture.rgba[0, 0].astype(int) - (0, 200, 0, 255)).max() < 8


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {}) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")),
        ("JPEG", {"progressive": True}),
        ("WEBP", {"lossless": True}),
        *(("TIFF", {"compression": name}) for name in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")),
    ],
)
def test_a_file_cut_off_anywhere_is_refused_or_whole(kind, options):
    data = samples.encoded(samples.logo(48).convert("RGB"), kind, **options)
    whole = taken(data).rgba
    for length in range(1, len(data) - 1, max(1, len(data) // 60)):
        try:
            rgba = taken(data[:length]).rgba
        except (PictureCorrupt, PictureUnsupported):
            continue
        assert (rgba == whole).all()


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]),
    at=st.integers(0, 4_000),
    junk=st.binary(min_size=1, max_size=12),
)
def test_a_damaged_file_gives_pixels_or_a_named_error_and_nothing_else(kind, at, junk):
    data = samples.encoded(samples.logo(24).convert("RGB"), kind)
    at %= len(data)
    try:
        picture = taken(data[:at] + junk + data[at + len(junk) :])
    except SvgaiError as error:
        assert error.code.startswith("picture.")
    else:
        assert picture.rgba.ndim == 3


@pytest.mark.parametrize(("width", "height"), [(9, 9), (5_000, 5_000), (8, 5_000)])
def test_a_header_that_claims_more_than_there_is_is_found_out(width, height):
    with pytest.raises(PictureCorrupt):
        taken(samples.lying_png(width, height))


def test_a_header_with_a_wrong_checksum_is_found_out():
    data = bytearray(samples.logo_png(16))
    data[19] ^= 1
    with pytest.raises(PictureCorrupt):
        taken(bytes(data))


def test_pixels_are_not_to_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        taken(samples.logo_png(16)).rgba[0, 0] = 0


def test_a_picture_with_much_text_is_read_without_it():
    assert pixel(samples.text_bomb_png(megabytes=3, chunks=80)) == (255, 0, 0, 255)


def test_text_behind_the_pixels_is_no_bomb_either():
    text = (b"zTXt", b"Comment\0\0" + samples.zeros_compressed(1 << 20, 50))
    data = samples.chunked(samples.ihdr(1, 1, bits=8, colour=2), (b"IDAT", zlib.compress(b"\0\xff\0\0")), text)
    assert pixel(data) == (255, 0, 0, 255)


def test_an_array_is_taken_as_it_is_and_left_alone():
    array = np.random.default_rng(1).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    picture = from_array(array, LIMITS)
    assert (picture.rgba == array).all()
    array[0, 0] = 0
    assert array.flags.writeable
    assert (picture.width, picture.height) == (7, 5)


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((4, 4, 3), np.uint8), "4 x 4 x 3 of uint8"),
        (np.zeros((4, 4), np.uint8), "4 x 4 of uint8"),
        (np.zeros((4, 4, 4), np.float32), "4 x 4 x 4 of float32"),
        (np.uint8(3), "a uint8"),
        ([[1, 2]], "a list"),
        (None, "a NoneType"),
    ],
)
def test_another_array_is_refused_by_what_it_is(array, told):
    with pytest.raises(PictureUnsupported, match=told):
        from_array(array, LIMITS)


def test_an_array_without_pixels_is_empty():
    with pytest.raises(PictureEmpty):
        from_array(np.zeros((0, 4, 4), np.uint8), LIMITS)


def test_an_array_has_the_same_limit():
    with pytest.raises(PictureTooManyPixels):
        from_array(np.zeros((4, 4, 4), np.uint8), Limits(max_pixels=15))


@pytest.mark.parametrize("is_transparent", [False, True])
def test_a_picture_that_ends_in_zeros_is_not_taken_for_cut_off(is_transparent):
    image = Image.new("RGBA", (33, 17), (0, 0, 0, 0 if is_transparent else 255))
    image.paste((255, 0, 0, 255), (4, 4, 8, 8))
    assert (taken(samples.encoded(image, "PNG")).rgba == np.asarray(image)).all()


def interlaced(width: int, height: int, rows_missing: int = 0) -> bytes:
    """A grey Adam7 PNG, all white, by the table of the PNG specification."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = []
    for x, y, across, down in passes:
        columns = len(range(x, width, across))
        rows += [b"\0" + b"\xff" * columns for _ in range(y, height, down) if columns]
    data = zlib.compress(b"".join(rows[: len(rows) - rows_missing]))
    name, body = samples.ihdr(width, height, bits=8, colour=0)
    return samples.chunked((name, body[:-1] + b"\1"), (b"IDAT", data))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (5, 3), (16, 16), (33, 7)])
def test_an_interlaced_picture_is_whole_or_refused(width, height):
    assert (taken(interlaced(width, height)).rgba == 255).all()
    with pytest.raises(PictureCorrupt):
        taken(interlaced(width, height, rows_missing=1))
