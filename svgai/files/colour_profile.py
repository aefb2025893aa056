"""A picture's colours carried from the space of its ICC profile into sRGB."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_BLACK_POINT = ImageCms.Flags.BLACKPOINTCOMPENSATION


class ProfileBroken(Exception):
    """A profile that cannot be used for this picture; the text says why."""


def to_srgb(colour: Image.Image, icc: bytes | None) -> Image.Image:
    """The same colours as sRGB, without alpha. Without a profile, grey and RGB are taken to be sRGB already."""
    if colour.mode == "LAB":
        return _applied(colour, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    if not icc:
        return colour.convert("RGB")
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        space = profile.profile.xcolor_space.strip()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, SyntaxError) as error:
        raise ProfileBroken("it cannot be read") from error
    if _MODES.get(space) == "RGB" and colour.mode == "L":
        colour = colour.convert("RGB")
    if _MODES.get(space) != colour.mode:
        raise ProfileBroken(f"it is made for {space!r:.20}, and the picture is {colour.mode}")
    return _applied(colour, profile)


def _applied(colour: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    try:
        transform = ImageCms.buildTransform(
            profile, _srgb(), colour.mode, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC, _BLACK_POINT
        )
        if colour.mode == "RGB" and _changes_nothing(transform):
            return colour
        changed = ImageCms.applyTransform(colour, transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ProfileBroken("it cannot be applied") from error
    if changed is None:
        raise ProfileBroken("it cannot be applied")
    return changed


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """The many sRGB profiles differ by a level here and there, which is noise, and colours that the artist chose."""
    before = _probe()
    after = ImageCms.applyTransform(before, transform)
    difference = np.asarray(before).astype(int) - np.asarray(after).astype(int)
    return bool(np.abs(difference).max() <= 2)


@lru_cache(maxsize=1)
def _probe() -> Image.Image:
    """Nine levels of red, green and blue in every mix."""
    levels = np.linspace(0, 255, 9).astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3))
