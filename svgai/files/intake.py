"""Bytes to pixels: decoded, upright, in sRGB, with straight alpha, and never more than the header claimed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from svgai.errors import (
    PictureCorrupt,
    PictureEmpty,
    PictureTooManyPixels,
    PictureUnsupported,
)
from svgai.files import pillow, png
from svgai.files.colour_profile import ProfileBroken, to_srgb
from svgai.files.pillow import Header
from svgai.options import Limits
from svgai.picture import Picture, Pixels

_TIFF_BITS, _TIFF_PHOTOMETRIC = 258, 262


def decode(data: bytes, header: Header) -> Picture:
    """Decode the first frame; whatever the user should know of it becomes a warning."""
    try:
        with pillow.quietly():
            warnings = _warnings(header)
            stored = _load(data, header)
            colour, alpha = _split(_upright(_eight_bits(stored), warnings))
            colour = _in_srgb(colour, stored.info.get("icc_profile"), warnings)
            return Picture(_join(colour, alpha), tuple(warnings))
    except Image.DecompressionBombError as error:
        raise PictureTooManyPixels(f"The {header.format} picture has too many pixels.") from error
    except pillow.FAILURES as error:
        raise PictureCorrupt(f"The {header.format} file is broken or cut off: {_reason(error)}.") from error


def from_array(array: Any, limits: Limits) -> Picture:
    """Take pixels as they are: height x width x 4, uint8, straight RGBA."""
    if not isinstance(array, np.ndarray) or array.ndim != 3 or array.shape[2] != 4 or array.dtype != np.uint8:
        raise PictureUnsupported(
            f"An array has height x width x 4 values of uint8 (straight RGBA); this is {_described(array)}."
        )
    height, width = array.shape[:2]
    if not height * width:
        raise PictureEmpty(f"The array has no pixels: it is {height} x {width}.")
    if height * width > limits.max_pixels:
        detail = f"The array is {width:,} x {height:,} = {width * height:,} pixels; the limit is {limits.max_pixels:,}."
        raise PictureTooManyPixels(detail, limit=limits.max_pixels, actual=width * height)
    return Picture(_frozen(array.copy()))


def _described(array: Any) -> str:
    if not isinstance(array, np.ndarray):
        return f"a {type(array).__name__}"
    return f"{' x '.join(map(str, array.shape)) or 'a single value'} of {array.dtype}"


def _reason(error: BaseException) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _warnings(header: Header) -> list[str]:
    return [f"Only the first of {header.frames} frames was converted."] if header.frames > 1 else []


def _load(data: bytes, header: Header) -> ImageFile.ImageFile:
    image = pillow.open_picture(data, header.format)
    pillow.allow_decoding(image)
    image.load()
    if image.size != (header.width, header.height):
        claimed, actual = f"{header.width} x {header.height}", f"{image.width} x {image.height}"
        raise PictureCorrupt(f"The {header.format} file claims {claimed} pixels and holds {actual}.")
    if header.format == "PNG" and _may_lack_rows(image) and not png.has_all_rows(data):
        raise PictureCorrupt("The PNG file ends before its last row.")
    return image


def _may_lack_rows(image: Image.Image) -> bool:
    """Pillow leaves rows that are missing from a PNG at zero and says nothing."""
    last_row = image.crop((0, image.height - 1, image.width, image.height))
    return bool(image.info.get("interlace")) or not any(last_row.tobytes())


def _upright(image: Image.Image, warnings: list[str]) -> Image.Image:
    """Turn the picture as its camera says."""
    try:
        return ImageOps.exif_transpose(image)
    except pillow.FAILURES:
        warnings.append("The orientation could not be read; the picture was taken as it lies.")
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8, where Pillow's own conversion would clip: 65535 is 257 times 255."""
    if not image.mode.startswith("I;16"):
        return image
    deep = np.asarray(image).astype(np.uint32)
    tags = getattr(image, "tag_v2", {})
    top = 4095 if tags.get(_TIFF_BITS) == (12,) else 65535
    grey = (deep * 255 + top // 2) // top
    if tags.get(_TIFF_PHOTOMETRIC) == 0:  # white is zero; Pillow turns this round for 8 bits only
        grey = 255 - grey
    key = image.info.get("transparency")
    alpha = np.full_like(grey, 255) if key is None else np.where(deep == key, 0, 255)
    scaled = Image.fromarray(np.stack([grey, alpha], axis=-1).astype(np.uint8), "LA")
    scaled.info = {name: fact for name, fact in image.info.items() if name != "transparency"}
    return scaled


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Colours (L, RGB, CMYK or LAB) and alpha apart, since a colour profile speaks only of the former."""
    if image.mode in {"I", "F"}:
        raise PictureUnsupported("The picture has signed, 32-bit or floating-point values; 8 and 16 bits are read.")
    if image.mode in {"LA", "La"}:
        grey = image.convert("LA")
        return grey.getchannel("L"), grey.getchannel("A")
    if image.mode in {"RGBA", "RGBa", "PA", "P"} or "transparency" in image.info:
        rgba = _deep_transparency(image).convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if image.mode in {"CMYK", "LAB", "L"}:
        return image, None
    return image.convert("L" if image.mode == "1" else "RGB"), None


def _deep_transparency(image: Image.Image) -> Image.Image:
    """Pillow keeps the high bytes of a 16-bit RGB picture, but all of its transparent colour."""
    key = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        image.info["transparency"] = tuple(value >> 8 for value in key)
    return image


def _in_srgb(colour: Image.Image, icc: bytes | None, warnings: list[str]) -> Image.Image:
    try:
        return to_srgb(colour, icc)
    except ProfileBroken as broken:
        warnings.append(f"The colour profile was ignored: {broken}.")
        return to_srgb(colour, None)


def _join(colour: Image.Image, alpha: Image.Image | None) -> Pixels:
    rgba = np.asarray(colour.convert("RGBA")).copy()
    if alpha is not None:
        rgba[..., 3] = np.asarray(alpha)
    return _frozen(rgba)


def _frozen(pixels: NDArray[np.uint8]) -> Pixels:
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    return pixels
