"""What every method makes of a picture, and what it costs."""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

import cv2

import svgai
from svgai.conversion import convert
from svgai.errors import SvgaiError
from svgai.methods import TRACERS
from svgai.ml.features import measure_features
from svgai.options import Limits, Options
from svgai.picture import Picture, Pixels
from svgai.training.drawings import make_drawing
from svgai.training.rows import Made

LONGEST_SECONDS = 150
"""The service gives up after that, too."""


class TookTooLong(BaseException):
    """A conversion that has had all the time it may have; nothing on its way may catch it."""


def measure_methods(pixels: Pixels, methods: Iterable[str] = TRACERS) -> dict[str, Made]:
    """Each of these methods that came to an end, by name."""
    made = ((method, measure_method(pixels, method)) for method in methods)
    return {method: each for method, each in made if each is not None}


def measure_method(pixels: Pixels, method: str) -> Made | None:
    begun = time.thread_time()
    try:
        with _at_most(LONGEST_SECONDS):
            result = convert(pixels, Options(method=method), Limits())
    except (SvgaiError, TookTooLong):
        return None
    return Made(
        ssim=round(result.quality.ssim, 6),
        delta_e=round(result.quality.delta_e, 5),
        seconds=round(time.thread_time() - begun, 4),
        bytes=len(result.svg.encode()),
        segments=result.segments,
        made_by=result.method,
    )


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Interrupt what has used so much of the processor; a process that is held does not use any."""
    before = signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise TookTooLong


def prepare() -> None:
    """Load and compile what the first conversion would be charged for; keep to one processor."""
    cv2.setNumThreads(1)
    specimen = make_drawing(0, 0).seen(64)
    measure_methods(specimen)
    measure_features(Picture(specimen))


@cache
def engine_version() -> str:
    """A digest of the code that traces."""
    folder = Path(svgai.__file__).parent
    files = [*folder.glob("engine/**/*.py"), folder / "tracing.py"]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
