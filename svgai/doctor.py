"""Finds out whether this machine can convert pictures, and what to install where it cannot."""

from __future__ import annotations

import importlib
import platform
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from svgai.ml.runtime import onnx_runtime

_LIBRARIES = {
    "cv2": "opencv-python",
    "defusedxml": "defusedxml",
    "numba": "numba",
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "PIL": "pillow",
    "skia": "skia-python",
    "skimage": "scikit-image",
    "vtracer": "vtracer",
}
"""Module and distribution."""

_SYSTEM_PACKAGES = {
    "libGL.so": "libgl1",
    "libEGL.so": "libegl1",
    "libgthread-2.0.so": "libglib2.0-0",
    "libglib-2.0.so": "libglib2.0-0",
    "libexpat.so": "libexpat1",
    "libfontconfig.so": "libfontconfig1",
    "libfreetype.so": "libfreetype6",
    "libxcb": "libxcb1",
    "libX11.so": "libx11-6",
    "libSM.so": "libsm6",
    "libXext.so": "libxext6",
}
"""Shared libraries that the wheels expect from the system, and Debian's package of each."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    is_ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything, and stop at nothing."""
    return [
        _python(),
        *(_library(module, package) for module, package in _LIBRARIES.items()),
        _formats(),
        _models(),
        _conversion(),
    ]


def _python() -> Finding:
    return Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} ({sys.executable})")


def _library(module: str, package: str) -> Finding:
    try:
        if module == "onnxruntime":
            onnx_runtime()
        else:
            importlib.import_module(module)
        return Finding(package, True, version(package))
    except PackageNotFoundError:
        return Finding(package, True, "of unknown version")
    except ImportError as error:
        return Finding(package, False, remedy(str(error), package))


def remedy(complaint: str, package: str) -> str:
    """What to type when an import fails."""
    for library, system_package in _SYSTEM_PACKAGES.items():
        if library in complaint:
            return f"{library} is missing: apt install {system_package}"
    return f"{complaint}: pip install {package}"


def _formats() -> Finding:
    try:
        from PIL import features

        missing = [
            name
            for name, feature in (("WebP", "webp"), ("AVIF", "avif"), ("colour profiles", "littlecms2"))
            if not features.check(feature)
        ]
    except ImportError as error:
        return Finding("formats", False, str(error))
    return Finding(
        "formats", not missing, f"Pillow lacks {', '.join(missing)}" if missing else "PNG JPEG WebP GIF BMP TIFF AVIF"
    )


def _models() -> Finding:
    """No models are fine, since rules answer then; broken ones are not."""
    try:
        from svgai.ml.store import PRODUCTION, load

        models = load(PRODUCTION)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the finding
        return Finding("models", False, f"{error}; rules advise")
    versions = models.versions.items() if models else ()
    told = ", ".join(f"{role} {version}" for role, version in versions)
    return Finding("models", True, told or "none: rules advise")


def _conversion() -> Finding:
    """A red square on white, through every stage."""
    try:
        import numpy as np

        import svgai

        picture = np.full((32, 32, 4), 255, dtype=np.uint8)
        picture[8:24, 8:24] = (220, 30, 40, 255)
        result = svgai.convert(picture)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the finding
        return Finding("conversion", False, f"{type(error).__name__}: {error}")
    is_good = result.quality.ssim > 0.9
    return Finding(
        "conversion",
        is_good,
        f"{result.paths} paths, SSIM {result.quality.ssim:.3f}, {sum(result.seconds.values()):.2f} s",
    )
