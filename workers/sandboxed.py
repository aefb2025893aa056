"""The child's side of the sandbox: it limits itself, then converts what comes down the line, one by one.

Started as `python -m workers.sandboxed LINE LIFELINE MEMORY_MB MODELS LEARNED SHARE` by `workers.sandbox`. It reads no
settings, opens no connection and has no secret in its environment.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import ConversionTooHungry
from svgai import Limits, Options, analysis, conversion, export
from svgai.errors import SvgaiError, TracingFailed
from svgai.ml.advice import AT_EASE, Advice, Adviser, Wishes
from svgai.ml.features import Features, measure_features
from svgai.ml.learned import CandidateStore, Fixed, LearnedStore
from svgai.ml.store import Models
from svgai.phases import percent_at
from svgai.tracing import Run
from workers.line import Line, LineBroken

MAX_PICTURE_BYTES = 1 << 30
"""The worker is trusted; its own limits hold for pictures long before this."""


def main() -> None:
    line_fd, lifeline, memory_mb = map(int, sys.argv[1:4])
    die_with_parent(lifeline)
    # What it loads and compiles is no picture's doing, and counts towards no picture's memory.
    warm_up(current_adviser())
    limit_resources(memory_mb)
    line = Line(socket.socket(fileno=line_fd), MAX_PICTURE_BYTES)
    line.send({"warm": True})
    while True:
        try:
            order, picture = line.receive()
        except LineBroken:
            return  # nobody needs this process any more
        _answer(line, order, picture)


def die_with_parent(lifeline: int) -> None:
    """Let the kernel end this process when the parent's end of the pipe closes, however the parent ends.

    Nothing is ever written to the lifeline, so the only event on it is its end; SIGIO's default
    action is to terminate, which needs neither the interpreter nor its lock.
    """
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def limit_resources(memory_mb: int) -> None:
    """Bound what a picture can make this process take beyond what it has."""
    memory = _address_space() + memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 * 1024, 64 * 1024 * 1024))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Bytes of addresses in use; most of them are code and tables of libraries that no memory stands behind."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def limit_processor(seconds: float) -> None:
    """Let the kernel end a conversion that spins for longer than its supervisor would wait."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Several threads may burn a processor each; the supervisor's clock is the limit, this only its backstop.
    allowance = int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (allowance, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def warm_up(adviser: Adviser | None = None) -> None:
    """Let the engine convert once, so that no user waits for what it loads or compiles."""
    rows, columns = np.mgrid[:36, :64]
    picture = np.full((36, 64, 4), 255, np.uint8)
    picture[4:16, 3:18] = (30, 60, 200, 255)
    # A disc with soft edges over it: curves, corners, three inks that meet, and pixels of two inks. Beside it one that
    # stands alone, as a form that is recognised, and two that are one shape, which is no form.
    for x, y, radius in ((13, 14, 7.5), (45, 18, 13.0), (18, 28, 6.0), (26, 29, 5.5)):
        # In sixteenths, as of a renderer that counts samples: only then is all that allows for such loaded.
        share = np.rint(16 * np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0, 1))[..., None] * 16 / 255
        picture = np.rint(picture + (np.array((250, 200, 20, 255)) - picture) * np.minimum(share, 1)).astype(np.uint8)
    conversion.convert(picture, Options(method="optimised"), Limits(), adviser=adviser)
    # Of what is partly clear, and of what is so large that it is looked at in tiles, features are measured otherwise.
    clear = picture.copy()
    clear[20:] = 0
    for each in (clear, np.tile(picture, (20, 12, 1))):
        measure_features(conversion.take_in(each, Limits(), conversion.plainly))
    gc.freeze()


@cache
def _models() -> LearnedStore | None:
    """The models of the folders that this process was started with."""
    folder, learned = sys.argv[4:6]
    return LearnedStore(Path(folder), Path(learned) if learned else None) if folder else None


@cache
def _on_trial() -> CandidateStore | None:
    folder, learned = sys.argv[4:6]
    return CandidateStore(Path(folder), Path(learned)) if folder and learned else None


class Minding(Adviser):
    """Advises as another does, minding how busy the service is and how often methods fail in it."""

    def __init__(self, adviser: Adviser, circumstances: Mapping[str, Any]) -> None:
        self._adviser, self._circumstances = adviser, circumstances

    def advise(self, features: Features, wishes: Wishes = AT_EASE) -> Advice:
        return self._adviser.advise(features, replace(wishes, **self._circumstances))


def current_adviser() -> Adviser:
    """Advises from the models that lie in the folder now, or the last good ones."""
    store = _models()
    if store:
        store.refresh()
    return Adviser(store)


def is_for_trial(picture: bytes, share: float) -> bool:
    """Whether models on trial advise for a picture: for the same picture always the same is said."""
    return int.from_bytes(hashlib.sha256(picture).digest()[:4]) < share * 2**32


def beside(advice: Mapping[str, Any], method: str, features: Features, models: Models | None) -> dict[str, Any]:
    """What models on trial foretell of the method that the others' prediction was about; nothing where they fail."""
    if models is None:
        return {}
    told = Adviser(Fixed(models)).advise(features)
    if told.source != "model":
        return {}
    asked = advice["ranking"][0] if method == "auto" else method
    return {"shadow": {"version": told.versions["predictor"], "predicted": round(told.predictions[asked].quality, 5)}}


def _answer(line: Line, order: dict[str, Any], payload: bytes) -> None:
    limit_processor(order["seconds"])
    try:
        facts, made = DOINGS[order["do"]](line, order, payload)
    except MemoryError:
        line.send({"error": _too_hungry(order["memory_mb"]).as_dict()})
        os._exit(1)  # what is left of the heap is not to be trusted
    except SvgaiError as error:
        line.send({"error": error.as_dict()})
    except Exception as error:  # noqa: BLE001 - a fault of ours, not of the picture: told, not hidden
        failed = TracingFailed(f"The tracer failed on this picture ({type(error).__name__}).")
        sys.excepthook(type(error), error, error.__traceback__)
        line.send({"error": failed.as_dict()})
    else:
        line.send({"facts": facts}, made)


def _convert(line: Line, order: dict[str, Any], picture: bytes) -> tuple[dict[str, Any], bytes]:
    options, limits = Options(**order["options"]), Limits(**order["limits"])
    adviser, on_trial = current_adviser(), _on_trial()
    models = on_trial.beside() if on_trial else None
    if models and is_for_trial(picture, float(sys.argv[6])):
        adviser, models = Adviser(Fixed(models)), None
    minding = Minding(adviser, order.get("circumstances", {}))
    result = conversion.convert(picture, options, limits, run=_reporting(line), adviser=minding)
    facts = result.facts()
    advice = facts.get("advice")
    if advice:
        facts["advice"] = advice | beside(advice, options.method, Features.named(advice["features"]), models)
    return facts, result.svg.encode()


def _analyze(_: Line, order: dict[str, Any], picture: bytes) -> tuple[dict[str, Any], bytes]:
    begun = time.perf_counter()
    found = analysis.analyze(picture, Limits(**order["limits"])).facts()
    return {"analysis": found, "seconds": time.perf_counter() - begun}, b""


def _advise(_: Line, order: dict[str, Any], picture: bytes) -> tuple[dict[str, Any], bytes]:
    begun = time.perf_counter()
    seen = conversion.take_in(picture, Limits(**order["limits"]), conversion.plainly)
    features = measure_features(seen)
    adviser = Minding(current_adviser(), order.get("circumstances", {}))
    advice = adviser.advise(features, conversion.wishes_of(Options(**order["options"])))
    told = {**advice.facts(), "features": features.facts()}
    return {"advice": told, "seconds": time.perf_counter() - begun}, b""


def _export(_: Line, order: dict[str, Any], drawing: bytes) -> tuple[dict[str, Any], bytes]:
    return {}, export(drawing.decode(), order["form"])


DOINGS = {"convert": _convert, "analyze": _analyze, "advise": _advise, "export": _export}
"""Everything that a child can be told to do."""


def _too_hungry(limit: int) -> ConversionTooHungry:
    return ConversionTooHungry(f"The conversion took more than {limit} MB of memory, the limit.", limit=limit)


def _reporting(line: Line) -> Run:
    """A way to call the stages that says first which one is next, and never goes back."""
    furthest = 0

    def run(stage: Callable[..., Any], /, *inputs: Any) -> Any:
        nonlocal furthest
        furthest = max(furthest, percent_at(stage.__name__))
        line.send({"phase": stage.__name__, "percent": furthest})
        return stage(*inputs)

    return run


if __name__ == "__main__":
    main()
