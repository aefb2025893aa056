"""The tracers that are measured, by name.

Programs that are not Python run as processes of their own, and their time includes starting them. That also keeps
potrace's licence (GPL) with potrace.
"""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import vtracer
from PIL import Image

import svgai
from bench.metrics import ssim
from bench.rendering import Pixels, draw, on_white
from svgai.errors import OptionsInvalid

Trace: TypeAlias = Callable[[Pixels], str | None]
"""SVG text from a picture, or None where the tracer is not made for such pictures."""

VTRACER_DEFAULTS: dict[str, Any] = {
    "colormode": "color",
    "hierarchical": "stacked",
    "mode": "spline",
    "filter_speckle": 4,
    "color_precision": 6,
    "layer_difference": 16,
    "corner_threshold": 60,
    "length_threshold": 4.0,
    "max_iterations": 10,
    "splice_threshold": 45,
    "path_precision": 8,
}
_TUNING = {
    "color_precision": (6, 8),
    "layer_difference": (8, 24, 64),
    "filter_speckle": (1, 4),
    "corner_threshold": (45, 60),
}
_ONE_INK = 8
"""How far apart colours may be that are one ink."""
_IMAGETRACER = Path(__file__).with_name("imagetracer.js")
_NODE_HOME = sys.prefix
"""Where Node begins to look for its packages: beside Python's, and in the folders above."""


class TracerInvalid(ValueError):
    """No tracer has that name, or it has no such option."""


class TracerMissing(Exception):
    """The tracer is not installed on this machine."""


@dataclass(frozen=True)
class Tracer:
    """A tracer with its options."""

    spec: str
    """As it was asked for, `vtracer:filter_speckle=1`."""
    trace: Trace


def tracer(spec: str) -> Tracer:
    """The tracer of a name, with `:option=value,option=value` or without."""
    name, _, options = spec.partition(":")
    if name not in TRACERS:
        raise TracerInvalid(f"there is no tracer {name!r}; there are {', '.join(TRACERS)}")
    try:
        return Tracer(spec, TRACERS[name](**dict(_option(text) for text in options.split(",") if text)))
    except TypeError:
        raise TracerInvalid(f"{name} takes no options, and {options!r} was asked") from None
    except OptionsInvalid as error:
        raise TracerInvalid(f"{name}: {error}") from None


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise TracerInvalid(f"{text!r} is no option=value")
    return name, json.loads(value) if re.fullmatch(r"-?\d+(\.\d+)?|true|false|null", value) else value


def _svgai(**options: Any) -> Trace:
    svgai.Options.named(options)
    return lambda rgba: svgai.convert(rgba, **options).svg


def _vtracer(**settings: Any) -> Trace:
    for name in settings:
        if name not in VTRACER_DEFAULTS:
            raise TracerInvalid(f"vtracer has no setting {name!r}; it has {', '.join(VTRACER_DEFAULTS)}")
    return lambda rgba: _run_vtracer(rgba, settings)


def _run_vtracer(rgba: Pixels, settings: dict[str, Any]) -> str:
    png = io.BytesIO()
    Image.fromarray(rgba).save(png, "PNG")
    try:
        return str(vtracer.convert_raw_image_to_svg(png.getvalue(), img_format="png", **VTRACER_DEFAULTS | settings))
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":  # how Rust's panics arrive, which are no Exception
            raise
        raise RuntimeError(f"vtracer panicked: {panic}") from None


def _vtracer_tuned() -> Trace:
    return _run_vtracer_tuned


def _run_vtracer_tuned(rgba: Pixels) -> str:
    """The best of a grid of settings by SSIM: the most that a user reaches by hand."""
    height, width = rgba.shape[:2]
    target = on_white(rgba)
    grid = (dict(zip(_TUNING, values, strict=True)) for values in itertools.product(*_TUNING.values()))
    attempts = (_run_vtracer(rgba, settings) for settings in grid)
    return max(attempts, key=lambda svg: (ssim(target, on_white(draw(svg, width, height))), svg))


def _potrace4x() -> Trace:
    if shutil.which("potrace") is None:
        raise TracerMissing("potrace is not installed: apt-get install potrace")
    return _run_potrace4x


def _run_potrace4x(rgba: Pixels) -> str | None:
    """Enlarge four times, as experts do who know potrace; it knows one ink only."""
    alpha = rgba[..., 3]
    inside = rgba[..., :3][alpha > 250].astype(int)
    if alpha.min() > 250 or not len(inside):
        return None
    ink = np.median(inside, axis=0)
    if np.abs(inside - ink).max() > _ONE_INK:
        return None
    height, width = alpha.shape
    enlarged = cv2.resize(255 - alpha, (4 * width, 4 * height), interpolation=cv2.INTER_CUBIC)
    red, green, blue = ink.astype(int)
    return _run_potrace(enlarged < 128, f"#{red:02x}{green:02x}{blue:02x}")


def _run_potrace(is_ink: np.ndarray[Any, np.dtype[np.bool_]], colour: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        bitmap, target = Path(folder, "picture.bmp"), Path(folder, "drawing.svg")
        Image.fromarray(~is_ink).save(bitmap)
        command = ["potrace", "-s", "--flat", "-O", "0.4", "-C", colour, "-o", str(target), str(bitmap)]
        subprocess.run(command, check=True, capture_output=True)
        svg = target.read_text()
    return svg[svg.index("<svg") :]


def _imagetracerjs() -> Trace:
    if not _node_has("imagetracerjs"):
        raise TracerMissing(
            "imagetracerjs is not installed: apt-get install nodejs npm, "
            f"then npm install --no-save --prefix {_NODE_HOME} imagetracerjs"
        )
    return _run_imagetracerjs


def _run_imagetracerjs(rgba: Pixels) -> str:
    height, width = rgba.shape[:2]
    command = ["node", str(_IMAGETRACER), str(width), str(height)]
    ran = subprocess.run(command, cwd=_NODE_HOME, input=rgba.tobytes(), check=True, capture_output=True)
    return ran.stdout.decode()


def _node_has(package: str) -> bool:
    if shutil.which("node") is None:
        return False
    command = ["node", "-e", f"require.resolve({json.dumps(package)})"]
    return subprocess.run(command, cwd=_NODE_HOME, check=False, capture_output=True).returncode == 0


TRACERS: dict[str, Callable[..., Trace]] = {
    "svgai": _svgai,
    "vtracer": _vtracer,
    "vtracer-tuned": _vtracer_tuned,
    "potrace4x": _potrace4x,
    "imagetracerjs": _imagetracerjs,
}
"""Each makes the tracer that has these options, or says that it is not installed."""
